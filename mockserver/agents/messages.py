"""What a request gives to an agent, and which agent it names."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from threadmock.mockserver.agents.compiled_agent import CompiledAgent
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.agents.scripts import AgentInput
from threadmock.mockserver.rules.messages import plain_text, read_messages
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.recipes import create_thing
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.store import Shelf, Thing
from threadmock.specs.behaviour.agent import Speaker
from threadmock.specs.members import ABSENT, dig, steps_of
from threadmock.specs.wire.strictjson import dump_json

_UNDECLARED = "undeclared"


def read_input(scope: Scope, agent: CompiledAgent, name: str) -> AgentInput:
    """The messages of a request, and the text of the last that a user sent. name: the agent's."""
    content = agent.content(scope) if agent.content else ABSENT
    messages = list(read_messages(scope, content))
    text = next((str(each["text"]) for each in reversed(messages) if each["role"] == "user"), None)
    other = agent.otherwise(scope) if agent.otherwise and text is None else ABSENT
    silent = other is ABSENT or other is None or other == ""
    if text is None:
        text = "" if silent or not other else other if isinstance(other, str) else _written(other)
    absent = silent and not messages
    return AgentInput(text, messages, 1 + scope.store.count(scope.shelf), name, absent)


class EarlierInput(NamedTuple):
    """What was answered before. answered: how many messages came after it; calls, said: ids of those of the agent."""

    given: AgentInput
    answered: int
    calls: list[str]
    said: list[str]


def read_earlier_input(scope: Scope, agent: CompiledAgent, name: str) -> EarlierInput | None:
    """The last message of a user in what a run goes on from (`scope.latest`); None where there is none."""
    content = agent.again(scope) if agent.again else ABSENT
    messages = list(read_messages(scope, content))
    asked = [at for at, each in enumerate(messages) if each["role"] == "user"]
    if not asked:
        return None
    after = messages[asked[-1] + 1 :]
    calls = [call for each in after for listed in each["raw"].values() if isinstance(listed, list) for call in listed]
    ids = [str(call["id"]) for call in calls if isinstance(call, Mapping) and "id" in call and "name" in call]
    given = AgentInput(str(messages[asked[-1]]["text"]), (), len(asked), name)
    said = [str(each["id"]) for each in after if each["role"] == "assistant"]
    return EarlierInput(given, len(after), ids, said)


def _written(value: Any) -> str:
    return plain_text(value) or dump_json(value).decode()


def find_agent(scope: Scope, plan: RunPlan, note: Callable[[str], None]) -> tuple[Thing | None, str] | Refused:
    """The agent that a request names, and the name of its script.

    An unknown one is created where the rule says how and nobody declared any; it is found by its name and key, and on
    no list. note: called with the name of one that is created.
    """
    speaker = plan.rule.agent
    if speaker is None:
        return None, ""
    asked = plan.read("agent", scope)
    if not speaker.resource:
        return None, asked if isinstance(asked, str) else ""
    name = "" if asked is ABSENT or asked is None else str(asked)
    found = _look_up(scope, speaker, name)
    if found is None and not _is_uuid(name) and plan.agent and not scope.agents.known:
        scope.item = name
        apart: Shelf = (scope.contract.name, speaker.resource, _UNDECLARED, "")
        found = create_thing(scope, plan.agent, key=scope.ids.uuid4(), shelf=apart)
        note(name)
    if found is None:
        status = speaker.unknown_key if _is_uuid(name) else speaker.unknown_name
        return Refused("unknown", f"{speaker.resource.capitalize()} {name} not found", status=status, key=name)
    return found, str(dig(found, steps_of(speaker.name)))


def _look_up(scope: Scope, speaker: Speaker, name: str) -> Thing | None:
    kind, key = (scope.contract.name, speaker.resource), str(uuid.UUID(name)) if _is_uuid(name) else name
    found = scope.store.read(scope.store.find(*kind, key), key)
    if found is not None:
        return found
    places, things = [steps_of(member) for member in speaker.by], scope.store.everywhere(*kind)
    return next((thing for thing in things if any(dig(thing, at) == name for at in places)), None)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
