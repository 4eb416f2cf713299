"""Write the pages of docs/reference from the code: `python docs/generate.py`. With --check: say which are stale."""

import argparse
import ast
import inspect
import itertools
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from threadmock import contracts, mockserver, specs
from threadmock.contracts import plugin
from threadmock.contracts.checks import Check, checks
from threadmock.contracts.checks.check import WEIGHTS
from threadmock.contracts.cli import words
from threadmock.contracts.cli.main import threadmock, verbs
from threadmock.contracts.cli.words import Word
from threadmock.contracts.scenarios import Scenario, scenarios
from threadmock.mockserver.agents import script_words
from threadmock.mockserver.agents.script_files import shipped_names
from threadmock.mockserver.faults.table import table as faults
from threadmock.specs.members import ABSENT

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
WIDEST = 110
COMMAND = "python docs/generate.py"


def behaviour_page() -> Iterator[str]:
    """The words of `x-behaviour`, from its schema."""
    schema = words.read_schema()
    known = words.vocabulary(schema)
    found = words.uses(schema)
    uses = {word.path: words.use_of(word, schema, found) for word in known.values() if word.value is not ABSENT}
    yield "# The words of `x-behaviour`"
    yield schema["description"]
    yield (
        "Written from `specs/behaviour/behaviour.schema.json`; `threadmock explain --words [WORD]` prints the same. "
        "A word in a *takes* column is defined on this page. `*` stands for a name that the overlay chooses."
    )
    yield "\n".join(f"- [{part}](#{_anchor(part)}): {_names(names)}" for part, names in words.PARTS.items())
    for part, names in words.PARTS.items():
        yield f"## {part}"
        for name in names:
            yield from _top_word(known[name], known.values(), uses)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"[`{name}`](#{name})" for name in names)


def _top_word(top: Word, known: Iterable[Word], uses: Mapping[str, str]) -> Iterator[str]:
    yield f"### `{top.path}`"
    yield _linked(top.description)
    facts = [f"Takes: {_links(top.takes)}."] if top.takes != "object" else []
    facts += [f"Default: `{words.written(top.default)}`."] if top.default is not ABSENT else []
    yield from (" ".join(facts),) if facts else ()
    blocks = [_block("" if top.is_nameless else top.name, each) for each in top.examples]
    between = "\n" if all(len(block) == 1 for block in blocks) else "\n\n"
    yield "```yaml\n" + between.join(map("\n".join, blocks)) + "\n```"
    inside = [word for word in known if word.top == top.path and word is not top]
    rows = [_row(word, word.path.removeprefix(f"{top.path}.")) for word in inside if word.value is ABSENT]
    yield from _table(("word", "meaning", "takes", "default", "example"), rows)
    for path in dict.fromkeys(word.path.partition(":")[0] for word in inside if word.value is not ABSENT):
        values = [word for word in inside if word.path.partition(":")[0] == path and word.value is not ABSENT]
        rows = [(_code(word.name), _linked(word.description), _code(uses[word.path])) for word in values]
        yield from _table((f"`{path}`", "meaning", "example"), rows)


def _block(name: str, value: object, indent: str = "") -> list[str]:
    """A member as an overlay writes it, over several lines where it is long. name: "" for the value alone."""
    line = f"{indent}{words.written(name)}:" if name else ""
    if len(f"{line} {words.written(value)}") > WIDEST and isinstance(value, Mapping):
        inner = indent + "  " * bool(name)
        return [line] * bool(name) + [part for key, each in value.items() for part in _block(key, each, inner)]
    if len(f"{line} {words.written(value)}") > WIDEST and isinstance(value, list):
        return [line] * bool(name) + [f"{indent}- {words.written(each)}" for each in value]
    return [f"{line} {words.written(value)}" if name else words.written(value)]


def _row(word: Word, name: str) -> tuple[str, ...]:
    default = "" if word.default is ABSENT else _code(words.written(word.default))
    example = _code(word.shown()[0])
    return f'<a id="{word.path}"></a>`{name}`', _linked(word.description), _links(word.takes), default, example


def _linked(description: str) -> str:
    """The text, with a link at each check that it names."""
    text, found, listed = description.partition("Checks: ")
    return text + found + re.sub(r"\w+", lambda name: f"[{name[0]}](checks.md#{name[0]})", listed)


def _links(takes: str) -> str:
    return re.sub(r"`(\w+)`", r"[\1](#\1)", takes)


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table; nothing where it has no rows."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    if lines:
        yield "\n".join(f"| {line} |" for line in (" | ".join(head), " | ".join("---" for _ in head), *lines))


def commands_page() -> Iterator[str]:
    """What `--help` says, of every verb."""
    yield "# Commands"
    for arguments in ([], *([verb] for verb in verbs)):
        name = " ".join(["threadmock", *arguments])
        shown = CliRunner().invoke(threadmock, [*arguments, "--help"], prog_name="threadmock", terminal_width=100)
        yield f"## {name}"
        yield f"```console\n$ {name} --help\n{shown.output.strip()}\n```"

    parser = _Options()
    plugin.pytest_addoption(parser)  # type: ignore[arg-type]  # it has all that is asked of a parser
    yield "## pytest"
    yield "Options of `pytest --pyargs threadmock.contracts`, and in the ini file those of the fixture `threadmock`."
    yield from _table(("option", "what it means"), parser.rows)


class _Options:
    """Collects the options that a plugin registers."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []

    def getgroup(self, *_: str) -> "_Options":
        return self

    def addoption(self, name: str, **more: Any) -> None:
        if not more["help"].startswith("("):
            self.rows.append((f"`{name}`", more["help"]))

    def addini(self, name: str, text: str, **_: Any) -> None:
        self.rows.append((f"`{name}` (ini)", text))


def checks_page() -> Iterator[str]:
    """What the suite asserts, and where that comes from."""
    yield "# Checks and scenarios"
    yield "`threadmock checks` lists the same. A check judges one exchange, a scenario several."
    yield f"Findings are shown by weight: {', '.join(WEIGHTS.values())}."
    caught: dict[str, list[str]] = {name: [] for name in (*checks, *scenarios)}
    for fault in faults.values():
        for name in fault.caught_by:
            caught[name].append(fault.name)
    yield "## Checks of one exchange"
    for check in checks.values():
        yield from _assertion(check, f"{check.source} ({check.evidence})", caught[check.name])
    yield "## Scenarios"
    for scenario in scenarios.values():
        yield from _assertion(scenario, scenario.source, caught[scenario.name])


def _assertion(check: Check | Scenario, source: str, caught: list[str]) -> Iterator[str]:
    yield f"### {check.name}"
    yield f"{check.asserts[0].upper()}{check.asserts[1:]}."
    yield f"A finding says: {check.headline} ({WEIGHTS[check.weight]})."
    yield f"From: {source}. Faults that it catches: {_faults(caught)}."


def _faults(names: list[str]) -> str:
    return ", ".join(f"[{name}](faults.md#{name})" for name in names) or "none"


def faults_page() -> Iterator[str]:
    """The deviations that `--fault` plants in the mock."""
    yield "# Faults"
    yield "`threadmock serve NAME --fault FAULT` plants one in the mock; the suite has been seen to catch each."
    for fault in faults.values():
        yield f"### {fault.name}"
        caught = ", ".join(f"[{name}](checks.md#{name})" for name in fault.caught_by)
        yield f"{fault.summary} Caught by {caught}."


def python_page() -> Iterator[str]:
    """The public names of the three packages."""
    yield "# Python"
    yield "All that is public; [the guide](../guides/python-api.md) shows how it is used."
    for package in (specs, mockserver, contracts):
        yield f"## {package.__name__}"
        for name in sorted(package.__all__, key=str.lower):
            yield f"### {name}"
            public = getattr(package, name)
            yield from _definition(public) if callable(public) else (f"`{type(public).__name__}`",)


def _definition(public: Any) -> Iterator[str]:
    """A function, or a class with its public parts: how it is written, and what it says of itself."""
    node = ast.parse(textwrap.dedent(inspect.getsource(public))).body[0]
    parts = node.body if isinstance(node, ast.ClassDef) else [node]
    fields = [ast.unparse(part) for part in parts if isinstance(part, ast.AnnAssign) and _is_public(part.target)]
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(map(ast.unparse, node.bases))
        lines = [
            f"class {node.name}({bases}):" if bases else f"class {node.name}:",
            *(f"    {each}" for each in fields),
        ]
        yield "```python\n" + "\n".join(lines) + "\n```"
        yield ast.get_docstring(node) or "-"
    for part in parts:
        if isinstance(part, ast.FunctionDef) and _is_public(part):
            if isinstance(node, ast.ClassDef):
                yield f"#### {node.name}.{part.name}"
            yield f"```python\n{_signature(part)}\n```"
            yield ast.get_docstring(part) or "-"


def _is_public(node: ast.AST) -> bool:
    name = getattr(node, "name", getattr(node, "id", ""))
    return not name.startswith("_")


def _signature(node: ast.FunctionDef) -> str:
    marks = "".join(f"@{ast.unparse(each)}\n" for each in node.decorator_list)
    end = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"def {node.name}({ast.unparse(node.args)}){end}"
    if len(line) > WIDEST:
        line = f"def {node.name}(\n" + "".join(f"    {each},\n" for each in _arguments(node.args)) + f"){end}"
    return marks + line


def _arguments(given: ast.arguments) -> list[str]:
    """The parameters, one by one: commas inside brackets separate none."""
    found, depth = [""], 0
    for mark in ast.unparse(given):
        depth += (mark in "([{") - (mark in ")]}")
        if mark == "," and not depth:
            found.append("")
        else:
            found[-1] += mark
    return [each.strip() for each in found]


def modules_page() -> Iterator[str]:
    """The first line of every module, by package and folder; what imports stands above what is imported."""
    yield "# Modules"
    yield "In each package a folder stands above those that it imports."
    for package in ("specs", "mockserver", "contracts"):
        yield f"## {package}/"
        boxes = _boxes(package)
        for name in _top_first(package, boxes):
            first, *others = boxes[name]  # a folder begins with its __init__.py
            if first.name != "__init__.py" or first.parent.name == package:
                yield f"`{_shown(first)}`: {_first_line(first)}"
                continue
            yield f"### {package}/{name}/"
            yield _first_line(first)
            rows = [(_code(_shown(path)), _first_line(path)) for path in others]
            yield from _table(("module", "what it holds"), rows)


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _boxes(package: str) -> dict[str, list[Path]]:
    """The folders and modules directly in a package, each with its files."""
    boxes: dict[str, list[Path]] = {}
    for path in sorted((ROOT / package).rglob("*.py"), key=lambda path: (path.name != "__init__.py", path)):
        boxes.setdefault(path.relative_to(ROOT / package).with_suffix("").parts[0], []).append(path)
    return boxes


def _top_first(package: str, boxes: Mapping[str, list[Path]]) -> list[str]:
    """The boxes in such an order that each stands before those that it imports."""
    pattern = re.compile(rf"threadmock\.{package}\.(\w+)|from threadmock\.{package} import (\w+)")
    imported = {
        name: {found[1] or found[2] for path in files for found in pattern.finditer(path.read_text(encoding="utf-8"))}
        for name, files in boxes.items()
    }
    order: list[str] = []
    while left := [name for name in boxes if name not in order]:
        importers = {name: sum(name in imported[other] for other in left if other != name) for name in left}
        order.append(min(left, key=lambda name: (importers[name], name)))
    return order


def _first_line(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n\n")[0].replace("\n", " ") or "-"


def scripts_page() -> Iterator[str]:
    """The words of scripts, and the scripts that are shipped."""
    yield "# Scripts"
    yield (
        "What agents of the mock do. A file holds one script, or several by name under `scripts`, of which `default` "
        "names one; every provider's overlay says what becomes of it. Times are seconds, or texts such as `1m30s`."
    )
    yield "## A script"
    yield from _named(script_words.SCRIPT)
    yield "## Steps"
    yield "Each step is an object with one of these words, and what may stand beside it."
    for name, word in script_words.STEPS.items():
        yield f"### `{name}`"
        yield word.says
        yield f"```yaml\n- {word.example}\n```"
        if word.members:
            yield from _named(word.members)
    yield "## A call of a tool"
    yield from _named(script_words.CALL)
    yield "`approve` may have:"
    yield from _named(script_words.APPROVE)
    yield "## When"
    yield "All that `when` names has to hold."
    yield from _named(script_words.WHEN)
    yield "## Marks"
    yield (
        "In texts. Where a whole value is one mark of `$each`, `$args` or `$index`, or one with a path, it becomes "
        "what was found, of any type: `arguments: $resume.edited.args`."
    )
    yield from _named(script_words.MARKS)
    yield "## Shipped"
    yield "`threadmock serve --script NAME`, an agent of that name, or `/NAME` at the beginning of a message:"
    rows = [(_code(name), _first_comment(name)) for name in shipped_names()]
    yield from _table(("script", "what it does"), rows)


def _named(words_of: Mapping[str, str]) -> Iterator[str]:
    yield from _table(("word", "what it means"), [(_code(name), says) for name, says in words_of.items()])


def _first_comment(name: str) -> str:
    path = ROOT / "mockserver" / "data" / "scripts" / f"{name}.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    return " ".join(line.removeprefix("# ") for line in itertools.takewhile(lambda line: line.startswith("# "), lines))


PAGES: Mapping[str, Callable[[], Iterator[str]]] = {
    "behaviour.md": behaviour_page,
    "commands.md": commands_page,
    "checks.md": checks_page,
    "faults.md": faults_page,
    "python.md": python_page,
    "scripts.md": scripts_page,
    "modules.md": modules_page,
}


def written_pages() -> dict[str, str]:
    """Every page, by its name."""
    note = f"<!-- Written by `{COMMAND}`. Change the code, not this page. -->"
    return {name: "\n\n".join((note, *page())) + "\n" for name, page in PAGES.items()}


def stale(folder: Path) -> list[str]:
    """The pages in a folder that are not what the code says."""
    pages = written_pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in pages.keys() | there.keys() if pages.get(name) != there.get(name))


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 where a page is stale")
    if parser.parse_args().check:
        found = stale(FOLDER)
        sys.stdout.writelines(f"docs/reference/{name} is stale: {COMMAND}\n" for name in found)
        return 1 if found else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in written_pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
