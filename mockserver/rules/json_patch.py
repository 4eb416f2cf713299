"""JSON Patch (RFC 6902): operations in order, all or none."""

from collections.abc import Mapping
from typing import Any

from threadmock.specs.documents.pointers import unescaped


class PatchFailed(ValueError):  # noqa: N818 - reads as what it is
    """An operation can't be done; the text says which and why."""


def patched(document: Any, operations: list[Any]) -> Any:
    """The document after all operations; what was given stays as it is."""
    made = document
    for index, each in enumerate(operations):
        try:
            made = _applied(made, each)
        except (LookupError, TypeError, ValueError) as error:
            raise PatchFailed(f"operation {index} of the patch can't be done: {error}") from error
    return made


def _applied(document: Any, operation: Mapping[str, Any]) -> Any:
    name, path = operation["op"], _steps(operation["path"])
    if name == "test":
        if _at(document, path) != operation["value"]:
            raise ValueError(f"{operation['path']} holds another value")
        return document
    if name in ("add", "replace"):
        return _put(document, path, operation["value"], adds=name == "add")
    if name == "remove":
        return _removed(document, path)
    if name in ("move", "copy"):
        source = _steps(operation["from"])
        value = _at(document, source)
        return _put(_removed(document, source) if name == "move" else document, path, value, adds=True)
    raise ValueError(f"{name!r} is no operation")


def _steps(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer")
    return [unescaped(step) for step in pointer.split("/")[1:]]


def _at(node: Any, steps: list[str]) -> Any:
    for step in steps:
        node = node[_index(step, len(node) - 1)] if isinstance(node, list) else node[step]
    return node


def _index(step: str, most: int) -> int:
    if not step.isascii() or not step.isdigit() or (step != "0" and step.startswith("0")) or int(step) > most:
        raise IndexError(f"{step!r} is no index there")
    return int(step)


def _put(node: Any, steps: list[str], value: Any, *, adds: bool) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(node, list):
        made = list(node)
        if rest:
            at = _index(step, len(node) - 1)
            made[at] = _put(node[at], rest, value, adds=adds)
        elif adds:
            made.insert(len(node) if step == "-" else _index(step, len(node)), value)
        else:
            made[_index(step, len(node) - 1)] = value
        return made
    if not isinstance(node, Mapping):
        raise TypeError(f"{step!r} is in no object")
    if (rest or not adds) and step not in node:
        raise KeyError(step)
    return {**node, step: _put(node[step], rest, value, adds=adds) if rest else value}


def _removed(node: Any, steps: list[str]) -> Any:
    if not steps:
        raise ValueError("the whole can't be removed")
    step, rest = steps[0], steps[1:]
    if isinstance(node, list):
        at = _index(step, len(node) - 1)
        return [_removed(each, rest) if index == at else each for index, each in enumerate(node) if rest or index != at]
    if not isinstance(node, Mapping) or step not in node:
        raise KeyError(step)
    if rest:
        return {**node, step: _removed(node[step], rest)}
    return {name: value for name, value in node.items() if name != step}
