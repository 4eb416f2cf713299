"""Which items an array has to have, and which nodes an object's members bring along, by the keywords of one node."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.specs.schemas.folding import ALSO

_MOST_ITEMS = 1000
_MOST_PLACES = 8
_ANYTHING: Mapping[str, Any] = {}
CHOSEN_WORDS = frozenset(("not", "contains", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties"))
"""Keywords for which a value that is made for the other keywords may be refused."""

IMPLIED_TYPES: Mapping[str, str] = {
    "properties": "object",
    "required": "object",
    "minProperties": "object",
    "patternProperties": "object",
    "propertyNames": "object",
    "dependentRequired": "object",
    "dependentSchemas": "object",
    "items": "array",
    "prefixItems": "array",
    "contains": "array",
    "minItems": "array",
    "format": "string",
    "pattern": "string",
    "minLength": "string",
    "maxLength": "string",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "multipleOf": "number",
}
"""By keyword: the type that a node without one is most likely of."""


def item_nodes(node: Mapping[str, Any], *, more: bool) -> Iterator[list[Any]]:
    """Nodes of an array's items, one list for each way to meet `contains`, the likeliest first.

    more: with an item where none has to be there.
    """
    first = list(node.get("prefixItems", ()))
    rest = node.get("items", node.get("unevaluatedItems", _ANYTHING))
    least, most = int(node.get("minItems", 0)), int(node.get("maxItems", _MOST_ITEMS))
    most = min(most, _MOST_ITEMS, len(first) if rest is False else _MOST_ITEMS)
    wanted = int(node.get("minContains", 1)) if "contains" in node else 0
    holding = {ALSO: [rest, node["contains"]]} if wanted else rest
    filling = {ALSO: [rest, {"not": node["contains"]}]} if wanted and "maxContains" in node else rest
    count = max(least, len(first), 1 if more and not wanted else 0)
    plain = [*first, *([holding] * wanted)]
    if len(plain) <= most:
        yield [*plain, *([filling] * (count - len(plain)))][:most]
    for held in itertools.islice(itertools.combinations(range(min(len(first), most)), wanted), _MOST_PLACES):
        if wanted or len(plain) > most:
            yield [{ALSO: [each, node["contains"]]} if at in held else each for at, each in enumerate(first[:most])]


def brought(node: Mapping[str, Any], made: Mapping[str, Any]) -> tuple[str, ...]:
    """The members there whose `dependentSchemas` ask for something."""
    return tuple(name for name in node.get("dependentSchemas", {}) if name in made)


def with_brought(node: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The node with what the `dependentSchemas` of these members ask for."""
    asked = node["dependentSchemas"]
    rest = {word: child for word, child in node.items() if word != "dependentSchemas"}
    left = {name: child for name, child in asked.items() if name not in names}
    return {ALSO: [{**rest, "dependentSchemas": left}, *(asked[name] for name in names)]}


def depending(node: Mapping[str, Any], made: Mapping[str, Any]) -> str | None:
    """A member that one of those there asks for by `dependentRequired`, and that lacks."""
    return next(
        (
            name
            for trigger, others in node.get("dependentRequired", {}).items()
            if trigger in made
            for name in others
            if name not in made
        ),
        None,
    )


def alternatives(node: Mapping[str, Any]) -> Iterator[Any]:
    """What a node may be, each alternative with the rest of the node."""
    for word in ("oneOf", "anyOf"):
        rest = {keyword: child for keyword, child in node.items() if keyword != word}
        for branch in node.get(word) or ():
            yield {"allOf": [rest, branch]}
    if "if" in node:
        rest = {keyword: child for keyword, child in node.items() if keyword not in ("if", "then", "else")}
        yield {"allOf": [rest, node["if"], node.get("then", {})]}
        yield {"allOf": [rest, node.get("else", {})]}
