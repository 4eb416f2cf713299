"""Rules → `x-behaviour` as data, the way back from `read_rules`: what was inferred, to be corrected by a user.

Only what differs from what leaving it out means is written. Rules of runs are not: nobody infers them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from threadmock.specs.behaviour.read_settings import HOLDS
from threadmock.specs.behaviour.rule import Inside, Listing, Restoring, Rule, Taken
from threadmock.specs.behaviour.setting import AsNode, Key, Made, Setting, Source, When, Within
from threadmock.specs.evidence import Evidence

Data = dict[str, Any]


def written_rule(rule: Rule) -> Data:
    """The rule as an overlay would say it, in the order in which people read it. Refusals are left out."""
    own = rule.evidence
    made: Data = {
        "action": rule.action,
        "resource": rule.resource,
        "within": _within(rule.within, own),
        "key": _key(rule.key, own),
        "taken": _taken(rule.taken, own),
        "unique": [_plain(each, own) for each in rule.unique],
        "set": _settings(rule.set, own),
        "list": _listing(rule.listing),
        "merge": _by_member(rule.merge, "shallow"),
        "nulls": _by_member(rule.nulls, None),
        "missing": rule.missing if rule.missing != "refuse" else None,
        "empty": _settings(rule.empty, own),
        "reply": _setting(rule.reply, own) if rule.reply else None,
        "shown": {each.member: _plain(each, own, without=("member",)) for each in rule.shown},
        "requires": [_requirement(each) for each in rule.requires],
        "refuse": [_condition(each, own) for each in rule.conditions],
        "select": _source(rule.select) if rule.select else None,
        "also": [_made(each, own) for each in rule.also],
        "touch": _settings(rule.touch, own),
        "copies": {name: _settings(settings, own) for name, settings in rule.copies.items()},
        "prune": _plain(rule.prune, own) if rule.prune else None,
        "as_node": _as_node(rule.as_node, own) if rule.as_node else None,
        "inside": _inside(rule.inside, own) if rule.inside else None,
        "restores": _restoring(rule.restores, own) if rule.restores else None,
        "cascades": [
            {"resource": each.resource, "by": ".".join(each.by), **_plain(each, own, ("resource", "by"))}
            for each in rule.cascades
        ],
        "expires": _plain(rule.expires, own) if rule.expires else None,
        "headers": _settings(rule.headers, own),
        "conditional": _plain(rule.conditional, own) if rule.conditional else None,
        "progress": {member: list(values) for member, values in rule.progress.items()},
        "minimal": rule.minimal or None,
        "evidence": own if own != "documented" else None,
    }
    return {
        word: value
        for word, value in made.items()
        if value is not None and (value not in ("", [], {}) or word == "list")
    }


def _source(source: Source) -> str | list[str]:
    texts = [".".join((each.place, *each.steps)) for each in (source, *source.others)]
    return texts[0] if len(texts) == 1 else texts


def _sources(sources: Iterable[Source]) -> str | list[str]:
    texts = [".".join((each.place, *each.steps)) for each in sources]
    return texts[0] if len(texts) == 1 else texts


def _plain(record: Any, around: Evidence, without: tuple[str, ...] = ()) -> Data:
    """A record of words and sources, as a mapping of the words that are not left out."""
    made: Data = {}
    for name, field in record.__dataclass_fields__.items():
        value = getattr(record, name)
        if name in without or value is None or value == field.default:
            continue
        if name == "evidence":
            continue
        made[name] = (
            _source(value) if isinstance(value, Source) else ".".join(value) if isinstance(value, tuple) else value
        )
    if record.evidence != around:
        made["evidence"] = record.evidence
    return made


def _within(within: Within | None, around: Evidence) -> Data | None:
    if within is None:
        return None
    made: Data = {"resource": within.resource, "from": _source(within.source)}
    if not within.must_exist:
        made["must_exist"] = False
    if within.within:
        made["within"] = _within(within.within, within.evidence)
    if within.create:
        made["create"] = _made(within.create, within.evidence)
    return _with_evidence(made, within.evidence, around)


def _key(key: Key | None, around: Evidence) -> Data | None:
    if key is None:
        return None
    made: Data = {"field": key.member}
    if key.source:
        made["from"] = _source(key.source)
    if key.otherwise != "uuid4":
        made["otherwise"] = key.otherwise
    if key.pick:
        made["pick"] = key.pick
    if key.by:
        made["by"] = list(key.by)
    return _with_evidence(made, key.evidence, around)


def _taken(taken: Taken | None, around: Evidence) -> Data | None:
    if taken is None:
        return None
    by = {"by": _source(taken.by)} if taken.by else {}
    policies = {
        each.name: {"status": each.status, **_plain(each, around, ("name", "status"))} for each in taken.policies
    }
    return {**by, "default": taken.default, **policies}


def _made(made: Made, around: Evidence) -> Data:
    data: Data = {"resource": made.resource, "key": _key(made.key, made.evidence)}
    data["set"] = _settings(made.set, made.evidence)
    if made.within:
        data["within"] = _within(made.within, made.evidence)
    data |= {word: _source(source) for word, source in (("each", made.each), ("when", made.when)) if source}
    if made.touch:
        data["touch"] = _settings(made.touch, made.evidence)
    if made.as_node:
        data["as_node"] = _as_node(made.as_node, made.evidence)
    return _with_evidence(data, made.evidence, around)


def _requirement(requirement: Any) -> Data:
    made: Data = {"from": _source(requirement.source), "statuses": list(requirement.statuses)}
    if requirement.agent:
        made["agent"] = list(requirement.agent)
    if requirement.resource:
        made["resource"] = requirement.resource
    return _with_evidence(made, requirement.evidence, "assumed")


def _as_node(node: AsNode, around: Evidence) -> Data:
    made: Data = {"from": _source(node.source), **_plain(node, around, ("source", "next", "agent"))}
    made |= {"agent": _setting(node.agent, node.evidence)} if node.agent else {}
    return {**made, "next": {name: list(after) for name, after in node.next.items()}} if node.next else made


def _inside(inside: Inside, around: Evidence) -> Data:
    made = {"from": _source(inside.source)} if inside.source else {}
    return {**made, **_plain(inside, around, ("source",))}


def _restoring(restoring: Restoring, around: Evidence) -> Data:
    made = {"resource": restoring.resource, "by": ".".join(restoring.by), "from": _source(restoring.source)}
    return {
        **made,
        **_plain(restoring, around, ("resource", "by", "source", "members")),
        "members": list(restoring.members),
    }


def _condition(condition: Any, around: Evidence) -> Data:
    return {"when": _when(condition.when), **_plain(condition, around, ("when",))}


def _when(when: When) -> Data:
    return {".".join((place, *steps)): value for place, steps, value in when}


def _listing(listing: Listing | None) -> Data | None:
    if listing is None:
        return None
    made = _plain(listing, "assumed", ("filters", "item", "pagination", "distinct", "depth"))
    if listing.distinct:
        made["distinct"] = {"member": listing.distinct, **({"depth": _source(listing.depth)} if listing.depth else {})}
    if listing.pagination:
        made["pagination"] = _plain(listing.pagination, listing.evidence)
    if listing.filters:
        made["filters"] = [
            {"from": _source(each.source), **_plain(each, listing.evidence, ("source",))} for each in listing.filters
        ]
    if listing.item:
        made["item"] = _settings(listing.item, listing.evidence)
    return made


def _by_member(ways: Mapping[str, Any], usual: Any) -> Any:
    if list(ways) == ["*"]:
        return None if ways["*"] == usual else ways["*"]
    return dict(ways) or None


def _settings(settings: Mapping[str, Setting], around: Evidence) -> Data:
    return {member: _setting(each, around) for member, each in settings.items()}


def _setting(setting: Setting, around: Evidence) -> Any:
    own, kind = setting.evidence, setting.kind
    made: Data = {}
    if kind == "generate":
        made["generate"] = setting.generator
    elif kind == "absent":
        made["absent"] = True
    elif kind == "members":
        made["members"] = _settings(dict(setting.members), own)
        made |= {"from": _sources(setting.sources)} if setting.sources else {}
    elif kind == "list":
        made["list"] = [_setting(each, own) for _, each in setting.members]
    elif kind == "merged":
        made["merged"] = _setting(setting.members[0][1], own) if setting.members else _sources(setting.sources)
        made |= {"over": ".".join(setting.steps)} if setting.steps else {}
        made |= {"append": list(setting.value)} if setting.value else {}
    elif HOLDS[kind] == "places":
        made[kind] = _sources(setting.sources)
        made |= {"of": _setting(setting.members[0][1], own)} if setting.members else {}
    elif HOLDS[kind] == "parts":
        made[kind] = _parts(setting, own)
    elif HOLDS[kind] == "member":
        made[kind] = ".".join(setting.steps) or "."
    else:
        made[kind] = setting.value
    if setting.otherwise:
        made["otherwise"] = _setting(setting.otherwise, own)
    made |= {"null": setting.null} if setting.null != "keep" else {}
    made |= {"plus": setting.plus} if setting.plus else {}
    made |= {"plus_item": _source(setting.plus_item)} if setting.plus_item else {}
    made |= {"minus_item": _source(setting.minus_item)} if setting.minus_item else {}
    made |= {"words": dict(setting.words)} if setting.words else {}
    made |= {"without": list(setting.without)} if setting.without else {}
    made |= {"only": _source(setting.only)} if setting.only else {}
    made |= {"when": _source(setting.when)} if setting.when else {}
    if own == around and list(made) == ["generate"]:
        return setting.generator
    if own == around and list(made) == ["absent"]:
        return "absent"
    return _with_evidence(made, own, around)


def _parts(setting: Setting, own: Evidence) -> Data:
    """What stands behind a word that has settings of its own by name."""
    inner = {name: _setting(each, own) for name, each in setting.members}
    at = [inner.pop(name) for name in list(inner) if name.startswith("at")]
    if setting.kind == "named":
        return {**inner, "space": setting.value}
    if setting.kind != "related":
        return inner
    resource, by = setting.value
    found = {"resource": resource, "by": [".".join(steps) for steps in by], **inner}
    return {**found, "member": ".".join(setting.steps) or ".", **({"at": at} if at else {})}


def _with_evidence(made: Data, own: Evidence, around: Evidence) -> Data:
    return made if own == around else {**made, "evidence": own}
