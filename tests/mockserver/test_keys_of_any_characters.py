"""Keys of any characters: what a client called something is found, changed and removed through its encoded path."""

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.clients import DOORS, call, environ, make_gateway, open_door

SHELF = Path(__file__).parents[1] / "data" / "ordinary" / "shelf.yaml"
ODD = (
    "a/b", "/", "a//b", "/a", "a/", "../x", "a b", "100%", "%2F", "a%2Fb", "#1", "a?b=c", "a+b", "ä/日本 😀", "a.b", "..", "...", ".",
    "a;b=c", "a&b", "[x]", "{name}", "a\\b", "a:b@c", "'\"", "notes", "x/notes", "é", "e\u0301", "-", "_", "~", "\u00a0x", "a\tb",
)  # fmt: skip
KEYS = st.sampled_from(ODD) | st.text(
    st.sampled_from("ab/ %#?+é.;&=日\\~") | st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1
)


class Told:
    """Calls an application with paths as they stand in a URL. said: whether the server says what the URL was."""

    def __init__(self, door: str, *, said: bool) -> None:
        self.app, self.said = open_door(make_gateway(str(SHELF)), door), said

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        decoded = urllib.parse.unquote(path)
        made = environ(method, decoded, "", {"content-type": "application/json"} if data else {}, data)
        if self.said:
            made["REQUEST_URI"] = path
        answer = call(self.app, made)
        return answer.status, json.loads(answer.body) if answer.body else None


WAYS = [(door, said) for door in DOORS for said in (False, True) if not (door == "rsgi" and said)]


@pytest.mark.parametrize(("door", "said"), WAYS)
@settings(max_examples=40)
@given(key=KEYS)
@example(key="a/b").via("a slash")
@example(key="x/notes").via("a path of its own")
def test_a_thing_is_found_by_its_encoded_key(door: str, said: bool, key: str) -> None:
    ask = Told(door, said=said)
    path = f"/files/{urllib.parse.quote(key, safe='')}"
    assert ask("GET", path)[0] == 404
    assert ask("POST", "/files", {"name": key, "text": "one"}) == (201, {"name": key, "text": "one"})
    assert ask("POST", "/files", {"name": key})[0] == 409
    assert ask("GET", "/files") == (200, [{"name": key, "text": "one"}])
    assert ask("GET", path) == (200, {"name": key, "text": "one"})
    assert ask("HEAD", path)[0] == 200
    assert ask("PATCH", path, {"text": "two"}) == (200, {"name": key, "text": "two"})
    assert ask("POST", f"{path}/notes", {"body": "b"})[0] == 201
    assert ask("GET", f"{path}/notes") == (200, [{"id": 1, "body": "b"}])
    assert ask("DELETE", path) == (204, None)
    assert ask("GET", path)[0] == 404
    assert ask("GET", "/files") == (200, [])


@pytest.mark.parametrize("said", [True, False])
def test_keys_that_differ_in_a_slash_alone_are_two(said: bool) -> None:
    ask = Told("served", said=said)
    for key in ("a/b", "a", "a%2Fb", "b"):
        assert ask("POST", "/files", {"name": key})[0] == 201
    assert ask("DELETE", "/files/a%2Fb")[0] == 204
    assert sorted(each["name"] for each in ask("GET", "/files")[1]) == ["a", "a%2Fb", "b"]
    assert ask("GET", "/files/a%252Fb") == (200, {"name": "a%2Fb"})


def test_a_slash_between_segments_is_none_within_one() -> None:
    ask = Told("served", said=True)
    assert ask("POST", "/files", {"name": "a/b"})[0] == 201
    assert ask("GET", "/files/a/b")[0] == 404
    assert ask("GET", "/files/a%2Fb")[0] == 200


@pytest.mark.parametrize("key", ODD)
def test_a_location_leads_to_its_thing(key: str) -> None:
    app = open_door(make_gateway(str(SHELF)), "served")
    sent = json.dumps({"name": key}).encode()
    made = call(app, environ("POST", "/files", "", {"content-type": "application/json"}, sent))
    where = made.headers["location"]
    assert where.isascii()
    assert urllib.parse.unquote(where.removeprefix("/files/")) == key
    assert call(app, environ("GET", urllib.parse.unquote(where)) | {"REQUEST_URI": where}).status == 200
