"""Several runs that wait for one thread, and what is left of a run that another one met."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from threadmock.contracts.cases.agent_input import agent_input
from threadmock.contracts.cases.families import lists
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.runs.asking import (
    case_of,
    finish,
    new_thread,
    run_key,
    settle,
    start,
    text_for,
    until,
)
from threadmock.contracts.scenarios.runs.long_runs import (
    conversation,
    is_over,
    listed_runs,
    start_long_run,
    starter_of,
    stored_texts,
)
from threadmock.contracts.scenarios.runs.messages import StoredMessage
from threadmock.contracts.scenarios.runs.run_status import goes_on
from threadmock.contracts.scenarios.runs.stored import Keys, RunState, agent_of, ends_of, look
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import find_key
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import BusyPolicy
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest

QUEUED = 3
_REFUSABLE = ("valid_accepted", "documented_status")


def queues(contract: Contract, operation: Operation) -> str:
    """Operations that start a run at once, and where a second one waits for the first."""
    return goes_on(contract, operation) or (
        "" if _policy_of(operation, "wait") else "no rule says that a second run waits for the first"
    )


def _policy_of(operation: Operation, do: str) -> BusyPolicy | None:
    """A policy that a request can ask for, or that holds where it asks for none."""
    busy = operation.rule.run.busy if operation.rule.run else None
    found = [policy for policy in (busy.policies if busy else ()) if policy.do == do]
    return next((policy for policy in found if busy and (busy.by or policy.name == busy.default)), None)


def _asking_for(operation: Operation, policy: BusyPolicy) -> Mapping[Source, Any]:
    busy = operation.rule.run.busy if operation.rule.run else None
    return {busy.by: policy.name} if busy and busy.by else {}


def run_queue_order(context: Context, operation: Operation) -> Iterator[Finding]:
    """Several runs that wait for one thread are all carried out, each once, the first that came first."""
    policy = _policy_of(operation, "wait")
    if policy is None:
        return
    keys, texts, runs = new_thread(context, operation), [], []
    for number in range(QUEUED):
        text, _ = text_for(context)
        more = _asking_for(operation, policy)
        started = start(context, operation, keys, text, "at_once", more=more, label=f"run {number + 1} of {QUEUED}")
        if not started.reading.accepted:
            raise NotSent(f"a run that is to wait was answered {started.reading.status}")
        texts.append(text)
        runs.append(started)
    known = [{**keys, operation.rule.resource: each.run} for each in runs]
    joined = finish(context, operation, known[-1])
    settle(context, operation, known[-1])
    last = runs[-1].reading
    yield from _carried_out(context, last, policy, known)
    messages = until(
        context,
        lambda: conversation(context, operation, keys),
        lambda found: set(texts) <= {message.text for message in found if message.role == "user"},
    )
    told = [message.text for message in messages if message.role == "user" and message.text in texts]
    if told in ([], texts[-1:]):
        context.comparisons.lack("nothing that is stored shows what several runs were told")
        return
    last.compared()
    if joined is not None and joined.accepted and joined.stream is None:
        yield from _own_result(joined, policy, texts)
    if told != texts:
        order = ", ".join(str(texts.index(text) + 1) for text in told)
        expected = f"the input of {QUEUED} runs as they came, each once"
        yield _queued(last, policy, expected, f"that of run {order}, in this order")
    elif (silent := _unanswered(messages, texts)) and len(silent) < QUEUED:
        expected = f"an answer to each of {QUEUED} runs, as to others of them"
        yield _queued(last, policy, expected, f"none to run {texts.index(silent[0]) + 1}")


def _own_result(joined: Reading, policy: BusyPolicy, texts: Sequence[str]) -> Iterator[Finding]:
    """Who waits for the last of several runs, and is told what their thread holds, is told of the last one."""
    first, last = (text.rpartition(" ")[2].encode() for text in (texts[0], texts[-1]))
    if first in joined.content or last in joined.content:
        joined.compared()
        if last not in joined.content:
            yield _queued(joined, policy, "the result of the run that was waited for", "that of another one")


def _unanswered(messages: Sequence[StoredMessage], texts: Sequence[str]) -> list[str]:
    """Those of the texts after which the agent said nothing before somebody else did."""
    asked = [at for at, message in enumerate(messages) if message.role == "user"]
    after = {messages[at].text: messages[at + 1 : end] for at, end in zip(asked, [*asked[1:], None], strict=True)}
    return [text for text in texts if not any(message.role == "assistant" for message in after[text])]


def _carried_out(context: Context, last: Reading, policy: BusyPolicy, known: Sequence[Keys]) -> Iterator[Finding]:
    """Each run that waited has ended; what ended otherwise says so of itself."""
    agent, operation = agent_of(context), last.operation
    for number, keys in enumerate(known, 1):
        shown = until(context, partial(look, context, operation, keys), partial(is_over, context))
        if shown.run is None or not shown.run.accepted:
            continue
        last.compared()
        if not {"ended", "paused", "failed"} & set(ends_of(agent, RunState(shown.run, None))):
            yield _queued(last, policy, f"that run {number} of {len(known)} is carried out", "it is not")


def _queued(reading: Reading, policy: BusyPolicy, expected: str, got: str) -> Finding:
    evidence = weakest(policy.evidence, agent_of(reading.context).evidence)
    return reading.find("queue_order", expected, got, evidence=evidence, exchanges=2 * QUEUED + 3)


def leaves_traces(contract: Contract, operation: Operation) -> str:
    """Operations that start a run on a thread that may be busy, where the second run is refused or takes over."""
    run = operation.rule.run
    if run is None or operation.rule.action != "run" or run.busy is None or run.commands or run.each:
        return "no rule says what becomes of a second run"
    if not starter_of(contract, operation):
        return "no operation starts a run and answers at once"
    said = agent_input(contract, operation, "x")
    shown = bool(lists(contract, operation.rule.resource) or (said and not said.piece))
    if (_policy_of(operation, "refuse") and shown) or _policy_of(operation, "cancel"):
        return ""
    return "no second run takes over, and nothing would show one that was refused"


def trace_runs(operation: Operation) -> int:
    """The runs that `run_busy_traces` starts at most, those that are to be refused among them."""
    return 2 * sum(_policy_of(operation, do) is not None for do in ("refuse", "cancel"))


def run_busy_traces(context: Context, operation: Operation) -> Iterator[Finding]:
    """A run that was refused leaves no trace; one that was interrupted leaves its input."""
    starter = starter_of(context.contract, operation)
    if starter is None:
        return
    refusing, taking = _policy_of(operation, "refuse"), _policy_of(operation, "cancel")
    if refusing is not None:
        yield from _refused(context, operation, starter, refusing)
    if taking is not None:
        yield from _interrupted(context, operation, starter, taking)


def _second(context: Context, operation: Operation, keys: Keys, policy: BusyPolicy) -> tuple[Reading, str]:
    """A second run of that policy, answered, and the text that it alone was given."""
    text, mark = text_for(context)
    how = next(way.how for way in reversed(operation.rule.run.respond))  # type: ignore[union-attr]
    more = _asking_for(operation, policy)
    case = case_of(context, operation, keys, text, how, more=more, label=f"a second run, {policy.name}")
    return ask(context, case, without=_REFUSABLE), mark


def _refused(context: Context, operation: Operation, starter: Operation, policy: BusyPolicy) -> Iterator[Finding]:
    keys = new_thread(context, starter)
    first, first_mark = start_long_run(context, starter, keys)
    got, mark = _second(context, operation, keys, policy)
    if got.accepted or got.status != policy.status:
        return
    listed = listed_runs(context, operation, keys)
    member = operation.rule.key.member if operation.rule.key else ""
    others = [key for item in listed or () if (key := str(find_key(item, member))) != str(first.run)]
    settle(context, starter, {**keys, operation.rule.resource: first.run})
    if listed is not None:
        got.compared()
    if others:
        yield _traced(got, policy, "that only the first run is listed", f"another one is: {others[0]}")
    stored = stored_texts(context, operation, keys)
    said = agent_input(context.contract, operation, mark)
    if first_mark.encode() not in stored or said is None or said.piece:
        return  # what lies below a thread before a run is asked for stays there, whatever becomes of the run
    got.compared()
    if mark.encode() in stored:
        yield _traced(got, policy, "that nothing is stored of a run that was refused", "its input is")


def _interrupted(context: Context, operation: Operation, starter: Operation, policy: BusyPolicy) -> Iterator[Finding]:
    """The input of the first run, once it was seen to be stored, stays."""
    keys = new_thread(context, starter)
    _, first_mark = start_long_run(context, starter, keys)
    texts = partial(stored_texts, context, operation, keys)
    if first_mark.encode() not in until(context, texts, lambda found: first_mark.encode() in found):
        context.comparisons.lack("what a run was told is not stored before it ends")
        return
    got, mark = _second(context, operation, keys, policy)
    if not got.accepted:
        return
    settle(context, operation, {**keys, **run_key(got)})  # the thread is as this run leaves it
    stored = until(context, texts, lambda found: mark.encode() in found)
    if mark.encode() not in stored:
        return
    got.compared()
    if first_mark.encode() not in stored:
        yield _traced(got, policy, "that the input of the run that was interrupted stays", "it is not there any more")


def _traced(reading: Reading, policy: BusyPolicy, expected: str, got: str) -> Finding:
    agent = agent_of(reading.context)
    evidence: Evidence = weakest(policy.evidence, agent.evidence)
    return reading.find(
        "busy_traces", f"{policy.name}: {expected}", f"{policy.name}: {got}", evidence=evidence, exchanges=5
    )
