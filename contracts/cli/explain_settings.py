"""Settings, and what is made of them, in words."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from threadmock.specs.behaviour.setting import Key, Kind, Made, Setting, Within
from threadmock.specs.text import shorten

Part: TypeAlias = tuple[str, str, str]
"""What one line says: kind, text, evidence ("" where it has none)."""
_VALUE = 80


def setting_text(setting: Setting) -> str:
    """One line for a setting, with all that it falls back to."""
    text = SETTINGS[setting.kind](setting)
    if setting.words:
        text += ", with " + ", ".join(f"{new!r} for {old!r}" for old, new in setting.words.items())
    if setting.without:
        text += f", without {', '.join(setting.without)}"
    if setting.only:
        text += f", only what {setting.only} names"
    if setting.plus:
        text += f" plus {setting.plus}"
    if setting.plus_item:
        text += f" and {setting.plus_item} once"
    if setting.minus_item:
        text += f" without the item {setting.minus_item}"
    if setting.when:
        text += f" where {setting.when} is given"
    if setting.null == "absent":
        text += ", null counting as absent"
    return f"{text}, otherwise {setting_text(setting.otherwise)}" if setting.otherwise else text


def value_text(value: Any) -> str:
    """A literal as JSON, shortened."""
    return shorten(json.dumps(value), _VALUE)


def when_text(when: Iterable[tuple[str, tuple[str, ...], Any]]) -> str:
    """Conditions that must all hold."""
    return " and ".join(f"{'.'.join((place, *steps))} is {json.dumps(value)}" for place, steps, value in when)


def settings_parts(kind: str, prefix: str, settings: Mapping[str, Setting]) -> Iterator[Part]:
    """One part for each member."""
    for member, setting in settings.items():
        yield kind, f"{prefix}{member}: {setting_text(setting)}", setting.evidence


def key_text(key: Key) -> str:
    """Where a key comes from."""
    otherwise = f"a {key.otherwise}" if key.otherwise else ""
    if key.by:
        return f"{key.member}: {key.source}, or the thing whose {' or '.join(key.by)} that is"
    if key.pick:
        otherwise = "the newest"
    if not key.source:
        return f"{key.member}: {otherwise}"
    return f"{key.member}: {key.source}" + (f", otherwise {otherwise}" if otherwise else "")


def within_parts(kind: str, within: Within | None) -> Iterator[Part]:
    """A parent, that parent's own, and how one is made that is not there."""
    while within:
        must = "must exist" if within.must_exist else "need not exist"
        yield kind, f"{within.resource} named by {within.source}, which {must}", within.evidence
        if within.create:
            yield from made_parts(kind, within.create, f"{within.resource} that is made where there is none")
        within = within.within


def made_parts(kind: str, made: Made, name: str = "") -> Iterator[Part]:
    """A thing that is made: when, under which key, with which members. name: what its lines begin with."""
    name = name or made.resource
    times = f" for each of {made.each}" if made.each else ""
    times += f" where there is {made.when}" if made.when else ""
    yield kind, f"{one(name)}{times}", made.evidence
    yield kind, f"{name}, key {key_text(made.key)}", made.key.evidence
    for _, text, evidence in within_parts(kind, made.within):
        yield kind, f"{name}, within {text}", evidence
    yield from settings_parts(kind, f"{name}, ", made.set)
    yield from settings_parts(kind, f"{name}, then in the thing itself ", made.touch)
    if found := made.as_node:
        yield kind, f"{name}, made as if by the node in {found.source}", found.evidence
    for inner in made.also:
        yield from made_parts(kind, inner, f"{inner.resource} below the {name}")


def one(name: str) -> str:
    """The name with its article."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def numbered(names: Iterable[str]) -> Iterator[str]:
    """Names in order; the second of one name gets a number, and so on."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _any(sources: Iterable[object]) -> str:
    return " or ".join(map(str, sources))


def _whole(steps: tuple[str, ...]) -> str:
    return ".".join(steps) or "self"


def _members(setting: Setting) -> str:
    inner = ", ".join(f"{name}: {setting_text(each)}" for name, each in setting.members)
    guard = f" where {_any(setting.sources)} is given" if setting.sources else ""
    return f"{{{inner}}}{guard}"


def _merged(setting: Setting) -> str:
    new = setting_text(setting.members[0][1]) if setting.members else _any(setting.sources)
    appended = f", {' and '.join(setting.value)} being appended to" if setting.value else ""
    return f"{new} over {'.'.join(setting.steps) or 'itself'}{appended}"


def _tally(setting: Setting) -> str:
    told = setting.value not in ("total", "page", "done")
    return f"what is told of the page ({setting.value})" if told else f"how many there are ({setting.value})"


def _related(setting: Setting) -> str:
    resource, by = setting.value
    parts = dict(setting.members)
    found = " or ".join(".".join(steps) for steps in by)
    further = "".join(f", there what {setting_text(each)} names" for name, each in parts.items() if name != "is")
    return f"{_whole(setting.steps)} of the {resource} whose {found} is {setting_text(parts['is'])}{further}"


def _scheduled(setting: Setting) -> str:
    parts = dict(setting.members)
    zone = f" in the zone {setting_text(parts['zone'])}" if "zone" in parts else ""
    return f"the next moment of the schedule {setting_text(parts['schedule'])}{zone}"


def _declared(setting: Setting) -> str:
    parts = dict(setting.members)
    depth = f", with those inside of it as deep as {setting_text(parts['depth'])}" if "depth" in parts else ""
    only = f", only {setting_text(parts['namespace'])}" if "namespace" in parts else ""
    return f"of the declared agent {setting_text(parts['name'])}{depth}{only}: {setting_text(parts['of'])}"


SETTINGS: Mapping[Kind, Callable[[Setting], str]] = {
    "generate": lambda s: s.generator,
    "value": lambda s: value_text(s.value),
    "from": lambda s: f"from {_any(s.sources)}",
    "count": lambda s: "how many there are of " + ", ".join(map(str, s.sources)),
    "members": _members,
    "minutes_after": lambda s: f"now plus the minutes in {_any(s.sources)}",
    "absent": lambda _: "never there",
    "keyed": lambda s: f"under the name in {_any(s.sources)}: {setting_text(s.members[0][1])}",
    "template": lambda s: f"the text {value_text(s.value)}",
    "stored": lambda s: f"the thing's {_whole(s.steps)}",
    "parent": lambda s: f"the parent's {_whole(s.steps)}",
    "latest": lambda s: f"the newest thing's {_whole(s.steps)}",
    "child": lambda s: f"the {s.value} below it",
    "list": lambda s: "[" + ", ".join(setting_text(each) for _, each in s.members) + "]",
    "text": lambda s: f"the text of {_any(s.sources)}",
    "merged": _merged,
    "tally": _tally,
    "messages": lambda s: f"for each message in {_any(s.sources)}: {setting_text(s.members[0][1])}",
    "each": lambda s: f"for each of {_any(s.sources)}: {setting_text(s.members[0][1])}",
    "counted": lambda s: f"how many {s.value} things there are below the parent",
    "sequence": lambda s: "1, 2, 3 … " + ("below each parent" if s.value == "parent" else "over all things"),
    "related": _related,
    "scheduled": _scheduled,
    "named": lambda s: f"a UUID that follows from {setting_text(s.members[0][1])}",
    "declared": _declared,
    "weighed": lambda s: f"how many bytes the {s.value} things below the parent are",
}
