"""What is stored of a run, its thread and what lies below it, through any reader: of one thing, or of a list."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import lists, reads
from threadmock.contracts.cases.list_pages import paging_of
from threadmock.contracts.cases.references import references
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.scenarios.asking import ask_missing
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import find_key, items_in
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import ENDS, Agent, Change
from threadmock.specs.behaviour.observed import observe
from threadmock.specs.behaviour.rule import Listing
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import dotted

Keys = dict[str, Any]


@dataclass(frozen=True, eq=False)
class StoredThing:
    """A thing as a read, or a list, shows it. made: its members; {} where it is not there."""

    reading: Reading
    made: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether it is there."""
        return self.reading.accepted and bool(self.made)


@dataclass(frozen=True, eq=False)
class RunState:
    """What is stored of a run and its thread; None for what can't be read.

    pieces: what lies below the thread, oldest first, where runs say by it how they ended.
    """

    run: StoredThing | None
    thread: StoredThing | None
    pieces: list[Any] | None = None

    def shown(self, place: str) -> Mapping[str, Any] | None:
        """What a reader of the run or of the thread shows; None where there is none."""
        thing = self.run if place == "run" else self.thread
        return thing.made if thing is not None and thing.made else None

    @property
    def known(self) -> bool:
        """Whether anything was read at all."""
        return self.run is not None or self.thread is not None or self.pieces is not None


def agent_of(context: Context) -> Agent:
    """The agent of the contract. NotSent where it has none."""
    agent = context.contract.profile.agent
    if agent is None:
        raise NotSent("no rule says how runs go")
    return agent


def look(context: Context, operation: Operation, keys: Keys) -> RunState:
    """What is stored of the run and the thread with these keys."""
    agent = agent_of(context)
    return RunState(
        read(context, operation.rule.resource, keys),
        read(context, agent.thread, keys),
        stored_pieces(context, agent, keys) if _end_is_made(agent) else None,
    )


def _end_is_made(agent: Agent) -> bool:
    """Whether what the ends of a run make says which end it was."""
    return bool(_telling(agent))


def _telling(agent: Agent) -> set[str]:
    """Members of what the ends of a run make whose texts differ from end to end: the others are a mock's own."""
    made = [made.set for end in ENDS for change in agent.changes.get(end, ()) for made in change.makes]
    texts: dict[str, set[str]] = {}
    for settings in made:
        for name, value in _fixed(settings).items():
            texts.setdefault(name, set()).add(value)
    return {name for name, values in texts.items() if len(values) > 1}


def _fixed(settings: Mapping[str, Setting]) -> dict[str, str]:
    return {name: s.value for name, s in settings.items() if s.kind == "value" and isinstance(s.value, str)}


def worded_members(agent: Agent, place: str) -> set[str]:
    """Members of the run, or of its thread, that rules fill with fixed words."""
    changes = [change for each in agent.changes.values() for change in each]
    return {name for change in changes for name in _fixed(change.thread if place == "thread" else change.run)}


def words_of(agent: Agent, state: RunState) -> str:
    """What a thread and its run say they are."""
    found = []
    for name, place in ((agent.thread, "thread"), ("run", "run")):
        shown = state.shown(place) or {}
        found += [
            f"{member} {shown[member]} of the {name}" for member in sorted(worded_members(agent, place) & shown.keys())
        ]
    return ", ".join(found) or "neither"


def readable(contract: Contract) -> str:
    """Why nothing shows a thread, or what lies in it; "" where something does."""
    agent = contract.profile.agent
    if agent is None:
        return "no rule says how runs go"
    shown = any(readers(contract, resource) for resource in (agent.thread, agent.piece) if resource)
    return "" if shown else f"nothing reads or lists a {agent.thread}, or what lies in it"


def readers(contract: Contract, resource: str) -> tuple[Operation, ...]:
    """Operations that show a thing, whole: reads of one first, then lists of one thread, then others."""
    alone = [operation for operation in reads(contract, resource) if operation.rule.reply is None]
    return (*alone, *sorted(lists(contract, resource), key=lambda each: each.rule.listing.everywhere))  # type: ignore[union-attr]  # lists have one


def read(context: Context, resource: str, keys: Keys, *, gone: bool = False) -> StoredThing | None:
    """The thing with these keys; None where nothing shows it, or its key is unknown. gone: none is there."""
    if resource not in keys:
        return None
    for operation in readers(context.contract, resource):
        if is_askable(operation, keys):
            return read_by(context, operation, keys, gone=gone)
    return None


def is_askable(operation: Operation, keys: Keys) -> bool:
    """Whether all that a request of an operation has to name is among these keys."""
    return not any(name.strict and name.resource not in keys for name in references(operation))


def read_by(context: Context, operation: Operation, keys: Keys, *, gone: bool = False) -> StoredThing | None:
    """As `read`, by this operation: a read of one thing, or a list."""
    resource = operation.rule.resource
    if operation.rule.listing is not None:
        return _listed(context, operation, resource, keys)
    case = case_about(operation, keys, f"the {resource} afterwards")
    reading = ask_missing(context, case) if gone else ask(context, case)
    return StoredThing(reading, reading.made)


def _listed(context: Context, operation: Operation, resource: str, keys: Keys) -> StoredThing | None:
    """The thing with these keys in the first page of a list; None where it may lie behind that."""
    reading, items = _page(context, operation, keys, f"the {resource} afterwards, in a list")
    member = operation.rule.key.member if operation.rule.key else ""
    for item in items or ():
        if member and str(find_key(item, member)) == str(keys[resource]):
            return StoredThing(reading, item)
    return StoredThing(reading, {}) if items is not None and len(items) < _most(operation) else None


def _page(
    context: Context, operation: Operation, keys: Keys, label: str, *, gone: bool = False
) -> tuple[Reading, list[Any] | None]:
    """The first page of a list, as long as it may be, and its things; None where it could not be read."""
    way = paging_of(operation)
    at = dict(way.fixed) if way.limit is None else {**way.fixed, way.limit: way.most}
    at |= key_filters(context.contract, operation, keys)
    case = case_about(operation, keys, label, at=at)
    reading = ask_missing(context, case) if gone else ask(context, case)
    items = items_in(way.listing, reading.value) if reading.accepted else None
    return reading, None if items is None else [_thing_in(way.listing, item) for item in items]


def key_filters(contract: Contract, operation: Operation, keys: Keys) -> dict[Source, Any]:
    """Filters of a list that leave what lies in the things with these keys."""
    filters = operation.rule.listing.filters if operation.rule.listing else ()
    return {
        rule.source: keys[resource]
        for rule in filters
        for resource in keys
        if rule.how == "equal" and resource != operation.rule.resource and _names(contract, rule.member, resource)
    }


def _names(contract: Contract, member: str, resource: str) -> bool:
    """Whether a filter by a member is one by the key of a thing of this resource."""
    keyed = (o.rule.key.member for o in contract.operations if o.rule.resource == resource and o.rule.key)
    return member in keyed and member not in ("id", "key")


def _thing_in(listing: Listing, item: Any) -> Any:
    """The thing that an item of a list shows: the item, or a member of it; with members as they are stored."""
    shown = [(name, setting.steps) for name, setting in listing.item.items() if setting.kind == "stored"]
    for name, steps in shown if isinstance(item, Mapping) else ():
        if not steps and name in item:
            return item[name]
    stored = {steps[0]: item[name] for name, steps in shown if len(steps) == 1 and name in item} if shown else {}
    return {**item, **stored} if stored else item


def _most(operation: Operation) -> int:
    way = paging_of(operation)
    return way.most if way.limit is not None else way.listing.default_limit or way.most


def stored_pieces(context: Context, agent: Agent, keys: Keys) -> list[Any] | None:
    """What lies below the thread with these keys, oldest first; None where nothing lists it."""
    listing = next(iter(piece_lists(context.contract, agent)), None)
    return None if listing is None else listed_pieces(context, listing, keys)[1]


def piece_lists(contract: Contract, agent: Agent) -> list[Operation]:
    """Operations that list what lies below one thread."""
    found = lists(contract, agent.piece) if agent.piece else ()
    return [operation for operation in found if operation.rule.listing and not operation.rule.listing.everywhere]


def listed_pieces(
    context: Context, listing: Operation, keys: Keys, *, gone: bool = False
) -> tuple[Reading, list[Any] | None]:
    """One list of what lies below a thread, oldest first, and how it was answered. gone: the thread is not there."""
    reading, items = _page(context, listing, keys, "what lies below the thread", gone=gone)
    rule = listing.rule.listing
    turned = rule is not None and (rule.order == "newest") != rule.from_end
    return reading, items[::-1] if items is not None and turned else items


def ends_of(agent: Agent, state: RunState) -> list[str]:
    """The ends of a run after which things are as they were read; [] where it is under way."""
    telling = _telling(agent) if state.pieces else ()
    return [end for end in ENDS if fits(agent.changes.get(end, ()), state, telling)]


def tells_ends(agent: Agent, state: RunState) -> bool:
    """Whether what was read says how, and whether, a run ended."""
    for changes in (agent.changes.get(end, ()) for end in ENDS):
        for change in changes:
            for place, settings in (("run", change.run), ("thread", change.thread)):
                if set(_fixed(settings)) & set(state.shown(place) or ()):
                    return True
            if state.pieces and _telling(agent) & set(state.pieces[-1]):
                return True
    return False


def fits(changes: tuple[Change, ...], state: RunState, telling: Collection[str] = ()) -> bool:
    """Whether what was read is as one of these changes leaves it, as far as that is fixed.

    telling: members by which what lies below the thread tells one end from another.
    """
    compared = 0
    newest = (state.pieces or [None])[-1]
    for change in changes:
        if change.when:
            continue
        for shown, settings in (
            (state.shown("run"), change.run),
            (state.shown("thread"), change.thread),
            *((newest, made.set) for made in change.makes if state.pieces is not None),
        ):
            for member, value in _fixed(settings).items():
                if isinstance(shown, Mapping) and member in shown and (shown is not newest or member in telling):
                    compared += 1
                    if dotted(shown, member) != value:
                        return False
    return compared > 0


def reading_places(
    agent: Agent, end: str, state: RunState, kinds: tuple[str, ...] = ("latest",)
) -> Iterator[tuple[str, Setting, Any, Evidence]]:
    """Members of the thread that the end of a run fills from elsewhere: name, setting, what was read, evidence."""
    shown = state.shown("thread")
    for change in agent.changes.get(end, ()):
        for member, setting in change.thread.items() if shown is not None and not change.when else ():
            if setting.kind in kinds:
                yield member, setting, dotted(shown, member), weakest(change.evidence, setting.evidence)


def held(setting: Setting, value: Any) -> Mapping[str, Any]:
    """What the places of a setting held, given what it made; {} where it can't have made that."""
    found: dict[str, Any] = {}
    return found if observe(setting, value, found) else {}


def final(agent: Agent, state: RunState) -> dict[str, Any]:
    """The members of the thread that runs fill: what must not change where nothing is said any more."""
    return {
        member: value
        for end in ENDS
        for member, _, value, _ in reading_places(agent, end, state, ("latest", "stored"))
        if value is not None
    }


def message_members(agent: Agent) -> list[str]:
    """Members of what lies below a thread in which a message stands as it was said."""
    return [
        member
        for change in agent.changes.get("said", ())
        for made in change.makes
        if made.resource == agent.piece
        for member, setting in made.set.items()
        if setting.kind == "from" and [str(source) for source in setting.sources] == ["item.text"]
    ]
