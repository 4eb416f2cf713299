"""The guard: a write touches only what this run made, wherever in a request a thing is named."""

import json

import pytest
from threadmock.contracts.cases.fresh_keys import fresh_key, is_invented, unknown_keys
from threadmock.contracts.target.guard import Guard, NamingPlace, naming_places, touches, writes
from threadmock.contracts.target.ledger import Ledger
from threadmock.contracts.target.ledger_file import LedgerEntry
from threadmock.contracts.transport.errors import Forbidden, NotSent, OwnershipError
from threadmock.specs.behaviour.actions import ACTIONS, Traits
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.setting import Key, Made, Setting, Source, Within
from threadmock.specs.contract import Operation
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Request

MINE = "11111111-1111-4111-8111-111111111111"
THEIRS = "22222222-2222-4222-8222-222222222222"
RUNS = {"mine": "33333333-3333-4333-8333-333333333333", "theirs": "44444444-4444-4444-8444-444444444444"}


def guard(provider="langsmith", *, local=False, writable=True):
    owned = Ledger()
    owned.take(LedgerEntry("create", "thread", MINE))
    owned.take(LedgerEntry("create", "run", RUNS["mine"]))
    owned.take(LedgerEntry("create", "thread", "thread_mine0001"))
    owned.take(LedgerEntry("create", "message", 7))
    return Guard(load(provider), owned, local=local, writable=writable, name="there")


def request(method, path, body=None, query="", **headers):
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Request(method, path, query, {"content-type": "application/json"} | headers, data)


FOREIGN = {
    "a delete": request("DELETE", f"/threads/{THEIRS}"),
    "an update": request("PATCH", f"/threads/{THEIRS}", {"metadata": {}}),
    "a copy": request("POST", f"/threads/{THEIRS}/copy"),
    "an append": request("POST", f"/threads/{THEIRS}/state", {"values": {}}),
    "an append after another's piece": request("POST", f"/threads/{MINE}/state", {"checkpoint_id": THEIRS}),
    "the same, inside": request("POST", f"/threads/{MINE}/state", {"checkpoint": {"checkpoint_id": THEIRS}}),
    "a run": request("POST", f"/threads/{THEIRS}/runs", {"assistant_id": "agent"}),
    "a run that is streamed": request("POST", f"/threads/{THEIRS}/runs/stream", {"assistant_id": "agent"}),
    "a command": request("POST", f"/threads/{THEIRS}/commands", {"method": "run.start"}),
    "a run of another thread": request("DELETE", f"/threads/{MINE}/runs/{RUNS['theirs']}"),
    "a cancel": request("POST", f"/threads/{THEIRS}/runs/{RUNS['mine']}/cancel"),
    "a reader who ends what it reads": request("GET", f"/threads/{MINE}/runs/{RUNS['theirs']}/stream"),
    "a prune": request("POST", "/threads/prune", {"thread_ids": [THEIRS]}),
    "a prune of both": request("POST", "/threads/prune", {"thread_ids": [MINE, THEIRS]}),
    "a prune in another spelling": request("POST", "/threads/prune", {"threadIds": [THEIRS], "thread_ids": [MINE]}),
    "a prune in capitals": request("POST", "/threads/prune", {"thread_ids": [THEIRS.upper()]}),
    "a member that comes twice": request(
        "POST", "/threads/prune", f'{{"thread_ids": ["{THEIRS}"], "thread_ids": ["{MINE}"]}}'.encode()
    ),
    "UTF-16": request("POST", "/threads/prune", f'{{"thread_ids": ["{THEIRS}"]}}'.encode("utf-16")),
    "a byte order mark": request("POST", "/threads/prune", f'\ufeff{{"thread_ids": ["{THEIRS}"]}}'.encode()),
    "NaN beside it": request("POST", "/threads/prune", f'{{"thread_ids": ["{THEIRS}"], "a": NaN}}'.encode()),
    "runs to be cancelled": request("POST", "/runs/cancel", {"thread_id": MINE, "run_ids": [RUNS["theirs"]]}),
    "runs of another's thread": request("POST", "/runs/cancel", {"thread_id": THEIRS, "run_ids": [RUNS["mine"]]}),
    "a key that may be taken": request("POST", "/threads", {"thread_id": THEIRS, "if_exists": "do_nothing"}),
}
OWN = {
    "a delete": request("DELETE", f"/threads/{MINE}"),
    "a delete in capitals": request("DELETE", f"/threads/{MINE.upper()}"),
    "a prune": request("POST", "/threads/prune", {"thread_ids": [MINE]}),
    "a cancel": request("POST", "/runs/cancel", {"thread_id": MINE, "run_ids": [RUNS["mine"]]}),
    "a create": request("POST", "/threads", {"metadata": {}}),
    "a create with a key made up": request("POST", "/threads", {"thread_id": fresh_key()}),
    "a delete of nothing": request("DELETE", f"/threads/{unknown_keys(12345678901)[0]}"),
    "a read of another's": request("GET", f"/threads/{THEIRS}"),
    "a search by another's id": request("POST", "/threads/search", {"ids": [THEIRS]}),
    "a run of an agent that is there": request("POST", f"/threads/{MINE}/runs", {"assistant_id": THEIRS}),
}


@pytest.mark.parametrize("local", [True, False], ids=["this machine", "elsewhere"])
@pytest.mark.parametrize("sent", FOREIGN.values(), ids=FOREIGN)
def test_what_others_made_is_not_touched(sent, local):
    with pytest.raises(Forbidden):
        guard(local=local).check(sent, planned=False)
    with pytest.raises(OwnershipError, match="which this run did not make"):
        guard(local=local).check(sent, planned=True)


@pytest.mark.parametrize("sent", OWN.values(), ids=OWN)
def test_what_this_run_made_and_what_it_made_up_may_be_touched(sent):
    guard().check(sent, planned=True)


NOTHING = [{}, [], None, False, True, 1.5, "", [{}], [[MINE]], [{"thread_id": MINE}], [MINE, None], {"id": MINE}]


@pytest.mark.parametrize("local", [True, False], ids=["this machine", "elsewhere"])
@pytest.mark.parametrize("keys", NOTHING, ids=str)
def test_a_prune_of_nothing_in_particular_may_be_one_of_everything(keys, local):
    for body in ({"thread_ids": keys}, {"thread_ids": keys, "strategy": "delete"}, {"strategy": "delete"}, {}, None):
        with pytest.raises(Forbidden):
            guard(local=local).check(request("POST", "/threads/prune", body), planned=True)


@pytest.mark.parametrize("more", [{}, {"run_ids": False}, {"run_ids": []}, {"thread_id": MINE}], ids=str)
def test_a_cancel_by_status_is_about_the_runs_of_others(more):
    for local in (True, False):
        with pytest.raises(Forbidden, match="without plain keys"):
            guard(local=local).check(request("POST", "/runs/cancel", {"status": "all", **more}), planned=True)


@pytest.mark.parametrize("name", ["x-http-method-override", "x-http-method", "x-method-override"])
def test_a_read_that_may_be_made_a_delete_is_none(name):
    with pytest.raises(Forbidden, match="another method"):
        guard(local=True).check(request("GET", f"/threads/{THEIRS}", **{name: "DELETE"}), planned=True)


@pytest.mark.parametrize("body", [b"\x1f\x8b", b'{"thread_ids": ["x"]}'])
def test_a_prune_that_nobody_can_read_is_sent_nowhere(body):
    sent = request("POST", "/threads/prune", body, **{"content-encoding": "gzip"})
    with pytest.raises(Forbidden, match="without plain keys"):
        guard(local=True).check(sent, planned=False)


@pytest.mark.parametrize("body", [b'{"thread_ids": ["', b'--x\r\ncontent-disposition: form-data; name="thread_ids"'])
def test_a_body_that_nobody_can_read_is_not_sent_elsewhere(body):
    with pytest.raises(Forbidden, match="can't be read"):
        guard().check(request("POST", "/threads/prune", body), planned=False)


def test_an_encoded_body_counts_as_one_that_nobody_can_read():
    with pytest.raises(Forbidden, match="can't be read"):
        guard().check(request("POST", "/threads/prune", b"\x1f\x8b", **{"content-encoding": "gzip"}), planned=False)


def test_a_key_of_one_kind_is_none_of_another():
    sent = request("DELETE", "/v1/threads/thread_mine0001/messages/7")
    guard("seekrflow").check(sent, planned=True)
    with pytest.raises(OwnershipError):
        guard("seekrflow").check(request("DELETE", "/v1/threads/7"), planned=True)


def test_a_text_that_is_no_key_is_tried_on_this_machine_only():
    sent = request("DELETE", "/threads/not-a-uuid")
    guard(local=True).check(sent, planned=True)
    with pytest.raises(Forbidden):
        guard().check(sent, planned=True)


def test_a_method_that_no_document_has_is_tried_on_own_things_of_this_machine_only():
    with pytest.raises(Forbidden):
        guard().check(request("PUT", f"/threads/{MINE}"), planned=False)
    guard(local=True).check(request("PUT", f"/threads/{MINE}"), planned=False)
    with pytest.raises(Forbidden):
        guard(local=True).check(request("PUT", f"/threads/{THEIRS}"), planned=False)


def test_where_nothing_may_be_written_searches_go_and_writes_do_not():
    closed = guard(writable=False)
    closed.check(request("POST", "/threads/search", {}), planned=True)
    for sent in (request("POST", "/threads", {}), request("DELETE", f"/threads/{MINE}"), request("POST", "/else")):
        with pytest.raises(NotSent):
            closed.check(sent, planned=True)


def test_what_is_only_guessed_to_be_a_search_and_answers_no_list_counts_as_a_write(tmp_path):
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/things/search": {"post": {"responses": {"200": {"description": "d"}}}}},
    }
    (tmp_path / "things.json").write_text(json.dumps(document))
    assert writes(load(str(tmp_path / "things.json")).operations[0])


UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def acting(action, method="POST", source="path.id", **words):
    """An operation that no document has: an action on a thing of a key."""
    place, *steps = source.split(".")
    rule = Rule(action, resource="thing", key=Key("id", Source(place, tuple(steps)), "uuid4"), **words)
    return Operation(method, "/things/{id}", "o", "o", rule)


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_writes_where_its_method_is_not_safe_but_for_those_that_only_read(action, method):
    assert writes(acting(action, method)) is not ACTIONS[action].only_reads
    assert writes(acting(action, method, inferred=True))
    assert not writes(acting(action, "GET"))


@pytest.mark.parametrize("method", UNSAFE)
def test_an_action_of_which_nothing_is_said_writes(method, monkeypatch):
    monkeypatch.setattr("threadmock.specs.behaviour.rule.ACTIONS", {"planted": Traits()})
    assert writes(acting("planted", method))
    assert touches(acting("planted", method))


MORE = {
    "a thing that is made where it is missing": {"missing": "create"},
    "a thing made beside": {"also": (Made("other", Key("id", None, "uuid4"), {}),)},
    "a parent that is touched": {"touch": {"seen": Setting("generate", "now")}},
    "a parent that is made": {
        "within": Within("parent", Source("body", ("parent",)), create=Made("parent", Key("id", None, "uuid4"), {}))
    },
}


@pytest.mark.parametrize("words", MORE.values(), ids=MORE)
def test_what_reads_and_makes_something_as_well_writes(words):
    assert not writes(acting("read"))
    assert writes(acting("read", **words))


@pytest.mark.parametrize("source", ["path.id", "query.id", "body.id", "body.thing.id", "header.x-thing"])
@pytest.mark.parametrize("action", ACTIONS)
def test_wherever_a_rule_has_its_key_the_guard_looks(action, source):
    place, *steps = source.split(".")
    assert NamingPlace("thing", Source(place, tuple(steps))) in set(naming_places(acting(action, source=source)))


def test_a_key_that_is_the_parents_is_one_of_the_parent_unless_a_thing_is_made_under_it():
    parent = Source("path", ("id",))
    within = Within("parent", parent)
    assert set(naming_places(acting("read", within=within))) == {NamingPlace("parent", parent)}
    assert set(naming_places(acting("create", within=within))) == {
        NamingPlace("parent", parent),
        NamingPlace("thing", parent),
    }


def test_a_key_inside_an_object_of_an_update_is_looked_at(tmp_path):
    rule = {"action": "update", "resource": "thing", "key": {"field": "id", "from": "body.thing.id"}}
    schema = {"type": "object", "properties": {"thing": {"type": "object"}}}
    post = {
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "d"}},
        "x-behaviour": rule,
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/things": {"post": post}}}
    (tmp_path / "things.json").write_text(json.dumps(document))
    own = Ledger()
    own.take(LedgerEntry("create", "thing", MINE))
    judge = Guard(load(str(tmp_path / "things.json")), own, local=False)
    judge.check(request("POST", "/things", {"thing": {"id": MINE}}), planned=True)
    with pytest.raises(OwnershipError):
        judge.check(request("POST", "/things", {"thing": {"id": THEIRS}}), planned=True)


def test_made_up_keys_are_told_from_others():
    assert all(is_invented(fresh_key()) for _ in range(100))
    assert is_invented(unknown_keys(99)[0])
    for other in (MINE, THEIRS, "00000000-0000-0000-0000-000000000000", 1, "1", "abc", "", None, unknown_keys(5)[1]):
        assert not is_invented(other)


ADDRESSES = {
    "a host": {"webhook": "https://somebody.dev/hook"},
    "in capitals": {"webhook": "HTTPS://SOMEBODY.DEV"},
    "this machine": {"webhook": "http://127.0.0.1:8000/"},
    "by its number": {"webhook": "http://[::1]/"},
    "behind a name": {"webhook": "https://hooks.example@somebody.dev/"},
    "that only begins so": {"webhook": "https://example.com.somebody.dev/"},
    "deep inside": {"input": [{"url": ["see http://somebody.dev"]}]},
    "escaped": b'{"webhook": "\\u0068ttps:\\/\\/somebody.dev"}',
    "in a body that is no JSON": b'{"webhook": "https://somebody.dev"',
}


@pytest.mark.parametrize("local", [True, False], ids=["this machine", "elsewhere"])
@pytest.mark.parametrize("body", ADDRESSES.values(), ids=ADDRESSES)
def test_no_address_of_anybody_is_told_to_a_target(body, local):
    with pytest.raises(Forbidden, match="might call"):
        guard(local=local).check(request("POST", f"/threads/{MINE}/runs", body), planned=True)


@pytest.mark.parametrize("host", ["example.org", "hooks.example", "a.b.invalid", "x.test:8000", "u@example.com"])
def test_an_address_that_nobody_has_may_be_told(host):
    body = {"assistant_id": "agent", "webhook": f"https://{host}/hook"}
    guard().check(request("POST", f"/threads/{MINE}/runs", body), planned=True)


@pytest.mark.parametrize("local", [True, False])
def test_nothing_is_put_under_an_empty_key_for_nothing_could_remove_it(local):
    def put(key):
        return request("PUT", "/store/items", {"namespace": ["mine"], "key": key, "value": {}})

    guard(local=local).check(put(fresh_key()), planned=False)
    with pytest.raises(Forbidden, match="empty"):
        guard(local=local).check(put(""), planned=False)
    guard(local=local).check(request("POST", "/threads", {"thread_id": ""}), planned=False)
