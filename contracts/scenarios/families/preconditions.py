"""Changes that name the state which they are meant for: If-Match, and If-None-Match of what must not be there yet."""

from collections.abc import Iterator
from dataclasses import replace

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import Case, plain_value
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import evidence_of, keys_of
from threadmock.contracts.scenarios.families.updates import changed_members, changes, reader, thing_for
from threadmock.contracts.scenarios.scenario import ask
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.members import ABSENT

MOST = 7
_OTHER = '"threadmock-no-such-state"'
_NOT_MODIFIED = 304
_JUDGED_HERE = ("valid_accepted",)


def conditional(contract: Contract, operation: Operation) -> str:
    """Updates that are refused where a header of theirs names another state, or none."""
    rule = operation.rule.conditional
    if rule is None or not (rule.if_match or rule.required or rule.if_none_match not in (0, _NOT_MODIFIED)):
        return "no rule says what If-Match or If-None-Match of a change do"
    return changes(contract, operation)


def run_preconditions(context: Context, operation: Operation) -> Iterator[Finding]:
    """Another state, none, and what must not be there are refused; the present state is not, until it has changed."""
    rule = operation.rule.conditional
    if rule is None:
        return
    thing = thing_for(context, operation)
    attempts = _Changes(context, operation, keys_of(thing))
    if rule.if_match:
        yield from attempts.refused("an If-Match that names no state", rule.if_match, {"if-match": _OTHER})
    if rule.required:
        yield from attempts.refused("no If-Match", rule.required, {"if-match": None})
    if rule.if_none_match not in (0, _NOT_MODIFIED):
        yield from attempts.refused("If-None-Match: * though it is there", rule.if_none_match, {"if-none-match": "*"})
    if rule.if_match:
        yield from attempts.overtaken(rule.if_match)


class _Changes:
    """The changes of one thing. Each has other texts, so that its state is another afterwards."""

    def __init__(self, context: Context, operation: Operation, keys: dict[str, object]) -> None:
        self.context, self.operation, self.keys = context, operation, keys
        self.count = 0

    def refused(self, what: str, status: int, headers: dict[str, str | None]) -> Iterator[Finding]:
        """A change that has to be refused with a status."""
        got = self.ask(what, headers)
        if got.accepted:
            yield self.find(got, f"status {status} for a change with {what}", f"status {got.status}: it is made")
        elif got.status == status:
            got.compared()

    def overtaken(self, status: int) -> Iterator[Finding]:
        """The state that a read shows is taken once, and refused when the thing has changed."""
        first = self.tag()
        if not first:
            return
        got = self.ask("the present state", {"if-match": first})
        if got.status == status:
            yield self.find(got, "a change whose If-Match names the present state is made", f"status {status}")
        second = self.tag() if got.accepted else ""
        if second and second != first:
            yield from self.refused("an If-Match of the state before", status, {"if-match": first})

    def tag(self) -> str:
        """The entity tag that a read shows; "" where it shows none that If-Match may name (RFC 9110, 13.1.1)."""
        read = reader(self.context.contract, self.operation)
        got = ask(self.context, case_about(read, self.keys, "its state")) if read else None
        tag = got.response.headers.get("etag", "") if got and got.response and got.accepted else ""
        return tag if tag.startswith('"') else ""

    def ask(self, label: str, headers: dict[str, str | None]) -> Reading:
        """Change the thing with these headers; None takes one away."""
        self.count += 1
        value = changed_members(self.context.contract, self.operation, f"changed {self.count}")
        case = case_about(self.operation, self.keys, label, value=value or plain_value(self.operation) or ABSENT)
        return ask(self.context, _with_headers(case, headers), without=_JUDGED_HERE)

    def find(self, got: Reading, expected: str, seen: str) -> Finding:
        """A finding of what was seen."""
        rule = self.operation.rule.conditional
        return got.find(
            "preconditions",
            expected,
            seen,
            source="RFC 9110, 13.1.1 and 13.1.2; RFC 6585, 3",
            evidence=weakest(evidence_of(self.operation), rule.evidence if rule else "documented"),
            exchanges=2 + self.count,
        )


def _with_headers(case: Case, headers: dict[str, str | None]) -> Case:
    kept = {name: value for name, value in case.request.headers.items() if name not in headers}
    added = {name: value for name, value in headers.items() if value is not None}
    return replace(case, request=replace(case.request, headers={**kept, **added}))
