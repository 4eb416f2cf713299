"""Serves one request to one operation: credentials → media type → parameters and body → action → checked response.

Pure: no Flask, no globals, no I/O but that of the world.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from threadmock.mockserver.actions import actions
from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.actions.refusal_conditions import unconditional, unknown_agent, unmet
from threadmock.mockserver.agents.streams import Pending, StreamsFull
from threadmock.mockserver.pipeline import problems
from threadmock.mockserver.pipeline.credentials import challenge, check_credentials
from threadmock.mockserver.pipeline.negotiation import choose_media, read_preference
from threadmock.mockserver.pipeline.prefer import forced
from threadmock.mockserver.pipeline.refusals import render
from threadmock.mockserver.pipeline.representation import (
    declared_headers,
    documented_refusal,
    in_documented_type,
    represent,
)
from threadmock.mockserver.rules.generation import Ungeneratable, sample
from threadmock.mockserver.rules.outcome import Done, Refused, Unfit
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.store import StoreFull
from threadmock.mockserver.world import World
from threadmock.specs.contract import Media
from threadmock.specs.members import ABSENT, dig, put, steps_of
from threadmock.specs.operations.parameters import check_parameters, parse_query, unstyled
from threadmock.specs.operations.replies import check_response, find_media
from threadmock.specs.operations.requests import read_body
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import Violation
from threadmock.specs.text import one_line
from threadmock.specs.wire.messages import Request, Response, is_json
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json

BROKEN = "x-threadmock-broken"
"""A header of answers that only come near what is documented, because nothing fits that: what is wrong with them."""
_LONGEST = 300
_REDIRECTS = 300


@dataclass(slots=True)
class Answer:
    """A response and why it was given: the rule that answered ("" where the request never reached one) and a reason.

    unexpected: whether no operation is served there.
    """

    response: Response
    rule: str
    reason: str
    unexpected: bool = False


class Pipeline:
    """The stages that a request goes through. Those that planted faults change are public: see `FaultyPipeline`."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, request: Request, plan: Plan, path_values: Mapping[str, str]) -> Answer:
        """Serve one request to one operation. Never raises for anything that a request may hold."""
        operation = plan.operation
        prefer = request.headers.get("prefer")
        preference = read_preference(prefer) if prefer else None
        if preference and (response := forced(preference, request, plan, self.world)) is not None:
            return Answer(response, "", f"forced by Prefer: {prefer}")
        if operation.security and (denied := self.check_credentials(request, plan)):
            return Answer(self.refuse(denied, plan, challenge(operation)), "", denied.reason)
        media, acceptable = choose_media(plan.reply, request.headers.get("accept"))
        if not acceptable:
            offers = ", ".join(each.content_type for each in plan.reply.content.values()) if plan.reply else ""
            refused = Refused("not_acceptable", f"The answer comes as {offers}, which Accept rules out")
            return Answer(self.refuse(refused, plan), "", refused.reason)
        outcome = self._perform(request, plan, path_values)
        if isinstance(outcome, Refused):
            return Answer(self.refuse(outcome, plan), "", outcome.reason)
        response = self._respond(request, plan, outcome, media)
        if isinstance(outcome.body, Pending) and outcome.finish:
            outcome.body.finish = partial(self._finish, request, plan, outcome.finish, media)
        told = response.headers.get(BROKEN)
        return Answer(response, plan.rule_name, f"{outcome.note}; nothing fits: {told}" if told else outcome.note)

    def refuse(self, refused: Refused, plan: Plan, headers: Mapping[str, str] | None = None) -> Response:
        """The response of a refusal: the rule's own, else what the document shows for it, else a problem."""
        documented = documented_refusal(refused, plan.operation, self.world)
        headers = {**(headers or {}), **refused.headers}
        if documented:
            return replace(documented, headers={**documented.headers, **refused.headers})
        made = render(refused, plan.operation.rule.refusals, headers)
        is_problem = made.headers.get("content-type") == problems.MEDIA_TYPE
        return in_documented_type(made, refused, plan.operation, self.world) if is_problem else made

    def check_credentials(self, request: Request, plan: Plan) -> Refused | None:
        """The refusal of a request without the credentials that its operation asks for."""
        return check_credentials(plan.operation, request, self.world.auth)

    def tolerates(self, trouble: str) -> bool:  # noqa: ARG002 - a faulty pipeline tolerates some
        """Whether parameters or a body with this trouble (see `BodyReading`, or "ids") are used all the same."""
        return False

    def act(self, call: Call) -> Done | Refused:
        """Have the operation's action serve a valid request."""
        return actions[call.plan.operation.rule.action](call)

    def reply_body(self, request: Request, plan: Plan, shown: Any) -> Any:
        """The body of a reply as it is sent."""
        return _without_hidden(request, plan, shown) if plan.shown else shown

    def check_reply(self, request: Request, plan: Plan, response: Response, shown: Any) -> Response:
        """The response; where it breaks the document, a problem document that says how."""
        if response.status == plan.success and plan.fits is not None and plan.fits(shown):
            return response
        broken = check_response(plan.operation, request, response)
        if not broken:
            return response
        media = find_media(plan.reply, response.headers.get("content-type")) if plan.reply else None
        if media and self._only_near(plan, media):
            return _marked(response, broken)
        if media and media.schema and plan.operation.rule.inferred:
            # Nobody said that it shows what is stored: as much of that as the document takes.
            return self._fitted(request, plan, media.schema, response, shown)
        return self._told_broken(plan, broken)

    def _fitted(self, request: Request, plan: Plan, schema: Schema, response: Response, shown: Any) -> Response:
        """The response with a body that the document takes: of a list each item where that will do, else the whole."""
        ids, clock, listing = self.world.ids, self.world.clock, plan.operation.rule.listing
        if plan.operation.rule.action != "list" or listing is None:
            given = shown if isinstance(shown, Mapping) else None
            return replace(response, body=dump_json(sample(schema, ids, clock, given)))
        steps = steps_of(listing.items or "")
        items = dig(shown, steps)
        if plan.thing and isinstance(items, list) and all(isinstance(item, Mapping) for item in items):
            with suppress(Ungeneratable):  # no item is possible: the whole may be without any
                made: Any = [sample(plan.thing, ids, clock, item) for item in items]
                if steps:
                    made, inner = dict(shown), made
                    put(made, steps, inner)
                fitting = replace(response, body=dump_json(made))
                if not check_response(plan.operation, request, fitting):
                    return fitting
                return replace(response, body=dump_json(sample(schema, ids, clock, made if steps else None)))
        return replace(response, body=dump_json(sample(schema, ids, clock)))

    def _told_broken(self, plan: Plan, broken: Sequence[Violation]) -> Response:
        listed = "; ".join(f"{v.where}{v.pointer}: {v.message}" for v in broken[:5])
        detail = f"The mock's own answer to {plan.operation} contradicts the document: {listed}"
        return problems.problem(500, "A reply broke its own contract", detail, kind="broken-reply")

    def _perform(self, request: Request, plan: Plan, path_values: Mapping[str, str]) -> Done | Refused:
        """Read parameters and body, then act."""
        operation, world = plan.operation, self.world
        parameters: Mapping[str, Any] = {}
        if operation.parameters:
            path_values, unlike = unstyled(operation, path_values)
            parameters, violations = check_parameters(operation, request, path_values)
            violations = unlike or violations
            if plan.conditional and plan.conditional.required and "if-match" not in request.headers:
                violations = [each for each in violations if not _is_if_match(each)]  # it has a refusal of its own
            if violations and self.tolerates("ids"):
                violations = [violation for violation in violations if violation.where != "path"]
            if violations and not self.tolerates("invalid"):
                return _refuse("invalid", violations, plan, path_values)
        value = _plain_body(request, plan)
        if value is None:
            reading = read_body(operation, request)
            if reading.trouble and not self.tolerates(reading.trouble):
                return _refuse(reading.trouble, reading.violations, plan, reading.value)
            value = reading.value
        now = world.clock.tick()
        scope = Scope(
            contract=plan.contract,
            operation=operation,
            request=request,
            body=value if isinstance(value, dict) else {},
            path_values=path_values,
            parameters=parameters,
            store=world.store,
            ids=world.ids,
            moment=now,
            stamp=write_date_time(now),
            sent=value,
            agents=world.agents,
        )
        world.calendar.expire(now, world.store)
        world.scheduler.run_due()
        return self._serve(Call(plan, scope, world))

    def _serve(self, call: Call) -> Done | Refused:
        """What the rule makes of a valid request."""
        try:
            if call.plan.conditional and (decided := unconditional(call)):
                return decided
            refused = unknown_agent(call) if call.plan.agents else None
            if refused or (call.plan.conditions and (refused := unmet(call))):
                return refused
            return self.act(call)
        except StoreFull as full:
            return Refused("full", f"{full} POST /_mock/reset empties it.")
        except StreamsFull as full:
            return Refused("crowded", f"{full} Close one, and ask again.")
        except (Unfit, Ungeneratable) as error:
            return Refused("unfit" if isinstance(error, Unfit) else "ungeneratable", str(error))

    def _respond(self, request: Request, plan: Plan, outcome: Done, media: Media | None) -> Response:
        """The response of what was done, checked against the document before it leaves."""
        if media is None or outcome.body is not None or not _has_body(plan, outcome.status):
            headers = dict(outcome.headers)
            if outcome.body is None and outcome.status == plan.success and plan.reply:
                headers = declared_headers(plan.reply, plan.success, request, self.world) | headers
            if plan.reply is None and outcome.body is None and isinstance(outcome.shown, Mapping) and outcome.shown:
                # The document tells of errors alone: what was made or changed is shown, as such servers do.
                shown = {"content-type": "application/json"} | headers
                return Response(outcome.status, shown, dump_json(outcome.shown))
            return Response(outcome.status, headers, outcome.body or b"")
        if media.schema is not plan.schema or not is_json(media.media_type):
            return self._represented(request, plan, outcome, media)
        shown = self.reply_body(request, plan, outcome.shown)
        headers = {"content-type": media.content_type} | self._declared_headers(request, plan, outcome.status)
        if outcome.headers:
            headers |= outcome.headers
        return self.check_reply(request, plan, Response(outcome.status, headers, dump_json(shown)), shown)

    def _represented(self, request: Request, plan: Plan, outcome: Done, media: Media) -> Response:
        """The response in a media type that is not the plan's JSON: of the same thing where its schema takes that."""
        told = self.reply_body(request, plan, outcome.shown) if outcome.given is ABSENT else ABSENT
        told = ABSENT if told is None and plan.schema is None else told
        content_type, data = represent(media, told, self.world, outcome.given)
        headers = {"content-type": content_type} | self._declared_headers(request, plan, outcome.status)
        response = Response(outcome.status, headers | dict(outcome.headers), data)
        broken = check_response(plan.operation, request, response)
        if not broken:
            return response
        return _marked(response, broken) if self._only_near(plan, media) else self._told_broken(plan, broken)

    def _only_near(self, plan: Plan, media: Media) -> bool:
        """Whether nothing that we can make fits what is documented: then what comes nearest is sent as it is."""
        return bool(plan.operation.unanswerable) or _is_hopeless(media, self.world)

    def _declared_headers(self, request: Request, plan: Plan, status: int) -> dict[str, str]:
        """What the document says of headers; of a redirect, also what it needs without that."""
        if plan.reply and (plan.reply.headers or status >= _REDIRECTS):
            return declared_headers(plan.reply, status, request, self.world)
        return {}

    def _finish(
        self, request: Request, plan: Plan, finish: Callable[[], Done | Refused], media: Media | None
    ) -> Response:
        """The response to a request that waited for a run."""
        made = finish()
        if isinstance(made, Refused):
            return self.refuse(made, plan)
        return self._respond(request, plan, made, media)


def _refuse(kind: str, violations: Sequence[Violation], plan: Plan, value: Any) -> Refused:
    """The refusal of what is wrong: ill_formed where only formats are wrong and the provider has a refusal for that."""
    has_own = kind == "invalid" and "ill_formed" in plan.operation.rule.refusals
    if not has_own or any(violation.keyword != "format" for violation in violations):
        return Refused(kind, violations[0].message, violations)
    return Refused("ill_formed", violations[0].message, violations, key=_text_at(value, violations[0].location))


def _is_if_match(violation: Violation) -> bool:
    return violation.where == "header" and [str(step).lower() for step in violation.location[:1]] == ["if-match"]


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


def _has_body(plan: Plan, status: int) -> bool:
    other = plan.operation.reply(status) if status != plan.success else None
    return status not in (204, 304) and (other is None or bool(other.content))


def _marked(response: Response, broken: Sequence[Violation]) -> Response:
    """A response that only comes near what is documented, with a header that says where it departs."""
    told = "; ".join(f"{violation.where}{violation.pointer}: {violation.message}" for violation in broken[:3])
    plain = one_line(told)[:_LONGEST].encode("ascii", "backslashreplace").decode()
    return replace(response, headers={**response.headers, BROKEN: plain})


def _is_hopeless(media: Media, world: World) -> bool:
    """Whether nothing that we can make fits the schema."""
    if media.schema is None:
        return False
    try:
        sample(media.schema, world.ids, world.clock)
    except Ungeneratable:
        return True
    return False


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
