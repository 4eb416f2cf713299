"""Words for what APIs do commonly: unique members, counters, entity tags, headers, pages, work that moves on."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.clients import Client, make_gateway
from support.documents import JSON, document_of
from threadmock.mockserver import create_mock
from threadmock.mockserver.actions.pages import WORDS
from threadmock.mockserver.rules import lists
from threadmock.specs.behaviour.vocabulary import read_vocabulary
from werkzeug.test import Client as Browser

TEXT = {"type": "string"}
WITHIN = {"resource": "shelf", "from": "path.shelf", "must_exist": False}
KEY = {"field": "id", "otherwise": "number"}
ONE = {**KEY, "from": "path.id"}


def client_of(tmp_path: Any, rules: dict[str, dict[str, Any]], query: tuple[str, ...] = (), **replies: Any) -> Client:
    """A client of a mock; rules: "METHOD path" to rule. replies: of every operation, beside a success without schema."""
    paths: dict[str, Any] = {}
    for name, rule in rules.items():
        method, path = name.split()
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        parameters = [{"name": each, "in": "path", "required": True, "schema": TEXT} for each in names]
        if method == "GET":
            parameters += [{"name": each, "in": "query", "schema": {"type": ["integer", "string"]}} for each in query]
        node = {"parameters": parameters, "responses": {"200": {"description": "", "content": {JSON: {"schema": {}}}}, **replies}, "x-behaviour": rule}  # fmt: skip
        if method in ("POST", "PATCH", "PUT"):
            members = {"name": TEXT, "code": TEXT, "tags": {"type": "array"}, "size": {"type": "integer"}, "due": TEXT}
            node["requestBody"] = {"content": {JSON: {"schema": {"type": "object", "properties": members}}}}
            node["responses"]["200"]["content"][JSON]["schema"] = {"properties": {**members, **{name: {} for name in ("id", "n", "all", "s", "ms", "day", "status")}}}  # fmt: skip
        paths.setdefault(path, {})[method.lower()] = node
    (tmp_path / "api.json").write_text(json.dumps(document_of(paths)))
    return Client(make_gateway(str(tmp_path / "api.json")))


CREATE: dict[str, Any] = {"action": "create", "resource": "book", "within": WITHIN, "key": KEY}
CHANGE: dict[str, Any] = {"action": "update", "resource": "book", "key": ONE}
READ: dict[str, Any] = {"action": "read", "resource": "book", "key": ONE}
LIST: dict[str, Any] = {"action": "list", "resource": "book", "within": WITHIN, "key": {"field": "id"}}


@pytest.mark.parametrize(("among", "elsewhere"), [("parent", 200), ("all", 409)])
def test_a_member_that_must_be_unique_is_refused_the_second_time(tmp_path: Any, among: str, elsewhere: int) -> None:
    unique = {"unique": [{"member": "code", "among": among, "status": 409}]}
    asked = client_of(tmp_path, {"POST /s/{shelf}/b": {**CREATE, **unique}, "PATCH /b/{id}": {**CHANGE, **unique}})
    assert asked.post("/s/1/b", {"code": "a"}).status == 200
    assert asked.post("/s/1/b", {"code": "a"}).status == 409
    assert asked.post("/s/2/b", {"code": "a"}).status == elsewhere
    other = asked.post("/s/1/b", {"code": "b"}).json()["id"]
    assert asked.send("PATCH", f"/b/{other}", json={"code": "a"}).status == 409
    assert asked.send("PATCH", f"/b/{other}", json={"code": "b", "name": "n"}).status == 200
    for body in ({}, {"name": "x"}):  # an absent member is no value
        assert asked.post("/s/1/b", body).status == 200


def test_of_many_creates_at_once_with_one_value_one_wins(tmp_path: Any) -> None:
    asked = client_of(tmp_path, {"POST /s/{shelf}/b": {**CREATE, "unique": [{"member": "code"}]}})
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: asked.post("/s/1/b", {"code": "a"}).status, range(40)))
    assert sorted(statuses) == [200] + [409] * 39


def test_counters_count_below_each_parent_or_over_all_and_moments_are_numbers(tmp_path: Any) -> None:
    settings = {"n": {"sequence": "parent"}, "all": {"sequence": "all"}, "s": "now_seconds", "ms": "now_milliseconds", "day": "today"}  # fmt: skip
    asked = client_of(tmp_path, {"POST /s/{shelf}/b": {**CREATE, "set": settings}, "DELETE /b/{id}": {"action": "delete", "resource": "book", "key": ONE}})  # fmt: skip
    made = [asked.post(f"/s/{shelf}/b", {}).json() for shelf in (1, 1, 2)]
    assert [(each["n"], each["all"], each["id"]) for each in made] == [(1, 1, 1), (2, 2, 2), (1, 3, 3)]
    assert all(abs(each["ms"] - each["s"] * 1000) <= 1000 and each["s"] > 1e9 for each in made)
    assert made[0]["day"].startswith("2026-")
    assert asked.send("DELETE", "/b/2").status == 200
    assert asked.post("/s/1/b", {}).json()["n"] == 3


def test_an_entity_tag_changes_with_the_thing_and_conditional_requests_heed_it(tmp_path: Any) -> None:
    tag = {"headers": {"ETag": "etag", "Location": {"template": "$base/b/$key"}}}
    guarded = {**CHANGE, **tag, "conditional": {"if_match": 412, "required": 428}}
    asked = client_of(tmp_path, {"POST /s/{shelf}/b": {**CREATE, **tag}, "GET /b/{id}": {**READ, **tag, "conditional": {"if_none_match": 304}}, "PATCH /b/{id}": guarded})  # fmt: skip
    made = asked.post("/s/1/b", {"name": "one"})
    first = made.headers["etag"]
    assert made.headers["location"].endswith("/b/1")
    assert made.headers["location"].startswith("http://")
    assert asked.send("GET", "/b/1").headers["etag"] == first
    again = asked.send("GET", "/b/1", headers={"if-none-match": f"W/{first}"})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first)

    def change(name: str, **headers: str) -> Any:
        return asked.send("PATCH", "/b/1", json={"name": name}, headers=headers)

    assert change("two").status == 428
    assert change("two", **{"if-match": '"other"'}).status == 412
    assert change("two", **{"if-match": f'"x", {first}'}).status == 200
    assert change("three", **{"if-match": first}).status == 412
    assert change("three", **{"if-match": "*"}).status == 200
    assert asked.send("GET", "/b/1").json()["name"] == "three"
    assert asked.send("PATCH", "/b/7", json={"name": "x"}).status == 404


FILTERS = {
    "at_least": (2, [2, 3]), "at_most": (2, [1, 2]), "above": (2, [3]), "below": (2, [1]),
}  # fmt: skip


@pytest.mark.parametrize("how", FILTERS)
@pytest.mark.parametrize("member", ["size", "due"])
def test_filters_by_more_and_less_compare_numbers_and_moments(tmp_path: Any, how: str, member: str) -> None:
    wanted, found = FILTERS[how]
    listing = {"order": "oldest", "filters": [{"from": "query.q", "member": member, "how": how}]}
    asked = client_of(tmp_path, {"POST /s/{shelf}/b": CREATE, "GET /s/{shelf}/b": {**LIST, "list": listing}}, ("q",))
    for size in (1, 2, 3):
        # one moment in three spellings, which texts would not order
        asked.post("/s/1/b", {"size": size, "due": f"2026-01-0{size}T0{9 - size}:00:00+0{4 - size}:00"})
    asked.post("/s/1/b", {"name": "without"})
    query = wanted if member == "size" else f"2026-01-0{wanted}T05%3A00%3A00Z"
    listed = asked.send("GET", "/s/1/b", query=f"q={query}").json()
    assert [each["size"] for each in listed] == found


def test_a_search_looks_through_the_whole_thing_and_a_list_contains_one_of_its_items(tmp_path: Any) -> None:
    listing = {"order": "oldest", "filters": [{"from": "query.q", "member": ".", "how": "search"}, {"from": "query.tag", "member": "tags", "how": "contains"}]}  # fmt: skip
    asked = client_of(
        tmp_path, {"POST /s/{shelf}/b": CREATE, "GET /s/{shelf}/b": {**LIST, "list": listing}}, ("q", "tag")
    )
    asked.post("/s/1/b", {"name": "Sea and sand", "tags": ["x"]})
    asked.post("/s/1/b", {"name": "Hills", "tags": ["sea", "y"]})
    asked.post("/s/1/b", {"name": "name"})

    def found(query: str) -> list[int]:
        return [each["id"] for each in asked.send("GET", "/s/1/b", query=query).json()]

    assert found("q=sea") == [1, 2]
    assert found("q=name") == [3]  # not the names of members
    assert found("tag=y") == [2]
    assert found("tag=z") == []


def test_work_that_takes_long_moves_on_with_each_read_and_stays_at_its_end(tmp_path: Any) -> None:
    progress = {"progress": {"status": ["queued", "running", "done"]}}
    asked = client_of(tmp_path, {"POST /s/{shelf}/b": {**CREATE, "set": {"status": {"value": "queued"}}}, "GET /b/{id}": {**READ, **progress}})  # fmt: skip
    assert asked.post("/s/1/b", {}).json()["status"] == "queued"
    assert [asked.send("GET", "/b/1").json()["status"] for _ in range(3)] == ["running", "done", "done"]


TOLD = sorted((WORDS.keys() | {"total", "page"}) - {"links"})


def pages(tmp_path: Any, query: tuple[str, ...], count: int, **listing: Any) -> Any:
    told = {"reply": {"members": {word: {"tally": word} for word in TOLD}}, "headers": {"Link": {"tally": "links"}}}
    rule = {**LIST, **told, "list": {"order": "oldest", "limit": "query.limit", **listing}}
    asked = client_of(tmp_path, {"POST /s/{shelf}/b": CREATE, "GET /s/{shelf}/b": {**rule, "list": {"items": "data", **rule["list"]}}}, ("limit", *query))  # fmt: skip
    for _ in range(count):
        asked.post("/s/1/b", {})
    return asked


WAYS = {
    "page": ({"page": "query.page"}, ("page",)),
    "page from 0": ({"page": "query.page", "page_from": 0}, ("page",)),
    "offset": ({"offset": "query.skip"}, ("skip",)),
    "cursor": ({"after": "query.after", "before": "query.before"}, ("after", "before")),
}


@pytest.mark.parametrize("way", WAYS)
def test_pages_are_walked_by_what_they_tell(tmp_path: Any, way: str) -> None:
    listing, query = WAYS[way]
    asked = pages(tmp_path, query, 5, **listing)
    first = listing.get("page_from", 1)
    seen, url, number = [], "http://localhost/s/1/b?limit=2", first
    while url:
        told = asked.send("GET", "/s/1/b", query=url.partition("?")[2])
        page = told.json()
        seen.append([each["id"] for each in page["data"]])
        assert (page["total"], page["pages"], page["size"], page["number"]) == (5, 3, 2, number)
        assert (page["ahead"], page["page"], page["fewer"]) == ((number - first) * 2, len(seen[-1]), number > first)
        assert (page["first"], page["last"]) == (seen[-1][0], seen[-1][-1])
        assert page["next_number"] == (number + 1 if page["more"] else None)
        assert page["next_offset"] == (page["ahead"] + 2 if page["more"] else None)
        assert page["next"] == (str(seen[-1][-1]) if page["more"] else None)
        assert (page["previous_url"] is None) is (number == first)
        link = told.headers.get("link", "")
        assert ('rel="next"' in link, 'rel="prev"' in link) == (page["more"], number > first)
        url, number = page["next_url"], number + 1
    assert seen == [[1, 2], [3, 4], [5]]
    back = asked.send("GET", "/s/1/b", query=page["previous_url"].partition("?")[2]).json()
    assert [each["id"] for each in back["data"]] == [3, 4]
    if way != "cursor":
        last = asked.send("GET", "/s/1/b", query=page["last_url"].partition("?")[2]).json()
        assert [each["id"] for each in last["data"]] == [5]


def test_an_empty_list_tells_of_no_page(tmp_path: Any) -> None:
    told = pages(tmp_path, ("page",), 0, page="query.page").send("GET", "/s/1/b", query="limit=2")
    page = told.json()
    assert "link" not in told.headers
    assert (page["data"], page["total"], page["pages"], page["more"], page["fewer"]) == ([], 0, 0, False, False)
    assert [page[word] for word in ("first", "last", "next", "previous", "next_url", "previous_url")] == [None] * 6


def test_every_word_about_a_page_is_told() -> None:
    setting = next(
        each["properties"] for each in read_vocabulary()["$defs"]["setting"]["anyOf"] if "properties" in each
    )
    assert WORDS.keys() == {*setting["tally"]["enum"]} - {"total", "page", "done"}


VERSION: dict[str, Any] = {
    "resource": "version",
    "key": {"field": "id"},
    "set": {"name": {"parent": "name"}, "n": {"latest": "n", "plus": 1, "otherwise": {"value": 1}}},
    "touch": {"n": {"stored": "n"}},
}


def test_each_change_makes_a_version_and_one_of_them_is_taken_back(tmp_path: Any) -> None:
    taken = {"restores": {"resource": "version", "by": "n", "from": "body.size", "members": ["name", "n"]}}
    below = {"action": "list", "resource": "version", "within": {"resource": "book", "from": "path.id"}, "key": {"field": "n"}}  # fmt: skip
    asked = client_of(tmp_path, {"POST /b": {**CREATE, "within": {**WITHIN, "from": "body.shelf"}, "also": [VERSION]}, "PATCH /b/{id}": {**CHANGE, "also": [VERSION]}, "PUT /b/{id}": {**CHANGE, **taken}, "GET /b/{id}/v": below})  # fmt: skip
    made = asked.post("/b", {"name": "one"}).json()
    assert made["n"] == 1
    for name in ("two", "three"):
        made = asked.send("PATCH", f"/b/{made['id']}", json={"name": name}).json()
    assert (made["n"], made["name"]) == (3, "three")
    back = asked.send("PUT", f"/b/{made['id']}", json={"size": 1}).json()
    assert (back["n"], back["name"]) == (1, "one")
    assert asked.send("PUT", f"/b/{made['id']}", json={"size": 9}).status == 404
    assert asked.send("PUT", "/b/99", json={"size": 1}).status == 404
    assert asked.send("PATCH", f"/b/{made['id']}", json={}).json()["n"] == 4  # one more than the highest
    assert [each["n"] for each in asked.get(f"/b/{made['id']}/v").json()] == [4, 3, 2, 1]


def test_what_goes_with_a_deleted_thing_goes_and_nothing_else(tmp_path: Any) -> None:
    with_it = {"action": "delete", "resource": "book", "key": ONE, "cascades": [{"resource": "note", "by": "code"}, {"resource": "mark", "by": "code", "when": "body.tags"}]}  # fmt: skip
    rules = {"POST /b": {**CREATE, "within": {**WITHIN, "from": "body.shelf"}}, "PUT /b/{id}": with_it}
    for kind in ("note", "mark"):
        rules |= {f"POST /{kind}/{{shelf}}": {**CREATE, "resource": kind}, f"GET /{kind}/{{shelf}}": {**LIST, "resource": kind}}  # fmt: skip
    asked = client_of(tmp_path, rules)
    keys = [str(asked.post("/b", {}).json()["id"]) for _ in range(3)]
    for kind in ("note", "mark"):
        for key in keys:
            asked.post(f"/{kind}/1", {"code": key})
    left = lambda kind: [each["code"] for each in asked.get(f"/{kind}/1").json()]  # noqa: E731 - said twice
    assert asked.send("PUT", f"/b/{keys[0]}", json={}).status == 200
    assert (sorted(left("note")), sorted(left("mark"))) == (keys[1:], keys)
    assert asked.send("PUT", f"/b/{keys[1]}", json={}).status == 200
    assert sorted(left("mark")) == keys
    assert asked.send("PUT", f"/b/{keys[2]}", json={"tags": []}).status == 200
    assert (left("note"), sorted(left("mark"))) == ([], keys[:2])


def test_things_that_are_there_from_the_start_have_what_lies_below_them(tmp_path: Any) -> None:
    initial = {"resource": "book", "key": {"field": "id"}, "set": {"id": {"value": "7"}, "name": {"value": "first"}}, "also": [VERSION]}  # fmt: skip
    below = {"action": "list", "resource": "version", "within": {"resource": "book", "from": "path.id"}, "key": {"field": "n"}}  # fmt: skip
    parameters = [{"name": "id", "in": "path", "required": True, "schema": TEXT}]
    node = {"parameters": parameters, "responses": {"200": {"description": "", "content": {JSON: {"schema": {}}}}}, "x-behaviour": below}  # fmt: skip
    document = document_of({"/b/{id}/v": {"get": node}}, **{"x-behaviour": {"initial": [initial]}})
    (tmp_path / "api.json").write_text(json.dumps(document))
    mock = create_mock(tmp_path / "api.json")
    assert [(each["n"], each["name"]) for each in Browser(mock.wsgi).get("/b/7/v").json] == [(1, "first")]
    assert mock.things() == []


def test_lists_are_found_by_how_they_begin_and_end_and_objects_by_comparisons(tmp_path: Any) -> None:
    filters = [{"from": f"body.{name}", "member": "tags", "how": how} for name, how in (("tags", "begins"), ("code", "ends"))]  # fmt: skip
    found = {"action": "list", "resource": "book", "key": {"field": "id"}, "list": {"items": "tags", "everywhere": True, "order": "oldest", "filters": filters}}  # fmt: skip
    values = {"action": "list", "resource": "book", "list": {"items": "tags", "everywhere": True, "distinct": {"member": "tags", "depth": "body.size"}}}  # fmt: skip
    asked = client_of(tmp_path, {"POST /s/{shelf}/b": CREATE, "POST /find": found, "POST /values": values})
    for tags in (["a", "b"], ["a", "c"], ["b"], ["a", "b"]):
        asked.post("/s/1/b", {"tags": tags})
    tags_of = lambda body: [each["tags"] for each in asked.post("/find", body).json()["tags"]]  # noqa: E731 - said often
    assert tags_of({"tags": ["a"]}) == [["a", "b"], ["a", "c"], ["a", "b"]]
    assert tags_of({"tags": ["*", "c"]}) == [["a", "c"]]
    assert tags_of({"tags": ["a", "b", "c"]}) == []
    assert tags_of({"tags": []}) == tags_of({})
    assert tags_of({"code": "b"}) == [["a", "b"], ["b"], ["a", "b"]]
    assert asked.post("/values", {}).json()["tags"] == [["a", "b"], ["a", "c"], ["b"]]
    assert asked.post("/values", {"size": 1}).json()["tags"] == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("wanted", "meets"),
    [
        ({"x": 2}, True), ({"x": "2"}, False), ({"x": True}, False), ({"x": {"$gt": 1, "$lt": 3}}, True), ({"x": {"$gte": 3}}, False),
        ({"x": {"$lte": 2}}, True), ({"x": {"$ne": 2}}, False), ({"x": {"$eq": 2}}, True), ({"x": {"$in": [2]}}, False), ({"n": {"y": [1]}}, True),
        ({"n": {"y": [2]}}, False), ({"zz": None}, True), ({"s": {"$gt": 1}}, False), ({"n": {"$gt": 1}}, False), ({}, True),
    ],
)  # fmt: skip
def test_a_value_meets_what_is_wanted_of_it(wanted: Any, meets: bool) -> None:
    thing = {"value": {"x": 2, "s": "q", "n": {"y": [1]}}}
    assert lists._JUDGES["compares"](wanted, ("value",))(thing) is meets
