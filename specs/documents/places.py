"""Where a part of a document stands, for messages; and of what was overlaid, where in the overlay it was written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from threadmock.specs.documents.document import Document
from threadmock.specs.documents.pointers import escaped, pointer_of, pointer_steps

Steps = Sequence[str | int]


@dataclass(frozen=True)
class DocumentPlace:
    """A node of a document. Its text has file, pointer and line; lines cost a second reading, so only an error asks.

    where: JSON pointer (after `#`) → text.
    """

    where: Callable[[str], str]
    pointer: str = ""

    def __truediv__(self, step: str | int) -> "DocumentPlace":
        """The place of what stands there under this name or index."""
        return DocumentPlace(self.where, f"{self.pointer}/{escaped(step)}")

    def __str__(self) -> str:
        return self.where(self.pointer)


def as_place(where: "str | DocumentPlace") -> DocumentPlace:
    """The place itself; of a text, one below which pointers follow that text."""
    return where if isinstance(where, DocumentPlace) else DocumentPlace(lambda pointer: f"{where}{pointer}")


@dataclass
class _Part:
    """A node of the overlaid tree. origin: the overlay that wrote it, and where; None: the document itself."""

    origin: tuple[Document, str] | None = None
    children: dict[str, "_Part"] = field(default_factory=dict)


class Origins:
    """Which overlay wrote each part of a tree. What no overlay wrote is the document's own.

    files: the names of those that wrote anything.
    """

    def __init__(self) -> None:
        self.files: set[str] = set()
        self._root = _Part()

    def write(self, steps: Steps, overlay: Document, pointer: str) -> None:
        """Note that all that stands there now was written at a pointer of an overlay."""
        part = self._root
        for step in steps:
            part = part.children.setdefault(str(step), _Part())
        part.origin, part.children = (overlay, pointer), {}
        self.files.add(overlay.name)

    def remove(self, steps: Steps) -> None:
        """Note that something was taken out. What stands behind it in a list moves up."""
        part = self._root
        for step in steps[:-1]:
            if str(step) not in part.children:
                return
            part = part.children[str(step)]
        gone = steps[-1]
        part.children.pop(str(gone), None)
        if isinstance(gone, int):
            part.children = {_before(name, gone): child for name, child in part.children.items()}

    def find(self, pointer: str) -> tuple[Document, str] | None:
        """The overlay that wrote what stands at a pointer (after `#`), and its pointer there; None: no overlay did."""
        part, found, rest = self._root, self._root.origin, list[str]()
        for step in pointer_steps(pointer):
            rest.append(step)
            part = part.children.get(step, _Part())
            if part.origin:
                found, rest = part.origin, []
        return (found[0], found[1] + pointer_of(rest)) if found else None


def _before(name: str, gone: int) -> str:
    return str(int(name) - 1) if int(name) > gone else name
