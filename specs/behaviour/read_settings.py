"""The parts that rules are made of, as data → records: sources and settings; and the check of the vocabulary.

Member names of bodies are spelled as on the wire here, while they are read; everything behind the records takes them
as they are. Names of parameters, headers, resources and policies are no member names.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from threadmock.specs.behaviour.conditions import asks_of_store
from threadmock.specs.behaviour.setting import Kind, Setting, Source, When
from threadmock.specs.behaviour.vocabulary import check_vocabulary, generators
from threadmock.specs.documents.places import DocumentPlace
from threadmock.specs.errors import RuleError
from threadmock.specs.evidence import Evidence
from threadmock.specs.members import steps_of

Spell = Callable[[str], str]
"""A member name, or several with dots between → the same as on the wire."""
HOLDS: Mapping[Kind, Literal["places", "literal", "member", "more", "parts"]] = {
    "generate": "more",
    "absent": "more",
    "value": "literal",
    "count": "places",
    "members": "more",
    "minutes_after": "places",
    "list": "more",
    "text": "places",
    "merged": "places",
    "stored": "member",
    "parent": "member",
    "latest": "member",
    "child": "literal",
    "tally": "literal",
    "counted": "literal",
    "weighed": "literal",
    "sequence": "literal",
    "each": "places",
    "messages": "places",
    "template": "literal",
    "keyed": "places",
    "related": "parts",
    "scheduled": "parts",
    "named": "parts",
    "declared": "parts",
    "from": "places",
}
"""What stands behind each word that gives a value: places of a request, what is taken as it is, or a dotted member."""
_WITH_MEMBERS = ("body", "item", "stored", "parent", "latest", "earlier", "listed")


def parse_source(node: str | list[str], spell: Spell) -> Source:
    """`body.ttl.strategy` → Source("body", ("ttl", "strategy")); of several, the first knows the others."""
    first, *others = _sources(node, spell)
    return replace(first, others=tuple(others))


def _sources(node: str | list[str], spell: Spell) -> tuple[Source, ...]:
    return tuple(_source(text, spell) for text in ([node] if isinstance(node, str) else node))


def _source(text: str, spell: Spell) -> Source:
    place, *steps = text.split(".")
    return Source(place, _spelled(place, steps, spell))  # type: ignore[arg-type]  # the vocabulary has checked the place


def _spelled(place: str, steps: Iterable[str], spell: Spell) -> tuple[str, ...]:
    """Steps from a place; those from a path, a query or a header are no member names."""
    return tuple(map(spell, steps)) if place in _WITH_MEMBERS else tuple(steps)


def parse_when(node: Mapping[str, Any] | None, spell: Spell) -> When:
    """`{body.stream: true}` → (("body", ("stream",), True),)."""
    found = ((name.partition("."), value) for name, value in (node or {}).items())
    return tuple(
        (place, _spelled(place, steps_of(path), spell), _spell_wanted(value, spell))
        for (place, _, path), value in found
    )


def _spell_wanted(wanted: Any, spell: Spell) -> Any:
    """What a condition asks for: a literal stays as it is, and the members of `unknown` are spelled."""
    known = asks_of_store(wanted)
    if not known:
        return wanted
    parts = (each.partition(".") for each in known)
    return {"unknown": tuple(f"{resource}{dot}{spell(member)}" for resource, dot, member in parts)}


def spell_template(template: Any, spell: Spell) -> Any:
    """The body of a refusal with every member name as on the wire; texts stay."""
    if isinstance(template, Mapping):
        return {spell(name): spell_template(child, spell) for name, child in template.items()}
    return [spell_template(child, spell) for child in template] if isinstance(template, list) else template


def is_setting(node: Any) -> bool:
    """Whether a node is a setting rather than a literal: a generator name, `absent`, or a mapping that names a kind."""
    if isinstance(node, str):
        return node == "absent" or node in generators()
    return isinstance(node, Mapping) and any(kind in node for kind in HOLDS)


def parse_setting(node: Any, evidence: Evidence, where: DocumentPlace, spell: Spell) -> Setting:
    """One member's setting. A bare word is a generator, or `absent`."""
    if node == "absent":
        return Setting("absent", evidence=evidence)
    if isinstance(node, str):
        return Setting("generate", node, evidence=evidence)
    own: Evidence = node.get("evidence", evidence)
    kinds = [kind for kind in HOLDS if kind in node]
    if not kinds or (len(kinds) > 1 and kinds != ["members", "from"]):
        raise RuleError(f"A setting has one of {', '.join(HOLDS)}; this one has {kinds or 'none'}.", where=where)
    made = _setting(kinds[0], node, own, where, spell)
    return replace(made, when=parse_source(node["when"], spell)) if "when" in node else made


def _setting(kind: Kind, node: Mapping[str, Any], own: Evidence, where: DocumentPlace, spell: Spell) -> Setting:
    if kind == "generate":
        return Setting("generate", node["generate"], evidence=own)
    if kind == "members":
        members = tuple(parse_settings(node["members"], own, where / "members", spell).items())
        guard = _sources(node["from"], spell) if "from" in node else ()
        other = _otherwise(node, own, where, spell)
        return Setting("members", members=members, sources=guard, otherwise=other, evidence=own)
    if kind == "list":
        at = where / "list"
        items = tuple(
            (str(index), parse_setting(item, own, at / index, spell)) for index, item in enumerate(node["list"])
        )
        return Setting("list", members=items, evidence=own)
    if HOLDS[kind] == "parts":
        made = _of_parts(kind, node[kind], own, where / kind, spell)
        return replace(made, otherwise=_otherwise(node, own, where, spell))
    inner = (
        node["of"]
        if kind in ("each", "keyed", "messages")
        else node[kind]
        if kind == "merged" and isinstance(node[kind], dict)
        else None
    )
    holds = HOLDS[kind]
    path = node["over"] if kind == "merged" and "over" in node else node[kind] if holds == "member" else "."
    appended = tuple(map(spell, node.get("append", ())))
    return Setting(
        kind,
        value=appended if kind == "merged" else node[kind] if holds == "literal" else None,
        sources=_sources(node[kind], spell) if holds == "places" and not isinstance(node[kind], dict) else (),
        steps=tuple(map(spell, steps_of(path))),
        members=() if inner is None else (("", parse_setting(inner, own, where, spell)),),
        otherwise=_otherwise(node, own, where, spell),
        null=node.get("null", "keep"),
        plus=node.get("plus", 0),
        plus_item=parse_source(node["plus_item"], spell) if "plus_item" in node else None,
        minus_item=parse_source(node["minus_item"], spell) if "minus_item" in node else None,
        words=node.get("words", {}),
        without=tuple(map(spell, node.get("without", ()))),
        only=parse_source(node["only"], spell) if "only" in node else None,
        evidence=own,
    )


def _of_parts(kind: Kind, node: Mapping[str, Any], own: Evidence, where: DocumentPlace, spell: Spell) -> Setting:
    """A setting that has settings of its own by name."""
    inner = {
        word: node[word] for word in ("is", "schedule", "zone", "name", "depth", "namespace", "of") if word in node
    }
    at = node.get("at", [])
    inner |= {f"at{number}": each for number, each in enumerate(at)}
    value = node.get("space")
    if kind == "related":
        value = (node["resource"], tuple(steps_of(spell(member)) for member in node["by"]))
    return Setting(
        kind,
        value=value,
        steps=tuple(map(spell, steps_of(node.get("member", ".")))),
        members=tuple((word, parse_setting(each, own, where / word, spell)) for word, each in inner.items()),
        evidence=own,
    )


def parse_settings(
    node: Mapping[str, Any] | None, evidence: Evidence, where: DocumentPlace, spell: Spell
) -> dict[str, Setting]:
    """Member to setting; {} for nothing."""
    return {
        spell(member): parse_setting(value, evidence, where / member, spell) for member, value in (node or {}).items()
    }


def _otherwise(node: Mapping[str, Any], evidence: Evidence, where: DocumentPlace, spell: Spell) -> Setting | None:
    if "otherwise" not in node:
        return None
    other = node["otherwise"]
    if is_setting(other):
        check_vocabulary(other, where / "otherwise", part="setting")
        return parse_setting(other, evidence, where / "otherwise", spell)
    return Setting("value", value=other, evidence=evidence)
