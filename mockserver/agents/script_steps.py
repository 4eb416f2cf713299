"""Reads the steps of scripts: what each says, and what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from threadmock.mockserver.agents.script_words import APPROVE, CALL, STEPS, WHEN
from threadmock.mockserver.agents.scripts import Approval, ReplyCondition, ScriptCall, ScriptReply, ScriptStep
from threadmock.mockserver.rules.decisions import FORMS, KINDS
from threadmock.mockserver.yaml_source import FileReader
from threadmock.specs.errors import nearest

_KINDS = tuple(STEPS)
_REPLY = ("when", "steps", "weight")
_SHOW = ("name", "props", "id", "merge")
_QUESTION = ("value", "node")
MAX_STEPS = 1000
MAX_PIECES = 1000
REFUSED = "The script refuses this."


class StepReader(FileReader):
    """Reads steps; every error names the place in the file."""

    def replies(self, node: Any, at: str, what: str = "A reply") -> tuple[ScriptReply, ...]:
        """Replies, or choices, in order."""
        return tuple(self.reply(each, f"{at}/{number}", what) for number, each in enumerate(self.items(node, at)))

    def reply(self, node: Any, at: str, what: str = "A reply") -> ScriptReply:
        """One reply."""
        known = self.mapping(node, _REPLY, at, what)
        when = self.condition(known.get("when", {}), f"{at}/when")
        weight = self.number(known["weight"], f"{at}/weight") if "weight" in known else 1
        return ScriptReply(self.steps(known.get("steps", []), f"{at}/steps"), when, weight)

    def condition(self, node: Any, at: str) -> ReplyCondition:
        """When a reply is given."""
        when = self.mapping(node, tuple(WHEN), at, "`when`")
        turn = when.get("turn")
        if turn is not None:
            self.number(turn, f"{at}/turn")
        texts = {word: self.texts(when[word], f"{at}/{word}") for word in ("text", "resume") if word in when}
        matches = self.expression(when["matches"], f"{at}/matches") if "matches" in when else None
        decision = self.one_of(when["decision"], KINDS, f"{at}/decision") if "decision" in when else None
        return ReplyCondition(turn=turn, matches=matches, decision=decision, **texts)

    def expression(self, node: Any, at: str) -> re.Pattern[str]:
        """A regular expression."""
        try:
            return re.compile(self.texts(node, at))
        except (re.error, OverflowError, RecursionError) as error:
            self.fail(f"This is no regular expression: {error}.", at, "Write one as Python reads them.")

    def one_of(self, node: Any, known: tuple[str, ...], at: str) -> str:
        """One of a few words."""
        if node not in known:
            self.fail(f"{node!r} is none of {', '.join(known)}.", at, nearest(str(node), known))
        return str(node)

    def steps(self, node: Any, at: str) -> tuple[ScriptStep, ...]:
        """Steps in order."""
        items = self.items(node, at)
        if len(items) > MAX_STEPS:
            self.fail(f"There are more than {MAX_STEPS} steps.", at, "Write fewer; a long text is one step.")
        return tuple(self.step(each, f"{at}/{number}") for number, each in enumerate(items))

    def step(self, node: Any, at: str) -> ScriptStep:
        """One step: an object with one of the kinds, and the members of that kind."""
        if not isinstance(node, Mapping):
            self.fail("A step is an object.", at, "Write it as `- say: …`.")
        kinds = [kind for kind in _KINDS if kind in node]
        if len(kinds) != 1:
            unknown = next((str(name) for name in node if name not in _KINDS), "")
            fix = nearest(unknown, _KINDS) if not kinds else "Write two steps."
            self.fail(f"A step has one of {', '.join(_KINDS)}.", at, fix)
        kind = kinds[0]
        self.mapping(node, (kind, *STEPS[kind].members), at, f"A step with `{kind}`")
        more = self.common(node, at) | self.of_kind(kind, node, at, f"{at}/{kind}")
        return ScriptStep(kind, **more)  # type: ignore[arg-type]  # one of _KINDS

    def common(self, node: Mapping[str, Any], at: str) -> dict[str, Any]:
        """What steps of several kinds may have."""
        more: dict[str, Any] = {}
        if "node" in node:
            more["node"] = self.texts(node["node"], f"{at}/node")
        if "pace" in node:
            more["pace"] = self.seconds(node["pace"], f"{at}/pace")
        if "usage" in node:
            more["usage"] = self.usage(node["usage"], f"{at}/usage")
        if "metadata" in node:
            more["facts"] = self.object(node["metadata"], f"{at}/metadata")
        if "steps" in node:
            more["steps"] = self.steps(node["steps"], f"{at}/steps")
        return more

    def of_kind(self, kind: str, node: Mapping[str, Any], at: str, here: str) -> dict[str, Any]:
        """What a step of one kind has."""
        given = node[kind]
        return _READERS[kind](self, given, here) | self.beside(kind, node, at)

    def beside(self, kind: str, node: Mapping[str, Any], at: str) -> dict[str, Any]:
        """What stands beside the word of the step."""
        if kind == "say":
            calls = self.items(node.get("calls", []), f"{at}/calls")
            blocks = self.items(node.get("content", []), f"{at}/content")
            return {
                "calls": tuple(self.call(each, f"{at}/calls/{number}") for number, each in enumerate(calls)),
                "blocks": tuple(self.block(each, f"{at}/content/{number}") for number, each in enumerate(blocks)),
            }
        if kind == "think":
            return {"block": self.yes(node, "block", at)}
        if kind == "fail":
            return {"name": self.texts(node.get("error", "RuntimeError"), f"{at}/error")}
        if kind == "emit":
            return {"name": self.texts(node.get("name", ""), f"{at}/name")}
        if kind == "refuse":
            seconds = self.seconds(node["retry_after"], f"{at}/retry_after") if "retry_after" in node else 0.0
            return {"seconds": seconds, "text": self.texts(node.get("reason", REFUSED), f"{at}/reason")}
        if kind in ("each", "subgraph") and "steps" not in node:
            self.fail(f"`{kind}` has steps.", at, "Write them as `steps` beside it.")
        return {}

    def call(self, node: Any, at: str) -> ScriptCall:
        """One call of a tool."""
        given = node.get("arguments") if isinstance(node, Mapping) else None
        mark = given if isinstance(given, str) and given.startswith("$") else ""
        known, arguments = self.tool({**node, "arguments": {}} if mark else node, tuple(CALL), at)
        if "result" not in known:
            for word in ("ask", "set"):
                if known.get(word) is not None:
                    self.fail(f"A call with `{word}` has a result.", at, "Write what the tool answers as `result`.")
        pieces = self.number(known["pieces"], f"{at}/pieces") if "pieces" in known else 0
        if pieces > MAX_PIECES:
            self.fail(f"There are more than {MAX_PIECES} pieces.", f"{at}/pieces", "Write a smaller number.")
        return ScriptCall(
            name=self.texts(known["name"], f"{at}/name"),
            arguments=mark or arguments,
            result=self.texts(known["result"], f"{at}/result") if "result" in known else None,
            takes=self.seconds(known["takes"], f"{at}/takes") if "takes" in known else 0.0,
            id=self.texts(known["id"], f"{at}/id") if "id" in known else "",
            failed=self.yes(known, "failed", at),
            ask=known.get("ask"),
            approve=self.approval(known["approve"], f"{at}/approve") if "approve" in known else None,
            pieces=pieces,
            set=self.object(known.get("set", {}), f"{at}/set"),
        )

    def approval(self, node: Any, at: str) -> Approval | None:
        """How a person decides on a call."""
        if isinstance(node, bool):
            return Approval() if node else None
        known = self.mapping(node, tuple(APPROVE), at, "`approve`")
        form = self.one_of(known.get("form", "current"), FORMS, f"{at}/form")
        words = self.items(known.get("allowed", list(Approval.allowed)), f"{at}/allowed")
        allowed = tuple(self.one_of(each, KINDS, f"{at}/allowed/{number}") for number, each in enumerate(words))
        texts = {word: self.texts(known[word], f"{at}/{word}") for word in ("description", "node") if word in known}
        return Approval(form, allowed, **texts)

    def block(self, node: Any, at: str) -> Mapping[str, Any]:
        """One block of content."""
        if not isinstance(node, Mapping) or not isinstance(node.get("type"), str):
            self.fail("A block of content is an object with a `type`.", at, "Write it as `{type: image, url: …}`.")
        return node

    def shown(self, node: Any, at: str) -> dict[str, Any]:
        """A component of a page."""
        known = self.mapping(node, _SHOW, at, "`show`")
        if "name" not in known:
            self.fail("`show` needs the name of a component.", at, "Add `name`.")
        return {
            "name": self.texts(known["name"], f"{at}/name"),
            "value": self.object(known.get("props", {}), f"{at}/props"),
            "id": self.texts(known.get("id", ""), f"{at}/id"),
            "merge": self.yes(known, "merge", at),
        }

    def questions(self, node: Any, at: str) -> tuple[ScriptStep, ...]:
        """Questions that are asked at once."""
        made = []
        for number, each in enumerate(self.items(node, at)):
            known = self.mapping(each, _QUESTION, f"{at}/{number}", "A question")
            if "value" not in known or "node" not in known:
                self.fail("A question has a value and a node.", f"{at}/{number}", "Write both.")
            where = self.texts(known["node"], f"{at}/{number}/node")
            made.append(ScriptStep("interrupt", value=known["value"], node=where))
        if len({each.node for each in made}) < max(2, len(made)):
            self.fail("There are two questions or more, each in a node of its own.", at, "Write `interrupt` for one.")
        return tuple(made)

    def choices(self, node: Any, at: str) -> tuple[ScriptReply, ...]:
        """Choices one of which is picked."""
        made = self.replies(node, at, "A choice")
        if not made:
            self.fail("There is nothing to pick from.", at, "Write at least one choice.")
        return made

    def status(self, node: Any, at: str) -> int:
        """The status of a refusal."""
        if not isinstance(node, int) or isinstance(node, bool) or not 400 <= node <= 599:
            self.fail("This is no status of a refusal.", at, "Write a number from 400 to 599.")
        return node

    def many(self, node: Any, at: str) -> Any:
        """A list, or a mark that stands for one."""
        if not isinstance(node, str | list):
            self.fail("`each` is a list, or a mark that stands for one.", at, "Begin each item with `- `.")
        return node

    def usage(self, node: Any, at: str) -> Mapping[str, int]:
        """Numbers of tokens; the total is added where it is left out."""
        known = self.mapping(node, ("input_tokens", "output_tokens", "total_tokens"), at, "`usage`")
        made = {word: self.count(known.get(word, 0), f"{at}/{word}") for word in ("input_tokens", "output_tokens")}
        total = self.count(known.get("total_tokens", sum(made.values())), f"{at}/total_tokens")
        return made | {"total_tokens": total}

    def count(self, node: Any, at: str) -> int:
        """A whole number from 0 on."""
        if not isinstance(node, int) or isinstance(node, bool) or node < 0:
            self.fail("This is no number.", at, "Write a whole number from 0 on.")
        return node

    def yes(self, node: Mapping[str, Any], word: str, at: str) -> bool:
        """Whether something is so."""
        given = node.get(word, False)
        if not isinstance(given, bool):
            self.fail(f"`{word}` is true or false.", f"{at}/{word}", "Write one of the two.")
        return given

    def seconds(self, node: Any, at: str) -> float:
        """A time in seconds; a day at most."""
        found = self.duration(node, at).total_seconds()
        if found > 86400:
            self.fail("This is longer than a day.", at, "Write a shorter time.")
        return found


_READERS: Mapping[str, Callable[[StepReader, Any, str], dict[str, Any]]] = {
    "say": lambda read, node, at: {"text": read.long_text(node, at)},
    "think": lambda read, node, at: {"text": read.long_text(node, at)},
    "call": lambda read, node, at: {"calls": (read.call(node, at),)},
    "set": lambda read, node, at: {"value": read.object(node, at)},
    "show": StepReader.shown,
    "emit": lambda _, node, __: {"value": node},
    "interrupt": lambda _, node, __: {"value": node},
    "interrupts": lambda read, node, at: {"several": read.questions(node, at)},
    "choose": lambda read, node, at: {"choices": read.replies(node, at, "A choice")},
    "pick": lambda read, node, at: {"choices": read.choices(node, at), "name": at},
    "each": lambda read, node, at: {"value": read.many(node, at)},
    "subgraph": lambda read, node, at: {"name": read.texts(node, at)},
    "wait": lambda read, node, at: {"seconds": read.seconds(node, at)},
    "fail": lambda read, node, at: {"text": read.texts(node, at)},
    "disconnect": lambda read, node, at: {"count": read.count(node, at)},
    "malformed": lambda read, node, at: {"text": read.texts(node, at)},
    "stall": lambda read, node, at: {"seconds": read.seconds(node, at)},
    "refuse": lambda read, node, at: {"count": read.status(node, at)},
}
