"""What the documents of the project say is true of the code."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from threadmock import contracts, mockserver, specs
from threadmock.contracts.cli.main import threadmock as main
from threadmock.contracts.cli.main import verbs
from threadmock.contracts.cli.words import read_schema, vocabulary
from threadmock.mockserver.faults.table import table
from threadmock.specs.behaviour.read_settings import check_vocabulary
from threadmock.specs.documents.yaml_text import parse_yaml
from threadmock.specs.loader import builtin_names, load
from threadmock.specs.members import ABSENT

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(DOCS.rglob("*.md")),
    *sorted(EXAMPLES.glob("*.md")),
    *sorted(EXAMPLES.glob("*/*.md")),
]
BY_HAND = [path for path in PAGES if path.parent.name != "reference"]
NOW = [path for path in BY_HAND if path.name != "CHANGELOG.md"]  # a changelog names what was, too
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
PACKAGES = ("specs", "mockserver", "contracts")
SUB_PACKAGES = sorted(
    path.parent.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).glob("*/__init__.py")
)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = next(line for line in README.splitlines() if line.startswith("pip install -e"))
    assert command.split("#")[0].strip() in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SUB_PACKAGES)
def test_architecture_names_every_sub_package(path: str) -> None:
    package, name = path.split("/")
    section = ARCHITECTURE.split(f"### {package}/")[1].split("\n#")[0]
    assert f"`{name}/`" in section


def test_readme_has_a_row_for_every_provider() -> None:
    for name in builtin_names():
        operation = load(name).operations[0]
        assert f"| `{name}` |" in README
        assert f"`{operation}`" in README


SHOWN_OPTIONS = {
    option
    for verb in verbs
    for option in re.findall(r"--[a-z][a-z-]+", CliRunner().invoke(main, [verb, "--help"]).output)
}


def unknown_options(text: str) -> set[str]:
    """Options of the command line that a page names and no verb has."""
    commands = "\n".join(line for line in text.splitlines() if "threadmock " in line)
    return set(re.findall(r"(?<![\w-])--(?!contract|pyargs)[a-z][a-z-]+", commands)) - SHOWN_OPTIONS - {"--help"}


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_a_page_names_only_options_and_faults_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert unknown_options(text) == set()
    assert set(re.findall(r"--fault ([a-z][a-z-]+)", text)) <= set(table)


def test_an_option_that_no_verb_has_is_found() -> None:
    assert unknown_options("$ threadmock verify NAME --target URL --loud\n--quite") == {"--loud"}


def rules(path: Path) -> list[tuple[str, object]]:
    """Every `x-behaviour` in the YAML blocks of a page, with its place."""
    found = []
    for number, block in enumerate(
        re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    ):
        waiting = [parse_yaml(block, f"{path.name}, block {number}")]
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict) and "x-behaviour" in node:
                found.append((f"{path.name}, block {number}", node["x-behaviour"]))
            waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return found


@pytest.mark.parametrize("path", BY_HAND, ids=[path.relative_to(ROOT).as_posix() for path in BY_HAND])
def test_the_rules_that_a_page_shows_are_rules(path: Path) -> None:
    for where, rule in rules(path):
        check_vocabulary(rule, where)


def test_the_rules_of_pages_are_found(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```yaml\nupdate: {x-behaviour: {aktion: read}}\n```\n", encoding="utf-8")
    assert rules(page) == [("page.md, block 0", {"aktion": "read"})]
    assert sum(len(rules(path)) for path in BY_HAND) > 2


def generator():
    """The script docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generate():
    """The script, with its pages made once."""
    made = generator()
    pages = made.written_pages()
    made.written_pages = lambda: pages
    return made


def test_a_stale_page_a_missing_one_and_one_too_many_are_found(generate, tmp_path) -> None:
    for name, text in generate.written_pages().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert generate.stale(tmp_path) == []
    page = tmp_path / "faults.md"
    page.write_text(page.read_text(encoding="utf-8").replace("NaN", "nan"), encoding="utf-8")
    (tmp_path / "checks.md").unlink()
    (tmp_path / "stray.md").write_text("# Stray\n", encoding="utf-8")
    assert generate.stale(tmp_path) == ["checks.md", "faults.md", "stray.md"]


def test_a_check_of_the_pages_says_what_mends_them(generate, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 1
    assert "docs/reference/behaviour.md is stale: python docs/generate.py\n" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["generate.py"])
    assert generate.main() == 0
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 0


def test_the_pages_of_the_reference_are_not_stale(generate) -> None:
    assert generate.stale(generate.FOLDER) == [], f"write them anew: {generate.COMMAND}"


def test_every_public_name_says_what_it_is(generate) -> None:
    text = generate.written_pages()["python.md"]
    for package in (specs, mockserver, contracts):
        assert set(package.__all__) <= set(re.findall(r"^### (\w+)$", text, re.MULTILINE))
    assert "\n-\n" not in text


def test_a_parameter_with_commas_inside_stays_whole(generate) -> None:
    node = generate.ast.parse("def f(a: dict[str, int], *, b: tuple = (1, 2)) -> None: ...").body[0]
    assert generate._arguments(node.args) == ["a: dict[str, int]", "*", "b: tuple=(1, 2)"]


def test_the_page_of_the_vocabulary_has_every_word(generate) -> None:
    text = generate.written_pages()["behaviour.md"]
    for word in vocabulary(read_schema()).values():
        if word.value is ABSENT:
            assert f"\n### `{word.path}`\n" in text or f'<a id="{word.path}"></a>' in text
        assert word.description.partition("Checks: ")[0].replace("|", "\\|") in text, word.path


def test_a_folder_stands_above_those_that_it_imports(generate, monkeypatch, tmp_path) -> None:
    package = tmp_path / "specs"
    for name, text in {
        "a/__init__": "",
        "a/one": "from threadmock.specs.b import two",
        "b/two": "",
        "c": "from threadmock.specs import a",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert generate._top_first("specs", generate._boxes("specs")) == ["c", "a", "b"]


def anchors(path: Path) -> set[str]:
    """What a link into a page may name: its headings as they are on the web, and anchors of its own."""
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    names = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return names | set(re.findall(r'<a id="([^"]+)">', text))


def dead_links(path: Path) -> list[str]:
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = (path.parent / name) if name else path
        if "://" not in link and (not target.exists() or (anchor and anchor not in anchors(target))):
            found.append(link)
    return found


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(path: Path) -> None:
    assert dead_links(path) == []


def test_a_dead_link_is_found(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b.c` d\n[1](#a-bc-d) [2](#nowhere) [3](gone.md) [4](page.md#a-bc-d) [5](https://a.example/#b)",
        encoding="utf-8",
    )
    assert dead_links(page) == ["#nowhere", "gone.md"]


def missing_files(path: Path) -> list[str]:
    """Files of the project that a page names and that are not there. NAME stands for any; a bare name is looked for."""
    names = re.findall(
        r"`([\w.-]+(?:/[\w.*-]+)*/?[\w*-]+\.(?:py|json|yaml|md))(?:::\w+)?`", path.read_text(encoding="utf-8")
    )
    return [name for name in names if "NAME" not in name and "*" not in name and not any(ROOT.rglob(name))]


@pytest.mark.parametrize("path", NOW, ids=[path.relative_to(ROOT).as_posix() for path in NOW])
def test_a_page_names_only_files_that_exist(path: Path) -> None:
    found = missing_files(path)
    if path.name != "CONTRIBUTING.md":  # other pages name files of a reader's own, too
        found = [
            name for name in found if name.startswith((*(f"{package}/" for package in PACKAGES), "tests/", "docs/"))
        ]
    assert found == []


def test_a_file_that_is_not_there_is_found(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`specs/loader.py` `loader.py` `specs/gone.py` `specs/providers/NAME/openapi.yaml`", encoding="utf-8"
    )
    assert missing_files(page) == ["specs/gone.py"]


def test_the_recipes_name_tables_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)` (?:in|of)\s+`([\w/]+\.py)`", text)
    assert len(named) >= 5
    for name, path in named:
        assert re.search(rf"^{name}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), (name, path)


def python_blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run_blocks(blocks: list[str]) -> dict[str, object]:
    """Run the blocks of a page one after the other, as a reader would. `# file: NAME` saves one under that name, too."""
    names: dict[str, object] = {"__name__": "page"}
    for number, block in enumerate(blocks):
        if saved := re.match(r"# file: ([\w.]+)\n", block):
            Path(saved[1]).write_text(block, encoding="utf-8")
        exec(compile(block, f"block {number}", "exec"), names)
    return names


GUIDES = [path for path in BY_HAND if path.parent.name in ("guides", "tutorials") and python_blocks(path)]


@pytest.mark.parametrize("path", GUIDES, ids=[path.name for path in GUIDES])
def test_the_python_of_a_guide_runs(path: Path, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_blocks(python_blocks(path))


def test_python_that_does_not_run_is_found(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "```python\n# file: own.py\na = 1\n```\ntext\n```python\nassert a == 1\n```\n```python\nassert a == 2\n```\n",
        encoding="utf-8",
    )
    first, second, wrong = python_blocks(page)
    assert run_blocks([first, second])["a"] == 1
    assert (tmp_path / "own.py").read_text(encoding="utf-8") == first
    with pytest.raises(AssertionError):
        run_blocks([first, wrong])
