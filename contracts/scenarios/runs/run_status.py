"""What a run and its thread are said to be while it goes on, and once it is over."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.runs.asking import (
    ASKS,
    FAILS,
    StartedRun,
    finish,
    new_thread,
    on_thread,
    settle,
    sibling,
    start,
    text_for,
)
from threadmock.contracts.scenarios.runs.long_runs import is_over, start_long_run
from threadmock.contracts.scenarios.runs.stored import (
    agent_of,
    ends_of,
    held,
    look,
    tells_ends,
    words_of,
)
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.behaviour.setting import Setting
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.members import dotted
from threadmock.specs.text import shorten


def goes_on(contract: Contract, operation: Operation) -> str:
    """Operations that start one run on a thread and answer at once."""
    run = operation.rule.run
    if run is None or operation.rule.action != "run" or run.each or run.commands:
        return "the operation does not start a run"
    if not on_thread(contract, operation):
        return "the request names no thread that is there afterwards"
    return "" if sibling(contract, operation, "at_once") is operation else "the operation does not answer at once"


def run_run_status(context: Context, operation: Operation) -> Iterator[Finding]:
    """A run is under way, and its thread busy, until it is over; then both say how it ended."""
    keys = new_thread(context, operation)
    started, _ = start_long_run(context, operation, keys)
    known = {**keys, operation.rule.resource: started.run}
    yield from _while_under_way(context, started, known)
    yield from _once_over(context, operation, started, known)
    for command in (ASKS, FAILS):
        yield from _short(context, operation, command)


def _while_under_way(context: Context, started: StartedRun, keys: Mapping[str, Any]) -> Iterator[Finding]:
    """The thread is busy while its run is under way. It is read between two reads of the run."""
    agent, operation = agent_of(context), started.reading.operation
    state = look(context, operation, dict(keys))
    after = look(context, operation, dict(keys))
    shown = state.shown("thread")
    if shown is None or after.run is None or is_over(context, after):
        return
    for change in agent.changes.get("accepted", ()):
        for member, setting in change.thread.items():
            value = dotted(shown, member)
            if not _is_word(setting) or value is None:
                continue
            started.reading.compared()
            if value != setting.value:
                evidence = weakest(change.evidence, setting.evidence, agent.evidence)
                expected = f"{member} {setting.value} of the {agent.thread}: a run is under way"
                yield _status(
                    state.thread.reading if state.thread else started.reading, expected, f"{member} {value}", evidence
                )


def _is_word(setting: Setting) -> bool:
    return setting.kind == "value" and isinstance(setting.value, str)


def _once_over(
    context: Context, operation: Operation, started: StartedRun, keys: Mapping[str, Any]
) -> Iterator[Finding]:
    """Who waited for a run finds it, and its thread, as an end of it leaves them."""
    agent = agent_of(context)
    state = settle(context, operation, dict(keys))
    if not tells_ends(agent, state):
        context.comparisons.lack("nothing that can be read says whether a run is over")
        return
    started.reading.compared()
    if not ends_of(agent, state):
        expected = "a run and a thread as one of the ends of a run leaves them: who waited for it was answered"
        yield _status(started.reading, expected, words_of(agent, state), agent.evidence)


def _short(context: Context, operation: Operation, command: str) -> Iterator[Finding]:
    """A run that asks, or one that fails, leaves it and its thread as one of the ends of a run does."""
    keys = new_thread(context, operation)
    text, _ = text_for(context, command)
    started = start(context, operation, keys, text, "at_once", label="a run whose end is looked at")
    if started.reading.accepted:
        yield from _once_over(context, operation, started, {**keys, operation.rule.resource: started.run})


def _status(reading: Reading, expected: str, got: str, evidence: Any) -> Finding:
    return reading.find("run_status", expected, got, evidence=evidence, exchanges=4)


def fails_behind(contract: Contract, operation: Operation) -> str:
    """As `goes_on`, where another operation shows the events of such a run, so that it is known how that ends."""
    return goes_on(contract, operation) or (
        "" if sibling(contract, operation, "stream") else "no other operation streams such a run"
    )


def run_background_failure(context: Context, operation: Operation) -> Iterator[Finding]:
    """A run that nobody follows, and that fails as the same one did that was followed, is stored and told as failed."""
    agent, other = agent_of(context), sibling(context.contract, operation, "stream")
    if other is None:
        return
    text, _ = text_for(context, FAILS)
    followed = start(context, other, new_thread(context, other), text, "stream", label="a run that fails")
    stream = followed.reading.stream
    told = stream is not None and any(item.kinds == {"failed"} for item in stream.events)
    if not told and "failed" not in ends_of(agent, settle(context, other, followed.keys)):
        raise NotSent("the agent did not fail when it was asked to")
    keys = new_thread(context, operation)
    started = start(context, operation, keys, text, "at_once", label="the same run, that nobody follows")
    if not started.reading.accepted:
        return
    known = {**keys, operation.rule.resource: started.run}
    joined = finish(context, operation, known)
    state = settle(context, operation, known)
    if tells_ends(agent, state):
        started.reading.compared()
        if "failed" not in ends_of(agent, state):
            yield _failure(
                started.reading, "a run and a thread as a failure leaves them", words_of(agent, state), agent
            )
    setting = agent.results.get("failed")
    if joined is None or setting is None or joined.stream is not None or not joined.accepted:
        return
    joined.compared()
    if not held(setting, joined.value):
        got = f"something else: {shorten(joined.content.decode('utf-8', 'replace'), 150)}"
        yield _failure(joined, "what the rule says that is answered where a run failed", got, agent)


def _failure(reading: Reading, expected: str, got: str, agent: Agent) -> Finding:
    return reading.find("background_failure", expected, got, evidence=agent.evidence, exchanges=4)
