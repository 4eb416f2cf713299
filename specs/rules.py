"""`x-behaviour` as data → `behaviour` records. The vocabulary is checked by `behaviour.schema.json` first."""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import jsonschema
from threadmock.specs.behaviour import (
    Evidence,
    Key,
    Leniency,
    Listing,
    Policy,
    Profile,
    Refusal,
    Requirement,
    Rule,
    Setting,
    Shown,
    Source,
    Spelling,
    Taken,
    Within,
)
from threadmock.specs.errors import RuleError, nearest

GENERATORS = ("now", "uuid4", "uuid7", "opaque")
_KINDS = ("generate", "absent", "value", "count", "members", "minutes_after", "from")
_PROVIDER_WIDE = ("errors", "lenient", "spelling", "slashes", "client", "evidence")
_KEYED = ("read", "update", "replace", "delete")


@functools.cache
def _vocabulary(part: str = "") -> jsonschema.Draft202012Validator:
    text = (Path(__file__).parent / "behaviour.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]} if part else schema)


def check_vocabulary(node: Any, where: str, *, part: str = "") -> None:
    """RuleError, with the place and the nearest known word, where a rule breaks the vocabulary.

    part: a word of the vocabulary's `$defs`, where the node is only that.
    """
    error = jsonschema.exceptions.best_match(_vocabulary(part).iter_errors(node))
    if error is None:
        return
    fix = ""
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = tuple(error.schema.get("properties", {}))
        unknown = next((word for word in error.instance if word not in known), "")
        fix = nearest(str(unknown), known)
    raise RuleError(f"{error.message}.", where=f"{where}{error.json_path.removeprefix('$')}", fix=fix)


def check_provider_wide(node: Any, where: str) -> None:
    """RuleError where the `x-behaviour` of a document breaks the vocabulary, or says what one operation does."""
    check_vocabulary(node, where)
    for word in node:
        if word not in _PROVIDER_WIDE:
            raise RuleError(
                f"`{word}` is not for the whole document.",
                where=where,
                fix=f"Write it at an operation. Here: {', '.join(_PROVIDER_WIDE)}.",
            )


def parse_profile(node: Mapping[str, Any]) -> Profile:
    """The provider-wide part: what a client has to be told."""
    client = node.get("client", {})
    return Profile(label=client.get("label", ""), setting=client.get("setting", ""))


def parse_rule(node: Mapping[str, Any], provider_wide: Mapping[str, Any], where: str) -> Rule:
    """The rule of one operation, over the provider-wide defaults. RuleError where the two together make no rule."""
    check_vocabulary(node, where)
    if "action" not in node:
        raise RuleError("The rule has no action.", where=where, fix="Add one, such as `action: create`.")
    merged = {word: provider_wide[word] for word in _PROVIDER_WIDE if word in provider_wide} | dict(node)
    merged["errors"] = {**provider_wide.get("errors", {}), **node.get("errors", {})}
    merged["lenient"] = [*provider_wide.get("lenient", ()), *node.get("lenient", ())]
    evidence: Evidence = merged.get("evidence", "documented")
    if merged["action"] == "create" and "key" not in merged:
        raise RuleError("A create needs a key.", where=where, fix="Add `key: {field: …}`.")
    if merged["action"] in _KEYED and "from" not in merged.get("key", {}):
        raise RuleError(
            f"The action {merged['action']!r} needs a key from the request.",
            where=where,
            fix="Add `key: {field: …, from: path.…}`.",
        )
    return Rule(
        action=merged["action"],
        resource=merged.get("resource", ""),
        within=_within(merged.get("within"), evidence),
        key=_key(merged.get("key"), evidence),
        taken=_taken(merged.get("taken"), evidence, where),
        set={member: parse_setting(value, evidence, where) for member, value in merged.get("set", {}).items()},
        shown=tuple(
            Shown(member, value["query"], value["holds"], value.get("evidence", evidence))
            for member, value in merged.get("shown", {}).items()
        ),
        requires=tuple(
            Requirement(parse_source(item["from"]), tuple(item["statuses"]), item.get("evidence", "assumed"))
            for item in merged.get("requires", ())
        ),
        listing=_listing(merged.get("list")),
        merge=merged.get("merge", "shallow"),
        refusals={kind: _refusal(value, evidence) for kind, value in merged["errors"].items()},
        lenient=tuple(Leniency(item["what"], item.get("evidence", "observed")) for item in merged["lenient"]),
        spelling=_spelling(merged.get("spelling", {}), evidence),
        slashes=merged.get("slashes", False),
        evidence=evidence,
    )


def parse_source(text: str) -> Source:
    """`body.ttl.strategy` → Source("body", ("ttl", "strategy"))."""
    place, *steps = text.split(".")
    return Source(place, tuple(steps))  # type: ignore[arg-type]  # the vocabulary has checked the place


def _sources(node: str | list[str]) -> tuple[Source, ...]:
    return tuple(parse_source(text) for text in ([node] if isinstance(node, str) else node))


def is_setting(node: Any) -> bool:
    """Whether a node is a setting rather than a literal: a generator name, `absent`, or a mapping that names a kind."""
    if isinstance(node, str):
        return node in (*GENERATORS, "absent")
    return isinstance(node, Mapping) and any(kind in node for kind in _KINDS)


def parse_setting(node: Any, evidence: Evidence, where: str) -> Setting:
    """One member's setting. A bare word is a generator, or `absent`."""
    if node == "absent":
        return Setting("absent", evidence=evidence)
    if isinstance(node, str):
        return Setting("generate", node, evidence=evidence)
    own: Evidence = node.get("evidence", evidence)
    kinds = [kind for kind in _KINDS if kind in node]
    if not kinds or (len(kinds) > 1 and kinds != ["members", "from"]):
        raise RuleError(f"A setting has one of {', '.join(_KINDS)}; this one has {kinds or 'none'}.", where=where)
    kind = kinds[0]
    if kind == "generate":
        return Setting("generate", node["generate"], evidence=own)
    if kind in ("count", "minutes_after", "from"):
        return Setting(
            kind,  # type: ignore[arg-type]
            sources=_sources(node[kind]),
            otherwise=_otherwise(node, own, where),
            null=node.get("null", "keep"),
            evidence=own,
        )
    if kind == "members":
        members = tuple((name, parse_setting(value, own, where)) for name, value in node["members"].items())
        guard = _sources(node["from"]) if "from" in node else ()
        return Setting("members", members=members, sources=guard, evidence=own)
    return Setting(kind, value=node.get("value"), evidence=own)  # type: ignore[arg-type]


def sources_of(rule: Rule) -> Iterator[Source]:
    """Every place in a request that a rule reads."""
    for setting in rule.set.values():
        yield from _sources_of_setting(setting)
    one_each = (
        rule.key and rule.key.source,
        rule.within and rule.within.source,
        rule.taken and rule.taken.by,
        rule.listing and rule.listing.limit,
        rule.listing and rule.listing.offset,
        *(requirement.source for requirement in rule.requires),
    )
    yield from (source for source in one_each if source)


def _sources_of_setting(setting: Setting) -> Iterator[Source]:
    yield from setting.sources
    for _, member in setting.members:
        yield from _sources_of_setting(member)
    if setting.otherwise:
        yield from _sources_of_setting(setting.otherwise)


def _otherwise(node: Mapping[str, Any], evidence: Evidence, where: str) -> Setting | None:
    if "otherwise" not in node:
        return None
    other = node["otherwise"]
    if is_setting(other):
        check_vocabulary(other, f"{where}.otherwise", part="setting")
        return parse_setting(other, evidence, where)
    return Setting("value", value=other, evidence=evidence)


def _within(node: Mapping[str, Any] | None, evidence: Evidence) -> Within | None:
    if node is None:
        return None
    source = parse_source(node["from"])
    return Within(node["resource"], source, node.get("must_exist", True), node.get("evidence", evidence))


def _key(node: Mapping[str, Any] | None, evidence: Evidence) -> Key | None:
    if node is None:
        return None
    source = parse_source(node["from"]) if "from" in node else None
    return Key(node["field"], source, node.get("otherwise", "uuid4"), node.get("evidence", evidence))


def _taken(node: Mapping[str, Any] | None, evidence: Evidence, where: str) -> Taken | None:
    if node is None:
        return None
    policies = tuple(
        Policy(name, value["status"], value.get("reply", "refusal"), value.get("evidence", evidence))
        for name, value in node.items()
        if name not in ("by", "default")
    )
    if node["default"] not in [policy.name for policy in policies]:
        known = [policy.name for policy in policies]
        raise RuleError(
            f"The default policy {node['default']!r} is not among the policies.",
            where=f"{where}.taken",
            fix=nearest(node["default"], known),
        )
    return Taken(parse_source(node["by"]) if "by" in node else None, node["default"], policies)


def _listing(node: Mapping[str, Any] | None) -> Listing | None:
    if node is None:
        return None
    return Listing(
        items=node.get("items"),
        order=node.get("order", "newest"),
        limit=parse_source(node["limit"]) if "limit" in node else None,
        offset=parse_source(node["offset"]) if "offset" in node else None,
        default_limit=node.get("default_limit"),
        total=node.get("total"),
        evidence=node.get("evidence", "assumed"),
    )


def _refusal(node: Mapping[str, Any], evidence: Evidence) -> Refusal:
    media = node.get("media_type", "application/json")
    return Refusal(node["status"], node.get("body"), media, node.get("evidence", evidence))


def _spelling(node: Mapping[str, Any], evidence: Evidence) -> Spelling:
    return Spelling(node.get("wire", "as written"), node.get("accepts_both", False), node.get("evidence", evidence))


def evidence_words() -> tuple[str, ...]:
    """The three words of evidence, strongest first."""
    return get_args(Evidence)
