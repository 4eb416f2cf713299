"""Refusals in the provider's own shape, filled with what is true."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clients import Client, make_gateway
from threadmock.mockserver.pipeline.refusals import fill, render
from threadmock.mockserver.rules.outcome import Refused
from threadmock.specs.behaviour.rule import Refusal
from threadmock.specs.schemas.formats import FORMAT_CHECKER
from threadmock.specs.schemas.validation import Violation
from threadmock.specs.text import cut

TWO = (
    Violation("body", "required", ("title",), "is required"),
    Violation("body", "type", ("tags", 3), "7 is not a text"),
)
KEY = {"authorization": "Bearer k"}
EACH = {"detail": {"$each": {"loc": "$location", "msg": "$reason", "type": "$code"}}}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("fixed", "fixed"),
        ("$reason", "is required"),
        ("$code", "missing"),
        ("$key", "k1"),
        ("$location", ["body", "title"]),
        ("Sorry: $reason ($code, $key)", "Sorry: is required (missing, k1)"),
        ({"detail": "$reason", "n": 1, "x": None, "t": True}, {"detail": "is required", "n": 1, "x": None, "t": True}),
        (["$reason", {"a": "$code"}], ["is required", {"a": "missing"}]),
        (
            EACH,
            {
                "detail": [
                    {"loc": ["body", "title"], "msg": "is required", "type": "missing"},
                    {"loc": ["body", "tags", 3], "msg": "7 is not a text", "type": "type_error"},
                ]
            },
        ),
        ({"$fields": ["$reason"]}, {"title": ["is required"], "tags": ["7 is not a text"]}),
        ({"errors": {"$fields": "$code"}}, {"errors": {"title": "missing", "tags": "type_error"}}),
        ({"$fields": {"msg": "$reason"}}, {"title": {"msg": "is required"}, "tags": {"msg": "7 is not a text"}}),
    ],
    ids=str,
)
def test_a_template_is_filled_with_what_is_wrong(template: Any, filled: Any) -> None:
    assert fill(template, Refused("invalid", "first", TWO, key="k1")) == filled


def test_several_violations_of_one_member_are_listed_together() -> None:
    both = [Violation("body", "type", ("name",), "a"), Violation("body", "maxLength", ("name", "x"), "b")]
    assert fill({"$fields": ["$reason"]}, Refused("invalid", "x", both)) == {"name": ["a", "b"]}


def test_what_is_wrong_with_the_whole_stands_under_no_field() -> None:
    whole = [Violation("body", "type", (), "[] is no object")]
    assert fill({"$fields": ["$reason"]}, Refused("invalid", "x", whole)) == {"non_field_errors": ["[] is no object"]}


def test_without_violations_the_reason_itself_is_told() -> None:
    assert fill(EACH, Refused("unknown", "Thread k1 not found", key="k1")) == {
        "detail": [{"loc": ["body"], "msg": "Thread k1 not found", "type": "unknown"}]
    }


@pytest.mark.parametrize(
    ("where", "first"),
    [
        ("body", "body"),
        ("path", "path"),
        ("query", "query"),
        ("header", "header"),
        ("json", "body"),
        ("media_type", "header"),
    ],
)
def test_a_location_begins_with_the_part_of_the_request(where: str, first: str) -> None:
    refused = Refused("invalid", "x", (Violation(where, "type", ("a",), "x"),))
    assert fill("$location", refused) == [first, "a"]


def test_placeholders_in_what_the_client_sent_are_only_text() -> None:
    hostile = "$key $reason $code {$each} %s {0}"
    refused = Refused("invalid", hostile, (Violation("body", "type", (), hostile),), key="secret")
    assert fill({"detail": "$reason"}, refused) == {"detail": hostile}
    assert fill({"detail": "Wrong: $reason"}, refused) == {"detail": f"Wrong: {hostile}"}


@given(st.text(max_size=2000))
def test_reasons_are_cut_to_a_length_and_stay_text(text: str) -> None:
    shown = cut(text, 500)
    assert len(shown) <= 500
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def test_a_refusal_that_the_provider_has_no_shape_for_is_problem_json() -> None:
    response = render(Refused("too_large", "The body has more than 5 bytes"), {})
    body = json.loads(response.content)
    assert (response.status, response.headers["content-type"]) == (413, "application/problem+json")
    assert body["status"] == 413
    assert body["type"].startswith("urn:threadmock:")
    assert body["detail"] == "The body has more than 5 bytes"


def test_malformed_falls_back_to_the_shape_of_invalid() -> None:
    response = render(Refused("malformed", "no JSON"), {"invalid": Refusal(422, {"detail": "$reason"})})
    assert (response.status, json.loads(response.content)) == (422, {"detail": "no JSON"})


def test_a_status_of_its_own_wins_over_the_shapes() -> None:
    response = render(Refused("taken", "x", status=418), {"taken": Refusal(409, {"detail": "$reason"})})
    assert response.status == 418


@given(st.lists(st.text(max_size=5) | st.integers(), max_size=4), st.text(max_size=20))
def test_any_location_and_reason_render_as_json(location: list[str | int], reason: str) -> None:
    refused = Refused("invalid", reason, (Violation("body", "type", tuple(location), reason),))
    for template in (EACH, {"$fields": ["$reason"]}, {"detail": "$reason"}):
        assert json.loads(render(refused, {"invalid": Refusal(400, template)}).content)


# The reason is really true: every location in a refusal is one where an independent validator finds fault.

GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "ishvana": ("/api/chat/threads", {"title": "T", "tags": ["a"], "project_id": "p", "initial_message": "m"}),
    "scale": (
        "/v4/applications/a/threads",
        {"title": "T", "application_variant_id": "a", "account_id": "b", "thread_metadata": {}},
    ),
    "seekrflow": ("/v1/threads", {"meta_data": {"a": 1}}),
    "lighton": ("/api/v3/threads", {"name": "n", "agent_id": 1, "is_ephemeral": True, "chat_setting_id": 2}),
}
WRONG = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.lists(st.integers(), max_size=2)
    | st.just({"a": 1})
)
CLIENTS = {name: Client(make_gateway(name)) for name in GOOD}


def faults(errors: Any) -> set[tuple[Any, ...]]:
    """Every place at which jsonschema finds fault, inside of unions too."""
    found: set[tuple[Any, ...]] = set()
    for error in errors:
        path = tuple(error.absolute_path)
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            found.update((*path, name) for name in missing)
        else:
            found.add(path)
        found |= faults(error.context or ())
    return found


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_every_location_in_a_refusal_is_really_at_fault(name: str, data: st.DataObject) -> None:
    path, good = GOOD[name]
    body: Any = dict(good)
    for member in data.draw(st.lists(st.sampled_from(sorted(good)), min_size=1, unique=True)):
        if data.draw(st.booleans()):
            body[member] = data.draw(WRONG)
        else:
            del body[member]
    if data.draw(st.integers(0, 9)) == 0:
        body = data.draw(WRONG)
    told = CLIENTS[name].post(path, body, headers=KEY)
    operation = CLIENTS[name].gateway.contracts[0].operations[0]
    assert operation.body
    schema = operation.body.content["application/json"].schema
    assert schema
    judge = jsonschema.Draft202012Validator(dict(schema.document), format_checker=FORMAT_CHECKER)
    wrong = faults(judge.iter_errors(body))
    if told.status < 300:
        assert not wrong
        return
    assert wrong
    if name == "lighton":
        assert set(told.json()) <= {str(place[0]) if place else "non_field_errors" for place in wrong}
        return
    for item in told.json()["detail"]:
        assert item["loc"][0] == "body"
        assert tuple(item["loc"][1:]) in wrong
        assert item["msg"]
        assert (item["type"] == "missing") is (place_of(body, item["loc"][1:]) is MISSING)


MISSING = object()


def place_of(value: Any, steps: list[Any]) -> Any:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step, MISSING)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return MISSING
    return value
