"""Members by dotted names: look up, set, spread; and what stands for a member that is absent."""

from collections.abc import Mapping
from typing import Any, Final


class _Absent:
    """The one value that stands for no value: JSON's null is a value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final[Any] = _Absent()


def dig(node: Any, steps: tuple[str, ...]) -> Any:
    """What lies at the end of member names; ABSENT where it is not there."""
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
    """What lies at the end of member names; of a list on the way, what lies at the end in each of its items."""
    for at, step in enumerate(steps):
        if isinstance(node, list):
            found = [gather(item, steps[at:]) for item in node]
            return [value for value in found if value is not ABSENT]
        if not isinstance(node, Mapping) or step not in node:
            return ABSENT
        node = node[step]
    return node


def spread(value: Any, steps: tuple[str, ...]) -> list[Any]:
    """All items at the end of member names, through arrays on the way; [] where nothing is there."""
    found = [value]
    for step in steps:
        found = [node[step] for node in found if isinstance(node, Mapping) and step in node]
        found = [item for node in found for item in (node if isinstance(node, list) else [node])]
    return found


def dotted(value: Any, steps: str) -> Any:
    """What lies at a dotted place of JSON; None where there is nothing."""
    for step in steps.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value
