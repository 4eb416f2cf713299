"""Runs that are under way for a while: how one is started, and what is known of it before it ends."""

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import lists
from threadmock.contracts.checks import Context
from threadmock.contracts.scenarios.runs.asking import GOES_ON, StartedRun, on_thread, sibling, start, text_for
from threadmock.contracts.scenarios.runs.messages import StoredMessage
from threadmock.contracts.scenarios.runs.stored import Keys, RunState, agent_of, ends_of, look, stored_pieces
from threadmock.contracts.scenarios.runs.told import stored_messages
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import items_in
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.wire.strictjson import dump_json


def starter_of(contract: Contract, operation: Operation) -> Operation | None:
    """An operation that starts runs on a thread and answers at once."""
    found = sibling(contract, operation, "at_once")
    return found if found is not None and on_thread(contract, found) else None


def start_long_run(
    context: Context, starter: Operation, keys: Keys, label: str = "a run that goes on"
) -> tuple[StartedRun, str]:
    """A run that goes on for a while, and the text that it alone was given. NotSent where it does not go on."""
    text, mark = text_for(context, GOES_ON)
    started = start(context, starter, keys, text, "at_once", label=label)
    state = look(context, starter, {**keys, starter.rule.resource: started.run})
    if not started.reading.accepted or state.run is None:
        raise NotSent("no run was started that can be read")
    if is_over(context, state):
        raise NotSent("the run was over at once")
    return started, mark


def is_over(context: Context, state: RunState) -> bool:
    """Whether the run by itself, whatever its thread says, is as one of the ends of a run leaves it."""
    return bool(ends_of(agent_of(context), RunState(state.run, None)))


def stored_texts(context: Context, operation: Operation, keys: Keys) -> bytes:
    """All that can be read on a thread, as JSON: the thread and what lies below it; b"" where nothing can."""
    agent, thread = agent_of(context), {name: key for name, key in keys.items() if name != operation.rule.resource}
    state, pieces = look(context, operation, thread), stored_pieces(context, agent, thread)
    return dump_json([found for found in (state.shown("thread"), pieces) if found])


def listed_runs(context: Context, operation: Operation, keys: Keys) -> list[object] | None:
    """What the list of the runs of a thread holds; None where nothing lists them."""
    for listing in lists(context.contract, operation.rule.resource)[:1]:
        got = ask(context, case_about(listing, keys, "the runs of the thread"))
        return items_in(listing.rule.listing, got.value) if got.accepted else None
    return None


def conversation(context: Context, operation: Operation, keys: Keys) -> list[StoredMessage]:
    """The messages of a thread, in order; [] where nothing shows them."""
    thread = {name: key for name, key in keys.items() if name != operation.rule.resource}
    return stored_messages(context, operation, thread) or []
