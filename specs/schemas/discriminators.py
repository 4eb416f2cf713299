"""`discriminator` (OpenAPI 3.0.3, 4.7.25; 3.1.0, 4.8.25): which value of a member goes with which schema.

Said of alternatives (`oneOf`, `anyOf`), and of a schema that others extend by `allOf`. A value that is neither mapped
nor the name of a schema names none: validation SHOULD fail there. In a request, the name of a schema that is mapped
counts no more; in a response it is taken, since servers are known to send it.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from threadmock.specs.documents.pointers import escaped, unescaped
from threadmock.specs.errors import SpecError
from threadmock.specs.schemas.schema import Direction

Follow = Callable[[str, str], tuple[Any, str]]
Form = Literal["", "choice", "bare"]
_COMPONENTS = "#/components/schemas/"
_UNIONS = ("oneOf", "anyOf")


class Discriminators:
    """What the discriminators of a document say. follow: (reference, place) → node and its place."""

    def __init__(self, tree: Mapping[str, Any], follow: Follow) -> None:
        components = tree.get("components")
        schemas = components.get("schemas") if isinstance(components, Mapping) else None
        self._schemas: Mapping[str, Any] = schemas if isinstance(schemas, Mapping) else {}
        self._follow = follow

    def form(self, target: str, place: str) -> Form:
        """What a reference at a place means.

        "choice": one of the schemas that extend the target. "bare": the target without its own alternatives, where one
        of these extends it. "": the target itself.
        """
        if target not in self._bases:
            return ""
        holder = place.removeprefix(_COMPONENTS).split("/allOf/")[0] if place.startswith(_COMPONENTS) else ""
        extends = "/allOf/" in place and f"{_COMPONENTS}{holder}" in self._extending(target)
        if any(word in self._node(target) for word in _UNIONS):
            return "bare" if extends else ""
        return "" if extends or not self._mapped(target, "response") else "choice"

    def choices(self, base: str, direction: Direction) -> Iterator[tuple[str, dict[str, Any]]]:
        """The places of the schemas that may stand for a base, each with the member that tells it."""
        member = self._member(base)
        for place, names in self._mapped(base, direction).items():
            yield place, {} if self._tells(place, member, names) else {member: _one_of(names)}

    def named(self, base: str, direction: Direction) -> dict[str, Any]:
        """The member that chooses, with all that it may be; {} where a schema says that itself."""
        mapped = self._mapped(base, direction)
        if any(self._tells(place, self._member(base), names) for place, names in mapped.items()):
            return {}
        return {self._member(base): _one_of([name for names in mapped.values() for name in names])}

    def own(self, place: str, direction: Direction) -> dict[str, Any] | None:
        """The member that tells a schema which extends a base, and those that extend it in turn; None of any other."""
        for base in self._bases:
            if place in self._extending(base) and not any(word in self._node(base) for word in _UNIONS):
                mapped, member = self._mapped(base, direction), self._member(base)
                below = {place, *self._extending(place)}
                names = [name for each in mapped if each in below for name in mapped[each]]
                told = not names or any(self._tells(each, member, mapped[each]) for each in mapped if each in below)
                return None if told else {member: _one_of(names)}
        return None

    def branch(
        self, node: Mapping[str, Any], place: str, reference: str, direction: Direction
    ) -> dict[str, Any] | None:
        """The member that tells one alternative of a node; None where the alternative says it itself."""
        discriminator = node["discriminator"]
        member = discriminator.get("propertyName")
        try:
            _, target = self._follow(reference, place)
        except SpecError:
            return None
        if not isinstance(member, str):
            return None
        names = self._names(discriminator, place, target, direction)
        return None if self._tells(target, member, names) else {member: _one_of(names)}

    @cached_property
    def _bases(self) -> Mapping[str, Mapping[str, Any]]:
        """Place to discriminator of the components that have one."""
        found = {}
        for name, node in self._schemas.items():
            said = node.get("discriminator") if isinstance(node, Mapping) else None
            if isinstance(said, Mapping) and isinstance(said.get("propertyName"), str):
                found[f"{_COMPONENTS}{escaped(name)}"] = said
        return found

    @cached_property
    def _parents(self) -> Mapping[str, tuple[str, ...]]:
        """Place of a component to the places that it extends by `allOf`."""
        found = {}
        for name, node in self._schemas.items():
            parts = node.get("allOf") if isinstance(node, Mapping) else None
            references = [part.get("$ref") for part in parts or () if isinstance(part, Mapping)]
            found[f"{_COMPONENTS}{escaped(name)}"] = tuple(each for each in references if isinstance(each, str))
        return found

    def _extending(self, base: str) -> dict[str, None]:
        """The places of all that extends a base, also by what extends it."""
        known = self._extensions.get(base)
        if known is None:
            known = self._extensions[base] = {}
            waiting = [base]
            while waiting:
                above = waiting.pop(0)
                for place, parents in self._parents.items():
                    if above in parents and place not in known and place != base:
                        known[place] = None
                        waiting.append(place)
        return known

    @cached_property
    def _extensions(self) -> dict[str, dict[str, None]]:
        return {}

    def _member(self, base: str) -> str:
        return str(self._bases[base]["propertyName"])

    def _node(self, place: str) -> Mapping[str, Any]:
        node = self._schemas.get(unescaped(place.removeprefix(_COMPONENTS)))
        return node if isinstance(node, Mapping) else {}

    def _mapped(self, base: str, direction: Direction) -> dict[str, list[str]]:
        """Place to names of the schemas that a base leads to: those that are mapped, then those that extend it."""
        said = self._bases[base]
        targets = dict.fromkeys([*self._mapping(said, base).values(), *self._extending(base)])
        return {place: self._names(said, base, place, direction) for place in targets}

    def _mapping(self, discriminator: Mapping[str, Any], place: str) -> dict[str, str]:
        """Name to place of what is mapped; what names nothing is left out."""
        mapping = discriminator.get("mapping")
        found = {}
        for name, reference in mapping.items() if isinstance(mapping, Mapping) else ():
            if not isinstance(reference, str):
                continue
            if reference in self._schemas:
                found[str(name)] = f"{_COMPONENTS}{escaped(reference)}"
                continue
            try:
                found[str(name)] = self._follow(reference, place)[1]
            except SpecError:
                continue
        return found

    def _names(self, discriminator: Mapping[str, Any], place: str, target: str, direction: Direction) -> list[str]:
        mapped = [name for name, at in self._mapping(discriminator, place).items() if at == target]
        implied = unescaped(target.rpartition("/")[2])
        if not mapped:
            return [implied]
        return mapped if direction == "request" or implied in mapped else [*mapped, implied]

    def _tells(self, place: str, member: str, names: list[str]) -> bool:
        """Whether a schema itself says what the member is, or says something that no name of it fits."""
        node = self._node(place)
        parts = node.get("allOf")
        for part in (node, *(parts if isinstance(parts, list) else ())):
            declared = part.get("properties") if isinstance(part, Mapping) else None
            inner = declared.get(member) if isinstance(declared, Mapping) else None
            inner = self._node(str(inner["$ref"])) if isinstance(inner, Mapping) and "$ref" in inner else inner
            if not isinstance(inner, Mapping):
                continue
            listed = inner.get("enum")
            if "const" in inner or (
                isinstance(listed, list) and (len(listed) == 1 or not set(names) & {*map(str, listed)})
            ):
                return True
        return False


def _one_of(names: list[str]) -> dict[str, Any]:
    distinct = list(dict.fromkeys(names))
    return {"const": distinct[0]} if len(distinct) == 1 else {"enum": distinct}
