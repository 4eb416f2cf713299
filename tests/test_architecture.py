"""The rooms and who may enter which: every rule of the design that can be read off the sources, and proof that it bites."""

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.paths import ROOT
from support.source_tree import PACKAGES, Import, Source, circles, class_names, import_graph, read_sources

LONGEST_MODULE = 400
MOST_MODULES = 20
SOURCES = read_sources()
LIBRARIES: dict[str, set[str]] = {
    "specs": {"jsonpath", "jsonschema", "jsonschema_rs", "referencing", "werkzeug", "yaml"},
    "mockserver": {"click", "flask", "granian", "watchfiles", "werkzeug"},
    "contracts": {"click", "hypothesis", "hypothesis_jsonschema", "pytest", "urllib3"},
}
# Of Werkzeug, specs may use what knows nothing of a server.
WERKZEUG_IN_SPECS = {"datastructures", "exceptions", "formparser", "http", "routing"}
OWN: dict[str, set[str]] = {
    "specs": {"specs"},
    "mockserver": {"specs", "mockserver"},
    "contracts": {"specs", "contracts", "mockserver"},
}
PROVIDER = re.compile(r"(?i)\b(langsmith|langgraph|seekr\w*|lighton|paradigm|ishvana|scale[_ -]?gp|egp)\b")
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def own(each: Import) -> list[str]:
    """The packages of ours that an import reaches."""
    if each.module == "threadmock":
        return list(each.names)
    return [each.module.split(".")[1]] if each.module.startswith("threadmock.") else []


# --- the rules: each yields what is wrong with one source


def foreign_libraries(source: Source) -> Iterator[str]:
    """A package imports the standard library, its own libraries, and ours."""
    for each in source.imports:
        top = each.module.split(".")[0]
        if each.level or top in sys.stdlib_module_names or top == "threadmock":
            continue
        if top not in LIBRARIES[source.package]:
            yield f"{source.path}:{each.line} imports {top}"


def server_parts_in_specs(source: Source) -> Iterator[str]:
    """Specs use no part of Werkzeug that serves."""
    for each in source.imports:
        if source.package != "specs" or each.module.split(".")[0] != "werkzeug":
            continue
        parts = each.names if each.module == "werkzeug" else [each.module.split(".")[1]]
        for part in parts or ["all of it"]:
            if part not in WERKZEUG_IN_SPECS:
                yield f"{source.path}:{each.line} imports werkzeug.{part}"


def wrong_rooms(source: Source) -> Iterator[str]:
    """The mock never asks, specs know nobody, and contracts reach the mock lazily, in targets and commands only."""
    for each in source.imports:
        for name in own(each):
            if name not in OWN[source.package]:
                yield f"{source.path}:{each.line} imports threadmock.{name}"
            elif name == "mockserver" and _is_at_the_wrong_place(source, each):
                yield f"{source.path}:{each.line} imports the mock outside a function of targets or a command"


def _is_at_the_wrong_place(source: Source, each: Import) -> bool:
    if source.package == "mockserver" or each.typing:
        return False
    return not each.inside or not (source.path == "contracts/target/open_target.py" or _holds_a_command(source))


def _holds_a_command(source: Source) -> bool:
    """Whether a function of the module is a verb of the command line."""
    functions = [node for node in source.tree.body if isinstance(node, ast.FunctionDef)]
    return any("click" in ast.dump(decorator) for node in functions for decorator in node.decorator_list)


def pytest_elsewhere(source: Source) -> Iterator[str]:
    """Only the plugin and the suite know pytest."""
    for each in source.imports:
        allowed = source.path == "contracts/plugin.py" or source.path.startswith("contracts/suite/")
        if each.module.split(".")[0] in ("pytest", "_pytest") and not allowed:
            yield f"{source.path}:{each.line} imports pytest"


def generator_elsewhere(source: Source) -> Iterator[str]:
    """Only the strategies know hypothesis-jsonschema."""
    for each in source.imports:
        if each.module.split(".")[0] == "hypothesis_jsonschema" and not source.path.startswith(
            ("contracts/generation/", "contracts/cases/drawn/")
        ):
            yield f"{source.path}:{each.line} imports hypothesis_jsonschema"


def eager_plugin(source: Source) -> Iterator[str]:
    """The entry point imports nothing of ours until it is used."""
    for each in source.imports:
        if source.path == "contracts/plugin.py" and own(each) and not each.inside and not each.typing:
            yield f"{source.path}:{each.line} imports {each.module} at module level"


def second_assembly(source: Source) -> Iterator[str]:
    """Only `create_mock` puts a world and a gateway together."""
    for node in ast.walk(source.tree):
        made = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if made in ("World", "Gateway") and source.path != "mockserver/mock.py":
            yield f"{source.path}:{node.lineno} makes a {made}"


def relative_imports(source: Source) -> Iterator[str]:
    """Imports are absolute and name our packages in full."""
    for each in source.imports:
        if each.level:
            yield f"{source.path}:{each.line} imports relatively"
        elif each.module.split(".")[0] in PACKAGES:
            yield f"{source.path}:{each.line} imports {each.module} without threadmock"


def named_providers(source: Source) -> Iterator[str]:
    """Providers are data."""
    for number, line in enumerate(source.text.splitlines(), 1):
        for found in PROVIDER.finditer(line):
            yield f"{source.path}:{number} names {found[0]}"
    if found := PROVIDER.search(re.sub(r"[/_.]", " ", source.path)):
        yield f"{source.path} is named after {found[0]}"


def too_long(source: Source) -> Iterator[str]:
    """A module can be read in one sitting."""
    lines = len(source.text.splitlines())
    if lines > LONGEST_MODULE:
        yield f"{source.path} has {lines} lines"


def nameless(source: Source) -> Iterator[str]:
    """A module is named for what it holds."""
    for part in source.path.removesuffix(".py").split("/"):
        if set(part.lower().split("_")) & BANNED_NAMES:
            yield f"{source.path} is named {part}"


def unfinished(source: Source) -> Iterator[str]:
    """Nothing is left for later."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"{source.path}:{number} is unfinished: {line.strip()}"


def undocumented(source: Source) -> Iterator[str]:
    """Every module, public class and public function says what it is."""
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield f"{source.path} has no docstring"
    yield from _undocumented(source, source.tree.body, "")


def _undocumented(source: Source, body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{source.path}:{node.lineno} {prefix}{node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(source, node.body, f"{node.name}.")


Rule = Callable[[Source], Iterator[str]]
RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        foreign_libraries,
        server_parts_in_specs,
        wrong_rooms,
        pytest_elsewhere,
        generator_elsewhere,
        eager_plugin,
        second_assembly,
        relative_imports,
        named_providers,
        too_long,
        nameless,
        unfinished,
        undocumented,
    )
}


@pytest.mark.parametrize("name", RULES)
def test_the_sources_keep_the_rule(name):
    assert [fault for source in SOURCES for fault in RULES[name](source)] == []


def test_every_package_is_looked_at():
    counted = {package: sum(source.package == package for source in SOURCES) for package in PACKAGES}
    assert all(count >= 10 for count in counted.values()), counted


DOC = '"""What it is."""\n'
PLANTED = [
    ("foreign_libraries", "specs/a.py", "import requests"),
    ("foreign_libraries", "specs/a.py", "def f():\n    from hypothesis import given"),
    ("foreign_libraries", "specs/a.py", "from flask import Flask"),
    ("foreign_libraries", "mockserver/a.py", "import hypothesis.strategies"),
    ("foreign_libraries", "mockserver/a.py", "try:\n    pass\nexcept ImportError:\n    import pytest"),
    ("foreign_libraries", "mockserver/actions/a.py", "import jsonschema"),
    ("foreign_libraries", "contracts/a.py", "import flask"),
    ("foreign_libraries", "contracts/a.py", "import httpx"),
    ("server_parts_in_specs", "specs/a.py", "from werkzeug.serving import run_simple"),
    ("server_parts_in_specs", "specs/a.py", "from werkzeug import Request"),
    ("server_parts_in_specs", "specs/a.py", "import werkzeug"),
    ("wrong_rooms", "specs/a.py", "from threadmock.mockserver.server.app import create_app"),
    ("wrong_rooms", "specs/a.py", "def f():\n    import threadmock.contracts"),
    ("wrong_rooms", "mockserver/a.py", "from threadmock.contracts import cases"),
    ("wrong_rooms", "mockserver/a.py", "from threadmock import contracts"),
    ("wrong_rooms", "contracts/target/open_target.py", "from threadmock.mockserver import app"),
    ("wrong_rooms", "contracts/checks/a.py", "def f():\n    from threadmock.mockserver import app"),
    ("pytest_elsewhere", "contracts/run.py", "import pytest"),
    ("pytest_elsewhere", "contracts/report.py", "def f():\n    from _pytest.reports import TestReport"),
    ("generator_elsewhere", "contracts/coverage.py", "from hypothesis_jsonschema import from_schema"),
    ("eager_plugin", "contracts/plugin.py", "from threadmock.specs.loader import load"),
    ("eager_plugin", "contracts/plugin.py", "if True:\n    import threadmock.contracts.engine.run"),
    ("second_assembly", "mockserver/cli/a.py", "def f():\n    return World(seed=1)"),
    ("second_assembly", "contracts/target/open_target.py", "gateway = Gateway([], world)"),
    ("relative_imports", "specs/a.py", "from . import errors"),
    ("relative_imports", "contracts/a.py", "from ..specs import errors"),
    ("relative_imports", "contracts/a.py", "from specs.errors import SpecError"),
    ("named_providers", "specs/a.py", "# as Lighton does"),
    ("named_providers", "mockserver/a.py", "NAME = 'seekrflow'"),
    ("named_providers", "contracts/a.py", '"""For Scale GP."""'),
    ("named_providers", "contracts/langsmith.py", ""),
    ("too_long", "specs/a.py", "x = 1\n" * (LONGEST_MODULE + 1)),
    ("nameless", "specs/utils.py", ""),
    ("nameless", "contracts/helpers/a.py", ""),
    ("nameless", "mockserver/session_manager.py", ""),
    ("unfinished", "specs/a.py", "x = 1  # TODO later"),
    ("unfinished", "specs/a.py", "# FIXME"),
    ("undocumented", "specs/a.py", "x = 1"),
    ("undocumented", "specs/a.py", DOC + "def f(): ..."),
    ("undocumented", "specs/a.py", DOC + "class A:\n    x = 1"),
    ("undocumented", "specs/a.py", DOC + f"class A:\n    {DOC}\n    async def f(self): ..."),
]
HARMLESS = [
    (
        "specs/a.py",
        DOC + "import json\nimport yaml\nfrom werkzeug.http import dump_header\nfrom threadmock.specs import model",
    ),
    (
        "mockserver/a.py",
        DOC + "import click\nfrom granian import Granian\nfrom threadmock.specs.contract import Contract",
    ),
    ("contracts/target/open_target.py", DOC + f"def f():\n    {DOC}    from threadmock.mockserver import app\n"),
    (
        "contracts/cli/main.py",
        DOC
        + f"import click\n\n\n@click.command()\ndef serve():\n    {DOC}    from threadmock.mockserver import command\n",
    ),
    ("contracts/plugin.py", DOC + f"import pytest\n\n\ndef f():\n    {DOC}    from threadmock.contracts import run\n"),
    (
        "contracts/plugin.py",
        DOC + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from threadmock.specs import model",
    ),
    ("contracts/cases/drawn/leaves.py", DOC + "from hypothesis_jsonschema import from_schema"),
    ("contracts/suite/test_contract.py", DOC + "import pytest"),
    ("specs/a.py", DOC + "scale = 2  # the scale of things; TODOS is a word\n\n\ndef _f(): ..."),
    ("specs/__init__.py", ""),
]


@pytest.mark.parametrize(("name", "path", "text"), PLANTED, ids=[f"{n}-{p}-{i}" for i, (n, p, _) in enumerate(PLANTED)])
def test_a_planted_violation_is_caught_by_its_rule(name, path, text):
    assert list(RULES[name](Source(path, text)))


@pytest.mark.parametrize(("path", "text"), HARMLESS, ids=[f"{p}-{i}" for i, (p, _) in enumerate(HARMLESS)])
def test_what_is_allowed_is_caught_by_no_rule(path, text):
    assert [fault for rule in RULES.values() for fault in rule(Source(path, text))] == []


def test_every_rule_has_been_seen_to_catch_something():
    assert {name for name, _, _ in PLANTED} == set(RULES)


# --- the rules of the whole tree: each yields what is wrong between sources

# From top to bottom: a sub-package or root module imports only what stands in a line below its own.
LAYERS: dict[str, tuple[set[str], ...]] = {
    "specs": (
        {""},
        {"loader"},
        {"effects"},
        {"operations"},
        {"contract"},
        {"behaviour"},
        {"schemas"},
        {"evidence"},
        {"documents"},
        {"wire"},
        {"members", "text"},
        {"errors"},
    ),
    "mockserver": (
        {"", "__main__"},
        {"cli"},
        {"mock"},
        {"mock_control"},
        {"server"},
        {"control"},
        {"pipeline"},
        {"faults", "datasets"},
        {"actions"},
        {"world"},
        {"agents"},
        {"fault_points"},
        {"rules"},
        {"samples"},
        {"state", "yaml_source"},
    ),
    "contracts": (
        {"", "__main__"},
        {"cli"},
        {"api"},
        {"plugin"},
        {"suite"},
        {"fixture"},
        {"mock_client"},
        {"reporting"},
        {"engine"},
        {"scenarios", "replays"},
        {"checks"},
        {"generation", "target"},
        {"cases"},
        {"transport"},
        {"settings"},
        {"options"},
    ),
}


def import_circles(sources: list[Source]) -> Iterator[str]:
    """No module reaches itself through others, also not for type checkers or from within a function."""
    for group in circles(import_graph(sources)):
        yield "circle of " + ", ".join(group)


def upward_imports(sources: list[Source]) -> Iterator[str]:
    """Inside a package, imports lead down the layers; each sub-package has a place in them."""
    known = {source.module: source for source in sources}
    for name, others in import_graph(sources).items():
        source = known[name]
        for other in (known[each] for each in sorted(others)):
            if other.package == source.package and other.box != source.box and _layer(other) <= _layer(source):
                yield f"{name} imports {other.module}, which does not stand below it"
        if _layer(source) < 0:
            yield f"{name} has no place in the layers"


def _layer(source: Source) -> int:
    return next((at for at, boxes in enumerate(LAYERS[source.package]) if source.box in boxes), -1)


def crowded_folders(sources: list[Source]) -> Iterator[str]:
    """A folder can be taken in at a glance."""
    folders = Counter(source.path.rpartition("/")[0] for source in sources if not source.path.endswith("/__init__.py"))
    for folder, count in folders.items():
        if count > MOST_MODULES:
            yield f"{folder} has {count} modules"


def equal_class_names(sources: list[Source]) -> Iterator[str]:
    """One noun, one meaning."""
    for (package, name), modules in class_names(sources).items():
        if len(modules) > 1:
            yield f"{package} has {name} in {' and '.join(modules)}"


TreeRule = Callable[[list[Source]], Iterator[str]]
TREE_RULES: dict[str, TreeRule] = {
    rule.__name__: rule for rule in (import_circles, upward_imports, crowded_folders, equal_class_names)
}


@pytest.mark.parametrize("name", TREE_RULES)
def test_the_tree_keeps_the_rule(name):
    assert list(TREE_RULES[name](SOURCES)) == []


PLANTED_TREES = [
    (
        "import_circles",
        {
            "specs/wire/a.py": "from threadmock.specs.wire import b",
            "specs/wire/b.py": "from threadmock.specs.wire.a import x",
        },
    ),
    (
        "import_circles",
        {
            "specs/wire/a.py": "def f():\n    from threadmock.specs.wire.b import x",
            "specs/wire/b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import threadmock.specs.wire.c",
            "specs/wire/c.py": "from threadmock.specs.wire import a",
        },
    ),
    (
        "import_circles",
        {
            "specs/wire/__init__.py": "from threadmock.specs.wire.a import x",
            "specs/wire/a.py": "from threadmock.specs.wire import y",
        },
    ),
    (
        "upward_imports",
        {"specs/errors.py": "from threadmock.specs.members import ABSENT", "specs/members.py": ""},
    ),
    (
        "upward_imports",
        {
            "contracts/target/a.py": "def f():\n    from threadmock.contracts.scenarios.b import c",
            "contracts/scenarios/b.py": "",
        },
    ),
    (
        "upward_imports",
        {"mockserver/faults/a.py": "from threadmock.mockserver.datasets import b", "mockserver/datasets/b.py": ""},
    ),
    ("upward_imports", {"specs/unheard_of/a.py": ""}),
    ("crowded_folders", {f"specs/wire/a{number}.py": "" for number in range(MOST_MODULES + 1)}),
    ("equal_class_names", {"specs/wire/a.py": "class A: ...", "specs/errors.py": "def f():\n    class A: ..."}),
]


@pytest.mark.parametrize(("name", "texts"), PLANTED_TREES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(PLANTED_TREES)])
def test_a_planted_tree_is_caught_by_its_rule(name, texts):
    assert list(TREE_RULES[name]([Source(path, text) for path, text in texts.items()]))


def test_an_allowed_tree_is_caught_by_no_rule():
    texts = {
        "specs/loader.py": "from threadmock.specs.wire import a\nclass A: ...",
        "specs/wire/__init__.py": "",
        "specs/wire/a.py": "from threadmock.specs.wire.b import x\nfrom threadmock.specs.errors import SpecError",
        "specs/wire/b.py": "",
        "specs/errors.py": "",
        "mockserver/faults/a.py": "from threadmock.specs import loader\nclass A: ...",
        **{f"mockserver/faults/b{number}.py": "" for number in range(MOST_MODULES - 1)},
    }
    sources = [Source(path, text) for path, text in texts.items()]
    assert [fault for rule in TREE_RULES.values() for fault in rule(sources)] == []


def test_every_rule_of_the_tree_has_been_seen_to_catch_something():
    assert {name for name, _ in PLANTED_TREES} == set(TREE_RULES)


def drawn_layers(page: str, package: str) -> list[set[str]]:
    """The layers of a package as ARCHITECTURE.md lists them, from top to bottom."""
    listed = page.split(f"### {package}/")[1].split("\n\n")[1]
    return [set(re.findall(r"`(\w+)/?`", layer)) for layer in listed.split("·")]


@pytest.mark.parametrize("package", PACKAGES)
def test_architecture_lists_the_layers_that_are_held(package):
    held = [boxes - {"", "__main__"} for boxes in LAYERS[package]]
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert drawn_layers(page, package) == [boxes for boxes in held if boxes]
    assert set().union(*held) | {"", "__main__"} >= {source.box for source in SOURCES if source.package == package}
    assert set().union(*held) <= {source.box for source in SOURCES if source.package == package}


# --- what is installed


def unlisted_packages(root: Path) -> list[str]:
    """Folders with an `__init__.py` and what pyproject.toml lists, where the two differ."""
    listed = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    found = {
        "threadmock." + ".".join(path.parent.relative_to(root).parts): path.parent.relative_to(root).as_posix()
        for package in PACKAGES
        for path in (root / package).rglob("__init__.py")
    }
    return sorted((found.keys() ^ set(listed["packages"])) | (found.items() ^ listed["package-dir"].items()), key=str)


def test_pyproject_lists_every_package():
    assert unlisted_packages(ROOT) == []


def test_a_package_that_pyproject_does_not_list_is_caught(tmp_path):
    (tmp_path / "specs" / "new").mkdir(parents=True)
    for folder in ("specs", "specs/new"):
        (tmp_path / folder / "__init__.py").write_text("")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.setuptools]\npackages = ["threadmock.specs"]\npackage-dir = {"threadmock.specs" = "specs"}\n'
    )
    assert "threadmock.specs.new" in unlisted_packages(tmp_path)


def test_the_installed_packages_are_these_folders():
    import threadmock.specs  # noqa: PLC0415 - what is installed is the subject

    assert Path(threadmock.specs.__file__).resolve().parent == ROOT / "specs"
