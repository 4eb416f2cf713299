"""`threadmock.specs` as others use it: six names, loaded when they are asked for, with types."""

import doctest
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import threadmock.specs
from support.paths import DATA, ROOT
from threadmock.specs import Contract, Operation, SpecError, builtin_names, load, version
from threadmock.specs.errors import DocumentError, OverlayError, UnknownName

NOTEBOOKS = str(DATA / "notebooks")


def overlay(path: Path, *actions: dict) -> Path:
    path.write_text(json.dumps({"overlay": "1.0.0", "info": {"title": "More", "version": "1"}, "actions": actions}))
    return path


def titled(path: Path, title: str) -> Path:
    return overlay(path, {"target": "$.info", "update": {"title": title}})


def test_the_example_of_the_docstring_is_true(monkeypatch):
    monkeypatch.chdir(DATA)
    tried = doctest.testmod(threadmock.specs)
    assert (tried.failed, tried.attempted) == (0, 5)


def test_a_contract_is_loaded_by_name_by_path_and_with_its_layer():
    contract = load(builtin_names()[0], layer="observed")
    assert isinstance(contract, Contract)
    assert all(isinstance(operation, Operation) for operation in contract.operations)
    assert contract.layer == "observed"
    assert load(builtin_names()[0], "observed") is contract
    assert load(NOTEBOOKS) is load(Path(NOTEBOOKS))


def test_overlays_are_applied_on_top_in_order_and_one_path_is_one_overlay(tmp_path):
    one, two = titled(tmp_path / "one.yaml", "One"), titled(tmp_path / "two.yaml", "Two")
    made = load(NOTEBOOKS, overlays=[one, str(two)])
    assert (made.title, load(NOTEBOOKS).title) == ("Two", "Notebooks")
    assert made.sources[-2:] == (str(one), str(two))
    assert load(NOTEBOOKS, overlays=[two, one]).title == "One"
    assert load(NOTEBOOKS, overlays=one).title == load(NOTEBOOKS, overlays=str(one)).title == "One"


def test_an_overlay_changes_the_rule_of_an_operation_and_comes_after_those_of_the_layer(tmp_path):
    path = "$.paths['/notebooks'].post"
    more = overlay(
        tmp_path / "more.yaml", {"target": path, "update": {"x-behaviour": {"set": {"desk": {"value": "x"}}}}}
    )
    rule = load(NOTEBOOKS, overlays=[more]).operations[0].rule
    assert rule.set["desk"].value == "x"
    assert rule.set.keys() > load(NOTEBOOKS).operations[0].rule.set.keys()


def test_the_same_bytes_give_the_same_contract_and_others_a_new_one(tmp_path):
    file = titled(tmp_path / "o.yaml", "One")
    first = load(NOTEBOOKS, overlays=[file])
    assert load(NOTEBOOKS, overlays=(file,)) is first
    titled(file, "Two")
    second = load(NOTEBOOKS, overlays=[file])
    assert (first.title, second.title) == ("One", "Two")
    assert first.digest != second.digest
    titled(file, "One")
    assert load(NOTEBOOKS, overlays=[file]) is first


BROKEN = {
    "no JSONPath that matches": (
        {
            "overlay": "1.0.0",
            "info": {"title": "a", "version": "1"},
            "actions": [{"target": "$.nowhere", "update": {}}],
        },
        OverlayError,
        "matches nothing",
    ),
    "a document": ({"openapi": "3.1.0", "info": {}, "paths": {}}, OverlayError, "no `overlay` member"),
    "no actions": ({"overlay": "1.0.0", "info": {"title": "a", "version": "1"}}, OverlayError, "`actions` must be"),
    "a rule that nobody knows": (
        {
            "overlay": "1.0.0",
            "info": {"title": "a", "version": "1"},
            "actions": [{"target": "$.paths['/notebooks'].post", "update": {"x-behaviour": {"actoin": "read"}}}],
        },
        SpecError,
        "Did you mean 'action'",
    ),
}


@pytest.mark.parametrize(("tree", "kind", "words"), BROKEN.values(), ids=BROKEN)
def test_an_overlay_that_is_none_is_refused_by_name(tmp_path, tree, kind, words):
    file = tmp_path / "mine.yaml"
    file.write_text(json.dumps(tree))
    with pytest.raises(kind, match=words) as caught:
        load(NOTEBOOKS, overlays=[file])
    assert isinstance(caught.value, SpecError)
    assert caught.value.where


@pytest.mark.parametrize("path", ["nowhere.yaml", "", "."])
def test_an_overlay_that_is_not_there_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DocumentError):
        load(NOTEBOOKS, overlays=[path])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"source": "lang-smith"}, "Did you mean 'langsmith'"),
        ({"source": NOTEBOOKS, "layer": "observd"}, "Did you mean 'observed'"),
        ({"source": "nowhere.yaml"}, "no such file or folder"),
    ],
)
def test_a_name_that_nothing_has_is_refused_with_the_nearest(asked, words):
    with pytest.raises(SpecError, match=words) as caught:
        load(**asked)
    assert isinstance(caught.value, UnknownName | DocumentError)


def test_the_version_is_that_of_the_distribution(monkeypatch):
    assert version == importlib.metadata.version("threadmock")

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    monkeypatch.delitem(vars(threadmock.specs), "version")
    assert threadmock.specs.version == "unknown"


def test_public_are_the_names_that_are_listed_and_no_others():
    assert set(threadmock.specs.__all__) <= set(dir(threadmock.specs))
    assert all(getattr(threadmock.specs, name) is not None for name in threadmock.specs.__all__)
    with pytest.raises(AttributeError, match="Contrakt"):
        _ = threadmock.specs.Contrakt


def loaded_by(code: str) -> set[str]:
    """The modules of ours that a new process has after some code."""
    shown = "import json, sys; print(json.dumps([name for name in sys.modules if name.startswith('threadmock')]))"
    done = subprocess.run([sys.executable, "-c", f"{code}; {shown}"], capture_output=True, check=True, text=True)
    return set(json.loads(done.stdout))


def test_importing_a_part_does_not_load_the_rest():
    assert loaded_by("import threadmock.specs") == {"threadmock", "threadmock.specs"}
    assert loaded_by("import threadmock.specs.members") == {
        "threadmock",
        "threadmock.specs",
        "threadmock.specs.members",
    }
    assert "threadmock.specs.loader" not in loaded_by("from threadmock.specs import Contract, version")
    assert "threadmock.specs.loader" in loaded_by("from threadmock.specs import load")


USER = """
from pathlib import Path

from threadmock.specs import Contract, Operation, SpecError, builtin_names, load, version


def titles(contract: Contract) -> list[str]:
    first: Operation = contract.operations[0]
    return [contract.title, first.path, version.upper()]


try:
    print(titles(load(builtin_names()[0], layer="observed", overlays=["more.yaml", Path("own.yaml")])))
except SpecError as error:
    print(error.what, error.where, error.fix)
"""
WRONG = """
from threadmock.specs import load

load("x", overlays=[7]).titel
"""


@pytest.mark.slow
def test_a_users_file_is_typed(tmp_path):
    (tmp_path / "right.py").write_text(USER)
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "path" / "threadmock").mkdir(parents=True)
    (tmp_path / "path" / "threadmock" / "specs").symlink_to(ROOT / "specs")
    command = [sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", "--follow-imports=silent"]
    done = subprocess.run(
        [*command, "right.py", "wrong.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(tmp_path / "path")},
        capture_output=True,
        check=False,
        text=True,
    )
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.split(":")[0] for line in errors] == ["wrong.py", "wrong.py"], done.stdout + done.stderr
    assert '"titel"' in done.stdout
    assert '"int"' in done.stdout
