"""How a request about a run is answered: at once, when the run is over, or with its events."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.reply import shown
from threadmock.mockserver.agents.compiled_agent import Cast, all_hold, cast_of
from threadmock.mockserver.agents.events import Wanted
from threadmock.mockserver.agents.run import Live
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.agents.streams import (
    NothingSource,
    Pending,
    ResultSource,
    RunSource,
    Source,
    Stream,
    StreamsFull,
)
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.rules.values import fetch
from threadmock.specs.behaviour.agent import Respond
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.strictjson import dump_json

EVENT_STREAM = "text/event-stream"


def answer_run(tx: Transaction, plan: RunPlan, live: Live) -> Done | Refused:
    """The answer to a request that started, joined or stopped this run. tx.thing: the run as it is now."""
    way = plan.respond(tx)
    headers = headers_of(tx, plan)
    status = way.status or tx.plan.success
    if way.how == "at_once":
        body = plan.replies[way](tx) if way in plan.replies else shown(tx)
        return Done(status, body, "under way", headers)
    if way.how == "stream":
        wanted = wanted_of(cast_of(tx.contract), way, live, live.modes)
        return open_stream(tx, plan, RunSource(live, wanted), wanted, live)
    if way.keep_alive:
        check_room(tx)
        source = ResultSource(live, lambda: dump_json(result_of(tx, plan, way, live)))
        gone = leaving(tx, plan, live)
        stream = Stream(tx.world.runs, source, beat=way.keep_alive.encode(), every=way.every, gone=gone)
        return Done(status, None, "waiting", {"content-type": "application/json", **headers}, body=stream)

    def finish() -> Done | Refused:
        end = live.end
        if plan.rule.fails and end is not None and end.beat.kind == "failed":
            return Refused("failed", str(end.beat.item["message"]), status=plan.rule.fails, key=tx.key)
        return Done(status, result_of(tx, plan, way, live), "done", headers)

    pending = Pending(tx.world.runs, live)
    pending.gone = leaving(tx, plan, live)
    return Done(status, None, "waiting", headers, body=pending, finish=finish)


def open_stream(tx: Transaction, plan: RunPlan, source: Source, wanted: Wanted, live: Live | None) -> Done:
    """A stream of events. StreamsFull where as many are open as may be."""
    check_room(tx)
    rule = wanted.format.rule
    stream = Stream(
        tx.world.runs, source, beat=wanted.heartbeat(), every=rule.every, gone=leaving(tx, plan, live) if live else None
    )
    way = plan.respond(tx)
    headers = {"content-type": EVENT_STREAM, **rule.headers, **headers_of(tx, plan)}
    return Done(way.status or tx.plan.success, None, "streaming", headers, body=stream)


def check_room(tx: Transaction) -> None:
    """StreamsFull where as many streams are open as may be."""
    if tx.world.runs.open_streams >= tx.world.runs.most_streams:
        raise StreamsFull(f"{tx.world.runs.open_streams} streams are open, as many as may be.")


def nothing(tx: Transaction, plan: RunPlan, wanted: Wanted) -> Done:
    """A stream that holds nothing."""
    return open_stream(tx, plan, NothingSource(), wanted, None)


def wanted_of(cast: Cast, way: Respond, live: Live | None, modes: frozenset[str] | None) -> Wanted:
    """What a reader sees of a run. modes: None for all."""
    name = way.format or next(iter(cast.formats))
    chosen = cast.formats[name]
    numbered = bool(chosen.rule.ids) and (
        chosen.rule.numbered is None or (live is not None and is_kept(cast, live, name))
    )
    return Wanted(chosen, modes, numbered=numbered)


def is_kept(cast: Cast, live: Live, name: str) -> bool:
    """Whether a run's events are numbered and can be read again, by the request that started it."""
    rule = cast.formats[name].rule
    return bool(rule.ids) and (rule.numbered is None or fetch(rule.numbered)(live.tx) is True)


def leaving(tx: Transaction, plan: RunPlan, live: Live) -> Any:
    """What happens where the reader leaves before the end; None for nothing."""
    if not plan.rule.disconnect or not all_hold(plan.rule.disconnect, tx):
        return None
    return lambda: tx.world.runs.stop(live)


def headers_of(tx: Transaction, plan: RunPlan) -> Mapping[str, str]:
    """The headers that the rule adds."""
    return {
        name: text.replace("$parent_key", tx.parent_key).replace("$key", tx.key)
        for name, text in plan.rule.headers.items()
    }


def result_of(tx: Transaction, plan: RunPlan, way: Respond, live: Live) -> Any:
    """What who waited for a run gets."""
    cast = cast_of(tx.contract)
    end = live.end
    if end is None:  # it was taken away
        return None if tx.plan.schema is None else {}
    own = replace(end.tx, operation=tx.operation, plan=tx.plan, item=end.beat.told())
    if way in plan.replies:
        made = plan.replies[way](own)
    elif end.beat.kind in cast.results:
        made = cast.results[end.beat.kind](own)
    else:
        return shown(own)
    return None if made is ABSENT else made
