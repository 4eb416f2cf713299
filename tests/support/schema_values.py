"""Values near a schema: mostly what it asks for, here and there something else. Only for tests of the engines."""

import datetime
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from threadmock.specs.contract import Contract
from threadmock.specs.loader import builtin_names, load
from threadmock.specs.schemas.schema import Schema

TEXTS = ["", "\0", "é", "e\u0301", "\U0001f600", "0", "true", "null", "2024-01-01T00:00:00Z", "x" * 300]
NUMBERS = [0, -1, 1.0, 0.1, 2**53 + 1, 2**63, -(2**64), 10**30, 1e300, -0.0]
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(-1e6, 1e6)
    | st.sampled_from(NUMBERS)
    | st.sampled_from(TEXTS)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def contracts() -> Iterator[Contract]:
    """Every contract that we ship, in both layers."""
    for name in builtin_names():
        for layer in ("documented", "observed"):
            yield load(name, layer=layer)


def shipped_schemas() -> dict[str, Schema]:
    """Every schema of every operation that we ship, each once: bodies, replies, parameters, headers. Id to schema."""
    found: dict[str, Schema] = {}
    for contract in contracts():
        for operation in contract.operations:
            at = f"{contract.name}-{contract.layer}-{operation.slug}"
            for media in operation.body.content.values() if operation.body else ():
                found[f"{at}-request-{media.media_type}"] = media.schema
            for parameter in operation.parameters:
                found[f"{at}-{parameter.location}-{parameter.name}"] = parameter.schema
            for status, reply in operation.replies.items():
                for media in reply.content.values():
                    found[f"{at}-{status}-{media.media_type}"] = media.schema
                for name, header in reply.headers.items():
                    found[f"{at}-{status}-header-{name}"] = header.schema
    kept: dict[str, Schema] = {}
    seen: set[str] = set()
    for name, schema in found.items():
        if schema is not None and (text := json.dumps(schema.document, sort_keys=True)) not in seen:
            seen.add(text)
            kept[name] = schema
    return kept


class NearValues:
    """Values near a schema, by a seed. Hypothesis draws the same a hundred times slower: a test asks for thousands."""

    def __init__(self, schema: Schema, seed: object) -> None:
        self._schema = schema
        self._random = random.Random(str(seed))

    def value(self, node: Any = None, depth: int = 0) -> Any:
        """A value near a node of the schema."""
        node = self._schema.document if node is None else node
        if not isinstance(node, dict) or depth > 6 or self._one_of(12):
            return self._junk()
        if "$ref" in node:
            return self.value(self._schema.resolve(node), depth)
        for keyword in ("anyOf", "oneOf", "allOf"):
            if keyword in node:
                return self.value(self._random.choice(node[keyword]), depth)
        if "enum" in node or "const" in node:
            return self._random.choice(node.get("enum", [node.get("const")]))
        kinds = node.get("type", "object" if "properties" in node else None)
        return self._of_kind(node, self._random.choice(kinds) if isinstance(kinds, list) else kinds, depth)

    def _one_of(self, many: int) -> bool:
        return self._random.randrange(many) == 0

    def _of_kind(self, node: dict[str, Any], kind: str | None, depth: int) -> Any:
        if kind == "object":
            return self._object(node, depth)
        if kind == "array":
            return [self.value(node.get("items", {}), depth + 1) for _ in range(self._random.randrange(4))]
        if kind == "string":
            return self._text(node)
        if kind in ("integer", "number"):
            bounds = self._bounds(node, "minimum", "maximum") or [0]
            return self._random.choice([self._random.choice(bounds), self._integer(), self._random.choice(NUMBERS)])
        return {"boolean": self._one_of(2), "null": None}.get(kind or "", self._junk())

    def _object(self, node: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = node.get("properties", {})
        left_out = {name for name in properties if self._one_of(3)}
        if self._one_of(2):
            left_out -= set(node.get("required", ()))
        made = {name: self.value(inner, depth + 1) for name, inner in properties.items() if name not in left_out}
        if self._one_of(6) or not properties:
            more = node.get("additionalProperties", {})
            made |= {self._letters(4): self.value(more, depth + 1) for _ in range(self._random.randrange(3))}
        return made

    def _text(self, node: dict[str, Any]) -> str:
        if self._one_of(3):
            return self._random.choice(TEXTS)
        if (form := node.get("format")) == "uuid":
            return str(uuid.UUID(int=self._random.getrandbits(128)))
        if form in ("date", "date-time"):
            zone = datetime.timezone(datetime.timedelta(minutes=self._random.randrange(-840, 840, 15)))
            moment = datetime.datetime.fromtimestamp(self._random.randrange(-(2**35), 2**36), zone)
            return moment.isoformat() if form == "date-time" else str(moment.date())
        return "ä" * max(self._random.choice(self._bounds(node, "minLength", "maxLength") or [3]), 0)

    def _junk(self, depth: int = 0) -> Any:
        kind = self._random.randrange(8 if depth < 3 else 6)
        if kind == 6:
            return [self._junk(depth + 1) for _ in range(self._random.randrange(4))]
        if kind == 7:
            return {self._letters(4): self._junk(depth + 1) for _ in range(self._random.randrange(4))}
        real, letters = self._random.uniform(-1e6, 1e6), self._letters(8)
        return [None, self._one_of(2), self._integer(), real, self._random.choice([*NUMBERS, *TEXTS]), letters][kind]

    def _integer(self) -> int:
        return self._random.randrange(-(2**16), 2**16)

    def _letters(self, most: int) -> str:
        return "".join(self._random.choices('ab0 "\\é\0\u2028\U0001f600', k=self._random.randrange(most + 1)))

    @staticmethod
    def _bounds(node: dict[str, Any], *words: str) -> list[Any]:
        return [node[word] + step for word in words if word in node for step in (-1, 0, 1)]


def near_values(schema: Schema, seed: object, count: int) -> Iterator[Any]:
    """So many values near a schema."""
    near = NearValues(schema, seed)
    return (near.value() for _ in range(count))
