"""References: what they name below the document's folder, and a refusal for every way out of it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paths import ROOT
from threadmock.specs.documents.document import Document, parse_document, read_document, resolve
from threadmock.specs.documents.pointers import escaped, pointer_of, pointer_steps, unescaped, walk
from threadmock.specs.errors import DocumentError


def parse(text: str) -> Document:
    return parse_document(text.encode(), Path("document.yaml"))


@given(st.lists(st.text()))
def test_pointers_escape_and_unescape(steps):
    assert pointer_steps(pointer_of(steps)) == steps
    assert [unescaped(escaped(step)) for step in steps] == steps


def test_a_dangling_reference_offers_the_nearest_name():
    document = parse("openapi: 3.1.0\ncomponents: {schemas: {Thread: {}}}\n")
    assert resolve(document, "#/components/schemas/Thread", "#/x").node == {}
    with pytest.raises(DocumentError, match=r"names 'Tread' below '#/components/schemas'.*Did you mean 'Thread'\?"):
        resolve(document, "#/components/schemas/Tread", "#/x")
    with pytest.raises(DocumentError, match="no JSON pointer"):
        resolve(document, "#Thread", "#/x")


def test_references_decode_escapes():
    document = parse('{"openapi": "3.1.0", "a/b": {"c~d %": [{"x": 1}]}}')
    assert resolve(document, "#/a~1b/c~0d%20%25/0/x", "#").node == 1
    assert walk(document.tree, "#/a~1b/c~0d %/0", where=str) == {"x": 1}


@pytest.mark.parametrize(
    "ref",
    [
        "http://169.254.169.254/x",
        "https://example.com/a.yaml#/A",
        "file:///etc/passwd",
        "//host/a",
        "FTP://x",
        "c:/x",
        "\\\\host\\a",
    ],
)
def test_remote_references_are_refused(ref):
    with pytest.raises(DocumentError, match="nothing is fetched"):
        resolve(parse("openapi: 3.1.0"), ref, "#")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text("a: 1")
    (root / "main.yaml").write_text("openapi: 3.1.0\nM: {main: true}\n")
    (root / "sub" / "part.yaml").write_text("A: {$ref: '../other.yaml#/B'}\n")
    (root / "other.yaml").write_text("B: {b: true}\n")
    (root / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (root / "loop.yaml").symlink_to(root / "loop.yaml")
    return root


def test_files_below_the_folder_are_followed(folder):
    main = read_document(folder / "main.yaml")
    part = resolve(main, "sub/part.yaml#/A", "#")
    assert part.node == {"$ref": "../other.yaml#/B"}
    assert resolve(part.document, part.node["$ref"], "#/A").node == {"b": True}
    assert resolve(part.document, "../main.yaml#/M", "#/A").document is main
    assert resolve(main, "sub/part.yaml#/A", "#").document is part.document


@pytest.mark.parametrize(
    "ref",
    [
        "../secret.yaml#/a",
        "sub/../../secret.yaml",
        "/etc/passwd",
        "link.yaml#/a",
        "%2e%2e/secret.yaml",
        "..%2fsecret.yaml",
        "..\\secret.yaml",
        "loop.yaml",
        "sub/missing.yaml",
        "sub",
        "a%00b",
    ],
)
def test_references_that_leave_the_folder_or_name_no_file_are_refused(folder, ref):
    with pytest.raises(DocumentError):
        resolve(read_document(folder / "main.yaml"), ref, "#")


def test_the_number_of_files_is_bounded(folder, monkeypatch):
    monkeypatch.setattr("threadmock.specs.documents.document.MAX_FILES", 1)
    with pytest.raises(DocumentError, match="more than 1 files"):
        resolve(read_document(folder / "main.yaml"), "other.yaml#/B", "#")


def test_no_other_module_escapes_pointers_but_those_whose_text_goes_into_generated_tests():
    holders = [
        path.relative_to(ROOT).as_posix()
        for package in ("specs", "mockserver", "contracts")
        for path in sorted((ROOT / package).rglob("*.py"))
        if re.search(r"""["']~[01]["']""", path.read_text(encoding="utf-8"))
    ]
    assert holders == [
        "specs/documents/pointers.py",
        "contracts/replays/comparison.py",
        "contracts/replays/substitution.py",
    ]
