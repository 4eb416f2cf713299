"""A user's own document, with no rule in it: what is created is read, listed, changed and deleted."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from support.clients import Client, make_gateway
from support.paths import DATA
from threadmock.mockserver.state.memory import MemoryStore
from threadmock.specs.loader import load


@pytest.fixture
def things(client: Any, data: Any) -> Client:
    made: Client = client(data / "things.yaml")
    return made


def test_what_was_created_is_read_listed_changed_and_deleted(things: Client) -> None:
    made = things.post("/things", {"name": "One", "labels": {"a": "b"}})
    assert made.status == 201
    path = f"/things/{made.json()['id']}"
    assert things.get(path).json() == made.json()
    assert things.get("/things").json() == [made.json()]
    changed = things.send("PATCH", path, json={"name": "Two"})
    assert changed.status == 200
    assert changed.json()["name"] == "Two"
    assert changed.json()["labels"] == {"a": "b"}
    assert changed.json()["created_at"] == made.json()["created_at"]
    assert changed.json()["updated_at"] > made.json()["updated_at"]
    assert things.get(path).json() == changed.json()
    gone = things.send("DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    assert "content-type" not in gone.headers
    assert "content-length" not in gone.headers
    assert things.get(path).status == 404
    assert things.get("/things").json() == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("key", ["nobody", "thing_0", "..", "%00", "é", "a b", "\x00"])
def test_an_unknown_id_is_404_in_the_documented_shape_and_names_it(things: Client, method: str, key: str) -> None:
    told = things.send(method, f"/things/{key}", **({"json": {"name": "n"}} if method == "PATCH" else {}))
    assert told.status == 404
    assert told.headers["content-type"] == "application/json"
    assert key in told.json()["error"]["message"]


def test_a_chosen_id_is_kept_and_a_taken_one_is_a_conflict(things: Client) -> None:
    first = things.post("/things", {"id": "mine", "name": "One"})
    again = things.post("/things", {"id": "mine", "name": "Two"})
    assert (first.status, again.status) == (201, 409)
    assert "mine" in again.json()["error"]["message"]
    assert things.get("/things/mine").json() == first.json()


def test_a_deleted_id_can_be_taken_again(things: Client) -> None:
    things.post("/things", {"id": "mine", "name": "One"})
    things.send("DELETE", "/things/mine")
    assert things.send("DELETE", "/things/mine").status == 404
    assert things.post("/things", {"id": "mine", "name": "Two"}).status == 201


def test_a_default_of_the_request_is_in_the_answer_and_an_optional_member_without_one_is_absent(things: Client) -> None:
    made = things.post("/things", {"name": "One"}).json()
    assert made["size"] == 3
    assert "owner" not in made
    assert "labels" not in made


def test_what_the_request_does_not_have_is_not_taken_from_it(things: Client) -> None:
    made = things.post("/things", {"name": "One", "owner": "me", "created_at": "1999-01-01T00:00:00Z"}).json()
    assert "owner" not in made
    assert made["created_at"].startswith("2026")


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": 7}, {"name": "n", "labels": {"a": 1}}, {"name": "n", "size": "3"}]
)
def test_an_invalid_body_is_refused_in_the_documented_shape(things: Client, body: Any) -> None:
    told = things.post("/things", body)
    assert told.status == 422
    assert set(told.json()["error"]) == {"code", "message"}
    assert things.get("/things").json() == []


def test_a_refused_change_changes_nothing(things: Client) -> None:
    made = things.post("/things", {"name": "One"}).json()
    assert things.send("PATCH", f"/things/{made['id']}", json={"name": ""}).status == 422
    assert things.get(f"/things/{made['id']}").json() == made


@pytest.mark.parametrize(
    ("query", "names"),
    [("", "cba"), ("limit=2", "cb"), ("offset=1", "ba"), ("limit=1&offset=1", "b"), ("limit=0", ""), ("offset=9", "")],
)
def test_a_list_is_newest_first_and_cut_as_asked(things: Client, query: str, names: str) -> None:
    for name in "abc":
        things.post("/things", {"name": name})
    assert "".join(thing["name"] for thing in things.get("/things", query=query).json()) == names


@pytest.mark.parametrize(
    "query", ["limit=-1", "limit=101", "limit=x", "limit=1.5", "offset=-1", "limit=", "limit=" + "9" * 5000]
)
def test_a_bad_limit_is_refused(things: Client, query: str) -> None:
    told = things.get("/things", query=query)
    assert 400 <= told.status < 500


def test_head_is_get_without_a_body(things: Client) -> None:
    things.post("/things", {"id": "mine", "name": "One"})
    for path, status in (("/things", 200), ("/things/mine", 200), ("/things/nobody", 404)):
        head = things.send("HEAD", path)
        assert (head.status, head.body) == (status, b"")
        assert head.headers["content-type"] == things.get(path).headers["content-type"]


def test_a_full_store_is_507_and_reads_go_on(client: Any, data: Any) -> None:
    things = client(data / "things.yaml", store=MemoryStore(2))
    for name in "ab":
        assert things.post("/things", {"id": name, "name": name}).status == 201
    told = things.post("/things", {"name": "c"})
    assert told.status == 507
    assert "/_mock/reset" in told.json()["detail"]
    assert things.get("/things/a").status == 200
    assert things.post("/things", {"id": "a", "name": "again"}).status == 409
    things.send("DELETE", "/things/a")
    assert things.post("/things", {"name": "c"}).status == 201


NAMES = st.text(min_size=1, max_size=5)
LABELS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)


class Lives(RuleBasedStateMachine):
    """The mock of the user's document against a dictionary."""

    ids: Bundle[str] = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.things = Client(make_gateway(CONTRACT))
        self.model: dict[str, dict[str, Any]] = {}

    @rule(target=ids, name=NAMES, labels=LABELS)
    def create(self, name: str, labels: dict[str, str]) -> str:
        told = self.things.post("/things", {"name": name, "labels": labels})
        assert told.status == 201
        thing = told.json()
        assert thing["id"] not in self.model
        assert (thing["name"], thing["labels"]) == (name, labels)
        self.model[thing["id"]] = thing
        return str(thing["id"])

    @rule(key=ids, name=NAMES)
    def create_again(self, key: str, name: str) -> None:
        told = self.things.post("/things", {"id": key, "name": name})
        assert told.status == (409 if key in self.model else 201)
        if told.status == 201:
            self.model[key] = told.json()

    @rule(key=ids, labels=LABELS)
    def update(self, key: str, labels: dict[str, str]) -> None:
        told = self.things.send("PATCH", f"/things/{key}", json={"labels": labels})
        if key not in self.model:
            assert told.status == 404
            return
        before, after = self.model[key], told.json()
        assert after["labels"] == {**before.get("labels", {}), **labels}
        assert {**after, "labels": 0, "updated_at": 0} == {**before, "labels": 0, "updated_at": 0}
        self.model[key] = after

    @rule(key=consumes(ids))
    def delete(self, key: str) -> None:
        told = self.things.send("DELETE", f"/things/{key}")
        assert told.status == (204 if self.model.pop(key, None) else 404)

    @invariant()
    def agrees(self) -> None:
        listed = self.things.get("/things").json()
        assert {thing["id"]: thing for thing in listed} == self.model
        assert len(listed) == len(self.model)
        for key, thing in self.model.items():
            assert self.things.get(f"/things/{key}").json() == thing


CONTRACT = load(str(DATA / "things.yaml"))
TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
