"""Whether a response shows what was just made, or what was changed, and which members of the request it has to show."""

from collections.abc import Mapping
from typing import Any

from threadmock.contracts.checks.reading import Reading
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.validation import checker


def makes(reading: Reading) -> bool:
    """Whether the response shows a thing that was just made of the request."""
    return (reading.rule.traits.makes_of_body or shows_run(reading)) and reading.rule.reply is None


def shows_run(reading: Reading) -> bool:
    """Whether the response shows a run that was just started."""
    way = reading.way
    return reading.rule.traits.starts_run and way is not None and way.how == "at_once" and way.reply is None


def stores(reading: Reading) -> bool:
    """Whether the operation takes what the request holds into a thing. An operation of no known kind may."""
    traits = reading.rule.traits
    return traits.makes_of_body or traits.changes or traits.open or shows_run(reading)


def merge_of(rule: Rule, name: str) -> str:
    """How an update treats an object in a member."""
    return rule.merge.get(name, rule.merge.get("*", "shallow"))


def overlap(sent: Any, got: Any) -> tuple[Any, Any]:
    """Both without what an update may keep besides, and without nulls, which may mean that a member goes."""
    if not isinstance(sent, dict) or not isinstance(got, dict):
        return sent, got
    pairs = {name: overlap(value, got[name]) for name, value in sent.items() if value is not None and name in got}
    lost = {name: value for name, value in sent.items() if value is not None and name not in got}
    return {**{n: a for n, (a, _) in pairs.items()}, **lost}, {n: b for n, (_, b) in pairs.items()}


def named_part(wanted: Any, got: Any) -> Any:
    """What came without members of objects that nobody asked for: what a text names may show more than its name."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return {name: named_part(wanted[name], value) for name, value in got.items() if name in wanted}
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        return [named_part(one, other) for one, other in zip(wanted, got, strict=True)]
    return got


def echoed_members(reading: Reading) -> dict[str, Any]:
    """Members that were sent and that the response has to show: name to value as sent.

    Both sides declare them with agreeing schemas, and no rule says that the response gets them from elsewhere.
    """
    if not stores(reading) or reading.rule.reply is not None:
        return {}
    if reading.policy is not None and reading.policy.reply == "existing" and reading.may_exist:
        key = reading.rule.key
        return {key.member: reading.chosen_key} if key and key.member in reading.sent else {}
    return {name: value for name, value in reading.sent.items() if _is_echoed(reading, name, value)}


def _is_echoed(reading: Reading, name: str, value: Any) -> bool:
    if name not in reading.asked_members or name not in reading.made_members or is_hidden(reading, name):
        return False
    key, setting = reading.rule.key, reading.rule.set.get(name)
    if key is not None and key.member == name:
        return key.source == Source("body", (name,)) and reading.chosen_key is not ABSENT
    if reading.rule.traits.changes and value is None and {name, "*"} & reading.rule.nulls.keys():
        return False
    if setting is not None and not _from_body(reading, name, setting, value):
        return False
    schema = reading.node_schema(name)
    return schema is not None and one_shape(reading, name) and checker(schema).valid(value)


def _from_body(reading: Reading, name: str, setting: Setting, value: Any) -> bool:
    """Whether the rule gives the member this very value: from the body, or from elsewhere where that says the same."""
    if setting.kind != "from" or setting.members or (value is None and setting.null == "absent"):
        return False
    if translated(setting, value) != value:
        return False
    there = (v for v in map(reading.look_up, setting.sources) if v is not ABSENT)
    return setting.sources[0] == Source("body", (name,)) or next(there, ABSENT) == value


def translated(setting: Setting, value: Any) -> Any:
    """What a setting writes for a value that it read: some texts stand for others."""
    words = setting.words
    return words.get(value, words.get("*", value)) if isinstance(value, str) else value


def is_hidden(reading: Reading, name: str) -> bool:
    """Whether the rule shows a member on request only."""
    return any(shown.member == name for shown in reading.rule.shown)


def one_shape(reading: Reading, name: str) -> bool:
    """Whether both sides declare the same members inside, so that neither says more than the other."""
    asked, made = reading.asked_schema, reading.made_schema
    if asked is None or made is None:
        return False
    ours, theirs = asked.resolve(reading.asked_members[name]), made.resolve(reading.made_members[name])
    return _inner_names(ours) == _inner_names(theirs)


def _inner_names(node: Any) -> frozenset[str]:
    if not isinstance(node, Mapping):
        return frozenset()
    branches = [node, *(branch for word in ("anyOf", "oneOf", "allOf") for branch in node.get(word, ()))]
    return frozenset(name for b in branches if isinstance(b, Mapping) for name in b.get("properties", ()))
