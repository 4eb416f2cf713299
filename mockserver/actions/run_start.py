"""Starting a run: its thread, its agent, what it hears, and the beats that it will have."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from threadmock.mockserver.actions.create import build, new_key
from threadmock.mockserver.actions.run_answer import is_kept
from threadmock.mockserver.agents.beats import AGAIN, Beat, Beats, Teller, Turn
from threadmock.mockserver.agents.compiled_agent import Cast, all_hold, cast_of
from threadmock.mockserver.agents.messages import find_agent, hear, hear_again
from threadmock.mockserver.agents.run import Live
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.agents.scheduler import Place, TooManyRuns
from threadmock.mockserver.agents.scripts import Heard
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.parents import enter, named_parent
from threadmock.mockserver.rules.recipes import make_beside
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.store import StoreFull
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.formats import write_date_time


def start(tx: Transaction, plan: RunPlan) -> Live | Refused:
    """Start a run; its thing is the transaction's afterwards."""
    cast, runs = cast_of(tx.contract), tx.world.runs
    with runs.lock:
        runs.pass_now()
        try:
            runs.check_room()
        except TooManyRuns as error:
            raise StoreFull(str(error)) from None
        if missing := _thread(tx, plan):
            return missing
        agent = find_agent(tx, plan)
        if isinstance(agent, Refused):
            return agent
        policy = plan.policy(tx)
        thread = place_of(tx)
        if policy and policy.do == "refuse" and runs.busy(thread):
            reason = policy.reason or "Another run is under way on this thread"
            return Refused("taken", reason, status=policy.status, key=tx.parent_key)
        tx.latest = _newest(tx, cast, thread)
        heard = hear(tx, cast, agent[1])
        live = _make(tx, plan, cast, thread, heard, agent[0])
        live.agent = agent[1]
        live.kept = any(is_kept(cast, live, name) for name in cast.joined)
        try:
            runs.take_on(live, policy)
        except TooManyRuns as error:
            tx.world.store.delete(live.home, live.key)
            raise StoreFull(str(error)) from None
        tx.thing = tx.world.store.read(live.home, live.key) or tx.thing
        return live


def _thread(tx: Transaction, plan: RunPlan) -> Refused | None:
    """Find the thread, or make one where the request may do without."""
    key = named_parent(tx)
    alone = plan.alone
    makes = plan.rule.makes_thread
    if alone is None or (key and not (makes and all_hold(makes, tx))):
        return enter(tx)
    if key and enter(tx) is None and tx.parent is not None:
        return None
    tx.parent_key = key or tx.world.ids.uuid4() if not alone.opaque else key or tx.world.ids.opaque(alone.resource)
    tx.parent = make_beside(tx, alone, key=tx.parent_key)
    tx.shelf = (tx.contract.name, tx.operation.rule.resource, alone.resource, tx.parent_key)
    return None


def place_of(tx: Transaction) -> Place | None:
    """Where the thread of a request lies; None where it has none."""
    if tx.parent is None:
        return None
    return tx.world.store.find(tx.contract.name, cast_of(tx.contract).agent.thread, tx.parent_key), tx.parent_key


def _newest(tx: Transaction, cast: Cast, thread: Place | None) -> Any:
    if thread is None or not cast.agent.piece:
        return None
    below = (tx.contract.name, cast.agent.piece, cast.agent.thread, thread[1])
    return next(iter(tx.world.store.newest(below, 0, 1)), None)


def _make(  # noqa: PLR0913, PLR0917 - what a run is made of
    tx: Transaction, plan: RunPlan, cast: Cast, thread: Place | None, heard: Heard, agent: Any
) -> Live:
    tx.key = new_key(tx)
    tx.item = agent
    tx.thing = build(tx, tx.key)
    tx.world.store.insert(tx.shelf, tx.key, tx.thing)
    script, meant = tx.world.scripts.choose(heard)
    own = replace(tx)
    teller = _ready(Teller(script, meant, tx.world.ids.uuid4, turn=Turn()), own, plan)
    follows, delay = plan.read("follows", tx), plan.read("delay", tx)
    return Live(
        own,
        cast,
        tx.shelf,
        tx.key,
        thread,
        _nothing(meant),
        teller,
        course=partial(_take_course, plan, heard),
        modes=plan.modes(tx),
        delay=max(0.0, float(delay)) if isinstance(delay, int | float) and not isinstance(delay, bool) else 0.0,
        follows="" if follows is ABSENT or follows is None else str(follows),
        temporary=plan.alone is not None and not named_parent(tx) and plan.rule.temporary and not _kept(tx, plan),
    )


def _kept(tx: Transaction, plan: RunPlan) -> bool:
    return bool(plan.rule.kept) and all_hold(plan.rule.kept, tx)


def _nodes(asked: Any) -> frozenset[str]:
    names = [asked] if isinstance(asked, str) else asked
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()


def _turn(tx: Transaction, heard: Heard) -> dict[str, Any]:
    """What settings read of a turn before anything was answered."""
    stamp = write_date_time(tx.moment)
    return {"question": heard.text, "asked": stamp, "created": stamp, "heard": list(heard.messages)}


def _ready(teller: Teller, tx: Transaction, plan: RunPlan) -> Teller:
    """The teller as this request wants it."""
    teller.before, teller.after = _nodes(plan.read("before", tx)), _nodes(plan.read("after", tx))
    teller.turn.base = _turn(tx, teller.heard)
    return teller


def _take_course(plan: RunPlan, heard: Heard, live: Live) -> None:
    """Decide what a run does, once its thread is free: a new reply, or the one that waits there for an answer."""
    tx = live.tx
    paused = tx.world.runs.paused(live.thread)
    answer = plan.read("resume", tx)
    nothing_new = heard.nothing or (not heard.messages and not heard.text and plan.commanded(tx))
    if answer in (ABSENT, None) and paused and paused.asked and "resume" not in plan.readers:
        answer = heard.text  # where the API has no word for answers, what is said next is one
    elif answer in (ABSENT, None) and nothing_new and _fork(plan, live):
        return
    elif answer in (ABSENT, None) and paused and nothing_new:
        answer = AGAIN
    answered = answer not in (ABSENT, None)
    if answered and paused:
        named = [each["id"] for each in paused.asked if isinstance(answer, Mapping) and each["id"] in answer]
        answer = answer[named[0]] if named else answer
        live.teller = _ready(paused.teller, tx, plan)
        live.beats = _resumed(paused.beats, answer, {"text": heard.text, "agent": heard.agent, "resumed": True})
    elif not answered and not ("resume" in plan.readers and nothing_new):
        live.beats = _anew(live.teller)


def _fork(plan: RunPlan, live: Live) -> bool:
    """Let a run answer once more what was said before the earlier state that it goes on from. Whether it does."""
    tx = live.tx
    if not live.follows or live.cast.again is None:
        return False
    live.take_latest(live.follows)
    if live.place is None or live.place[1] != live.follows:
        return False
    if tx.world.runs.paused(live.thread) and tx.world.store.items(live.place[0])[-1][0] == live.follows:
        return False  # what was asked there waits for its answer still
    found = hear_again(replace(tx, latest=live.latest), live.cast, live.teller.heard.agent)
    if found is None:
        return False
    heard, said, calls = found
    script, meant = tx.world.scripts.choose(heard)
    teller = _ready(Teller(script, meant, tx.world.ids.uuid4, turn=Turn(), calls=calls), tx, plan)
    beats = teller.beats()
    beat = next(beats, None)
    while said and beat is not None and beat.kind != "paused":
        said -= beat.kind == "said"
        beat = next(beats, None)
    if beat is None:
        return False
    live.teller, live.beats = teller, _once_more(heard, beats, beat)
    return True


def _once_more(heard: Heard, beats: Beats, beat: Beat) -> Beats:
    yield Beat("begun", {"text": heard.text, "agent": heard.agent, "resumed": True, "forked": True})
    yield from _onward(beats, beat)


def _anew(teller: Teller) -> Beats:
    heard = teller.heard
    yield Beat("begun", {"text": heard.text, "agent": heard.agent, "resumed": False})
    beats = teller.beats()
    first = next(beats, None)
    following = [str(first.item["node"])] if first and "node" in first.item else []
    if heard.messages:
        yield Beat("heard", {"messages": list(heard.messages), "text": heard.text, "next": following})
    yield from _onward(beats, first)


def _resumed(beats: Beats, answer: Any, told: Mapping[str, Any]) -> Beats:
    yield Beat("begun", told)
    try:
        first: Beat | None = beats.send(answer)
    except StopIteration:
        first = None
    yield from _onward(beats, first)


def _onward(beats: Beats, beat: Beat | None) -> Beats:
    while beat is not None:
        answer = yield beat
        try:
            beat = beats.send(answer)
        except StopIteration:
            return


def _nothing(heard: Heard) -> Beats:
    """A run that finds nothing to do: it was given nothing, or an answer that nobody waits for."""
    yield Beat("begun", {"text": heard.text, "agent": heard.agent, "resumed": True})
