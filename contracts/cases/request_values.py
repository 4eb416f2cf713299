"""The value at a place of a request, as a server reads it that obeys the rules: as the mock does."""

from collections.abc import Mapping
from typing import Any

from threadmock.contracts.cases.case import Case
from threadmock.contracts.cases.references import body_schema, parameter_of
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation
from threadmock.specs.members import ABSENT, dig
from threadmock.specs.operations.parameters import parse_query, unstyled, value_of
from threadmock.specs.operations.path_templates import values_in
from threadmock.specs.operations.spelling import respell
from threadmock.specs.schemas.declared import properties
from threadmock.specs.wire.messages import Request

BEFORE, BEHIND = "/*?", "(?:/.*)?"
"""What may stand around the path of a request that is sent to see what comes of it: slashes, further segments."""


def value_at(operation: Operation, request: Request, body: Any, source: Source) -> Any:
    """The value of a place; of a source with others, the first text or number. ABSENT where there is none.

    body: the JSON value that members are read in, such as `members_of` gives it. A text in a path or a header; in a
    query what the text stands for by the parameter's schema, the last one where it came several times.
    """
    places = (Source(source.place, source.steps), *source.others)
    found = (_value(operation, request, body, place) for place in places)
    if not source.others:
        return next(found)
    return next((value for value in found if isinstance(value, str | int | float)), ABSENT)


def _value(operation: Operation, request: Request, body: Any, source: Source) -> Any:
    name = ".".join(source.steps)
    if source.place == "path":
        return path_values(operation, request).get(name, ABSENT)
    if source.place == "query":
        return _in_query(operation, request, source, name)
    if source.place == "header":
        return request.headers.get(name.lower(), ABSENT)
    return dig(body, source.steps) if source.place == "body" else ABSENT


def _in_query(operation: Operation, request: Request, source: Source, name: str) -> Any:
    texts = [text for given, text in parse_query(request.query) if given == name]
    if not texts:
        return ABSENT
    parameter = parameter_of(operation, source)
    return value_of(parameter, texts) if parameter else texts[-1]


def path_values(operation: Operation, request: Request) -> dict[str, str]:
    """The path parameters of a request, without their styles; {} for another path.

    Also where slashes or more segments stand around it.
    """
    return dict(unstyled(operation, values_in(operation.path, request.path, before=BEFORE, behind=BEHIND))[0])


def members_of(case: Case) -> Mapping[str, Any]:
    """The members of a case's body, in the document's spelling; {} where it is no object."""
    if not isinstance(case.value, dict):
        return {}
    if not case.operation.rule.spelling.accepts_both:
        return case.value
    members: dict[str, Any] = respell(case.value, properties(body_schema(case.operation)))
    return members


def value_in(case: Case, source: Source) -> Any:
    """The value of a place in a case's request; ABSENT where there is none."""
    return value_at(case.operation, case.request, members_of(case), source)
