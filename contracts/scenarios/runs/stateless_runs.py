"""Runs without a thread: they leave none behind, and know nothing of each other."""

from collections.abc import Iterator
from functools import partial

from threadmock.contracts.cases.agent_input import agent_input
from threadmock.contracts.cases.families import lists
from threadmock.contracts.cases.list_pages import paging_of
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.pages import ask_page, items_of
from threadmock.contracts.scenarios.runs.asking import on_thread, start, text_for, until
from threadmock.contracts.scenarios.runs.run_location import thread_named
from threadmock.contracts.scenarios.runs.stored import agent_of, read
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.wire.strictjson import dump_json

_HOWS = ("when_done", "stream")


def has_no_thread(contract: Contract, operation: Operation) -> str:
    """Operations that start a run without a thread, and answer with what it said."""
    run = operation.rule.run
    if run is None or not run.temporary or run.each or on_thread(contract, operation):
        return "the operation does not start a run without a thread"
    if not any(way.how in _HOWS for way in run.respond):
        return "the operation does not answer with what the run said"
    return "" if agent_input(contract, operation, "x") else "no rule says how a text reaches the agent"


def run_stateless(context: Context, operation: Operation) -> Iterator[Finding]:
    """A second run says nothing of what only the first one was told, and no thread that is listed holds it."""
    agent = agent_of(context)
    how = next(way.how for way in operation.rule.run.respond if way.how in _HOWS)  # type: ignore[union-attr]
    answers, marks = [], []
    for number in ("first", "second"):
        text, mark = text_for(context)
        started = start(context, operation, {}, text, how, label=f"the {number} run without a thread")
        if not started.reading.accepted:
            raise NotSent(f"a run without a thread was answered {started.reading.status}")
        answers.append(started.reading)
        marks.append(mark.encode())
    evidence = weakest(operation.rule.evidence, agent.evidence)
    if marks[0] in answers[0].content:
        answers[1].compared()
    if marks[0] in answers[1].content:
        expected = "nothing of what another run without a thread was told"
        yield answers[1].find("stateless", expected, "its input", evidence=evidence, exchanges=2)
    yield from _left(context, operation, answers[0], marks)
    yield from _named(context, operation, answers[0])


def _holds(page: Reading, marks: list[bytes]) -> bool:
    return any(mark in dump_json(item) for item in items_of(page) for mark in marks)


def _left(context: Context, operation: Operation, first: Reading, marks: list[bytes]) -> Iterator[Finding]:
    """A thread that is listed, newest first, and holds what only these runs were told."""
    agent = agent_of(context)
    for listing in lists(context.contract, agent.thread)[:1]:
        way = paging_of(listing)
        page = until(
            context,
            partial(ask_page, context, way, {}, "the newest threads", limit=way.most),
            lambda page: not _holds(page, marks),  # what is to be gone may take a moment
        )
        if not page.accepted:
            continue
        if marks[0] in first.content:  # who is not heard has nothing that could be left
            first.compared()
        if _holds(page, marks):
            evidence = weakest(operation.rule.evidence, listing.rule.evidence)
            expected = f"no {agent.thread} of a run that has none"
            yield first.find("stateless", expected, "one that holds what it was told", evidence=evidence, exchanges=3)


def _named(context: Context, operation: Operation, first: Reading) -> Iterator[Finding]:
    """A thread that the answer names can't be read once the run is over."""
    thread = agent_of(context).thread
    key = thread_named(first)
    if key is None or first.response is None or (first.stream is not None and first.stream.cut):
        return
    look = partial(read, context, thread, {thread: key}, gone=True)
    found = until(context, look, lambda each: each is None or not each.accepted)  # it may take a moment
    if found is None or found.reading.status >= 500 or found.reading.status == 429:
        return
    first.compared()
    if found.accepted:
        evidence = weakest(operation.rule.evidence, found.reading.rule.evidence)
        expected = f"no {thread} of a run that has none, once it is over"
        yield first.find("stateless", expected, "one that its answer names, and that is read", evidence=evidence)
