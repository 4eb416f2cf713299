"""Join: follow a run, or a whole thread, or wait for the result of a run."""

from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import shown
from threadmock.mockserver.actions.runs.answer import answer_run, empty_stream, is_kept, open_stream, selection_of
from threadmock.mockserver.agents.compiled_agent import agent_of
from threadmock.mockserver.agents.events import read_id
from threadmock.mockserver.agents.run import Run
from threadmock.mockserver.agents.run_plan import CompiledRespond, RunPlan
from threadmock.mockserver.agents.streams import RunSource, ThreadSource
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import below
from threadmock.specs.members import ABSENT


def run(call: Call) -> Done | Refused:
    """The events from where the reader was, or the run's result."""
    plan, scope = call.plan.run, call.scope
    if plan is None:
        raise ValueError("a join without a rule can't be served")
    if missing := call.enter():
        return missing
    call.world.scheduler.run_due()
    after = _last_event(call, plan)
    if isinstance(after, Refused):
        return after
    if plan.rule.follow_thread:
        return _follow_thread(call, plan, after)
    scope.key = call.asked_key()
    shelf = call.shelf_of(scope.key)
    scope.thing = scope.store.read(shelf, scope.key)
    if scope.thing is None:
        return call.not_found(scope.key)
    found = call.world.scheduler.find(shelf, scope.key)
    respond = plan.respond(scope)
    if respond.rule.how == "stream":
        return _follow(call, plan, respond, found, after)
    return answer_run(call, plan, found) if found else _long_over(call, respond)


def _last_event(call: Call, plan: RunPlan) -> tuple[int, int] | bool | Refused | None:
    """The event that the reader saw last; True: none, it wants all; None: it names none; False: unreadable."""
    text = plan.read("last_event", call.scope)
    if text is ABSENT or text is None:
        return None
    text = str(text)
    if text in plan.rule.from_start:
        return True
    event = read_id(text)
    if event is None and plan.rule.malformed:
        return Refused("invalid", f"{text[:100]!r} is no id of an event", status=plan.rule.malformed)
    return event or False


def _follow(call: Call, plan: RunPlan, respond: CompiledRespond, found: Run | None, after: Any) -> Done:
    agent = agent_of(call.scope.contract)
    asked, bare = plan.modes(call.scope), plan.rule.bare_modes
    selection = selection_of(agent, respond, found, _shown_modes(asked, found))
    selection = replace(selection, bare=not (asked and bare) or not asked.isdisjoint(bare))
    if found is None or after is False:
        return empty_stream(call, plan, selection)
    kept = is_kept(agent, found, selection.format.rule.name)
    if after is None or not kept:
        if found.state == "over":
            return empty_stream(call, plan, selection)
        at = 0 if selection.format.rule.replays else len(found.history)
        return open_stream(call, plan, RunSource(found, selection, at), selection, found)
    if after is not True:
        selection = replace(selection, after=after)
    return open_stream(call, plan, RunSource(found, selection), selection, found)


def _shown_modes(asked: frozenset[str], found: Run | None) -> frozenset[str] | None:
    """Of the modes that a run was started with, those that a reader asks for, under this name or one that begins it."""
    own = found.modes if found else None
    if not asked or not own:
        return asked or own
    return frozenset(mode for mode in own if any(f"{mode}-".startswith(f"{each.split('-')[0]}-") for each in asked))


def _follow_thread(call: Call, plan: RunPlan, after: Any) -> Done:
    scope = call.scope
    agent = agent_of(scope.contract)
    modes, rule = plan.modes(scope), plan.rule
    selection = replace(
        selection_of(agent, plan.respond(scope), None, modes or None),
        own=rule.own_modes in modes,
        bare=not rule.bare_modes or not modes.isdisjoint(rule.bare_modes),
    )
    if selection.format.rule.ids:
        selection = replace(selection, numbered=True)
    shelf = scope.store.find(scope.contract.name, agent.rule.thread, scope.parent_key)
    feed = call.world.scheduler.feed((shelf, scope.parent_key))
    from_now = after is False or (after is None and not selection.format.rule.replays)
    at = feed.dropped + len(feed.history) if from_now else 0
    if isinstance(after, tuple):
        selection = replace(selection, after=after)
    return open_stream(call, plan, ThreadSource(feed, selection, at), selection, None)


def _long_over(call: Call, respond: CompiledRespond) -> Done:
    """A run of which nothing is known any more but what is stored."""
    scope, agent = call.scope, agent_of(call.scope.contract)
    if agent.rule.piece:
        home = scope.store.find(scope.contract.name, agent.rule.thread, scope.parent_key)
        pieces = below(home, scope.parent_key, agent.rule.piece)
        scope.latest = next(iter(scope.store.newest(pieces, 0, 1)), None)
    maker = respond.reply or agent.results.get("ended")
    scope.item = {}
    made = maker(scope) if maker else shown(call)
    return Done(respond.rule.status or call.plan.success, None if made is ABSENT else made, "long over")
