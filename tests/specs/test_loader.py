"""One door for built-in providers and a user's own documents alike."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import JSON, OK, document_of
from threadmock.specs.errors import DocumentError, OverlayError, RuleError, SpecError, UnknownName
from threadmock.specs.loader import LAYERS, builtin_names, load, safe_name
from threadmock.specs.schemas.validation import Checker, checker

PATHS = {"/t": {"post": {"operationId": "make", "responses": OK}}}


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def titled(title: str, where: str = "$.info") -> dict:
    return {
        "overlay": "1.0.0",
        "info": {"title": "o", "version": "1"},
        "actions": [{"target": where, "update": {"title": title}}],
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "api.json", document_of(PATHS))


def test_five_providers_come_with_the_package():
    assert builtin_names() == ("ishvana", "langsmith", "lighton", "scale", "seekrflow")


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", builtin_names())
def test_a_provider_that_comes_with_the_package_loads_by_name(name, layer):
    contract = load(name, layer=layer)
    assert (contract.name, contract.layer) == (name, layer)
    assert contract.operations
    assert contract.profile.label
    assert len(contract.digest) == 64
    assert not [made for made in contract.operations if made.rule.inferred]


@pytest.mark.parametrize("name", builtin_names())
def test_equal_inputs_give_the_same_object(name):
    assert load(name) is load(name)
    assert load(name) is not load(name, layer="observed")


def test_equal_bytes_are_parsed_once(tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    write(folder / "openapi.yaml", document_of(PATHS))
    write(folder / "behaviour.overlay.yaml", titled("behaviour"))
    made = load(folder)
    with monkeypatch.context() as patch:
        patch.setattr("threadmock.specs.loader.read_document", None)
        patch.setattr("threadmock.specs.documents.overlay.read_document", None)
        assert load(folder) is made
    write(folder / "behaviour.overlay.yaml", titled("changed"))
    assert load(folder).title == "changed"
    write(folder / "behaviour.overlay.yaml", titled("behaviour"))
    assert load(folder) is made
    write(folder / "behaviour.overlay.yaml", "no overlay")
    with pytest.raises(OverlayError, match="holds no overlay"):
        load(folder)
    (folder / "openapi.yaml").unlink()
    with pytest.raises(DocumentError, match="no document"):
        load(folder)


def test_a_layer_that_a_provider_lacks_is_the_documented_one(file):
    documented, observed = load(file), load(file, layer="observed")
    assert documented.digest == observed.digest
    assert observed.layer == "observed"


def test_the_observed_layer_adds_its_overlay_after_the_behaviour(tmp_path):
    folder = tmp_path / "mine"
    write(folder / "openapi.yaml", document_of(PATHS))
    write(folder / "behaviour.overlay.yaml", titled("behaviour"))
    write(folder / "observed.overlay.yaml", titled("observed"))
    assert load(folder).title == "behaviour"
    assert load(folder, layer="observed").title == "observed"
    assert load(folder).digest != load(folder, layer="observed").digest
    assert load(folder).name == "mine"


def test_overlays_of_the_user_come_last_and_in_order(tmp_path, file):
    first, second = write(tmp_path / "1.yaml", titled("first")), write(tmp_path / "2.yaml", titled("second"))
    assert load(file, overlays=[first, second]).title == "second"
    assert load(file, overlays=[second, first]).title == "first"
    assert load(file).title == "Made"
    contract = load(file, overlays=[first])
    assert contract.sources == (str(file), str(first))
    assert load(file, overlays=[first]) is contract


def test_an_overlay_that_matches_nothing_is_refused(tmp_path, file):
    with pytest.raises(OverlayError, match="nothing"):
        load(file, overlays=[write(tmp_path / "o.yaml", titled("x", "$.nowhere"))])


def test_a_changed_file_is_read_anew(file):
    before = load(file)
    write(file, document_of(PATHS) | {"info": {"title": "New", "version": "2"}})
    assert (load(file).title, load(file).version) == ("New", "2")
    assert before.title == "Made"


def test_a_changed_file_that_another_refers_to_is_read_anew(tmp_path):
    body = {"content": {JSON: {"schema": {"$ref": "parts.json#/T"}}}}
    file = write(tmp_path / "api.json", document_of({"/t": {"post": {"requestBody": body, "responses": OK}}}))
    part = write(tmp_path / "parts.json", {"T": {"type": "string"}})
    before = load(file)
    assert load(file) is before
    write(part, {"T": {"type": "integer"}})
    schema = load(file).operations[0].body.content[JSON].schema
    assert schema.resolve(schema.document)["type"] == "integer"


def test_the_same_bytes_elsewhere_are_another_contract_of_the_same_digest(tmp_path, file):
    other = write(tmp_path / "sub" / "api.json", document_of(PATHS))
    assert load(other).digest == load(file).digest
    assert load(other).sources != load(file).sources


# --- names


def test_a_name_that_is_nearly_one_gets_an_offer():
    with pytest.raises(UnknownName, match="Did you mean 'langsmith'"):
        load("langsmth")
    with pytest.raises(UnknownName, match="Known: ishvana, langsmith, lighton, scale, seekrflow"):
        load("zzzzzz")


def test_an_unknown_layer_gets_an_offer():
    with pytest.raises(UnknownName, match=r"There is no layer 'observd'. Did you mean 'observed'"):
        load("scale", layer="observd")


def test_a_built_in_name_means_the_provider_even_where_a_folder_or_a_file_has_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "scale" / "openapi.yaml", document_of(PATHS))
    write(tmp_path / "lighton", json.dumps(document_of(PATHS)))
    assert load("scale").title != "Made"
    assert load("lighton").title != "Made"
    for source in ("./scale", Path("scale"), "./lighton", Path("lighton")):
        assert load(source).title == "Made"


def test_a_file_named_like_a_provider_is_a_document_of_its_own(tmp_path):
    contract = load(write(tmp_path / "scale.json", document_of(PATHS)))
    assert (contract.name, contract.title) == ("scale", "Made")


FILES = {
    "thread api.yaml": "thread-api",
    "v1.2.json": "v1-2",
    "Ärger.yaml": "rger",
    "日本.yaml": "document",
    ".hidden.yaml": "hidden",
    "_mock.yaml": "mock",
    "a b%2F?#.yaml": "a-b-2F",
    "no_extension": "no_extension",
    "-x-": "x",
    "page.md": "page",
}


@pytest.mark.parametrize(("name", "safe"), FILES.items())
def test_a_document_is_named_by_its_file_made_safe_for_a_url(tmp_path, name, safe):
    assert load(write(tmp_path / name, document_of(PATHS))).name == safe


@given(st.text())
def test_a_safe_name_is_safe_and_stays(text):
    name = safe_name(text)
    assert name
    assert name.isascii()
    assert name.replace("-", "").replace("_", "").isalnum()
    assert name[0] not in "-_"
    assert safe_name(name) == name


def test_the_current_folder_has_its_own_name(tmp_path, monkeypatch):
    write(tmp_path / "my api" / "openapi.json", document_of(PATHS))
    monkeypatch.chdir(tmp_path / "my api")
    assert load(".").name == "my-api"


@pytest.mark.parametrize("name", ["openapi.yaml", "openapi.yml", "openapi.json"])
def test_a_folder_holds_its_document_under_a_known_name(tmp_path, name):
    write(tmp_path / "f" / name, document_of(PATHS))
    assert load(tmp_path / "f").name == "f"


# --- what can't be loaded

UNUSABLE = {
    "a folder without a document": (lambda p: p, "The folder holds no document. Put one of openapi.yaml"),
    "a file that is not there": (lambda p: p / "no.yaml", "There is no such file or folder"),
    "a path that is not there": (lambda p: f"{p}/no/where", "There is no such file or folder"),
    "an overlay as a document": (lambda p: write(p / "o.yaml", titled("x")), "overlay"),
    "a text": (lambda p: write(p / "t.txt", "hello"), "no OpenAPI document"),
    "a list": (lambda p: write(p / "l.json", [1]), "This is a list"),
    "OpenAPI 2.0": (lambda p: write(p / "s.json", {"swagger": "2.0"}), "OpenAPI 2.0"),
    "nothing": (lambda _: "", "There is no provider, file or folder"),
    "a name of 5,000 characters": (lambda _: "a" * 5000, "can't be opened"),
    "a NUL": (lambda _: "a\0b", "a\\x00b"),
    "rules that are no mapping": (lambda p: write(p / "r.json", document_of(PATHS) | {"x-behaviour": []}), "`x-behaviour` is no object"),
    "an unknown word for all": (lambda p: write(p / "u.json", document_of(PATHS) | {"x-behaviour": {"eror": {}}}), "eror"),
    "a rule for all": (lambda p: write(p / "a.json", document_of(PATHS) | {"x-behaviour": {"action": "create"}}), "not for the whole document"),
    "a misspelt evidence": (lambda p: write(p / "e.json", document_of(PATHS) | {"components": {"schemas": {"A": {"x-evidence": "documnted"}}}}), "Did you mean 'documented'"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "text"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_loaded_says_what_and_where(tmp_path, make, text):
    with pytest.raises(SpecError) as caught:
        load(make(tmp_path))
    assert text in str(caught.value)


def test_a_rule_for_all_that_breaks_the_vocabulary_names_file_and_line(tmp_path):
    with pytest.raises(RuleError) as caught:
        load(write(tmp_path / "u.json", json.dumps(document_of(PATHS) | {"x-behaviour": {"slashes": 1}}, indent=1)))
    assert caught.value.where.startswith("u.json#/x-behaviour/slashes (line ")


@pytest.mark.parametrize("value", [None, [], 5, "x", {}, {"url": 1}, [{"url": "http://[", "x": 1}], [None]], ids=repr)
def test_odd_servers_and_info_are_passed_over(tmp_path, value):
    contract = load(write(tmp_path / "x.json", document_of(PATHS) | {"servers": value, "info": value}))
    assert contract.servers == ()
    assert contract.operations


def test_servers_are_told_and_never_part_of_a_path(tmp_path):
    contract = load(write(tmp_path / "x.json", document_of(PATHS) | {"servers": [{"url": "https://a.example/v1"}]}))
    assert [server.url for server in contract.servers] == ["https://a.example/v1"]
    assert contract.operations[0].path == "/t"


def test_warnings_are_told_once(tmp_path):
    schema = {"type": "string", "can_patch": False}
    body = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/S"}}}}
    paths = {"/t": {"post": {"requestBody": body, "responses": {"200": {"description": "", **body}}}}}
    contract = load(write(tmp_path / "x.json", document_of(paths, components={"schemas": {"S": schema}})))
    assert [warning.count("can_patch") for warning in contract.warnings] == [2]


def test_a_markdown_page_that_embeds_a_document_loads_whatever_its_name(tmp_path):
    page = "# Page\n\nWords.\n\n```yaml\n" + textwrap.dedent("""\
        openapi: 3.0.0
        info: {title: Paged, version: 1.2.3}
        paths: {/t: {get: {responses: {'200': {description: ok}}}}}
        """) + "```\n"  # fmt: skip
    assert load(write(tmp_path / "page.txt", page)).title == "Paged"


def test_many_documents_leave_no_more_than_a_bounded_number_behind(tmp_path):
    from threadmock.specs import loader  # noqa: PLC0415 - the cache is looked at only here

    for index in range(80):
        load(write(tmp_path / f"{index}.json", document_of(PATHS)))
    assert len(loader._contracts) <= 64


def test_a_camel_case_wire_is_spoken_by_every_operation_of_that_spelling(tmp_path):
    schema = {"type": "object", "properties": {"thread_id": {"type": "string"}}}
    paths = {"/t": {"get": {"responses": {"200": {"description": "", "content": {JSON: {"schema": schema}}}}}}}
    wide = {"x-behaviour": {"spelling": {"wire": "camelCase"}}}
    contract = load(write(tmp_path / "x.json", document_of(paths) | wide))
    assert list(contract.operations[0].replies["200"].content[JSON].schema.document["properties"]) == ["threadId"]


def test_a_folder_that_may_not_be_read_is_no_traceback(tmp_path, monkeypatch):
    def refuse(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(DocumentError, match="Permission denied"):
        load(tmp_path)


def web(components: int, paths: int) -> dict:
    """A document whose answers reach most of its components, as those of payment APIs do."""

    def ref(number: int) -> dict:
        return {"$ref": f"#/components/schemas/T{number % components}"}

    def shown(schema: dict) -> dict:
        return {"description": "ok", "content": {"application/json": {"schema": schema}}}

    made = {
        f"T{at}": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string"},
                **{f"r{k}": {"anyOf": [{"type": "string"}, ref(at * 7 + k)]} for k in range(4)},
            },
        }
        for at in range(components)
    }
    served = {
        f"/things{at}": {
            "get": {"responses": {"200": shown({"type": "array", "items": ref(at)}), "default": shown(ref(at % 5))}},
            "post": {"responses": {"201": shown(ref(at)), "422": shown(ref(at % 5))}},
        }
        for at in range(paths)
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "web", "version": "1"},
        "paths": served,
        "components": {"schemas": made},
    }


def test_a_web_of_schemas_is_compiled_when_it_is_used_and_shared_by_all_who_name_it(tmp_path):
    path = tmp_path / "web.json"
    path.write_text(json.dumps(web(120, 40)), encoding="utf-8")
    contract = load(path)
    used = [m.schema for o in contract.operations for reply in o.replies.values() for m in reply.content.values()]
    assert len(used) == 160
    assert {len(schema.document["$defs"]) for schema in used} == {120}
    assert not any(schema.derived[Checker].compiled for schema in used if Checker in schema.derived)
    assert len({id(schema) for schema in used}) == 80
    assert checker(used[0]).valid({"id": "a"})


COST = """
import resource, sys, time
from threadmock.specs import load
begun, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = len(load(sys.argv[1]).operations)
print(count, time.process_time() - begun, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_web_of_three_hundred_schemas_and_two_hundred_operations_loads_in_bounds(tmp_path):
    path = tmp_path / "web.json"
    path.write_text(json.dumps(web(300, 100)), encoding="utf-8")
    told = subprocess.run([sys.executable, "-c", COST, str(path)], check=True, capture_output=True, text=True).stdout
    operations, seconds, megabytes = told.split()
    assert operations == "200"
    assert float(seconds) < 3
    assert int(megabytes) < 100
