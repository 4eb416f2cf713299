"""Reading documents: the same JSON from every spelling, and a clear refusal for what misbehaves."""

import gzip
import hashlib
import json
import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.paths import DATA
from threadmock.specs.documents import json_text, yaml_text
from threadmock.specs.documents.document import Document, parse_document, read_document
from threadmock.specs.documents.pointers import escaped
from threadmock.specs.errors import DocumentError

DOCUMENTS = DATA / "documents"
HERE = Path("document.yaml")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
printable = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=20
)


def json_values(leaf_texts: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | leaf_texts
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(leaf_texts, inner), max_leaves=20)


def documents_of(leaf_texts: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(leaf_texts, json_values(leaf_texts), max_size=5).map(
        lambda tree: {"openapi": "3.1.0", **tree}
    )


def parse(text: str | bytes, path: Path = HERE) -> Document:
    return parse_document(text.encode() if isinstance(text, str) else text, path)


def refusal(text: str | bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        parse(text)
    assert caught.value.what
    return str(caught.value)


class Quoting(yaml.SafeDumper):
    """Writes every text in double quotes, so that PyYAML's older ideas of what needs quotes don't matter."""


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
Quoting.add_representer(
    float, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", json.dumps(value), style=None)
)
Quoting.ignore_aliases = lambda *_: True


def same(left: object, right: object) -> bool:
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@given(documents_of(texts))
def test_json_reads_back_as_it_was_written(tree):
    document = parse(json.dumps(tree))
    assert document.kind == "json"
    assert same(document.tree, tree)


@given(documents_of(printable))
def test_yaml_reads_back_as_it_was_written(tree):
    text = yaml.dump(tree, Dumper=Quoting, allow_unicode=True)
    document = parse(text)
    assert document.kind == "yaml"
    assert same(document.tree, tree)


@given(
    documents_of(texts),
    st.sampled_from("`~"),
    st.integers(3, 6),
    st.sampled_from(["json", "yaml", "yml post /x"]),
    st.booleans(),
)
def test_a_page_that_embeds_a_document_reads_as_the_document(tree, mark, length, info, closed):
    fence = mark * length
    page = f"# Title\n\nprose: of *some* kind\n\n{fence}{info}\n{json.dumps(tree, indent=1)}\n" + (
        fence if closed else ""
    )
    document = parse(page)
    assert document.kind == "markdown"
    assert same(document.tree, tree)


@given(json_values(printable))
def test_json_and_its_flow_yaml_agree(value):
    text = json.dumps({"openapi": "3.1.0", "value": value}, ensure_ascii=False)
    assert same(yaml_text.parse_yaml(text, "x"), json.loads(text))


@given(st.binary(max_size=200) | st.text(alphabet="{}[]:,-?&*!|>'\"#%@` \n\ta1.~<", max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused_by_name(data):
    try:
        document = parse(data)
    except DocumentError as error:
        said = error.what
    else:
        said = json.dumps(document.tree, allow_nan=False)
    assert said


def test_a_page_of_the_seeds_form_is_read_as_it_is():
    document = read_document(DOCUMENTS / "page.txt")
    assert document.kind == "markdown"
    assert document.warnings == ()
    assert list(document.tree["paths"]["/v4/threads"]["post"]["responses"]) == ["200"]
    assert document.tree["info"]["description"].endswith("openapi: 2.0\n```")
    assert document.where("#/paths/~1v4~1threads/post") == "page.txt#/paths/~1v4~1threads/post (line 28)"
    assert not (DOCUMENTS / "page.txt").read_bytes().endswith(b"\n")


def test_prose_is_refused_with_what_to_do():
    with pytest.raises(DocumentError, match=r"prose\.txt: This holds no OpenAPI document\. Give .*fenced block"):
        read_document(DOCUMENTS / "prose.txt")


def test_plain_scalars_mean_what_json_can_say():
    tree = read_document(DOCUMENTS / "traps.yaml").tree
    assert {name: tree[name] for name in tree if isinstance(tree[name], str)} == {
        "openapi": "3.1.0",
        "norway": "no",
        "switch": "on",
        "answer": "yes",
        "day": "2020-01-01",
        "moment": "2020-01-01T10:00:00Z",
        "underscores": "1_000",
        "octal": "010",
        "newer_octal": "0o10",
        "hexadecimal": "0x1F",
        "sexagesimal": "12:30",
        "plus": "+1",
        "dot": ".5",
        "quoted": "true",
        "tagged": "12",
        "folded": "one two",
        "200": "status",
        "2XX": "range",
        "default": "rest",
    }
    others = {name: tree[name] for name in tree if not isinstance(tree[name], str)}
    assert repr(others) == repr(
        {
            "nothing": None,
            "tilde": None,
            "word": None,
            "right": True,
            "wrong": False,
            "whole": -12,
            "part": 3.1,
            "power": 1000.0,
        }
    )


def test_the_format_is_judged_by_content(tmp_path):
    for name in ("a.json", "a.yaml", "a.txt", "a"):
        for text, kind in (
            ('{"openapi": "3.1.0"}', "json"),
            ("openapi: 3.1.0", "yaml"),
            ('~~~json\n{"openapi": "3.1.0"}\n', "markdown"),
        ):
            path = tmp_path / name
            path.write_text(text)
            read = read_document(path)
            assert (read.kind, read.tree) == (kind, {"openapi": "3.1.0"})


def test_flow_yaml_that_begins_like_json_is_read():
    assert parse("{openapi: 3.1.0, info: {title: x,},}").tree == {"openapi": "3.1.0", "info": {"title": "x"}}


def test_the_digest_is_of_the_bytes():
    assert parse("openapi: 3.1.0").digest == hashlib.sha256(b"openapi: 3.1.0").hexdigest()


def test_the_first_of_several_embedded_documents_is_used_with_a_warning():
    page = "# x\n```yaml\nopenapi: 3.0.0\n```\n\n```yaml\nopenapi: 3.1.0\n```\n"
    document = parse(page)
    assert document.tree == {"openapi": "3.0.0"}
    assert document.warnings == (
        "document.yaml: the page embeds 2 documents; the first (line 3) is used, not those from lines 7.",
    )


def test_a_document_whose_description_holds_a_fence_is_no_page():
    text = "openapi: 3.1.0\ninfo:\n  description: |\n    ```yaml\n    openapi: 3.0.0\n    ```\n"
    assert parse(text).kind == "yaml"
    later = "info:\n  description: |\n    ```yaml\n    openapi: 3.0.0\n    ```\nopenapi: 3.1.0\n"
    assert parse(later).tree["openapi"] == "3.1.0"


def test_front_matter_that_names_an_operation_is_no_document():
    page = "---\ntitle: Create\nopenapi: post /threads\n---\n\n```yaml\nopenapi: 3.1.0\n```\n"
    assert parse(page).tree == {"openapi": "3.1.0"}


def test_a_shorter_fence_does_not_close_a_longer_one():
    page = "````yaml\nopenapi: 3.1.0\nx: |\n```\n````\n"
    with pytest.raises(DocumentError, match=r"line 4"):
        parse(page)
    assert parse("````yaml\nopenapi: 3.1.0\nx: |\n  ```\n````\n").tree["x"] == "```\n"


def test_an_indented_fence_is_dedented():
    assert parse("- step\n\n  ```yaml\n  openapi: 3.1.0\n  info: {}\n  ```\n").tree == {"openapi": "3.1.0", "info": {}}


def test_a_byte_order_mark_is_accepted():
    assert parse(b"\xef\xbb\xbfopenapi: 3.1.0").tree == {"openapi": "3.1.0"}
    assert parse(b'\xef\xbb\xbf{"openapi": "3.1.0"}').tree == {"openapi": "3.1.0"}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("openapi: 3.1.0\na: 1\na: 2\n", 3, "The key 'a' stands twice"),
        ('{"openapi": "3.1.0",\n"a": 1,\n"a": 2}', 3, "The key 'a' stands twice"),
        ("openapi: 3.1.0\n200: 1\n'200': 2\n", 3, "stands twice"),
        ("openapi: 3.1.0\na: .nan\n", 2, "no JSON number"),
        ("openapi: 3.1.0\na: -.inf\n", 2, "no JSON number"),
        ("openapi: 3.1.0\na: 1e999\n", 2, "beyond the range"),
        ("openapi: 3.1.0\ntrue: 1\n", 2, "quotes"),
        ("openapi: 3.1.0\nnull: 1\n", 2, "quotes"),
        ("openapi: 3.1.0\n1.5: 1\n", 2, "quotes"),
        ("openapi: 3.1.0\n? [a]\n: 1\n", 2, "can't be a key"),
        ("openapi: 3.1.0\na: &x y\n*x : 1\n", 3, "can't be a key"),
        ("openapi: 3.1.0\na: !!python/object:os.system {}\n", 2, "has no meaning in JSON"),
        ("openapi: 3.1.0\na: !mine x\n", 2, "has no meaning in JSON"),
        ("openapi: 3.1.0\na: !!binary aGk=\n", 2, "has no meaning in JSON"),
        ("openapi: 3.1.0\na: !!timestamp 2020-01-01\n", 2, "has no meaning in JSON"),
        ("openapi: 3.1.0\na: !!set {x}\n", 2, "has no meaning in JSON"),
        ("openapi: 3.1.0\na: !!int text\n", 2, "not what its tag says"),
        ("openapi: 3.1.0\n---\nopenapi: 3.1.0\n", 2, "second document"),
        ("openapi: 3.1.0\na: *b\n", 2, "No anchor `&b`"),
        ("openapi: 3.1.0\na: &x [*x]\n", 2, "inside what it names"),
        ("openapi: 3.1.0\na: &x {b: {c: *x}}\n", 2, "inside what it names"),
        ("openapi: 3.1.0\n<<: 3\n", 2, "merge key"),
        ("openapi: 3.1.0\n<<: {a: 1}\n<<: {b: 1}\n", 3, "stands twice"),
        ("openapi: 3.1.0\n  a: b\n c: d\n", 2, "no YAML"),
        ("openapi: 3.1.0\na: [1, 2\nb: 3\n", 3, "no YAML"),
        ('{"openapi": "3.1.0",\n"a" 1}', 2, "no JSON"),
        (f"openapi: 3.1.0\na: {'9' * 5000}\n", 2, "digits"),
        ("# page\n\n```yaml\nopenapi: 3.1.0\na: 1\na: 2\n```\n", 6, "stands twice"),
        (b"openapi: 3.1.0\na: \xff\n", 2, "not UTF-8"),
    ],
)
def test_what_misbehaves_is_refused_with_its_line(text, line, says):
    message = refusal(text)
    assert f"document.yaml (line {line})" in message
    assert says in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"openapi": "3.1.0", "a": NaN}', "NaN is no JSON number"),
        ('{"openapi": "3.1.0", "a": -Infinity}', "-Infinity is no JSON number"),
        ('{"openapi": "3.1.0", "a": 1e999}', "beyond the range"),
        ('{"openapi": "3.1.0", "a": "\\ud800"}', "surrogate"),
        ('{"openapi": "3.1.0", "\\udc00": 1}', "surrogate"),
        ('{"openapi": "3.1.0", "a": %s}' % ("9" * 5000), "digits"),
        ('{"openapi": "3.1.0", "\\ud83d\\ude00": 1, "\\ud83d\\ude00": 2}', "stands twice"),
        ("", "The file is empty"),
        ("# only a comment\n", "The file is empty"),
        ("[1, 2]", "This is a list"),
        ("- a\n- b\n", "This is a list"),
        ("openapi: 3.1.0".encode("utf-16-le"), "UTF-16 or UTF-32"),
        ("openapi: 3.1.0".encode("utf-32"), "written in UTF-32"),
        (gzip.compress(b"openapi: 3.1.0", mtime=0), "a gzip archive. Unpack it"),
        (b"PK\x03\x04" + bytes(40), "a zip archive"),
        ("<!DOCTYPE html>\n<title>openapi: 3.1.0</title>", "a page of HTML or XML"),
        ("\n<html>\n<body>404</body></html>", "a page of HTML or XML"),
        ('{\n "openapi": "3.1.0", /* c */ "info": {}}', "JSON with comments. Take"),
        ('{\n "openapi": "3.1.0", // c\n "info": {}}', "JSON with comments. Take"),
        ("just a text", "no OpenAPI document"),
        ("openapi: 3.1.0".encode("utf-16"), "written in UTF-16"),
    ],
)
def test_what_is_no_strict_document_is_refused(text, says):
    assert says in refusal(text)


def test_merge_keys_are_written_out_and_what_stands_there_wins():
    text = "openapi: 3.1.0\nbase: &b {x: 1, y: {z: 2}}\nmore: &m {x: 9, w: 3}\nuse:\n  <<: [*b, *m]\n  y: 5\n"
    assert parse(text).tree["use"] == {"x": 1, "w": 3, "y": 5}
    assert parse('openapi: 3.1.0\n"<<": 3\n').tree["<<"] == 3


def test_aliases_are_copies_of_what_they_name():
    tree = parse("openapi: 3.1.0\na: &x {b: [1]}\nc: *x\n").tree
    tree["c"]["b"].append(2)
    assert tree["a"] == {"b": [1]}


@pytest.mark.parametrize("layer", ["[X, X, X, X, X, X, X, X, X]", "{p: X, q: X, r: X, s: X}", "{<<: [X, X, X, X]}"])
def test_an_alias_bomb_is_refused_before_it_is_built(layer):
    lines = ["openapi: 3.1.0", "a0: &a0 {x: 1}"]
    lines += [f"a{level}: &a{level} {layer.replace('X', f'*a{level - 1}')}" for level in range(1, 30)]
    assert "nodes" in refusal("\n".join(lines))


def test_depth_counts_through_aliases():
    deep = "[" * 150 + "]" * 150
    assert "deeper than 200" in refusal(f"openapi: 3.1.0\na: &x {deep}\nb: {'[' * 100}*x{']' * 100}\n")


@pytest.mark.parametrize("count", [300, 100_000])
@pytest.mark.parametrize("prefix", ["openapi: 3.1.0\na: ", '{"openapi": "3.1.0", "a": '])
def test_deep_nesting_is_refused(count, prefix):
    assert "nested deeper than 200 levels" in refusal(
        prefix + "[" * count + "]" * count + ("}" if prefix[0] == "{" else "")
    )


def test_size_is_looked_at_before_anything_else(tmp_path, monkeypatch):
    monkeypatch.setattr("threadmock.specs.documents.document.MAX_BYTES", 20)
    path = tmp_path / "large.yaml"
    path.write_text("openapi: 3.1.0\n" + "# filler\n" * 10)
    with pytest.raises(DocumentError, match="larger than"):
        read_document(path)
    with pytest.raises(DocumentError, match="larger than"):
        parse(path.read_bytes())


def test_the_node_budget_holds_for_json_too(monkeypatch):
    monkeypatch.setattr(json_text, "MAX_NODES", 100)
    assert "more than 100 nodes" in refusal(json.dumps({"openapi": "3.1.0", "a": list(range(200))}))


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "openapi.yaml").write_text("openapi: 3.1.0")
    with pytest.raises(DocumentError, match=r"There is no such file\. Did you mean 'openapi\.yaml'\?"):
        read_document(tmp_path / "openapi.yml")
    with pytest.raises(DocumentError, match="This is a folder"):
        read_document(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DocumentError, match="no regular file"):
        read_document(tmp_path / "pipe")
    with pytest.raises(DocumentError):
        read_document(Path("nul\0l"))


@given(documents_of(printable))
def test_every_pointer_of_a_document_has_a_line(tree):
    text = yaml.dump(tree, Dumper=Quoting, allow_unicode=True, default_flow_style=False)
    document = parse(text)
    for name in tree:
        found = re.search(r"\(line (\d+)\)$", document.where("#/" + escaped(name)))
        assert found
        assert 1 <= int(found[1]) <= text.count("\n") + 1


def test_where_falls_back_to_the_nearest_line_above():
    document = parse("openapi: 3.1.0\ninfo:\n  title: x\n")
    assert document.where("#/info/license/name") == "document.yaml#/info/license/name (line 2)"
    assert document.where("/nowhere") == "document.yaml#/nowhere (line 1)"


@settings(max_examples=25)
@given(st.integers(1, 60), st.integers(0, 40))
def test_the_pure_python_reader_agrees(depth, count):
    text = "openapi: 3.1.0\na: " + "[" * depth + "]" * depth + f"\nb: [{'x, ' * count}]\n"
    compiled = yaml_text.parse_yaml(text, "x")
    original = yaml_text._LOADER
    yaml_text._LOADER = yaml.SafeLoader
    try:
        assert yaml_text.parse_yaml(text, "x") == compiled
    finally:
        yaml_text._LOADER = original
