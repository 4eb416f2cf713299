"""A script → beats: what happens, one after the other, in words of no provider.

What a beat contains (`item` of settings), by kind:

    accepted, begun   text, agent, resumed, forked (answers once more the message before an earlier state), loaded (goes
                      on from a state that is there), task, upcoming
    begun             goto, moved, upcoming: of a run that goes to a node
    received          messages (each role, text, content, id, raw), next, upcoming, task (that of `begun`)
    entered           node, task, step, trigger, entry (an id of this visit), asked (what was asked in it), again (for
                      one more result of a tool), beside (the nodes that run side by side: each id, node, asked); all
                      beats until the node is left have these, too, but `again`, and place (node and task, also of the
                      nodes around) and, inside a graph of its own, within (the nodes around), namespace (the same as
                      a list), around (node, step, trigger, place, within of the node around) and enclosing (the
                      newest states of the graphs around, the outermost first: each place, state); of a node with a
                      graph inside also inside (its place), as in upcoming; of one that a request went to also
                      moved; inside a graph of its own also outermost (the first of the nodes around), parents (the
                      ids of the visits around, each with that of the graph inside), began (the state that the graph
                      began with), and of around also entry, run (the id of the graph) and parents
    entered           announced: a beat before told of it, in coming
    said, left, reviewed, returned, delegated   inside a graph of its own coming (the number of the next step), and each
                      of upcoming also entry, trigger, place: what begins is told before the step is, by some
    returned          ran (an id of the graph), given (the state that it began with)
    thought, part     id, text (what is new), whole (so far), first, last, number,
                      index (among all parts of the run); message: the id that a thought's has
    thought, part, block, said   opening (the first of its message), generation (an id of the model's turn); but a
                      thought also position ("last" where nothing of its message follows)
    thought, part, block, piece   slot (its part of the message), but of block and piece begins (its first)
    said              told (the parts of the message: each slot, and block or call), joined (the calls among them that
                      begin only now)
    said              of the agent text is with the texts of its blocks; of a tool also first (of its node)
    block             text, index (as of a part), where it is a text
    thought           apart (its text, where it is no block of content)
    thought, part, block, piece   message (its id), heard (thoughts so far that are no blocks)
    thought, part, block   where the message has blocks of content: blocks (what is new), content (so far)
    block             id: one more block of content
    piece             of (the id of its call)
    piece             id, call, name (both with the first), index, written (what is new of a call's arguments), first,
                      last, position, opening, generation, read (what is new, where it is an object by itself), unread
                      (where it is none), content, calls (so far: each id, name, arguments)
    called            id, name, arguments, written, index, run (an id of the tool's turn)
    shown             id, name, props, merge, message
    said              id, role, text, calls, answers, outcome, next, upcoming (each id, node), thoughts, apart, content
                      (blocks, where there are), usage, facts, closing (where there is one of the two), joint (the calls
                      did not come in pieces), position, turn, last (of its node); of a tool also run, and with the last
                      one of its node results (each id, text, outcome, answers, run)
    reviewed          as said of the agent: the message once more, as a person decided on its calls; results
    said, reviewed, returned, left   set (members of the state, with the last of the node), shown (each as above),
                      writes (what was set, each name, value: where several were shown)
    left              next, upcoming, last (of those that run side by side)
    custom            data, name, node
    custom, shown     starts: the model's turn that comes next in the node begins now, with message, generation, heard
    thought, part, block, piece, said   started: a beat before told that the model's turn begins
    delegated         start (an id of what begins it), resumed: a graph of its own begins inside of the node, or goes on
    returned          inner (the state of that graph), fresh (its messages, without those that it began with), next,
                      upcoming, turn: it has ended, and the node with it
    halted            interrupts, next: a node inside of another one, or beside others, waits for an answer
    halted            deepest (the first of several, one around the other)
    paused            unfinished (a message has begun that did not end)
    paused            graph, inner (the nodes around the question, and the state of that graph), waiting_inside (as
                      waiting, by the task in that graph)
    returned          graph (the nodes around the steps of the graph that ended)
    paused            interrupts (each id, value; not where the request asked for the pause), next, turn, waiting (by
                      task: its interrupts), several (whether nodes side by side ask)
    malformed, disconnected, stalled   text; count; nothing: what a stream is to do wrong
    failed            error, message, written (both), turn
    cancelled, ended, closed, removed      turn
    changed           nothing: a request, and no run, created something below the thread

`turn` is what a `fill` reads of a turn; also received (the messages of the request), id (of the first answer), usage.
What ends a run also contains milliseconds. An id is made once, so that all who read a beat find the same.
"""

import re
import uuid
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from threadmock.mockserver.state.store import ThingAddress

AGAIN: Final = object()
"""Sent to a pause instead of an answer: ask once more."""
_TOKEN = re.compile(r"\s*\S{1,24}|\s+")
_MOST_TOKENS = 4000
AGENT, TOOLS = "agent", "tools"


@dataclass(eq=False)
class InnerState:
    """The state of a graph inside of a node. outer: that around it, None for the thread's.

    first, latest: the thing that it began with, and the newest. address: where that is stored, None for nowhere.
    """

    outer: "InnerState | None" = None
    first: Any = None
    latest: Any = None
    step: int = 0
    address: ThingAddress | None = None


@dataclass(slots=True)
class Beat:
    """What happens at one moment.

    after: seconds since the beat before. whole, end: of `thought` and `part`: the text, and how far it has come. form,
    before: where it is a block of content: its type, and the blocks before it. inner: of a beat inside of a node.
    """

    kind: str
    item: Mapping[str, Any]
    after: float = 0.0
    whole: str = ""
    end: int = 0
    form: str = ""
    before: tuple[Mapping[str, Any], ...] = ()
    inner: InnerState | None = None

    def as_item(self) -> Mapping[str, Any]:
        """What settings read. The text so far is cut out only here: most readers never ask."""
        if not self.end:
            return self.item
        whole = self.whole[: self.end]
        if "apart" in self.item:
            return {**self.item, "whole": whole, "heard": self.item.get("heard", "") + whole}
        if not self.form:
            return {**self.item, "whole": whole}
        present = {"type": self.form, self.form: whole, "index": len(self.before)}
        return {**self.item, "whole": whole, "content": [*self.before, present]}


Beats = Generator[Beat, Any, None]


def cut(text: str) -> list[str]:
    """A text in tokens: words with the blanks before them, long words in pieces. Together they are the text."""
    tokens = _TOKEN.findall(text)
    if len(tokens) <= _MOST_TOKENS:
        return tokens
    size = -(-len(tokens) // _MOST_TOKENS)
    return ["".join(tokens[at : at + size]) for at in range(0, len(tokens), size)]


def in_pieces(text: str, count: int) -> list[str]:
    """A text in so many pieces of about one length, or in fewer."""
    size = max(1, -(-len(text) // count))
    return [text[at : at + size] for at in range(0, len(text), size)]


def derived(identifier: str, word: str) -> str:
    """An id that follows from another: to make one more would give all that come after it others than before."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{identifier} {word}"))


@dataclass
class TurnState:
    """A turn so far, as settings read it."""

    base: Mapping[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    text: str = ""
    id: str = ""
    usage: dict[str, int] = field(default_factory=dict)

    def say(
        self, identifier: str, text: str, calls: Sequence[Mapping[str, Any]], usage: Mapping[str, int] | None = None
    ) -> None:
        """Note a message of the agent, and what it took."""
        for name, count in (usage or {}).items():
            self.usage[name] = self.usage.get(name, 0) + count
        self.id = self.id or identifier
        if text or not calls:
            self.steps.append({"kind": "text", "text": text})
        plain = [without_result(call) for call in calls]
        self.steps += [{"kind": "call", **call} for call in plain]
        self.calls += plain
        self.text = text or self.text

    def answer(self, call: Mapping[str, Any]) -> None:
        """Note the result of a tool, and what it was called with."""
        self.steps = [{**step, **call} if step.get("id") == call["id"] else step for step in self.steps]
        self.calls = [call if each["id"] == call["id"] else each for each in self.calls]
        if all(each["id"] != call["id"] for each in self.calls):  # it was called in an earlier turn
            self.steps.append({"kind": "call", **call})
            self.calls.append(call)

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
        if self.usage:
            made["usage"] = dict(self.usage)
        return made


def without_result(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call as it was before it was answered."""
    return {name: value for name, value in call.items() if name != "result"}
