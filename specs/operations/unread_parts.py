"""What a document holds that neither mock nor suite takes notice of: said once for each kind, with its first place."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.specs.documents.pointers import escaped
from threadmock.specs.errors import SpecError
from threadmock.specs.schemas.dialect import Dialect

_WORDS = {
    "webhooks": "are not read: the mock sends nothing by itself, and the suite receives nothing",
    "callbacks": "are not read: the mock sends nothing by itself, and the suite receives nothing",
    "links": "are not read: which operations belong together is inferred from paths and members",
    "methods": "of OpenAPI 3.2 (`query`, `additionalOperations`) are not read",
    "itemSchema": "of OpenAPI 3.2 are not read: items of a stream are not judged",
}
_METHODS_OF_3_2 = ("query", "additionalOperations")


def unread_parts(tree: Mapping[str, Any], dialect: Dialect) -> Iterator[str]:
    """One line for each kind of part, with its first place; what stands behind a `$ref` is counted where it stands."""
    found: dict[str, dict[str, None]] = {}
    for kind, pointer in _parts(tree, dialect):
        found.setdefault(kind, {})[pointer] = None
    for kind, pointers in found.items():
        yield f"{dialect.where(next(iter(pointers)))}: `{kind}` {_WORDS[kind]} ({len(pointers)} in the document)"


def _parts(tree: Mapping[str, Any], dialect: Dialect) -> Iterator[tuple[str, str]]:
    for name in _members(tree.get("webhooks")):
        yield "webhooks", f"#/webhooks/{escaped(name)}"
    for path, written in _members(tree.get("paths")).items():
        item, base = _referred(written, f"#/paths/{escaped(path)}", dialect)
        for method, operation in item.items():
            at = f"{base}/{escaped(method)}"
            if method in _METHODS_OF_3_2:
                yield "methods", at
            elif isinstance(operation, dict):
                yield from _of_operation(operation, at, dialect)


def _of_operation(operation: Mapping[str, Any], at: str, dialect: Dialect) -> Iterator[tuple[str, str]]:
    for name in _members(operation.get("callbacks")):
        yield "callbacks", f"{at}/callbacks/{escaped(name)}"
    written = [(operation.get("requestBody"), f"{at}/requestBody")]
    written += [
        (reply, f"{at}/responses/{escaped(name)}") for name, reply in _members(operation.get("responses")).items()
    ]
    for node, place in written:
        holder, base = _referred(node, place, dialect)
        if _members(holder.get("links")):
            yield "links", f"{base}/links"
        for media, body in _members(holder.get("content")).items():
            if "itemSchema" in _members(body):
                yield "itemSchema", f"{base}/content/{escaped(media)}/itemSchema"


def _referred(node: Any, pointer: str, dialect: Dialect) -> tuple[Mapping[str, Any], str]:
    """What a node is or refers to, and its place; nothing where that can't be told, which others complain of."""
    try:
        found, place = dialect.dereference(node, pointer)
    except SpecError:
        return {}, pointer
    return _members(found), place


def _members(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, dict) else {}
