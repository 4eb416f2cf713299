"""`x-behaviour` as data → `behaviour` records. The vocabulary is checked by `behaviour.schema.json` first."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.specs.behaviour.actions import ACTIONS
from threadmock.specs.behaviour.profile import Cors, Profile
from threadmock.specs.behaviour.read_as_node import parse_as_node
from threadmock.specs.behaviour.read_inside import parse_inside
from threadmock.specs.behaviour.read_settings import (
    Spell,
    parse_setting,
    parse_settings,
    parse_source,
    parse_when,
    spell_template,
)
from threadmock.specs.behaviour.rule import (
    Cascade,
    Condition,
    Conditional,
    Expiry,
    Filter,
    Leniency,
    Listing,
    Pagination,
    Policy,
    Pruning,
    Refusal,
    Requirement,
    Restoring,
    Rule,
    Shown,
    Spelling,
    Taken,
    Unique,
)
from threadmock.specs.behaviour.setting import Key, Made, Setting, Source, Within
from threadmock.specs.behaviour.vocabulary import check_vocabulary, reference
from threadmock.specs.documents.places import DocumentPlace, as_place
from threadmock.specs.errors import RuleError, nearest, raise_all
from threadmock.specs.evidence import Evidence
from threadmock.specs.members import steps_of

_PROVIDER_WIDE = ("errors", "lenient", "spelling", "slashes", "client", "cors", "initial", "fill", "agent", "evidence")
_AT_ROOT_ONLY = ("client", "cors", "initial", "fill", "agent")
OF_NO_OPERATION = ("no_route", "no_method")
LIST_SOURCES = ("limit", "offset", "page", "sort", "direction", "after", "before", "select", "extract")
_LIST_WORDS = ("order", "page_from", "default_limit", "from_end", "everywhere", "any_case", "nothing")
_LIST_MEMBERS = ("items", "by", "total", "next", "previous")


def check_provider_wide(node: Any, where: str | DocumentPlace) -> None:
    """RuleError where the `x-behaviour` of a document breaks the vocabulary, or has words of a single operation."""
    place = as_place(where)
    check_vocabulary(node, place)
    fix = f"Write it at an operation. Here: {', '.join(_PROVIDER_WIDE)}."
    errors = [
        RuleError(f"`{word}` is not for the whole document.", where=place / word, fix=fix)
        for word in node
        if word not in _PROVIDER_WIDE
    ]
    raise_all(errors)


def parse_profile(node: Mapping[str, Any], spell: Spell) -> Profile:
    """The provider-wide part."""
    client = node.get("client", {})
    initial = tuple(
        parse_made(item, "documented", as_place("x-behaviour/initial"), spell) for item in node.get("initial", ())
    )
    evidence: Evidence = node.get("evidence", "documented")
    errors = node.get("errors", {})
    return Profile(
        label=client.get("label", ""),
        setting=client.get("setting", ""),
        layer=client.get("layer", ""),
        initial=initial,
        cors=_cors(node.get("cors"), evidence),
        refusals={kind: _refusal(errors[kind], evidence, spell) for kind in OF_NO_OPERATION if kind in errors},
    )


def _cors(node: Mapping[str, Any] | None, evidence: Evidence) -> Cors | None:
    if node is None:
        return None
    preflight = node.get("preflight", {"status": 204})
    return Cors(
        node.get("origin", "origin"),
        tuple(node.get("expose", ())),
        node.get("max_age", 0),
        (preflight["status"], preflight.get("text", "")),
        node.get("failures", True),
        node.get("evidence", evidence),
    )


def parse_rule(
    node: Mapping[str, Any], provider_wide: Mapping[str, Any], where: str | DocumentPlace, spell: Spell
) -> Rule:
    """The rule of one operation, over the provider-wide defaults. RuleError where the two together make no rule.

    spell: how member names of bodies are spelled on its wire.
    """
    where = as_place(where)
    check_vocabulary(node, where)
    if "action" not in node:
        fix = f"Add one, such as `action: create`. {reference('action')}"
        raise RuleError("The rule has no action.", where=where, fix=fix)
    _check_place(node, where)
    merged = {word: provider_wide[word] for word in _PROVIDER_WIDE if word in provider_wide} | dict(node)
    merged["errors"] = {**provider_wide.get("errors", {}), **node.get("errors", {})}
    merged["lenient"] = [*provider_wide.get("lenient", ()), *node.get("lenient", ())]
    evidence: Evidence = merged.get("evidence", "documented")
    if merged["action"] == "create" and "key" not in merged:
        raise RuleError("A create needs a key.", where=where, fix="Add `key: {field: …}`.")
    if ACTIONS[merged["action"]].needs_key and not {"from", "pick"} & merged.get("key", {}).keys():
        raise RuleError(
            f"The action {merged['action']!r} needs a key from the request.",
            where=where,
            fix="Add `key: {field: …, from: path.…}`.",
        )
    return Rule(
        action=merged["action"],
        resource=merged.get("resource", ""),
        within=_within(merged.get("within"), evidence, where / "within", spell),
        key=_key(merged.get("key"), evidence, spell),
        taken=_taken(merged.get("taken"), evidence, where / "taken", spell),
        set=parse_settings(merged.get("set"), evidence, where / "set", spell),
        shown=tuple(
            Shown(spell(member), value["query"], value["holds"], value.get("evidence", evidence))
            for member, value in merged.get("shown", {}).items()
        ),
        requires=tuple(
            Requirement(
                parse_source(item["from"], spell),
                tuple(item["statuses"]),
                item.get("evidence", "assumed"),
                tuple(spell(member) for member in item.get("agent", ())),
                item.get("resource", ""),
            )
            for item in merged.get("requires", ())
        ),
        listing=parse_listing(merged.get("list"), where / "list", spell),
        select=parse_source(merged["select"], spell) if "select" in merged else None,
        merge=_by_member(merged.get("merge", "shallow"), spell),
        nulls=_by_member(merged.get("nulls", {}), spell),
        missing=merged.get("missing", "refuse"),
        empty=parse_settings(merged.get("empty"), evidence, where / "empty", spell),
        reply=parse_setting(merged["reply"], evidence, where / "reply", spell) if "reply" in merged else None,
        also=tuple(
            parse_made(item, evidence, where / "also" / index, spell)
            for index, item in enumerate(merged.get("also", ()))
        ),
        touch=parse_settings(merged.get("touch"), evidence, where / "touch", spell),
        copies={
            name: parse_settings(value, evidence, where / "copies" / name, spell)
            for name, value in merged.get("copies", {}).items()
        },
        prune=_pruning(merged.get("prune"), evidence, spell),
        as_node=parse_as_node(merged.get("as_node"), evidence, where / "as_node", spell),
        inside=parse_inside(merged.get("inside"), evidence, spell),
        restores=_restoring(merged.get("restores"), evidence, spell),
        cascades=tuple(_cascade(item, evidence, spell) for item in merged.get("cascades", ())),
        expires=_expiry(merged.get("expires"), evidence, spell),
        conditions=tuple(_condition(item, evidence, spell) for item in merged.get("refuse", ())),
        unique=tuple(
            Unique(
                spell(item["member"]),
                item.get("among", "parent"),
                item.get("status"),
                item.get("evidence", evidence),
            )
            for item in merged.get("unique", ())
        ),
        headers={
            name: parse_setting(value, evidence, where / "headers" / name, spell)
            for name, value in merged.get("headers", {}).items()
        },
        conditional=Conditional(**{"evidence": evidence, **merged["conditional"]}) if "conditional" in merged else None,
        progress={spell(member): tuple(values) for member, values in merged.get("progress", {}).items()},
        minimal=merged.get("minimal", 0),
        refusals={kind: _refusal(value, evidence, spell) for kind, value in merged["errors"].items()},
        lenient=tuple(Leniency(item["what"], item.get("evidence", "observed")) for item in merged["lenient"]),
        spelling=_spelling(merged.get("spelling", {}), evidence),
        slashes=merged.get("slashes", False),
        evidence=evidence,
    )


def _check_place(node: Mapping[str, Any], where: DocumentPlace) -> None:
    """Words of the whole document at an operation would do nothing."""
    raise_all(
        [
            RuleError(f"`{word}` is for the whole document.", where=where / word, fix=f"Target `$`. {reference(word)}")
            for word in node
            if word in _AT_ROOT_ONLY
        ]
    )


def _by_member(node: Any, spell: Spell) -> Any:
    return {spell(member): word for member, word in node.items()} if isinstance(node, Mapping) else {"*": node}


def parse_made(node: Mapping[str, Any], evidence: Evidence, where: DocumentPlace, spell: Spell) -> Made:
    """An additional thing that is made, as data → Made."""
    own: Evidence = node.get("evidence", evidence)
    key = _key(node["key"], own, spell)
    if key is None:
        raise RuleError("A thing under `also` needs a key.", where=where, fix="Add `key: {field: …}`.")
    return Made(
        node["resource"],
        key,
        parse_settings(node["set"], own, where / "set", spell),
        _within(node.get("within"), own, where / "within", spell),
        parse_source(node["each"], spell) if "each" in node else None,
        parse_source(node["when"], spell) if "when" in node else None,
        parse_settings(node.get("touch"), own, where / "touch", spell),
        tuple(parse_made(item, own, where / "also" / index, spell) for index, item in enumerate(node.get("also", ()))),
        parse_as_node(node.get("as_node"), own, where / "as_node", spell),
        own,
    )


def _condition(node: Mapping[str, Any], evidence: Evidence, spell: Spell) -> Condition:
    return Condition(
        parse_when(node["when"], spell),
        node["status"],
        node.get("reason", ""),
        parse_source(node["some"], spell) if "some" in node else None,
        node.get("kept", False),
        spell_template(node.get("body"), spell),
        node.get("media_type", "application/json"),
        node.get("evidence", evidence),
    )


def _pruning(node: Mapping[str, Any] | None, evidence: Evidence, spell: Spell) -> Pruning | None:
    if node is None:
        return None
    strategy = parse_source(node["strategy"], spell) if "strategy" in node else None
    return Pruning(parse_source(node["keys"], spell), strategy, node.get("keeps", ""), node.get("evidence", evidence))


def _restoring(node: Mapping[str, Any] | None, evidence: Evidence, spell: Spell) -> Restoring | None:
    if node is None:
        return None
    return Restoring(
        node["resource"],
        steps_of(spell(node["by"])),
        parse_source(node["from"], spell),
        tuple(map(spell, node["members"])),
        node.get("evidence", evidence),
    )


def _cascade(node: Mapping[str, Any], evidence: Evidence, spell: Spell) -> Cascade:
    when = parse_source(node["when"], spell) if "when" in node else None
    return Cascade(node["resource"], steps_of(spell(node["by"])), when, node.get("evidence", evidence))


def _expiry(node: Mapping[str, Any] | None, evidence: Evidence, spell: Spell) -> Expiry | None:
    if node is None:
        return None
    at, strategy = (steps_of(spell(node.get(word, ""))) for word in ("at", "strategy"))
    return Expiry(at, strategy, node.get("keeps", ""), node.get("evidence", evidence))


def sources_of(rule: Rule) -> Iterator[Source]:
    """Every place in a request that a rule reads."""
    settings = (*rule.set.values(), *rule.touch.values(), *rule.empty.values(), *rule.headers.values())
    for setting in settings:
        yield from _sources_of_setting(setting)
    listing = rule.listing or Listing()
    one_each = (
        rule.key and rule.key.source,
        rule.within and rule.within.source,
        rule.taken and rule.taken.by,
        *(getattr(listing, word) for word in (*LIST_SOURCES, "depth")),
        *(each.source for each in listing.filters),
        rule.select,
        rule.prune and rule.prune.keys,
        rule.prune and rule.prune.strategy,
        rule.as_node and rule.as_node.source,
        rule.restores and rule.restores.source,
        *(each.when for each in rule.cascades),
        *(requirement.source for requirement in rule.requires),
        *(condition.some for condition in rule.conditions),
    )
    for source in one_each:
        if source:
            yield source
            yield from source.others


def _sources_of_setting(setting: Setting) -> Iterator[Source]:
    yield from (source for source in setting.sources if source.place not in ("item", "latest", "earlier"))
    if setting.when and setting.when.place not in ("item", "latest", "earlier"):
        yield setting.when
    for _, member in setting.members:
        yield from _sources_of_setting(member)
    if setting.otherwise:
        yield from _sources_of_setting(setting.otherwise)


def _within(node: Mapping[str, Any] | None, evidence: Evidence, where: DocumentPlace, spell: Spell) -> Within | None:
    if node is None:
        return None
    own: Evidence = node.get("evidence", evidence)
    return Within(
        node["resource"],
        parse_source(node["from"], spell),
        node.get("must_exist", True),
        _within(node.get("within"), own, where / "within", spell),
        parse_made(node["create"], own, where / "create", spell) if "create" in node else None,
        own,
    )


def _key(node: Mapping[str, Any] | None, evidence: Evidence, spell: Spell) -> Key | None:
    if node is None:
        return None
    source = parse_source(node["from"], spell) if "from" in node else None
    return Key(
        spell(node["field"]),
        source,
        node.get("otherwise", "uuid4"),
        node.get("evidence", evidence),
        node.get("pick", ""),
        tuple(map(spell, node.get("by", ()))),
    )


def _taken(node: Mapping[str, Any] | None, evidence: Evidence, where: DocumentPlace, spell: Spell) -> Taken | None:
    if node is None:
        return None
    policies = tuple(
        Policy(
            name,
            value["status"],
            value.get("reply", "refusal"),
            value.get("also", False),
            value.get("evidence", evidence),
        )
        for name, value in node.items()
        if name not in ("by", "default")
    )
    if node["default"] not in [policy.name for policy in policies]:
        known = [policy.name for policy in policies]
        raise RuleError(
            f"The default policy {node['default']!r} is not among the policies.",
            where=where / "default",
            fix=nearest(node["default"], known),
        )
    return Taken(parse_source(node["by"], spell) if "by" in node else None, node["default"], policies)


def parse_listing(node: Mapping[str, Any] | None, where: DocumentPlace, spell: Spell) -> Listing | None:
    """`list` as data → Listing."""
    if node is None:
        return None
    evidence: Evidence = node.get("evidence", "assumed")
    plain = {word: node[word] for word in _LIST_WORDS if word in node}
    members: dict[str, Any] = {word: node[word] and spell(node[word]) for word in _LIST_MEMBERS if word in node}
    sources: dict[str, Any] = {word: parse_source(node[word], spell) for word in LIST_SOURCES if word in node}
    pagination = node.get("pagination")
    distinct = node.get("distinct", {})
    return Listing(
        **plain,
        **members,
        **sources,
        pagination=Pagination(pagination["next"], pagination["total"], pagination.get("evidence", evidence))
        if pagination
        else None,
        filters=tuple(
            Filter(
                parse_source(item["from"], spell),
                spell(item["member"]),
                item.get("how", "equal"),
                item.get("evidence", evidence),
            )
            for item in node.get("filters", ())
        ),
        distinct=spell(distinct.get("member", "")),
        depth=parse_source(distinct["depth"], spell) if "depth" in distinct else None,
        item=parse_settings(node.get("item"), evidence, where / "item", spell),
        evidence=evidence,
    )


def _refusal(node: Mapping[str, Any], evidence: Evidence, spell: Spell) -> Refusal:
    media = node.get("media_type", "application/json")
    return Refusal(node["status"], spell_template(node.get("body"), spell), media, node.get("evidence", evidence))


def _spelling(node: Mapping[str, Any], evidence: Evidence) -> Spelling:
    return Spelling(node.get("wire", "as written"), node.get("accepts_both", False), node.get("evidence", evidence))
