"""answer(request, plan, world) → response: security → body → behaviour → synthesis → its own validation.

Pure: no Flask, no globals, no I/O beside the world that is handed in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from threadmock.mockserver.actions import behaviours
from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.agents.streams import Pending, StreamsFull
from threadmock.mockserver.fault_points import Moment
from threadmock.mockserver.pipeline import problems
from threadmock.mockserver.pipeline.credentials import challenge, check_credentials
from threadmock.mockserver.pipeline.negotiation import choose_media, read_preference
from threadmock.mockserver.pipeline.prefer import forced
from threadmock.mockserver.pipeline.refusals import render
from threadmock.mockserver.rules.conditions import unmet
from threadmock.mockserver.rules.generation import Ungeneratable, generate
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.store import StoreFull
from threadmock.mockserver.world import World
from threadmock.specs.contract import Media, Reply
from threadmock.specs.operations.parameters import check_parameters, parse_query
from threadmock.specs.operations.replies import check_response
from threadmock.specs.operations.requests import BodyReading, read_body
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.schemas.validation import Violation
from threadmock.specs.wire.eventstream import encode_event
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json

EVENT_STREAM = "text/event-stream"


@dataclass(slots=True)
class Answer:
    """A response and why it was given: the rule that answered ("" where the request never reached one) and a reason."""

    response: Response
    rule: str
    reason: str


def answer(request: Request, plan: Plan, path_values: Mapping[str, str], world: World) -> Answer:
    """Serve one request to one operation. Never raises for anything that a request may hold."""
    moment = Moment(plan.contract.name, plan.operation, request, world) if world.faults else None
    if moment:
        request = moment.request = world.faults.apply("request", request, moment)
    made = _answer(request, plan, path_values, world)
    if moment:
        response = world.faults.apply("response", made.response, moment)
        return Answer(response, made.rule, made.reason)
    return made


def _answer(request: Request, plan: Plan, path_values: Mapping[str, str], world: World) -> Answer:
    operation, rule = plan.operation, plan.operation.rule
    prefer = request.headers.get("prefer")
    preference = read_preference(prefer) if prefer else None
    if preference and (response := forced(preference, plan, world)) is not None:
        return Answer(response, "", f"forced by Prefer: {prefer}")
    if operation.security and not world.faults.skips("security"):
        denied = check_credentials(operation, request, world.auth)
        if denied:
            return Answer(render(denied, rule.refusals, challenge(operation)), "", denied.reason)
    media, acceptable = choose_media(plan.reply, request.headers.get("accept"))
    if not acceptable and not world.faults.skips("negotiation"):
        offers = ", ".join(plan.reply.content) if plan.reply else ""
        refused = Refused("not_acceptable", f"The answer comes as {offers}, which Accept rules out")
        return Answer(render(refused, rule.refusals), "", refused.reason)
    outcome = _perform(request, plan, path_values, world)
    if isinstance(outcome, Refused):
        return Answer(render(outcome, rule.refusals), "", outcome.reason)
    response = _respond(request, plan, world, outcome, media.media_type if media else "")
    if isinstance(outcome.body, Pending) and outcome.finish:
        outcome.body.finish = partial(_finish, request, plan, world, outcome.finish, media)
    return Answer(response, plan.rule_name, outcome.note)


def _finish(
    request: Request, plan: Plan, world: World, finish: Callable[[], Done | Refused], media: Media | None
) -> Response:
    """The response to what a run came to."""
    made = finish()
    if isinstance(made, Refused):
        return render(made, plan.operation.rule.refusals)
    return _respond(request, plan, world, made, media.media_type if media else "")


def _perform(request: Request, plan: Plan, path_values: Mapping[str, str], world: World) -> Done | Refused:
    operation = plan.operation
    parameters: Mapping[str, Any] = {}
    if operation.parameters:
        parameters, violations = check_parameters(operation, request, path_values)
        if violations and world.faults.skips("ids"):
            violations = [violation for violation in violations if violation.where != "path"]
        if violations and not world.faults.skips("validation"):
            return _refuse("invalid", violations, plan, path_values)
    value = _plain_body(request, plan)
    if value is None:
        reading = read_body(operation, request)
        if reading.trouble and not _waved_through(reading, world):
            return _refuse(reading.trouble, reading.violations, plan, reading.value)
        value = reading.value
    if world.faults:
        point = Moment(plan.contract.name, operation, request, world, value)
        value = world.faults.apply("taken", value, point)
    now = world.clock.tick()
    tx = Transaction(
        plan.contract,
        operation,
        plan,
        request,
        value if isinstance(value, dict) else {},
        path_values,
        parameters,
        world,
        now,
        write_date_time(now),
        sent=value,
    )
    world.calendar.pass_to(now, world.store)
    world.runs.pass_now()
    return _behave(tx)


def _behave(tx: Transaction) -> Done | Refused:
    """What the rule makes of a valid request."""
    world, plan = tx.world, tx.plan
    try:
        if plan.conditions and (refused := unmet(tx)):
            return refused
        behave = behaviours[tx.operation.rule.action]
        return world.faults.around(behave)(tx) if world.faults else behave(tx)
    except StoreFull as full:
        return Refused("full", f"{full} POST /_mock/reset empties it.")
    except StreamsFull as full:
        return Refused("crowded", f"{full} Close one, and ask again.")
    except Ungeneratable as error:
        return Refused("ungeneratable", str(error))


def _refuse(kind: str, violations: Sequence[Violation], plan: Plan, value: Any) -> Refused:
    """The refusal of what is wrong: ill_formed where formats alone are wrong and the provider tells that apart."""
    told_apart = kind == "invalid" and "ill_formed" in plan.operation.rule.refusals
    if not told_apart or any(violation.keyword != "format" for violation in violations):
        return Refused(kind, violations[0].message, violations)
    return Refused("ill_formed", violations[0].message, violations, key=_text_at(value, violations[0].location))


def _text_at(value: Any, location: Sequence[str | int]) -> str:
    """The text at a place of what was sent; "" where there is none."""
    for step in location:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return ""
    return value if isinstance(value, str) else ""


def _plain_body(request: Request, plan: Plan) -> Any:
    """The body where it is what `read_body` would find valid at once, as almost every body is; else None."""
    if plan.takes is None or request.headers.get("content-type") != "application/json":
        return None
    try:
        value = parse_json(request.body)
    except JsonError:
        return None
    return value if plan.takes(value) else None


def _waved_through(reading: BodyReading, world: World) -> bool:
    return bool(world.faults) and (
        (reading.trouble == "invalid" and world.faults.skips("validation"))
        or (reading.trouble == "malformed" and world.faults.skips("syntax"))
        or (reading.trouble == "media_type" and world.faults.skips("media_type"))
    )


def _respond(request: Request, plan: Plan, world: World, outcome: Done, media_type: str) -> Response:
    """The response of what was done, checked against the document before it leaves."""
    shown = outcome.shown
    if outcome.body is not None or not _has_body(plan, outcome.status, media_type):
        return Response(outcome.status, dict(outcome.headers), outcome.body or b"")
    if plan.shown and not world.faults.skips("hiding"):
        shown = _without_hidden(request, plan, shown)
    if world.faults:
        moment = Moment(plan.contract.name, plan.operation, request, world, shown)
        shown = world.faults.apply("shown", dict(shown) if isinstance(shown, dict) else shown, moment)
    headers = {"content-type": media_type}
    if media_type == EVENT_STREAM:
        return Response(outcome.status, headers, encode_event("", dump_json(shown).decode()))
    if plan.reply and plan.reply.headers:
        headers |= _declared_headers(plan.reply, world)
    if outcome.headers:
        headers |= outcome.headers
    response = Response(outcome.status, headers, dump_json(shown))
    if world.faults:
        return response
    if outcome.status == plan.success and plan.fits is not None and plan.fits(shown):
        return response
    broken = check_response(plan.operation, request, response)
    if not broken:
        return response
    told = "; ".join(f"{v.where}{v.pointer}: {v.message}" for v in broken[:5])
    detail = f"The mock's own answer to {plan.operation} contradicts the document: {told}"
    return problems.problem(500, "A reply broke its own contract", detail, kind="broken-reply")


def _has_body(plan: Plan, status: int, media_type: str) -> bool:
    other = plan.operation.reply(status) if status != plan.success else None
    return bool(media_type) and status not in (204, 304) and (other is None or bool(other.content))


def _declared_headers(reply: Reply, world: World) -> dict[str, str]:
    """A generated value for every header that the reply declares as required."""
    made = {name: generate(h.schema, world) for name, h in reply.headers.items() if h.required}
    return {name: value if isinstance(value, str) else dump_json(value).decode() for name, value in made.items()}


def _without_hidden(request: Request, plan: Plan, shown: Any) -> Any:
    """The answer, or each of its items, without the members that the query did not ask for."""
    pairs = parse_query(request.query)
    hidden = {
        member
        for member, query, holds in plan.shown
        if not any(name == query and holds in [word.strip() for word in text.split(",")] for name, text in pairs)
    }
    items = plan.lister.items
    if not hidden:
        return shown
    if isinstance(shown, list):
        return [_without(hidden, item) for item in shown]
    if items and isinstance(shown, dict) and items in shown:
        return {**shown, items: [_without(hidden, item) for item in shown[items]]}
    return _without(hidden, shown)


def _without(hidden: set[str], shown: Any) -> Any:
    if not isinstance(shown, dict) or hidden.isdisjoint(shown):
        return shown
    return {name: value for name, value in shown.items() if name not in hidden}
