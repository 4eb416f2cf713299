"""On which line each node of a file stands. Nothing is kept for it but a number for each node; asked only for messages.

Nodes are numbered in document order, a container before what it holds. YAML gives the lines while it is read; JSON is
looked through once, when the first line is asked for.
"""

import re
from array import array
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from threadmock.specs.documents.pointers import pointer_steps
from threadmock.specs.documents.yaml_text import Order, lines_of

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"[ \t\r\n]*(:)?|[\[{]|[^\s\[\]{},:"]+|\n')


class Lines:
    """Lines of one text and of the tree that was read from it. order: line of each node, where the reader told it."""

    def __init__(self, tree: Any, text: str, first_line: int, order: Order | None) -> None:
        self._tree = tree
        self._text = text
        self._first_line = first_line
        self._told = order
        self._sizes: dict[int, int] = {}
        self._asked: dict[int, dict[str, tuple[int, Any]]] = {}

    def at(self, pointer: str) -> int | None:
        """The line of the node at a pointer (no `#`), else of the nearest one above it; None where none is known."""
        if not self._order:
            return self._by_pointer(pointer)
        node, number = self._tree, 0
        for step in pointer_steps(pointer):
            below = self._below(node)
            if step not in below:
                break
            offset, node = below[step]
            number += offset
        return self._order[number]

    @cached_property
    def _order(self) -> Order | None:
        made = self._told
        if made is None and self._text.lstrip()[:1] in ("{", "["):
            made = lines_of_json(self._text, self._first_line)
        return made if made is not None and len(made) == self._size(self._tree) else None

    @cached_property
    def _pointers(self) -> dict[str, int]:
        return lines_of(self._text, first_line=self._first_line)

    def _by_pointer(self, pointer: str) -> int | None:
        """Where aliases are written out the numbers of nodes tell nothing."""
        above = pointer
        while above and above not in self._pointers:
            above = above.rpartition("/")[0]
        return self._pointers.get(above)

    def _below(self, node: Any) -> dict[str, tuple[int, Any]]:
        """Name → how far behind the node that one begins, and what it is."""
        if id(node) not in self._asked:
            made: dict[str, tuple[int, Any]] = {}
            offset = 1
            for name, child in _children(node):
                made[name] = (offset, child)
                offset += self._size(child)
            self._asked[id(node)] = made
        return self._asked[id(node)]

    def _size(self, node: Any) -> int:
        """How many nodes a node is, itself included."""
        if not isinstance(node, dict | list):
            return 1
        if id(node) not in self._sizes:
            self._measure(node)
        return self._sizes[id(node)]

    def _measure(self, top: Any) -> None:
        waiting = [top]
        containers = []
        while waiting:
            node = waiting.pop()
            containers.append(node)
            waiting.extend(child for _, child in _children(node) if isinstance(child, dict | list))
        for node in reversed(containers):
            self._sizes[id(node)] = 1 + sum(self._sizes.get(id(child), 1) for _, child in _children(node))


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from ((str(at), child) for at, child in enumerate(node))


def lines_of_json(text: str, first_line: int) -> Order:
    """The line of each value of a JSON text, in document order; of a member that of its name."""
    order = array("L")
    line, named = first_line, 0
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word == "\n":
            line += 1
        elif token[1]:
            named = line
            line += word.count("\n")
        else:
            order.append(named or line)
            named = 0
            line += word.count("\n")
    return order
