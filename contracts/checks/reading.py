"""Reading: one exchange and what its operation says of it, worked out once for all checks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from threadmock.contracts.cases.case import Case, json_media
from threadmock.contracts.cases.encoding import text_of
from threadmock.contracts.cases.references import body_schema, references
from threadmock.contracts.cases.request_values import members_of, path_values, value_at
from threadmock.contracts.cases.shapes import Branch, shapes, subschema
from threadmock.contracts.checks.checked_exchange import Problem
from threadmock.contracts.checks.context import Context
from threadmock.contracts.checks.finding import Finding, case_record
from threadmock.contracts.checks.inference import HOLD_WITHOUT_RULE, INFERRED, rests_on_inference
from threadmock.contracts.checks.streams import EventStream, Scope, read_stream
from threadmock.contracts.transport.stream_limits import EVENT_STREAM
from threadmock.specs.behaviour.agent import Format, Respond, RunRule
from threadmock.specs.behaviour.rule import Policy, Rule
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation, Reply, first_structured
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT, steps_of
from threadmock.specs.operations.replies import answer_of, check_response
from threadmock.specs.schemas.declared import properties, sendable
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.text_formats import Forms, forms_of
from threadmock.specs.schemas.validation import Violation
from threadmock.specs.wire.messages import Request, Response, media_type
from threadmock.specs.wire.strictjson import JsonError, parse_json

if TYPE_CHECKING:
    from threadmock.contracts.target.exchange import Exchange

_TAKEN = 409


class ProblemDetails(TypedDict, total=False):
    """Members of a problem that have a default; see `Problem`."""

    where: str
    source: str
    evidence: Evidence
    exchanges: int
    unconditional: bool


_BEFORE = (413, 414, 431)
"""Statuses of requests too large to be read: what stands before the operation answers, and no `default` is about it."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One exchange, read. Everything is computed when it is first asked for."""

    context: Context
    exchange: "Exchange"

    @property
    def case(self) -> Case:
        """What was asked."""
        return self.exchange.case

    @property
    def operation(self) -> Operation:
        """The operation that was asked."""
        return self.exchange.case.operation

    @property
    def rule(self) -> Rule:
        """What the operation does."""
        return self.operation.rule

    @property
    def request(self) -> Request:
        """The request as sent."""
        return self.exchange.request

    @property
    def response(self) -> Response | None:
        """The response; None where none came."""
        return self.exchange.response

    @property
    def status(self) -> int:
        """The status of the response; 0 where none came."""
        return self.response.status if self.response else 0

    @property
    def accepted(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300

    @cached_property
    def reply(self) -> Reply | None:
        """The documented reply for the status."""
        return self.operation.reply(self.status) if self.status else None

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """All that contradicts the document in the response."""
        if self.response is None or (self.status in _BEFORE and str(self.status) not in self.operation.replies):
            return ()
        return tuple(check_response(self.operation, self.request, self.response))

    @cached_property
    def content(self) -> bytes:
        """The bytes of the response; b"" for a stream or none."""
        body = self.response.body if self.response else b""
        return body if isinstance(body, bytes) else b""

    @cached_property
    def value(self) -> Any:
        """The value of the response, of JSON or of XML by its schema; ABSENT where it holds none."""
        return answer_of(self.operation, self.response)

    @property
    def made(self) -> Mapping[str, Any]:
        """The object that a success answers with; {} where it answers with none."""
        return self.value if self.accepted and isinstance(self.value, dict) else {}

    @cached_property
    def made_schema(self) -> Schema | None:
        """The schema of the thing that a success answers with; that of the documented success for an unknown 2xx."""
        reply = self.reply or self.operation.reply(self.operation.success)
        found = first_structured(reply.content) if reply else None
        return found.schema if found else None

    @cached_property
    def made_members(self) -> Mapping[str, Any]:
        """Declared members of that thing: name to schema node."""
        return properties(self.made_schema)

    @cached_property
    def asked_schema(self) -> Schema | None:
        """The schema of the request's body, as JSON or as the form that was sent."""
        body = self.operation.body
        if self.case.form and body:
            media = body.content.get(media_type(self.request.headers.get("content-type", "")))
            return media.schema if media else None
        return body_schema(self.operation)

    @cached_property
    def asked_members(self) -> Mapping[str, Any]:
        """Declared members that a request's body may hold: name to schema node."""
        return sendable(self.asked_schema)

    @cached_property
    def sent(self) -> Mapping[str, Any]:
        """The members of the body as sent, in the document's spelling; {} where it is no object."""
        return members_of(self.case)

    @cached_property
    def path_values(self) -> Mapping[str, str]:
        """The path parameters as sent."""
        return path_values(self.operation, self.case.request)

    @property
    def wording(self) -> tuple[str, str, bytes]:
        """What the request says beside the things that its path names."""
        return self.operation.slug, self.request.query, self.request.body

    @property
    def may_be_missing(self) -> str:
        """What may not be there: a thing below, or one that is found by other members than its key; "" for nothing."""
        rule, refusals = self.rule, self.rule.refusals
        if rule.restores and self.status in (404, 422) and self.look_up(rule.restores.source) is not ABSENT:
            return rule.restores.resource
        refusal = refusals.get("ill_formed") or refusals.get("invalid")
        by_others = rule.key and rule.key.by and self.status in (404, refusal.status if refusal else 0)
        return rule.resource if by_others else ""

    @property
    def accepted_before(self) -> bool:
        """Whether a request that says the same about a thing was accepted: it is valid, whatever is said now."""
        called_invalid = self.status in (400, 422) and bool(references(self.operation))
        return called_invalid and self.wording in self.context.memory.get("accepted", ())

    def look_up(self, source: Source) -> Any:
        """The value at a place in the request; ABSENT where there is none."""
        return value_at(self.operation, self.request, self.sent, source)

    @property
    def taken_member(self) -> str:
        """The member of the request that explains this status, since no two things may share its value; "" for none."""
        taken = self.rule.refusals.get("taken")
        for unique in self.rule.unique:
            value = self.look_up(Source("body", steps_of(unique.member)))
            meant = self.status == (unique.status or (taken.status if taken else _TAKEN))
            if meant and value is not ABSENT and value is not None:
                return unique.member
        return ""

    @cached_property
    def stream(self) -> EventStream | None:
        """The events that were answered; None where the response is no stream, or nobody knows its format."""
        run, agent = self.rule.run, self.context.contract.profile.agent
        kind = media_type(self.response.headers.get("content-type")) if self.response else ""
        way = self.way
        if run is None or agent is None or way is None or not self.accepted:
            return None
        if kind != EVENT_STREAM and (way.how != "stream" or self.reply is None or kind not in self.reply.content):
            return None
        rule = self._asked_of(agent.formats.get(way.format) or next(iter(agent.formats.values())))
        cut = self.response.cut if self.response else ""
        scope: Scope = "thread" if run.follow_thread else "run" if self.rule.traits.starts_run else "rest"
        return read_stream(self.content, rule, self._modes(run), cut=cut, scope=scope)

    def _asked_of(self, rule: Format) -> Format:
        """A format without what a server may send, and this request did not ask for. Who joins a run may see all."""
        if not self.rule.traits.starts_run:
            return rule
        kept = tuple(e for e in rule.events if not e.optional or all(self._holds(*part) for part in e.when))
        return rule if len(kept) == len(rule.events) else replace(rule, events=kept)

    @cached_property
    def way(self) -> Respond | None:
        """How the rule says that a request about a run is answered; None for any other request.

        Where it asks for several ways at once, no document says which comes first: that in which it was answered.
        """
        ways = self.rule.run.respond if self.rule.run else ()
        fitting = [way for way in ways if all(self._holds(*part) for part in way.when)]
        asked = [way for way in fitting if way.when]
        if len(asked) > 1 and self.response is not None:
            streamed = media_type(self.response.headers.get("content-type")) == EVENT_STREAM
            return next((way for way in asked if (way.how == "stream") == streamed), asked[0])
        return next(iter(fitting), None)

    def _holds(self, place: str, steps: tuple[str, ...], wanted: Any) -> bool:
        value = self.look_up(Source(place, steps))  # type: ignore[arg-type]  # one of the places
        if isinstance(wanted, Mapping) and "present" in wanted:
            return (value is not ABSENT and value is not None) is bool(wanted["present"])
        return value is not ABSENT and text_of(value) == text_of(wanted)

    def _modes(self, run: RunRule) -> frozenset[str] | None:
        asked = self.look_up(run.modes) if run.modes else ABSENT
        names = asked.split(",") if isinstance(asked, str) else asked
        found = frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()
        found = found or frozenset(run.default_modes)
        return None if not found or run.own_modes in found else found  # which runs there are, and in which modes?

    @cached_property
    def chosen_key(self) -> Any:
        """The key that the client chose; ABSENT where the server does."""
        key = self.rule.key
        return self.look_up(key.source) if key and key.source else ABSENT

    @cached_property
    def policy(self) -> Policy | None:
        """What would happen if the chosen key were taken; None where no key was chosen or nothing is declared."""
        taken = self.rule.taken
        if taken is None or self.chosen_key is ABSENT:
            return None
        return taken.policy(self.look_up(taken.by) if taken.by else None)

    @cached_property
    def may_exist(self) -> bool:
        """Whether the response may show a thing that was there before: its key was chosen, and may not be new."""
        fresh = self.context.memory.get("fresh", ())
        return self.chosen_key is not ABSENT and not _is_among(self.chosen_key, fresh)

    @cached_property
    def conflict(self) -> bool:
        """Whether the chosen key is known to be taken, and the rule says that such a request is refused."""
        taken = self.context.memory.get("taken", ())
        return self.policy is not None and self.policy.reply == "refusal" and _is_among(self.chosen_key, taken)

    @cached_property
    def malformed_kind(self) -> str:
        """Why the request's body is no strict JSON; "" where it is, or where it need not be."""
        if json_media(self.operation) is None or self.case.form:
            return ""
        try:
            parse_json(self.request.body)
        except JsonError as error:
            if error.kind == "encoding" and self.request.body.startswith(b"\xef\xbb\xbf"):
                return "bom"
            return error.kind
        return ""

    @cached_property
    def broken(self) -> frozenset[str]:
        """Members of the response whose form is wrong: what they hold is a follow-up."""
        return frozenset(str(v.location[0]) for v in self.violations if v.where == "body" and v.location)

    def pointer(self, member: str, *, asked: bool = False) -> str:
        """Where the document declares a member of the response (or of the request)."""
        schema = self.asked_schema if asked else self.made_schema
        return f"{schema.pointer}/properties/{member}" if schema else self.operation.pointer

    def node_schema(self, member: str) -> Schema | None:
        """A member of the response as a schema of its own."""
        schema = self.made_schema
        return subschema(schema, self.made_members[member]) if schema and member in self.made_members else None

    def forms(self, member: str) -> Forms:
        """What the texts in a member denote, by the schemas of request and response."""
        return forms_of(member, self.made_schema, self.asked_schema)

    def branches(self, member: str) -> tuple[Branch, ...]:
        """The ways in which a member of the response can match its schema."""
        schema = self.made_schema
        return shapes(schema).branches(self.made_members[member]) if schema and member in self.made_members else ()

    @property
    def json(self) -> Any:
        """The JSON value of the response; None where it holds none."""
        return None if self.value is ABSENT else self.value

    @property
    def seconds(self) -> float:
        """How long the exchange took."""
        return self.exchange.elapsed

    def problem(  # noqa: PLR0913 - the members of a problem, by name
        self,
        expected: str,
        got: str,
        *,
        where: str = "",
        source: str = "",
        evidence: Evidence = "documented",
        exchanges: int = 1,
        unconditional: bool = False,
    ) -> Problem:
        """A problem of this exchange; without a source, that is the operation."""
        return Problem(got, expected, where, source or self.operation.pointer, evidence, exchanges, unconditional)

    def compared(self) -> None:
        """Note that a scenario held this answer against what it should be."""
        self.context.comparisons.made += 1

    def find(self, check: str, expected: str, got: str, **details: Unpack[ProblemDetails]) -> Finding:
        """A finding of a scenario about this exchange. details: as of `problem`."""
        return self.finding(check, self.problem(expected, got, **details))

    def finding(self, check: str, problem: Problem) -> Finding:
        """A problem as a finding of that check.

        The case's own evidence, of what it expects, weakens it; but not what holds whatever was sent. A rule that was
        inferred weakens all that is asked by it.
        """
        guessed = self._is_guess(check)
        evidence: Evidence = "assumed" if guessed else problem.evidence or "documented"
        held = evidence if problem.unconditional else weakest(evidence, self.case.evidence)
        # What was seen of the real service binds nobody who was asked to keep to the document.
        unsure = held == "assumed" or (held == "observed" and self.context.contract.layer == "documented")
        return Finding(
            check=check,
            operation=self.operation.slug,
            severity="unconfirmed" if unsure else "failure",
            evidence=held,
            where=problem.where,
            expected=problem.expected,
            got=problem.got,
            source=f"{problem.source}; {INFERRED}" if guessed else problem.source,
            case=case_record(self.exchange, exchanges=problem.exchanges),
        )

    def _is_guess(self, check: str) -> bool:
        """Whether a check asks for what only an inferred rule says. Checks of a project are declared by it."""
        if check in HOLD_WITHOUT_RULE or any(own.name == check for own in self.context.own_checks):
            return False
        return rests_on_inference(self.context.contract, self.operation)


def _is_among(key: Any, known: Collection[Any]) -> bool:
    """Whether a key that was sent is a known one. An invalid one may be any JSON, which no set takes."""
    return isinstance(key, str | int) and key in known
