"""What is told of a run in the background: that it is over, on its thread, as it was answered, and when it was."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from threadmock.contracts.cases.agent_input import way_to_respond
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.conversations.conversation import talks
from threadmock.contracts.scenarios.conversations.views import views
from threadmock.contracts.scenarios.runs.asking import (
    StartedRun,
    new_thread,
    settle,
    start,
    text_for,
)
from threadmock.contracts.scenarios.runs.stored import (
    Keys,
    RunState,
    StoredThing,
    agent_of,
    ends_of,
    is_askable,
    read_by,
    readers,
    tells_ends,
)
from threadmock.contracts.target.answers import CREATED
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.schemas.formats import is_date_time, read_date_time
from threadmock.specs.text import shorten
from threadmock.specs.wire.strictjson import dump_json

_MOMENT = re.compile(r"\w*(updated|started|completed|failed|cancelled|ended|finished)_?(at|on|time)?", re.IGNORECASE)


def in_background(contract: Contract, operation: Operation) -> str:
    """Operations that start a run on a thread and answer at once with the run, where something shows it later."""
    reason = talks(contract, operation)
    if reason:
        return reason
    if way_to_respond(operation, "at_once") is None:
        return "the operation does not start a run and answer at once"
    return "" if readers(contract, operation.rule.resource) else f"nothing shows a {operation.rule.resource}"


def run_background(context: Context, operation: Operation) -> Iterator[Finding]:
    """A run in the background goes to its end, and each reader shows it, on its thread, as it was answered."""
    keys, agent = new_thread(context, operation), agent_of(context)
    text, mark = text_for(context)
    started = start(context, operation, keys, text, "at_once", label="a run in the background")
    if not started.reading.accepted:
        raise NotSent(f"{operation} was answered {started.reading.status or 'not at all'}")
    known = {**keys, operation.rule.resource: started.run}
    state = settle(context, operation, known)
    if state.run is not None:
        started.reading.compared()
        yield from _over(started, state, agent)
    yield from _records(context, operation, started, known)
    for view in views(context, operation, known)[:1]:
        if view.messages is not None and mark.encode() not in dump_json(view.content):
            got, sure = f"{view.name} shows nothing of it", weakest(view.evidence, agent.evidence)
            yield _background(started, "what was said to the run, on its thread", got, sure)


def _background(started: StartedRun, expected: str, got: str, evidence: Evidence) -> Finding:
    return started.reading.find("background", expected, got, evidence=evidence, exchanges=6)


def _over(started: StartedRun, state: RunState, agent: Agent) -> Iterator[Finding]:
    run, thread = state.run, state.thread
    if run is None or not run.accepted:
        yield _background(started, "a run that can be read by the key that was answered", "none is there", "documented")
        return
    alone = {agent.thread: RunState(None, thread), started.reading.rule.resource: RunState(run, None)}
    told = {name: ends_of(agent, each) for name, each in alone.items() if tells_ends(agent, each)}
    if not any(told.values()):
        raise NotSent("the run is under way still")
    for name in (name for name, ends in told.items() if not ends):
        got = f"the {name} does not say that it is over"
        yield _background(started, f"a run, and a {agent.thread}, that say how it ended", got, agent.evidence)


def _records(context: Context, operation: Operation, started: StartedRun, keys: Keys) -> Iterator[Finding]:
    """The run as its readers show it, held against the answer that started it, and against each other."""
    own, kept = _owner(context, operation, keys), _given(operation, started.reading)
    first: StoredThing | None = None
    for reader in readers(context.contract, operation.rule.resource):
        if not is_askable(reader, keys):
            continue
        thing = read_by(context, reader, keys)
        if thing is None or not thing.accepted:
            if thing is not None and first is not None:
                got = f"{reader} does not show it"
                yield _background(started, "a run in each list that it belongs to", got, reader.rule.evidence)
            continue
        started.reading.compared()
        wanted = {**kept, **own, **(first.made if first else {})}
        for name, value in wanted.items():
            shown = thing.made.get(name, value)
            if shown != value:
                got = f"{reader} shows another {name}: {shorten(dump_json(shown).decode(), 100)}"
                expected = f"{name} {shorten(dump_json(value).decode(), 100)}"
                yield _background(started, expected, got, reader.rule.evidence)
                break
        yield from _moments(started, reader, thing)
        first = first or thing


def _owner(context: Context, operation: Operation, keys: Keys) -> dict[str, Any]:
    """The members of a run that hold the keys of the run and of its thread."""
    rule, agent = operation.rule, agent_of(context)
    owned = {name: s.generator for name, s in rule.set.items() if s.kind == "generate"}
    found = {name: keys[agent.thread] for name, how in owned.items() if how == "parent_key"}
    return found | ({rule.key.member: keys[rule.resource]} if rule.key and "." not in rule.key.member else {})


def _given(operation: Operation, reading: Reading) -> dict[str, Any]:
    """Members of the answer that nothing changes later: what the request said, and when the run was made."""
    given = {name for name, s in operation.rule.set.items() if s.kind == "from"}
    return {name: value for name, value in reading.made.items() if name in given or CREATED.fullmatch(name)}


def _moments(started: StartedRun, reader: Operation, thing: StoredThing) -> Iterator[Finding]:
    """Nothing happened to a run before it was made."""
    moments = {name: moment for name, value in thing.made.items() if (moment := _moment(value)) is not None}
    made = next((moment for name, moment in moments.items() if CREATED.fullmatch(name)), None)
    for name, moment in moments.items():
        if made is not None and _MOMENT.fullmatch(name) and moment < made:
            got = f"{reader} shows {name} {thing.made[name]}, before it was made"
            yield _background(started, f"{name} not before the run was made", got, reader.rule.evidence)


def _moment(value: Any) -> datetime | None:
    return read_date_time(value) if isinstance(value, str) and is_date_time(value) else None
