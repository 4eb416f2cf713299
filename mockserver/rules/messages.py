"""Messages in whatever form they are sent, and what becomes of a list to which others are appended."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from threadmock.mockserver.rules.outcome import Unfit
from threadmock.mockserver.rules.scope import Scope
from threadmock.specs.behaviour.agent import AgentInput, Removal
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.strictjson import dump_json

_ROLES = {"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"}
_CONTENT = ("content", "text", "parts")


def read_messages(scope: Scope, found: Any) -> Iterator[dict[str, Any]]:
    """One text, one message, or several: objects with a role, texts, or pairs of a role and a text.

    Each has role, text, content, id and raw; its role, and the word that was sent for it, are members that are true.
    unknown: a role that nobody knows.
    """
    if found is ABSENT or found is None:
        return
    agent = scope.contract.profile.agent
    given = agent.input if agent else AgentInput()
    roles = _ROLES | dict(given.roles) | ({given.removal.word: given.removal.word} if given.removal else {})
    pair = isinstance(found, list) and len(found) == 2 and isinstance(found[0], str) and found[0] in roles
    for each in found if isinstance(found, list) and not pair else [found]:
        if _is_nothing(each):  # what a place holds in none of the items of a list
            continue
        raw, role = _unwrapped(each, given)
        content = next((raw[name] for name in _CONTENT if name in raw), "")
        identifier, word = raw.get("id"), role if isinstance(role, str) else ""
        made = {
            "role": roles.get(word, "user"),
            "text": plain_text(content) if isinstance(content, str | list | Mapping) else "",
            "content": content if isinstance(content, str | list) else "",
            "id": identifier if isinstance(identifier, str) and identifier else scope.ids.uuid4(),
            "raw": raw,
        }
        flags = {name: True for name in (word, made["role"]) if name and name not in made}
        yield made | flags | ({} if word in roles else {"unknown": role})


def _is_nothing(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_nothing, value))


def _unwrapped(each: Any, given: AgentInput) -> tuple[Mapping[str, Any], Any]:
    """The members of a message, and the word for its role."""
    if isinstance(each, list) and len(each) == 2 and isinstance(each[0], str):
        return {"role": each[0], "content": each[1]}, each[0]
    if not isinstance(each, Mapping):
        return {"role": "user", "content": each if isinstance(each, str) else dump_json(each).decode()}, "user"
    if given.wrapped and isinstance(each.get(given.wrapped.members), Mapping):
        role = each.get(given.wrapped.role)
        return each[given.wrapped.members], role[-1] if isinstance(role, list) and role else role
    return each, each.get("role", each.get("type", "user"))


def plain_text(content: Any) -> str:
    """The text of a content: the text itself, or the texts of its parts, one after the other."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "".join(str(part["text"]) for part in parts if isinstance(part, Mapping) and "text" in part)


def joined(before: Any, sent: Any, removal: Removal | None = None) -> Any:
    """A list with others appended; one with the id of an earlier one replaces it, or takes it out.

    Unfit where one is to be taken out that is not there.
    """
    if not isinstance(sent, list):
        sent = [sent]
    if not isinstance(before, list):
        if removal is None:
            return sent
        before = []
    made: list[Any] = list(before)
    if removal:
        last = max((at for at, each in enumerate(sent) if _removes_all(each, removal)), default=-1)
        made, sent = ([], sent[last + 1 :]) if last >= 0 else (made, sent)
    places = {item["id"]: at for at, item in enumerate(made) if isinstance(item, Mapping) and "id" in item}
    gone: set[int] = set()
    for item in sent:
        at = places.get(item.get("id")) if isinstance(item, Mapping) and isinstance(item.get("id"), str) else None
        if removal and _removes(item, removal):
            if at is None:
                raise Unfit(f"There is no message {str(item.get('id'))[:100]!r} to take out")
            gone.add(at)
        elif at is None:
            if isinstance(item, Mapping) and isinstance(item.get("id"), str):
                places[item["id"]] = len(made)
            made.append(item)
        else:
            made[at] = item
            gone.discard(at)
    return [item for at, item in enumerate(made) if at not in gone]


def missing(before: Any, messages: Sequence[Mapping[str, Any]], removal: Removal | None) -> bool:
    """Whether messages as `read_messages` has them take out one that is not among those from before."""
    stored = before if isinstance(before, list) else []
    if removal is None:
        return False
    try:
        joined(stored, [{"id": each["id"], removal.member: each["role"]} for each in messages], removal)
    except Unfit:
        return True
    return False


def _removes(item: Any, removal: Removal) -> bool:
    return isinstance(item, Mapping) and item.get(removal.member) == removal.word


def _removes_all(item: Any, removal: Removal) -> bool:
    return bool(removal.every) and _removes(item, removal) and item.get("id") == removal.every
