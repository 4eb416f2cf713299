"""What a request says to an agent, and which agent it is."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.mockserver.agents.compiled_agent import Cast
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.agents.scripts import Heard
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.recipes import make_beside
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.rules.values import plain_text
from threadmock.mockserver.state.store import Thing
from threadmock.specs.behaviour.agent import Speaker
from threadmock.specs.behaviour.read_settings import steps_of
from threadmock.specs.members import ABSENT, dig
from threadmock.specs.wire.strictjson import dump_json

_ROLES = {"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"}
_CONTENT = ("content", "text", "parts")


def hear(tx: Transaction, cast: Cast, agent: str) -> Heard:
    """The messages of a request, and the text of the last that a user sent."""
    content = cast.content(tx) if cast.content else ABSENT
    messages = list(_messages(tx, content, _ROLES | dict(cast.agent.hears.roles)))
    text = next((str(each["text"]) for each in reversed(messages) if each["role"] == "user"), None)
    other = cast.otherwise(tx) if cast.otherwise and text is None else ABSENT
    silent = other is ABSENT or other is None or other == ""
    if text is None:
        text = "" if silent or not other else other if isinstance(other, str) else _written(other)
    nothing = silent and not messages
    return Heard(text, messages, 1 + tx.world.store.count(tx.shelf), agent, nothing)


def hear_again(tx: Transaction, cast: Cast, agent: str) -> tuple[Heard, int, list[str]] | None:
    """What a user said last in what a run goes on from (`tx.latest`), what came after it, and the ids of calls in that.

    What came after it: how many messages. None where nobody said anything there.
    """
    content = cast.again(tx) if cast.again else ABSENT
    messages = list(_messages(tx, content, _ROLES | dict(cast.agent.hears.roles)))
    asked = [at for at, each in enumerate(messages) if each["role"] == "user"]
    if not asked:
        return None
    after = messages[asked[-1] + 1 :]
    calls = [call for each in after for listed in each["raw"].values() if isinstance(listed, list) for call in listed]
    ids = [str(call["id"]) for call in calls if isinstance(call, Mapping) and "id" in call and "name" in call]
    return Heard(str(messages[asked[-1]]["text"]), (), len(asked), agent), len(after), ids


def _written(value: Any) -> str:
    return plain_text(value) or dump_json(value).decode()


def _messages(tx: Transaction, content: Any, roles: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """One text, one message, or several: objects with a role, texts, or pairs of a role and a text."""
    if content is ABSENT or content is None:
        return
    pair = isinstance(content, list) and len(content) == 2 and isinstance(content[0], str) and content[0] in roles
    for each in content if isinstance(content, list) and not pair else [content]:
        raw: Mapping[str, Any]
        if isinstance(each, Mapping):
            raw = each
        elif isinstance(each, list) and len(each) == 2 and isinstance(each[0], str):
            raw = {"role": each[0], "content": each[1]}
        else:
            raw = {"role": "user", "content": each if isinstance(each, str) else dump_json(each).decode()}
        said = next((raw[name] for name in _CONTENT if name in raw), "")
        role = raw.get("role", raw.get("type", "user"))
        identifier = raw.get("id")
        yield {
            "role": roles.get(role if isinstance(role, str) else "", "user"),
            "text": plain_text(said) if isinstance(said, str | list | Mapping) else "",
            "content": said if isinstance(said, str | list) else "",
            "id": identifier if isinstance(identifier, str) and identifier else tx.world.ids.uuid4(),
            "raw": raw,
        }


def find_agent(tx: Transaction, plan: RunPlan) -> tuple[Thing | None, str] | Refused:
    """The agent that a request names, and the name that a script may have; made where the rule says how."""
    speaker = plan.rule.agent
    if speaker is None:
        return None, ""
    asked = plan.read("agent", tx)
    if not speaker.resource:
        return None, asked if isinstance(asked, str) else ""
    name = "" if asked is ABSENT or asked is None else str(asked)
    found = _look_up(tx, speaker, name)
    if found is None and not _is_uuid(name) and plan.agent:
        tx.item = name
        found = make_beside(tx, plan.agent, key=tx.world.ids.uuid4())
    if found is None:
        status = speaker.unknown_key if _is_uuid(name) else speaker.unknown_name
        return Refused("unknown", f"{speaker.resource.capitalize()} {name} not found", status=status, key=name)
    return found, str(dig(found, steps_of(speaker.name)))


def _look_up(tx: Transaction, speaker: Speaker, name: str) -> Thing | None:
    shelf = (tx.contract.name, speaker.resource)
    found = tx.world.store.read(shelf, str(uuid.UUID(name)) if _is_uuid(name) else name)
    if found is not None:
        return found
    places = [steps_of(member) for member in speaker.by]
    return next((thing for thing in tx.world.store.list(shelf) if any(dig(thing, at) == name for at in places)), None)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
