"""Runs that are stopped, and runs that are asked for while another has the thread."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import way_to_respond
from threadmock.contracts.cases.references import references
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.creates.repeats import send_at_once
from threadmock.contracts.scenarios.runs.asking import (
    GOES_ON,
    StartedRun,
    case_of,
    finish,
    new_thread,
    placed,
    run_key,
    settle,
    sibling,
    start,
    text_for,
    until,
)
from threadmock.contracts.scenarios.runs.long_runs import start_long_run, starter_of
from threadmock.contracts.scenarios.runs.stored import Keys, RunState, StoredThing, agent_of, ends_of, final, look, read
from threadmock.contracts.scenarios.scenario import ask, record
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import Agent, BusyPolicy
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.wire.strictjson import dump_json

AT_ONCE = 4


def stops(contract: Contract, operation: Operation) -> str:
    """Operations that cancel a run, where another starts one and answers at once."""
    stopping = operation.rule.run.stopping if operation.rule.run else None
    own = any(name.own for name in references(operation))
    if operation.rule.action != "cancel" or not (own or (stopping and stopping.keys)):
        return "the operation does not cancel a run by its key"
    return "" if starter_of(contract, operation) else "no operation starts a run and answers at once"


def cancel_runs(operation: Operation) -> int:
    """The runs that `run_cancel` starts."""
    stopping = operation.rule.run.stopping if operation.rule.run else None
    return 3 if stopping and stopping.by and stopping.removes else 1


def _stop(context: Context, operation: Operation, keys: Keys, word: Any = None, *, again: bool = False) -> Reading:
    stopping = operation.rule.run.stopping if operation.rule.run else None
    places: dict[Source, Any] = {stopping.by: word} if stopping and stopping.by and word is not None else {}
    if stopping and stopping.keys:
        places[stopping.keys] = [keys[operation.rule.resource]]
    case = placed(operation, keys, places, "a run is cancelled again" if again else "a run is cancelled")
    return ask(context, case, without=("valid_accepted", "documented_status"))


def run_cancel(context: Context, operation: Operation) -> Iterator[Finding]:
    """A run that is cancelled is over, and stays as it is; one that is taken away leaves nothing."""
    starter = starter_of(context.contract, operation)
    if starter is None:
        return
    agent, evidence = agent_of(context), operation.rule.evidence
    keys = new_thread(context, starter)
    started, _ = start_long_run(context, starter, keys)
    known = {**keys, operation.rule.resource: started.run}
    got = _stop(context, operation, known)
    if not got.accepted:
        yield _cancel(got, "a success: the run is under way", f"status {got.status}", evidence)
        return
    state = until(context, partial(look, context, starter, known), partial(_is_cancelled, agent))
    if not _is_cancelled(agent, state):
        yield _cancel(got, "a run as the rule says of one that was cancelled", "a run that is not", agent.evidence)
        return
    got.compared()
    follower = sibling(context.contract, operation, "stream", "join")
    if follower is not None:
        rest = ask(context, case_about(follower, known, "the stream of a run that was cancelled"))
        if rest.stream is not None and rest.stream.cut:
            yield _cancel(rest, "a stream that ends: its run was cancelled", "a stream that goes on", evidence)
    again = _stop(context, operation, known, again=True)
    refusal = operation.rule.refusals.get("unknown")
    if again.accepted:
        held: Evidence = weakest(evidence, refusal.evidence if refusal else "assumed")
        yield _cancel(again, "a refusal: the run was cancelled before", f"status {again.status}", held)
    yield from _removed(context, operation, starter)


def _is_cancelled(agent: Agent, state: RunState) -> bool:
    return "cancelled" in ends_of(agent, RunState(state.run, None))


def _removed(context: Context, operation: Operation, starter: Operation) -> Iterator[Finding]:
    stopping, agent = operation.rule.run.stopping if operation.rule.run else None, agent_of(context)
    for word in (stopping.removes if stopping and stopping.by else ())[:1]:
        keys = new_thread(context, starter)
        text, _ = text_for(context)
        first = start(context, starter, keys, text, "at_once", label="a run that ends")
        if finish(context, operation, {**keys, operation.rule.resource: first.run}) is None:
            raise NotSent("nobody can wait for the end of a run")
        before = final(agent, look(context, starter, keys))
        second, _ = start_long_run(context, starter, keys)
        known = {**keys, operation.rule.resource: second.run}
        got = _stop(context, operation, known, word)
        if not got.accepted:
            continue
        gone = _read_gone(context, operation, known)
        if gone is not None and gone.accepted:
            yield _cancel(got, f"a run that is not there any more: {word}", "it is read still", operation.rule.evidence)
        after = until(context, partial(_final, context, starter, keys), partial(_covers, before))
        for name in [name for name in before if before[name] != after.get(name)]:
            yield _cancel(got, f"{name} as it was before the run that was taken away", "another", agent.evidence)


def _read_gone(context: Context, operation: Operation, keys: Keys) -> StoredThing | None:
    """A run that is to be taken away, read until it is: that may take a moment."""
    look_again = partial(read, context, operation.rule.resource, keys, gone=True)
    return until(context, look_again, lambda found: found is None or not found.accepted)


def _read_over(context: Context, operation: Operation, keys: Keys) -> StoredThing | None:
    """A run that is to be over, read until it is: that may take a moment."""
    look_again, agent = partial(read, context, operation.rule.resource, keys), agent_of(context)
    return until(context, look_again, lambda found: found is None or bool(ends_of(agent, RunState(found, None))))


def _final(context: Context, operation: Operation, keys: Keys) -> dict[str, Any]:
    return final(agent_of(context), look(context, operation, keys))


def _covers(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether all that was there before is there still, as it was."""
    return all(after.get(name) == value for name, value in before.items())


def _cancel(reading: Reading, expected: str, got: str, evidence: Evidence) -> Finding:
    return reading.find("cancel", expected, got, evidence=evidence, exchanges=4)


def meets_busy(contract: Contract, operation: Operation) -> str:
    """Operations that start a run on a thread that may be busy, where it is declared what becomes of it then."""
    run = operation.rule.run
    if run is None or operation.rule.action != "run" or run.busy is None or run.commands or run.each:
        return "no rule says what becomes of a second run"
    return "" if starter_of(contract, operation) else "no operation starts a run and answers at once"


def busy_runs(operation: Operation) -> int:
    """The runs that `run_busy` starts at most, those that are to be refused among them."""
    asked = list(_asked(operation))
    raced = any(policy.do == "refuse" for policy in asked) and way_to_respond(operation, "at_once")
    return 2 * len(asked) + (AT_ONCE if raced else 0)


def _asked(operation: Operation) -> Iterator[BusyPolicy]:
    """The policies for a busy thread that a request can ask for."""
    busy = operation.rule.run.busy if operation.rule.run else None
    for policy in busy.policies if busy else ():
        if policy.do != "run" and busy and (busy.by is not None or policy.name == busy.default):
            yield policy


def run_busy(context: Context, operation: Operation) -> Iterator[Finding]:
    """A second run on a busy thread: refused, kept waiting, or let in at the first one's cost, by each policy."""
    run, starter = operation.rule.run, starter_of(context.contract, operation)
    if run is None or run.busy is None or starter is None:
        return
    for policy in _asked(operation):
        yield from _second(context, operation, starter, policy)
    for policy in [policy for policy in run.busy.policies if policy.do == "refuse"][:1]:
        if way_to_respond(operation, "at_once"):
            yield from _race(context, operation, policy)


def _second(context: Context, operation: Operation, starter: Operation, policy: BusyPolicy) -> Iterator[Finding]:
    agent, keys = agent_of(context), new_thread(context, starter)
    first, first_text = start_long_run(context, starter, keys)
    text, mark = text_for(context)
    how = next(how for how in ("at_once", "stream", "when_done") if way_to_respond(operation, how))
    more = _policy(operation, policy)
    case = case_of(context, operation, keys, text, how, more=more, label=f"a second run, {policy.name}")
    got = ask(context, case, without=("valid_accepted", "documented_status"))
    if got.response is not None and got.status < 500 and got.status != 429:
        got.compared()
    if policy.do == "refuse":
        if got.status != policy.status and got.response is not None:
            yield _busy(got, policy, f"status {policy.status}: a run is under way", f"status {got.status}")
        return
    if not got.accepted:
        yield _busy(got, policy, "a success, whatever is under way", f"status {got.status}")
        return
    second = StartedRun(got, {**keys, **run_key(got)})
    later = settle(context, operation, second.keys)
    known = {**keys, operation.rule.resource: first.run}
    gone = policy.do == "remove"
    first_read = _read_gone if gone else _read_over
    state = RunState(first_read(context, operation, known), None)
    if gone:
        if state.run is not None and state.run.accepted:
            yield _busy(got, policy, "that the first run is taken away", "it is read still")
    elif state.run is not None:
        wanted, ends = ("cancelled",) if policy.do == "cancel" else ("ended", "failed", "paused"), ends_of(agent, state)
        if not ends and later.run is not None and not ends_of(agent, RunState(later.run, None)):
            raise NotSent("both runs are under way still")
        if not set(wanted) & set(ends):
            yield _busy(got, policy, f"a first run that {wanted[0]}", f"one that {(ends or ['goes on'])[0]}")
    stored = until(
        context,
        lambda: dump_json(_final(context, starter, keys) or None),
        lambda found: not (gone and first_text.encode() in found),  # what is taken away may be there for a moment
    )
    if stored != b"null" and mark.encode() not in stored:
        yield _busy(got, policy, "that the second run is carried out", "nothing of it is stored")
    if gone and first_text.encode() in stored:
        yield _busy(got, policy, "that nothing is left of the first run", "its input is stored still")


def _policy(operation: Operation, policy: BusyPolicy) -> dict[Source, Any]:
    busy = operation.rule.run.busy if operation.rule.run else None
    return {busy.by: policy.name} if busy and busy.by else {}


def _busy(reading: Reading, policy: BusyPolicy, expected: str, got: str) -> Finding:
    return reading.find(
        "busy", f"{policy.name}: {expected}", f"{policy.name}: {got}", evidence=policy.evidence, exchanges=4
    )


def _race(context: Context, operation: Operation, policy: BusyPolicy) -> Iterator[Finding]:
    """Of several runs that are asked for at one moment one gets the thread."""
    keys = new_thread(context, operation)
    text, _ = text_for(context, GOES_ON)
    more = _policy(operation, policy)
    cases = [case_of(context, operation, keys, text, "at_once", more=more, label="at once") for _ in range(AT_ONCE)]
    readings = send_at_once(context, cases)
    for reading in readings:
        record(reading, without=("valid_accepted", "documented_status", "prompt"))
    winners = [reading for reading in readings if reading.accepted]
    if len(winners) != 1 and len(readings) == AT_ONCE and not any(r.status >= 500 or r.status == 429 for r in readings):
        expected = f"one success among {AT_ONCE} at one moment, {policy.status} for the others"
        yield _busy(readings[0], policy, expected, f"{'several' if winners else 'no'} successes")
