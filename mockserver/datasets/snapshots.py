"""Snapshots: all that a mock holds at one moment, in memory and as a JSON document.

A snapshot has what is stored, where ids and expiry are, and the moment of a clock that stands still. It has no
settings, no waiting answers, no journal and no runs under way.
"""

import datetime
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.datasets.conversations import Dataset
from threadmock.mockserver.state.clock import EARLIEST, LATEST
from threadmock.mockserver.state.expiry import Calendar, CalendarState
from threadmock.mockserver.state.ids import IdsState
from threadmock.mockserver.state.memory import MemoryStore, StoreState
from threadmock.mockserver.state.shapes import Kind, shapes_of
from threadmock.mockserver.state.store import ThingAddress
from threadmock.mockserver.world import World, WorldState
from threadmock.specs import version
from threadmock.specs.contract import Contract, Operation, reply_media
from threadmock.specs.errors import SpecError
from threadmock.specs.schemas.formats import read_date_time, write_date_time
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

MARK = "threadmock_snapshot"
FORMAT = 1
"""The number of the form in which documents are written, and the only one that is read."""
BEGINNING = re.compile(rb'\s*\{\s*"threadmock_snapshot"\s*:')
_AGAIN = "Take it again, with the documents that are served now."


@dataclass(frozen=True)
class Snapshot:
    """What a mock held.

    at: when it was taken, by its clock. providers: those of which it holds things. count: of things, without initial.
    shapes: of the resources that it has things of. initial: what the providers had from the start.
    """

    name: str
    at: datetime.datetime
    state: WorldState
    initial: frozenset[ThingAddress]
    shapes: Mapping[Kind, str]
    providers: Sequence[str] = field(default=())
    count: int = 0

    def as_entry(self) -> dict[str, Any]:
        """What a list of snapshots tells of it."""
        at = write_date_time(self.at)
        return {"name": self.name, "at": at, "things": self.count, "providers": list(self.providers)}


def take_snapshot(name: str, contracts: Sequence[Contract], world: World, initial: frozenset[ThingAddress]) -> Snapshot:
    """A snapshot of a world."""
    with world.deciding, world.scheduler.lock:
        state, at = world.take(), world.clock.read()
    return _snapshot(name, at, state, initial, shapes_of(contracts))


def _snapshot(
    name: str, at: datetime.datetime, state: WorldState, initial: frozenset[ThingAddress], shapes: Mapping[Kind, str]
) -> Snapshot:
    kinds = _kinds(state)
    held = {kind: shape for kind, shape in shapes.items() if kind in kinds}
    providers = list(dict.fromkeys(kind[0] for kind in kinds))
    shelves = _store(state).shelves()
    kept = sum(1 for shelf, key in initial if key in shelves.get(shelf, ()))
    return Snapshot(name, at, state, initial, held, providers, _store(state).count - kept)


def _kinds(state: WorldState) -> dict[Kind, None]:
    return {(shelf[0], shelf[1]): None for shelf in _store(state).shelves()}


def _store(state: WorldState) -> StoreState:
    if not isinstance(state.store, StoreState):
        raise SpecError("A store of another kind has no snapshots.", fix="Create the mock without `store`.")
    return state.store


def snapshot_document(snapshot: Snapshot) -> dict[str, Any]:
    """The document of a snapshot, which `read_snapshot` reads."""
    state = snapshot.state
    (kind, numbers, gauss), counters = state.ids
    still = [write_date_time(moment) for moment in state.still] if state.still else None
    return {
        MARK: FORMAT,
        "version": version,
        "name": snapshot.name,
        "at": write_date_time(snapshot.at),
        "seed": state.seed,
        "clock": still,
        "ids": {"generator": [kind, list(numbers), gauss], "numbers": dict(counters)},
        "asking": [[list(shelf), key] for shelf, key in sorted(state.asking)],
        "shapes": [[*kind, shape] for kind, shape in snapshot.shapes.items()],
        "initial": [[list(shelf), key] for shelf, key in sorted(snapshot.initial)],
        "shelves": [
            {"shelf": list(shelf), "things": [[key, thing] for key, thing in things.items()]}
            for shelf, things in _store(state).shelves().items()
        ],
    }


def read_snapshot(document: Any, contracts: Sequence[Contract], where: str = "") -> Snapshot:
    """The snapshot of a document. SpecError where it is none, is broken, or is of documents that are not served.

    where: the file, or what else holds it.
    """
    if not isinstance(document, Mapping) or MARK not in document:
        raise SpecError("This is no snapshot of threadmock.", where=where, fix=f"A snapshot has {MARK!r}.")
    if document[MARK] != FORMAT:
        what = f"The snapshot has the form {str(document[MARK])[:20]}, and this version reads {FORMAT} only."
        raise SpecError(what, where=where, fix=_AGAIN)
    try:
        made = _read(document, contracts)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)[:200]
        what = f"The snapshot is broken: {why}."
        raise SpecError(what, where=where, fix="Take it again, or restore it as it was written.") from None
    check_served(made, contracts, where)
    return made


def check_data(data: Dataset | None, contracts: Sequence[Contract]) -> None:
    """SpecError where a mock of these documents can't begin with the snapshot of a data file."""
    if data is not None and data.snapshot is not None:
        read_snapshot(data.snapshot, contracts, data.name)


def check_served(snapshot: Snapshot, contracts: Sequence[Contract], where: str = "") -> None:
    """SpecError where a snapshot is not of the documents that are served."""
    served = {contract.name: contract for contract in contracts}
    if lacking := [name for name in snapshot.providers if name not in served]:
        what = f"The snapshot holds things of {', '.join(lacking)}, and that is not served."
        raise SpecError(what, where=where, fix=f"Serve {' '.join(snapshot.providers)}.")
    shapes = shapes_of(contracts)
    for kind in _kinds(snapshot.state):
        before, now = snapshot.shapes.get(kind, ""), shapes.get(kind, "")
        if before != now and (trouble := _unlike(_store(snapshot.state), kind, served[kind[0]])):
            what = f"The snapshot is of another version of the document of {kind[0]}: {trouble}"
            raise SpecError(what, where=where, fix=_AGAIN)


def _unlike(state: StoreState, kind: Kind, contract: Contract) -> str:
    """Why the things of a resource are none of the document as it is now; "" where each still fits."""
    shown = [schema for operation in contract.operations if (schema := _shown(operation, kind[1]))]
    if not shown and all(operation.rule.resource != kind[1] for operation in contract.operations):
        return f"it has no {kind[1]}."
    for shelf, things in state.shelves().items():
        for key, thing in things.items() if shelf[:2] == kind else ():
            if shown and not any(checker(schema).valid(thing) for schema in shown):
                return f"the {kind[1]} {key[:100]!r} does not fit it."
    return ""


def _shown(operation: Operation, resource: str) -> Schema | None:
    rule = operation.rule
    if rule.resource != resource or rule.traits.lists or rule.traits.open:
        return None
    media = reply_media(operation, operation.success)
    return media.schema if media else None


def _read(document: Mapping[str, Any], contracts: Sequence[Contract]) -> Snapshot:
    store = MemoryStore()
    for each in document["shelves"]:
        shelf = tuple(_text(part) for part in each["shelf"])
        if len(shelf) < 2 or len(shelf) % 2:
            raise ValueError(f"{each['shelf']!r} is no shelf")
        for key, thing in each["things"]:
            if not isinstance(thing, dict):
                raise TypeError(f"{key!r} of {shelf!r} is no object")
            if store.insert(shelf, _text(key), thing) is not None:
                raise ValueError(f"{key!r} of {shelf!r} is there twice")
    seed = document["seed"]
    if type(seed) is not int or seed < 0:
        raise ValueError(f"{seed!r} is no seed")
    clock = document["clock"]
    still = None if clock is None else _still(clock)
    ids, asking = _ids(document["ids"]), _addresses(document["asking"])
    state = WorldState(seed, store.take(), ids, _calendar(store, contracts), still, asking)
    initial = _addresses(document["initial"])
    shapes = {(_text(provider), _text(resource)): _text(shape) for provider, resource, shape in document["shapes"]}
    return _snapshot(_text(document["name"]), _moment(document["at"]), state, initial, shapes)


def _addresses(written: Any) -> frozenset[ThingAddress]:
    return frozenset((tuple(map(_text, shelf)), _text(key)) for shelf, key in written)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _moment(value: Any) -> datetime.datetime:
    found = read_date_time(_text(value))
    if found is None:
        raise ValueError(f"{value!r} is no moment")
    return found


def _still(written: Any) -> tuple[datetime.datetime, datetime.datetime]:
    at, last = map(_moment, written)
    if not EARLIEST <= at.year <= LATEST or last.year > LATEST:  # where no moment was given yet, the last is year 1
        raise ValueError(f"{written!r} is not between the years {EARLIEST} and {LATEST}")
    return at, last


def _ids(written: Mapping[str, Any]) -> IdsState:
    kind, numbers, gauss = written["generator"]
    state = (kind, tuple(numbers), gauss)
    random.Random().setstate(state)  # noqa: S311 - shows whether it is a state
    counters = {_text(name): number for name, number in written["numbers"].items()}
    if any(type(number) is not int or number < 0 for number in counters.values()):
        raise ValueError("a number of `ids` is none")
    return state, counters


def _calendar(store: MemoryStore, contracts: Iterable[Contract]) -> CalendarState:
    """When the things of a store expire."""
    calendar = Calendar()
    rules = {
        (contract.name, operation.rule.resource, operation.rule.expires): None
        for contract in contracts
        for operation in contract.operations
        if operation.rule.expires
    }
    for provider, resource, rule in rules:
        for shelf in [each for each in store.shelves() if each[:2] == (provider, resource)]:
            for key, thing in store.items(shelf):
                calendar.note(shelf, key, thing, rule)
    return calendar.take()
