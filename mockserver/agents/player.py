"""Plays the steps of a script: which come, in which order, and what each does."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.agents.beats import AGENT, Beats
from threadmock.mockserver.agents.message_player import MessagePlayer
from threadmock.mockserver.agents.script_words import SILENT
from threadmock.mockserver.agents.scripts import ScriptReply, ScriptStep

_OWN_NODES = ("interrupts", "subgraph")
_WITHIN = ("think", "emit", "set", "show", "interrupt")
"""Steps after which their node goes on."""
MOST_ROUNDS = 1000


@dataclass
class ScriptPlayer(MessagePlayer):
    """Plays the steps of one reply. Its generator yields beats; to a `paused` one the answer is sent, or AGAIN.

    shown: the props of each component that was shown, by its id.
    """

    shown: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def beats(self) -> Beats:
        """All beats of the script, without the end of the run."""
        reply = self.script.chosen(self.input)
        self.marks = self.marks.with_names(match=reply.when.found(self.input))
        yield from self.steps(reply.steps)
        yield from self.leave([])

    def goes_to(self, node: str) -> bool:
        """Whether the script has a step in this node."""
        return any(node in self.nodes_of(step) for step in self.script.chosen(self.input).steps)

    def beats_from(self, node: str, task: str) -> Beats:
        """The beats from the last visit of a node on, which has this task: an earlier state goes on with it."""
        reply = self.script.chosen(self.input)
        self.marks = self.marks.with_names(match=reply.when.found(self.input))
        steps = reply.steps
        at = max(number for number, step in enumerate(steps) if node in self.nodes_of(step))
        while at and steps[at - 1].kind in _WITHIN and (steps[at - 1].node or AGENT) == node:
            at -= 1
        self.at.upcoming, self.moved = [task], task
        yield from self.steps(steps[at:])
        yield from self.leave([])

    def nodes_of(self, step: ScriptStep) -> set[str]:
        """The nodes that a step, or one inside of it, is in."""
        inner = [*step.steps, *(each for choice in step.choices for each in choice.steps)]
        if step.kind == "interrupts":
            return {one.node for one in step.several}
        if step.kind == "subgraph" and self.nests:
            return {step.name}
        if inner:
            return set().union(*map(self.nodes_of, inner))
        return set() if step.kind in SILENT else {step.node or AGENT}

    def steps(self, steps: Sequence[ScriptStep], after: Sequence[ScriptStep] = ()) -> Beats:
        """The beats of these steps; after: steps that follow them."""
        for at, step in enumerate(steps):
            rest = (*steps[at + 1 :], *after)
            if step.kind == "wait":
                if rest and rest[0].kind not in (*SILENT, *_OWN_NODES):
                    yield from self.enter(rest[0].node or AGENT)
                self.delay += step.seconds
            elif step.kind == "choose":
                if taken := self.taken(step):
                    yield from self.take(taken, rest)
            elif step.kind == "pick":
                yield from self.take(self.picked(step), rest)
            elif step.kind == "each":
                yield from self.each(step, rest)
            elif step.kind in ("disconnect", "malformed", "stall"):
                yield from self.go_wrong(step)
            elif step.kind == "interrupts":
                yield from self.ask_several(step.several, self.following(rest))
            elif step.kind == "subgraph":
                yield from self.delegate(step, rest)
            elif step.kind != "refuse":
                yield from self.enter(step.node or AGENT)
                yield from self.act(step, rest)

    def act(self, step: ScriptStep, rest: Sequence[ScriptStep]) -> Beats:
        """The beats of one step inside its node; rest: the steps that follow it."""
        following = self.following(rest)
        if step.kind in ("say", "call"):
            yield from self.say(step, following)
        elif step.kind == "think":
            yield from self.think(step)
        elif step.kind == "emit":
            began = self.begin_model(step, rest)
            yield self.beat("custom", data=self.marks.fill(step.value), name=step.name, **began)
        elif step.kind == "interrupt":
            yield from self.ask(self.marks.fill(step.value))
        elif step.kind == "set":
            self.at.changes |= self.marks.fill(step.value)
        elif step.kind == "show":
            props, identifier = self.marks.fill(step.value), self.marks.text(step.id) or self.new_id()
            state = self.shown[identifier] = {**self.shown.get(identifier, {}), **props} if step.merge else props
            shown = {"id": identifier, "name": step.name, "props": props, "merge": step.merge, "state": state}
            self.at.shown.append(shown)
            yield self.beat("shown", **shown, **self.begin_model(step, rest))
        else:
            message = self.marks.text(step.text)
            written = f"{step.name}({message!r})"
            self.outermost()
            yield self.beat("failed", error=step.name, message=message, written=written, turn=self.turn.as_item())

    def begin_model(self, step: ScriptStep, rest: Sequence[ScriptStep]) -> dict[str, Any]:
        """What is told of the model's turn that comes next in this node: it begins before what is sent."""
        node, speaks = step.node or AGENT, False
        for each in rest:
            if (each.node or AGENT) != node or each.kind not in ("emit", "show", "set"):
                speaks = (each.node or AGENT) == node and each.kind in ("say", "call", "think")
                break
        if not speaks or self.opened or self.started:
            return {}
        self.message, self.started = self.message or self.new_message(), True
        return {"starts": True, **self.model(self.message)}

    def take(self, reply: ScriptReply, rest: Sequence[ScriptStep]) -> Beats:
        """The steps of a choice."""
        before = self.marks
        if found := reply.when.found(self.input):
            self.marks = self.marks.with_names(match=found)
        yield from self.steps(reply.steps, rest)
        self.marks = self.marks.with_names(match=before.names.get("match", {}))

    def taken(self, step: ScriptStep) -> ScriptReply | None:
        """The first of several choices that holds, by what was said and answered so far."""
        return next((one for one in step.choices if one.when.holds(self.input, self.marks.answer)), None)

    def picked(self, step: ScriptStep) -> ScriptReply:
        """One of several choices: the same for the same seed, message and turn."""
        by = (self.script.seed, step.name, self.input.turn, self.input.text, self.marks.names.get("index", 0))
        chance = random.Random("\n".join(map(str, by)))  # noqa: S311 - nothing secret: it is to come out the same
        return chance.choices(step.choices, [each.weight for each in step.choices])[0]

    def each(self, step: ScriptStep, rest: Sequence[ScriptStep]) -> Beats:
        """The steps once for each item of a list."""
        found, before = self.marks.fill(step.value), self.marks.names
        items = found[:MOST_ROUNDS] if isinstance(found, list) else []
        for index, item in enumerate(items):
            self.marks = self.marks.with_names(each=item, index=index)
            again = step.steps if index < len(items) - 1 else ()
            yield from self.steps(step.steps, (*again, *rest))
        outer: dict[str, Any] = {name: before.get(name, "") for name in ("each", "index")}
        self.marks = self.marks.with_names(**outer)

    def delegate(self, step: ScriptStep, rest: Sequence[ScriptStep]) -> Beats:
        """The steps of a part of the agent: a graph inside of a node, where the provider has such."""
        if not self.nests:
            yield from self.steps(step.steps, rest)
            return
        yield from self.enter(step.name)
        yield from self.go_inside(self.following(step.steps))
        yield from self.steps(step.steps)
        yield from self.leave([])
        yield from self.come_out(self.following(rest))

    def go_wrong(self, step: ScriptStep) -> Beats:
        """What a stream is to do wrong here."""
        if step.kind == "malformed":
            yield self.beat("malformed", text=self.marks.text(step.text))
        elif step.kind == "disconnect":
            yield self.beat("disconnected", count=step.count)
        else:
            yield self.beat("stalled")
            self.delay += step.seconds

    def following(self, steps: Sequence[ScriptStep]) -> list[str]:
        """The nodes of the next thing that happens; none where nothing does."""
        for step in steps:
            if step.kind == "choose":
                taken = self.taken(step)  # none holds yet: one may once a person has answered
                choices = [taken] if taken else step.choices
                inner: list[str] = next((found for one in choices if (found := self.following(one.steps))), [])
            elif step.kind == "pick":
                inner = self.following(self.picked(step).steps)
            elif step.kind == "each":
                inner = self.following(step.steps) if self.marks.fill(step.value) else []
            elif step.kind == "interrupts":
                inner = [one.node for one in step.several]
            elif step.kind == "subgraph":
                inner = [step.name] if self.nests else self.following(step.steps)
            else:
                inner = [] if step.kind in SILENT else [step.node or AGENT]
            if inner:
                return inner
        return []
