"""One OpenAPI schema node → the same in JSON Schema 2020-12.

What a 3.0 word means there is written as 2020-12 says it (nullable, boolean exclusive bounds, `$ref` siblings); vendor
keywords and annotations are carried through. Where a node stands is a place: `FILE#POINTER`, FILE empty for the
document that was read first.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from threadmock.specs.documents.pointers import escaped
from threadmock.specs.errors import SchemaError, nearest
from threadmock.specs.schemas.keywords import (
    IN_PLACE_LISTS,
    IN_PLACE_SCHEMAS,
    KEYWORDS,
    NO_TYPES,
    NOT_IN_3_0,
    TYPES,
    UNREAD,
    is_our_dialect,
)
from threadmock.specs.schemas.misfits import misfits
from threadmock.specs.schemas.patterns import is_readable
from threadmock.specs.schemas.soundness import contradictions

_IN_PLACE = frozenset((*IN_PLACE_LISTS, *IN_PLACE_SCHEMAS, "dependentSchemas"))
# Where a member that a node around it does not require is not required either. Not below `oneOf`, `not` and `if`:
# there, asking for less would change which values match.
_LOOSENED = frozenset(("allOf", "anyOf", "then", "else", "dependentSchemas"))
_EXACT = frozenset(("not", "if"))
_NULL = {"type": "null"}
_ANY = re.compile(r"(?<!\\)\[\^\]")  # ECMA-262: an empty class that is negated holds every character


@dataclass(slots=True)
class Conversion:
    """Converts the nodes of one schema in one direction; needs gathers the names that it refers to.

    link: (reference, place) → name in `$defs`. hidden: (node, place) → members that this direction does not require.
    warn: (place, text). where: place → text for an error. branch: (node with a discriminator, place, reference) → the
    member that tells this alternative.
    """

    version: str
    link: Callable[[str, str], str]
    hidden: Callable[[Mapping[str, Any], str], Collection[str]]
    warn: Callable[[str, str], None]
    where: Callable[[str], str]
    branch: Callable[[Mapping[str, Any], str, str], dict[str, Any] | None]
    needs: dict[str, None] = field(default_factory=dict)

    def convert(self, node: Any, place: str, inherited: frozenset[str] | None = frozenset()) -> Any:
        """The converted node.

        inherited: members that a node around this one, for the same value, does not require; None where all that is
        required stays so.
        """
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            self._refuse(place, "A schema must be an object, true or false.", "Correct it.")
        reference = node.get("$ref")
        if reference is not None and self.version == "3.0":
            return self._reference_alone(node, place)
        absent = inherited
        if inherited is not None and _requires(node):
            absent = inherited | frozenset(self.hidden(node, place))
        made: dict[str, Any] = {}
        if reference is not None:
            made["$ref"] = self._reference(reference, place)
        for keyword, value in node.items():
            self._keyword(made, keyword, value, f"{place}/{escaped(keyword)}", absent)
        self._finish(node, made, place)
        wrap = node.get("nullable") is True and self.version == "3.0" and _admit_null(made)
        for keyword, what in list(contradictions(made)):
            self._drop_contradiction(made, keyword, what, f"{place}/{escaped(keyword)}")
        for keyword, what in misfits(made):
            if keyword in node:
                self.warn(f"{place}/{escaped(keyword)}", f"{what}: no value fits, and what is answered only comes near")
        return self._or_null(made) if wrap else made

    def _refuse(self, place: str, what: str, fix: str) -> NoReturn:
        raise SchemaError(what, where=self.where(place), fix=fix)

    def _drop_contradiction(self, made: dict[str, Any], keyword: str, what: str, place: str) -> None:
        value = made.pop(keyword)
        if value == []:
            self.warn(place, f"{what}: no value can stand there")
            made["not"] = {}
        else:
            self.warn(place, f"{what}: no value can satisfy that, so `{keyword}` is not asserted")

    def _reference(self, reference: Any, place: str) -> str:
        if not isinstance(reference, str):
            self._refuse(place, "A `$ref` must be a text.", "Write it as '#/components/schemas/NAME'.")
        name = self.link(reference, place)
        self.needs[name] = None
        return f"#/$defs/{escaped(name)}"

    def _reference_alone(self, node: Mapping[str, Any], place: str) -> dict[str, Any]:
        """OpenAPI 3.0.3, 4.7.23: members next to `$ref` are ignored. `nullable` there is meant, so it is applied."""
        made: dict[str, Any] = {"$ref": self._reference(node["$ref"], place)}
        made.update({keyword: value for keyword, value in node.items() if keyword.startswith("x-")})
        kinds = KEYWORDS["3.0"]
        ignored = [k for k in node if kinds.get(k) not in (None, "annotation", "special")]
        if ignored:
            self.warn(place, f"OpenAPI 3.0 ignores members next to `$ref`: {', '.join(ignored)}")
        if node.get("nullable") is True:
            self.warn(place, "`nullable` next to `$ref` is applied, though OpenAPI 3.0 ignores it there")
            return self._or_null(made)
        return made

    def _keyword(
        self, made: dict[str, Any], keyword: str, value: Any, place: str, absent: frozenset[str] | None
    ) -> None:
        kind = KEYWORDS[self.version].get(keyword)
        below = _below(keyword, absent)
        if kind == "schema":
            made[keyword] = self.convert(value, place, below)
        elif kind == "list":
            if not isinstance(value, list) or not value:
                self._refuse(place, f"`{keyword}` must be a list with at least one schema.", "Correct it.")
            made[keyword] = parts = []
            for index, part in enumerate(value):
                parts.append(self.convert(part, f"{place}/{index}", below))
        elif kind == "map":
            if not isinstance(value, dict):
                self._refuse(place, f"`{keyword}` must map names to schemas.", "Correct it.")
            made[keyword] = members = {}
            for name, part in value.items():
                members[name] = self.convert(part, f"{place}/{escaped(name)}", below)
        elif keyword == "required":
            self._required(made, value, place, absent)
        elif kind in ("assertion", "annotation") or keyword.startswith("x-"):
            made[keyword] = value
        else:
            self._unusual(made, keyword, value, place)

    def _required(self, made: dict[str, Any], value: Any, place: str, absent: frozenset[str] | None) -> None:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            self._refuse(place, "`required` must be a list of member names.", "List them on the object that has them.")
        if len(set(value)) < len(value):
            twice = next(name for at, name in enumerate(value) if name in value[:at])
            self.warn(place, f"{twice!r} is listed twice")
        names = [name for name in dict.fromkeys(value) if not absent or name not in absent]
        if names:
            made["required"] = names

    def _unusual(self, made: dict[str, Any], keyword: str, value: Any, place: str) -> None:
        """What is no plain word of this version: refused, dropped, or carried as an annotation with a warning."""
        kind = KEYWORDS[self.version].get(keyword)
        if kind == "special":
            if keyword == "nullable" and not isinstance(value, bool):
                self._refuse(place, "`nullable` is true or false.", "Correct it.")
        elif kind == "reference":
            self._recursion(made, keyword, value, place)
        elif kind == "unread":
            self.warn(place, f"`{keyword}` is not read: {UNREAD[keyword]}")
        elif kind == "dropped":
            if keyword == "$schema" and not is_our_dialect(value):
                self.warn(place, f"the schema dialect {value!r} is read as JSON Schema 2020-12")
        elif keyword == "dependencies" or (self.version == "3.0" and keyword in NOT_IN_3_0):
            self.warn(place, f"`{keyword}` is no keyword of OpenAPI {self.version}; it is not asserted")
        else:
            hint = " Write the type as a list with 'null'." if keyword == "nullable" else ""
            self.warn(place, f"`{keyword}` is no keyword of OpenAPI {self.version}; it is kept and not honoured.{hint}")
            made[keyword] = value

    def _recursion(self, made: dict[str, Any], keyword: str, value: Any, place: str) -> None:
        """A reference to the schema around it, as earlier drafts and generic schemas write it."""
        steps = place.partition("#")[2].split("/")
        around = "/".join(steps[:4]) if steps[1:3] == ["components", "schemas"] else ""
        by_pointer = isinstance(value, str) and value.startswith("#/")
        reference = value if by_pointer else f"#{around}" if around and str(value).startswith("#") else ""
        if not reference or "$ref" in made:
            self.warn(place, f"`{keyword}` names nothing that is read; it is not asserted")
            return
        self.warn(place, f"`{keyword}` is read as a reference to {reference}")
        made["$ref"] = self._reference(reference, place)

    def _finish(self, node: Mapping[str, Any], made: dict[str, Any], place: str) -> None:
        if isinstance(made.get("type"), str) and made["type"] in NO_TYPES:
            self.warn(f"{place}/type", f"there is no type {made['type']!r}: {NO_TYPES[made['type']]}")
            del made["type"]
        if "type" in made:
            self._check_types(made["type"], place)
        if isinstance(node.get("discriminator"), dict):
            self._discriminate(node, made, place)
        if "example" in node:
            examples = made.get("examples", [])
            made["examples"] = [*examples, node["example"]] if isinstance(examples, list) else [node["example"]]
        self._bound(made, place, "minimum", "exclusiveMinimum")
        self._bound(made, place, "maximum", "exclusiveMaximum")
        self._drop_unreadable(made, place)

    def _discriminate(self, node: Mapping[str, Any], made: dict[str, Any], place: str) -> None:
        """Ask of each alternative that is named by reference for the value that goes with it."""
        for word in ("oneOf", "anyOf"):
            for index, part in enumerate(node.get(word, ())):
                if isinstance(part, Mapping) and isinstance(part.get("$ref"), str) and word in made:
                    told = self.branch(node, place, part["$ref"])
                    if told:
                        made[word][index] = {**made[word][index], "properties": told}

    def _check_types(self, types: Any, place: str) -> None:
        names = types if isinstance(types, list) else [types]
        if isinstance(types, list) and self.version == "3.0":
            self.warn(f"{place}/type", "OpenAPI 3.0 has one type; the list is honoured as in 3.1")
        for name in names:
            if name not in TYPES:
                self._refuse(f"{place}/type", f"There is no type {name!r}.", nearest(str(name), TYPES))
        if not names:
            self._refuse(f"{place}/type", "`type` is an empty list.", "Name a type, or drop the keyword.")

    def _bound(self, made: dict[str, Any], place: str, plain: str, exclusive: str) -> None:
        """OpenAPI 3.0 writes an exclusive bound as a flag next to the bound."""
        flag = made.get(exclusive)
        if isinstance(flag, bool) and self.version == "3.1":
            self.warn(f"{place}/{exclusive}", f"`{exclusive}` is a number in OpenAPI 3.1; the flag is honoured")
        if not isinstance(flag, bool):
            if flag is not None and self.version == "3.0":
                self.warn(f"{place}/{exclusive}", f"`{exclusive}` is a flag in OpenAPI 3.0; the number is honoured")
            return
        del made[exclusive]
        if not flag:
            return
        if plain in made:
            made[exclusive] = made.pop(plain)
        else:
            self.warn(f"{place}/{exclusive}", f"`{exclusive}` has no effect without `{plain}`")

    def _drop_unreadable(self, made: dict[str, Any], place: str) -> None:
        """Take out patterns that the engines can't match."""
        pattern = made.get("pattern")
        if isinstance(pattern, str) and not is_readable(pattern):
            made["pattern"] = pattern = _ANY.sub(r"[\\s\\S]", pattern)
        for keyword, patterns in (
            ("pattern", [] if pattern is None else [pattern]),
            ("patternProperties", list(made.get("patternProperties", ()))),
        ):
            for each in patterns:
                if not isinstance(each, str):
                    self._refuse(place, "A pattern must be a text.", "Correct it.")
                if is_readable(each):
                    continue
                self.warn(f"{place}/{keyword}", f"the pattern {each[:80]!r} can't be read; it is not asserted")
                if keyword == "pattern":
                    del made[keyword]
                else:
                    made[keyword] = {name: node for name, node in made[keyword].items() if name != each}

    def _or_null(self, made: dict[str, Any]) -> dict[str, Any]:
        """The schema or null; annotations stay outside, so that readers find them where they were."""
        kinds = KEYWORDS["3.0"]
        inner = {k: v for k, v in made.items() if k == "$ref" or kinds.get(k) in ("schema", "list", "map", "assertion")}
        outer = {k: v for k, v in made.items() if k not in inner}
        return {"anyOf": [inner, dict(_NULL)], **outer}


def _below(keyword: str, absent: frozenset[str] | None) -> frozenset[str] | None:
    if absent is None or keyword in _EXACT:
        return None
    return absent if keyword in _LOOSENED else frozenset()


def _requires(node: Mapping[str, Any]) -> bool:
    """Whether this node, or one in it for the same value, may say what is required."""
    return "required" in node or any(keyword in node for keyword in _IN_PLACE)


def _admit_null(made: dict[str, Any]) -> bool:
    """Let null in by `type` and `enum` where that is enough; whether the rest needs an `anyOf` around it."""
    if any(keyword in made for keyword in _IN_PLACE):
        return True
    types = made.get("type")
    if types is not None:
        names = types if isinstance(types, list) else [types]
        made["type"] = names if "null" in names else [*names, "null"]
    enum = made.get("enum")
    if isinstance(enum, list) and None not in enum:
        made["enum"] = [*enum, None]
    return False
