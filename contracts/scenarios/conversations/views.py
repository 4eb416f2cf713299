"""All views of what a thread holds: reads and lists of it, and of what lies below it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import lists, of_action, reads
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.streams import EventStream
from threadmock.contracts.scenarios.runs.messages import MessageForm, StoredMessage
from threadmock.contracts.scenarios.runs.stored import (
    Keys,
    agent_of,
    is_askable,
    key_filters,
    listed_pieces,
    piece_lists,
    read_by,
    readers,
)
from threadmock.contracts.scenarios.runs.told import form_of, messages_in, messages_of
from threadmock.contracts.scenarios.scenario import ask
from threadmock.specs.behaviour.agent import ENDS, Agent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT, dig, dotted


@dataclass(frozen=True, eq=False)
class View:
    """What one reader shows. name: of the reader. reading: None for events of a stream.

    places: what the newest thing below the thread holds, as far as is shown. messages: None where none can be seen.
    pieces: what lies below the thread, oldest first; None where that is not listed. content: all that is shown.
    """

    name: str
    reading: Reading | None
    evidence: Evidence
    places: Mapping[str, Any]
    messages: list[StoredMessage] | None
    content: Any
    pieces: list[Any] | None = None


def views(context: Context, operation: Operation, keys: Keys) -> list[View]:
    """What all readers show of a thread, those of what lies below it first. operation: starts runs on it."""
    agent, form = agent_of(context), form_of(context.contract, operation)
    found = [view for listing in lists(context.contract, agent.piece) for view in _listed(context, listing, form, keys)]
    newest = (found[0].pieces or [None])[-1] if found else None
    for reader in _newest_readers(context.contract, agent):
        if is_askable(reader, keys):
            found += _piece(ask(context, case_about(reader, keys, "the newest state")), form)
    for reader in reads(context.contract, agent.piece)[:1] if isinstance(newest, Mapping) else ():
        known = {**keys, agent.piece: dotted(newest, reader.rule.key.member)}  # type: ignore[union-attr]  # it has one
        if known[agent.piece] is not None and is_askable(reader, known):
            found += _piece(ask(context, case_about(reader, known, "the newest of them alone")), form)
    for reader in readers(context.contract, agent.thread):
        if is_askable(reader, keys):
            found += _thread(context, reader, agent, form, keys)
    return found


def listed(context: Context, operation: Operation, keys: Keys) -> View | None:
    """What the first list of what lies below a thread shows; None where nothing lists it."""
    agent, form = agent_of(context), form_of(context.contract, operation)
    found = (view for listing in piece_lists(context.contract, agent) for view in _listed(context, listing, form, keys))
    return next(found, None)


def _newest_readers(contract: Contract, agent: Agent) -> list[Operation]:
    """Operations that read the newest thing below a thread."""
    found = of_action(contract, agent.piece, "read") if agent.piece else ()
    return [operation for operation in found if operation.rule.key and operation.rule.key.pick == "newest"]


def _listed(context: Context, listing: Operation, form: MessageForm | None, keys: Keys) -> Iterator[View]:
    rule = listing.rule.listing
    if rule is None or not is_askable(listing, keys):
        return
    if rule.everywhere and not key_filters(context.contract, listing, keys):
        return
    reading, pieces = listed_pieces(context, listing, keys)
    if pieces is None:
        return
    newest = pieces[-1] if pieces and isinstance(pieces[-1], Mapping) else {}
    places = {} if rule.everywhere else {f"latest.{name}": value for name, value in newest.items()}
    messages = messages_of(form, pieces) if form is not None else None
    yield View(str(listing), reading, listing.rule.evidence, places, messages, pieces, pieces)


def _piece(reading: Reading, form: MessageForm | None) -> Iterator[View]:
    """The newest thing below the thread, read by itself. Where it is one message of several, it shows no more."""
    if not reading.made:
        return
    places = {f"latest.{name}": value for name, value in reading.made.items()}
    messages = form.read(reading.made) if form is not None and form.path else None
    yield View(str(reading.operation), reading, reading.rule.evidence, places, messages, reading.made)


def _thread(context: Context, reader: Operation, agent: Agent, form: MessageForm | None, keys: Keys) -> Iterator[View]:
    """A thread, where runs fill its members from what lies below it."""
    taken = {
        member: setting.steps
        for end in ENDS
        for change in agent.changes.get(end, ())
        for member, setting in change.thread.items()
        if setting.kind == "latest"
    }
    thing = read_by(context, reader, keys) if taken else None
    shown = {member: steps for member, steps in taken.items() if thing and dotted(thing.made, member) is not None}
    if thing is None or not shown:
        return
    places = {".".join(("latest", *steps)): dotted(thing.made, member) for member, steps in shown.items()}
    evidence = weakest(reader.rule.evidence, agent.evidence)
    yield View(str(reader), thing.reading, evidence, places, messages_in(form, places), thing.made)


def streamed_view(stream: EventStream, form: MessageForm | None) -> View | None:
    """The state that events of a stream showed last; None where none did."""
    places = {place: stream.last(place) for item in stream.events for place in item.held if place.startswith("latest.")}
    if not places:
        return None
    return View("the stream", None, stream.format.evidence, places, messages_in(form, places), places)


def compared_places(agent: Agent, form: MessageForm | None) -> set[str]:
    """Places of the newest thing below a thread that tell what runs left: those that answers and threads show."""
    steps: list[tuple[str, ...]] = []
    if form is not None and form.place == "piece":
        steps = [form.path[:1]] if form.path else [path for path in (*form.texts, form.role) if path]
    found = {".".join(("latest", *each)) for each in steps}
    for end in ENDS:
        setting = agent.results.get(end)
        inner = [setting, *(each for _, each in setting.members)] if setting else []
        settings = [each for change in agent.changes.get(end, ()) for each in change.thread.values()]
        found |= {".".join(("latest", *s.steps)) for s in (*inner, *settings) if s.kind == "latest" and s.steps}
    return found


def value_at(view: View, place: str) -> Any:
    """What a view shows in a place; ABSENT where it does not show it."""
    if place in view.places:
        return view.places[place]
    head = ".".join(place.split(".")[:2])
    return dig(view.places.get(head), place.split(".")[2:]) if head in view.places else ABSENT
