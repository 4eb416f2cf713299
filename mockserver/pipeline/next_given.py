"""A next answer, as it is given: instead of the ordinary answer, or made of it."""

from collections.abc import Mapping
from dataclasses import replace

from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.agents.streams import Pending, Stream
from threadmock.mockserver.pipeline import problems
from threadmock.mockserver.pipeline.answer import Answer, Pipeline
from threadmock.mockserver.pipeline.limited_streams import as_stream, limiter
from threadmock.mockserver.pipeline.prefer import documented
from threadmock.mockserver.pipeline.refusals import render
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.state.next_answers import NextAnswer
from threadmock.mockserver.world import World
from threadmock.specs.behaviour.rule import Refusal
from threadmock.specs.wire.media_types import EVENT_STREAM
from threadmock.specs.wire.messages import Request, Response, media_type

_FIRST_ERROR = 400
_RETRY = (429, 503)
_RETRY_AFTER = {"retry-after": "1"}
_EVENT_END = b"\n\n"
_GENERAL = ("failed", "unknown")


def give_next(
    answer: NextAnswer, pipeline: Pipeline, request: Request, plan: Plan, path_values: Mapping[str, str]
) -> Answer:
    """The answer to one request. Nothing is stored or changed where it stands instead of the ordinary one."""
    ordinary = answer.body is None and answer.status in (None, plan.success)
    reason = f"next answer {answer.number}"
    if ordinary:
        made = pipeline.answer(request, plan, path_values)
        made.reason = f"{made.reason}; {reason}" if made.reason else reason
    else:
        made = Answer(_instead(answer, request, plan, pipeline.world), "", reason)
    if answer.delay:
        pipeline.world.pause(answer.delay)
    body = made.response.body
    if isinstance(body, Pending):
        build = body.finish
        if build is not None:
            body.finish = lambda: _altered(build(), answer, pipeline.world)
    else:
        made.response = _altered(made.response, answer, pipeline.world)
    return made


def _instead(answer: NextAnswer, request: Request, plan: Plan, world: World) -> Response:
    status = answer.status or plan.success
    headers = _RETRY_AFTER if status in _RETRY else {}
    if answer.body is not None:
        return Response(status, headers, answer.body)
    reply = plan.operation.replies.get(str(status)) or plan.operation.replies.get(f"{status // 100}XX")
    reason = f"Asked for as the next answer: {status}"
    if reply is not None:
        made = documented(plan, world, request, reply, Refused("", reason, status=status, headers=headers))
        return replace(made, headers={**made.headers, **headers})
    if status < _FIRST_ERROR:
        return Response(status, headers, b"")
    refusals = plan.operation.rule.refusals
    kind = next((kind for kind, refusal in refusals.items() if refusal.status == status), None) or _telling(refusals)
    made = render(Refused(kind, reason, status=status), refusals, headers)
    if made.headers.get("content-type") == problems.MEDIA_TYPE:
        return problems.problem(status, "A next answer", reason, kind="next-answer", headers=headers)
    return made


def _telling(refusals: Mapping[str, Refusal]) -> str:
    """The kind of refusal whose shape says why: that of an unknown key alone would say what is not so."""
    shaped = (kind for kind in (*_GENERAL, *refusals) if kind in refusals and "$reason" in str(refusals[kind].body))
    return next(shaped, _GENERAL[0])


def _altered(response: Response, answer: NextAnswer, world: World) -> Response:
    """The response with the headers of the answer, and cut or stalled where it says so."""
    if answer.headers:
        response = replace(response, headers={**response.headers, **answer.headers})
    limit = limiter(answer)
    if limit is None:
        return response
    if isinstance(response.body, Stream):
        response.body.change_source(limit)
        return response
    data = response.content
    events = media_type(response.headers.get("content-type")) == EVENT_STREAM
    if not events and answer.drop_after_bytes is None:
        return response
    pieces = [event + _EVENT_END for event in data.split(_EVENT_END) if event] if events else [data]
    length = {} if events else {"content-length": str(len(data))}
    return replace(response, headers={**response.headers, **length}, body=as_stream(world.scheduler, pieces, limit))
