"""What is seen beside a stream of events that is open: the run goes on, and it can be cancelled."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import way_to_respond
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.streams import read_stream
from threadmock.contracts.scenarios.runs.asking import (
    GOES_ON,
    PAUSE,
    StartedRun,
    new_thread,
    on_thread,
    sibling,
    start,
    streams,
    text_for,
    until,
)
from threadmock.contracts.scenarios.runs.cancel_and_busy import stops
from threadmock.contracts.scenarios.runs.long_runs import conversation, is_over, listed_runs, start_long_run, starter_of
from threadmock.contracts.scenarios.runs.stopped_runs import cancel_case
from threadmock.contracts.scenarios.runs.stored import Keys, RunState, agent_of, ends_of, look, read
from threadmock.contracts.scenarios.runs.told import form_of
from threadmock.contracts.scenarios.scenario import ask, record
from threadmock.contracts.target.answers import find_key
from threadmock.contracts.transport.errors import NotSent
from threadmock.contracts.transport.stream_limits import Stop
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.wire.eventstream import ServerEvent, encode_event

ENOUGH = 15.0
"""Seconds in which the reader of a stream learns that its run was cancelled, at most."""
A_WHILE = 1.4
"""A run whose stream takes so many seconds is seen to go on for a while, where nothing else tells."""
LONG = 4
"""So many times PAUSE a run goes on that is to be looked at while its stream is open."""
Act = Callable[[ServerEvent], object]
_OTHERWISE = ("valid_accepted", "documented_status")


@dataclass
class _Beside:
    """Something that is done once, when the first event of a stream comes. It ends the reading where it fails."""

    do: Act
    done: bool = False
    failed: BaseException | None = None

    def __call__(self, event: ServerEvent) -> bool:
        if not self.done:
            self.done = True
            try:
                self.do(event)
            except BaseException as error:  # noqa: BLE001 - raised again once the stream is closed
                self.failed = error
        return self.failed is not None


def _stream_beside(  # noqa: PLR0913 - parts of a request, by name
    context: Context,
    operation: Operation,
    keys: Keys,
    text: str,
    do: Callable[[ServerEvent], object],
    *,
    seconds: float,
) -> StartedRun:
    """A run with that text, streamed to its end; something is done when its first event has come."""
    beside = _Beside(do)
    stop = Stop(seconds=seconds, when=beside)
    started = start(context, operation, keys, text, "stream", stop=stop, label="a stream beside which others ask")
    if beside.failed is not None:
        raise beside.failed
    if started.reading.stream is None or not beside.done:
        raise NotSent("the request for a stream was not answered with events")
    return started


def _run_of(context: Context, operation: Operation, keys: Keys, event: ServerEvent) -> Keys:
    """The keys of a run, by the first event of its stream, else by the list of its thread. NotSent where neither says.

    The headers of the response are not known yet.
    """
    member, resource = operation.rule.key.member if operation.rule.key else "", operation.rule.resource
    found = way_to_respond(operation, "stream")
    formats = agent_of(context).formats
    rule = formats[(found[0].format if found else "") or next(iter(formats))]
    told = read_stream(encode_event(event.name, event.data), rule, None).last(f"stored.{member}")
    if told is None:
        listed = [find_key(item, member) for item in listed_runs(context, operation, keys) or ()] if member else []
        told = listed[0] if len(listed) == 1 else None
    if told is None:
        raise NotSent("nothing says which run's stream is open")
    return {**keys, resource: told}


def begins(contract: Contract, operation: Operation) -> str:
    """Operations that start a run on a thread and answer with its events, where something tells whether it is over."""
    reason = streams(contract, operation)
    if reason or not on_thread(contract, operation):
        return reason or "the request names no thread that is there afterwards"
    known = starter_of(contract, operation) or form_of(contract, operation)
    return "" if known else "nothing tells whether the run is over whose stream is open"


def run_stream_begins(context: Context, operation: Operation) -> Iterator[Finding]:
    """The first event comes while the run is under way; that such a run goes on is seen of its twin before."""
    starter = starter_of(context.contract, operation)
    if starter is None:
        yield from _begins_before_answer(context, operation)
        return
    keys = new_thread(context, starter)
    twin, _ = start_long_run(context, starter, keys)
    for _ in range(LONG):
        context.run_pause(PAUSE)
        if is_over(context, look(context, starter, {**keys, operation.rule.resource: twin.run})):
            raise NotSent("such a run is over in a moment")
    own, seen = new_thread(context, operation), []
    text, _ = text_for(context, GOES_ON)

    def see(event: ServerEvent) -> None:
        known = _run_of(context, operation, own, event)
        seen.append(RunState(read(context, operation.rule.resource, known), None))

    started = _stream_beside(context, operation, own, text, see, seconds=60.0)
    if not seen or seen[0].run is None or not seen[0].run.accepted:
        raise NotSent("nothing reads the run whose stream is open")
    started.reading.compared()
    if is_over(context, seen[0]):
        yield _late(started, "a first event when the run was over")


def _begins_before_answer(context: Context, operation: Operation) -> Iterator[Finding]:
    """Where nothing reads a run: the first event comes before the answer is stored, in a run that takes a while."""
    own, seen = new_thread(context, operation), []
    text, _ = text_for(context, GOES_ON)

    def see(_: ServerEvent) -> None:
        seen.append([message for message in conversation(context, operation, own) if message.role == "assistant"])

    started = _stream_beside(context, operation, own, text, see, seconds=60.0)
    if started.reading.seconds < A_WHILE:
        raise NotSent("such a run is over in a moment")
    if not any(message.role == "assistant" for message in conversation(context, operation, own)):
        raise NotSent("nothing shows the answer of a run")
    started.reading.compared()
    if seen and seen[0]:
        yield _late(started, "a first event when the answer was stored already")


def _late(started: StartedRun, got: str) -> Finding:
    evidence = weakest(started.reading.rule.evidence, agent_of(started.reading.context).evidence)
    expected = "a first event while the run is under way, as one that goes on for a while is"
    return started.reading.find("stream_begins", expected, got, evidence=evidence, exchanges=4)


def has_waiters(contract: Contract, operation: Operation) -> str:
    """Operations that cancel a run by its key, where another shows its events or waits for it."""
    known = (_streamer(contract, operation), _waiter(contract, operation))
    return stops(contract, operation) or ("" if any(known) else "nobody can wait for such a run")


def _streamer(contract: Contract, operation: Operation) -> Operation | None:
    found = sibling(contract, operation, "stream")
    return found if found is not None and on_thread(contract, found) else None


def _waiter(contract: Contract, operation: Operation) -> Operation | None:
    return sibling(contract, operation, "when_done", "join")


def run_cancel_waiters(context: Context, operation: Operation) -> Iterator[Finding]:
    """Whoever reads the events of a run, or waits for it, is answered to the end once it is cancelled."""
    streamer, waiter = _streamer(context.contract, operation), _waiter(context.contract, operation)
    if streamer is not None:
        yield from _cancelled_beside(context, operation, streamer)
    if waiter is not None:
        yield from _cancelled_behind(context, operation, waiter)


def _cancelled_beside(context: Context, operation: Operation, streamer: Operation) -> Iterator[Finding]:
    """A run is cancelled while its stream is open."""
    agent, keys, states, answers = agent_of(context), new_thread(context, streamer), [], []
    text, _ = text_for(context, GOES_ON)

    def cancel(event: ServerEvent) -> None:
        known = _run_of(context, streamer, keys, event)
        states.append((known, look(context, streamer, known)))
        answers.append(ask(context, cancel_case(operation, known, "a run is cancelled"), without=_OTHERWISE))

    started = _stream_beside(context, streamer, keys, text, cancel, seconds=ENOUGH)
    known, state = states[0]
    if is_over(context, state) or state.run is None or not answers[0].accepted:
        raise NotSent("the run was over before it could be cancelled")
    state = until(context, partial(look, context, streamer, known), partial(is_over, context))
    if "cancelled" not in ends_of(agent, RunState(state.run, None)):
        return
    answers[0].compared()
    if started.reading.stream is not None and started.reading.stream.cut:
        yield _unanswered(answers[0], started.reading)


def _cancelled_behind(context: Context, operation: Operation, waiter: Operation) -> Iterator[Finding]:
    """A run is cancelled while another connection waits for its end."""
    starter = starter_of(context.contract, operation)
    if starter is None:
        return
    keys = new_thread(context, starter)
    started, _ = start_long_run(context, starter, keys)
    known = {**keys, operation.rule.resource: started.run}
    case = replace(case_about(waiter, known, "somebody waits for a run"), stop=Stop(seconds=ENOUGH, deadline=ENOUGH))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: Reading(context, context.send(case)))
        context.run_pause(PAUSE)
        state = look(context, starter, known)
        got = ask(context, cancel_case(operation, known, "a run is cancelled"), without=_OTHERWISE)
        waited = waiting.result()
    record(waited, without=("prompt", "answers"))
    if is_over(context, state) or not got.accepted:
        context.comparisons.lack("the run was over before it could be cancelled")
        return
    state = until(context, partial(look, context, starter, known), partial(is_over, context))
    if "cancelled" in ends_of(agent_of(context), RunState(state.run, None)):
        got.compared()
        if waited.exchange.timed_out:
            yield _unanswered(got, waited)


def _unanswered(cancel: Reading, waited: Reading) -> Finding:
    expected = f"that {waited.operation} ends with the run, which was cancelled"
    evidence = weakest(cancel.rule.evidence, waited.rule.evidence)
    return cancel.find("cancel_waiters", expected, "it goes on", evidence=evidence, exchanges=4)
