"""Read scripts from YAML or JSON. Errors name the place and what to write instead.

A file holds one script (`replies`, or only `steps`), or several by name (`scripts`), and perhaps agents (`agents`).
`data/scripts` has our own.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from threadmock.mockserver.agents.agent_files import AgentReader
from threadmock.mockserver.agents.script_steps import StepReader
from threadmock.mockserver.agents.script_words import SCRIPT
from threadmock.mockserver.agents.scripts import DEFAULT, Script, ScriptReply, Scripts
from threadmock.mockserver.yaml_source import FileReader, open_source, read_tree
from threadmock.specs.errors import nearest

_FOLDER = Path(__file__).parents[1] / "data" / "scripts"
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_SCRIPT = tuple(SCRIPT)
_FILE = (*_SCRIPT, "scripts", "default", "agents")


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
    return with_agents(Scripts(known, default), tree, text, file)


def with_agents(scripts: Scripts, tree: Any, text: str, file: str) -> Scripts:
    """The scripts with the agents that a tree declares under `agents`, and with no others. SpecError."""
    declared = AgentReader(file, text).agents(tree, scripts.known, scripts.default)
    return replace(scripts, declared=declared, written=dict(tree["agents"]) if declared else {})


def _read(path: Path, name: str) -> tuple[list[Script], str]:
    tree, text = read_tree(path)
    return ScriptReader(path.name, text).scripts(tree, name)


def parse_scripts(text: str, file: str) -> tuple[list[Script], str]:
    """The scripts that a text spells, and which of them is the default."""
    tree, text = read_tree(Path(file), text)
    return ScriptReader(file, text).scripts(tree, Path(file).stem)


class ScriptReader(StepReader):
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
        seed = self.count(node["seed"], f"{at}/seed") if "seed" in node else 0
        if ("steps" in node) == ("replies" in node):
            self.fail("A script has either `replies` or `steps`.", at, "Write one of the two.")
        if "steps" in node:
            return Script(name, (ScriptReply(self.steps(node["steps"], f"{at}/steps")),), pace, seed)
        return Script(name, self.replies(node["replies"], f"{at}/replies"), pace, seed)


def _safe(stem: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or DEFAULT
