"""Fill a provider with threads and messages of a neutral file, by its own `fill` or by what its creates suggest."""

import copy
import datetime
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from threadmock.mockserver.datasets.conversations import Told, message_item, turns
from threadmock.mockserver.datasets.fill_inference import Filled, fill_by, find_creates
from threadmock.mockserver.rules.recipes import Recipe, compile_recipe, new_key, new_thing
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.ids import Ids
from threadmock.mockserver.state.store import Shelf, StoreFull, Thing
from threadmock.specs.behaviour.profile import Fill
from threadmock.specs.behaviour.setting import Made
from threadmock.specs.contract import Contract
from threadmock.specs.members import dig
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request

if TYPE_CHECKING:
    from threadmock.mockserver.actions.plan import Plan
    from threadmock.mockserver.world import World

_NO_REQUEST = Request("GET", "/")
_MADE_UP = ("from", "text", "members", "list", "each")


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of thing to make. judges: member to what a value of it must pass; needed: members it can't lack."""

    recipe: Recipe
    judges: tuple[tuple[str, Any], ...]
    needed: frozenset[str]


def compile_kind(made: Made, plans: Iterable["Plan"]) -> Kind:
    """The recipe, and what the replies that show such a thing ask of the members that a file decides."""
    judges: dict[tuple[str, str], Any] = {}
    needed: set[str] = set()
    told = {name.split(".")[0] for name, setting in made.set.items() if setting.kind in _MADE_UP}
    for plan in plans:
        rule = plan.operation.rule
        if rule.resource != made.resource or rule.reply or plan.lister.item:
            continue
        for name, schema in plan.member_schemas.items():
            if name in told:  # operations that show the same thing mostly have the same schema: one judge is enough
                judges.setdefault((name, json.dumps(schema.document, sort_keys=True)), checker(schema).valid)
        needed |= plan.wanted & told
    return Kind(compile_recipe(made), tuple((name, fits) for (name, _), fits in judges.items()), frozenset(needed))


class Filler:
    """One provider's filling by its own `fill`."""

    def __init__(self, contract: Contract, plans: Mapping[int, "Plan"], world: "World", fill: Fill) -> None:
        self.contract = contract
        self.plan = next(iter(plans.values()))
        self.world = world
        self.fill = fill
        self.thread = compile_kind(fill.thread, plans.values())
        self.piece = compile_kind(fill.piece, plans.values()) if fill.piece else None
        self.opening = compile_kind(fill.opening, plans.values()) if fill.opening else None
        self.left_out = 0

    def run(self, story: Iterable[Told]) -> Filled:
        """Store everything; what was stored. StoreFull where the store can't hold it."""
        threads = pieces = 0
        resource = self.fill.thread.resource
        below = self.fill.below if self.fill.below[0] else ()
        shelf = (self.contract.name, resource, *below)
        for told in story:
            tx = self.transaction(told.start, told.item)
            tx.key = new_key(tx, self.thread.recipe)
            if below:
                tx.parent_key = below[1]
            thread = self.store(tx, self.thread, shelf)
            if thread is None:
                continue
            threads += 1
            if self.piece:
                pieces += self.pieces(self.piece, shelf, tx.key, thread, self.items(told))
        where = f"{below[0]} {below[1]}" if below else ""
        return Filled(threads, pieces, self.piece.recipe.resource if self.piece else "", self.left_out, where)

    def items(self, told: Told) -> Iterable[tuple[datetime.datetime, Mapping[str, Any]]]:
        """What lies below a thread: its messages, or its turns."""
        if self.fill.per == "turn":
            return ((turn.begun, turn.item) for turn in turns(told.one, told.when))
        return ((at, message_item(message, at)) for message, at in zip(told.one.messages, told.when, strict=True))

    def pieces(
        self,
        kind: Kind,
        home: Shelf,
        key: str,
        thread: Thing,
        items: Iterable[tuple[datetime.datetime, Mapping[str, Any]]],
    ) -> int:
        """Store what lies below one thread; how many."""
        shelf = (self.contract.name, kind.recipe.resource, self.fill.thread.resource, key)
        latest: Thing | None = None
        count = 0
        for moment, item in items:
            tx = self.transaction(moment, item)
            tx.parent, tx.parent_key, tx.latest = thread, key, latest
            if self.opening and item.get("role") == "user":
                tx.latest = self.open(self.opening, shelf, tx) or latest
            tx.key = new_key(tx, kind.recipe)
            made = self.store(tx, kind, shelf)
            if made is None:
                continue
            latest, count = made, count + 1
            if kind.recipe.touch:
                tx.thing = made
                thread = self.world.store.update(home, key, partial(kind.recipe.touch.onto, tx)) or thread
        return count

    def open(self, kind: Kind, shelf: Shelf, tx: Transaction) -> Thing | None:
        """Store what stands before a message, a microsecond earlier: ids that are made of the time are in its order."""
        moment = tx.moment - datetime.timedelta(microseconds=1)
        own = replace(tx, moment=moment, stamp=write_date_time(moment))
        own.key = new_key(own, kind.recipe)
        return self.store(own, kind, shelf)

    def transaction(self, moment: datetime.datetime, item: Mapping[str, Any]) -> Transaction:
        """A transaction at a moment of the past, whose item is what the file says."""
        plan = self.plan
        stamp = item["created"]
        made = Transaction(self.contract, plan.operation, plan, _NO_REQUEST, {}, {}, {}, self.world, moment, stamp)
        made.item = item
        return made

    def store(self, tx: Transaction, kind: Kind, shelf: Shelf) -> Thing | None:
        """Make one thing and store it; None where it lacks what it must have."""
        thing = new_thing(tx, kind.recipe)
        for name, fits in kind.judges:
            if name in thing and not fits(thing[name]):
                del thing[name]
                self.left_out += 1
        if not kind.needed <= thing.keys():
            self.left_out += 1
            return None
        self.world.store.insert(shelf, str(dig(thing, kind.recipe.member)), thing)
        return thing


def fill_from(contract: Contract, plans: Mapping[int, "Plan"], world: "World", story: Sequence[Told]) -> Filled:
    """Fill one provider with a story; what came of it."""
    own = with_own_ids(world, contract.name)
    fill = contract.profile.fill
    try:
        if fill and plans:
            return Filler(contract, plans, own, fill).run(story)
        creates = find_creates(plans.values())
        if creates:
            return fill_by(creates, contract, own, story)
    except StoreFull as full:
        return Filled(note=f"only a part of it is there. {full} Serve fewer providers, or a smaller file")
    return Filled(
        note="begins empty: its document has no create for threads that could be guessed; say how with `fill`"
    )


def with_own_ids(world: "World", name: str) -> "World":
    """The world with ids from another source: those of a filling hang on the seed, the provider and the file alone."""
    own = copy.copy(world)
    own.ids = Ids(abs(world.seed) << 32 | zlib.crc32(name.encode()))
    return own
