"""Members by dotted names: look up, set, spread; all that lies in a value; what stands for an absent member."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final


class _Absent:
    """The one value that stands for no value: JSON's null is a value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final[Any] = _Absent()

NAMING: Final = ("login", "username", "slug", "handle", "name", "key", "path", "uuid", "id")
"""Members of an object by which others name it, the likeliest first: `login` of an owner."""


def steps_of(path: str) -> tuple[str, ...]:
    """`a.b` → ("a", "b"); `.` → ()."""
    return tuple(step for step in path.split(".") if step)


def dig(node: Any, steps: Iterable[str]) -> Any:
    """The value at the end of member names, through objects only; ABSENT where it is not there. A null is there."""
    for step in steps:
        if not isinstance(node, Mapping) or step not in node:
            return ABSENT
        node = node[step]
    return node


def put(thing: dict[str, Any], steps: tuple[str, ...], value: Any) -> None:
    """Set what lies at the end of member names; objects on the way are copied, others replaced by objects."""
    for step in steps[:-1]:
        inner = thing.get(step)
        thing[step] = inner = dict(inner) if isinstance(inner, Mapping) else {}
        thing = inner
    thing[steps[-1]] = value


def gather(node: Any, steps: tuple[str, ...]) -> Any:
    """As `dig`, and through arrays on the way: of those a list of the values at the end in their items, where it is."""
    for at, step in enumerate(steps):
        if isinstance(node, list):
            found = [gather(item, steps[at:]) for item in node]
            return [value for value in found if value is not ABSENT]
        if not isinstance(node, Mapping) or step not in node:
            return ABSENT
        node = node[step]
    return node


def spread(value: Any, steps: tuple[str, ...]) -> list[Any]:
    """All values at the end of member names in one flat list: arrays on the way, and at the end, are opened."""
    found = [value]
    for step in steps:
        found = [node[step] for node in found if isinstance(node, Mapping) and step in node]
        found = [item for node in found for item in (node if isinstance(node, list) else [node])]
    return found


def dotted(node: Any, path: str) -> Any:
    """As `dig`, by a dotted path, for who does not care whether a member is null or missing: None in both cases."""
    found = dig(node, path.split("."))
    return None if found is ABSENT else found


def nodes(value: Any) -> Iterator[Any]:
    """A value and all that lies in it, arrays and objects before what they hold; names of members are left out."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Mapping):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
