"""`POST …/{id}/VERB`: what a verb leaves in the thing that it acts on. All assumed."""

import re
from collections.abc import Iterator, Mapping

from threadmock.specs.behaviour.rule import Condition
from threadmock.specs.behaviour.setting import Setting
from threadmock.specs.operations.inferred.members import generated, given, moment
from threadmock.specs.operations.inferred.places import plain, singular
from threadmock.specs.operations.inferred.resources import Resource
from threadmock.specs.operations.inferred.shapes import Member

_OUTCOMES: Mapping[str, tuple[str, ...]] = {
    word: tuple(names.split())
    for word, names in {
        "send": "sent",
        "pay": "paid",
        "begin": "begun running in_progress active",
        "hold": "held on_hold",
        "start": "started running in_progress active",
        "stop": "stopped inactive",
        "run": "running queued",
        "pause": "paused",
        "resume": "resumed running active in_progress",
        "complete": "completed complete done",
        "finish": "finished completed done",
        "activate": "active activated enabled",
        "open": "open opened",
        "deactivate": "inactive deactivated disabled",
        "enable": "enabled active",
        "disable": "disabled inactive",
        "reopen": "reopened open",
        "restore": "restored active",
        "retry": "retrying queued pending",
        "submit": "submitted pending",
        "read": "read",
        "seen": "seen",
        "win": "won",
        "lose": "lost",
        "freeze": "frozen",
        "hide": "hidden",
        "draw": "drawn",
        "withdraw": "withdrawn",
        "return": "returned",
        "check_in": "checked_in",
        "check_out": "checked_out",
        "checkin": "checked_in",
        "checkout": "checked_out",
        "mark_read": "read",
        "mark_as_read": "read",
        "mark_done": "done",
        "deploy": "deployed deploying",
        "void": "voided void",
        "capture": "captured succeeded",
        "ship": "shipped",
        "bump": "",
        "touch": "",
        "move": "",
        "renew": "renewed active",
        "assign": "assigned",
        "like": "liked",
        "vote": "voted",
        "rotate": "",
        "refresh": "",
        "duplicate": "",
        "ban": "banned",
        "done": "done",
        "default": "default",
        "sync": "",
        "ping": "",
        "reset": "reset",
        "trigger": "triggered running",
        "execute": "executed running",
        "transfer": "transferred",
        "invite": "invited",
    }.items()
}
_SHORTEST = 2
_UNDONE = ("un", "de", "dis")
_NO = ("inactive", "disabled", "draft", "open", "unlocked", "unpublished")


def is_verb(word: str) -> bool:
    """Whether a segment is a verb that we know."""
    name = word.lower().replace("-", "_")
    return name in _OUTCOMES or any(name.startswith(each) and name.removeprefix(each) in _OUTCOMES for each in _UNDONE)


def forms(verb: str) -> tuple[str, ...]:
    """The words for what a verb leaves, the likeliest first: close → closed; cancel → cancelled, canceled."""
    known = _OUTCOMES.get(verb, ())
    stem = verb.removesuffix("e")
    ied = (f"{verb[:-1]}ied",) if verb.endswith("y") else ()
    doubled = f"{verb}{verb[-1:]}ed"
    return (*known, *ied, f"{stem}ed", doubled, f"{stem}ing", f"{verb}{verb[-1:]}ing", verb.removeprefix("re"), verb)


def outcome(resource: Resource, word: str, *, undone: bool = False) -> dict[str, Setting]:
    """What a verb leaves: a member that lists its outcome, one that is called so, the moment, a number of such.

    undone: the verb is taken back, as by DELETE of `/notes/{id}/star`.
    """
    verb = word.lower().replace("-", "_")
    for before in _UNDONE:
        rest = verb.removeprefix(before)
        if rest != verb and len(rest) > _SHORTEST and not undone and (found := outcome(resource, rest, undone=True)):
            return found
    words = forms(verb)
    made = {name: _left(each, words, undone=undone) for name, each in resource.members.items() if name != resource.key}
    return {name: setting for name, setting in made.items() if setting}


def _left(member: Member, words: tuple[str, ...], *, undone: bool) -> Setting | None:
    texts = {each.lower().replace("-", "_"): each for each in member.values if isinstance(each, str)}
    short, spelled = plain(member.name), [plain(word) for word in words]
    reached = next((texts[word] for word in words if word in texts), None)
    if texts and reached is not None:
        return given(next((texts[word] for word in _NO if word in texts), member.values[0]) if undone else reached)
    if "boolean" in member.types and re.sub("^(is|has)", "", short) in spelled:
        return given(not undone)
    if re.sub("(at|on|date|time)$", "", short) in spelled and short not in spelled and (kind := moment(member)):
        return generated(kind) if not undone else given(None) if "null" in member.types else None
    if "integer" in member.types and plain(singular(short.removesuffix("count"))) == spelled[-1]:
        least = given(0)
        return Setting("stored", steps=(member.name,), plus=-1 if undone else 1, otherwise=least, evidence="assumed")
    return None


def repeated(settings: Mapping[str, Setting], status: int) -> Iterator[Condition]:
    """The refusal of a verb whose outcome is there already."""
    first = next((name for name, each in settings.items() if each.kind == "value" and each.value is not None), "")
    if first:
        reason = f"{first} is {settings[first].value} already"
        yield Condition((("stored", (first,), settings[first].value),), status, reason, evidence="assumed")
