"""How scenarios about runs ask: a thread, a text for its agent, the answer, and what is stored afterwards."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import agent_input, modes_of, put_at, way_to_respond
from threadmock.contracts.cases.case import Case, base_value
from threadmock.contracts.cases.families import of_action
from threadmock.contracts.cases.references import body_schema, references
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.scenarios.asking import keys_of, prerequisites_of
from threadmock.contracts.scenarios.runs.stored import Keys, RunState, agent_of, ends_of, look, readable, tells_ends
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import find_key
from threadmock.contracts.transport.errors import NotSent
from threadmock.contracts.transport.stream_limits import FOLLOWING, PLAIN, Stop
from threadmock.specs.behaviour.setting import Source, generated_members
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import ABSENT, dotted
from threadmock.specs.schemas.validation import checker

ASKS, FAILS, GOES_ON = "/human", "/failing", "/slow"
"""Words by which our own scripts are chosen. Where others decide, a scenario says that it was not met."""
T = TypeVar("T")
TRIES = 8
PAUSE = 0.25
PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between looks at a run that goes on, where nobody can wait for its end."""


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
    without: Collection[str] = (),
) -> StartedRun:
    """Start a run with a text, answered like that. NotSent where the operation never answers so."""
    case = case_of(context, operation, keys, text, how, more=more, stop=stop, label=label)
    return StartedRun(reading := ask(context, case, without=without), {**keys, **run_key(reading)})


def excused_failures(operation: Operation) -> tuple[str, ...]:
    """Checks whose question an operation answers by an error status where the agent failed, by its rule."""
    fails = operation.rule.run.fails if operation.rule.run else 0
    return ("no_server_error", "valid_accepted", "documented_status") if fails else ()


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
    reply = reading.way.reply if reading.way else None
    member = rule.key.member if rule.key else ""
    if reply is not None:
        member = next(generated_members(reply.members, "key"), "")
    found = find_key(reading.value, member) if member and reading.accepted and reading.value is not ABSENT else None
    if found is None and reading.stream is not None:
        found = reading.stream.last(f"stored.{member}")
        found = dotted(reading.stream.last("stored"), member) if found is None else found
    for name, template in (rule.run.headers if rule.run else {}).items():
        match = re.search(keys_pattern(template), reading.response.headers.get(name, "")) if reading.response else None
        if found is None and match:
            found = match.groupdict().get("key")
    return {} if found is None else {rule.resource: found}


def keys_pattern(template: str) -> str:
    """A header's template as an expression, with the groups `parent_key` and `key` where it names those."""
    pattern = re.escape(template)
    for name in ("parent_key", "key"):
        pattern = pattern.replace(rf"\${name}", f"(?P<{name}>[^/?#]+)")
    return pattern


def until(context: Context, ask_again: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """What is stored once something holds, or after some tries: what was asked for at once may take a moment."""
    state = ask_again()
    for _ in range(TRIES):
        if holds(state):
            break
        context.run_pause(PAUSE)
        state = ask_again()
    return state


def until_true(context: Context, holds: Callable[[], bool]) -> bool:
    """Whether something holds, at once or after some time."""
    for seconds in PAUSES:
        if holds():
            return True
        context.run_pause(seconds)
    return holds()


def sibling(contract: Contract, operation: Operation, how: str, *actions: str) -> Operation | None:
    """Another operation on the same runs that answers like that, with as many names in its request."""
    wanted = on_thread(contract, operation)
    for other in of_action(contract, operation.rule.resource, *(actions or ("run",))):
        run = other.rule.run
        plain = run is not None and not (run.each or run.commands or run.follow_thread)
        if plain and on_thread(contract, other) == wanted and way_to_respond(other, how):
            return other
    return None


def settle(context: Context, operation: Operation, keys: Keys) -> RunState:
    """What is stored of a run and its thread once it is over: by waiting for it, else by looking again and again."""
    agent, state = agent_of(context), look(context, operation, keys)
    if state.run is not None and ends_of(agent, RunState(state.run, None)) and ends_of(agent, state):
        return state  # some answer who waits for a run that is over only after a while
    if operation.rule.resource in keys:
        finish(context, operation, keys)
        state = look(context, operation, keys)
    for seconds in PAUSES if tells_ends(agent, state) or state.run is not None else ():
        if ends_of(agent, state):
            break
        context.run_pause(seconds)
        state = look(context, operation, keys)
    return state


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
    context.run_pause(PAUSE)


def streams(contract: Contract, operation: Operation) -> str:
    """Operations that start a run and answer with its events."""
    run = operation.rule.run
    if run is None or operation.rule.action != "run" or way_to_respond(operation, "stream") is None:
        return "the operation does not start a run and answer with its events"
    return "" if agent_input(contract, operation, "x") else "no rule says how a text reaches the agent"


def streams_on_thread(contract: Contract, operation: Operation) -> str:
    """As `streams`, on a thread that the request names, where any reader shows it or what lies in it."""
    reason = streams(contract, operation)
    if reason or not on_thread(contract, operation):
        return reason or "the request names no thread that is there afterwards"
    return readable(contract)
