"""Parameters as text: what a path, query, header or cookie value means under its schema.

Serialisation follows OpenAPI 3.1.0, 4.8.12: `simple` in paths and headers, `form` in queries and cookies, also
`spaceDelimited` and `pipeDelimited`; `label` and `matrix` in paths, which `unstyled` makes plain. Objects are read in
queries: in brackets, by names of their own, or in one text. Objects elsewhere are not read: such a value is not judged.
"""

import weakref
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from threadmock.specs.contract import Operation, Parameter
from threadmock.specs.operations.brackets import steps_of_name, unfolded
from threadmock.specs.operations.text_values import typed
from threadmock.specs.schemas.declared import item_types, properties, types_of
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import Violation, checker
from threadmock.specs.wire.messages import Request, header_of

MAX_PAIRS = 1000
_SEPARATORS: Mapping[str, str] = {"simple": ",", "form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_STYLED = ("label", "matrix")


def parse_query(query: str) -> list[tuple[str, str]]:
    """Name and value of each pair, in order, decoded; at most MAX_PAIRS are kept."""
    if not query:
        return []
    if query.count("&") >= MAX_PAIRS:
        query = "&".join(query.split("&", MAX_PAIRS)[:MAX_PAIRS])
    return parse_qsl(query, keep_blank_values=True)


def _texts(parameter: Parameter, request: Request, path_values: Mapping[str, str]) -> list[str]:
    if parameter.location == "path":
        return [path_values[parameter.name]] if parameter.name in path_values else []
    if parameter.location == "header":
        value = header_of(request, parameter.name)
        return [] if value is None else [value]
    if parameter.location == "query":
        return [value for name, value in parse_query(request.query) if name == parameter.name]
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return [value for name, _, value in pairs if name == parameter.name]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is asked of a parameter's schema again and again.

    read: whether we know how its value is written as text; is_object: whether a query carries it as an object.
    """

    types: frozenset[str]
    items: frozenset[str]
    read: bool
    is_object: bool

    @property
    def judged(self) -> bool:
        """Whether we can tell what its value is."""
        return self.read or self.is_object


_shapes: "weakref.WeakKeyDictionary[Parameter, _Shape]" = weakref.WeakKeyDictionary()


def _shape_of(parameter: Parameter) -> _Shape:
    found = _shapes.get(parameter)
    if found is None:
        schema = parameter.schema
        types = types_of(schema, schema.document)
        known = parameter.style in _SEPARATORS or (parameter.location == "path" and parameter.style in _STYLED)
        read = known and ("object" not in types or "string" in types)
        known = parameter.style in ("deepObject", "form") and parameter.location == "query"
        is_object_ = known and not read and ("object" in types or parameter.style == "deepObject")
        found = _shapes[parameter] = _Shape(types, item_types(schema, schema.document), read, is_object_)
    return found


def is_read(parameter: Parameter) -> bool:
    """Whether we know how a parameter's value is written as text; else it is not judged."""
    return _shape_of(parameter).read


def value_of(parameter: Parameter, texts: Sequence[str]) -> Any:
    """The value that the texts of one parameter stand for; several where it was sent several times."""
    shape = _shape_of(parameter)
    if not shape.read:
        return texts[-1]
    if "array" not in shape.types or ("string" in shape.types and len(texts) == 1):
        return typed(texts[-1], shape.types)
    if parameter.explode and parameter.location in ("query", "cookie"):
        return [typed(part, shape.items) for part in texts]
    parts = (part for text in texts for part in text.split(_SEPARATORS.get(parameter.style, ",")))
    # RFC 9110, 5.6.1: blanks around the members of a list in a header mean nothing.
    return [typed(part.strip(" \t") if parameter.location == "header" else part, shape.items) for part in parts]


def without_style(parameter: Parameter, text: str) -> str | None:
    """The text of a path parameter without its style, lists as in `simple`: `5` of `.5`, `3,4` of `;id=3;id=4`.

    None where it is not written in that style. Of lists in `label` OpenAPI 3.1.0 has points and 3.1.1 commas: both are
    read.
    """
    if parameter.style not in _STYLED or not is_read(parameter):
        return text
    several = "array" in _shape_of(parameter).types
    if parameter.style == "label":
        found = text[1:]
        points = several and (parameter.explode or "," not in found)
        return (found.replace(".", ",") if points else found) if text.startswith(".") else None
    mark = f";{parameter.name}"
    if text == mark:
        return ""
    found = text.removeprefix(f"{mark}=")
    return None if found == text else found.replace(f"{mark}=", ",") if several and parameter.explode else found


def unstyled(operation: Operation, path_values: Mapping[str, str]) -> tuple[Mapping[str, str], list[Violation]]:
    """The texts of a path as plain ones, and a complaint of each that is not in its style; that stays as it is."""
    made: dict[str, str] = {}
    wrong: list[Violation] = []
    for parameter in operation.parameters:
        if parameter.style in _STYLED and parameter.location == "path" and parameter.name in path_values:
            found = without_style(parameter, path_values[parameter.name])
            if found is None:
                shown = "`.VALUE`" if parameter.style == "label" else f"`;{parameter.name}=VALUE`"
                message = f"the path parameter {parameter.name!r} is written {shown} (style {parameter.style})"
                wrong.append(_violation(parameter, "style", message))
            else:
                made[parameter.name] = found
    return ({**path_values, **made} if made else path_values), wrong


def read_parameter(parameter: Parameter, request: Request, path_values: Mapping[str, str]) -> tuple[bool, Any]:
    """Whether the parameter is there, and its value."""
    texts = _texts(parameter, request, path_values)
    return (True, value_of(parameter, texts)) if texts else (False, None)


def is_object(parameter: Parameter) -> bool:
    """Whether a query carries the parameter's value as an object, by names of its own or in brackets."""
    return _shape_of(parameter).is_object


def _read_object(parameter: Parameter, request: Request, names: Collection[str]) -> tuple[bool, Any]:
    """Whether a query has the object, and its value. names: those of the operation's parameters.

    Of an object whose members stand alone in the query nothing may be left: then it is there, and empty.
    """
    pairs, schema = parse_query(request.query), parameter.schema
    if parameter.style == "deepObject":
        own = [(name, text) for name, text in pairs if steps_of_name(name)[0] == parameter.name]
        whole = Schema({**_wrapped(parameter), "$defs": schema.document.get("$defs", {})}, "", "request")
        value = unfolded(whole, own).get(parameter.name)
        return bool(own), value
    if parameter.explode:
        members = properties(schema).keys() - names
        own = [(name, text) for name, text in pairs if name in members]
        return bool(own) or parameter.required, unfolded(schema, own)
    texts = [text for name, text in pairs if name == parameter.name]
    parts = texts[-1].split(",") if texts else []
    return bool(texts), unfolded(schema, zip(parts[::2], parts[1::2], strict=False))


def _wrapped(parameter: Parameter) -> Mapping[str, Any]:
    node = {keyword: child for keyword, child in parameter.schema.document.items() if keyword != "$defs"}
    return {"properties": {parameter.name: node}}


def check_parameters(
    operation: Operation, request: Request, path_values: Mapping[str, str]
) -> tuple[dict[str, Any], list[Violation]]:
    """The values by name, and what is wrong with them. A name that no parameter has is passed over. Never raises.

    Of parameters that share a name in several locations, it is that of the query: rules read the others as texts.
    """
    values: dict[str, Any] = {}
    asked = {parameter.name for parameter in operation.parameters if parameter.location == "query"}
    violations: list[Violation] = []
    for parameter in operation.parameters:
        shape = _shape_of(parameter)
        if shape.is_object:
            present, value = _read_object(parameter, request, {each.name for each in operation.parameters})
        else:
            present, value = read_parameter(parameter, request, path_values)
        if not present:
            if parameter.required and shape.judged:
                message = f"the {parameter.location} parameter {parameter.name!r} is required"
                violations.append(_violation(parameter, "required", message))
            continue
        found = check_value(parameter, value)
        if found:
            violations.extend(found)
        elif parameter.location == "query" or parameter.name not in asked:
            values[parameter.name] = value
    return values, violations


def check_value(parameter: Parameter, value: Any) -> list[Violation]:
    """What is wrong with a parameter's value; [] also where we can't tell."""
    if not _shape_of(parameter).judged:
        return []
    judge = checker(parameter.schema)
    try:
        if judge.valid(value):
            return []
        found = judge.violations(value, parameter.location)
    except ValueError:
        return [_violation(parameter, "encoding", "a text holds half of a surrogate pair")]
    return [
        Violation(parameter.location, v.keyword, (parameter.name, *v.location), v.message, v.schema_pointer, v.evidence)
        for v in found
    ]


def _violation(parameter: Parameter, keyword: str, message: str) -> Violation:
    return Violation(
        parameter.location, keyword, (parameter.name,), message, parameter.pointer, evidence=parameter.evidence
    )
