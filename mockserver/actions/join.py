"""Join: follow a run, or a whole thread, or wait for what a run comes to."""

from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.reply import shown
from threadmock.mockserver.actions.run_answer import (
    answer_run,
    is_kept,
    nothing,
    open_stream,
    wanted_of,
)
from threadmock.mockserver.agents.compiled_agent import cast_of
from threadmock.mockserver.agents.events import read_id
from threadmock.mockserver.agents.run import Live
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.agents.streams import RunSource, ThreadSource
from threadmock.mockserver.rules.keys import asked_key, home_of, not_found
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction
from threadmock.specs.behaviour.agent import Respond
from threadmock.specs.members import ABSENT


def run(tx: Transaction) -> Done | Refused:
    """The events from where the reader was, or what the run came to."""
    plan = tx.plan.run
    if plan is None:
        raise ValueError("a join without a rule can't be served")
    if missing := enter(tx):
        return missing
    tx.world.runs.pass_now()
    after = _last_event(tx, plan)
    if isinstance(after, Refused):
        return after
    if plan.rule.follow_thread:
        return _follow_thread(tx, plan, after)
    tx.key = asked_key(tx)
    home = home_of(tx, tx.key)
    tx.thing = tx.world.store.read(home, tx.key)
    if tx.thing is None:
        return not_found(tx, tx.key)
    live = tx.world.runs.find(home, tx.key)
    way = plan.respond(tx)
    if way.how == "stream":
        return _follow(tx, plan, way, live, after)
    return answer_run(tx, plan, live) if live else _long_over(tx, plan, way)


def _last_event(tx: Transaction, plan: RunPlan) -> tuple[int, int] | bool | Refused | None:
    """The event that the reader saw last; True: none, it wants all; None: it does not say; False: it can't be read."""
    text = plan.read("last_event", tx)
    if text is ABSENT or text is None:
        return None
    text = str(text)
    if text in plan.rule.from_start:
        return True
    place = read_id(text)
    if place is None and plan.rule.malformed:
        return Refused("invalid", f"{text[:100]!r} is no id of an event", status=plan.rule.malformed)
    return place or False


def _follow(tx: Transaction, plan: RunPlan, way: Respond, live: Live | None, after: Any) -> Done:
    cast = cast_of(tx.contract)
    modes = plan.modes(tx) or (live.modes if live else None)
    wanted = wanted_of(cast, way, live, modes)
    if live is None or after is False:
        return nothing(tx, plan, wanted)
    kept = is_kept(cast, live, wanted.format.rule.name)
    if after is None or not kept:
        if live.state == "over":
            return nothing(tx, plan, wanted)
        at = 0 if wanted.format.rule.replays else len(live.moments)
        return open_stream(tx, plan, RunSource(live, wanted, at), wanted, live)
    if after is not True:
        wanted = replace(wanted, after=after)
    return open_stream(tx, plan, RunSource(live, wanted), wanted, live)


def _follow_thread(tx: Transaction, plan: RunPlan, after: Any) -> Done:
    cast = cast_of(tx.contract)
    modes, rule = plan.modes(tx), plan.rule
    wanted = replace(
        wanted_of(cast, plan.respond(tx), None, modes or None),
        own=rule.own_modes in modes,
        bare=not rule.bare_modes or not modes.isdisjoint(rule.bare_modes),
    )
    if wanted.format.rule.ids:
        wanted = replace(wanted, numbered=True)
    home = tx.world.store.find(tx.contract.name, cast.agent.thread, tx.parent_key)
    hub = tx.world.runs.hub((home, tx.parent_key))
    from_now = after is False or (after is None and not wanted.format.rule.replays)
    at = hub.dropped + len(hub.moments) if from_now else 0
    if isinstance(after, tuple):
        wanted = replace(wanted, after=after)
    return open_stream(tx, plan, ThreadSource(hub, wanted, at), wanted, None)


def _long_over(tx: Transaction, plan: RunPlan, way: Respond) -> Done:
    """A run of which nothing is known any more but what is stored."""
    cast = cast_of(tx.contract)
    if cast.agent.piece:
        below = (tx.contract.name, cast.agent.piece, cast.agent.thread, tx.parent_key)
        tx.latest = next(iter(tx.world.store.newest(below, 0, 1)), None)
    maker = plan.replies.get(way) or cast.results.get("ended")
    tx.item = {}
    made = maker(tx) if maker else shown(tx)
    return Done(way.status or tx.plan.success, None if made is ABSENT else made, "long over")
