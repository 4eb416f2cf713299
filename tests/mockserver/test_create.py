"""Create: what each provider's pages and the rules beside them promise of a new thread."""

import re
import uuid
from typing import Any

import pytest
from support.clients import Client, Told, form, multipart

KEY = {"authorization": "Bearer key-1"}
SCALE = "/v4/applications/variant-1/threads"
SCALE_BODY = {"title": "T", "application_variant_id": "variant-1", "account_id": "account-1"}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "ishvana": ("/api/chat/threads", {"title": "T"}),
    "langsmith": ("/threads", {}),
    "lighton": ("/api/v3/threads", {}),
    "scale": (SCALE, SCALE_BODY),
    "seekrflow": ("/v1/threads", {}),
}
NAMES = tuple(BODIES)
TAKEN = "0b9c1f5e-3a7d-4c2b-9f1e-6d5c4b3a2f10"


def create(client: Client, name: str, extra: dict[str, Any] | None = None, **rest: Any) -> Told:
    path, body = BODIES[name]
    return client.post(path, {**body, **(extra or {})}, headers={**KEY, **rest.pop("headers", {})}, **rest)


def key_of(name: str, thread: dict[str, Any]) -> str:
    return str(thread["thread_id" if name in ("langsmith", "ishvana") else "id"])


@pytest.mark.parametrize("name", NAMES)
def test_a_create_answers_with_the_documented_success_status(client: Any, name: str) -> None:
    told = create(client(name), name)
    assert told.status == (201 if name == "lighton" else 200)
    assert told.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", NAMES)
def test_ids_of_a_thousand_threads_are_distinct(client: Any, name: str) -> None:
    asked = client(name)
    ids = {key_of(name, create(asked, name).json()) for _ in range(1000)}
    assert len(ids) == 1000


@pytest.mark.parametrize("name", NAMES)
def test_moments_are_those_of_the_clock_and_ordered(client: Any, name: str) -> None:
    asked = client(name)
    moments = [create(asked, name).json()["created_at"] for _ in range(5)]
    assert moments == sorted(set(moments))
    assert all(re.fullmatch(r"2026-01-02T03:04:05\.\d{6}\+00:00", moment) for moment in moments)


@pytest.mark.parametrize("name", ["langsmith", "lighton", "scale"])
def test_a_new_thread_was_updated_when_it_was_created(client: Any, name: str) -> None:
    thread = create(client(name), name).json()
    assert thread["updated_at"] == thread["created_at"]


@pytest.mark.parametrize("name", NAMES)
def test_what_only_the_server_sets_is_not_taken_from_the_client(client: Any, name: str) -> None:
    plain = create(client(name), name).json()
    _, body = BODIES[name]
    own = {"thread_id"} if name == "langsmith" else set()
    forged = {
        member: [{"forged": True}]
        for member in (*plain, "id", "created_at", "updated_at", "archived_at", "status", "object")
        if member not in body and member not in own | asked_of(name)
    }
    thread = create(client(name), name, forged).json()
    assert thread == plain


def asked_of(name: str) -> set[str]:
    """Members that a request may have too."""
    return {
        "ishvana": {"title", "project_id", "initial_message", "tags", "created_at"},
        "langsmith": {"thread_id", "metadata", "if_exists", "ttl", "supersteps"},
        "lighton": {"name", "agent_id", "is_ephemeral", "tool_parameters", "chat_setting_id"},
        "scale": {"title", "application_variant_id", "account_id", "thread_metadata"},
        "seekrflow": {"meta_data"},
    }[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_created_thread_is_stored(client: Any, name: str) -> None:
    asked = client(name)
    thread = create(asked, name).json()
    assert [thread[k] for k in thread] == [
        asked.get("/_mock/things").json()["shelves"][0]["things"][0][k] for k in thread
    ]


# LangSmith


def test_a_chosen_id_is_the_threads_id(client: Any) -> None:
    assert create(client("langsmith"), "langsmith", {"thread_id": TAKEN}).json()["thread_id"] == TAKEN


def test_a_taken_id_is_a_conflict_and_leaves_the_thread_alone(client: Any) -> None:
    asked = client("langsmith")
    before = create(asked, "langsmith", {"thread_id": TAKEN, "metadata": {"n": 1}}).json()
    for policy in ({}, {"if_exists": "raise"}):
        told = create(asked, "langsmith", {"thread_id": TAKEN, "metadata": {"n": 2}, **policy})
        assert told.status == 409
        assert list(told.json()) == ["detail"]
        assert TAKEN in told.json()["detail"]
    after = create(asked, "langsmith", {"thread_id": TAKEN, "if_exists": "do_nothing"}).json()
    assert after == before


def test_do_nothing_answers_with_the_thread_as_it_was_whatever_else_is_sent(client: Any) -> None:
    asked = client("langsmith")
    first = create(asked, "langsmith", {"thread_id": TAKEN, "metadata": {"n": 1}})
    again = create(asked, "langsmith", {"thread_id": TAKEN, "metadata": {"n": 2}, "if_exists": "do_nothing"})
    assert (again.status, again.json()) == (200, first.json())


def test_do_nothing_on_a_free_id_creates(client: Any) -> None:
    told = create(client("langsmith"), "langsmith", {"thread_id": TAKEN, "if_exists": "do_nothing"})
    assert (told.status, told.json()["thread_id"]) == (200, TAKEN)


@pytest.mark.parametrize("policy", ["overwrite", "", None, 1, ["raise"]])
def test_an_unknown_policy_is_refused(client: Any, policy: Any) -> None:
    asked = client("langsmith")
    assert create(asked, "langsmith", {"thread_id": TAKEN, "if_exists": policy}).status == 422
    assert asked.get("/_mock/things").json()["count"] == 0


def test_an_upper_case_uuid_is_the_same_thread(client: Any) -> None:
    asked = client("langsmith")
    assert create(asked, "langsmith", {"thread_id": TAKEN.upper()}).json()["thread_id"] == TAKEN
    assert create(asked, "langsmith", {"thread_id": TAKEN}).status == 409


def test_the_answer_holds_ttl_only_where_it_is_asked_for(client: Any) -> None:
    asked = client("langsmith")
    ttl = {"ttl": {"ttl": 90, "strategy": "delete"}}
    assert "ttl" not in create(asked, "langsmith", ttl).json()
    assert "ttl" not in create(asked, "langsmith", ttl, query="include=other").json()
    for query in ("include=ttl", "include=other,ttl", "include=a&include=ttl", "include=%74tl"):
        thread = create(asked, "langsmith", ttl, query=query).json()
        assert thread["ttl"]["strategy"] == "delete"
        assert thread["ttl"]["ttl_minutes"] == 90
        assert thread["ttl"]["expires_at"] > thread["created_at"]
    assert "ttl" not in create(asked, "langsmith", query="include=ttl").json()


@pytest.mark.parametrize("minutes", [0, 0.5, 1e-300, -1, 10**12, 1e300, 10**400, 9007199254740993])
def test_a_ttl_of_any_size_is_no_failure(client: Any, minutes: float) -> None:
    told = create(client("langsmith"), "langsmith", {"ttl": {"ttl": minutes}}, query="include=ttl")
    assert told.status in (200, 422)


def test_supersteps_are_accepted(client: Any) -> None:
    step = {"updates": [{"values": {"x": 1}, "as_node": "a", "command": None}]}
    assert create(client("langsmith"), "langsmith", {"supersteps": [step]}).status == 200


def test_metadata_comes_back_as_it_was_sent(client: Any) -> None:
    metadata = {"": None, "a/b~c": [1, 1.5, True, {"ü": "\u0000\U0001f600"}], "n": 2**60, "__proto__": {}}
    assert create(client("langsmith"), "langsmith", {"metadata": metadata}).json()["metadata"] == metadata


# Scale


def test_the_variant_of_the_path_counts(client: Any) -> None:
    told = create(client("scale"), "scale", {"application_variant_id": "another"})
    assert told.json()["application_variant_id"] == "variant-1"


def test_an_archival_that_did_not_happen_is_absent_not_null(client: Any) -> None:
    assert "archived_at" not in create(client("scale"), "scale").json()


def test_metadata_that_was_not_sent_is_absent(client: Any) -> None:
    assert "thread_metadata" not in create(client("scale"), "scale").json()


# SeekrFlow


@pytest.mark.parametrize("path", ["/v1/threads", "/v1/threads/"])
@pytest.mark.parametrize("key", ["Bearer key-1", "bearer key-1", "key-1"])
def test_a_key_with_or_without_its_word_and_a_slash_or_none_are_alike(client: Any, path: str, key: str) -> None:
    told = client("seekrflow").post(path, {}, headers={"authorization": key})
    assert (told.status, told.json()["object"]) == (200, "thread")


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer"}, {"authorization": "Bearer  "}, {"x-api-key": "k"}]
)
def test_without_a_key_nothing_is_created(client: Any, headers: dict[str, str]) -> None:
    asked = client("seekrflow")
    assert asked.post("/v1/threads", {}, headers=headers).status == 401
    assert asked.get("/_mock/things").json()["count"] == 0


# LightOn


def test_a_named_example_is_answered_as_documented(client: Any) -> None:
    sent = {"name": "My new conversation", "agent_id": 1, "is_ephemeral": False}
    thread = create(client("lighton"), "lighton", sent).json()
    assert {name: thread[name] for name in sent} == sent


@pytest.mark.parametrize("make", [form, multipart])
def test_text_of_a_form_has_the_type_of_its_member(client: Any, make: Any) -> None:
    kind, body = make({"name": "12", "agent_id": "12", "is_ephemeral": "true"})
    told = client("lighton").send("POST", "/api/v3/threads", headers={**KEY, "content-type": kind}, body=body)
    assert told.status == 201
    assert {k: told.json()[k] for k in ("name", "agent_id", "is_ephemeral")} == {
        "name": "12",
        "agent_id": 12,
        "is_ephemeral": True,
    }


@pytest.mark.parametrize("make", [form, multipart])
def test_a_form_with_letters_for_digits_names_the_field(client: Any, make: Any) -> None:
    kind, body = make({"agent_id": "twelve"})
    told = client("lighton").send("POST", "/api/v3/threads", headers={**KEY, "content-type": kind}, body=body)
    assert told.status == 400
    assert list(told.json()) == ["agent_id"]


def test_without_a_body_the_defaults_hold(client: Any) -> None:
    told = client("lighton").send("POST", "/api/v3/threads", headers=KEY)
    assert told.status == 201
    thread = told.json()
    assert (thread["agent_id"], thread["is_ephemeral"], thread["object"]) == (1, False, "thread")


@pytest.mark.parametrize(
    ("sent", "agent"),
    [
        ({}, 1),
        ({"agent_id": 7}, 7),
        ({"chat_setting_id": 8}, 8),
        ({"agent_id": 7, "chat_setting_id": 8}, 7),
        ({"chat_settings_id": 9}, 9),
        ({"chat_setting_id": 8, "chat_settings_id": 9}, 8),
    ],
    ids=str,
)
def test_the_agent_is_the_one_of_the_newest_member_sent(client: Any, sent: dict[str, int], agent: int) -> None:
    assert create(client("lighton"), "lighton", sent).json()["agent_id"] == agent


@pytest.mark.parametrize("value", [None, 0, "", [], {}, [[{"a": None}]], "text", 1.5, True])
def test_tool_parameters_hold_any_json(client: Any, value: Any) -> None:
    thread = create(client("lighton"), "lighton", {"tool_parameters": value}).json()
    assert thread["tool_parameters"] == value
    assert type(thread["tool_parameters"]) is type(value)


# Ishvana


def test_a_first_message_counts(client: Any) -> None:
    asked = client("ishvana")
    assert create(asked, "ishvana").json()["message_count"] == 0
    assert create(asked, "ishvana", {"initial_message": "Hello"}).json()["message_count"] == 1


def test_the_creation_time_of_the_client_is_passed_over(client: Any) -> None:
    told = create(client("ishvana"), "ishvana", {"created_at": "1999-01-01T00:00:00Z"})
    assert told.status == 200
    assert told.json()["created_at"].startswith("2026-01-02T03:04:05")


@pytest.mark.parametrize("layer", ["documented", "observed"])
def test_both_spellings_are_understood_and_one_is_spoken(client: Any, layer: str) -> None:
    asked = client("ishvana", layer=layer)
    snake = create(asked, "ishvana", {"project_id": "p", "initial_message": "m"}).json()
    camel = create(asked, "ishvana", {"projectId": "p", "initialMessage": "m"}).json()
    names = ("projectId", "messageCount") if layer == "observed" else ("project_id", "message_count")
    assert [snake[name] for name in names] == [camel[name] for name in names] == ["p", 1]
    assert snake.keys() == camel.keys()


def test_a_thread_without_a_title_is_refused_and_the_title_is_named(client: Any) -> None:
    told = client("ishvana").post("/api/chat/threads", {"tags": []})
    assert told.status == 422
    assert told.json()["detail"][0]["loc"] == ["body", "title"]


# The observed layer


def test_a_real_agent_server_makes_ids_of_version_seven(client: Any) -> None:
    thread = create(client("langsmith", layer="observed"), "langsmith").json()
    assert uuid.UUID(thread["thread_id"]).version == 7
    assert thread["values"] is None


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"x-api-key": "k"}, 200)], ids=["without", "with"])
def test_a_real_scale_asks_for_its_key(client: Any, headers: dict[str, str], status: int) -> None:
    assert client("scale", layer="observed").post(SCALE, SCALE_BODY, headers=headers).status == status
