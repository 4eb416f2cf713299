"""One call of an action: the operation's plan, what settings may read, and the world."""

from dataclasses import dataclass, replace
from typing import Any

from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.parents import enter, located, touch
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.store import Shelf, is_below
from threadmock.mockserver.world import World
from threadmock.specs.behaviour.rule import Rule

"""Parts of a shelf that has no parent."""


@dataclass(slots=True)
class Call:
    """What an action is given. It may set members of the scope; plan and world it leaves as they are."""

    plan: Plan
    scope: Scope
    world: World

    @property
    def rule(self) -> Rule:
        """The operation's rule."""
        return self.plan.operation.rule

    @property
    def sent_patch(self) -> bool:
        """Whether the body is a JSON Patch (RFC 6902)."""
        kind = self.scope.request.headers.get("content-type", "")
        return kind.startswith("application/json-patch+json") and isinstance(self.scope.sent, list)

    def with_plan(self, **members: Any) -> "Call":
        """The same call by a plan of which some members are others."""
        return replace(self, plan=replace(self.plan, **members))

    def with_scope(self, **members: Any) -> "Call":
        """The same call with a scope of its own, of which some members are others."""
        return replace(self, scope=replace(self.scope, **members))

    def enter(self) -> Refused | None:
        """Find the shelf and the parent; the refusal of a parent that must be there. See `parents.enter`."""
        return enter(self.scope, self.plan.parent)

    def touch(self) -> None:
        """Change the parent as the rule says."""
        if self.plan.touch:
            touch(self.scope, self.plan.parent, self.plan.touch)

    def found_at(self, shelf: Shelf) -> None:
        """Note where the thing was found; its parent is then known though the request does not name it."""
        if self.plan.parent is None and is_below(shelf):
            self.scope.shelf, self.scope.parent_key = shelf, shelf[3]

    def asked_key(self) -> str:
        """The key that the request names; of a thing that is the newest, or the only one, its own; "" for none."""
        key = self.plan.key.asked(self.scope)
        if key or not self.plan.picks_newest:
            return key
        things = self.scope.store.items(self.scope.shelf)
        return things[-1][0] if things else ""

    def shelf_of(self, key: str) -> Shelf:
        """The shelf of the thing with this key: below the parent that the request names, else wherever it is."""
        scope = self.scope
        if self.plan.picks_newest:
            return scope.shelf
        if self.plan.parent:
            return located(scope, self.plan.parent, key, scope.shelf) if is_below(scope.shelf) else scope.shelf
        return scope.store.find(scope.contract.name, self.rule.resource, key)

    def not_found(self, key: str) -> Refused:
        """The refusal of a key that nothing has."""
        resource = self.rule.resource or "thing"
        return Refused("unknown", f"{resource.capitalize()} {key} not found", key=key)
