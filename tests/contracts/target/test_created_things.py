"""What a request makes, by the rule of its operation."""

import json

import pytest
from threadmock.contracts.target.created_things import chosen_key, made_by_answer, may_make
from threadmock.contracts.target.ledger import Ledger
from threadmock.contracts.target.ledger_file import LedgerEntry
from threadmock.specs.behaviour.actions import ACTIONS
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.setting import Key, Made, Source
from threadmock.specs.contract import Operation
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Request, Response

KEY = Key("id", Source("path", ("id",)), "uuid4")
ALSO = (Made("note", Key("id", None, "uuid4"), {}),)
SENT = Request("POST", "/things/a-key")


def acting(action, **words):
    return Operation("POST", "/things/{id}", "o", "o", Rule(action, resource="thing", key=KEY, **words))


def test_what_makes_nothing_by_its_action_may_by_its_rule_and_what_nobody_knows_may():
    assert {action for action in ACTIONS if may_make(acting(action))} == {
        "create", "create_many", "append", "copy", "run", "replace", "fixed",
    }  # fmt: skip
    assert all(may_make(acting(action, also=ALSO)) for action in ACTIONS)
    for action in ACTIONS:  # a read that makes what it shows writes nothing that somebody would have to remove
        operation = acting(action, missing="create")
        assert may_make(operation) != operation.rule.traits.only_reads, action


@pytest.mark.parametrize("action", ACTIONS)
def test_a_request_chooses_a_key_where_what_is_made_is_made_under_it(action):
    chooses = action in ("create", "run", "replace", "update", "fixed")
    assert chosen_key(acting(action), SENT) == ("a-key" if chooses else None)


def test_what_is_removed_with_something_made_beside_was_not_made():
    made = made_by_answer(acting("delete", also=ALSO), SENT, Response(204))
    assert list(made) == []


SEEKRFLOW, OURS, TOLD = load("seekrflow"), "thread_ours", "run_0123456789abcdef"


def answered(name, value, *, kind="application/json", path=f"/v1/threads/{OURS}/runs"):
    """What a ledger owns after its run made a thread, and an operation was answered like that about it."""
    operation = next(each for each in SEEKRFLOW.operations if str(each) == name)
    ledger = Ledger(agent=SEEKRFLOW.profile.agent)
    ledger.take(LedgerEntry("", "thread", OURS, {}, ""))
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    ledger.note(operation, Request(operation.method, path), Response(200, {"content-type": kind}, body))
    return ledger


def test_a_run_is_known_by_the_member_in_which_its_answer_says_its_key():
    ledger = answered("POST /v1/threads/{thread_id}/runs", {"run_id": TOLD, "thread_id": OURS, "id": "another-id"})
    assert ledger.owns("run", TOLD)
    assert not ledger.owns("run", "another-id")


def test_a_run_is_known_by_the_event_that_says_its_key_and_by_no_other():
    text = b'data: {"type":"start","messageId":"%s"}\n\ndata: {"type":"text-start","id":"text_0123456789"}\n\n'
    name, path = "POST /v1/threads/{thread_id}/runs/stream", f"/v1/threads/{OURS}/runs/stream"
    ledger = answered(name, text % TOLD.encode(), kind="text/event-stream", path=path)
    assert ledger.owns("run", TOLD)
    assert not ledger.owns("run", "text_0123456789")


def test_a_run_is_known_by_the_list_of_a_thread_of_ours_that_says_where_it_lies():
    others = [{"id": "run_of_others_1", "thread_id": "thread_of_others"}, {"id": "run_of_others_2"}]
    ledger = answered("GET /v1/threads/{thread_id}/runs", [{"id": TOLD, "thread_id": OURS}, *others])
    assert ledger.owns("run", TOLD)
    assert not any(ledger.owns("run", each["id"]) for each in others)


def test_a_run_in_a_thread_of_others_stays_theirs():
    theirs = {"id": TOLD, "thread_id": "thread_of_others"}
    path = "/v1/threads/thread_of_others/runs"
    assert not answered("GET /v1/threads/{thread_id}/runs", [theirs], path=path).owns("run", TOLD)
    path = f"/v1/threads/thread_of_others/runs/{TOLD}"
    assert not answered("GET /v1/threads/{thread_id}/runs/{run_id}", theirs, path=path).owns("run", TOLD)


@pytest.mark.parametrize(
    ("answer", "keys"),
    [
        ({"type": "success", "id": -3762, "result": {"run_id": "a-run"}}, ["a-run"]),
        ({"type": "error", "id": 7, "error": "unknown_command"}, []),
    ],
)
def test_the_id_of_a_command_is_not_the_key_of_a_run(answer, keys):
    command = next(o for o in load("langsmith", layer="observed").operations if o.rule.run and o.rule.run.commands)
    sent = Request("POST", command.path.replace("{thread_id}", OURS), body=b'{"id": 1, "method": "run.start"}')
    answered_so = Response(200, {"content-type": "application/json"}, json.dumps(answer).encode())
    assert [entry.key for entry in made_by_answer(command, sent, answered_so) if entry.resource == "run"] == keys
