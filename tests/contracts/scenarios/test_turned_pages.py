"""Pages are turned as a list tells: by its own cursors, by numbers, until it says that there are no more."""

import json
import re
from typing import Any

import pytest
from support.crowded_list import run_on
from support.documents import JSON, document_of
from support.ordinary_servers.base import Asked, Refused, Server, invalid, number
from threadmock.contracts.cases.fresh_keys import is_borrowed, keys_like

NUMBER = {"type": "integer", "minimum": 1, "maximum": 50}
NOTE = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "title": {"type": "string"}}}
ERRORS = {"400": {"description": ""}, "404": {"description": ""}}
WAYS = {
    "cursor": ({"cursor": {"type": "string"}}, {"next_cursor": {"type": ["string", "null"]}}),
    "page": ({"page": {"type": "integer", "minimum": 1}}, {"total": {"type": "integer"}}),
    "key": ({"starting_after": {"type": "integer"}}, {"has_more": {"type": "boolean"}}),
}


def a_document(way: str) -> dict[str, Any]:
    asked, told = WAYS[way]
    query = [{"name": name, "in": "query", "schema": schema} for name, schema in {"limit": NUMBER, **asked}.items()]
    page = {"type": "object", "properties": {"data": {"type": "array", "items": NOTE}, **told}}
    box = [{"name": "box_id", "in": "path", "required": True, "schema": {"type": "integer"}}]

    def reply(status: str, schema: Any) -> dict[str, Any]:
        return {status: {"description": "", "content": {JSON: {"schema": schema}}}, **ERRORS}

    body = {"content": {JSON: {"schema": {"type": "object", "properties": {"title": {"type": "string"}}}}}}
    return document_of(
        {
            "/boxes": {"post": {"operationId": "make_box", "requestBody": body, "responses": reply("201", NOTE)}},
            "/boxes/{box_id}/notes": {
                "parameters": box,
                "post": {"operationId": "make", "requestBody": body, "responses": reply("201", NOTE)},
                "get": {"operationId": "listing", "parameters": query, "responses": reply("200", page)},
            },
        }
    )


class Boxes(Server):
    """Notes in boxes. Bugs: `first` (every page is the first), `ends` (the first page says that it is the last),
    `promises` (the last one says that there are more), `all` (the limit has no say), `others` (notes of any box).
    """

    def __init__(self, way: str, *bugs: str) -> None:
        super().__init__(*bugs)
        self.way, self.boxes = way, list[list[int]]()
        self.route("POST", "/boxes", self.make_box)
        self.route("POST", "/boxes/{box_id}/notes", self.make)
        self.route("GET", "/boxes/{box_id}/notes", self.listing)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        return 404 if refused.kind == "unknown" else 400, None

    def box(self, asked: Asked) -> list[int]:
        at = number(asked.given["box_id"], -(2**63), 2**63, "box_id")
        if not 0 < at <= len(self.boxes):
            raise Refused("unknown")
        return self.boxes[at - 1]

    def make_box(self, _: Asked) -> tuple[Any, ...]:
        self.boxes.append([])
        return 201, {"id": len(self.boxes)}

    def make(self, asked: Asked) -> tuple[Any, ...]:
        box, key = self.box(asked), sum(map(len, self.boxes)) + 1
        box.append(key)
        return 201, {"id": key}

    def listing(self, asked: Asked) -> tuple[Any, ...]:
        found, query = self.box(asked)[::-1], dict(asked.query)
        if "others" in self.bugs:
            found = [key for box in self.boxes for key in box][::-1]
        limit, begin = number(query.get("limit", "3"), 1, 50, "limit"), 0
        if "first" not in self.bugs:
            begin = self.begin(query, found, limit)
        shown = found[begin:] if "all" in self.bugs else found[begin : begin + limit]
        end = begin + len(shown)
        more = (end < len(found) and "ends" not in self.bugs) or "promises" in self.bugs
        told = {"cursor": {"next_cursor": f"o{end}"[::-1] if more else None}, "key": {"has_more": more}}
        return 200, {"data": [{"id": key} for key in shown], **told.get(self.way, {"total": len(found)})}

    def begin(self, query: dict[str, str], found: list[int], limit: int) -> int:
        if self.way == "page":
            text = query.get("page", "1")
            page = int(text) if text.isascii() and text.isdigit() and len(text) < 99 else 0
            page = page or invalid("no number", "page")
            if page > 1 and (page - 1) * limit >= len(found):
                raise Refused("unknown", "no such page")
            return (page - 1) * limit
        if self.way == "cursor" and "cursor" in query:
            if not query["cursor"].endswith("o"):
                invalid("none of ours")
            return number(query["cursor"][-2::-1], 0, 2**53, "cursor")
        if self.way == "key" and "starting_after" in query:
            key = number(query["starting_after"], -(2**63), 2**63, "starting_after")
            return found.index(key) + 1 if key in found else invalid("no such note")
        return 0


def told(folder: Any, way: str, phase: str, *bugs: str) -> set[str]:
    """What is found of the list, by the phase's own check; what else is found fails the test."""
    path = folder / "boxes.json"
    path.write_text(json.dumps(a_document(way)), encoding="utf-8")
    run = run_on(Boxes(way, *bugs), str(path), seed=1, max_examples=5)
    outcome = run.perform("listing", phase)
    run.target.close()
    assert not outcome.crash, outcome.crash
    if phase != "coverage":
        assert outcome.tallies[phase].passed or outcome.findings
    assert [finding for finding, _ in outcome.findings if finding.severity == "failure"] == []
    return {finding.got for finding, _ in outcome.findings if phase == "coverage" or finding.check == phase}


@pytest.mark.parametrize("way", WAYS)
def test_pages_of_a_good_list_are_turned_and_nothing_is_found(tmp_path, way):
    assert told(tmp_path, way, "paging") == set()
    assert told(tmp_path, way, "foreign_child") == set()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("bug", "what"), [("first", "one thing on two pages"), ("all", "5 items")])
def test_a_page_that_is_not_turned_or_not_cut_is_told(tmp_path, way, bug, what):
    assert told(tmp_path, way, "paging", bug) == {what}


@pytest.mark.parametrize("way", ["cursor", "key"])
def test_a_list_that_says_too_early_that_it_ends_lacks_things(tmp_path, way):
    assert told(tmp_path, way, "paging", "ends") == {"a thing on no page"}


def test_more_things_that_are_promised_and_do_not_come_are_told(tmp_path):
    assert told(tmp_path, "key", "paging", "promises") == {"an empty page"}


@pytest.mark.parametrize("way", WAYS)
def test_things_of_another_parent_in_a_list_are_told(tmp_path, way):
    assert told(tmp_path, way, "foreign_child", "others") == {"another's thing"}


@pytest.mark.parametrize("way", ["cursor", "page"])
def test_a_made_up_cursor_and_a_page_beyond_the_last_may_be_refused(tmp_path, way):
    assert told(tmp_path, way, "coverage") == set()


def form_of(key: str) -> str:
    return re.sub("[A-Z]", "A", re.sub("[a-z]", "a", re.sub("[0-9]", "9", key)))


@pytest.mark.parametrize("sample", ["AA000000", "ab-12", "0f9c", "12345", "X"])
def test_keys_in_the_form_of_a_sample_keep_its_form_and_follow_from_the_number(sample):
    made = [list(keys_like(sample, number)) for number in range(40)]
    assert made == [list(keys_like(sample, number)) for number in range(40)]
    assert {form_of(key) for keys in made for key in keys} == {form_of(sample)}
    assert len({keys[0] for keys in made}) > 5
    assert not is_borrowed(sample)
