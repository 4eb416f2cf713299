"""`Prefer: code=…` and `Prefer: example=…`: a response that the client chose. Nothing is stored or changed."""

import re

from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.pipeline import problems
from threadmock.mockserver.pipeline.negotiation import Preference
from threadmock.mockserver.pipeline.refusals import render
from threadmock.mockserver.pipeline.representation import declared_headers, encode, represent
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.world import World
from threadmock.specs.contract import Reply
from threadmock.specs.errors import nearest
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.replies import check_response
from threadmock.specs.wire.messages import Request, Response

_STATUS = re.compile(r"[1-5][0-9][0-9]")


def forced(preference: Preference, request: Request, plan: Plan, world: World) -> Response | None:
    """The chosen response; None where the preference is what the operation does anyway (its success, no example)."""
    code = preference.code
    if code and not _STATUS.fullmatch(code):
        return _unusable(f"{code[:40]!r} is no status.", plan)
    status = int(code) if code else plan.success
    reply = plan.operation.reply(status)
    if preference.example:
        return _example(preference, plan, reply, status)
    if status == plan.success:
        return None
    applied = {"preference-applied": f"code={status}"}
    if reply is None:
        if status < 400:
            return _unusable(f"{plan.operation} documents no {status}.", plan)
        detail = f"{plan.operation} documents no {status}; it was forced by Prefer."
        return problems.problem(status, "A forced status", detail, kind="forced", headers=applied)
    wanted = Refused("", f"Forced by Prefer: code={status}", status=status, headers=applied)
    return documented(plan, world, request, reply, wanted)


def documented(plan: Plan, world: World, request: Request, reply: Reply, wanted: Refused) -> Response:
    """What the provider sends with a status: the rule's refusal of it, else what the document shows.

    wanted: status, reason and headers; its kind does not count.
    """
    status, applied = wanted.status or plan.success, dict(wanted.headers)
    kind = next((kind for kind, refusal in plan.operation.rule.refusals.items() if refusal.status == status), None)
    if kind:
        refused = Refused(kind, wanted.reason, status=status)
        response = render(refused, plan.operation.rule.refusals, applied)
        if not check_response(plan.operation, Request("GET", "/"), response):
            return response
    media = next(iter(reply.content.values()), None)
    if media is None:
        return Response(status, declared_headers(reply, status, request, world) | applied, b"")
    content_type, body = represent(media, ABSENT, world)
    declared = declared_headers(reply, status, request, world)
    return Response(status, {"content-type": content_type, **declared, **applied}, body)


def _example(preference: Preference, plan: Plan, reply: Reply | None, status: int) -> Response:
    known = {name: media for media in (reply.content.values() if reply else ()) for name in media.examples}
    media = known.get(preference.example)
    if media is None:
        hint = nearest(preference.example, known) or f"{plan.operation} has no named examples for {status}."
        return _unusable(f"There is no example {preference.example[:100]!r}. {hint}", plan)
    headers = {"content-type": media.content_type, "preference-applied": f'example="{preference.example}"'}
    if not preference.example.isascii() or not preference.example.isprintable():
        headers.pop("preference-applied")
    return Response(status, headers, encode(media, media.examples[preference.example]))


def _unusable(what: str, plan: Plan) -> Response:
    listed = ", ".join(plan.operation.replies) or "none"
    detail = f"{what} Documented statuses: {listed}. Any other 4xx or 5xx can be forced too."
    return problems.problem(400, "A preference that can't be met", detail, kind="preference")
