"""One request leaves no trace in the response to another, except the thing that it was to make."""

from collections.abc import Iterator
from typing import Any

from threadmock.contracts.cases.case import base_value, full_value, key_member
from threadmock.contracts.cases.encoding import text_of
from threadmock.contracts.cases.references import body_schema
from threadmock.contracts.cases.samples import most
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.echo import same
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.moments import read_moments
from threadmock.contracts.scenarios.scenario import ask, has_base, make_case, marked, new_key, usable
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SchemaError
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.replies import answer_members
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.strictjson import dump_json

MAX_INVALID = 5
_OF_FORMAT = {"date-time": "2001-02-03T04:05:06Z", "uuid": "f0f0f0f0-dead-4bad-8bad-f0f0f0f0f0f0"}
_WRONG: tuple[Any, ...] = ("no_such_value", 12345, True, ["text"], {"a": 1}, None)


def run_isolation(context: Context, operation: Operation) -> Iterator[Finding]:
    """The plain request is answered alike before and after one that says all it can."""
    plain = make_case(operation, base_value(operation), "a plain request")
    first, second = ask(context, plain), ask(context, plain)
    for value in (usable(context, operation, marked(operation, "to leak")), full_value(operation)):
        ask(context, make_case(operation, value, "a request that says much"))
    after = ask(context, plain)
    if not (first.made and second.made and after.made):
        return
    for name in _stable_members(first, second):
        before, now = first.made.get(name, ABSENT), after.made.get(name, ABSENT)
        if before is not ABSENT:
            after.compared()
        if not (_alike(before, now) or (_names_parent(first, before) and _names_parent(after, now))):
            yield after.find(
                "isolation",
                f"{name} as in the answer to the same request before",
                f"{name}: another value after a request that set it",
                where=f"/{name}",
                source="one request has no part in another",
                exchanges=5,
            )


def _stable_members(first: Reading, second: Reading) -> list[str]:
    """Members that two answers to one request agree on; keys and times are each response's own."""
    own = {*read_moments(first), first.rule.key.member if first.rule.key else ""}
    names = [*first.made_members, *(n for n in first.made if n not in first.made_members)]
    return [n for n in names if n not in own and _alike(first.made.get(n, ABSENT), second.made.get(n, ABSENT))]


def _names_parent(reading: Reading, value: Any) -> bool:
    """Whether a value is one of the path: two requests may be about things in different parents."""
    return text_of(value) in reading.path_values.values() if isinstance(value, str | int) else False


def _alike(first: Any, second: Any) -> bool:
    if first is ABSENT or second is ABSENT:
        return first is second
    return same(first, second)


def run_forged(context: Context, operation: Operation) -> Iterator[Finding]:
    """What only the server sets can't be set by naming it: each such member is sent, with a value of the other sort."""
    plain = ask(context, make_case(operation, base_value(operation), "a plain request"))
    if not plain.made:
        return
    forgeries = _forgeries(plain)
    base, schema = base_value(operation), body_schema(operation)
    forgeries = {n: v for n, v in forgeries.items() if schema is None or checker(schema).accepted({**base, n: v})}
    value = {**base, **forgeries}
    if not forgeries:
        context.comparisons.lack("the answer declares no member that a client could forge, and the request takes")
        return
    got = ask(context, make_case(operation, value, "members that the server sets"), without=("server_set",))
    for name, forgery in forgeries.items():
        if name in got.made:
            got.compared()
        if name in got.made and same(forgery, got.made[name], got.forms(name)):
            yield got.find(
                "forged",
                f"{name} as the server sets it: the request's schema does not have it",
                f"{name}: what the client sent",
                where=f"/{name}",
                source=got.pointer(name),
                exchanges=2,
            )


def _forgeries(plain: Reading) -> dict[str, Any]:
    """Members that only the response declares: name to a valid value other than the server's own."""
    schema = plain.made_schema
    found = {}
    for name, node in plain.made_members.items():
        if schema is None or name in properties(plain.asked_schema):
            continue
        own = plain.made.get(name, ABSENT)
        value = _other(schema, node, own, name)
        if value is not ABSENT and (own is ABSENT or not same(value, own)):
            found[name] = value
    return found


def _other(schema: Any, node: Any, own: Any, name: str) -> Any:
    branches = [branch for branch in shapes(schema).branches(node) if branch.kind != "null"]
    if not branches:
        return ABSENT
    branch = branches[0]
    if branch.kind == "enum":
        return next((member for member in branch.keywords["enum"] if member != own), ABSENT)
    if branch.kind == "object":
        return _forged_object(schema, node, name)
    by_kind = {"boolean": own is not True, "integer": 424242, "number": 424242, "string": f"forged {name}"}
    return _OF_FORMAT.get(branch.keywords.get("format", ""), by_kind.get(branch.kind, ABSENT))


def _forged_object(schema: Any, node: Any, name: str) -> Any:
    try:
        value = most(schema, node, name=f"forged {name}")
    except SchemaError:
        return ABSENT
    return value or {"forged": name}


def refused_applies(_: Contract, operation: Operation) -> str:
    """Creates where the client may choose the key and something else can be wrong."""
    if operation.rule.action != "create" or not key_member(operation) or not has_base(operation):
        return "the client can't choose a key, so that nothing shows what a refused request left behind"
    return "" if _invalid_bodies(operation) else "no other member can be wrong"


def _invalid_bodies(operation: Operation) -> list[dict[str, Any]]:
    """Bodies with one wrong member each, other than the key."""
    media = next((m for m in operation.body.content.values() if m.schema), None) if operation.body else None
    base = base_value(operation)
    if media is None or media.schema is None or not isinstance(base, dict):
        return []
    judge, found = checker(media.schema), []
    for name in properties(media.schema):
        if name != key_member(operation):
            bodies = ({**base, name: wrong} for wrong in _WRONG)
            found.extend([body for body in bodies if judge.refused(body)][:1])
    return found[:MAX_INVALID]


def run_refused_leaves_nothing(context: Context, operation: Operation) -> Iterator[Finding]:
    """A request that was refused has made nothing: its key is free. The same for one without credentials."""
    member = key_member(operation) or ""
    attempts: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("a wrong member", body, {"intent": "invalid"}) for body in _invalid_bodies(operation)
    ]
    if operation.security:
        refused = {"intent": "credentials", "credentials": "absent"}
        attempts.append(("no credentials", base_value(operation), refused))
    for what, body, more in attempts:
        key = new_key(context, operation)
        refusal = ask(context, make_case(operation, {**body, member: key}, f"a new key with {what}", **more))
        if not 400 <= refusal.status < 500:
            continue
        context.memory["fresh"].add(key)
        made = ask(
            context,
            make_case(operation, {**base_value(operation), member: key}, f"the key that was refused with {what}"),
            without=("valid_accepted",),
        )
        if made.accepted:
            made.compared()
        if 400 <= made.status < 500 and made.status != 429 and _takes_new_key(context, operation, member):
            yield made.find(
                "refused_leaves_nothing",
                f"status {operation.success}: the key was refused before, so that nothing has it",
                f"status {made.status} after a refusal for {what}",
                where=f"/{member}",
                source="a refused request changes nothing (RFC 9110, 15.5)",
                exchanges=2,
            )


def _takes_new_key(context: Context, operation: Operation, member: str) -> bool:
    """Whether a key that no request named before is accepted: else a refusal says nothing about an earlier one."""
    value = {**base_value(operation), member: new_key(context, operation)}
    case = make_case(operation, value, "a key that was never refused")
    return ask(context, case, without=("valid_accepted",)).accepted


def run_precedence(context: Context, operation: Operation) -> Iterator[Finding]:
    """Where several members of the request give one of the response: each alone counts, the first before the others."""
    for member, sources in several_sources(operation).items():
        values = {name: number for number, name in enumerate(sources, 1)}
        alone = [{name: value} for name, value in values.items()]
        together = [{name: values[name] for name in sources[first:]} for first in range(len(sources) - 1)]
        for trial in (*alone, *together):
            case = make_case(operation, {**base_value(operation), **trial}, f"{member} by {' and '.join(trial)}")
            got = ask(context, case, without=("settings", "echo"))
            expected = next(iter(trial.values()))
            if member in got.made:
                got.compared()
            if member in got.made and dump_json(got.made[member]) != dump_json(expected):
                first = next(iter(trial))
                yield got.find(
                    "precedence",
                    f"{member} is what {first} says",
                    f"{member}: another value, where "
                    + (f"{first} was sent" if len(trial) == 1 else f"{first} and others were sent"),
                    where=f"/{member}",
                    source=f"rule {operation.pointer}/x-behaviour/set/{member}",
                    evidence=_source_evidence(operation, member, first),
                )


def precedence_applies(_: Contract, operation: Operation) -> str:
    """Operations where a member has several sources in the body."""
    if operation.rule.action != "create" or not has_base(operation):
        return "no valid JSON body is known"
    return "" if several_sources(operation) else "no member of the answer has several sources"


def several_sources(operation: Operation) -> dict[str, list[str]]:
    """Member of the response to the integer members of the body that give it, first one first."""
    media = next((m for m in operation.body.content.values() if m.schema), None) if operation.body else None
    asked = properties(media.schema) if media else {}
    found = {}
    for member, setting in operation.rule.set.items():
        names: list[str] = []
        inner: Any = setting
        while inner is not None:
            names += [s.steps[0] for s in inner.sources if s.place == "body" and len(s.steps) == 1]
            inner = inner.otherwise
        usable = [n for n in names if isinstance(asked.get(n), dict) and asked[n].get("type") == "integer"]
        if len(usable) > 1 and member in answer_members(operation):
            found[member] = usable
    return found


def _source_evidence(operation: Operation, member: str, name: str) -> Any:
    inner: Any = operation.rule.set[member]
    while inner is not None:
        if any(source.steps == (name,) for source in inner.sources):
            return inner.evidence
        inner = inner.otherwise
    return "assumed"
