"""`/_mock/threads`: every thread of every provider once, the newest first, page by page, and found by its texts."""

import datetime
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.clients import START, Client, make_gateway
from support.documents import OK, document_of
from support.paths import DATA
from threadmock.mockserver.datasets.conversation_files import read_data
from threadmock.mockserver.datasets.conversations import Conversation, Dataset, Message
from threadmock.mockserver.state.memory import MemoryStore
from threadmock.specs.loader import builtin_names

TYPICAL = read_data("typical")
MANY = 23


def titled(*titles: str, **metadata: Any) -> Dataset:
    return Dataset("titled", [Conversation(title, None, metadata, False, []) for title in titles])


def served(*sources: Any, **rest: Any) -> Client:
    return Client(make_gateway(*sources, **rest))


def threads(client: Client, **query: Any) -> Any:
    told = client.get("/_mock/threads", query=urllib.parse.urlencode(query))
    assert told.status == 200, told.body
    return told.json()


def refused(client: Client, **query: Any) -> Any:
    told = client.get("/_mock/threads", query=urllib.parse.urlencode(query))
    assert (told.status, told.headers["content-type"]) == (400, "application/problem+json")
    return told.json()


def pages(client: Client, **query: Any) -> Iterator[Any]:
    page = threads(client, **query)
    yield page
    while page["after"] is not None:
        page = threads(client, **{**query, "after": page["after"]})
        yield page


def keys(*found: Any) -> list[str]:
    return [each["key"] for page in found for each in page["threads"]]


@pytest.mark.parametrize("name", builtin_names())
def test_the_threads_of_every_provider_are_listed_newest_first(name: str, layer: str) -> None:
    page = threads(served(name, layer=layer, data=TYPICAL))
    assert (page["provider"], page["count"], page["after"]) == (name, len(TYPICAL.conversations), None)
    titles = [each["title"] for each in page["threads"]]
    assert titles == [each.title for each in reversed(TYPICAL.conversations)]
    created = [each["created"] for each in page["threads"]]
    assert None not in created
    assert created == sorted(created, reverse=True)


@pytest.mark.parametrize("name", builtin_names())
def test_every_thread_is_on_one_page(name: str) -> None:
    client = served(name, data=titled(*(f"No. {at}" for at in range(MANY))))
    found = [*pages(client, limit=5)]
    assert [len(page["threads"]) for page in found] == [5, 5, 5, 5, 3]
    assert {page["count"] for page in found} == {MANY}
    assert [each["title"] for page in found for each in page["threads"]] == [
        f"No. {at}" for at in reversed(range(MANY))
    ]


def test_a_page_that_ends_with_the_last_thread_has_none_after_it() -> None:
    asked = served("langsmith", data=titled("a", "b"))
    assert threads(asked, limit=2)["after"] is None
    assert threads(asked, limit=1)["after"] is not None


def test_threads_that_are_deleted_and_made_meanwhile_move_no_other_one() -> None:
    asked = served("langsmith", data=titled(*"abcdefgh"))
    everything = keys(threads(asked))
    first = threads(asked, limit=3)
    for gone in (everything[0], everything[5]):
        assert asked.send("DELETE", f"/threads/{gone}").status == 200
    asked.post("/threads", {})
    rest = keys(*pages(asked, limit=2, after=first["after"]))
    assert rest == [everything[3], everything[4], everything[6], everything[7]]


def test_after_a_thread_that_is_gone_it_says_what_to_send() -> None:
    asked = served("langsmith", data=titled(*"abcd"))
    page = threads(asked, limit=2)
    asked.send("DELETE", f"/threads/{page['after']}")
    problem = refused(asked, limit=2, after=page["after"])
    assert problem["where"] == "after"
    assert "an earlier thread of that page" in problem["fix"]
    assert keys(threads(asked, after=keys(page)[0])) == keys(threads(asked))[1:]


@pytest.mark.parametrize("name", builtin_names())
def test_search_looks_at_key_title_and_metadata_in_any_case(name: str) -> None:
    data = Dataset(
        "searched",
        [
            Conversation("Straße nach Rom", None, {}, False, []),
            Conversation("Other", None, {"note": ["Ein ZIEL", {"deep": "Lissabon"}]}, False, []),
            Conversation(
                "Third", None, {}, False, [Message("user", "rom", read_data("typical").conversations[0].length)]
            ),
        ],
    )
    client = served(name, data=data)
    assert [each["title"] for each in threads(client, search="STRASSE")["threads"]] == ["Straße nach Rom"]
    noted = [each["title"] for each in threads(client, search="lissabon")["threads"]]
    assert noted == ([] if not shows_metadata(client) else ["Other"])
    key = keys(threads(client))[0]
    assert keys(threads(client, search=key[3:].upper())) == [key]
    assert threads(client, search="nothing of this") == {**threads(client), "count": 0, "threads": [], "after": None}


def shows_metadata(client: Client) -> bool:
    """Whether the provider's threads hold the metadata of a data file at all."""
    return "Lissabon" in client.get("/_mock/things").body.decode()


def test_a_search_is_paged_as_all_threads_are() -> None:
    asked = served("langsmith", data=titled(*(f"{'even' if at % 2 == 0 else 'odd'} {at}" for at in range(9))))
    found = [*pages(asked, search="even", limit=2)]
    assert [page["count"] for page in found] == [5, 5, 5]
    assert [each["title"] for page in found for each in page["threads"]] == [
        "even 8",
        "even 6",
        "even 4",
        "even 2",
        "even 0",
    ]


def test_a_provider_is_named_where_there_are_several() -> None:
    asked = served("langsmith", "scale", data=TYPICAL)
    assert refused(asked)["fix"] == "Name one of langsmith, scale."
    assert {threads(asked, provider=name)["provider"] for name in ("langsmith", "scale")} == {"langsmith", "scale"}
    assert refused(asked, provider="scales")["where"] == "provider"


@pytest.mark.parametrize(
    ("query", "where"),
    [({"limt": "3"}, "limt"), ({"limit": "0"}, "limit"), ({"limit": "1001"}, "limit"), ({"limit": "x"}, "limit")],
)
def test_a_parameter_that_is_none_is_refused(query: Any, where: str) -> None:
    assert refused(served("langsmith"), **query)["where"] == where


def test_a_document_without_threads_lists_what_others_lie_below() -> None:
    asked = served(DATA.parent.parent / "examples" / "boards.yaml")
    assert asked.post("/boards", {"name": "Garden"}).status == 201
    page = threads(asked)
    assert (page["resource"], page["count"], page["threads"][0]["title"]) == ("boards", 1, "Garden")


def test_a_document_without_things_has_no_threads(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(json.dumps(document_of({"/health": {"get": {"responses": {"200": OK}}}})))
    page = threads(served(tmp_path / "a.yaml"))
    assert (page["count"], page["threads"], page["after"]) == (0, [], None)


def nested(tmp_path: Path) -> Client:
    """A document whose threads lie below users, who choose their keys."""
    made = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "title": {"type": "string"}, "created_at": {"type": "string"}},
    }
    reply = {"description": "It.", "content": {"application/json": {"schema": made}}}
    rule = {
        "action": "create",
        "resource": "thread",
        "within": {"resource": "user", "from": "path.user", "must_exist": False},
        "key": {"field": "id", "from": "body.id", "otherwise": "uuid4"},
        "set": {"created_at": "now"},
    }
    body = {"content": {"application/json": {"schema": made}}}
    parameter = {"name": "user", "in": "path", "required": True, "schema": {"type": "string"}}
    post = {"parameters": [parameter], "requestBody": body, "responses": {"201": reply}, "x-behaviour": rule}
    path = tmp_path / "nested.yaml"
    path.write_text(json.dumps(document_of({"/users/{user}/threads": {"post": post}})))
    return served(path)


def test_threads_below_several_parents_are_listed_by_their_dates(tmp_path: Path) -> None:
    client = nested(tmp_path)
    for at in range(7):
        assert client.post(f"/users/u{at % 3}/threads", {"id": f"t{at}"}).status == 201
    found = [*pages(client, limit=2)]
    assert keys(*found) == [f"t{at}" for at in reversed(range(7))]


def test_of_threads_with_one_key_below_two_parents_the_last_one_is_listed_and_shown(tmp_path: Path) -> None:
    client = nested(tmp_path)
    for user, key in (("a", "same"), ("a", "other"), ("b", "same")):
        assert client.post(f"/users/{user}/threads", {"id": key, "title": user}).status == 201
    assert keys(*pages(client, limit=1)) == ["same", "other"]
    assert client.get("/_mock/threads/nested/same").json()["thread"]["title"] == "b"


def test_an_expired_thread_is_not_listed() -> None:
    asked = served("langsmith", now=START)
    assert asked.post("/threads", {"ttl": {"strategy": "delete", "ttl": 1}}).status == 200
    assert threads(asked)["count"] == 1
    asked.gateway.world.clock.advance(datetime.timedelta(minutes=2))
    assert threads(asked)["count"] == 0


def test_a_page_reads_no_more_of_the_store_than_the_threads_of_its_provider() -> None:
    class Counting(MemoryStore):
        read_items = 0

        def items(self, shelf: Any) -> Any:
            self.read_items += 1
            return super().items(shelf)

    store = Counting()
    client = served("langsmith", data=titled(*(f"No. {at}" for at in range(50))), store=store)
    store.read_items = 0
    threads(client, limit=10)
    assert store.read_items == 1


def test_numbers_are_shown_as_moments(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "created_at": {"type": "integer"}, "updated": {"type": "number"}},
    }
    reply = {"description": "It.", "content": {"application/json": {"schema": schema}}}
    rule = {
        "action": "create",
        "resource": "chat",
        "key": {"field": "id", "otherwise": "uuid4"},
        "set": {"created_at": "now_seconds", "updated": "now_milliseconds"},
    }
    (tmp_path / "a.yaml").write_text(
        json.dumps(document_of({"/chats": {"post": {"responses": {"201": reply}, "x-behaviour": rule}}}))
    )
    asked = served(tmp_path / "a.yaml")
    assert asked.post("/chats").status == 201
    (shown,) = threads(asked)["threads"]
    assert shown["created"] == "2026-01-02T03:04:05.000000+00:00"
    assert shown["updated"].startswith("2026-01-02T03:04:05.0")
