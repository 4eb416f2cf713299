"""Scripts: what an agent without a model says. Records, and an agent's input; `script_files` reads scripts from YAML.

A script has replies; the first whose conditions hold is given, step by step. `/NAME` at the beginning of a user's
message chooses the script NAME, so that every script can be seen without a restart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from threadmock.mockserver.rules.declared_agents import DeclaredAgent

StepKind = Literal["say", "think", "call", "emit", "interrupt", "fail", "wait", "choose"]
_CHOSEN = re.compile(r"\s*/([A-Za-z0-9_-]+)\b")
_MARK = re.compile(r"\$\$|\$(text|resume|agent|turn)\b")
DEFAULT = "echo"


@dataclass(frozen=True)
class ScriptCall:
    """One call of a tool. arguments, result and ask may hold marks; takes: seconds.

    failed: the result is an error. ask: what a person is asked before the tool is called; None for nothing.
    """

    name: str
    arguments: Mapping[str, Any]
    result: str | None = None
    takes: float = 0.0
    id: str = ""
    failed: bool = False
    ask: Any = None


@dataclass(frozen=True)
class ReplyCondition:
    """When a reply is given, or a choice taken. text, resume: a part of it, in any case; turn: counted from 1."""

    text: str | None = None
    resume: str | None = None
    turn: int | None = None

    def holds(self, given: "AgentInput", resume: str) -> bool:
        """Whether all that is named holds."""
        return (
            (self.text is None or self.text.casefold() in given.text.casefold())
            and (self.resume is None or self.resume.casefold() in resume.casefold())
            and (self.turn is None or self.turn == given.turn)
        )


@dataclass(frozen=True)
class ScriptStep:
    """One step of a reply.

    text: of say, think, fail (its message). value: of emit and interrupt. calls: of say and call. name: of a custom
    event, or the type of an error. pace: seconds between two tokens. seconds: of wait. node: where it happens.
    """

    kind: StepKind
    text: str = ""
    value: Any = None
    calls: tuple[ScriptCall, ...] = ()
    name: str = ""
    pace: float | None = None
    seconds: float = 0.0
    node: str = ""
    choices: tuple["ScriptReply", ...] = ()


@dataclass(frozen=True)
class ScriptReply:
    """Steps, and when they are taken."""

    steps: tuple[ScriptStep, ...]
    when: ReplyCondition = ReplyCondition()


@dataclass(frozen=True)
class Script:
    """pace: seconds between two tokens, where a step has no pace of its own."""

    name: str
    replies: tuple[ScriptReply, ...]
    pace: float = 0.025

    def reply(self, given: "AgentInput") -> tuple[ScriptStep, ...]:
        """The steps of the first reply that fits; none where none does."""
        return next((reply.steps for reply in self.replies if reply.when.holds(given, "")), ())


@dataclass(frozen=True)
class AgentInput:
    """What a request gives to an agent.

    messages: role, text, content, id and raw of each new message. text: of the last message of a user. turn: how many
    messages of users there are, this one included. agent: the name by which the agent was asked for. absent: the
    request holds no input at all, not even an empty object.
    """

    text: str
    messages: Sequence[Mapping[str, Any]] = ()
    turn: int = 1
    agent: str = ""
    absent: bool = False


@dataclass(frozen=True)
class Scripts:
    """All that are known, by name, and the one that is played where no other is asked for.

    declared: the agents of the file, by name; none where it declares none, so that any name will do.
    """

    known: Mapping[str, Script] = field(default_factory=dict)
    default: str = DEFAULT
    declared: Mapping[str, DeclaredAgent] = field(default_factory=dict)

    def choose(self, given: AgentInput) -> tuple[Script, AgentInput]:
        """The script that answers, and its input: `/NAME` at the beginning counts, then the agent's name."""
        found = _CHOSEN.match(given.text)
        if found and found[1] in self.known:
            rest = given.text[found.end() :].strip()
            return self.known[found[1]], replace(given, text=rest or given.text)
        if given.agent in self.declared:
            return self.known[self.declared[given.agent].script], given
        return self.known.get(given.agent) or self.known[self.default], given


def fill_marks(template: Any, given: AgentInput, resume: str) -> Any:
    """A text with its marks filled in; also texts inside lists and objects. `$$` is a dollar sign."""
    if isinstance(template, str):
        if "$" not in template:
            return template
        marks = {"text": given.text, "resume": resume, "agent": given.agent, "turn": str(given.turn)}
        return _MARK.sub(lambda mark: marks[mark[1]] if mark[1] else "$", template)
    if isinstance(template, list):
        return [fill_marks(item, given, resume) for item in template]
    if isinstance(template, Mapping):
        return {name: fill_marks(value, given, resume) for name, value in template.items()}
    return template
