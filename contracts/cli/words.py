"""The words of `x-behaviour`: what each means, what it takes, and an example, as `behaviour.schema.json` says."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import takewhile
from typing import Any, TypeAlias

from threadmock.specs.errors import nearest
from threadmock.specs.members import ABSENT

PARTS: Mapping[str, tuple[str, ...]] = {
    "The whole provider": ("client", "spelling", "slashes", "lenient", "cors", "initial", "evidence"),
    "A rule": (
        *("action", "resource", "key", "within", "set", "taken", "shown", "requires", "refuse", "missing", "empty"),
        *("merge", "merge_way", "nulls", "null_way", "reply", "select", "minimal", "also", "made", "touch"),
        *(
            "copies",
            "prune",
            "as_node",
            "inside",
            "restores",
            "cascades",
            "expires",
            "unique",
            "headers",
            "conditional",
            "progress",
        ),
    ),
    "Settings: where a value comes from": ("setting", "settings", "generator"),
    "Places and conditions": ("place", "source", "sources", "conditions", "name", "status"),
    "Lists": ("list",),
    "Runs": ("run", "respond", "answer_way"),
    "Agents": ("agent", "beat", "change", "failure"),
    "Events": ("format", "event"),
    "Data files": ("fill",),
    "Errors": ("errors", "refusal"),
}
"""Every word of the top level and every definition, in the order in which a person reads them."""
_NAMELESS = {
    *("name", "status", "place", "source", "sources", "conditions", "setting", "settings", "generator", "made"),
    *("merge_way", "null_way", "answer_way", "respond", "beat", "change", "format", "event", "refusal", "failure"),
}
"""Definitions: an overlay writes what they hold, and not their names."""
_PLAIN = re.compile(r"[A-Za-z_/$](?:[\w ./$()=-]*[\w./$()=-])?")
"""Texts that need no quotes in YAML."""
_KINDS = {"string": "text", "boolean": "true or false", "integer": "whole number"}


@dataclass(frozen=True)
class Word:
    """One word, or one of the values that a word allows.

    path: `list.filters.how`, where `*` is a name that the overlay chooses; of a value, `list.filters.how: among`.
    takes: what it may hold; names of other words stand in backticks; "" for a value. default: ABSENT for none.
    """

    path: str
    description: str
    takes: str = ""
    examples: tuple[Any, ...] = ()
    default: Any = ABSENT
    value: Any = ABSENT

    @property
    def name(self) -> str:
        """As an overlay writes it."""
        return self.path.rpartition(".")[2] if self.value is ABSENT else written(self.value)

    @property
    def top(self) -> str:
        """The word of the top level, or the definition, that it belongs to."""
        return self.path.partition(":")[0].partition(".")[0]

    def shown(self) -> list[str]:
        """The examples as an overlay writes them, each on one line."""
        return [written(each) if self.is_nameless else _pair(self.name, each) for each in self.examples]

    @property
    def is_nameless(self) -> bool:
        """Whether an overlay writes what it holds, and not its name."""
        return self.path in _NAMELESS or self.name == "*"


def _pair(name: str, value: Any) -> str:
    return f"{written(name)}: {written(value)}"


def written(value: Any) -> str:
    """A value as an overlay writes it, on one line: YAML."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(_pair(name, each) for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in ("true", "false", "null"):
        return value
    return json.dumps(value, ensure_ascii=False)


def read_schema() -> dict[str, Any]:
    """The schema of the vocabulary."""
    text = (files("threadmock.specs.behaviour") / "behaviour.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def vocabulary(schema: Mapping[str, Any]) -> dict[str, Word]:
    """Every word by its path, in the order of PARTS; after each one its values, then the words inside it.

    A word of the top level whose definition has the same name is described there.
    """
    nodes = {name: node for name, node in schema["properties"].items() if "description" in node}
    for name, node in schema["$defs"].items():
        own = schema["properties"].get(name, {})
        nodes[name] = {**node, **{key: value for key, value in own.items() if key != "$ref"}}
    order = [name for names in PARTS.values() for name in names]
    ordered = sorted(nodes, key=lambda name: order.index(name) if name in order else len(order))
    return {word.path: word for name in ordered for word in _words(name, nodes[name])}


def _words(path: str, node: Mapping[str, Any]) -> Iterator[Word]:
    if "description" in node:
        examples = tuple(node.get("examples", ()))
        yield Word(path, node["description"], _takes(node), examples, node.get("default", ABSENT))
    yield from (Word(f"{path}: {written(value)}", meaning, value=value) for value, meaning in _values(node))
    for form in _forms(node):
        for name, child in form.get("properties", {}).items():
            yield from _words(f"{path}.{name}", child)
        others = form.get("additionalProperties")
        if isinstance(others, Mapping):
            yield from _words(f"{path}.*", others) if "description" in others else ()


def _forms(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The node, and the forms that it may have instead, or that its items have."""
    yield node
    for form in (*node.get("anyOf", ()), *([node["items"]] if "items" in node else [])):
        yield from _forms(form)


def _values(node: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    for form in (*_forms(node), node.get("propertyNames", {}), node.get("additionalProperties")):
        if isinstance(form, Mapping):
            yield from zip(form.get("enum", ()), form.get("enumDescriptions", ()), strict=False)


def _takes(node: Mapping[str, Any]) -> str:
    """What a node allows, in words."""
    if "$ref" in node:
        return f"`{node['$ref'].rpartition('/')[2]}`"
    if "anyOf" in node:
        return " or ".join(map(_takes, node["anyOf"]))
    if "enum" in node or "const" in node:
        return ", ".join(map(written, node.get("enum", [node.get("const")])))
    if "items" in node:
        return f"list of {_takes(node['items'])}"
    others = node.get("additionalProperties")
    if others and "properties" not in node:
        return f"object of name to {_takes(others)}"
    kinds = node.get("type", "any JSON")
    return " or ".join(_KINDS.get(kind, kind) for kind in _listed(kinds))


Use: TypeAlias = tuple[str, Mapping[str, Any]]
"""An object in an example: the path of the word whose example it is, and the object."""


def uses(schema: Mapping[str, Any]) -> list[Use]:
    """Every object in any example of the schema."""
    known = (Word("*", "", examples=tuple(schema["examples"])), *vocabulary(schema).values())
    shown = ((each, each.is_nameless, example) for each in known for example in each.examples)
    return [(word.path, node) for word, bare, held in shown for node in _objects(held if bare else {word.name: held})]


def use_of(word: Word, schema: Mapping[str, Any], found: Iterable[Use]) -> str:
    """The shortest of these objects that uses a value as its word allows it; "" where none does.

    One of the same surroundings is preferred, and one that says more than the value.
    """
    path = word.path.partition(":")[0]
    names, around = _names_of(path, schema), path.split(".")[:-1]
    used = [
        (-_shared(around, at.split(".")), len(node) == 1, text)
        for at, node in found
        for text in _texts_that_use(node, names, word.value)
    ]
    return min(used, key=lambda use: (*use[:2], len(use[2])), default=(0, False, ""))[2]


def _shared(around: list[str], path: list[str]) -> int:
    """How many steps two paths have in common."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(around, path, strict=False))))


def _names_of(path: str, schema: Mapping[str, Any]) -> set[str]:
    """The words under which the values of a word stand: its own, or those that refer to its definition; {} for any."""
    if path in ("generator", "place"):
        return set()
    return set(_referring(schema, f"#/$defs/{path}", "")) or {path.rpartition(".")[2]}


def _referring(node: Any, target: str, name: str) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _referring(each, target, name)
    elif isinstance(node, Mapping):
        yield from (name,) if node.get("$ref") == target else ()
        for word, each in node.items():
            for inner, child in each.items() if word in ("properties", "$defs") else ((name, each),):
                yield from _referring(child, target, inner)


def _objects(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a value."""
    if isinstance(node, Mapping):
        yield node
    for child in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from _objects(child)


def _texts_that_use(node: Mapping[str, Any], names: set[str], value: Any) -> Iterator[str]:
    """The object where a member of these names is the value or lists it; only the pair where it is one among others."""
    begins = f"{value}."
    for name, held in node.items():
        if not names:
            texts = [each for each in (name, held) if isinstance(each, str)]
            if held == value or any(text.startswith(begins) for text in texts):
                yield written({name: held})
        elif isinstance(held, Mapping) and name in names:
            yield from (written({name: {key: each}}) for key, each in held.items() if value in (key, each))
        elif name in names and any(type(each) is type(value) and each == value for each in _listed(held)):
            yield written(node)


def _listed(held: Any) -> list[Any]:
    return held if isinstance(held, list) else [held]


def word_lines(wanted: str) -> Iterator[str]:
    """What is known of a word or a value, by its path or its name. ValueError where there is none."""
    schema = read_schema()
    words = vocabulary(schema)
    found = [word for word in words.values() if wanted in (word.path, word.name)]
    if not found:
        raise ValueError(f"There is no word {wanted!r}. {nearest(wanted, {word.name for word in words.values()})}")
    for word in found:
        yield word.path
        yield f"  {word.description}"
        values = [
            each
            for each in words.values()
            if each.path in (f"{word.path}: {each.name}", f"{_way_of(word)}: {each.name}")
        ]
        yield from (f"    {each.name:<14} {each.description}" for each in values)
        if word.takes and not values:
            yield f"  takes    {word.takes.replace('`', '')}"
        if word.default is not ABSENT:
            yield f"  default  {written(word.default)}"
        shown = word.shown() if word.value is ABSENT else [use_of(word, schema, uses(schema))]
        yield from (f"  example  {text}" for text in shown)
        yield ""


def _way_of(word: Word) -> str:
    """The definition whose values a word takes, where it is one of words alone."""
    return next((name for name in word.takes.split("`") if name.endswith("_way")), "")


def vocabulary_lines() -> Iterator[str]:
    """Every word with the first sentence about it, by part."""
    words = vocabulary(read_schema())
    for part, tops in PARTS.items():
        yield f"{part}:"
        for word in words.values():
            if word.top in tops and word.value is ABSENT:
                yield f"  {word.path:<32} {word.description.partition('. ')[0].rstrip('.')}."
        yield ""
