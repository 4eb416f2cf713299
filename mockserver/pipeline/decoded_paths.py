"""Paths of which a server says only what they are decoded: which of their slashes may lie within a key.

`%2F` in a URL is a slash within one segment (RFC 3986, 2.2). Of a path that was decoded nobody can tell it from others:
a key that is stored is looked for, then a key that a client might choose.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from threadmock.specs.contract import Contract, Operation
from threadmock.specs.operations.path_templates import filled, names_in, renamed
from threadmock.specs.schemas.declared import nodes_of, types_of

_BOUNDS = frozenset(("pattern", "format", "enum", "const"))


def with_stored(path: str, keys: Collection[str]) -> str:
    """The path with each stored key that has a slash in one segment, the longest first."""
    for key in sorted(keys, key=len, reverse=True):
        form = re.compile(rf"(?<=/){re.escape(key)}(?=/|$)")
        path = form.sub(lambda found: filled("{key}", {"key": found[0]}), path)
    return path


def with_free(path: str, contract: Contract) -> Iterator[str]:
    """The path as one of those whose key is a text that clients choose, with what may be such a key in one segment."""
    for form, template in _free_paths(contract):
        found = form.fullmatch(path)
        if found:
            yield filled(template, dict(zip(names_in(template), found.groups(), strict=True)))


@lru_cache(maxsize=32)
def _free_paths(contract: Contract) -> tuple[tuple[re.Pattern[str], str], ...]:
    chosen = {each.rule.resource for each in contract.operations if _client_chooses(each)}
    found: dict[str, str] = {}
    for each in contract.operations:
        if each.rule.resource in chosen and (free := frozenset(_free_names(each))):
            found[each.path] = _written(each.path, free)
    return tuple((re.compile(form, re.DOTALL), path) for path, form in found.items())


def _client_chooses(operation: Operation) -> bool:
    """Whether a client may choose the key of what the operation makes."""
    rule, source = operation.rule, operation.rule.key.source if operation.rule.key else None
    place = source.place if source else ""
    return (rule.action == "create" and place == "body") or (rule.missing == "create" and place == "path")


def _free_names(operation: Operation) -> Iterator[str]:
    """The path parameter of the thing's own key, where any text will do."""
    key = operation.rule.key
    named = key.source.steps[0] if key and key.source and key.source.place == "path" else ""
    for each in operation.parameters_in("path"):
        node = each.schema.document
        bound = any(_BOUNDS & part.keys() for part in nodes_of(each.schema, node))
        if each.name == named and not bound and types_of(each.schema, node) <= {"string"}:
            yield named


def _written(template: str, free: Iterable[str]) -> str:
    marks = {name: "(.+)" if name in free else "([^/]+)" for name in names_in(template)}
    pieces = re.split(r"\0(.*?)\0", renamed(template, lambda name: f"\0{name}\0"))
    return "".join(marks[piece] if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
