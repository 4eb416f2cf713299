"""A document of several files: JSON and YAML mixed, chains, circles; an error names the file that it stands in."""

from pathlib import Path

import pytest
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import load
from threadmock.specs.schemas.validation import Checker

API = """\
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes:
    $ref: paths/notes.yaml
"""
ITEM = """\
get:
  operationId: list
  responses:
    "200":
      description: ok
      content:
        application/json:
          schema: {type: array, items: {$ref: "../schemas/note.json#/$defs/Note"}}
"""
NOTE = """\
{"$defs": {"Note": {
  "type": "object",
  "required": ["id", "tree"],
  "properties": {"id": {"type": "string"}, "tree": {"$ref": "deep/tree.yaml"}}
}}}
"""
TREE = """\
type: object
properties:
  kids: {type: array, items: {$ref: "#"}}
  note: {$ref: "../note.json#/$defs/Note"}
"""
FILES = {"api.yaml": API, "paths/notes.yaml": ITEM, "schemas/note.json": NOTE, "schemas/deep/tree.yaml": TREE}


def written(folder: Path, **changed: str) -> Path:
    for name, text in (FILES | changed).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "api.yaml"


def test_a_path_item_and_a_chain_with_a_circle_are_read_over_four_files(tmp_path):
    contract = load(written(tmp_path))
    (operation,) = contract.operations
    assert (operation.method, operation.path) == ("GET", "/notes")
    assert contract.warnings == ()
    judged = operation.replies["200"].content["application/json"].schema
    assert judged is not None
    good = {"id": "a", "tree": {"kids": [{"kids": []}]}}
    assert Checker(judged).accepted([good | {"tree": {"note": good}}])
    assert Checker(judged).refused([good | {"tree": {"note": good | {"tree": {"kids": [1]}}}}])


@pytest.mark.parametrize(
    ("name", "right", "wrong", "told"),
    [
        ("schemas/deep/tree.yaml", "type: array", "type: arrayy", r"tree\.yaml#/properties/kids/type \(line 3\)"),
        ("schemas/deep/tree.yaml", "/Note", "/Nte", r"tree\.yaml#/properties/note \(line 4\).*Did you mean 'Note'"),
        ("schemas/note.json", '"type": "object"', '"type": "objekt"', r"note\.json#/\$defs/Note/type \(line 2\)"),
        ("schemas/note.json", "deep/tree.yaml", "deep/three.yaml", r"note\.json#/\$defs/Note/properties/tree \(line 4\)"),
        ("schemas/note.json", "deep/tree.yaml", "../../tree.yaml", r"note\.json.*\(line 4\).*leaves the document's folder"),
        ("schemas/note.json", "deep/tree.yaml", "http://example.com/a", r"note\.json.*\(line 4\).*nothing is fetched"),
        ("schemas/deep/tree.yaml", "type: object", "type: [", r"tree\.yaml.*line"),
        ("paths/notes.yaml", "../schemas/note.json", "../schemas/not.json", r"notes\.yaml#.*\(line 8\)"),
    ],
)  # fmt: skip
def test_an_error_names_the_file_and_line_that_it_stands_in(tmp_path, name, right, wrong, told):
    assert right in FILES[name]
    document = written(tmp_path, **{name: FILES[name].replace(right, wrong)})
    with pytest.raises(SpecError, match=r"(?s)" + told):
        load(document)


SHARED = """\
Kept: {description: ok, links: {next: {operationId: list}}}
Plain: {description: ok}
item:
  get:
    callbacks: {done: {"{$request.body#/url}": {}}}
    responses: {"200": {$ref: "#/Kept"}, "404": {$ref: "#/Plain"}}
"""


@pytest.mark.parametrize(
    ("notes", "told"),
    [
        ("$ref: ../shared.yaml#/item", {"callbacks": "shared.yaml#/item/get/callbacks/done (line 5)", "links": "shared.yaml#/Kept/links (line 1)"}),
        ('get: {responses: {"200": {$ref: "../shared.yaml#/Kept"}, "201": {$ref: "../shared.yaml#/Kept"}}}', {"links": "shared.yaml#/Kept/links (line 1)"}),
        ('get: {responses: {"200": {$ref: "../shared.yaml#/Plain"}}}', {}),
    ],
    ids=["an item", "a reply, twice", "a reply without"],
)  # fmt: skip
def test_what_nobody_reads_is_said_of_other_files_and_behind_references_too(notes, told, tmp_path):
    contract = load(written(tmp_path, **{"shared.yaml": SHARED, "paths/notes.yaml": notes}))
    assert len(contract.warnings) == len(told)
    for kind, place in told.items():
        (line,) = [each for each in contract.warnings if f"`{kind}`" in each]
        assert line.startswith(place)
        assert line.endswith("(1 in the document)")
