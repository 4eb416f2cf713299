"""How a request about a run is answered: at once, when the run is over, or with its events."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import shown
from threadmock.mockserver.agents.compiled_agent import CompiledAgent, agent_of
from threadmock.mockserver.agents.events import EventSelection
from threadmock.mockserver.agents.run import Run
from threadmock.mockserver.agents.run_plan import CompiledRespond, RunPlan
from threadmock.mockserver.agents.streams import (
    EmptySource,
    Pending,
    ResultSource,
    RunSource,
    Stream,
    StreamsFull,
    StreamSource,
)
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.strictjson import dump_json

EVENT_STREAM = "text/event-stream"


def answer_run(call: Call, plan: RunPlan, run: Run) -> Done | Refused:
    """The answer to a request that started, joined or stopped this run. The scope's thing: the run as it is now."""
    scope, scheduler = call.scope, call.world.scheduler
    respond = plan.respond(scope)
    headers = headers_of(call, plan, respond)
    status = respond.rule.status or call.plan.success
    if respond.rule.how == "at_once":
        body = respond.reply(scope) if respond.reply else shown(call)
        return Done(status, body, "under way", headers)
    if respond.rule.how == "stream":
        selection = selection_of(agent_of(scope.contract), respond, run, run.modes)
        return open_stream(call, plan, RunSource(run, selection), selection, run)
    if respond.rule.keep_alive:
        check_capacity(call)
        stream = Stream(
            scheduler,
            ResultSource(run, lambda: dump_json(result_of(call, respond, run))),
            heartbeat=respond.rule.keep_alive.encode(),
            every=respond.rule.every,
            on_leave=_on_leave(call, plan, run),
        )
        return Done(status, None, "waiting", {"content-type": "application/json", **headers}, body=stream)

    def finish() -> Done | Refused:
        end = run.end
        if plan.rule.fails and end is not None and end.beat.kind == "failed":
            return Refused("failed", str(end.beat.item["message"]), status=plan.rule.fails, key=scope.key)
        return Done(status, result_of(call, respond, run), "done", headers)

    pending = Pending(scheduler, run)
    pending.on_leave = _on_leave(call, plan, run)
    return Done(status, None, "waiting", headers, body=pending, finish=finish)


def open_stream(call: Call, plan: RunPlan, source: StreamSource, selection: EventSelection, run: Run | None) -> Done:
    """A stream of events. StreamsFull where as many are open as may be."""
    check_capacity(call)
    rule = selection.format.rule
    stream = Stream(
        call.world.scheduler,
        source,
        heartbeat=selection.heartbeat(),
        every=rule.every,
        on_leave=_on_leave(call, plan, run) if run else None,
    )
    respond = plan.respond(call.scope)
    headers = {"content-type": EVENT_STREAM, **rule.headers, **headers_of(call, plan, respond)}
    return Done(respond.rule.status or call.plan.success, None, "streaming", headers, body=stream)


def check_capacity(call: Call) -> None:
    """StreamsFull where as many streams are open as may be."""
    scheduler = call.world.scheduler
    if scheduler.open_streams >= scheduler.most_streams:
        raise StreamsFull(f"{scheduler.open_streams} streams are open, as many as may be.")


def empty_stream(call: Call, plan: RunPlan, selection: EventSelection) -> Done:
    """A stream without events."""
    return open_stream(call, plan, EmptySource(), selection, None)


def selection_of(
    agent: CompiledAgent, respond: CompiledRespond, run: Run | None, modes: frozenset[str] | None
) -> EventSelection:
    """What a reader sees of a run. modes: None for all."""
    name = respond.rule.format or next(iter(agent.formats))
    form = agent.formats[name]
    numbered = bool(form.rule.ids) and (form.numbered is None or (run is not None and is_kept(agent, run, name)))
    return EventSelection(form, modes, numbered=numbered)


def is_kept(agent: CompiledAgent, run: Run, name: str) -> bool:
    """Whether a run's events are numbered and can be read again, by the request that started it. name: a format's."""
    form = agent.formats[name]
    return bool(form.rule.ids) and (form.numbered is None or form.numbered(run.scope) is True)


def _on_leave(call: Call, plan: RunPlan, run: Run) -> Callable[[], None] | None:
    """What happens where the reader leaves before the end; None for nothing."""
    if plan.disconnect is None or not plan.disconnect(call.scope):
        return None
    return lambda: call.world.scheduler.stop(run)


def headers_of(call: Call, plan: RunPlan, respond: CompiledRespond | None = None) -> Mapping[str, str]:
    """The headers that the rule adds, and those of one way to answer."""
    key, parent_key = call.scope.key, call.scope.parent_key
    told = {**plan.rule.headers, **(respond.rule.headers if respond else {})}
    return {name: text.replace("$parent_key", parent_key).replace("$key", key) for name, text in told.items()}


def result_of(call: Call, respond: CompiledRespond, run: Run) -> Any:
    """What a request that waited for a run gets."""
    agent = agent_of(call.scope.contract)
    end = run.end
    if end is None:  # it was removed
        return None if call.plan.schema is None else {}
    own = replace(end.scope, operation=call.scope.operation, item=end.beat.as_item())
    if respond.reply:
        made = respond.reply(own)
    elif end.beat.kind in agent.results:
        made = agent.results[end.beat.kind](own)
    else:
        return shown(replace(call, scope=own))
    return None if made is ABSENT else made
