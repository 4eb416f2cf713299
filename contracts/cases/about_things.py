"""Requests about things that were created."""

from collections.abc import Mapping
from typing import Any

from threadmock.contracts.cases.case import Case, base_value, build_request, json_media, linked_members, plain_value
from threadmock.contracts.cases.encoding import text_of
from threadmock.contracts.cases.references import Reference, as_named, references
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation
from threadmock.specs.members import ABSENT


def case_about(
    operation: Operation,
    keys: Mapping[str, Any],
    label: str,
    *,
    value: Any = ABSENT,
    at: Mapping[Source, Any] | None = None,
) -> Case:
    """A valid case about the things with these keys.

    value: the body; ABSENT for the smallest one. at: further values, by place in query, path or body. NotSent where a
    key is not known.
    """
    needed = operation.body is not None and operation.body.required
    body = value if value is not ABSENT else plain_value(operation) if needed else base_value(operation)
    known = {*(at or {}), *(name.source for name in references(operation) if name.resource in keys)}
    lacking = [
        name.resource
        for name in references(operation)
        if name.strict and name.source not in known and not _left_out(body, name.source)
    ]
    # A place after one that is given on purpose may hold anything.
    if lacking and not at:
        raise NotSent(f"{operation} names a {lacking[0]} that is not known")
    named = [name for name in references(operation) if name.resource in keys]
    places = {name.source: as_named(operation, name.source, keys[name.resource]) for name in named}
    places |= at or {}
    if isinstance(body, dict):
        body = {**body, **{s.steps[0]: v for s, v in places.items() if s.place == "body" and len(s.steps) == 1}}
    request = build_request(
        operation,
        body,
        path_values={s.steps[0]: text_of(v) for s, v in places.items() if s.place == "path"},
        query={s.steps[0]: v for s, v in places.items() if s.place == "query"},
    )
    form = isinstance(body, dict) and json_media(operation) is None
    return Case(operation, request, "valid", label, "scenario", body, form=form, standing="there")


def _left_out(body: Any, source: Source) -> bool:
    """Whether a place is in the body, which does not have it: such a request names nothing there."""
    return source.place == "body" and isinstance(body, dict) and source.steps[0] not in body


def linked_to(operation: Operation, name: Reference) -> list[str]:
    """Body members that say again what a place of the path says."""
    if name.source.place != "path":
        return []
    return [member for member, parameter in linked_members(operation).items() if parameter in name.source.steps]


def destroys(case: Case) -> bool:
    """Whether the request may remove what it names."""
    return case.operation.rule.traits.destroys or case.request.method == "DELETE"


def ends_thing(case: Case) -> bool:
    """Whether the request says when the thing ends: that may be at once."""
    rule = case.operation.rule
    if rule.expires is None or not isinstance(case.value, dict):
        return False
    setting = rule.set.get(rule.expires.at[0])
    sources = setting.sources if setting else ()
    return bool(case.value.keys() & {rule.expires.at[0], *(source.steps[0] for source in sources)})
