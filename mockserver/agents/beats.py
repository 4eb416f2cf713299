"""A script → beats: what happens, one after the other, in words of no provider.

What a beat contains (`item` of settings), by kind:

    accepted, begun   text, agent, resumed, forked (answers once more the message before an earlier state)
    received          messages (each role, text, content, id, raw), next
    entered           node, task, step, trigger; all beats until the node is left have these, too
    thought, part     id, text (what is new), whole (so far), first, last, number,
                      index (among all parts of the run); message: the id that a thought's has
    said              id, role, text, calls, answers, outcome, next, thoughts, turn
    left              next
    custom            data, name, node
    paused            interrupts (each id, value; not where the request asked for the pause), next, turn
    failed            error, message, written (both), turn
    cancelled, ended, closed, removed      turn
    changed           nothing: a request, and no run, created something below the thread

`turn` is what a `fill` reads of a turn; also received (the messages of the request) and id (of the first answer). What
ends a run also contains milliseconds. An id is made once, so that all who read a beat find the same.
"""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from threadmock.mockserver.agents.scripts import AgentInput, Script, ScriptCall, ScriptStep, fill_marks
from threadmock.specs.wire.strictjson import dump_json

AGAIN: Final = object()
"""Sent to a pause instead of an answer: ask once more."""
_TOKEN = re.compile(r"\s*\S{1,24}|\s+")
_MOST_TOKENS = 4000
AGENT, TOOLS = "agent", "tools"


@dataclass(slots=True)
class Beat:
    """What happens at one moment.

    after: seconds since the beat before. whole, end: of `thought` and `part`: the text, and how far it has come.
    """

    kind: str
    item: Mapping[str, Any]
    after: float = 0.0
    whole: str = ""
    end: int = 0

    def as_item(self) -> Mapping[str, Any]:
        """What settings read. The text so far is cut out only here: most readers never ask."""
        return {**self.item, "whole": self.whole[: self.end]} if self.end else self.item


Beats = Generator[Beat, Any, None]


@dataclass
class ScriptPlayer:
    """Plays the steps of one reply. before, after: nodes at which it pauses ("*": all).

    new_id: makes ids. calls: ids of the first calls, where these were made before. Its generator yields
    beats; to a `paused` one the answer is sent, or AGAIN.
    """

    script: Script
    input: AgentInput
    new_id: Callable[[], str]
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    resume: str = ""
    node: str = ""
    task: str = ""
    step: int = 0
    delay: float = 0.0
    thoughts: str = ""
    message: str = ""
    parts: int = 0
    calls: list[str] = field(default_factory=list)
    turn: "TurnState" = field(default_factory=lambda: TurnState())  # noqa: PLW0108 - it stands below

    def beats(self) -> Beats:
        """All beats of the script, without the end of the run."""
        yield from self.steps(self.script.reply(self.input))
        yield from self.leave([])

    def steps(self, steps: Sequence[ScriptStep], after: Sequence[ScriptStep] = ()) -> Beats:
        """The beats of these steps; after: steps that follow them."""
        for at, step in enumerate(steps):
            rest = (*steps[at + 1 :], *after)
            if step.kind == "wait":
                self.delay += step.seconds
            elif step.kind == "choose":
                taken = next((one for one in step.choices if one.when.holds(self.input, self.resume)), None)
                if taken:
                    yield from self.steps(taken.steps, rest)
            else:
                yield from self.enter(step.node or AGENT)
                yield from self.act(step, [node for node in [_next_node(rest)] if node])

    def act(self, step: ScriptStep, following: list[str]) -> Beats:
        """The beats of one step inside its node."""
        if step.kind in ("say", "call"):
            yield from self.say(step, following)
        elif step.kind == "think":
            text = fill_marks(step.text, self.input, self.resume)
            self.message = self.message or self.new_id()
            yield from self.tokens("thought", text, step, self.new_id())
            self.thoughts += text
            self.turn.steps.append({"kind": "reasoning", "reasoning": text})
        elif step.kind == "emit":
            data = fill_marks(step.value, self.input, self.resume)
            yield self.beat("custom", data=data, name=step.name)
        elif step.kind == "interrupt":
            yield from self.ask(fill_marks(step.value, self.input, self.resume))
        else:
            message = fill_marks(step.text, self.input, self.resume)
            written = f"{step.name}({message!r})"
            yield self.beat("failed", error=step.name, message=message, written=written, turn=self.turn.as_item())

    def ask(self, value: Any) -> Beats:
        """A pause until an answer comes."""
        interrupts = [{"id": self.new_id().replace("-", ""), "value": value}]
        answer: Any = AGAIN
        while answer is AGAIN:
            beat = self.beat("paused", interrupts=interrupts, next=[self.node], turn=self.turn.as_item())
            answer = yield beat
            yield self.beat("entered")
        self.resume = answer if isinstance(answer, str) else dump_json(answer).decode()

    def say(self, step: ScriptStep, following: list[str]) -> Beats:
        """One message, token by token, and the results of the tools that it calls."""
        identifier, self.message = self.message or self.new_id(), ""
        text = fill_marks(step.text, self.input, self.resume)
        yield from self.tokens("part", text, step, identifier)
        calls = [self.call(each, index) for index, each in enumerate(step.calls)]
        results = [(call, each) for call, each in zip(calls, step.calls, strict=True) if each.result is not None]
        message: dict[str, Any] = {"id": identifier, "role": "assistant", "text": text}
        if self.thoughts:
            message["thoughts"], self.thoughts = self.thoughts, ""
        if calls:
            message["calls"] = [{name: value for name, value in call.items() if name != "result"} for call in calls]
        self.turn.say(identifier, text, calls)
        yield self.beat("said", **message, next=[TOOLS] if results else following, turn=self.turn.as_item())
        yield from self.end_node([TOOLS] if results else following)
        for at, (call, each) in enumerate(results):
            yield from self.result(call, each, following if at == len(results) - 1 else [TOOLS])

    def result(self, call: Mapping[str, Any], each: ScriptCall, following: list[str]) -> Beats:
        """The message of a tool."""
        yield from self.enter(TOOLS)
        if each.ask is not None:
            yield from self.ask(fill_marks(each.ask, self.input, self.resume))
            call = {**call, "result": fill_marks(each.result, self.input, self.resume)}
        self.delay += each.takes
        answers = {name: value for name, value in call.items() if name != "result"}
        self.turn.answer(call)
        yield self.beat(
            "said",
            id=self.new_id(),
            role="tool",
            text=call["result"],
            answers={**answers, "result": call["result"]},
            outcome="error" if each.failed else "success",
            next=following,
            turn=self.turn.as_item(),
        )
        yield from self.end_node(following)

    def call(self, each: ScriptCall, index: int) -> dict[str, Any]:
        """A call as settings read it; with its result where there is one."""
        arguments = fill_marks(each.arguments, self.input, self.resume)
        made = {
            "id": (self.calls.pop(0) if self.calls else "") or each.id or f"call_{self.new_id().replace('-', '')[:24]}",
            "name": each.name,
            "arguments": arguments,
            "written": dump_json(arguments).decode(),
            "index": index,
        }
        return made if each.result is None else made | {"result": fill_marks(each.result, self.input, self.resume)}

    def tokens(self, kind: str, text: str, step: ScriptStep, identifier: str) -> Iterator[Beat]:
        """A text bit by bit."""
        pace = self.script.pace if step.pace is None else step.pace
        end = 0
        for number, token in enumerate(cut(text)):
            end += len(token)
            self.parts += kind == "part"
            made = self.beat(kind, id=identifier, text=token, first=number == 0, number=number, last=end == len(text))
            made.item = {**made.item, "index": self.parts - 1}
            if kind == "thought":
                made.item = {**made.item, "message": self.message}
            made.after += pace if number else 0.0
            made.whole, made.end = text, end
            yield made

    def beat(self, kind: str, **item: Any) -> Beat:
        """A beat in the current node, after the delay that has added up."""
        delay, self.delay = self.delay, 0.0
        if self.node:
            item = {
                "node": self.node,
                "task": self.task,
                "step": self.step,
                "trigger": f"branch:to:{self.node}",
                **item,
            }
        return Beat(kind, item, delay)

    def enter(self, node: str) -> Beats:
        """Begin a node, where it is not the current one; pause before it, where that was asked for."""
        if self.node == node:
            return
        yield from self.leave([node])
        self.step += 1
        task = self.new_id()
        if self.before & {node, "*"}:
            yield self.static_pause(node, task, [node])
        self.node, self.task = node, task
        yield self.beat("entered")

    def leave(self, following: list[str]) -> Beats:
        """End the current node without a message."""
        if self.node:
            yield self.beat("left", next=following)
            yield from self.end_node(following)

    def end_node(self, following: list[str]) -> Beats:
        """End the node; pause after it, where that was asked for and something follows."""
        node, self.node, task = self.node, "", self.task
        if following and self.after & {node, "*"}:
            yield self.static_pause(node, task, following)

    def static_pause(self, node: str, task: str, following: list[str]) -> Beat:
        """A pause that the request asked for: there is no question, and any run goes on from it."""
        item = {"node": node, "task": task, "next": following, "turn": self.turn.as_item()}
        return Beat("paused", item)


@dataclass
class TurnState:
    """A turn so far, as settings read it."""

    base: Mapping[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    text: str = ""
    id: str = ""

    def say(self, identifier: str, text: str, calls: Sequence[Mapping[str, Any]]) -> None:
        """Note a message of the agent."""
        self.id = self.id or identifier
        if text or not calls:
            self.steps.append({"kind": "text", "text": text})
        plain = [{name: value for name, value in call.items() if name != "result"} for call in calls]
        self.steps += [{"kind": "call", **call} for call in plain]
        self.calls += plain
        self.text = text or self.text

    def answer(self, call: Mapping[str, Any]) -> None:
        """Note the result of a tool."""
        self.steps = [{**step, **call} if step.get("id") == call["id"] else step for step in self.steps]
        self.calls = [call if each["id"] == call["id"] else each for each in self.calls]

    def as_item(self) -> dict[str, Any]:
        """The turn as it is now."""
        made: dict[str, Any] = dict(self.base)
        if self.text:
            made["answer"] = self.text
        if self.id:
            made["id"] = self.id
        if self.steps:
            made["steps"] = list(self.steps)
        if self.calls:
            made["calls"] = list(self.calls)
        return made


def cut(text: str) -> list[str]:
    """A text in tokens: words with the blanks before them, long words in pieces. Together they are the text."""
    tokens = _TOKEN.findall(text)
    if len(tokens) <= _MOST_TOKENS:
        return tokens
    size = -(-len(tokens) // _MOST_TOKENS)
    return ["".join(tokens[at : at + size]) for at in range(0, len(tokens), size)]


def _next_node(steps: Sequence[ScriptStep]) -> str:
    """The node of the next thing that happens; "" where nothing does."""
    for step in steps:
        if step.kind == "choose":
            inner = next((_next_node(one.steps) for one in step.choices), "")
            if inner:
                return inner
        elif step.kind != "wait":
            return step.node or AGENT
    return ""
