"""Documents as teams have them, by the frameworks and services that they are like: what a front end would expect of each."""

import json
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.clients import NO_JSON, Client, make_gateway
from support.paths import DATA

SERVICES = DATA / "services"
Ask = Callable[..., Any]


def asking(name: str) -> Ask:
    """A function that sends a request and returns (status, body); a query stands in the path. No answer may be a 5xx."""
    client = Client(make_gateway(str(next(SERVICES.glob(f"{name}.*")))))

    def ask(
        method: str, target: str, body: Any = NO_JSON, *, form: dict[str, Any] | None = None, **headers: str
    ) -> Any:
        path, _, query = target.partition("?")
        given = {
            "authorization": "Bearer anybody",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent: dict[str, Any] = {}
        if form is not None:
            sent = {"body": urllib.parse.urlencode(form).encode()}
            given["content-type"] = "application/x-www-form-urlencoded"
        elif body is not NO_JSON:
            sent = {"body": json.dumps(body).encode()}
            given["content-type"] = "application/json"
        answer = client.send(method, urllib.parse.unquote(path), query=query, headers=given, **sent)
        assert answer.status < 500, answer.body
        ask.headers = answer.headers  # type: ignore[attr-defined]
        return answer.status, answer.json() if answer.body else None

    return ask


def each(found: Any, member: str) -> list[Any]:
    return [thing[member] for thing in found]


def recipes(ask: Ask) -> list[Any]:
    sent = [
        {"title": "Soup", "vegan": True, "minutes": 40, "tags": ["hot", "x"], "difficulty": "hard"},
        {"title": "Bread", "vegan": True, "minutes": 50, "tags": ["x"], "difficulty": "medium"},
        {"title": "Ale", "minutes": 30, "tags": ["cold"]},
    ]
    return [ask("POST", "/recipes/", body)[1] for body in sent]


def test_recipes_are_sorted_filtered_searched_and_counted() -> None:
    ask = asking("fastapi_recipes")
    made = recipes(ask)
    assert each(made, "id") == [1, 2, 3]
    for query, titles in {
        "": ["Ale", "Bread", "Soup"],
        "?order_by=title": ["Ale", "Bread", "Soup"],
        "?order_by=-minutes": ["Bread", "Soup", "Ale"],
        "?vegan=true": ["Bread", "Soup"],
        "?tag=cold": ["Ale"],
        "?min_minutes=45": ["Bread"],
        "?difficulty=hard&difficulty=medium": ["Bread", "Soup"],
        "?created_after=2099-01-01T00:00:00Z": [],
        "?skip=1&limit=1": ["Bread"],
    }.items():
        assert each(ask("GET", f"/recipes/{query}")[1], "title") == titles, query
    assert each(ask("GET", "/recipes/search?q=SOU")[1], "title") == ["Soup"]
    assert each(ask("GET", "/recipes/by-tag/x")[1], "title") == ["Bread", "Soup"]
    assert ask("GET", "/recipes/count") == (200, {"count": 3})
    assert ask("GET", "/recipes/count?vegan=true")[1] == {"count": 2}


def test_a_recipe_is_copied_and_tagged() -> None:
    ask = asking("fastapi_recipes")
    soup = recipes(ask)[0]
    status, copy = ask("POST", "/recipes/1/duplicate")
    assert (status, copy) == (201, {**soup, "id": 4, "created_at": copy["created_at"]})
    assert ask("GET", "/recipes/4") == (200, copy)
    assert ask("POST", "/recipes/99/duplicate")[0] == 404
    assert ask("PUT", "/recipes/1/tags/new")[1]["tags"] == ["hot", "x", "new"]
    assert ask("PUT", "/recipes/1/tags/new")[1]["tags"] == ["hot", "x", "new"]
    assert ask("DELETE", "/recipes/1/tags/hot")[0] == 204
    assert ask("GET", "/recipes/1")[1]["tags"] == ["x", "new"]
    assert ask("GET", "/recipes/4")[1]["tags"] == ["hot", "x"]
    assert ask("PUT", "/recipes/99/tags/new")[0] == 404


def test_the_one_who_asks_is_one_and_the_work_of_an_import_ends() -> None:
    ask = asking("fastapi_recipes")
    me = ask("GET", "/users/me")[1]
    changed = ask("PATCH", "/users/me", {"display_name": "Ann"})[1]
    assert changed == {**me, "display_name": "Ann"} == ask("GET", "/users/me")[1]
    status, started = ask("POST", "/imports", {"url": "http://example.com"})
    path = f"/jobs/{started['job_id']}"
    assert (status, [ask("GET", path)[1]["status"] for _ in range(3)]) == (202, ["running", "done", "done"])


def test_vehicles_come_in_an_envelope() -> None:
    ask = asking("springdoc_fleet")
    assert ask("GET", "/api/vehicles")[1]["empty"] is True
    status, first = ask("POST", "/api/vehicles", {"plate": "A", "mileage": 5})
    assert (status, first["success"], first["data"]["id"], first["data"]["plate"]) == (201, True, 1, "A")
    assert ask("POST", "/api/vehicles", {"plate": "A"})[0] == 409
    for plate in ("C", "B"):
        ask("POST", "/api/vehicles", {"plate": plate, "mileage": 9})
    assert each(ask("GET", "/api/vehicles?sort=plate,desc&size=2")[1]["content"], "plate") == ["C", "B"]
    assert each(ask("GET", "/api/vehicles?sort=plate&size=2&page=1")[1]["content"], "plate") == ["C"]
    assert each(ask("GET", "/api/vehicles?maxMileage=5")[1]["content"], "plate") == ["A"]
    assert ask("GET", "/api/vehicles/1")[1]["data"] == first["data"]
    assert ask("PUT", "/api/vehicles/1", {"plate": "Z"})[1]["data"]["plate"] == "Z"
    changed = ask("PATCH", "/api/vehicles/1/status", {"status": "IN_USE"})[1]["data"]
    assert changed == {**ask("GET", "/api/vehicles/1")[1]["data"], "status": "IN_USE", "plate": "Z"}
    assert ask("PATCH", "/api/vehicles/9/status", {"status": "IN_USE"})[0] == 404
    assert each(ask("GET", "/api/vehicles?status=IN_USE")[1]["content"], "id") == [1]
    assert ask("DELETE", "/api/vehicles", [2, 3]) == (204, None)
    assert each(ask("GET", "/api/vehicles")[1]["content"], "id") == [1]


def test_trips_are_numbered_for_each_vehicle_and_kept_apart() -> None:
    ask = asking("springdoc_fleet")
    for plate in "ab":
        ask("POST", "/api/vehicles", {"plate": plate})
    made = [ask("POST", f"/api/vehicles/{of}/trips", {"destination": f"d{of}"})[1]["data"] for of in (1, 2, 1)]
    assert [(trip["vehicleId"], trip["number"]) for trip in made] == [(1, 1), (2, 1), (1, 2)]
    assert ask("GET", "/api/vehicles/2/trips/1")[1]["data"]["destination"] == "d2"
    assert ask("GET", "/api/vehicles/1/trips/1")[1]["data"]["destination"] == "d1"
    assert ask("DELETE", "/api/vehicles/2/trips/1")[0] == 204
    assert [ask("GET", f"/api/vehicles/{of}/trips/1")[0] for of in (1, 2)] == [200, 404]
    assert ask("DELETE", "/api/vehicles/1")[0] == 204
    assert ask("GET", "/api/vehicles/1/trips")[0] == 404


def test_settings_are_one() -> None:
    ask = asking("springdoc_fleet")
    before = ask("GET", "/api/settings")[1]
    assert before == ask("GET", "/api/settings")[1]
    new = {"units": "mi", "currency": "EUR"}
    assert [ask("PUT", "/api/settings", new), ask("GET", "/api/settings")] == [(200, new)] * 2


def test_events_are_published_attended_and_sorted() -> None:
    ask = asking("nest_events")
    assert ask("POST", "/auth/login", {"email": "a", "password": "b"})[0] == 201
    assert ask("PATCH", "/profile", {"locale": "de"})[1] == ask("GET", "/profile")[1]
    made = [
        ask("POST", "/events", {"title": title, "startsAt": f"2030-0{month}-01T00:00:00Z", "categoryIds": [title]})[1]
        for month, title in enumerate("BAC", 1)
    ]
    for query, titles in {
        "?sortBy=title": "ABC",
        "?sortBy=title&order=DESC": "CBA",
        "?sortBy=startsAt": "BAC",
        "?search=b": "B",
        "?from=2030-02-01T00:00:00Z&to=2030-02-11T00:00:00Z": "A",
        "?categoryIds=A&categoryIds=B": "BA",
        "?limit=2&page=2": "C",
    }.items():
        assert each(ask("GET", f"/events{query}")[1]["data"], "title") == list(titles), query
    meta = ask("GET", "/events?limit=2&page=2")[1]["meta"]
    assert (meta["itemCount"], meta["pageCount"], meta["hasNextPage"], meta["hasPreviousPage"]) == (3, 2, False, True)
    assert {*each(ask("GET", "/events/upcoming")[1], "title")} == {*"ABC"}
    path = f"/events/{made[0]['id']}"
    assert ask("POST", f"{path}/publish")[1]["isPublished"] is True
    assert ask("POST", f"{path}/attendees", {"userId": "u1"})[1]["eventId"] == made[0]["id"]
    assert each(ask("GET", f"{path}/attendees")[1], "userId") == ["u1"]
    again = ask("POST", f"{path}/attendees", {"userId": "u1"})  # the document has no refusal for it
    assert (again[0], each(ask("GET", f"{path}/attendees")[1], "userId")) == (201, ["u1"])
    assert ask("GET", f"/events/{made[1]['id']}/attendees")[1] == []
    assert ask("DELETE", f"{path}/attendees/u1")[0] == 200
    assert ask("GET", f"{path}/attendees")[1] == []
    assert ask("GET", f"{path}/stats")[0] == 200
    assert [ask("DELETE", path)[0], ask("GET", path)[0]] == [200, 404]


def test_articles_are_in_envelopes_both_ways() -> None:
    ask = asking("rails_blog")
    made = [
        ask("POST", "/articles", {"article": {"title": t, "body": "b", "tagList": [t]}})[1]["article"] for t in "ab"
    ]
    assert ask("GET", "/articles")[1]["articlesCount"] == 2
    assert each(ask("GET", "/articles?tag=a")[1]["articles"], "title") == ["a"]
    path = f"/articles/{made[0]['slug']}"
    assert ask("GET", path)[1] == {"article": made[0]}
    changed = ask("PUT", path, {"article": {"title": "new"}})[1]["article"]
    assert changed == {**made[0], "title": "new", "updatedAt": changed["updatedAt"]}
    assert ask("POST", f"{path}/favorite")[1]["article"]["favorited"] is True
    assert ask("GET", path)[1]["article"]["favoritesCount"] == 1
    assert ask("DELETE", f"{path}/favorite")[1]["article"]["favorited"] is False
    comment = ask("POST", f"{path}/comments", {"comment": {"body": "hi"}})[1]["comment"]
    assert ask("GET", f"{path}/comments")[1] == {"comments": [comment]}
    assert ask("DELETE", f"{path}/comments/{comment['id']}")[0] == 204
    assert ask("POST", "/articles", {"article": {"title": "x"}})[0] == 422
    user = ask("GET", "/user")[1]["user"]
    assert ask("PUT", "/user", {"user": {"bio": "B"}})[1]["user"]["bio"] == "B"
    assert ask("GET", "/user")[1]["user"] == {**user, "bio": "B"}
    assert [ask("DELETE", path)[0], ask("GET", path)[0]] == [204, 404]


def test_repositories_of_two_owners_bear_one_name() -> None:
    ask = asking("github_like")
    mine = ask("POST", "/user/repos", {"name": "mine"})[1]
    assert ask("GET", f"/repos/{mine['owner']['login']}/mine") == (200, mine)
    assert ask("GET", "/repos/nobody/mine")[0] == 404
    for owner in ("acme", "umbrella"):
        ask("POST", f"/orgs/{owner}/repos", {"name": "tool"})
    assert ask("PATCH", "/repos/acme/tool", {"description": "acme's"})[1]["description"] == "acme's"
    assert "description" not in ask("GET", "/repos/umbrella/tool")[1]
    numbers = [
        ask("POST", f"/repos/{owner}/tool/issues", {"title": owner})[1]["number"] for owner in ("acme", "umbrella")
    ]
    assert [*numbers, ask("POST", "/repos/acme/tool/issues", {"title": "t"})[1]["number"]] == [1, 1, 2]
    assert ask("GET", "/repos/umbrella/tool/issues/1")[1]["title"] == "umbrella"
    assert ask("GET", "/repos/umbrella/tool/issues/1", if_none_match=ask.headers["etag"]) == (304, None)
    assert ask("PATCH", "/repos/acme/tool/issues/1", {"state": "closed"})[1]["state"] == "closed"
    assert each(ask("GET", "/repos/acme/tool/issues")[1], "number") == [2]
    assert each(ask("GET", "/repos/acme/tool/issues?state=all")[1], "number") == [2, 1]
    tag = ask.headers["etag"]
    assert ask("GET", "/repos/acme/tool/issues?state=all", if_none_match=tag) == (304, None)
    assert ask("GET", "/repos/acme/tool/issues", if_none_match=tag)[0] == 200
    assert ask("PUT", "/repos/acme/tool/issues/1/lock")[0] == 204
    assert ask("GET", "/repos/acme/tool/issues/1")[1]["locked"] is True
    assert ask("GET", "/repos/acme/tool/issues?state=all", if_none_match=tag)[0] == 200
    assert ask("PUT", "/repos/acme/tool/topics", {"names": ["a"]})[1] == ask("GET", "/repos/acme/tool/topics")[1]
    assert ask("GET", "/repos/umbrella/tool/topics")[1] != {"names": ["a"]}
    assert len(ask("GET", "/search/repositories?q=TOOL")[1]["items"]) == 2
    assert ask("DELETE", "/repos/acme/tool")[0] == 204
    assert [ask("GET", f"/repos/{owner}/tool/issues/1")[0] for owner in ("acme", "umbrella")] == [404, 200]
    assert ask("POST", "/repos/acme/none/issues", {"title": "t"})[0] == 404


def test_customers_are_changed_by_forms_and_paid_for() -> None:
    ask = asking("stripe_like")
    made = [ask("POST", "/v1/customers", form={"email": f"{name}@x.org", "metadata[k]": name})[1] for name in "abc"]
    assert made[0]["metadata"] == {"k": "a"}
    page = ask("GET", "/v1/customers?limit=2")[1]
    rest = ask("GET", f"/v1/customers?limit=2&starting_after={page['data'][-1]['id']}")[1]
    assert (page["has_more"], rest["has_more"]) == (True, False)
    assert sorted(each([*page["data"], *rest["data"]], "email")) == ["a@x.org", "b@x.org", "c@x.org"]
    assert each(ask("GET", "/v1/customers?email=b@x.org")[1]["data"], "id") == [made[1]["id"]]
    assert each(ask("GET", "/v1/customers/search?query=c@x")[1]["data"], "id") == [made[2]["id"]]
    path = f"/v1/customers/{made[0]['id']}"
    assert ask("POST", path, form={"name": "Ann"})[1] == {**made[0], "name": "Ann"}
    intent = ask("POST", "/v1/payment_intents", form={"amount": 5, "currency": "eur", "customer": made[0]["id"]})[1]
    assert intent["status"] == "requires_capture"
    assert each(ask("GET", f"/v1/payment_intents?customer={made[0]['id']}")[1]["data"], "id") == [intent["id"]]
    assert ask("GET", f"/v1/payment_intents?customer={made[1]['id']}")[1]["data"] == []
    assert ask("POST", f"/v1/payment_intents/{intent['id']}/capture")[1]["status"] == "succeeded"
    assert ask("GET", f"/v1/payment_intents/{intent['id']}")[1]["status"] == "succeeded"
    assert ask("GET", "/v1/balance")[0] == 200
    assert ask("DELETE", path)[1] == {"id": made[0]["id"], "object": "customer", "deleted": True}
    assert ask("GET", path)[0] == 404


def test_every_document_is_walked() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    known = {path.stem for path in SERVICES.iterdir()}
    assert len(known) == 6
    assert {name for name in known if f'asking("{name}")' not in text} == set()
