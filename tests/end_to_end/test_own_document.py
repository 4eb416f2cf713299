"""The README's way from a bare document to a clean `verify`, word for word: each command, and what it prints."""

import json
import re
import shlex
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from support.command_line import command

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("### Adding a provider: your own document\n")[1]
BLOCKS = re.findall(r"^```(console|yaml)\n(.*?)^```", SECTION.split("\n## ")[0], re.MULTILINE | re.DOTALL)
COMMANDS = [
    (found[0], found[1].splitlines())
    for kind, text in BLOCKS
    if kind == "console"
    for found in re.findall(r"^\$ ([^\n]*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
]
RULE = next(text for kind, text in BLOCKS if kind == "yaml")
CHANGES = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", "UUID"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", "TIME"),
    (r"[\d,]+ exchanges in [\d.]+ s", "N exchanges in N s"),
    (r"\(line \d+\)", "(line N)"),
)
"""What differs from one run to the next, or with each word of the overlay."""


def masked(text):
    for pattern, name in CHANGES:
        text = re.sub(pattern, name, text)
    return text


def differs(shown, printed):
    """The first line of a page that a command did not print in its order; "" for none. `…` stands for any lines."""
    lines = iter(masked(printed).splitlines())
    for line in (masked(each) for each in shown if each != "…"):
        if line not in lines:
            return line
    return ""


def test_a_line_that_was_not_printed_is_found():
    assert differs(["a", "…", "c"], "a\nb\nc\n") == ""
    assert differs(["a", "…", "d"], "a\nb\nc\n") == "d"
    assert differs(["c", "a"], "a\nb\nc\n") == "a"


def curl(line, port, known):
    """What the command of the README answers. known: ids of the page → those of this run."""
    words = shlex.split(line)
    url, body = next(each for each in words if each.startswith("http://")), words[words.index("-d") + 1]
    for shown, real in known.items():
        url = url.replace(shown, real)
    request = urllib.request.Request(
        url.replace(":4040", f":{port}"), body.encode(), {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


def with_rule(text, rule):
    """An overlay with this action in place of the one with the same target."""
    target = rule.splitlines()[0]
    before, after = text.split(f"{target}\n")
    rest = re.search(r"^(?:# |- )", after, re.MULTILINE)
    return before + rule + "\n" + (after[rest.start() :] if rest else "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder, as a new user has it, but for the document."""
    made = tmp_path_factory.mktemp("own")
    text = (ROOT / "examples" / "boards.yaml").read_text(encoding="utf-8")
    (made / "boards.yaml").write_text(text, encoding="utf-8")
    return made


def test_the_example_of_the_readme_runs_word_for_word(folder, serving):
    overlay, known, server = folder / "boards.overlay.yaml", {}, None
    done = []
    for line, shown in COMMANDS:
        program, *words = shlex.split(line)
        if "tests/data/notebooks" in line or program == "cp":  # held by other tests; done by the fixture
            continue
        if program == "curl":
            printed = curl(line, server.port, known)
            known |= {json.loads(shown[0])["id"]: json.loads(printed)["id"]} if '"id"' in shown[0] else {}
        elif words[0] == "serve":
            overlay.write_text(overlay.read_text(encoding="utf-8").replace("stat:", "state:"), encoding="utf-8")
            server = serving(*words[1:], "--port", "0", cwd=folder)
            printed = ""
        else:
            run = command(*words, cwd=folder)
            printed = run.stdout + run.stderr
            assert run.returncode == (2 if shown[0].startswith("Error: ") else 0), printed
        assert differs(shown, printed) == "", printed
        done.append(program if program == "curl" else words[0])
        if words[0] == "init":
            overlay.write_text(with_rule(overlay.read_text(encoding="utf-8"), RULE), encoding="utf-8")
    assert done == ["explain", "init", "explain", "serve", "curl", "curl", "curl", "verify"]
