"""Starting a run: its thread, its agent, the input, and the beats that it will have."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.create import build, new_key
from threadmock.mockserver.actions.runs.answer import is_kept
from threadmock.mockserver.actions.runs.run_beats import (
    begun,
    failing_beats,
    forked,
    loaded,
    new_reply,
    nothing,
    resumed,
)
from threadmock.mockserver.agents.beats import AGAIN, Beat, Beats, TurnState
from threadmock.mockserver.agents.compiled_agent import CompiledAgent, agent_of
from threadmock.mockserver.agents.messages import find_agent, read_earlier_input, read_input
from threadmock.mockserver.agents.player import ScriptPlayer
from threadmock.mockserver.agents.run import Run
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.agents.scheduler import PausedScript, TooManyRuns
from threadmock.mockserver.agents.scripts import AgentInput
from threadmock.mockserver.rules.messages import missing
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.parents import named_parent
from threadmock.mockserver.rules.recipes import create_thing
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.store import StoreFull, Thing, ThingAddress, below
from threadmock.mockserver.world import World
from threadmock.specs.behaviour.agent import Failure
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.formats import write_date_time


def start(call: Call, plan: RunPlan) -> Run | Refused:
    """Start a run; it is the scope's thing afterwards."""
    scope, scheduler = call.scope, call.world.scheduler
    agent = agent_of(scope.contract)
    with scheduler.lock:
        scheduler.run_due()
        try:
            scheduler.check_capacity()
        except TooManyRuns as error:
            raise StoreFull(str(error)) from None
        if missing := _enter_thread(call, plan):
            return missing
        found = find_agent(scope, plan, call.world.note_undeclared)
        if isinstance(found, Refused):
            return found
        policy = plan.policy(scope)
        thread = thread_address(scope)
        if policy and policy.do == "refuse" and scheduler.is_busy(thread):
            reason = policy.reason or "Another run is under way on this thread"
            return Refused("taken", reason, status=policy.status, key=scope.parent_key)
        scope.latest = _newest(scope, agent, thread)
        given = read_input(scope, agent, found[1])
        if refused := _refusal(call, plan, given):
            return refused
        run = _make(call, plan, thread, given, found[0])
        run.agent_name = found[1]
        run.kept = any(is_kept(agent, run, name) for name in agent.joined)
        try:
            scheduler.accept(run, policy)
        except TooManyRuns as error:
            scope.store.delete(run.shelf, run.key)
            raise StoreFull(str(error)) from None
        scope.thing = scope.store.read(run.shelf, run.key) or scope.thing
        return run


def _refusal(call: Call, plan: RunPlan, given: AgentInput) -> Refused | None:
    """The refusal that the script answers a new message with; None where it answers otherwise."""
    script, rest = call.world.scripts.choose(given)
    step = next(iter(script.chosen(rest).steps if given.messages or given.text else ()), None)
    if step is None or step.kind != "refuse":
        return None
    thread = thread_address(call.scope)
    if thread and plan.alone is not None and not named_parent(call.scope, call.plan.parent):
        call.scope.store.delete(*thread)  # it was made for this run
    headers = {"retry-after": str(math.ceil(step.seconds))} if step.seconds else {}
    return Refused("refused", step.text, status=step.count, headers=headers)


def _enter_thread(call: Call, plan: RunPlan) -> Refused | None:
    """Find the thread, or make one where the request may do without."""
    scope, alone = call.scope, plan.alone
    key = named_parent(scope, call.plan.parent)
    if alone is None or (key and not (plan.makes_thread and plan.makes_thread(scope))):
        return call.enter()
    if key and call.enter() is None and scope.parent is not None:
        return None
    scope.parent_key = key or (scope.ids.opaque(alone.resource) if alone.opaque else scope.ids.uuid4())
    scope.parent = create_thing(scope, alone, key=scope.parent_key)
    scope.shelf = (scope.contract.name, scope.operation.rule.resource, alone.resource, scope.parent_key)
    return None


def thread_address(scope: Scope) -> ThingAddress | None:
    """Where the thread of a request is; None where it has none."""
    if scope.parent is None:
        return None
    name = scope.contract.name
    return scope.store.find(name, agent_of(scope.contract).rule.thread, scope.parent_key), scope.parent_key


def _newest(scope: Scope, agent: CompiledAgent, thread: ThingAddress | None) -> Any:
    if thread is None or not agent.rule.piece:
        return None
    pieces = below(*thread, agent.rule.piece)
    return next(iter(scope.store.newest(pieces, 0, 1)), None)


def _make(call: Call, plan: RunPlan, thread: ThingAddress | None, given: AgentInput, agent: Thing | None) -> Run:
    """The run, stored but not accepted yet."""
    scope, world = call.scope, call.world
    scope.key = new_key(call)
    scope.item = agent
    scope.thing = build(call.plan, scope, world.clock)
    scope.store.insert(scope.shelf, scope.key, scope.thing)
    script, rest = world.scripts.choose(given)
    own = replace(scope)
    compiled = agent_of(scope.contract)
    player = _prepared(ScriptPlayer(script, rest, scope.ids.uuid4, nests=compiled.nests), own, plan)
    follows, delay = plan.read("follows", scope), plan.read("delay", scope)
    is_alone = plan.alone is not None and not named_parent(scope, call.plan.parent)
    return Run(
        scope=own,
        agent=compiled,
        clock=world.clock,
        shelf=scope.shelf,
        key=scope.key,
        thread=thread,
        beats=nothing(rest),
        player=player,
        on_begin=partial(_choose_beats, plan, world, given),
        modes=plan.modes(scope),
        delay=max(0.0, float(delay)) if isinstance(delay, int | float) and not isinstance(delay, bool) else 0.0,
        follows="" if follows is ABSENT or follows is None else str(follows),
        temporary=is_alone and plan.rule.temporary and not (plan.kept and plan.kept(scope)),
    )


def _nodes(asked: Any) -> frozenset[str]:
    names = [asked] if isinstance(asked, str) else asked
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()


def _begun_turn(scope: Scope, given: AgentInput) -> dict[str, Any]:
    """What settings read of a turn before anything was answered."""
    stamp = write_date_time(scope.moment)
    return {"question": given.text, "asked": stamp, "created": stamp, "received": list(given.messages)}


def _prepared(player: ScriptPlayer, scope: Scope, plan: RunPlan) -> ScriptPlayer:
    """The player with the pauses that this request asks for, at the beginning of a turn."""
    player.before, player.after = _nodes(plan.read("before", scope)), _nodes(plan.read("after", scope))
    player.turn.base = _begun_turn(scope, player.input)
    return player


def _choose_beats(plan: RunPlan, world: World, given: AgentInput, run: Run) -> None:
    """Decide what a run does, once its thread is free: a new reply, or the one that waits there for an answer."""
    scope = run.scope
    paused = world.scheduler.paused(run.thread)
    answer = plan.read("resume", scope)
    if failing := _why_failing(run, given):
        run.beats = failing_beats(given, failing)
        return
    nothing_new = given.absent or (not given.messages and not given.text and plan.is_commanded(scope))
    heard = None
    goto = _named(plan.read("goto", scope))
    if goto and nothing_new and answer in (ABSENT, None) and not paused and _go_to(world, run, given, goto):
        return
    if answer in (ABSENT, None) and paused and paused.questions and "resume" not in plan.readers:
        answer, heard = given.text, given  # where the API has no word for answers, the next message is one
    elif answer in (ABSENT, None) and nothing_new and _fork(plan, world, run):
        return
    elif answer in (ABSENT, None) and paused and nothing_new:
        answer = AGAIN
    answered = answer not in (ABSENT, None)
    asked = not paused and world.scheduler.take_asked(run.thread)
    if answered and asked and (found := _asked_before(plan, world, run, answer)):
        paused, answer = found
    if answered and paused:
        named = [each["id"] for each in paused.questions if isinstance(answer, Mapping) and each["id"] in answer]
        if len(paused.questions) > 1 and not named and (failure := run.agent.rule.input.fails.get("unnamed")):
            run.beats = failing_beats(given, failure, unanswered=True)
            return
        answer = answer[named[0]] if named and len(paused.questions) == 1 else answer
        run.player = _prepared(paused.player, scope, plan)
        if heard:
            run.player.turn = TurnState(_begun_turn(scope, given))
        run.beats = resumed(paused.beats, answer, begun(given, loaded=True), heard)
    elif not answered and not ("resume" in plan.readers and nothing_new):
        declared = scope.agents.known.get(given.agent)
        run.beats = new_reply(run.player, declared.members if declared else None)
    else:
        run.find_latest(run.follows)
        failure = run.agent.rule.input.fails.get("empty")
        if run.latest is None and failure:
            run.beats = failing_beats(given, failure)


def _named(asked: Any) -> list[str]:
    """The nodes that a request names: by their names, or as objects with one."""
    listed = asked if isinstance(asked, list) else [asked]
    found = [each.get("node") if isinstance(each, Mapping) else each for each in listed]
    return [each for each in found if isinstance(each, str)]


def _go_to(world: World, run: Run, given: AgentInput, nodes: list[str]) -> bool:
    """Let a run go on with the first of these nodes that its script has. Whether it does."""
    run.find_latest(run.follows)
    if run.follows:
        return False
    player = _again(world, run, given)
    node = next(filter(player.goes_to, nodes), None)
    if node is None:
        return False
    if run.latest is None:
        run.beats = new_reply(run.player, None, moved=True)
    else:
        run.beats = _moved(world, run, given, nodes, node)
    return True


def _again(world: World, run: Run, given: AgentInput) -> ScriptPlayer:
    """A player of what answers the last message of a user that is there."""
    found = read_earlier_input(replace(run.scope, latest=run.latest), run.agent, given.agent)
    script, rest = world.scripts.choose(found.given if found else given)
    player = ScriptPlayer(script, rest, run.scope.ids.uuid4, nests=run.agent.nests)
    player.before, player.after, player.turn.base = run.player.before, run.player.after, run.player.turn.base
    return player


def _moved(world: World, run: Run, given: AgentInput, nodes: list[str], node: str) -> Beats:
    player = run.player
    first = player.upcoming(node, player.new_id())
    yield Beat("begun", begun(given, loaded=True) | {"next": [node], "upcoming": [first], "goto": nodes})
    # now what the request changes of the state is in it
    run.player = _again(world, run, given)
    if run.player.goes_to(node):
        yield from run.player.beats_from(node, first["id"])


def _fork(plan: RunPlan, world: World, run: Run) -> bool:
    """Let a run that goes on from an earlier state answer the message before that state again. Whether it does.

    Without an earlier state that is named it goes on with what remains to be done at the newest.
    """
    pending = _pending(world, run)
    played = None if pending is None else _played_again(plan, world, run)
    if pending is None or played is None:
        return False
    given, player, beats, beat = played
    if run.follows:
        run.player, run.beats = player, forked(given, beats, beat)
        return True
    player.at.task = str(pending[0]["id"])
    beat.item = {**beat.item, "task": player.at.task}
    run.player, run.beats = player, loaded(given, beats, beat)
    return True


def _played_again(plan: RunPlan, world: World, run: Run) -> tuple[AgentInput, ScriptPlayer, Beats, Beat] | None:
    """The script that answered the last message of a user, as far as its answers are there, and the beat after them."""
    found = read_earlier_input(replace(run.scope, latest=run.latest), run.agent, run.player.input.agent)
    if found is None:
        return None
    given, answered = found.given, found.answered
    script, rest = world.scripts.choose(given)
    new_id, nests = run.scope.ids.uuid4, run.agent.nests
    player = ScriptPlayer(script, rest, new_id, nests=nests, calls=found.calls, said=found.said)
    player = _prepared(player, run.scope, plan)
    beats = player.beats()
    beat = next(beats, None)
    while answered and beat is not None and beat.kind != "paused":
        answered -= beat.kind == "said"
        beat = next(beats, None)
    return None if beat is None else (given, player, beats, beat)


def _asked_before(plan: RunPlan, world: World, run: Run, answer: Any) -> tuple[PausedScript, Any] | None:
    """The script that waits for this answer by what is stored, played up to its question: that of a snapshot.

    And the answer; where it is by the ids of the stored questions, by those of the questions that were asked again.
    """
    pending = _pending(world, run)
    played = _played_again(plan, world, run) if pending else None
    if not pending or played is None:
        return None
    given, player, beats, beat = played
    while beat.kind != "paused":
        following = next(beats, None)
        if following is None:
            return None
        beat = following
    questions = beat.item.get("interrupts", ())
    stored = [each.get("id") for task in pending for each in task.get("interrupts") or ()]
    if isinstance(answer, Mapping) and len(stored) == len(questions):
        names = {before: each["id"] for before, each in zip(stored, questions, strict=True)}
        answer = {names.get(name, name): value for name, value in answer.items()}
    return PausedScript(beats, player, questions, given.agent), answer


def _pending(world: World, run: Run) -> list[Any] | None:
    """What a run goes on with: [] where it forks, else what remains at the newest state; None for nothing."""
    paused = world.scheduler.paused(run.thread)
    if run.agent.again is None:
        return None
    run.find_latest(run.follows)
    if not run.follows:
        read = run.agent.pending
        found = read(replace(run.scope, latest=run.latest)) if read and run.latest and not paused else None
        return found if isinstance(found, list) and found else None
    if run.latest_at is None or run.latest_at[1] != run.follows:
        return None
    newest = run.scope.store.items(run.latest_at[0])[-1][0]
    # the question that was asked there still waits for its answer
    return None if paused and newest == run.follows else []


def _why_failing(run: Run, given: AgentInput) -> Failure | None:
    """How a run fails whose messages are none, or take out what is not there."""
    rule = run.agent.rule.input
    if "role" in rule.fails and any("unknown" in each for each in given.messages):
        return rule.fails["role"]
    if "removed" not in rule.fails or not given.messages:
        return None
    run.find_latest(run.follows)
    before = run.agent.again(replace(run.scope, latest=run.latest)) if run.agent.again and run.latest else ABSENT
    return rule.fails["removed"] if missing(before, given.messages, rule.removal) else None
