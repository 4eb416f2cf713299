"""A document without rules: things are made, listed in pages, found, changed and removed, with true values throughout."""

import json

import pytest
from support.clients import NO_JSON, Client, make_gateway
from support.documents import JSON

TEXT = {"type": "string"}


def reply(schema: dict | None, status: str = "200") -> dict:
    return {status: {"description": "", **({"content": {JSON: {"schema": schema}}} if schema else {})}}


def document(key: dict, envelope: dict, query: tuple[str, ...]) -> dict:
    note = {"type": "object", "required": ["id", "title", "shelf_id"], "properties": {"id": key, "title": TEXT, "shelf_id": {"type": "integer"}}}  # fmt: skip
    items = {"type": "array", "items": {"$ref": "#/components/schemas/Note"}}
    page = (
        {"type": "object", "required": ["data", *envelope], "properties": {"data": items, **envelope}}
        if envelope
        else items
    )
    asked = {"required": True, "content": {JSON: {"schema": {"type": "object", "properties": {"title": TEXT}}}}}
    shelf = {"name": "shelf_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    one = {"name": "id", "in": "path", "required": True, "schema": key}
    words = [
        {"name": name, "in": "query", "schema": TEXT if name in ("cursor", "starting_after") else {"type": "integer"}}
        for name in query
    ]
    made = {"$ref": "#/components/schemas/Note"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/shelves/{shelf_id}/notes": {
                "post": {"parameters": [shelf], "requestBody": asked, "responses": reply(made, "201")},
                "get": {"parameters": [shelf, *words], "responses": reply(page)},
            },
            "/notes/{id}": {
                "get": {"parameters": [one], "responses": {**reply(made), **reply(None, "404")}},
                "delete": {"parameters": [one], "responses": {**reply(None, "204"), **reply(None, "404")}},
            },
        },
        "components": {"schemas": {"Note": note}},
    }


def asking(tmp_path, tree: dict):
    path = tmp_path / "document.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    client = Client(make_gateway(str(path)))

    def ask(method: str, target: str, body: object = NO_JSON):
        where, _, query = target.partition("?")
        answer = client.send(method, where, query=query, json=body)
        return answer.status, answer.json() if answer.body else None

    return ask


@pytest.mark.parametrize(
    "key",
    [TEXT, {"type": "integer"}, {"type": "number"}, {"type": ["number", "null"]}, {"type": "string", "format": "uuid"}],
    ids=["text", "integer", "number", "number or null", "uuid"],
)
def test_what_is_made_is_found_under_the_key_that_the_answer_shows(key, tmp_path):
    ask = asking(tmp_path, document(key, {}, ()))
    made = [ask("POST", "/shelves/7/notes", {"title": f"t{n}"}) for n in range(3)]
    assert [(status, note["title"], note["shelf_id"]) for status, note in made] == [(201, f"t{n}", 7) for n in range(3)]
    if key != TEXT and "format" not in key:
        assert [note["id"] for _, note in made] == [1, 2, 3]
    for _, note in made:
        assert ask("GET", f"/notes/{note['id']}") == (200, note)
    assert ask("GET", "/shelves/7/notes") == (200, [note for _, note in reversed(made)])
    assert ask("GET", "/shelves/8/notes") == (200, [])
    assert ask("DELETE", f"/notes/{made[0][1]['id']}")[0] == 204
    assert ask("GET", f"/notes/{made[0][1]['id']}")[0] == 404


ENVELOPES = {
    "by cursor": ({"next_cursor": {"type": ["string", "null"]}, "has_more": {"type": "boolean"}}, ("limit", "cursor")),
    "by page": ({n: {"type": "integer"} for n in ("page", "per_page", "total")}, ("page", "per_page")),
    "by offset": ({n: {"type": "integer"} for n in ("offset", "limit", "count")}, ("offset", "limit")),
    "by key": ({"object": {"const": "list"}, "first_id": {"type": ["string", "null"]}, "last_id": {"type": ["string", "null"]}, "has_more": {"type": "boolean"}}, ("limit", "starting_after")),
}  # fmt: skip


@pytest.mark.parametrize("way", ENVELOPES)
def test_a_list_is_read_in_pages_and_tells_the_truth_beside_its_items(way, tmp_path):
    envelope, query = ENVELOPES[way]
    ask = asking(tmp_path, document(TEXT, envelope, query))
    keys = [ask("POST", "/shelves/1/notes", {"title": "t"})[1]["id"] for _ in range(5)][::-1]
    seen: list[str] = []
    for number in range(3):
        words = {
            "by cursor": f"limit=2&cursor={seen[-1]}" if seen else "limit=2",
            "by page": f"per_page=2&page={number + 1}",
            "by offset": f"limit=2&offset={2 * number}",
            "by key": f"limit=2&starting_after={seen[-1]}" if seen else "limit=2",
        }[way]
        status, page = ask("GET", f"/shelves/1/notes?{words}")
        assert status == 200
        found = [note["id"] for note in page.pop("data")]
        seen += found
        more = number < 2
        assert (
            page
            == {
                "by cursor": {"next_cursor": found[-1] if more else None, "has_more": more},
                "by page": {"page": number + 1, "per_page": 2, "total": 5},
                "by offset": {"offset": 2 * number, "limit": 2, "count": 5},
                "by key": {"object": "list", "first_id": found[0], "last_id": found[-1], "has_more": more},
            }[way]
        )
    assert seen == keys


@pytest.mark.parametrize(
    ("member", "held"),
    {"an object": ({"type": "object", "required": ["login"], "properties": {"login": TEXT}}, None), "a list": ({"type": "array", "items": TEXT}, None), "a whole number": ({"type": "integer"}, None), "a text": (TEXT, "ann")}.values(),
)  # fmt: skip
def test_a_member_that_cannot_hold_the_path_s_value_does_not(member, held, tmp_path):
    thing = {"type": "object", "required": ["owner", "title"], "properties": {"owner": member, "title": TEXT}}
    owner = {"name": "owner", "in": "path", "required": True, "schema": TEXT}
    asked = {"content": {JSON: {"schema": {"type": "object", "properties": {"title": TEXT}}}}}
    tree = document(TEXT, {}, ())
    tree["paths"] |= {
        "/wishes/{owner}": {
            "parameters": [owner],
            "put": {"requestBody": asked, "responses": reply(thing)},
            "get": {"responses": {**reply(thing), **reply(None, "404")}},
        },
        "/owners/{owner}/hopes": {
            "parameters": [owner],
            "post": {"requestBody": asked, "responses": reply(thing, "201")},
        },
    }
    ask = asking(tmp_path, tree)
    status, made = ask("PUT", "/wishes/ann", {"title": "t"})
    assert (status, made["title"]) == (200, "t")
    assert (made["owner"] == held) is (held is not None)
    assert ask("GET", "/wishes/ann") == (200, made)
    assert ask("GET", "/wishes/bob")[0] == 404
    status, made = ask("POST", "/owners/ann/hopes", {"title": "t"})
    assert (status, made["title"]) == (201, "t")
    assert (made["owner"] == held) is (held is not None)


@pytest.mark.parametrize("place", ["body", "query"])
@pytest.mark.parametrize("name", ["ids", "note_ids", "keys", "id"])
def test_a_delete_of_a_collection_removes_what_the_body_or_query_names_and_tells_how_many(name, place, tmp_path):
    several = name != "id"
    named = {"type": "array", "items": TEXT} if several else TEXT
    note = {"type": "object", "required": ["id"], "properties": {"id": TEXT, "title": TEXT}}
    told = {"type": "object", "required": ["deleted"], "properties": {"deleted": {"type": "integer"}}}
    asked = {
        "body": {"requestBody": {"required": True, "content": {JSON: {"schema": {"type": "object", "properties": {name: named}}}}}},
        "query": {"parameters": [{"name": name, "in": "query", "required": True, "schema": named}]},
    }[place]  # fmt: skip
    tree = document(TEXT, {}, ())
    tree["paths"]["/notes"] = {
        "post": {"requestBody": {"content": {JSON: {"schema": note}}}, "responses": reply(note, "201")},
        "get": {"responses": reply({"type": "array", "items": note})},
        "delete": {**asked, "responses": {**reply(told), **reply(None, "404")}},
    }
    ask = asking(tmp_path, tree)

    def delete(*keys: str):
        if place == "query":
            return ask("DELETE", "/notes?" + "&".join(f"{name}={key}" for key in keys))
        return ask("DELETE", "/notes", {name: [*keys] if several else keys[0]})

    made = [ask("POST", "/notes", {"id": key, "title": key})[1]["id"] for key in ("a", "b", "c", "d")]
    gone = made[1:3] if several else made[1:2]
    assert delete(*gone) == (200, {"deleted": len(gone)})
    assert [ask("GET", f"/notes/{key}")[0] for key in made] == [404 if key in gone else 200 for key in made]
    assert {each["id"] for each in ask("GET", "/notes")[1]} == {*made} - {*gone}
    again = delete(*gone)
    assert again == (200, {"deleted": 0}) if several else again[0] == 404


@pytest.mark.parametrize(("style", "form"), [("simple", "{}"), ("label", ".{}"), ("matrix", ";id={}")])
def test_a_thing_is_found_by_a_key_in_the_style_of_its_path(style, form, tmp_path):
    note = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "title": TEXT}}
    key = {"name": "id", "in": "path", "required": True, "style": style, "schema": {"type": "integer"}}
    body = {"required": True, "content": {JSON: {"schema": {"type": "object", "properties": {"title": TEXT}}}}}
    refused = {"422": {"description": ""}, "404": {"description": ""}}
    item = {
        "parameters": [key],
        "get": {"responses": reply(note) | refused},
        "delete": {"responses": reply(None, "204") | refused},
    }
    paths = {"/notes": {"post": {"requestBody": body, "responses": reply(note, "201")}}, "/notes/{id}": item}
    path = tmp_path / "api.json"
    path.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}))
    client = Client(make_gateway(str(path)))
    made = client.send("POST", "/notes", json={"title": "a"}).json()
    at = f"/notes/{form.format(made['id'])}"
    assert client.get(at).json() == made
    assert client.get(f"/notes/{form.format('x')}").status == 422
    if style != "simple":
        assert client.get(f"/notes/{made['id']}").status == 422
    assert [client.send("DELETE", at).status, client.get(at).status] == [204, 404]
