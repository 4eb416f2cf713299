"""The messages of a script: token by token, blocks of content, calls, what a person decides on these, results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from threadmock.mockserver.agents.beats import TOOLS, Beat, Beats, cut, derived, in_pieces, without_result
from threadmock.mockserver.agents.node_player import NodePlayer
from threadmock.mockserver.agents.scripts import ScriptCall, ScriptStep
from threadmock.mockserver.rules.decisions import Decision, ask, read_decisions, refusal
from threadmock.mockserver.rules.partial_json import read_partial_json
from threadmock.specs.wire.strictjson import dump_json

Pairs = Sequence[tuple[Mapping[str, Any], ScriptCall]]
"""Calls as settings read them, each with what the script says of it."""


def text_of(block: Mapping[str, Any]) -> str:
    """The text of a block of content; "" where it has none."""
    text = block.get("text") if block.get("type") == "text" else None
    return text if isinstance(text, str) else ""


@dataclass
class MessagePlayer(NodePlayer):
    """Speaks.

    thoughts, apart: of the next message, all and those that are no blocks. told: its parts as they began, each with its
    slot: a block, or a call. started: the model's turn began before anything came of it.
    """

    thoughts: str = ""
    apart: str = ""
    message: str = ""
    blocks: list[Mapping[str, Any]] = field(default_factory=list)
    parts: int = 0
    started: bool = False
    told: list[dict[str, Any]] = field(default_factory=list)

    def new_message(self) -> str:
        """The id of the next message: of one that was said before the one that it had."""
        return self.said.pop(0) if self.said else self.new_id()

    def think(self, step: ScriptStep) -> Beats:
        """Reasoning before a message."""
        text = self.marks.text(step.text)
        self.message = self.message or self.new_message()
        yield from self.tokens("thought", text, step, self.new_id())
        self.thoughts += text
        if step.block:
            self.blocks.append({"type": "reasoning", "reasoning": text, "index": len(self.blocks)})
        else:
            self.apart += text
        self.turn.steps.append({"kind": "reasoning", "reasoning": text})

    def say(self, step: ScriptStep, following: list[str]) -> Beats:
        """One message, token by token, and the results of the tools that it calls."""
        identifier, self.message = self.message or self.new_message(), ""
        text, closing = self.marks.text(step.text), bool(step.usage or step.facts)
        yield from self.content(step, text, identifier, open_end=bool(step.calls) or closing)
        after, calls = following, [self.call(each, index) for index, each in enumerate(step.calls)]
        pieced = any(each.pieces for each in step.calls)
        if pieced:
            yield from self.pieces(calls, step, identifier, text, closing=closing)
        begun = len(self.told)
        joined = [{"slot": begun + at, "call": without_result(call)} for at, call in enumerate(calls) if not pieced]
        pairs = [(call, each) for call, each in zip(calls, step.calls, strict=True)]
        reviewed = [each.approve for each in step.calls if each.approve]
        results = [pair for pair in pairs if pair[1].result is not None]
        message = self.whole_message(identifier, text, calls, step)
        self.turn.say(identifier, message["text"], calls, step.usage)
        following = [reviewed[0].node] if reviewed else [TOOLS] if results else after
        more = {
            "opening": not self.opened,
            "closing": closing,
            "joint": bool(calls) and not pieced,
            "position": None if closing else "last",
            "last": True,
            "told": [*self.told, *joined],
            "joined": joined,
        }
        more |= {"started": True} if self.started else {}
        self.opened, self.started, self.told = False, False, []
        yield self.beat("said", **message, **more, **self.onward(following), turn=self.turn.as_item())
        yield from self.end_node(following)
        if reviewed:
            yield from self.review(message, pairs, after)
        elif results:
            yield from self.results(results, after)

    def whole_message(
        self, identifier: str, text: str, calls: Sequence[Mapping[str, Any]], step: ScriptStep
    ) -> dict[str, Any]:
        """What settings read of a message of the agent."""
        whole = text + "".join(text_of(each) for each in step.blocks)
        made: dict[str, Any] = {"id": identifier, "role": "assistant", "text": whole}
        if self.thoughts:
            made["thoughts"], self.thoughts = self.thoughts, ""
        if self.apart:
            made["apart"], self.apart = self.apart, ""
        if self.blocks:
            made["content"], self.blocks = self.blocks, []
        if calls:
            made["calls"] = [without_result(call) for call in calls]
        if step.usage:
            made["usage"] = dict(step.usage)
        if step.facts:
            made["facts"] = self.marks.fill(step.facts)
        return made | {"generation": derived(identifier, "generation")}

    def content(self, step: ScriptStep, text: str, identifier: str, *, open_end: bool) -> Beats:
        """The text of a message, and its other blocks of content."""
        form = self.form("part", step)
        yield from self.tokens("part", text, step, identifier, open_end=open_end or bool(step.blocks))
        if form and text:
            self.blocks.append({"type": "text", "text": text, "index": len(self.blocks)})
        for at, each in enumerate(step.blocks):
            block = {**self.marks.fill(each), "index": len(self.blocks)}
            self.blocks.append(block)
            last = at == len(step.blocks) - 1 and not open_end
            item = {
                "id": identifier,
                "blocks": [block],
                "content": list(self.blocks),
                "slot": len(self.told),
                "block": block,
            }
            if text_of(block):
                self.parts += 1
                item |= {"text": text_of(block), "index": self.parts - 1}
            self.told.append({"slot": len(self.told), "block": block})
            yield self.beat("block", **item, **self.model(identifier), **self.stand(last=last))
            self.opened = True

    def form(self, kind: str, step: ScriptStep) -> str:
        """The type of the block of content that a text becomes; "" for none."""
        if kind == "thought":
            return "reasoning" if step.block else ""
        return "text" if self.blocks or step.blocks else ""

    def model(self, identifier: str) -> dict[str, Any]:
        """What the beats of one turn of the model have in common."""
        made = {"message": identifier, "generation": derived(identifier, "generation")}
        return made | {"heard": self.apart} if self.apart else made

    def stand(self, *, last: bool) -> dict[str, Any]:
        """Where a beat stands in its message. last: nothing of that follows."""
        made = {"opening": not self.opened, "position": "last" if last else None}
        return made | {"started": True} if self.started else made

    def tokens(
        self, kind: str, text: str, step: ScriptStep, identifier: str, *, open_end: bool = False
    ) -> Iterator[Beat]:
        """A text bit by bit. open_end: more of its message follows."""
        pace = self.script.pace if step.pace is None else step.pace
        message, end = self.message if kind == "thought" else identifier, 0
        before, form, model = tuple(self.blocks), self.form(kind, step), self.model(message)
        begins = self.begin_part(kind, text, form) if text else False
        slot = len(self.told) - 1
        for number, token in enumerate(cut(text)):
            end += len(token)
            self.parts += kind == "part"
            last = end == len(text)
            made = self.beat(kind, id=identifier, text=token, first=number == 0, number=number, last=last)
            more = {"index": self.parts - 1, **model, **self.stand(last=last and not open_end)}
            more |= {"slot": slot, "begins": begins and number == 0}
            if form:
                more["blocks"] = [{"type": form, form: token, "index": len(before)}]
            if kind == "thought":
                more |= {"position": None} | ({} if form else {"apart": token})
            made.item, self.opened = {**made.item, **more}, True
            made.after += pace if number else 0.0
            made.whole, made.end, made.form, made.before = text, end, form, before
            yield made

    def begin_part(self, kind: str, text: str, form: str) -> bool:
        """Note a text as a part of its message. Whether it begins one: thoughts that are no blocks are one part."""
        word = "reasoning" if kind == "thought" else "text"
        before = self.told[-1].get("block", {}) if self.told else {}
        if kind == "thought" and not form and "reasoning" in before and "index" not in before:
            self.told[-1]["block"] = {**before, word: before[word] + text}
            return False
        block = {"type": word, word: text} | ({"index": len(self.blocks)} if form else {})
        self.told.append({"slot": len(self.told), "block": block})
        return True

    def pieces(
        self, calls: Sequence[Mapping[str, Any]], step: ScriptStep, identifier: str, text: str, *, closing: bool
    ) -> Iterator[Beat]:
        """The calls of a message, the arguments of each bit by bit."""
        pace, model = self.script.pace if step.pace is None else step.pace, self.model(identifier)
        for call, each in zip(calls, step.calls, strict=True):
            written, end = str(call["written"]), 0
            before = [without_result(one) for one in calls[: call["index"]]]
            self.told.append({"slot": len(self.told), "call": without_result(call)})
            for number, piece in enumerate(["", *in_pieces(written, each.pieces or 1)]):
                end += len(piece)
                last = end == len(written)
                present = {**without_result(call), "arguments": read_partial_json(written[:end])}
                read = read_partial_json(piece)
                item = {
                    "id": identifier,
                    "index": call["index"],
                    "slot": len(self.told) - 1,
                    "written": piece,
                    "of": call["id"],
                    "first": not number,
                    "last": last,
                    "calls": [*before, present],
                    "text": text,
                    **({} if number else {"call": call["id"], "name": call["name"]}),
                    **({"content": list(self.blocks)} if self.blocks else {}),
                    **({"read": read} if isinstance(read, Mapping) else {"unread": True}),
                }
                final = last and call["index"] == len(calls) - 1 and not closing
                made = self.beat("piece", **item, **model, **self.stand(last=final))
                made.after += pace if number else 0.0
                self.opened = True
                yield made

    def review(self, message: Mapping[str, Any], pairs: Pairs, following: list[str]) -> Beats:
        """A person decides on the calls of a message; those that may be called are."""
        asked = [(call, each) for call, each in pairs if each.approve]
        approve = next(each.approve for _, each in asked if each.approve)
        descriptions = [self.marks.text(each.approve.description) for _, each in asked if each.approve]
        yield from self.enter(approve.node)
        yield from self.ask(ask([call for call, _ in asked], descriptions, approve.allowed, approve.form))
        answer = self.marks.answer
        found = read_decisions(answer) or [Decision("respond", message=answer if isinstance(answer, str) else "")]
        decisions = dict(zip((str(call["id"]) for call, _ in asked), found, strict=False))
        kept: list[tuple[Mapping[str, Any], ScriptCall]] = []
        told: list[dict[str, Any]] = []
        calls: list[dict[str, Any]] = []
        for call, each in pairs:
            decision = decisions.get(str(call["id"]), Decision("approve"))
            own = self.decided(call, each, decision)
            calls.append(without_result(own))
            if decision.kind in ("reject", "ignore", "respond"):
                text = decision.message if decision.kind == "respond" else refusal(call, decision)
                self.turn.answer({**own, "result": text})
                told.append(self.result({**own, "result": text}, replace(each, failed=decision.kind != "respond")))
            else:
                self.turn.answer(own)
                kept += [(own, each)] if each.result is not None else []
        after = [TOOLS] if kept else following
        item = {**message, "calls": calls, "results": told, "last": True}
        yield self.beat("reviewed", **item, **self.onward(after), turn=self.turn.as_item())
        yield from self.end_node(after)
        if kept:
            yield from self.results(kept, following)

    def decided(self, call: Mapping[str, Any], each: ScriptCall, decision: Decision) -> dict[str, Any]:
        """A call as a person left it."""
        if decision.kind != "edit":
            return dict(call)
        arguments = call["arguments"] if decision.arguments is None else decision.arguments
        own = {**call, "name": decision.name or call["name"], "arguments": arguments}
        own["written"] = dump_json(arguments).decode()
        return own if each.result is None else own | {"result": self.result_text(each, arguments)}

    def results(self, pairs: Pairs, following: list[str]) -> Beats:
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
                yield from self.ask(self.marks.fill(each.ask))
                yield from self.called(calls)
                own = {**call, "result": self.result_text(each, call["arguments"])}
            self.delay += each.takes
            self.turn.answer(own)
            self.at.changes |= self.marks.with_names(args=own["arguments"]).fill(each.set)
            told.append(self.result(own, each) | {"first": not at})
            more: dict[str, Any] = {"next": [TOOLS], "last": False}
            if at == len(pairs) - 1:
                more = {**self.onward(following), "last": True, "results": told}
            yield self.beat("said", role="tool", **told[-1], **more, turn=self.turn.as_item())
        yield from self.end_node(following)

    def called(self, calls: Iterable[Mapping[str, Any]]) -> Iterator[Beat]:
        """The begin of each call: they go on side by side."""
        for call in calls:
            yield self.beat("called", **without_result(call), run=self.call_run(call))

    def result(self, call: Mapping[str, Any], each: ScriptCall) -> dict[str, Any]:
        """The message of a tool."""
        return {
            "id": self.new_id(),
            "text": call["result"],
            "answers": {**without_result(call), "result": call["result"]},
            "outcome": "error" if each.failed else "success",
            "run": self.call_run(call),
        }

    def call_run(self, call: Mapping[str, Any]) -> str:
        """An id of one turn of a tool."""
        return derived(self.at.entry, str(call["index"]))

    def call(self, each: ScriptCall, index: int) -> dict[str, Any]:
        """A call as settings read it; with its result where there is one."""
        filled = self.marks.fill(each.arguments)
        arguments = filled if isinstance(filled, Mapping) else {}
        made = {
            "id": (self.calls.pop(0) if self.calls else "") or each.id or f"call_{self.new_id().replace('-', '')[:24]}",
            "name": each.name,
            "arguments": arguments,
            "written": dump_json(arguments).decode(),
            "index": index,
        }
        return made if each.result is None else made | {"result": self.result_text(each, arguments)}

    def result_text(self, each: ScriptCall, arguments: Any) -> str:
        """What a tool answers that was called with these arguments."""
        return self.marks.with_names(args=arguments).text(each.result or "")
