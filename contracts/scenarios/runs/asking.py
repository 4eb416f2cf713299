"""How scenarios about runs ask: a thread, a text for its agent, the answer, and what is stored afterwards."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import agent_input, modes_of, put_at, way_to_respond
from threadmock.contracts.cases.case import Case, base_value
from threadmock.contracts.cases.families import lists, of_action, reads
from threadmock.contracts.cases.references import body_schema, references
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.scenarios.asking import ask_missing, keys_of, prerequisites_of
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import find_key
from threadmock.contracts.transport.errors import NotSent
from threadmock.contracts.transport.stream_limits import FOLLOWING, PLAIN, Stop
from threadmock.specs.behaviour.agent import ENDS, Agent, Change
from threadmock.specs.behaviour.observed import observe
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT, dotted
from threadmock.specs.schemas.validation import checker

ASKS, FAILS, GOES_ON = "/human", "/failing", "/slow"
"""Words by which our own scripts are chosen. Where others decide, a scenario says that it was not met."""
TRIES = 8
PAUSE = 0.25
Keys = dict[str, Any]


@dataclass(frozen=True, eq=False)
class StartedRun:
    """A request that starts a run, answered. keys: of the thread, and of the run where it is known."""

    reading: Reading
    keys: Keys

    @property
    def run(self) -> Any:
        """The key of the run. NotSent where it is not known."""
        key = self.keys.get(self.reading.rule.resource)
        if key is None:
            raise NotSent("the answer does not say which run was started")
        return key


@dataclass(frozen=True, eq=False)
class RunState:
    """What is stored of a run and its thread; None for what can't be read."""

    run: Reading | None
    thread: Reading | None

    def shown(self, place: str) -> Mapping[str, Any] | None:
        """What a read of the run or of the thread shows; None where there is none."""
        reading = self.run if place == "run" else self.thread
        return reading.made if reading is not None and reading.made else None


def agent_of(context: Context) -> Agent:
    """The agent of the contract. NotSent where it has none."""
    agent = context.contract.profile.agent
    if agent is None:
        raise NotSent("no rule says how runs go")
    return agent


def text_for(context: Context, command: str = "") -> tuple[str, str]:
    """What is said to an agent, and the part of it that nothing else holds."""
    mark = f"hello {context.choose.getrandbits(40):010x}"
    return f"{command} {mark}".strip(), mark


def on_thread(contract: Contract, operation: Operation) -> bool:
    """Whether the request names the thread of its run."""
    agent = contract.profile.agent
    return agent is not None and any(name.resource == agent.thread for name in references(operation))


def new_thread(context: Context, operation: Operation) -> Keys:
    """The keys of a thread of its own; {} for an operation whose runs have none."""
    if not on_thread(context.contract, operation):
        return {}
    return keys_of(prerequisites_of(context).make(agent_of(context).thread))


def start(  # noqa: PLR0913 - parts of a request, by name
    context: Context,
    operation: Operation,
    keys: Keys,
    text: str,
    how: str,
    *,
    more: Mapping[Source, Any] | None = None,
    stop: Stop = PLAIN,
    label: str = "a run",
) -> StartedRun:
    """Start a run with a text, answered like that. NotSent where the operation never answers so."""
    case = case_of(context, operation, keys, text, how, more=more, stop=stop, label=label)
    return StartedRun(reading := ask(context, case), {**keys, **run_key(reading)})


def case_of(  # noqa: PLR0913 - parts of a request, by name
    context: Context,
    operation: Operation,
    keys: Keys,
    text: str,
    how: str,
    *,
    more: Mapping[Source, Any] | None = None,
    stop: Stop = PLAIN,
    label: str = "a run",
) -> Case:
    """The case that `start` sends; what has to be made for it is made."""
    found = way_to_respond(operation, how)
    if found is None:
        raise NotSent(f"{operation} never answers like that ({how})")
    way, places = found
    said = agent_input(context.contract, operation, text) if text else None
    if text and said is None:
        raise NotSent("no rule says how a text reaches the agent")
    if said and said.piece:
        prerequisites_of(context).make(agent_of(context).piece, keys, said.piece)
    places |= {**(said.places if said else {}), **modes_of(context.contract, operation, way), **(more or {})}
    return placed(operation, keys, places, label, stop=stop)


def placed(operation: Operation, keys: Keys, places: Mapping[Source, Any], label: str, *, stop: Stop = PLAIN) -> Case:
    """A valid case about the things with these keys, with these values in its body, query and headers."""
    body_values = {
        n.source: keys[n.resource] for n in references(operation) if n.source.place == "body" and n.resource in keys
    }
    body_values |= {s: v for s, v in places.items() if s.place == "body"}
    value, schema = put_at(base_value(operation), body_values), body_schema(operation)
    if schema is not None and not checker(schema).valid(value) and checker(schema).valid(put_at({}, body_values)):
        value = put_at({}, body_values)  # what else the smallest body holds excludes what is asked for
    case = case_about(operation, keys, label, value=value, at={s: v for s, v in places.items() if s.place == "query"})
    headers = {s.steps[0].lower(): str(v) for s, v in places.items() if s.place == "header"}
    return replace(case, stop=stop, request=replace(case.request, headers={**case.request.headers, **headers}))


def run_key(reading: Reading) -> Keys:
    """The key of the run that a response names, in its body, its events or a header."""
    rule = reading.rule
    member = rule.key.member if rule.key else ""
    found = find_key(reading.value, member) if member and reading.accepted and reading.value is not ABSENT else None
    if found is None and reading.stream is not None:
        found = reading.stream.last(f"stored.{member}")
    for name, template in (rule.run.headers if rule.run else {}).items():
        pattern = re.escape(template).replace(r"\$parent_key", "[^/]+").replace(r"\$key", "([^/?#]+)")
        match = re.search(pattern, reading.response.headers.get(name, "")) if reading.response else None
        if found is None and match and match.groups():
            found = match[1]
    return {} if found is None else {rule.resource: found}


def look(context: Context, operation: Operation, keys: Keys) -> RunState:
    """What is stored of the run and the thread with these keys."""
    return RunState(
        read(context, operation.rule.resource, keys),
        read(context, agent_of(context).thread, keys),
    )


def read(context: Context, resource: str, keys: Keys, *, gone: bool = False) -> Reading | None:
    """A read of the thing with these keys; None where nothing reads it, or its key is unknown. gone: none is there."""
    for operation in reads(context.contract, resource):
        if operation.rule.reply is None and all(name.resource in keys for name in references(operation)):
            case = case_about(operation, keys, f"the {resource} afterwards")
            return ask_missing(context, case) if gone else ask(context, case)
    return None


def ends_of(agent: Agent, state: RunState) -> list[str]:
    """The ends of a run after which things are as they were read; [] where it is under way."""
    return [end for end in ENDS if fits(agent.changes.get(end, ()), state)]


def fits(changes: tuple[Change, ...], state: RunState) -> bool:
    """Whether what was read is as one of these changes leaves it, as far as that is fixed."""
    compared = 0
    for change in changes:
        for place, settings in (("run", change.run), ("thread", change.thread)):
            shown = state.shown(place)
            for member, setting in settings.items() if shown is not None and not change.when else ():
                if setting.kind == "value" and isinstance(setting.value, str) and member in (shown or ()):
                    compared += 1
                    if dotted(shown, member) != setting.value:
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


def stored_pieces(context: Context, agent: Agent, keys: Keys) -> list[Any] | None:
    """What lies below the thread with these keys; None where nothing lists it."""
    for listing in lists(context.contract, agent.piece)[:1]:
        got = ask(context, case_about(listing, keys, "what lies below the thread"))
        name = listing.rule.listing.items if listing.rule.listing else None
        items = got.value if name is None else dotted(got.value, name)
        return items if got.accepted and isinstance(items, list) else None
    return None


def until(context: Context, ask_again: Callable[[], RunState], holds: Callable[[RunState], bool]) -> RunState:
    """What is stored once something holds, or after some tries: what was asked for at once may take a moment."""
    state = ask_again()
    for _ in range(TRIES):
        if holds(state):
            break
        context.pause(PAUSE)
        state = ask_again()
    return state


def sibling(contract: Contract, operation: Operation, how: str, *actions: str) -> Operation | None:
    """Another operation on the same runs that answers like that, with as many names in its request."""
    wanted = on_thread(contract, operation)
    for other in of_action(contract, operation.rule.resource, *(actions or ("run",))):
        run = other.rule.run
        plain = run is not None and not (run.each or run.commands or run.follow_thread)
        if plain and on_thread(contract, other) == wanted and way_to_respond(other, how):
            return other
    return None


def finish(context: Context, operation: Operation, keys: Keys) -> Reading | None:
    """Wait until a run is over; what who waits gets, None where nobody can wait for it."""
    other = sibling(context.contract, operation, "when_done", "join") or sibling(
        context.contract, operation, "stream", "join"
    )
    if other is None:
        return None
    return ask(context, case_about(other, keys, "the end of the run"))


def finish_thread(context: Context, operation: Operation, keys: Keys) -> None:
    """Wait until nothing happens any more on a thread, through the stream of all of it; else a moment."""
    for other in of_action(context.contract, operation.rule.resource, "join"):
        if other.rule.run and other.rule.run.follow_thread and all(name.resource in keys for name in references(other)):
            ask(context, replace(case_about(other, keys, "what happens on the thread"), stop=FOLLOWING))
            return
    context.pause(PAUSE)


def streams(contract: Contract, operation: Operation) -> str:
    """Operations that start a run and answer with its events."""
    run = operation.rule.run
    if run is None or operation.rule.action != "run" or way_to_respond(operation, "stream") is None:
        return "the operation does not start a run and answer with its events"
    return "" if agent_input(contract, operation, "x") else "no rule says how a text reaches the agent"


def streams_on_thread(contract: Contract, operation: Operation) -> str:
    """As `streams`, on a thread that the request names and that can be read."""
    reason = streams(contract, operation)
    if reason or not on_thread(contract, operation):
        return reason or "the request names no thread that is there afterwards"
    return "" if contract.profile.agent and reads(contract, contract.profile.agent.thread) else "nothing reads a thread"
