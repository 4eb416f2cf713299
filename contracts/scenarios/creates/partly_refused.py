"""A create that is refused in part: what it makes is there all the same."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import base_value, full_value, key_member
from threadmock.contracts.cases.families import reads
from threadmock.contracts.cases.references import body_schema
from threadmock.contracts.cases.request_values import value_at
from threadmock.contracts.checks import Context
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.situation import may_hold
from threadmock.contracts.scenarios.asking import ask_missing, evidence_of
from threadmock.contracts.scenarios.scenario import ask, make_case, new_key
from threadmock.specs.behaviour.rule import Condition
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SchemaError
from threadmock.specs.evidence import weakest
from threadmock.specs.members import put
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request

MOST = 3


def partly_refused(contract: Contract, operation: Operation) -> str:
    """Creates with a refusal that leaves the thing, of a thing whose key the client may choose and that is read."""
    kept = [condition for condition in operation.rule.conditions if condition.kept]
    if operation.rule.action != "create" or not kept:
        return "no refusal leaves what was made"
    if key_member(operation) is None or not reads(contract, operation.rule.resource):
        return "nobody can look for what was made"
    return "" if _bodies(operation) else "no request is known that is refused so"


def _bodies(operation: Operation) -> list[tuple[dict[str, Any], Condition]]:
    kept = (condition for condition in operation.rule.conditions if condition.kept)
    return [(body, condition) for condition in kept if (body := _body(operation, condition))]


def _body(operation: Operation, condition: Condition) -> dict[str, Any]:
    """A valid body of which the condition holds, as far as the request shows; {} where none is known."""
    try:
        made, full = base_value(operation), full_value(operation)
    except SchemaError:
        return {}
    schema = body_schema(operation)
    if not isinstance(made, dict) or not isinstance(full, dict) or schema is None:
        return {}
    made = dict(made)
    named = [(steps, wanted) for place, steps, wanted in condition.when if place == "body"]
    if condition.some is not None:
        named.append((condition.some.steps[:1], {"present": True}))
    for steps, wanted in named:
        if not isinstance(wanted, dict):
            put(made, steps, wanted)
        elif wanted.get("present") and steps[0] in full:
            made[steps[0]] = full[steps[0]]
    look_up = partial(value_at, operation, Request(operation.method, "/"), made)
    return made if checker(schema).accepted(made) and may_hold(condition, look_up, made) else {}


def run_kept(context: Context, operation: Operation) -> Iterator[Finding]:
    """Make a thing in a way that is refused in part, under a new key: a read finds it."""
    member, resource = key_member(operation), operation.rule.resource
    for body, condition in _bodies(operation)[:MOST]:
        if member is None:
            return
        key = new_key(context, operation)
        got = ask(context, make_case(operation, {**body, member: key}, "refused in part"))
        if got.status != condition.status:
            context.comparisons.lack(f"no request was refused in part ({condition.status})")
            continue
        read = reads(context.contract, resource)[0]
        after = ask_missing(context, case_about(read, {resource: key}, "what was refused in part"))
        if after.response is not None and after.status < 500 and after.status != 429:
            after.compared()
        if 400 <= after.status < 500 and after.status != 429:
            yield after.find(
                "kept",
                f"the {resource} is there, though a part of the request was refused ({condition.status})",
                f"status {after.status}",
                source=f"rule {operation.pointer}/x-behaviour/refuse",
                evidence=weakest(condition.evidence, evidence_of(operation, read)),
                exchanges=2,
            )
