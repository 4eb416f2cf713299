"""The schemas of an OpenAPI 3.0 or 3.1 document as self-contained JSON Schema 2020-12.

References are followed below the document's folder and become `#/$defs/NAME`: schemas under `components` keep their
names, others get one from their place. A document's names become names only: no code and no file is made of them.
"""

import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
from threadmock.specs.documents.document import Document, split
from threadmock.specs.documents.places import Origins
from threadmock.specs.documents.pointers import anchors_in, escaped, pointer_of, pointer_steps, walk
from threadmock.specs.errors import DocumentError, SchemaError
from threadmock.specs.members import nodes
from threadmock.specs.schemas.conversion import Conversion
from threadmock.specs.schemas.discriminators import Discriminators, Form
from threadmock.specs.schemas.least_values import LeastValues
from threadmock.specs.schemas.schema import Direction, Schema
from threadmock.specs.schemas.soundness import is_finite, standing_cycle, uninhabited
from threadmock.specs.schemas.versions import Version, doubts_of_version, version_of

_UNSAFE = re.compile(r"[^A-Za-z0-9._~/-]")
_ALTERNATIVES = ("oneOf", "anyOf", "discriminator")
_MARKS: Mapping[Direction, str] = {"request": "readOnly", "response": "writeOnly"}


@dataclass(frozen=True, slots=True)
class _Converted:
    """needs: the names in `$defs` that the schema refers to itself."""

    schema: Any
    needs: tuple[str, ...]


_NOTHING = _Converted({"not": {}}, ())


class Dialect:
    """Converts the schemas of one document.

    tree: the document after the overlays; references inside the document resolve in it. version: "3.0" or "3.1".
    warnings: what was met that does not stop us, each with its place, once. Pointers: `#/…`; for another file
    `folder/file.yaml#/…`, relative to the document's folder.
    """

    def __init__(self, document: Document, tree: dict[str, Any], origins: Origins | None = None) -> None:
        """origins: which overlays wrote parts of the tree."""
        self.document = document
        self.origins = origins or Origins()
        self.tree = tree
        self.version: Version = version_of(document, tree)
        self.warnings: list[str] = [*document.warnings, *doubts_of_version(document, tree)]
        self._warned: set[tuple[str, str]] = set()
        self._files: dict[str, Document] = {"": document}
        self._anchors: dict[str, Mapping[str, str]] = {}
        self._names: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._converted: dict[tuple[str, Direction], _Converted] = {}
        self._sound: dict[Direction, set[str]] = {"request": set(), "response": set()}
        self._endless: dict[Direction, set[str]] = {"request": set(), "response": set()}
        self._least: dict[Direction, LeastValues] = {"request": LeastValues(), "response": LeastValues()}
        self._schemas: dict[tuple[str, Direction], tuple[Any, Schema]] = {}
        self._shared: dict[tuple[str, Direction], Schema] = {}
        self._read: set[tuple[str, Direction]] = set()
        self._discriminators = Discriminators(tree, self._follow)
        self._forms: dict[str, Form] = {}
        self._marked: set[str] = _mentioned(tree)
        schemas = (tree.get("components") or {}).get("schemas") if isinstance(tree.get("components"), dict) else None
        names = list(schemas) if isinstance(schemas, dict) else []
        for name in sorted(names, key=lambda name: _UNSAFE.search(name) is not None):
            self._name(f"#/components/schemas/{escaped(name)}")

    def schema(self, node: Any, pointer: str, direction: Direction) -> Schema:
        """The node that stands at a pointer as a self-contained schema. Cached: asking again costs nothing.

        SchemaError: a keyword that can't be honoured, a contradiction, an endless recursion. DocumentError: a
        reference that is refused or names nothing.
        """
        place = _as_place(pointer)
        cached = self._schemas.get((place, direction))
        if cached and cached[0] is node:
            return cached[1]
        try:
            made = self._make(node, place, direction)
        except RecursionError:
            raise SchemaError(
                "The schema is nested too deep.", where=self.where(place), fix="Use `$ref` in place of nesting."
            ) from None
        self._schemas[place, direction] = (node, made)
        return made

    def dereference(self, node: Any, pointer: str) -> tuple[Any, str]:
        """Follow the `$ref` of a parameter, reply, body, header or example to what it names, and its pointer.

        DocumentError where the references go round, are refused or name nothing.
        """
        place = _as_place(pointer)
        seen = {place}
        while isinstance(node, dict) and "$ref" in node:
            origin = place
            node, place = self._follow(node["$ref"], place)
            if place in seen:
                raise DocumentError(
                    f"The references go round: {node!r:.80}.",
                    where=self.where(origin),
                    fix="Let one of them hold the thing itself.",
                )
            seen.add(place)
        return node, place

    def origin(self, name: str) -> str:
        """The pointer of what stands in `$defs` under a name."""
        return self._places[name]

    def where(self, pointer: str) -> str:
        """File, pointer and line for a message: of the overlay for what an overlay wrote."""
        file, _, bare = _as_place(pointer).partition("#")
        if not file and (found := self.origins.find(bare)):
            overlay, written = found
            return overlay.where(written)
        return self._files.get(file, self.document).where(bare)

    def _make(self, node: Any, place: str, direction: Direction) -> Schema:
        root = self._convert(node, place, direction)
        name = root.needs[0] if len(root.needs) == 1 and list(root.schema) == ["$ref"] else ""
        if name and (name, direction) not in self._shared:
            self._shared[name, direction] = self._with_closure(root, self._places[name], direction)
        return self._shared[name, direction] if name else self._with_closure(root, place, direction)

    def _with_closure(self, root: _Converted, place: str, direction: Direction) -> Schema:
        """A converted schema with all that it leads to. One that only names another is shared by all who name that."""
        closure: dict[str, _Converted] = {}
        waiting = list(reversed(root.needs))
        while waiting:
            name = waiting.pop()
            if name not in closure:
                closure[name] = self._definition(name, direction)
                waiting.extend(reversed(closure[name].needs))
        self._check_sound(root.schema, closure, direction)
        document: dict[str, Any] = _as_object(root.schema)
        if closure:
            document["$defs"] = {name: converted.schema for name, converted in closure.items()}
        self._check_words(root.schema, place)
        for name, converted in closure.items():
            if (name, direction) not in self._read:
                self._check_words(converted.schema, self._places[name])
                self._read.add((name, direction))
        return Schema(document, place, direction, origins={name: self._places[name] for name in closure})

    def _definition(self, name: str, direction: Direction) -> _Converted:
        place, form = self._places[name], self._forms.get(name, "")
        if name in self._endless[direction]:
            return _NOTHING
        if made := self._converted.get((f"{place}{form}", direction)):
            return made
        if form == "choice":
            return self._choice(place, direction)
        file, _, bare = place.partition("#")
        node = walk(self._tree(file), bare, where=lambda: self.where(place))
        if form == "bare":
            node = {word: child for word, child in node.items() if word not in _ALTERNATIVES}
            made = self._converted[f"{place}{form}", direction] = self._convert(node, place, direction)
            return made
        return self._convert(node, place, direction, keep=True)

    def _choice(self, place: str, direction: Direction) -> _Converted:
        """One of the schemas that extend the one at a place, told by the member that its discriminator names."""
        base = self._name(place)
        branches = []
        needs = {base: None}
        for child, told in self._discriminators.choices(place, direction):
            name = self._name(child)
            needs[name] = None
            branches.append({"$ref": f"#/$defs/{escaped(name)}", **({"properties": told} if told else {})})
        whole = [{"$ref": f"#/$defs/{escaped(base)}"}]
        named = self._discriminators.named(place, direction)
        node = {"allOf": whole, "properties": named, "anyOf": branches, "discriminator": {}}
        made = self._converted[f"{place}choice", direction] = _Converted(node, tuple(needs))
        return made

    def _convert(self, node: Any, place: str, direction: Direction, *, keep: bool = False) -> _Converted:
        cached = self._converted.get((place, direction))
        if cached and keep:
            return cached
        conversion = Conversion(
            self.version,
            self._link,
            lambda part, at: self._hidden(part, at, direction),
            self._warn,
            self.where,
            lambda part, at, reference: self._discriminators.branch(part, at, reference, direction),
        )
        schema = conversion.convert(node, place)
        told = self._discriminators.own(place, direction) if keep else None
        if told and isinstance(schema, dict):
            schema = {**schema, "allOf": [*schema.get("allOf", ()), {"properties": told}]}
        made = _Converted(schema, tuple(conversion.needs))
        if keep:
            self._converted[place, direction] = made
        return made

    def _link(self, reference: str, place: str) -> str:
        target = self._follow(reference, place)[1]
        form = self._discriminators.form(target, place)
        return self._formed(target, form) if form else self._name(target)

    def _formed(self, target: str, form: Form) -> str:
        """The name in `$defs` of what a reference means that is not the target itself."""
        key = f"{target}{form}"
        if key not in self._names:
            plain = self._name(target)
            name = next(name for name in _numbered(f"{plain}_{form}") if name not in self._places)
            self._names[key] = name
            self._places[name] = target
            self._forms[name] = form
        return self._names[key]

    def _follow(self, reference: Any, place: str) -> tuple[Any, str]:
        """What a reference that stands at a place names, and its place."""
        file = place.partition("#")[0]

        def where() -> str:
            return self.where(place)

        target, fragment = split(self._files[file], reference, where)
        name = "" if target is self.document else target.path.relative_to(self.document.root.resolve()).as_posix()
        if name not in self._files:
            self._files[name] = target
            self._marked |= _mentioned(target.tree)
        if fragment and not fragment.startswith("/"):
            fragment = self._anchors_of(name).get(fragment, fragment)
        node = walk(self._tree(name), fragment, where=where)
        return node, f"{name}#{pointer_of(pointer_steps(fragment))}"

    def _anchors_of(self, file: str) -> Mapping[str, str]:
        if file not in self._anchors:
            self._anchors[file] = anchors_in(self._tree(file))
        return self._anchors[file]

    def _tree(self, file: str) -> dict[str, Any]:
        return self._files[file].tree if file else self.tree

    def _name(self, place: str) -> str:
        """The name in `$defs` for a place: made once, unique, safe in a reference."""
        if place not in self._names:
            file, _, bare = place.partition("#")
            steps = pointer_steps(bare)
            wanted = _UNSAFE.sub("_", steps[-1] if steps else file.rpartition("/")[2] or "document") or "_"
            name = next(name for name in _numbered(wanted) if name not in self._places)
            self._names[place] = name
            self._places[name] = place
        return self._names[place]

    def _warn(self, place: str, text: str) -> None:
        if (place, text) not in self._warned:
            self._warned.add((place, text))
            self.warnings.append(f"{self.where(place)}: {text}")

    def _hidden(self, node: Mapping[str, Any], place: str, direction: Direction) -> Collection[str]:
        """The members that a node, or one that it refers to for the same value, marks as not for this direction."""
        mark = _MARKS[direction]
        if mark not in self._marked:
            return ()
        found: set[str] = set()
        for part, at in self._parts(node, place):
            properties = part.get("properties")
            for name, member in properties.items() if isinstance(properties, dict) else ():
                inner = self._parts(member, f"{at}/properties/{escaped(name)}", alternatives=False)
                if any(piece.get(mark) is True for piece, _ in inner):
                    found.add(name)
        return found

    def _parts(self, node: Any, place: str, *, alternatives: bool = True) -> list[tuple[Mapping[str, Any], str]]:
        """The node and all that it combines for the same value, through references; each once."""
        keywords = ("allOf", "anyOf", "oneOf") if alternatives else ("allOf",)
        found: dict[str, Mapping[str, Any]] = {}
        waiting = [(node, place)]
        while waiting:
            part, at = waiting.pop()
            if not isinstance(part, dict) or at in found:
                continue
            if isinstance(part.get("$ref"), str):
                waiting.append(self._follow(part["$ref"], at))
                if self.version == "3.0":
                    continue
            found[at] = part
            for keyword in keywords:
                members = part.get(keyword)
                if isinstance(members, list):
                    waiting.extend((member, f"{at}/{keyword}/{index}") for index, member in enumerate(members))
        return [(part, at) for at, part in found.items()]

    def _check_sound(self, root: Any, closure: dict[str, _Converted], direction: Direction) -> None:
        """SchemaError where references go round, or only an infinite value fits the root.

        A definition that only an infinite value fits becomes one that nothing does: then it costs no more than itself.
        """
        passed, endless = self._sound[direction], self._endless[direction]
        fresh = [name for name in closure if name not in passed and name not in endless]
        defs = {name: closure[name].schema for name in fresh}
        cycle = standing_cycle(defs, passed | endless)
        if len(cycle) == 1:
            raise SchemaError(
                "A chain of references is too long.", where=self.where(self._places[cycle[0]]), fix="Shorten it."
            )
        if cycle:
            raise SchemaError(
                f"The references go round without an object or array between: {' → '.join(cycle[:8])}.",
                where=self.where(self._places[cycle[0]]),
                fix="Let one of them hold the thing itself.",
            )
        infinite = uninhabited(defs, {name: closure[name].needs for name in fresh}, passed)
        what = "Only an infinite value could satisfy this: it requires itself"
        closure.update(dict.fromkeys(infinite, _NOTHING))
        endless.update(infinite)
        passed.update(name for name in fresh if name not in endless)
        own = [name for name in closure if name in endless]
        if own and not is_finite(root, passed):
            raise SchemaError(
                f"{what} ({', '.join(own[:5])}).",
                where=self.where(self._places[own[0]]),
                fix="Make a member on the way optional or nullable, or let an array be empty.",
            )
        for name in own:
            self._warn(self._places[name], "only an infinite value could satisfy this, so no value is taken there")
        self._least[direction].add(
            {name: converted.schema for name, converted in closure.items()},
            {name: converted.needs for name, converted in closure.items()},
        )

    def why_unmade(self, schema: Schema) -> str:
        """Why no value of a schema that was made here can be made, with the place; "" where nothing is against it."""
        values = self._least[schema.direction]
        node = {word: part for word, part in schema.document.items() if word != "$defs"}
        least = values.of(node)
        if not least.too_large:
            return ""
        name, at, what = values.why_none(node) if least.is_none else ("", "", least.told)
        return f"{self.where((self._places[name] if name else _as_place(schema.pointer)) + at)}: {what}"

    def _check_words(self, schema: Any, place: str) -> None:
        """SchemaError where a keyword holds what it can't hold. Nothing is compiled: that waits for the first use."""
        try:
            jsonschema_rs.meta.validate(schema)
        except jsonschema_rs.ValidationError as error:
            message = str(error.message).splitlines()[0][:300]
            raise SchemaError(
                f"The schema can't be compiled: {message}.",
                where=self.where(place + pointer_of(error.instance_path)),
                fix="Correct it as JSON Schema 2020-12 says.",
            ) from None


def _numbered(wanted: str) -> Iterator[str]:
    yield wanted
    yield from (f"{wanted}_{number}" for number in itertools.count(2))


def _as_place(pointer: str) -> str:
    return pointer if "#" in pointer else f"#{pointer}"


def _as_object(schema: Any) -> dict[str, Any]:
    """A fresh object for the top: boolean schemas written out."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    return dict(schema)


def _mentioned(tree: Any) -> set[str]:
    """The marks that any object of the tree holds as true."""
    found: set[str] = set()
    for node in nodes(tree):
        if isinstance(node, dict):
            found.update(mark for mark in _MARKS.values() if node.get(mark) is True)
    return found
