"""What can be wrong with a path: its form, its parameters, another path that it can't be told from."""

import re
from collections.abc import Collection
from typing import Protocol

from threadmock.specs.behaviour.read_agents import run_sources
from threadmock.specs.behaviour.read_rules import sources_of
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.vocabulary import reference
from threadmock.specs.contract import Operation, Parameter
from threadmock.specs.documents.places import DocumentPlace
from threadmock.specs.errors import DocumentError, RuleError, nearest, raise_all
from threadmock.specs.operations.path_templates import literal, names_in, shape
from threadmock.specs.schemas.schema import Schema

_MAX_COMPARED = 1000
_END = re.compile(r"[?#](?![^{]*\})")  # a parameter's name may hold them


class Complaints(Protocol):
    """Where to say that something is wrong, by JSON pointer."""

    def fail(self, what: str, pointer: str, fix: str) -> DocumentError:
        """The error to raise."""

    def warn(self, what: str, pointer: str) -> None:
        """Note something that does not stop the loading."""


def check_path(
    reader: Complaints, path: str, pointer: str, methods: Collection[str], shapes: dict[str, dict[str, str]]
) -> list[str]:
    """The methods that another path of its shape has already: see `twin`. DocumentError where no request has the path.

    shapes: to method to path, so far.
    """
    if not path.startswith("/"):
        raise reader.fail(f"The path {path!r} does not begin with a slash.", pointer, "Add it.")
    bare = literal(path)
    if "{" in bare or "}" in bare:
        raise reader.fail(f"The braces of the path {path!r} don't pair.", pointer, "Write a parameter as {name}.")
    names = names_in(path)
    if len(set(names)) < len(names):
        raise reader.fail(f"The path {path!r} names one parameter twice.", pointer, "Give each a name of its own.")
    own = shape(path)
    twins = shapes.setdefault(own, {})
    taken = [method for method in methods if method in twins]
    if twins and len(taken) < len(methods):
        other = next(iter(twins.values()))
        reader.warn(f"this path and {other!r} are the same but for names; they are told apart by method", pointer)
    elif not twins and len(shapes) < _MAX_COMPARED:
        segments = own.split("/")
        for other_shape, others in shapes.items():
            if others and _ambiguous(segments, other_shape.split("/")):
                other = next(iter(others.values()))
                reader.warn(f"a request may match both this path and {other!r}; neither is the plainer one", pointer)
    twins.update({method: path for method in methods if method not in taken})
    return taken


def requested(reader: Complaints, path: str, pointer: str) -> str:
    """The path as requests have it: without what stands behind `?` or `#`, which is warned about."""
    end = _END.search(path)
    if end is None:
        return path
    shown = path[: end.start()] or "/"
    reader.warn(f"a path ends before `?` and `#`: it is served as {shown!r}; declare query parameters", pointer)
    return shown


def twin(reader: Complaints, path: str, pointer: str, method: str, shapes: dict[str, dict[str, str]]) -> DocumentError:
    """The error about a method of a path that can't be told from another path. shapes: as of `check_path`."""
    what = f"The paths {shapes[shape(path)][method]!r} and {path!r} can't be told apart: both have {method.upper()}."
    return reader.fail(what, pointer, "Keep one of them.")


def _ambiguous(one: list[str], other: list[str]) -> bool:
    """Whether two paths, by their segments, can match one request while each is the more literal one somewhere."""
    if len(one) != len(other):
        return False
    plainer, other_plainer = False, False
    for a, b in zip(one, other, strict=True):
        if a == b:
            continue
        if a != "{}" and b != "{}":
            return False
        plainer, other_plainer = plainer or b == "{}", other_plainer or a == "{}"
    return plainer and other_plainer


def check_sources(operation: Operation, rule: Rule, where: DocumentPlace) -> None:
    """RuleError where a rule reads a parameter that the operation does not declare."""
    errors = []
    for source in (*sources_of(rule), *(run_sources(rule.run) if rule.run else ())):
        if source.place in ("path", "query"):
            known = [parameter.name for parameter in operation.parameters if parameter.location == source.place]
            if ".".join(source.steps) not in known:
                what = f"The rule reads {source}, and the operation has no such parameter."
                errors.append(
                    RuleError(
                        what, where=where, fix=f"{nearest('.'.join(source.steps), known)} {reference('source')}".strip()
                    )
                )
    raise_all(errors)


def fitting_parameters(
    reader: Complaints, path: str, parameters: tuple[Parameter, ...], pointer: str
) -> tuple[Parameter, ...]:
    """The parameters without those that the path lacks, and with those that it has and nobody declared, as texts."""
    named = names_in(path)
    declared = {p.name for p in parameters if p.location == "path"}
    found = []
    for parameter in parameters:
        if parameter.location == "path" and parameter.name not in named:
            what = f"the path has no {{{parameter.name}}}, so that parameter is not read"
            reader.warn(f"{what}. {nearest(parameter.name, named)}".rstrip(" ."), parameter.pointer)
        else:
            found.append(parameter)
    for missing in named:
        if missing not in declared:
            reader.warn(f"the path parameter {missing!r} is not declared; it is taken for a text", pointer)
            schema = Schema({"type": "string"}, f"{pointer}/parameters", "request")
            found.append(Parameter(missing, "path", True, schema, pointer=pointer, evidence="assumed"))
    return tuple(found)
