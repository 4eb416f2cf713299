"""References to neighbouring files: below the document's folder, or below the one that `--ref-root` names."""

from pathlib import Path

import pytest
from support.clients import Client, make_gateway
from support.command_line import invoke
from threadmock.contracts.options import Settings
from threadmock.specs.errors import DocumentError
from threadmock.specs.loader import load

API = """\
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes:
    get:
      responses:
        "200": {description: ok, content: {application/json: {schema: {$ref: "../schemas/note.yaml"}}}}
"""
NOTE = "type: object\nrequired: [id]\nproperties: {id: {type: string}}\n"


@pytest.fixture
def api(tmp_path: Path) -> Path:
    for name, text in {"all/api/notes.yaml": API, "all/schemas/note.yaml": NOTE, "secret.yaml": NOTE}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "all/api/notes.yaml"


def test_a_reference_that_leaves_the_folder_needs_the_option_and_the_message_names_it(api: Path) -> None:
    with pytest.raises(
        DocumentError, match=r"\(line 7\): The reference .* leaves the document's folder\. .*--ref-root DIR"
    ):
        load(api)
    contract = load(api, ref_root=api.parent.parent)
    assert contract.operations[0].replies["200"].content["application/json"].schema is not None
    assert load(api, ref_root=api.parent.parent) is contract
    with pytest.raises(DocumentError, match="--ref-root"):
        load(api)
    assert Settings(str(api), ref_root=api.parent.parent).contract() is contract


def test_the_mock_and_the_commands_take_it(api: Path) -> None:
    root = str(api.parent.parent)
    assert Client(make_gateway(str(api), ref_root=root)).get("/notes").status == 200
    for command in (["explain"], ["verify", "--dry-run"], ["init", "-o", str(api.with_name("o.yaml"))]):
        assert invoke(command[0], str(api), *command[1:])[0] != 0
        assert invoke(command[0], str(api), *command[1:], "--ref-root", root)[0] == 0


def test_the_command_that_init_names_at_its_end_works(api: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(api.parent)
    _, text = invoke("init", api.name, "--ref-root", "..")
    named = text.partition("Correct it, then: threadmock ")[2].split()
    assert named == ["explain", api.name, "--overlay", "notes.overlay.yaml", "--ref-root", ".."]
    assert invoke(*named)[0] == 0


@pytest.mark.parametrize("way", ["../../secret.yaml", "../schemas/link.yaml", "/etc/passwd"])
def test_what_leaves_the_root_is_refused_by_links_too(api: Path, way: str) -> None:
    root = api.parent.parent
    (root / "schemas/link.yaml").symlink_to(root.parent / "secret.yaml")
    api.write_text(API.replace("../schemas/note.yaml", way), encoding="utf-8")
    with pytest.raises(DocumentError, match=r"leaves the folder .*, which --ref-root names"):
        load(api, ref_root=root)


def test_a_root_has_to_be_a_folder_that_holds_the_document(api: Path) -> None:
    with pytest.raises(DocumentError, match=r"not below .*--ref-root"):
        load(api, ref_root=api.parent.parent / "schemas")
    with pytest.raises(DocumentError, match="This is no folder"):
        load(api, ref_root=api.parent / "nowhere")
