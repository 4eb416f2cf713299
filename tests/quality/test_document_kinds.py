"""Kinds of documents, one file each below `tests/data/kinds`: the mock of each has nothing that the suite could find."""

from pathlib import Path

import pytest
from support.clients import Client, make_gateway
from support.paths import DATA
from threadmock.contracts import verify
from threadmock.specs.loader import load

UNWRITTEN = "unwritten_bodies"
KINDS = sorted(path for path in (DATA / "kinds").iterdir() if path.stem != UNWRITTEN)
# A fault that is seen in what each shows of its things, whatever else the document leaves open.
FAULTS = {
    "read_only": "lower-case",
    "outer_lists": "list-deleted",
    "other_errors": "accept-invalid",
    "credential_parameters": "open-door",
    "listed_keys": "lost-update",
    "two_ways_down": "lower-case",
    "fuller_lists": "lower-case",
    "short_answers": "lower-case",
    "keyless_lists": "accept-invalid",
    "telling_envelopes": "accept-invalid",
    "folded_recursion": "accept-invalid",
    "defaults_without_body": "accept-invalid",
}


def kind(name: str) -> Path:
    return DATA / "kinds" / f"{name}.yaml"


@pytest.mark.parametrize("path", KINDS, ids=[path.stem for path in KINDS])
def test_the_mock_of_a_kind_of_document_has_no_finding(path: Path) -> None:
    contract = load(path)
    assert contract.left_out == ()
    assert [each for each in contract.operations if each.unanswerable] == []
    report = verify(path, seed=7, max_examples=2, max_requests=25)
    assert report.failures == (), str(report)
    assert [each.operation for each in report.operations if each.untested or not each.exchanges] == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", FAULTS)
def test_nothing_of_it_is_unconfirmed_either(name: str, seed: int) -> None:
    report = verify(kind(name), seed=seed, max_examples=4)
    assert report.findings == (), str(report)


@pytest.mark.parametrize(("name", "fault"), FAULTS.items())
def test_a_fault_is_found_there(name: str, fault: str) -> None:
    assert verify(kind(name), seed=1, max_examples=4, faults=[fault]).findings


def test_what_is_the_servers_is_not_taken_from_a_request() -> None:
    client = Client(make_gateway(kind("read_only")))
    sent = {"title": "t", "id": "mine", "kind": "mine", "revision": 9, "state": "shown"}
    made = client.post("/books", sent).json()
    assert made["title"] == "t"
    assert not {*sent.items()} - {("title", "t")} & {*made.items()}


def test_a_list_holds_all_that_lies_below_what_its_path_names() -> None:
    client = Client(make_gateway(kind("outer_lists")))
    for site, room, name in (("a", "1", "x"), ("a", "2", "y"), ("b", "1", "z")):
        assert client.send("PUT", f"/sites/{site}/rooms/{room}/sensors/{name}", json={}).status == 200

    def names(path: str) -> set[str]:
        return {each["name"] for each in client.get(path).json()["value"]}

    assert names("/sites/a/sensors") == {"x", "y"}
    assert names("/sites/a/rooms/1/sensors") == {"x"}
    assert names("/sites/b/sensors") == {"z"}
    assert names("/sites/c/sensors") == set()


def test_a_wrong_request_gets_the_documented_error_that_means_nothing_else() -> None:
    client = Client(make_gateway(kind("other_errors")))
    told = client.post("/jobs", {"title": 1})
    assert told.status == 480
    assert told.json()["message"]
    assert client.get("/jobs/none").status == 404


def test_what_is_made_is_shown_where_only_201_shows_something() -> None:
    client = Client(make_gateway(kind("listed_keys")))
    made = client.send("PUT", "/plans/p/levels/master", json={"note": "n"})
    assert (made.status, made.json()) == (201, {"name": "master", "note": "n"})
    again = client.send("PUT", "/plans/p/levels/master", json={"note": "m"})
    assert (again.status, again.body) == (200, b"")


def test_what_lies_below_a_member_is_read_below_the_space() -> None:
    client = Client(make_gateway(kind("two_ways_down")))
    member = client.post("/here/members", {"name": "n"}).json()["id"]
    act = client.post(f"/here/members/{member}/acts", {"title": "t"}).json()
    assert client.get(f"/here/acts/{act['id']}").json() == act
    assert client.get(f"/elsewhere/acts/{act['id']}").status == 404


def test_an_operation_whose_body_nobody_can_write_is_left_out_by_name() -> None:
    report = verify(kind(UNWRITTEN), seed=1, max_examples=2)
    assert report.findings == (), str(report)
    untested = {each.operation: each.untested for each in report.operations if each.untested}
    assert "its body is application/jwt, of which there is no example" in untested.pop("post-keys")
    assert untested == {}
    asked = {each.operation: each.exchanges for each in report.operations}
    assert asked["post-keys"] == 0 < asked["get-jobs-state"]


def test_a_list_shows_what_was_made_with_what_else_its_items_need() -> None:
    client = Client(make_gateway(kind("fuller_lists")))
    for path in ("/articles", "/brands"):
        made = [client.post(path, {"title": title}).json() for title in ("a", "b")]
        shown = client.get(path).json()
        items = shown if path == "/articles" else shown["data"]
        assert [(each["id"], each["title"]) for each in items] == [(each["id"], each["title"]) for each in made[::-1]]


def test_one_thing_among_words_about_the_answer_is_found_by_its_key() -> None:
    client = Client(make_gateway(kind("telling_envelopes")))
    made = [client.post("/tickets", {"subject": subject}).json()["data"]["id"] for subject in ("a", "b")]
    assert len(set(made)) == 2
    assert [client.get(f"/tickets/{key}").json()["data"]["subject"] for key in made] == ["a", "b"]
