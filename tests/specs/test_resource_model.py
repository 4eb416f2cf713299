"""What inferred rules learn from each other: verbs on one thing, parents that a document makes, keys."""

import pytest
from support.documents import JSON, read

TEXT = {"type": "string"}
STATES = {"type": "string", "enum": ["open", "closed", "cancelled", "archived", "resolved"]}
TICKET = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "status": STATES,
        "archived": {"type": "boolean"},
        "closed_at": {"type": ["string", "null"], "format": "date-time"},
        "queue_id": TEXT,
    },
}
NOTE = {"type": "object", "required": ["id"], "properties": {"id": TEXT, "ticket_id": {"type": "integer"}}}


def operation(path: str, schema: dict | None = None, status: str = "200", **node: object) -> dict:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names]
    reply = {"description": "", **({"content": {JSON: {"schema": schema}}} if schema else {})}
    return {"parameters": parameters, "responses": {status: reply}, **node}


def rules(**more: dict) -> dict:
    paths = {
        "/queues": {"post": operation("/queues", {"type": "object", "properties": {"id": TEXT}}, "201")},
        "/queues/{queue_id}/tickets": {
            "post": operation("/queues/{queue_id}/tickets", TICKET, "201"),
            "get": operation("/queues/{queue_id}/tickets", {"type": "array", "items": TICKET}),
        },
        "/tickets/{ticket_id}": {"get": operation("/tickets/{ticket_id}", TICKET)},
        **{f"/tickets/{{ticket_id}}/{name}": item for name, item in more.items()},
    }
    operations, _ = read(paths)
    return {f"{each.method} {each.path}": each.rule for each in operations}


def verb(name: str, schema: dict = TICKET) -> dict:
    return {name: {"post": operation(f"/tickets/{{ticket_id}}/{name}", schema)}}


@pytest.mark.parametrize(
    ("word", "member", "value"),
    [
        ("close", "status", "closed"),
        ("cancel", "status", "cancelled"),
        ("resolve", "status", "resolved"),
        ("reopen", "status", "open"),
        ("archive", "archived", True),
    ],
)
def test_a_verb_after_the_key_changes_that_thing(word, member, value):
    rule = rules(**verb(word))[f"POST /tickets/{{ticket_id}}/{word}"]
    assert (rule.action, rule.resource, rule.evidence, rule.inferred) == ("update", "tickets", "assumed", True)
    assert str(rule.key.source) == "path.ticket_id"
    assert rule.set[member].value == value
    assert (rule.set.get("closed_at") is not None) is (word == "close")


def test_a_collection_below_a_thing_is_no_verb():
    listed = {"notes": {"post": operation("/tickets/{ticket_id}/notes", NOTE, "201"), "get": operation("/tickets/{ticket_id}/notes", {"type": "array", "items": NOTE})}}  # fmt: skip
    assert rules(**listed)["POST /tickets/{ticket_id}/notes"].action == "create"
    of_another = verb("notes", NOTE)
    assert rules(**of_another)["POST /tickets/{ticket_id}/notes"].action == "create"


def test_a_verb_without_an_outcome_among_the_members_changes_nothing_and_answers_the_thing():
    rule = rules(**verb("touch"))["POST /tickets/{ticket_id}/touch"]
    assert (rule.action, dict(rule.set)) == ("update", {})


def test_the_key_of_a_thing_is_the_member_that_its_create_answers_with():
    assert rules()["GET /tickets/{ticket_id}"].key.member == "id"


def test_a_parent_that_the_document_makes_has_to_be_there():
    made = rules(**verb("notes", NOTE))
    assert made["POST /queues/{queue_id}/tickets"].within.must_exist
    below, _ = read({"/rooms/{room_id}/notes": {"post": operation("/rooms/{room_id}/notes", NOTE, "201")}})
    assert not below[0].rule.within.must_exist


def test_a_member_that_bears_the_name_of_a_path_parameter_holds_its_value():
    made = rules()["POST /queues/{queue_id}/tickets"]
    assert [str(source) for source in made.set["queue_id"].sources] == ["path.queue_id"]
    assert made.set["queue_id"].evidence == "assumed"


def test_a_declared_rule_stays_as_it_is():
    declared = {"x-behaviour": {"action": "fixed"}}
    rule = rules(close={"post": {**operation("/tickets/{ticket_id}/close", TICKET), **declared}})
    assert rule["POST /tickets/{ticket_id}/close"].action == "fixed"
