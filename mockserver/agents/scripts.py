"""Scripts: what an agent without a model says. Records, and an agent's input; `script_files` reads scripts from YAML.

A script has replies; the first whose conditions hold is given, step by step. `/NAME` at the beginning of a user's
message chooses the script NAME, so that every script can be seen without a restart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from threadmock.mockserver.agents.marks import Marks, written
from threadmock.mockserver.rules.decisions import read_decisions
from threadmock.mockserver.rules.declared_agents import DeclaredAgent

StepKind = Literal[
    "say", "think", "call", "emit", "interrupt", "interrupts", "fail", "wait", "choose", "set", "show", "each", "pick",
    "subgraph", "disconnect", "malformed", "stall", "refuse",
]  # fmt: skip
_CHOSEN = re.compile(r"\s*/([A-Za-z0-9_-]+)\b")
DEFAULT = "echo"


@dataclass(frozen=True)
class Approval:
    """How a person is asked before a tool is called. form: see `decisions`; node: where; description: "" for ours."""

    form: str = "current"
    allowed: tuple[str, ...] = ("approve", "edit", "reject", "respond")
    description: str = ""
    node: str = "review"


@dataclass(frozen=True)
class ScriptCall:
    """One call of a tool. arguments, result and ask may hold marks, arguments be one; takes: seconds.

    failed: the result is an error. ask: what a person is asked before the tool is called; None for nothing. approve:
    how a person decides on the call; an edited one is called as edited. pieces: how many pieces its arguments come in.
    set: members of the state that it changes.
    """

    name: str
    arguments: Mapping[str, Any] | str
    result: str | None = None
    takes: float = 0.0
    id: str = ""
    failed: bool = False
    ask: Any = None
    approve: Approval | None = None
    pieces: int = 0
    set: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReplyCondition:
    """When a reply is given, or a choice taken. text, resume: a part of it, in any case; turn: counted from 1.

    matches: what is found in the text. decision: what a person decided, see `decisions`.
    """

    text: str | None = None
    resume: str | None = None
    turn: int | None = None
    matches: re.Pattern[str] | None = None
    decision: str | None = None

    def holds(self, given: "AgentInput", resume: Any) -> bool:
        """Whether all that is named holds. resume: what a person answered, "" for nothing."""
        return (
            (self.text is None or self.text.casefold() in given.text.casefold())
            and (self.resume is None or self.resume.casefold() in written(resume).casefold())
            and (self.turn is None or self.turn == given.turn)
            and (self.matches is None or self.matches.search(given.text) is not None)
            and (self.decision is None or any(each.kind == self.decision for each in read_decisions(resume)))
        )

    def found(self, given: "AgentInput") -> dict[str, Any]:
        """What the expression found in the text, by number and by name; all of it by 0."""
        found = self.matches.search(given.text) if self.matches else None
        if found is None:
            return {}
        groups = {str(at): text or "" for at, text in enumerate((found[0], *found.groups()))}
        return groups | {name: text or "" for name, text in found.groupdict().items()}


@dataclass(frozen=True)
class ScriptStep:
    """One step of a reply.

    text: of say, think, fail (its message), malformed. value: of emit, interrupt, set, show (its props), each (the
    list). calls: of say and call. name: of a custom event, of the type of an error, of what is shown, of a subgraph.
    pace: seconds between two tokens. seconds: of wait, stall and refuse. node: where it happens. blocks: of content,
    after the text. block: a thought is a block of content. usage, facts: of the message (`metadata`). id, merge: of
    what is shown. steps: of each and subgraph. count: events before a disconnect, status of a refusal. choices: of
    choose and pick. several: interrupts at once.
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
    blocks: tuple[Mapping[str, Any], ...] = ()
    block: bool = False
    usage: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    merge: bool = False
    steps: tuple["ScriptStep", ...] = ()
    count: int = 0
    several: tuple["ScriptStep", ...] = ()


@dataclass(frozen=True)
class ScriptReply:
    """Steps, and when they are taken. weight: how often, of those from which one is picked."""

    steps: tuple[ScriptStep, ...]
    when: ReplyCondition = ReplyCondition()
    weight: int = 1


@dataclass(frozen=True)
class Script:
    """pace: seconds between two tokens, where a step has no pace of its own. seed: what picks go by."""

    name: str
    replies: tuple[ScriptReply, ...]
    pace: float = 0.025
    seed: int = 0

    def chosen(self, given: "AgentInput") -> ScriptReply:
        """The first reply that fits; one without steps where none does."""
        return next((reply for reply in self.replies if reply.when.holds(given, "")), ScriptReply(()))

    @cached_property
    def subgraphs(self) -> frozenset[str]:
        """The names of all subgraphs."""
        found: set[str] = set()
        waiting = [step for reply in self.replies for step in reply.steps]
        while waiting:
            step = waiting.pop()
            if step.kind == "subgraph":
                found.add(step.name)
            waiting += [*step.steps, *(inner for choice in step.choices for inner in choice.steps)]
        return frozenset(found)


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

    declared: the agents of the file, by name; none where it declares none, so that any name will do. written: the same
    as the file has them.
    """

    known: Mapping[str, Script] = field(default_factory=dict)
    default: str = DEFAULT
    declared: Mapping[str, DeclaredAgent] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)

    def choose(self, given: AgentInput) -> tuple[Script, AgentInput]:
        """The script that answers, and its input: `/NAME` at the beginning counts, then the agent's name."""
        found = _CHOSEN.match(given.text)
        if found and found[1] in self.known:
            rest = given.text[found.end() :].strip()
            return self.known[found[1]], replace(given, text=rest or given.text)
        if given.agent in self.declared:
            return self.known[self.declared[given.agent].script], given
        return self.known.get(given.agent) or self.known[self.default], given


def marks_of(given: AgentInput) -> Marks:
    """What marks read before anything was answered."""
    return Marks({"text": given.text, "agent": given.agent, "turn": given.turn, "match": {}})
