"""What else a cancel means: where its answer is to wait for the end of the run, and for a run that is over."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from threadmock.contracts.cases.agent_input import conditions
from threadmock.contracts.cases.case import Case
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.runs.asking import new_thread, placed, settle, start, text_for, until
from threadmock.contracts.scenarios.runs.long_runs import is_over, start_long_run, starter_of
from threadmock.contracts.scenarios.runs.stored import Keys, agent_of, ends_of, look
from threadmock.contracts.scenarios.scenario import ask
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest

_OTHERWISE = ("valid_accepted", "documented_status")


def cancel_case(operation: Operation, keys: Keys, label: str, more: Mapping[Source, Any] | None = None) -> Case:
    """A request that cancels the run with these keys."""
    stopping = operation.rule.run.stopping if operation.rule.run else None
    named = {stopping.keys: [keys[operation.rule.resource]]} if stopping and stopping.keys else {}
    return placed(operation, keys, {**named, **(more or {})}, label)


def form_runs(operation: Operation) -> int:
    """The runs that `run_cancel_forms` starts at most."""
    return 1 + any(way.how == "when_done" for way in (operation.rule.run.respond if operation.rule.run else ()))


def run_cancel_forms(context: Context, operation: Operation) -> Iterator[Finding]:
    """A cancel that waits is answered when the run is over; one of a run that is over already changes nothing."""
    starter = starter_of(context.contract, operation)
    if starter is None:
        return
    yield from _of_finished(context, operation, starter)
    yield from _waited(context, operation, starter)


def _of_finished(context: Context, operation: Operation, starter: Operation) -> Iterator[Finding]:
    keys, (text, _) = new_thread(context, starter), text_for(context)
    started = start(context, starter, keys, text, "at_once", label="a run that ends")
    known = {**keys, operation.rule.resource: started.run}
    agent, before = agent_of(context), settle(context, starter, known)
    if "ended" not in ends_of(agent, before):
        return
    got = ask(context, cancel_case(operation, known, "a run that is over is cancelled"), without=_OTHERWISE)
    if got.response is None or got.status >= 500 or got.status == 429:
        return
    after = look(context, starter, known)
    got.compared()
    if "ended" not in ends_of(agent, after):
        found = next(iter(ends_of(agent, after)), "under way")
        expected = "a run that ended, and stays so: there was nothing to cancel"
        yield _forms(got, expected, f"a run that is {found} (status {got.status})", agent.evidence)


def _waited(context: Context, operation: Operation, starter: Operation) -> Iterator[Finding]:
    """After an answer that waited for the end of the run, the run is over when it is looked at."""
    ways = operation.rule.run.respond if operation.rule.run else ()
    way = next((way for way in ways if way.how == "when_done"), None)
    if way is None:
        return
    agent, keys = agent_of(context), new_thread(context, starter)
    started, _ = start_long_run(context, starter, keys)
    known = {**keys, operation.rule.resource: started.run}
    case = cancel_case(operation, known, "a run is cancelled, and its end waited for", dict(conditions(way.when)))
    got = ask(context, case, without=_OTHERWISE)
    state = look(context, starter, known)
    if not got.accepted or state.run is None:
        return
    got.compared()
    if not is_over(context, state):
        expected = "a run that is over: the answer was to wait for that"
        yield _forms(got, expected, "one that is under way", weakest(agent.evidence, way.evidence))


def _forms(reading: Reading, expected: str, got: str, evidence: Evidence) -> Finding:
    return reading.find("cancel_forms", expected, got, evidence=evidence, exchanges=4)


def stops_thread(contract: Contract, operation: Operation) -> str:
    """Operations that say, of a thread, that what goes on there is to stop."""
    run, agent = operation.rule.run, contract.profile.agent
    if run is None or not run.cancels or agent is None or operation.rule.resource != agent.thread:
        return "the operation does not stop what goes on on a thread"
    return "" if _any_starter(contract) else "no operation starts a run and answers at once"


def _any_starter(contract: Contract) -> Operation | None:
    found = (starter_of(contract, operation) for operation in contract.operations if operation.rule.traits.starts_run)
    return next((each for each in found if each is not None), None)


def run_cancel_thread(context: Context, operation: Operation) -> Iterator[Finding]:
    """What goes on on a thread is over once the thread is told to stop, and nothing comes of it afterwards."""
    run, starter = operation.rule.run, _any_starter(context.contract)
    if run is None or starter is None:
        return
    agent, keys = agent_of(context), new_thread(context, starter)
    started, _ = start_long_run(context, starter, keys)
    known = {**keys, starter.rule.resource: started.run}
    case = placed(operation, keys, dict(conditions(run.cancels)), "a thread is told to stop")
    got = ask(context, case, without=_OTHERWISE)
    if not got.accepted:
        return
    state = until(context, partial(look, context, starter, known), partial(is_over, context))
    got.compared()
    if "cancelled" not in ends_of(agent, state):
        found = next(iter(ends_of(agent, state)), "under way")
        expected = "a run and a thread as the rule says of a run that was cancelled"
        evidence = weakest(agent.evidence, run.evidence, operation.rule.evidence)
        yield got.find("cancel_thread", expected, f"a run that is {found}", evidence=evidence, exchanges=4)
