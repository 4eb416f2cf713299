"""Small documents as people write them, without a rule: what is made is read, listed, changed and deleted, and true."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.clients import NO_JSON, Client, make_gateway
from support.paths import DATA

NOWHERE = "00000000-0000-4000-8000-000000000000"
Ask = Callable[..., Any]


def asking(name: str) -> Ask:
    """A function that sends a request and returns (status, body); a query stands in the path. No answer may be a 5xx."""
    client = Client(make_gateway(str(DATA / "stateful" / f"{name}.yaml")))

    def ask(
        method: str, target: str, body: object = NO_JSON, *, media: str = "application/json", **headers: str
    ) -> Any:
        path, _, query = target.partition("?")
        sent = {} if body is NO_JSON else {"body": json.dumps(body).encode()}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"content-type": media} if sent else {}
        answer = client.send(method, path, query=query, headers=given, **sent)
        assert answer.status < 500, answer.body
        ask.headers = answer.headers  # type: ignore[attr-defined]
        return answer.status, answer.json() if answer.body else None

    return ask


def ids(found: Any, key: str = "id") -> list[Any]:
    return [each[key] for each in found]


def test_incidents_are_made_below_a_team_and_found_alone() -> None:
    ask = asking("incidents")
    status, made = ask("POST", "/teams/ops/incidents", {"title": "Down", "external_ref": "x1"})
    assert (status, made["number"], made["team_key"], made["state"], made["severity"]) == (201, 1, "ops", "new", "low")
    assert (made["owner"], made["note_count"]) == (None, 0)
    assert ask.headers["location"] == f"/incidents/{made['id']}"
    assert ask("POST", "/teams/ops/incidents", {"title": "Down", "external_ref": "x1"})[0] == 409
    assert ask("POST", "/teams/dev/incidents", {"title": "Down", "external_ref": "x1"})[1]["number"] == 1
    second = ask("POST", "/teams/ops/incidents", {"title": "Slow", "owner": "ann"})[1]
    assert (second["number"], second["owner"]) == (2, "ann")
    page = ask("GET", "/teams/ops/incidents?limit=1")[1]
    assert (page["has_more"], len(page["data"])) == (True, 1)
    rest = ask("GET", f"/teams/ops/incidents?limit=1&cursor={page['next_cursor']}")[1]
    assert (rest["next_cursor"], rest["has_more"]) == (None, False)
    assert {*ids(page["data"]), *ids(rest["data"])} == {made["id"], second["id"]}
    path = f"/incidents/{made['id']}"
    assert ask("GET", path) == (200, made)
    changed = ask("PATCH", path, {"owner": "bob"})[1]
    assert changed == {**made, "owner": "bob", "updated_at": changed["updated_at"]}
    status, resolved = ask("POST", f"{path}/resolve")
    assert (status, resolved["state"], resolved["id"]) == (200, "resolved", made["id"])
    assert resolved["resolved_at"] >= made["created_at"]
    assert ask("POST", f"{path}/resolve")[0] == 409
    assert ask("POST", f"/incidents/{NOWHERE}/resolve")[0] == 404
    assert ids(ask("GET", "/teams/ops/incidents?state=resolved")[1]["data"]) == [made["id"]]
    assert ask("POST", f"/incidents/{NOWHERE}/notes", {"text": "t"})[0] == 404
    notes = [ask("POST", f"{path}/notes", {"text": text})[1] for text in "ab"]
    assert [note["incident_id"] for note in notes] == [made["id"]] * 2
    assert ask("GET", f"{path}/notes")[1] == notes
    assert ask("GET", path)[1]["note_count"] == 2
    assert ask("GET", f"/incidents/{second['id']}/notes/{notes[0]['id']}")[0] == 404
    assert ask("DELETE", f"{path}/notes/{notes[0]['id']}")[0] == 204
    assert ask("GET", path)[1]["note_count"] == 1
    assert [ask("DELETE", path)[0], ask("GET", path)[0], ask("GET", f"{path}/notes")[0]] == [204, 404, 404]


def test_memos_count_up_and_heed_conditions() -> None:
    ask = asking("memos")
    made = [ask("POST", "/memos", {"heading": text, "labels": [text]})[1] for text in ("one", "two", "three")]
    assert ids(made) == [1, 2, 3]
    assert (made[0]["content"], made[0]["starred"], made[0]["revision"]) == ("", False, 1)
    page = ask("GET", "/memos?pageSize=2&pageNo=2")[1]
    assert page == {"memos": [made[2]], "pageNo": 2, "pageSize": 2, "totalPages": 2, "totalItems": 3}
    assert ids(ask("GET", "/memos?sort=-createdAt")[1]["memos"]) == [3, 2, 1]
    assert ids(ask("GET", "/memos?label=two")[1]["memos"]) == [2]
    assert ids(ask("GET", "/memos?search=THRE")[1]["memos"]) == [3]
    ask("GET", "/memos/1")
    tag = ask.headers["etag"]
    assert ask("PUT", "/memos/1", {"heading": "new"}, if_match='"other"')[0] == 412
    replaced = ask("PUT", "/memos/1", {"heading": "new"}, if_match=tag)[1]
    assert (replaced["heading"], replaced["labels"], replaced["revision"]) == ("new", [], 2)
    assert replaced["createdAt"] == made[0]["createdAt"]
    patch = {"media": "application/merge-patch+json"}
    assert ask("PATCH", "/memos/1", {"content": "text"}, **patch)[1]["content"] == "text"
    assert ask("GET", "/memos/1")[1]["heading"] == "new"
    assert ask("PUT", "/memos/1/star")[1]["starred"] is True
    assert ask("DELETE", "/memos/1/star")[1]["starred"] is False
    assert ask("PUT", "/memos/9/star")[0] == 404
    assert ask("PUT", "/memos/9", {"heading": "x"})[0] == 404
    assert [ask("DELETE", "/memos/1")[0], ask("DELETE", "/memos/1")[0]] == [204, 404]


def test_a_shop_has_customers_orders_and_what_is_there_from_the_start() -> None:
    ask = asking("shop")
    customer = ask("POST", "/v1/customers", {"email": "a@example.com", "name": "Ann"})[1]
    assert customer == {"customer_id": 1, "email": "a@example.com", "name": "Ann", "order_count": 0}
    assert ask("POST", "/v1/customers", {"email": "a@example.com", "name": "Bob"})[0] == 409
    listed = ask("GET", "/v1/customers?limit=5")[1]
    assert listed == {"customers": [customer], "meta": {"total": 1, "offset": 0, "limit": 5}}
    order = ask("POST", "/v1/customers/1/orders", {"lines": [{"sku": "s", "quantity": 2}]})[1]
    assert (order["customer_id"], order["status"], order["lines"][0]["quantity"]) == (1, "pending", 2)
    assert 1_700_000_000 < order["created"] < 1_900_000_000
    assert ask("POST", "/v1/customers/7/orders", {"lines": []})[0] == 404
    assert ask("GET", "/v1/customers/1")[1]["order_count"] == 1
    assert ask("GET", "/v1/customers/1/orders")[1] == [order]
    assert ask.headers["x-total-count"] == "1"
    assert ask("GET", "/v1/orders?status=pending")[1] == [order]
    assert ask("GET", f"/v1/orders?created_after={order['created']}")[1] == []
    path = f"/v1/orders/{order['order_id']}"
    assert ask("POST", f"{path}/pay")[1]["status"] == "paid"
    assert ask("POST", f"{path}/pay")[0] == 409
    assert ask("POST", f"{path}/cancel") == (204, None)
    assert ask("GET", path)[1]["status"] == "cancelled"
    assert ask("POST", "/v1/orders/search", {"q": "x"})[0] == 200
    assert ids(ask("GET", "/v1/warehouses")[1], "code") == ["S1", "N1"]
    assert ask("GET", "/v1/warehouses/N1")[1]["city"] == "Oslo"
    assert ask("GET", "/v1/warehouses/none")[0] == 404
    assert ask("DELETE", "/v1/customers/1") == (200, {"deleted": True, "customer_id": 1})
    assert ask("GET", path)[0] == 404


def test_a_blog_has_authors_by_name_and_posts_by_id() -> None:
    ask = asking("blog")
    author = ask("POST", "/authors", {"handle": "ann"})[1]
    assert (author["handle"], author.get("bio")) == ("ann", None)
    assert ask("GET", "/authors/ann") == (200, author)
    assert ask("POST", "/authors", {"handle": "ann"})[0] == 409
    posts = [ask("POST", "/posts", {"title": text, "author": "ann", "tags": [text]})[1] for text in "abc"]
    assert (posts[0]["object"], posts[0]["published"], posts[0]["comments_count"]) == ("post", False, 0)
    assert posts[0]["created_at"] > 1_700_000_000
    page = ask("GET", "/posts?limit=2")[1]
    assert (page["object"], page["has_more"]) == ("list", True)
    assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
    rest = ask("GET", f"/posts?limit=2&starting_after={page['last_id']}")[1]
    assert {*ids(page["data"]), *ids(rest["data"])} == {*ids(posts)}
    assert ids(ask("GET", "/posts?tag=b")[1]["data"]) == [posts[1]["id"]]
    path = f"/posts/{posts[0]['id']}"
    assert ask("POST", path, {"title": "new"})[1]["title"] == "new"
    published = ask("POST", f"{path}/publish")[1]
    assert (published["published"], published["title"]) == (True, "new")
    assert ids(ask("GET", "/posts?published=true")[1]["data"]) == [posts[0]["id"]]
    assert ask("POST", f"{path}/comments", {"text": "t"})[1]["post_id"] == posts[0]["id"]
    assert ask("GET", path)[1]["comments_count"] == 1
    assert ask("DELETE", path)[1] == {"id": posts[0]["id"], "object": "post.deleted", "deleted": True}
    assert ask("POST", "/posts/none", {"title": "new"})[0] == 404
    assert ask("GET", "/posts?limit=5")[1]["has_more"] is False


def test_a_calendar_is_made_by_put_and_its_events_are_found_by_time() -> None:
    ask = asking("calendar")
    assert ask("GET", "/calendars/work")[0] == 404
    assert ask("PUT", "/calendars/work", {"zone": "UTC", "color": "red"}) == (
        201,
        {"name": "work", "zone": "UTC", "color": "red"},
    )
    assert ask("PUT", "/calendars/work", {"zone": "CET"}) == (200, {"name": "work", "zone": "CET", "color": "blue"})
    assert ids(ask("GET", "/calendars")[1], "name") == ["work"]
    times = {"start": "2026-03-01T10:00:00Z", "end": "2026-03-01T11:00:00Z"}
    event = ask("POST", "/calendars/work/events", {"title": "Talk", **times})[1]
    assert (event["calendar"], event["title"], event["start"]) == ("work", "Talk", times["start"])
    assert event["url"].endswith(f"/calendars/work/events/{event['uid']}")
    assert event["url"] == ask.headers["location"]
    assert ask("POST", "/calendars/none/events", {"title": "Talk", **times})[0] == 404
    assert ask("GET", "/calendars/work/events?from=2026-03-01T10:00:00Z")[1]["events"] == [event]
    assert ask("GET", "/calendars/work/events?to=2026-02-01T10:00:00Z")[1]["events"] == []
    moved = ask("PUT", f"/calendars/work/events/{event['uid']}", {**times, "title": "Walk"})[1]
    assert moved == {**event, "title": "Walk"}
    assert ask("DELETE", "/calendars/work")[0] == 204
    assert ask("GET", f"/calendars/work/events/{event['uid']}")[0] == 404


def test_drives_folders_and_files_lie_below_each_other() -> None:
    ask = asking("folders")
    drives = [ask("POST", "/drives", {"label": text})[1] for text in "ab"]
    assert ids(drives, "drive_id") == [1, 2]
    folder = ask("POST", "/drives/1/folders", {"name": "f"})[1]
    assert folder == {"folder_id": 1, "drive_id": 1, "name": "f", "files_count": 0}
    assert ask("POST", "/drives/9/folders", {"name": "f"})[0] == 404
    file = ask("POST", "/drives/1/folders/1/files", {"name": "x"})[1]
    assert file == {"file_id": 1, "drive_id": 1, "folder_id": 1, "name": "x", "position": 1}
    assert ask("POST", "/drives/2/folders/1/files", {"name": "x"})[0] == 404
    assert ask("GET", "/drives/2/folders/1")[0] == 404
    assert ask("GET", "/drives/1/folders/1/files/1") == (200, file)
    assert ask("GET", "/drives/1/folders/1")[1]["files_count"] == 1
    assert ask("GET", "/drives/1")[1]["folder_count"] == 1
    patch = {"media": "application/json-patch+json"}
    renamed = ask("PATCH", "/drives/1/folders/1", [{"op": "replace", "path": "/name", "value": "g"}], **patch)
    assert renamed == (200, {**folder, "name": "g", "files_count": 1})
    refused = ask("PATCH", "/drives/1/folders/1", [{"op": "test", "path": "/name", "value": "z"}], **patch)
    assert refused[0] == 422
    assert ask("GET", "/drives")[1]["@odata.nextLink"] is None
    assert ask("DELETE", "/drives/1")[0] == 204
    assert ask("GET", "/drives/1/folders/1/files/1")[0] == 404
    assert ids(ask("GET", "/drives")[1]["value"], "drive_id") == [2]


def test_a_django_document_has_counts_addresses_and_its_own_slashes() -> None:
    ask = asking("django")
    made = [ask("POST", "/api/books/", {"title": text, "price": price})[1] for price, text in enumerate("abc")]
    assert ids(made) == [1, 2, 3]
    page = ask("GET", "/api/books/?limit=2&ordering=title")[1]
    assert (page["count"], ids(page["results"]), page["previous"]) == (3, [1, 2], None)
    rest = ask("GET", "/api/books/?" + page["next"].partition("?")[2])[1]
    assert (ids(rest["results"]), rest["next"]) == ([3], None)
    assert ids(ask("GET", "/api/books/?ordering=-title")[1]["results"]) == [3, 2, 1]
    assert ids(ask("GET", "/api/books/?search=b")[1]["results"]) == [2]
    assert ids(ask("GET", "/api/books/?price_min=1&ordering=price")[1]["results"]) == [2, 3]
    assert ask("PATCH", "/api/books/1/", {"price": 9})[1] == {**made[0], "price": 9}
    assert ask("PUT", "/api/books/1/", {"title": "z"})[1] == {**made[0], "title": "z", "price": 0}
    assert [ask("DELETE", "/api/books/1/")[0], ask("GET", "/api/books/1/")[0]] == [204, 404]


def test_a_spring_document_has_pages_from_zero() -> None:
    ask = asking("spring")
    made = [ask("POST", "/api/employees", {"firstName": text})[1] for text in ("Ann", "Bob", "Cyd")]
    assert (ids(made), made[0]["status"]) == ([1, 2, 3], "ACTIVE")
    page = ask("GET", "/api/employees?page=1&size=2&sort=firstName,asc")[1]
    assert (ids(page["content"]), page["totalElements"], page["totalPages"]) == ([3], 3, 2)
    assert (page["number"], page["size"], page["numberOfElements"]) == (1, 2, 1)
    assert (page["first"], page["last"], page["empty"]) == (False, True, False)
    assert ask("POST", "/api/employees/1/deactivate")[1]["status"] == "INACTIVE"
    assert ask("PUT", "/api/employees/1", {"firstName": "Amy"})[1]["firstName"] == "Amy"
    assert [ask("DELETE", "/api/employees/1")[0], ask("GET", "/api/employees/1")[0]] == [200, 404]


def test_a_dotnet_document_answers_changes_without_a_body() -> None:
    ask = asking("dotnet")
    made = ask("POST", "/api/TodoItems", {"name": "n"})[1]
    assert (made["name"], made["isComplete"]) == ("n", False)
    path = f"/api/TodoItems/{made['id']}"
    assert ask("GET", path) == (200, made)
    assert ask("PUT", path, {"name": "m"}) == (204, None)
    assert ask("POST", f"{path}/complete") == (204, None)
    assert ask("GET", path)[1] == {**made, "name": "m", "isComplete": True}
    assert ask("POST", f"/api/TodoItems/{NOWHERE}/complete")[0] == 404
    assert [ask("DELETE", path)[0], ask("DELETE", path)[0]] == [204, 404]


def test_a_fastapi_document_has_heroes_and_exports_that_move_on() -> None:
    ask = asking("fastapi")
    hero = ask("POST", "/heroes/", {"name": "Ann", "age": 3})[1]
    assert hero == {"name": "Ann", "age": 3, "id": 1}
    assert ask("PATCH", "/heroes/1", {"age": 4})[1] == {**hero, "age": 4}
    assert ids(ask("GET", "/heroes/")[1]) == [1]
    assert ask("DELETE", "/heroes/1") == (200, {"ok": True})
    assert ask("GET", "/heroes/1")[0] == 404
    status, export = ask("POST", "/exports", {"format": "csv"})
    assert (status, export["status"], export["format"]) == (202, "queued", "csv")
    assert [ask("GET", f"/exports/{export['id']}")[1]["status"] for _ in range(3)] == [
        "running",
        "succeeded",
        "succeeded",
    ]
    assert ask("POST", "/login", {"username": "u"})[0] == 200
    assert ask("GET", "/stats")[0] == 200
    assert ask("POST", "/heroes/", {})[0] == 422


def test_every_document_of_the_corpus_is_walked() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    known = {path.stem for path in (DATA / "stateful").glob("*.yaml")}
    assert len(known) == 10
    assert {name for name in known if f'asking("{name}")' not in text} == set()
