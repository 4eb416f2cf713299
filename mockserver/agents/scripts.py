"""Scripts: what an agent without a model says. Records, and what is heard; `script_files` reads them from YAML.

A script has replies; the first whose conditions hold speaks, step by step. `/NAME` at the beginning of what was said
chooses the script NAME, so that every script can be seen without a restart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

StepKind = Literal["say", "think", "call", "emit", "interrupt", "fail", "wait", "choose"]
_CHOSEN = re.compile(r"\s*/([A-Za-z0-9_-]+)\b")
_MARK = re.compile(r"\$\$|\$(text|resume|agent|turn)\b")
DEFAULT = "echo"


@dataclass(frozen=True)
class ScriptCall:
    """One call of a tool. arguments, result and ask may hold marks; takes: seconds.

    failed: the result tells of an error. ask: what a person is asked before the tool is called; None for nothing.
    """

    name: str
    arguments: Mapping[str, Any]
    result: str | None = None
    takes: float = 0.0
    id: str = ""
    failed: bool = False
    ask: Any = None


@dataclass(frozen=True)
class Condition:
    """When a reply speaks, or a choice is taken. text, resume: a part of it, in any case; turn: the how-manieth."""

    text: str | None = None
    resume: str | None = None
    turn: int | None = None

    def holds(self, heard: "Heard", resume: str) -> bool:
        """Whether all that is named holds."""
        return (
            (self.text is None or self.text.casefold() in heard.text.casefold())
            and (self.resume is None or self.resume.casefold() in resume.casefold())
            and (self.turn is None or self.turn == heard.turn)
        )


@dataclass(frozen=True)
class Step:
    """One thing that an agent does.

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
    choices: tuple["Reply", ...] = ()


@dataclass(frozen=True)
class Reply:
    """Steps, and when they are taken."""

    steps: tuple[Step, ...]
    when: Condition = Condition()


@dataclass(frozen=True)
class Script:
    """pace: seconds between two tokens, where a step says nothing else."""

    name: str
    replies: tuple[Reply, ...]
    pace: float = 0.025

    def reply(self, heard: "Heard") -> tuple[Step, ...]:
        """The steps of the first reply that fits; none where none does."""
        return next((reply.steps for reply in self.replies if reply.when.holds(heard, "")), ())


@dataclass(frozen=True)
class Heard:
    """What was said to an agent.

    messages: role, text, content, id and raw of each new message. text: of the last user's message. turn: how many
    user's messages there are, this one included. agent: the name of who was asked. nothing: not even
    an empty object came.
    """

    text: str
    messages: Sequence[Mapping[str, Any]] = ()
    turn: int = 1
    agent: str = ""
    nothing: bool = False


@dataclass(frozen=True)
class Scripts:
    """All that are known, by name, and the one that speaks where nothing else is asked for."""

    known: Mapping[str, Script] = field(default_factory=dict)
    default: str = DEFAULT

    def choose(self, heard: Heard) -> tuple[Script, Heard]:
        """The script that answers, and what it hears: `/NAME` at the beginning counts, then the agent's name."""
        found = _CHOSEN.match(heard.text)
        if found and found[1] in self.known:
            rest = heard.text[found.end() :].strip()
            return self.known[found[1]], replace(heard, text=rest or heard.text)
        return self.known.get(heard.agent) or self.known[self.default], heard


def spoken(template: Any, heard: Heard, resume: str) -> Any:
    """A text with its marks filled in; also texts inside lists and objects. `$$` is a dollar sign."""
    if isinstance(template, str):
        if "$" not in template:
            return template
        marks = {"text": heard.text, "resume": resume, "agent": heard.agent, "turn": str(heard.turn)}
        return _MARK.sub(lambda mark: marks[mark[1]] if mark[1] else "$", template)
    if isinstance(template, list):
        return [spoken(item, heard, resume) for item in template]
    if isinstance(template, Mapping):
        return {name: spoken(value, heard, resume) for name, value in template.items()}
    return template
