"""JSON pointers (RFC 6901) as `$ref` fragments use them."""

from collections.abc import Callable, Iterable
from typing import Any

from threadmock.specs.errors import DocumentError, nearest


def pointer_steps(pointer: str) -> list[str]:
    """The steps of a JSON pointer (RFC 6901), unescaped; a leading `#` is ignored. ValueError where it is none."""
    bare = pointer.removeprefix("#")
    if not bare:
        return []
    if not bare.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer")
    return [unescaped(step) for step in bare[1:].split("/")]


def pointer_of(steps: Iterable[str | int]) -> str:
    """The JSON pointer of these steps; "" for none."""
    return "".join(f"/{escaped(step)}" for step in steps)


def escaped(step: str | int) -> str:
    """One step of a JSON pointer, escaped (RFC 6901, 3)."""
    return str(step).replace("~", "~0").replace("/", "~1")


def unescaped(step: str) -> str:
    """What one step of a JSON pointer stands for (RFC 6901, 4)."""
    return step.replace("~1", "/").replace("~0", "~")


def anchors_in(tree: Any) -> dict[str, str]:
    """Name → pointer of each `$anchor` and `$dynamicAnchor` (JSON Schema 2020-12, core, 8.2.2); of twins the first."""
    found: dict[str, str] = {}
    waiting: list[tuple[Any, str]] = [(tree, "")]
    while waiting:
        node, pointer = waiting.pop()
        if isinstance(node, dict):
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(node.get(word), str):
                    found.setdefault(node[word], pointer)
            waiting.extend((child, f"{pointer}/{escaped(name)}") for name, child in reversed(node.items()))
        elif isinstance(node, list):
            waiting.extend((child, f"{pointer}/{at}") for at, child in reversed(list(enumerate(node))))
    return found


def walk(tree: Any, pointer: str, *, where: Callable[[], str]) -> Any:
    """The node at a pointer. DocumentError that offers the nearest name where there is none.

    where: the place that refers to it; asked only for an error, since lines cost a second reading.
    """
    try:
        steps = pointer_steps(pointer)
    except ValueError:
        raise DocumentError(
            f"The reference fragment {pointer!r} is no JSON pointer.",
            where=where(),
            fix="Write it as '#/components/schemas/NAME'; no `$anchor` has that name.",
        ) from None
    node = tree
    for position, step in enumerate(steps):
        if isinstance(node, dict) and step in node:
            node = node[step]
        elif isinstance(node, list) and step.isascii() and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            above = f"#{pointer_of(steps[:position])}"
            names = list(node) if isinstance(node, dict) else []
            close = nearest(step, names) if len(names) <= 2000 else ""
            raise DocumentError(
                f"The reference names {step!r} below '{above}', where there is none.",
                where=where(),
                fix=close if len(close) < 300 else "Check the spelling.",
            )
    return node
