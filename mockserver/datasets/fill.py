"""Fill a provider with threads and messages of a data file, by its own `fill` or by what its creates suggest."""

import datetime
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.datasets.conversations import DatedConversation, message_item, turns
from threadmock.mockserver.datasets.fill_inference import FillResult, Sender, fill_by_creates, find_creates
from threadmock.mockserver.rules.recipes import Recipe, compile_recipe, new_key, new_thing
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.ids import Ids
from threadmock.mockserver.state.store import Shelf, Store, StoreFull, Thing, below
from threadmock.mockserver.world import World
from threadmock.specs.behaviour.profile import Fill
from threadmock.specs.behaviour.setting import Made
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import dig
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request

_NO_REQUEST = Request("GET", "/")
_MADE_UP = ("from", "text", "members", "list", "each")


@dataclass(frozen=True, eq=False)
class ThingKind:
    """One kind of thing to make. judges: member to what a value of it must pass; needed: members it can't lack."""

    recipe: Recipe
    judges: tuple[tuple[str, Any], ...]
    needed: frozenset[str]


def compile_kind(made: Made, plans: Iterable[Plan]) -> ThingKind:
    """The recipe, and what the replies that show such a thing ask of the members that a file decides."""
    judges: dict[tuple[str, str], Any] = {}
    needed: set[str] = set()
    filled = {name.split(".")[0] for name, setting in made.set.items() if setting.kind in _MADE_UP}
    for plan in plans:
        rule = plan.operation.rule
        if rule.resource != made.resource or rule.reply or plan.lister.item:
            continue
        for name, schema in plan.member_schemas.items():
            if name in filled:  # operations that show the same thing mostly have the same schema: one judge is enough
                judges.setdefault((name, json.dumps(schema.document, sort_keys=True)), checker(schema).valid)
        needed |= plan.wanted & filled
    return ThingKind(compile_recipe(made), tuple((name, fits) for (name, _), fits in judges.items()), frozenset(needed))


class Filler:
    """One provider's filling by its own `fill`."""

    def __init__(
        self, contract: Contract, plans: Mapping[Operation, Plan], fill: Fill, *, store: Store, ids: Ids
    ) -> None:
        self.contract = contract
        self.store = store
        self.ids = ids
        self.fill = fill
        self.thread = compile_kind(fill.thread, plans.values())
        self.piece = compile_kind(fill.piece, plans.values()) if fill.piece else None
        self.opening = compile_kind(fill.opening, plans.values()) if fill.opening else None
        self.left_out = 0

    def run(self, conversations: Iterable[DatedConversation]) -> FillResult:
        """Store everything; what was stored. StoreFull where the store can't hold it."""
        threads = pieces = 0
        resource = self.fill.thread.resource
        above = self.fill.below if self.fill.below[0] else ()
        shelf = (self.contract.name, resource, *above)
        for dated in conversations:
            scope = self.scope_at(dated.start, dated.item)
            scope.key = new_key(scope, self.thread.recipe)
            if above:
                scope.parent_key = above[1]
            thread = self.insert(scope, self.thread, shelf)
            if thread is None:
                continue
            threads += 1
            if self.piece:
                pieces += self.insert_pieces(self.piece, shelf, scope.key, thread, self.items(dated))
        where = f"{above[0]} {above[1]}" if above else ""
        return FillResult(threads, pieces, self.piece.recipe.resource if self.piece else "", self.left_out, where)

    def items(self, dated: DatedConversation) -> Iterable[tuple[datetime.datetime, Mapping[str, Any]]]:
        """The things below a thread: its messages, or its turns."""
        if self.fill.per == "turn":
            return ((turn.begun, turn.item) for turn in turns(dated.one, dated.when))
        return ((at, message_item(message, at)) for message, at in zip(dated.one.messages, dated.when, strict=True))

    def insert_pieces(
        self,
        kind: ThingKind,
        parents: Shelf,
        key: str,
        thread: Thing,
        items: Iterable[tuple[datetime.datetime, Mapping[str, Any]]],
    ) -> int:
        """Store the things below one thread; how many."""
        shelf = below(parents, key, kind.recipe.resource)
        latest: Thing | None = None
        count = 0
        for moment, item in items:
            scope = self.scope_at(moment, item)
            scope.parent, scope.parent_key, scope.latest = thread, key, latest
            if self.opening and item.get("role") == "user":
                scope.latest = self.insert_opening(self.opening, shelf, scope) or latest
            scope.key = new_key(scope, kind.recipe)
            made = self.insert(scope, kind, shelf)
            if made is None:
                continue
            latest, count = made, count + 1
            if kind.recipe.touch:
                scope.thing = made
                thread = self.store.update(parents, key, partial(kind.recipe.touch.onto, scope)) or thread
        return count

    def insert_opening(self, kind: ThingKind, shelf: Shelf, scope: Scope) -> Thing | None:
        """Store what comes before a message, a microsecond earlier: ids that are made of the time are in that order."""
        moment = scope.moment - datetime.timedelta(microseconds=1)
        own = replace(scope, moment=moment, stamp=write_date_time(moment))
        own.key = new_key(own, kind.recipe)
        return self.insert(own, kind, shelf)

    def scope_at(self, moment: datetime.datetime, item: Mapping[str, Any]) -> Scope:
        """What settings read at a moment of the past; item: from the file."""
        return Scope(
            contract=self.contract,
            operation=self.contract.operations[0],
            request=_NO_REQUEST,
            body={},
            path_values={},
            parameters={},
            store=self.store,
            ids=self.ids,
            moment=moment,
            stamp=item["created"],
            item=item,
        )

    def insert(self, scope: Scope, kind: ThingKind, shelf: Shelf) -> Thing | None:
        """Make one thing and store it; None where it lacks what it must have."""
        thing = new_thing(scope, kind.recipe)
        for name, fits in kind.judges:
            if name in thing and not fits(thing[name]):
                del thing[name]
                self.left_out += 1
        if not kind.needed <= thing.keys():
            self.left_out += 1
            return None
        self.store.insert(shelf, str(dig(thing, kind.recipe.member)), thing)
        return thing


def fill_from(
    contract: Contract,
    plans: Mapping[Operation, Plan],
    world: World,
    conversations: Sequence[DatedConversation],
) -> FillResult:
    """Fill one provider with conversations; the result.

    The ids come from a source of their own: they depend on the seed, the provider and the file alone.
    """
    ids = Ids(abs(world.seed) << 32 | zlib.crc32(contract.name.encode()))
    fill = contract.profile.fill
    try:
        if fill and plans:
            return Filler(contract, plans, fill, store=world.store, ids=ids).run(conversations)
        creates = find_creates(plans.values())
        if creates:
            return fill_by_creates(creates, Sender(contract, world.store, ids, world.clock), conversations)
    except StoreFull as full:
        return FillResult(note=f"only a part of it is there. {full} Serve fewer providers, or a smaller file")
    return FillResult(
        note="begins empty: its document has no create for threads that could be guessed; say how with `fill`"
    )
