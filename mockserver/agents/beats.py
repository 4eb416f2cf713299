"""A script → beats: what happens, one after the other, in words of no provider.

What a beat contains (`item` of settings), by kind:

    accepted, begun   text, agent, resumed, forked (answers once more the message before an earlier state), loaded (goes
                      on from a state that is there), task, upcoming
    received          messages (each role, text, content, id, raw), next, upcoming, task (that of `begun`)
    entered           node, task, step, trigger, entry (an id of this visit), asked (what was asked in it), again (for
                      one more result of a tool); all beats until the node is left have these, too, but `again`
    thought, part     id, text (what is new), whole (so far), first, last, number,
                      index (among all parts of the run); message: the id that a thought's has
    thought, part, said   opening (the first of its message), generation (an id of the model's turn); a part
                      also position ("last" where nothing of its message follows)
    called            id, name, arguments, written, index, run (an id of the tool's turn)
    said              id, role, text, calls, answers, outcome, next, upcoming (each id, node), thoughts, turn, last (of
                      its node); of a tool also run, and with the last of its node results (each id, text, outcome,
                      answers, run)
    left              next, upcoming
    custom            data, name, node
    paused            interrupts (each id, value; not where the request asked for the pause), next, turn
    failed            error, message, written (both), turn
    cancelled, ended, closed, removed      turn
    changed           nothing: a request, and no run, created something below the thread

`turn` is what a `fill` reads of a turn; also received (the messages of the request) and id (of the first answer). What
ends a run also contains milliseconds. An id is made once, so that all who read a beat find the same.
"""

import re
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
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

    new_id: makes ids. calls: ids of the first calls, where these were made before. upcoming: the id of the next task,
    where it was told already. asked: what was asked in this node. opened: whether a beat of this message came. Its
    generator yields beats; to a `paused` one the answer is sent, or AGAIN.
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
    upcoming: str = ""
    visits: int = 0
    entry: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    thoughts: str = ""
    message: str = ""
    opened: bool = False
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
                if rest and rest[0].kind not in ("wait", "choose"):
                    yield from self.enter(rest[0].node or AGENT)
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
        self.asked = [*self.asked, *interrupts]
        answer: Any = AGAIN
        while answer is AGAIN:
            beat = self.beat("paused", interrupts=interrupts, next=[self.node], turn=self.turn.as_item())
            answer = yield beat
            yield self.visit()
        self.resume = answer if isinstance(answer, str) else dump_json(answer).decode()

    def say(self, step: ScriptStep, following: list[str]) -> Beats:
        """One message, token by token, and the results of the tools that it calls."""
        identifier, self.message = self.message or self.new_id(), ""
        text = fill_marks(step.text, self.input, self.resume)
        yield from self.tokens("part", text, step, identifier)
        after, calls = following, [self.call(each, index) for index, each in enumerate(step.calls)]
        results = [(call, each) for call, each in zip(calls, step.calls, strict=True) if each.result is not None]
        message: dict[str, Any] = {"id": identifier, "role": "assistant", "text": text}
        if self.thoughts:
            message["thoughts"], self.thoughts = self.thoughts, ""
        if calls:
            message["calls"] = [{name: value for name, value in call.items() if name != "result"} for call in calls]
        self.turn.say(identifier, text, calls)
        following = [TOOLS] if results else following
        message |= {"opening": not self.opened, "generation": _derived(identifier, "generation"), "last": True}
        self.opened = False
        yield self.beat("said", **message, **self.onward(following), turn=self.turn.as_item())
        yield from self.end_node(following)
        if results:
            yield from self.results(results, after)

    def results(self, pairs: Sequence[tuple[Mapping[str, Any], ScriptCall]], following: list[str]) -> Beats:
        """The messages of the tools that one message called, in one visit of their node."""
        yield from self.enter(TOOLS)
        calls = [call for call, _ in pairs]
        yield from self.called(calls)
        told: list[dict[str, Any]] = []
        for at, (call, each) in enumerate(pairs):
            if at:
                yield self.beat("entered", again=True)
            own = call
            if each.ask is not None:
                yield from self.ask(fill_marks(each.ask, self.input, self.resume))
                yield from self.called(calls)
                own = {**call, "result": fill_marks(each.result, self.input, self.resume)}
            self.delay += each.takes
            self.turn.answer(own)
            told.append(self.result(own, each))
            more: dict[str, Any] = {"next": [TOOLS], "last": False}
            if at == len(pairs) - 1:
                more = {**self.onward(following), "last": True, "results": told}
            yield self.beat("said", role="tool", **told[-1], **more, turn=self.turn.as_item())
        yield from self.end_node(following)

    def called(self, calls: Iterable[Mapping[str, Any]]) -> Iterator[Beat]:
        """The begin of each call: they go on side by side."""
        for call in calls:
            plain = {name: value for name, value in call.items() if name != "result"}
            yield self.beat("called", **plain, run=self.call_run(call))

    def result(self, call: Mapping[str, Any], each: ScriptCall) -> dict[str, Any]:
        """The message of a tool."""
        answers = {name: value for name, value in call.items() if name != "result"}
        return {
            "id": self.new_id(),
            "text": call["result"],
            "answers": {**answers, "result": call["result"]},
            "outcome": "error" if each.failed else "success",
            "run": self.call_run(call),
        }

    def call_run(self, call: Mapping[str, Any]) -> str:
        """An id of one turn of a tool."""
        return _derived(self.entry, str(call["index"]))

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
        message = self.message if kind == "thought" else identifier
        generation, end = _derived(message, "generation"), 0
        for number, token in enumerate(cut(text)):
            end += len(token)
            self.parts += kind == "part"
            made = self.beat(kind, id=identifier, text=token, first=number == 0, number=number, last=end == len(text))
            more = {"index": self.parts - 1, "opening": not self.opened, "generation": generation}
            if kind == "thought":
                more["message"] = message
            else:
                more["position"] = "last" if end == len(text) and not step.calls else None
            made.item, self.opened = {**made.item, **more}, True
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
                "entry": self.entry,
                "asked": self.asked,
                **item,
            }
        return Beat(kind, item, delay)

    def enter(self, node: str) -> Beats:
        """Begin a node, where it is not the current one; pause before it, where that was asked for."""
        if self.node == node:
            return
        yield from self.leave([node])
        self.step += 1
        task, self.upcoming, self.asked = self.upcoming or self.new_id(), "", []
        if self.before & {node, "*"}:
            yield self.static_pause(node, task, [node])
        self.node, self.task = node, task
        yield self.visit()

    def visit(self) -> Beat:
        """One more visit of the current node."""
        self.visits += 1
        self.entry = _derived(self.task, str(self.visits))
        return self.beat("entered", again=False)

    def onward(self, following: list[str]) -> dict[str, Any]:
        """What comes next, and the id that its task will have."""
        if following and not self.upcoming:
            self.upcoming = self.new_id()
        return {"next": following, "upcoming": [{"id": self.upcoming, "node": node} for node in following]}

    def leave(self, following: list[str]) -> Beats:
        """End the current node without a message."""
        if self.node:
            yield self.beat("left", **self.onward(following))
            yield from self.end_node(following)

    def end_node(self, following: list[str]) -> Beats:
        """End the node; pause after it, where that was asked for and something follows."""
        node, self.node = self.node, ""
        if following and self.after & {node, "*"}:
            yield self.static_pause(following[0], self.upcoming, following)

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


def _derived(identifier: str, word: str) -> str:
    """An id that follows from another: to make one more would give all that come after it others than before."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{identifier} {word}"))


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
