"""`serve --watch`: what changes is read again; what is stored stays where its shape does; a broken edit changes nothing."""

import json

import pytest
from support.documents import document_of
from support.processes import Serving

JSON = {"content-type": "application/json"}
KEY = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]


def thing(**members):
    declared = {"id": {"type": "string"}, "title": {"type": "string"}, **members}
    return {"type": "object", "required": ["id", *members], "properties": declared}


def document(notes=None, tags=None):
    paths = {}
    for name, schema in (("notes", notes or thing()), ("tags", tags or thing())):
        content = {"content": {"application/json": {"schema": schema}}}
        asked = {"application/json": {"schema": {"type": "object", "properties": {"title": {"type": "string"}}}}}
        made = {"requestBody": {"content": asked}, "responses": {"201": {"description": "", **content}}}
        read = {"responses": {"200": {"description": "", **content}, "404": {"description": ""}}}
        paths |= {f"/{name}": {"post": made}, f"/{name}/{{id}}": {"parameters": KEY, "get": read}}
    return document_of(paths)


def overlay(path, title):
    rule = {"action": "create", "resource": "notes", "key": {"field": "id"}, "set": {"title": {"value": title}}}
    made = {
        "overlay": "1.0.0",
        "info": {"title": "x", "version": "1"},
        "actions": [{"target": "$.paths['/notes'].post", "update": {"x-behaviour": rule}}],
    }
    write(path, made)


def write(path, tree):
    """As editors do: another file is put in its place."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(tree, indent=1), encoding="utf-8")
    new.replace(path)


def post(server, name, title="a"):
    answer = server.send("POST", f"/{name}", json.dumps({"title": title}).encode(), JSON)
    assert answer.status == 201
    return answer.json()


@pytest.fixture
def watched(tmp_path, serving) -> tuple[Serving, object]:
    write(tmp_path / "api.json", document())
    overlay(tmp_path / "o.json", "one")
    server = serving("--port", "0", "--watch", "--quiet", "--overlay", "o.json", "api.json", cwd=tmp_path)
    server.wait_for_log("Watching ")
    return server, tmp_path


def test_an_overlay_is_read_again_and_what_is_stored_is_kept(watched):
    server, folder = watched
    before = post(server, "notes")
    assert before["title"] == "one"
    overlay(folder / "o.json", "two")
    assert server.wait_for_log("Reloaded api: all that was stored is kept (1 thing).")
    assert post(server, "notes")["title"] == "two"
    assert server.send("GET", f"/notes/{before['id']}").json() == before


def test_a_broken_edit_keeps_the_last_good_one_and_says_where(watched):
    server, folder = watched
    (folder / "o.json").write_text('{"overlay": "1.0.0",\n "info": oops', encoding="utf-8")
    assert "o.json (line 2)" in server.wait_for_log("Not reloaded, what was served before still is.")
    told = json.loads(server.send("GET", "/_mock/health").body)["reload"]
    assert (told["watching"], "o.json (line 2)" in told["broken"]) == (True, True)
    assert post(server, "notes")["title"] == "one"
    logged = len(server.log)
    overlay(folder / "o.json", "three")
    server.wait_for_log("Reloaded api", logged)
    assert json.loads(server.send("GET", "/_mock/health").body)["reload"] == {"watching": True, "broken": None}
    assert post(server, "notes")["title"] == "three"


def test_things_whose_shape_changed_are_deleted_and_others_kept(watched):
    server, folder = watched
    note, tag = post(server, "notes"), post(server, "tags")
    write(folder / "api.json", document(tags=thing(colour={"enum": ["red"]})))
    line = server.wait_for_log("Reloaded api: ")
    assert "1 thing kept, and 1 thing of tags deleted, whose shape changed." in line
    assert server.send("GET", f"/notes/{note['id']}").json() == note
    assert server.send("GET", f"/tags/{tag['id']}").status == 404
    assert post(server, "tags")["colour"] == "red"


def test_a_new_operation_is_served_and_one_that_is_gone_is_not(watched):
    server, folder = watched
    tree = document()
    tree["paths"]["/new"] = {
        "get": {"responses": {"200": {"description": "", "content": {"application/json": {"example": 7}}}}}
    }
    del tree["paths"]["/tags"]
    write(folder / "api.json", tree)
    server.wait_for_log("Reloaded api: ")
    assert server.send("GET", "/new").json() == 7
    assert server.send("POST", "/tags", b"{}", JSON).status == 404


def test_a_script_and_data_are_read_again(tmp_path, serving):
    (tmp_path / "say.yaml").write_text("steps: [{say: one}]\n", encoding="utf-8")
    (tmp_path / "data.yaml").write_text("threads: [{title: first, messages: []}]\n", encoding="utf-8")
    options = ("--script", "say.yaml", "--data", "data.yaml", "--auth", "off")
    server = serving("--port", "0", "--watch", "--quiet", *options, "langsmith", cwd=tmp_path)
    server.wait_for_log("Watching ")
    made = server.send("POST", "/threads", b"{}", JSON).json()
    (tmp_path / "data.yaml").write_text("threads: [{title: second, messages: []}, {title: third}]\n", encoding="utf-8")
    server.wait_for_log("everything that was stored is forgotten, for the data changed")
    assert len(server.send("POST", "/threads/search", b"{}", JSON).json()) == 2
    assert server.send("GET", f"/threads/{made['thread_id']}").status == 404
    logged = len(server.log)
    (tmp_path / "say.yaml").write_text("steps: [{sya: one}]\n", encoding="utf-8")
    assert "say.yaml" in server.wait_for_log("Not reloaded", logged)


def test_a_session_keeps_its_things_and_gets_the_new_document(watched):
    server, folder = watched
    session = "/_s/a/api/notes"
    made = json.loads(server.send("POST", session, b"{}", {"content-type": "application/json"}).body)
    overlay(folder / "o.json", "two")
    server.wait_for_log("Reloaded api")
    assert server.send("GET", f"{session}/{made['id']}").status == 200
    assert json.loads(server.send("POST", session, b"{}", {"content-type": "application/json"}).body)["title"] == "two"
    assert server.send("GET", f"/api/notes/{made['id']}").status == 404
