"""Settings of several parts: of a related thing, of a declared agent, of a schedule, a UUID made of a name."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.rules.declared_agents import ALL, END, START, as_item
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.store import Thing
from threadmock.specs.behaviour.setting import Setting
from threadmock.specs.members import ABSENT, dig
from threadmock.specs.schemas.formats import canonical, write_date_time
from threadmock.specs.schemas.schedules import next_moment

Parts = Mapping[str, Callable[[Scope], Any]]
"""The makers of a setting's own settings, by their word."""


def find_related(scope: Scope, resource: str, by: tuple[tuple[str, ...], ...], value: Any) -> Thing | None:
    """The thing of a resource of which one of these members is the value."""
    if value is ABSENT or value is None:
        return None
    wanted = canonical(value)
    shelf = scope.store.find(scope.contract.name, resource, wanted)
    found = scope.store.read(shelf, wanted)
    if found is not None and any(canonical(dig(found, steps)) == wanted for steps in by):
        return found
    things = scope.store.everywhere(scope.contract.name, resource)
    return next((thing for thing in things if any(canonical(dig(thing, steps)) == wanted for steps in by)), None)


def related(setting: Setting, parts: Parts) -> Callable[[Scope], Any]:
    """A member of the thing that another place names; inside it, `at` goes down to what the request names."""
    resource, by = setting.value
    wanted = parts["is"]
    below = [maker for name, maker in parts.items() if name.startswith("at")]

    def make(scope: Scope) -> Any:
        thing = find_related(scope, resource, by, wanted(scope))
        node = ABSENT if thing is None else dig(thing, setting.steps)
        for maker in below:
            step = maker(scope)
            text = str(step).lower() if isinstance(step, bool) else "" if step is ABSENT else str(step)
            node = node[text] if isinstance(node, Mapping) and text in node else ABSENT
        return node

    return make


def scheduled(_: Setting, parts: Parts) -> Callable[[Scope], Any]:
    """The next moment of a schedule; ABSENT where it is none."""

    def make(scope: Scope) -> Any:
        text, zone = parts["schedule"](scope), parts["zone"](scope) if "zone" in parts else ABSENT
        if not isinstance(text, str):
            return ABSENT
        try:
            return write_date_time(next_moment(text, scope.moment, zone if isinstance(zone, str) else "UTC"))
        except ValueError:
            return ABSENT

    return make


def named(setting: Setting, parts: Parts) -> Callable[[Scope], Any]:
    """A UUID of version 5 (RFC 9562, 5.5): always the same for one name."""
    space = uuid.UUID(str(setting.value))

    def make(scope: Scope) -> Any:
        name = parts["name"](scope)
        return str(uuid.uuid5(space, name)) if isinstance(name, str) else ABSENT

    return make


def declared(_: Setting, parts: Parts) -> Callable[[Scope], Any]:
    """What is made of an agent; ABSENT where there is none of that name."""
    nothing: Callable[[Scope], Any] = lambda _: ABSENT  # noqa: E731 - one default for two parts
    depth, namespace = parts.get("depth", nothing), parts.get("namespace", nothing)

    def make(scope: Scope) -> Any:
        name, only = parts["name"](scope), namespace(scope)
        agent = scope.agents.find(name) if isinstance(name, str) else None
        if agent is None:
            return ABSENT
        rule = scope.contract.profile.agent
        item = as_item(agent, rule.ends if rule else (START, END), _depth(depth(scope)))
        if only is not ABSENT:
            item["inner"] = [each for each in item["inner"] if each["namespace"] == only]
        return parts["of"](replace(scope, item=item, thing=None))

    return make


def _depth(asked: Any) -> int:
    """How deep: a number, or all for true."""
    if isinstance(asked, bool) or not isinstance(asked, int):
        return ALL if asked is True or str(asked).lower() == "true" else 0
    return min(asked, ALL)
