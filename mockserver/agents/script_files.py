"""Read scripts from YAML or JSON. Errors name the place and what to write instead.

A file holds one script (`replies`, or only `steps`), or several by name (`scripts`), and perhaps agents (`agents`).
`data/scripts` has our own.
"""

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadmock.mockserver.agents.agent_files import AgentReader
from threadmock.mockserver.agents.scripts import (
    DEFAULT,
    ReplyCondition,
    Script,
    ScriptCall,
    ScriptReply,
    Scripts,
    ScriptStep,
)
from threadmock.mockserver.yaml_source import FileReader, open_source, read_tree
from threadmock.specs.errors import nearest

_FOLDER = Path(__file__).parents[1] / "data" / "scripts"
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_SCRIPT = ("name", "pace", "replies", "steps")
_FILE = (*_SCRIPT, "scripts", "default", "agents")
_REPLY = ("when", "steps")
_WHEN = ("text", "resume", "turn")
_KINDS = ("say", "think", "call", "emit", "interrupt", "fail", "wait", "choose")
_STEP: Mapping[str, tuple[str, ...]] = {
    "say": ("calls", "pace", "node"),
    "think": ("pace", "node"),
    "call": ("node",),
    "emit": ("name", "node"),
    "interrupt": ("node",),
    "fail": ("error", "node"),
    "wait": (),
    "choose": (),
}
_CALL = ("name", "arguments", "result", "takes", "id", "failed", "ask")
MAX_STEPS = 1000


@functools.cache
def shipped() -> Mapping[str, Script]:
    """The shipped scripts, by name."""
    return {script.name: script for name in shipped_names() for script in _read(_FOLDER / f"{name}.yaml", name)[0]}


def shipped_names() -> tuple[str, ...]:
    """The names of the shipped scripts."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def read_scripts(source: str | None = None) -> Scripts:
    """The shipped scripts and those of a file, which come first; the source names the default.

    source: a shipped script's name, or a file. SpecError where there is none, or none that can be used.
    """
    known = dict(shipped())
    if source is None:
        return Scripts(known)
    if source in known:
        return Scripts(known, source)
    path = open_source(source, "script", tuple(known))
    tree, text = read_tree(path)
    return _scripts(tree, text, path.name)


def scripts_of(text: str, file: str) -> Scripts:
    """As `read_scripts`, of the text of a file. SpecError where it can't be used."""
    return _scripts(*read_tree(Path(file), text), file)


def _scripts(tree: Any, text: str, file: str) -> Scripts:
    if isinstance(tree, Mapping) and "agents" in tree and not tree.keys() & {"scripts", "steps", "replies"}:
        known, default = dict(shipped()), DEFAULT
        FileReader(file, text).mapping(tree, ("agents",), "", "A file of agents alone")
    else:
        own, default = ScriptReader(file, text).scripts(tree, Path(file).stem)
        known = dict(shipped()) | {script.name: script for script in own}
    return Scripts(known, default, AgentReader(file, text).agents(tree, known, default))


def _read(path: Path, name: str) -> tuple[list[Script], str]:
    tree, text = read_tree(path)
    return ScriptReader(path.name, text).scripts(tree, name)


def parse_scripts(text: str, file: str) -> tuple[list[Script], str]:
    """The scripts that a text spells, and which of them is the default."""
    tree, text = read_tree(Path(file), text)
    return ScriptReader(file, text).scripts(tree, Path(file).stem)


class ScriptReader(FileReader):
    """Reads one file of scripts; every error names the place in it."""

    def scripts(self, tree: Any, stem: str) -> tuple[list[Script], str]:
        """The scripts of a file and the name of the default one."""
        node = self.mapping(tree, _FILE, "", "A file of scripts")
        if "scripts" not in node:
            if "default" in node:
                self.fail("`default` goes with `scripts` only.", "/default", "Leave it out.")
            name = self.name(node.get("name", _safe(stem)), "/name")
            return [self.script(node, name, "")], name
        for word in _SCRIPT:
            if word in node:
                self.fail(f"`{word}` belongs inside one of the `scripts`.", f"/{word}", "Move it there.")
        if not isinstance(node["scripts"], Mapping) or not node["scripts"]:
            self.fail("`scripts` is an object of names to scripts.", "/scripts", "Write at least one.")
        made = [
            self.script(
                self.mapping(each, _SCRIPT, f"/scripts/{name}", "A script"),
                self.name(name, f"/scripts/{name}"),
                f"/scripts/{name}",
            )
            for name, each in node["scripts"].items()
        ]
        names = [script.name for script in made]
        default = node.get("default", names[0])
        if default not in names:
            self.fail(f"No script here is named {default!r}.", "/default", nearest(str(default), names))
        return made, default

    def name(self, node: Any, at: str) -> str:
        """A name that can be chosen by `/NAME`."""
        if not isinstance(node, str) or not _NAME.fullmatch(node):
            self.fail(f"{node!r} is no name of a script.", at, "Use letters, digits, `-` and `_`.")
        return node

    def script(self, node: Mapping[str, Any], name: str, at: str) -> Script:
        """One script."""
        pace = self.seconds(node["pace"], f"{at}/pace") if "pace" in node else Script.pace
        if ("steps" in node) == ("replies" in node):
            self.fail("A script has either `replies` or `steps`.", at, "Write one of the two.")
        if "steps" in node:
            return Script(name, (ScriptReply(self.steps(node["steps"], f"{at}/steps")),), pace)
        return Script(name, self.replies(node["replies"], f"{at}/replies"), pace)

    def replies(self, node: Any, at: str) -> tuple[ScriptReply, ...]:
        """Replies, or choices, in order."""
        return tuple(self.reply(each, f"{at}/{number}") for number, each in enumerate(self.items(node, at)))

    def reply(self, node: Any, at: str) -> ScriptReply:
        """One reply."""
        known = self.mapping(node, _REPLY, at, "A reply")
        when = self.mapping(known.get("when", {}), _WHEN, f"{at}/when", "`when`")
        turn = when.get("turn")
        if turn is not None:
            self.number(turn, f"{at}/when/turn")
        texts = {
            word: self.texts(when[word], f"{at}/when/{word}") if word in when else None for word in ("text", "resume")
        }
        return ScriptReply(self.steps(known.get("steps", []), f"{at}/steps"), ReplyCondition(turn=turn, **texts))

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
        self.mapping(node, (kind, *_STEP[kind]), at, f"A step with `{kind}`")
        given, here = node[kind], f"{at}/{kind}"
        more: dict[str, Any] = {}
        if "node" in node:
            more["node"] = self.texts(node["node"], f"{at}/node")
        if "pace" in node:
            more["pace"] = self.seconds(node["pace"], f"{at}/pace")
        if kind in ("say", "think"):
            calls = self.items(node.get("calls", []), f"{at}/calls")
            more["calls"] = tuple(self.call(each, f"{at}/calls/{number}") for number, each in enumerate(calls))
            more["text"] = self.long_text(given, here)
        elif kind == "call":
            more["calls"] = (self.call(given, here),)
        elif kind == "fail":
            more["name"] = self.texts(node.get("error", "RuntimeError"), f"{at}/error")
            more["text"] = self.texts(given, here)
        elif kind == "wait":
            more["seconds"] = self.seconds(given, here)
        elif kind == "choose":
            more["choices"] = self.replies(given, here)
        else:
            more["value"] = given
            more["name"] = self.texts(node.get("name", ""), f"{at}/name")
        return ScriptStep(kind, **more)  # type: ignore[arg-type]  # one of _KINDS

    def call(self, node: Any, at: str) -> ScriptCall:
        """One call of a tool."""
        known, arguments = self.tool(node, _CALL, at)
        failed = known.get("failed", False)
        if not isinstance(failed, bool):
            self.fail("`failed` is true or false.", f"{at}/failed", "Write one of the two.")
        if known.get("ask") is not None and "result" not in known:
            self.fail("A call that asks has a result.", at, "Write what the tool answers as `result`.")
        return ScriptCall(
            name=self.texts(known["name"], f"{at}/name"),
            arguments=arguments,
            result=self.texts(known["result"], f"{at}/result") if "result" in known else None,
            takes=self.seconds(known["takes"], f"{at}/takes") if "takes" in known else 0.0,
            id=self.texts(known["id"], f"{at}/id") if "id" in known else "",
            failed=failed,
            ask=known.get("ask"),
        )

    def seconds(self, node: Any, at: str) -> float:
        """A time in seconds; a day at most."""
        found = self.duration(node, at).total_seconds()
        if found > 86400:
            self.fail("This is longer than a day.", at, "Write a shorter time.")
        return found


def _safe(stem: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or DEFAULT
