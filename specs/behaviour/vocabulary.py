"""Whether a rule keeps to the words of `behaviour.schema.json`: each departure, with its place and a remedy."""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
from threadmock.specs.documents.places import DocumentPlace, as_place
from threadmock.specs.errors import RuleError, SpecError, nearest, raise_all

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "minItems": "a list of {} or more",
    "minLength": "a text of {} or more characters",
    "minProperties": "a mapping of {} or more members",
}
_SHAPES = ("type", "enum", "const", "anyOf")
_PLACES = ("body", "path", "query", "header", "item")
_SHOWN = 60


@functools.cache
def read_vocabulary(part: str = "") -> dict[str, Any]:
    """The schema of the words; of a part of `$defs` alone where one is named. Nobody changes it."""
    text = (Path(__file__).parent / "behaviour.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return {"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]} if part else schema


@functools.cache
def generators() -> frozenset[str]:
    """The names of the vocabulary for values that are made."""
    return frozenset(read_vocabulary()["$defs"]["generator"]["enum"])


@functools.cache
def _compiled(part: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(read_vocabulary(part))


def check_vocabulary(node: Any, where: str | DocumentPlace, *, part: str = "") -> None:
    """RuleError, with the place and the nearest known word, where a rule breaks the vocabulary; SeveralErrors for more.

    part: a word of the vocabulary's `$defs`, where the node is only that.
    """
    if not _compiled(part).is_valid(node):
        raise_all(list(_departures(node, as_place(where), part)))


def reference(word: str) -> str:
    """Where a user reads about a word of the vocabulary; of `list.next`, in the chapter of `list`; "" for all words."""
    top = word.partition(".")[0]
    anchor, command = (f"#{word}", f"explain --words {top}") if word else ("", "explain --words")
    return f"See docs/reference/behaviour.md{anchor}, or `threadmock {command}`."


def _departures(node: Any, place: DocumentPlace, part: str) -> Iterator[SpecError]:
    # The slower engine reports better what is wrong, and this happens once.
    for error in jsonschema.Draft202012Validator(read_vocabulary(part)).iter_errors(node):
        for leaf in _leaves(error):
            at = place
            for step in leaf.absolute_path:
                at /= step
            word = next((str(step) for step in leaf.absolute_path if isinstance(step, str)), part)
            yield from _explained(leaf, at, word)


def _leaves(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """What is really wrong: of alternatives, what is wrong with the one whose shape the value has."""
    if error.validator not in ("anyOf", "oneOf"):
        yield error
        return
    branches: dict[int, list[jsonschema.ValidationError]] = {}
    for each in error.context or ():
        branches.setdefault(int(each.relative_schema_path[0]), []).append(each)
    meant = [found for found in branches.values() if not any(map(_is_of_shape, found))]
    if not meant:
        yield error
        return
    for each in min(meant, key=len):
        yield from _leaves(each)


def _is_of_shape(error: jsonschema.ValidationError) -> bool:
    """Whether the value as a whole is another kind of thing than was asked for."""
    return not error.relative_path and error.validator in _SHAPES


def _explained(error: jsonschema.ValidationError, place: DocumentPlace, word: str) -> Iterator[SpecError]:
    kind = str(error.validator)
    value: Any = error.instance
    wanted: Any = error.validator_value
    known = words_in(error.schema)
    more = reference(word) if word in _chapters() else ""
    if kind == "additionalProperties" and isinstance(value, Mapping):
        for name in value:
            if name not in known:
                yield RuleError(
                    f"There is no word {name!r} here.", where=place / name, fix=f"{_remedy(name, known)} {more}".strip()
                )
        return
    if kind == "required":
        meant = {nearest(name, known) for name in value if name not in known}
        for name in (each for each in wanted if each not in value and f"Did you mean {each!r}?" not in meant):
            yield RuleError(f"`{name}` is missing here.", where=place, fix=f"Add it. {more}".strip())
        return
    if kind == "propertyNames":
        yield RuleError(f"{_shown(value)} can't stand here.", where=place, fix=f"{error.message}. {more}".strip())
        return
    yield RuleError(_what(error, kind, wanted, value), where=place, fix=f"{_wanted(error)} {more}".strip())


def _what(error: jsonschema.ValidationError, kind: str, wanted: Any, value: Any) -> str:
    if kind == "dependentRequired":
        return f"{error.message}."
    if kind in _BOUNDS:
        return f"{_shown(value)} can't stand here: {_BOUNDS[kind].format(wanted)} is due."
    return f"{_shown(value)} can't stand here."


def _wanted(error: jsonschema.ValidationError) -> str:
    """What is due instead, in words."""
    value: Any = error.instance
    schema: Any = error.schema
    listed = sorted(_listed(schema))
    if isinstance(value, str) and listed:
        return nearest(value, listed)
    if error.validator == "pattern":
        place, dot, rest = str(value).partition(".")
        close = nearest(f"{place}.", [f"{each}." for each in _PLACES]) if dot else ""
        if close.startswith("Did you mean"):
            return close.replace(".'?", f".{rest}'?")
        shown = ", ".join(map(str, schema.get("examples", ())[:3]))
        return f"Write it like {shown}." if shown else f"It must match {schema['pattern']}."
    kinds = dict.fromkeys(_TYPES[kind] for form in _forms(schema) for kind in _types(form))
    if error.validator in ("type", "anyOf") and kinds:
        texts = f"; of texts: {', '.join(listed)}" if listed and len(listed) <= len(_TYPES) else ""
        return f"Due is {' or '.join(kinds)}{texts}."
    if error.validator in ("enum", "const"):
        return f"Known: {', '.join(map(json.dumps, schema.get('enum', [schema.get('const')])))}."
    return ""


def _listed(schema: Any) -> Iterator[str]:
    for form in _forms(schema):
        yield from (each for each in (*form.get("enum", ()), form.get("const")) if isinstance(each, str))


def _types(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type", "string" if "enum" in schema else [])
    return [kind] if isinstance(kind, str) else list(kind)


def _forms(schema: Any) -> Iterator[Mapping[str, Any]]:
    """The schema, what it refers to, and the alternatives that it allows."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    if "$ref" in schema:
        yield from _forms(read_vocabulary()["$defs"].get(str(schema["$ref"]).rpartition("/")[2]))
    for form in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _forms(form)


def words_in(schema: Any) -> tuple[str, ...]:
    """The words that may stand in a mapping of this schema."""
    return tuple(name for form in _forms(schema) for name in form.get("properties", {}))


def _remedy(name: str, known: tuple[str, ...]) -> str:
    """The nearest word that may stand there; else the word under which this one belongs."""
    top = _chapters()[""]
    homes = [home for home in top if name in _chapters()[home] and home in known]
    return f"It belongs under `{'` or `'.join(homes)}`." if homes else nearest(name, known)


@functools.cache
def _chapters() -> Mapping[str, tuple[str, ...]]:
    """Each word of the top level, and each definition, with the words that stand in it; "" is the top level."""
    schema = read_vocabulary()
    found = {name: words_in(node) for name, node in (*schema["$defs"].items(), *schema["properties"].items())}
    return {"": words_in(schema), **found}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
