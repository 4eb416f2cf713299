"""What the documents of the project say is true of the code."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from threadmock.contracts.cli.main import threadmock as main
from threadmock.mockserver.faults.table import table
from threadmock.specs.loader import builtin_names, load

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
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


def test_architecture_lists_every_word_of_the_vocabulary() -> None:
    schema = json.loads((ROOT / "specs" / "behaviour" / "behaviour.schema.json").read_text(encoding="utf-8"))
    words = set(schema["properties"]) | set(schema["$defs"]["errors"]["properties"])
    words |= set(schema["$defs"]["setting"]["anyOf"][2]["properties"]) - {"generate", "absent"}
    words |= set(schema["$defs"]["lenient"]["items"]["properties"]["what"]["enum"])
    section = ARCHITECTURE.split("## Behaviour")[1].split("\n## ")[0]
    assert {word for word in words if not re.search(rf"\b{re.escape(word)}\b", section)} == set()


def test_readme_has_a_row_for_every_provider() -> None:
    for name in builtin_names():
        operation = load(name).operations[0]
        assert f"| `{name}` |" in README
        assert f"`{operation}`" in README


def test_readme_names_only_options_and_faults_that_exist() -> None:
    runner = CliRunner()
    texts = [
        runner.invoke(main, [verb, "--help"]).output for verb in ("serve", "verify", "replay", "explain", "checks")
    ]
    shown = set(re.findall(r"--[a-z][a-z-]+", "\n".join(texts)))
    commands = "\n".join(line for line in README.splitlines() if "threadmock " in line)
    used = set(re.findall(r"(?<![\w-])--(?!contract|pyargs)[a-z][a-z-]+", commands))
    assert used - shown == set()
    assert set(re.findall(r"--fault ([a-z-]+)", README)) <= set(table)


def test_help_of_every_verb_is_there() -> None:
    runner = CliRunner()
    for verb in ("serve", "verify", "replay", "explain", "checks"):
        result = runner.invoke(main, [verb, "--help"])
        assert result.exit_code == 0
        assert result.output.startswith("Usage: ")


def test_changelog_has_an_unreleased_section_on_top() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
