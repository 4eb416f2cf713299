"""What a document holds that neither mock nor suite takes notice of: said once for each kind, with its first place."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from threadmock.specs.documents.pointers import escaped, pointer_of

_WORDS = {
    "webhooks": "are not read: the mock sends nothing by itself, and the suite receives nothing",
    "callbacks": "are not read: the mock sends nothing by itself, and the suite receives nothing",
    "links": "are not read: which operations belong together is inferred from paths and members",
    "methods": "of OpenAPI 3.2 (`query`, `additionalOperations`) are not read",
    "itemSchema": "of OpenAPI 3.2 are not read: items of a stream are not judged",
}
_METHODS_OF_3_2 = ("query", "additionalOperations")


def unread_parts(tree: Mapping[str, Any], where: Callable[[str], str]) -> Iterator[str]:
    """One line for each kind of part. where: JSON pointer (`#/…`) → file, pointer and line."""
    found: dict[str, list[str]] = {}
    for kind, pointer in _parts(tree):
        found.setdefault(kind, []).append(pointer)
    for kind, pointers in found.items():
        yield f"{where(pointers[0])}: `{kind}` {_WORDS[kind]} ({len(pointers)} in the document)"


def _parts(tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    webhooks = tree.get("webhooks")
    for name in webhooks if isinstance(webhooks, dict) else ():
        yield "webhooks", f"#/webhooks/{escaped(name)}"
    paths = tree.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method, operation in item.items() if isinstance(item, dict) else ():
            at = f"#{pointer_of(('paths', path, method))}"
            if method in _METHODS_OF_3_2:
                yield "methods", at
            elif isinstance(operation, dict):
                yield from _of_operation(operation, at)


def _of_operation(operation: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    callbacks, written = operation.get("callbacks"), operation.get("responses")
    replies = written if isinstance(written, dict) else {}
    for name in callbacks if isinstance(callbacks, dict) else ():
        yield "callbacks", f"{at}/callbacks/{escaped(name)}"
    holders = [("requestBody", operation.get("requestBody"))]
    holders += [
        (f"responses/{escaped(name)}", reply) for name, reply in (replies if isinstance(replies, dict) else {}).items()
    ]
    for name, holder in holders:
        if not isinstance(holder, dict):
            continue
        if isinstance(holder.get("links"), dict) and holder["links"]:
            yield "links", f"{at}/{name}/links"
        content = holder.get("content")
        for media, node in content.items() if isinstance(content, dict) else ():
            if isinstance(node, dict) and "itemSchema" in node:
                yield "itemSchema", f"{at}/{name}/content/{escaped(media)}/itemSchema"
