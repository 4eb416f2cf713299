"""One schema as self-contained JSON Schema 2020-12."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from threadmock.specs.documents.pointers import unescaped

Direction = Literal["request", "response"]


def definition_name(reference: str) -> str:
    """The name in `#/$defs/NAME`."""
    return unescaped(reference.removeprefix("#/$defs/"))


@dataclass(frozen=True, eq=False)
class Schema:
    """One schema as self-contained JSON Schema 2020-12.

    document: the schema; references are `#/$defs/NAME` into its own `$defs`. pointer: where it stands in the vendor's
    document (JSON pointer). direction: read-only members are not required in a request, write-only ones not in a
    response. origins: NAME to where that definition stands in the vendor's document; a name that lacks here is one of
    `components/schemas`. derived: what is made of a schema once, such as its checker, by the kind of thing that it is;
    it goes with the schema.
    """

    document: Mapping[str, Any]
    pointer: str
    direction: Direction
    origins: Mapping[str, str] = field(default_factory=dict)
    derived: dict[object, Any] = field(default_factory=dict, init=False, repr=False)

    def resolve(self, node: Any) -> Any:
        """Follow `$ref` to the node it names, while the node has no other assertion next to it."""
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            node = self.document["$defs"][definition_name(node["$ref"])]
        return node
