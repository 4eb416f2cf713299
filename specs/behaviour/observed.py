"""A setting read backwards: what each of its places held, given the value that it made."""

from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import Any

from threadmock.specs.behaviour.questions import ASKED, ASKED_BY_TASK, questions_of
from threadmock.specs.behaviour.setting import Kind, Setting

Observed = dict[str, Any]


def observe(setting: Setting, value: Any, found: Observed) -> bool:
    """Note what places held, such as "item.text" or "latest.values". False where the setting can't make this value.

    Of constants only texts distinguish one thing from another: what else is fixed is what a mock fills in, and others
    are free to hold more. Where a setting hides what it read, nothing is noted, and any value may be its own.
    """
    if setting.when is not None:
        return True
    return READERS[setting.kind](setting, value, found)


def _value(setting: Setting, value: Any, _: Observed) -> bool:
    return bool(setting.value == value) or not isinstance(setting.value, str)


def _from(setting: Setting, value: Any, found: Observed) -> bool:
    if len(setting.sources) == 1 and not (
        setting.words or setting.without or setting.only or setting.plus or setting.sources[0].others
    ):
        found[str(setting.sources[0])] = value
        if str(setting.sources[0]) == ASKED_BY_TASK and isinstance(value, Mapping):
            found[ASKED] = questions_of(value)
    return True


def _held(setting: Setting, value: Any, found: Observed) -> bool:
    if setting.plus or setting.plus_item or setting.minus_item:
        return True
    otherwise = setting.otherwise
    if not (otherwise and otherwise.kind == "value" and otherwise.value == value):
        found[".".join((setting.kind, *setting.steps))] = value
    return True


def _members(setting: Setting, value: Any, found: Observed) -> bool:
    if setting.sources:
        return True
    if not isinstance(value, Mapping):
        return False
    return all(
        observe(inner, value[name], found) if name in value else _may_lack(inner) for name, inner in setting.members
    )


def _may_lack(setting: Setting) -> bool:
    """Whether a member may be missing: all but a text that distinguishes things."""
    return not (setting.kind == "value" and isinstance(setting.value, str) and setting.when is None)


def _list(setting: Setting, value: Any, found: Observed) -> bool:
    if not isinstance(value, list):
        return False
    inner = [each for _, each in setting.members]
    if [each.kind for each in inner] == ["each"]:
        return observe(inner[0], value, found)
    # Where items may be missing or several, what stands before them has its place all the same.
    sure = list(takewhile(lambda each: each.kind != "each" and each.when is None, inner))
    enough = len(value) == len(inner) if sure == inner else len(value) >= len(sure)
    return enough and all(observe(each, item, found) for each, item in zip(sure, value, strict=False))


def _each(setting: Setting, value: Any, found: Observed) -> bool:
    """Of a beat's items what was made of their members as they are; things that lie elsewhere may hold more."""
    if not isinstance(value, list):
        return False
    source, inner = setting.sources[0], setting.members[0][1]
    read = {name: each.sources[0].steps for name, each in inner.members if each.kind == "from" and not each.words}
    plain = {name: steps[0] for name, steps in read.items() if len(steps) == 1}
    if source.place == "item" and plain and all(isinstance(item, Mapping) for item in value):
        found[str(source)] = [{word: item[name] for name, word in plain.items() if name in item} for item in value]
    return True


def _keyed(setting: Setting, value: Any, found: Observed) -> bool:
    if not isinstance(value, Mapping) or len(value) != 1 or not setting.members:
        return False
    ((name, inner),) = value.items()
    if setting.members[0][1].kind == "value" and setting.members[0][1].value != inner:
        return False
    if setting.sources:
        found[str(setting.sources[0])] = name
    return observe(setting.members[0][1], inner, found)


def _merged(setting: Setting, value: Any, found: Observed) -> bool:
    """An object over what lay in the latest: without its own members it is that."""
    over = setting.members[0][1] if len(setting.members) == 1 else None
    if over is None or over.kind != "members" or not setting.steps or setting.value:
        return isinstance(value, Mapping)
    if not observe(over, value, found):
        return False
    own = {name for name, _ in over.members}
    found[".".join(setting.steps if setting.steps[0] == "latest" else ("latest", *setting.steps))] = {
        name: each for name, each in value.items() if name not in own
    }
    return True


def _anything(_: Setting, __: Any, ___: Observed) -> bool:
    """What such a setting read can not be derived from its value, and any value may be its own."""
    return True


READERS: Mapping[Kind, Callable[[Setting, Any, Observed], bool]] = {
    "generate": _anything,
    "value": _value,
    "from": _from,
    "count": _anything,
    "members": _members,
    "minutes_after": _anything,
    "absent": _anything,
    "keyed": _keyed,
    "template": _anything,
    "stored": _held,
    "parent": _held,
    "latest": _held,
    "child": _anything,
    "list": _list,
    "text": _anything,
    "merged": _merged,
    "tally": _anything,
    "each": _each,
    "messages": _anything,
    "counted": _anything,
    "weighed": _anything,
    "related": _anything,
    "scheduled": _anything,
    "named": _anything,
    "declared": _anything,
    "sequence": _anything,
}
