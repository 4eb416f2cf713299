"""`/_mock/threads/PROVIDER/KEY`: one thread as a person reads it, whatever form the provider keeps it in."""

import datetime
import functools
import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from support.agent_client import Talk
from support.clients import DOORS, START, Client, make_gateway
from support.documents import document_of
from threadmock.mockserver.control.document import control_document
from threadmock.mockserver.datasets.conversation_files import read_data
from threadmock.mockserver.datasets.conversations import Conversation, Dataset, Message
from threadmock.specs.loader import builtin_names
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

BASE = "/_mock/threads"
RICH = """
steps:
- say: I look.
  calls: [{name: find, arguments: {number: "1042"}, result: found it}]
- say: It is there.
"""
ASKING = """
steps:
- say: I would.
- interrupt: {question: "Shall I?"}
- say: "Done. $resume"
"""


def show(client: Client, name: str, key: str) -> Any:
    told = client.get(f"{BASE}/{name}/{key}")
    assert told.status == 200, told.body[:500]
    shown = told.json()
    assert valid(shown)
    return shown


@functools.cache
def shape() -> Any:
    """Judges what is shown by the document of the control interface."""
    document = control_document(make_gateway(*builtin_names()))
    schemas = {**document["components"]["schemas"], "Provider": {"type": "string"}}
    tree = json.loads(json.dumps(schemas).replace("#/components/schemas/", "#/$defs/"))
    return checker(Schema({"$ref": "#/$defs/Conversation", "$defs": tree}, "", "reply"))


def valid(shown: Any) -> bool:
    return bool(shape().valid(shown))


def newest(client: Client, name: str) -> list[str]:
    listed = client.get(BASE, query=f"provider={name}&limit=1000").json()
    return [each["key"] for each in listed["threads"]]


def said(shown: Any, *roles: str) -> list[str]:
    return [each["text"] for each in shown["messages"] if each["role"] in roles and each["text"]]


def texts(one: Conversation, *roles: str) -> list[str]:
    return [each.text for each in one.messages if each.role in roles and each.text]


def is_part(some: list[str], of: list[str]) -> bool:
    """Whether texts stand in others, in their order; one of them may be made of several."""
    rest = "".join(of)
    for each in some:
        _, found, rest = rest.partition(each)
        if not found:
            return False
    return True


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("data", ["typical", "extreme"])
def test_what_a_data_file_says_is_what_is_shown_of_every_thread(name: str, data: str, layer: str) -> None:
    neutral = read_data(data)
    client = Client(make_gateway(name, layer=layer, data=neutral))
    per_message = client.gateway.contracts[0].profile.fill.per == "message"  # type: ignore[union-attr]
    for key, one in zip(newest(client, name), reversed(neutral.conversations), strict=True):
        shown = show(client, name, key)
        assert said(shown, "user") == texts(one, "user")
        if per_message:
            everything = ("user", "assistant", "system", "tool")
            assert said(shown, *everything) == texts(one, *everything)
            assert said(shown, "assistant") == texts(one, "assistant")
        else:  # of the texts of a turn some keep the last one only
            assert is_part(said(shown, "assistant"), texts(one, "assistant"))
            assert bool(said(shown, "assistant")) == bool(texts(one, "assistant"))


def calls_of(messages: Any) -> list[tuple[str, Any]]:
    return [(call["name"], call["arguments"]) for each in messages for call in each["tool_calls"]]


@pytest.mark.parametrize("name", builtin_names())
def test_calls_of_tools_and_what_came_of_them_are_shown_where_they_are_kept(name: str) -> None:
    neutral = read_data("typical")
    client = Client(make_gateway(name, data=neutral))
    one = next(each for each in neutral.conversations if each.title == "Where is order 1042?")
    key = newest(client, name)[::-1][[*neutral.conversations].index(one)]
    messages = show(client, name, key)["messages"]
    made = [call for message in one.messages for call in message.calls]
    shown = calls_of(messages)
    kept = b"find_order" in client.get("/_mock/things").body
    assert shown == ([(call.name, call.arguments) for call in made] if kept else [])
    results = [each for each in messages if each["role"] == "tool"]
    assert [each["text"] for each in results] == [call.result for call in made]
    if kept:
        called = [call["id"] for each in messages for call in each["tool_calls"]]
        assert [each["answers"] for each in results] == called


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("key", ["a/b", "/a", "a//b/", "ü 😀", "a%2Fb", "a?b#c", "<b>", "a+b&c=d", "\n"])
def test_a_key_may_hold_anything(door: str, key: str, tmp_path: Path) -> None:
    made = {"type": "object", "properties": {"id": {"type": "string"}}}
    reply = {"description": "It.", "content": {"application/json": {"schema": made}}}
    rule = {"action": "create", "resource": "thread", "key": {"field": "id", "from": "body.id", "otherwise": "uuid4"}}
    body = {"content": {"application/json": {"schema": made}}}
    (tmp_path / "own.json").write_text(
        json.dumps(
            document_of({"/threads": {"post": {"requestBody": body, "responses": {"201": reply}, "x-behaviour": rule}}})
        )
    )
    client = Client(make_gateway(tmp_path / "own.json"), door)
    assert client.post("/threads", {"id": key}).status == 201
    assert show(client, "own", key)["key"] == key  # the client gives what a server decoded


def test_an_unknown_thread_is_a_404_and_an_unknown_provider_a_400() -> None:
    client = Client(make_gateway("langsmith"))
    told = client.get(f"{BASE}/langsmith/nobody")
    assert (told.status, told.headers["content-type"]) == (404, "application/problem+json")
    assert told.json()["where"] == "key"
    assert client.get(f"{BASE}/langsmit/nobody").status == 400


def test_a_thread_without_anything_is_shown_so() -> None:
    talk = Talk()
    shown = show(talk.client, "langsmith", talk.thread())
    assert [shown[each] for each in ("messages", "history", "runs", "others")] == [[], [], [], []]


def test_a_run_is_shown_while_it_is_under_way_and_when_it_is_over() -> None:
    talk = Talk(RICH)
    thread = talk.thread()
    run = talk.began(thread, "Where is it?")["run_id"]
    (shown,) = show(talk.client, "langsmith", thread)["runs"]
    assert (shown["key"], shown["status"]) == (run, talk.get(f"/threads/{thread}/runs/{run}")["status"])
    assert shown["status"] in ("pending", "running")
    talk.finish()
    over = show(talk.client, "langsmith", thread)
    assert [each["status"] for each in over["runs"]] == ["success"]
    assert said(over, "user", "assistant", "tool") == ["Where is it?", "I look.", "found it", "It is there."]
    assert calls_of(over["messages"]) == [("find", {"number": "1042"})]
    assert over["state"] == talk.state(thread)["values"]


def test_the_history_is_that_of_the_provider_the_oldest_first(layer: str) -> None:
    talk = Talk(RICH, layer=layer)
    thread = talk.thread()
    for text in ("one", "two"):
        talk.wait(thread, text)
    history = show(talk.client, "langsmith", thread)["history"]
    told = talk.history(thread)[::-1]
    assert [each["key"] for each in history] == [each["checkpoint"]["checkpoint_id"] for each in told]
    assert [each["at"] for each in history] == [each["created_at"] for each in told]
    assert [each["next"] for each in history] == [each["next"] for each in told]
    assert [each["step"] for each in history] == [each["metadata"]["step"] for each in told]
    assert {each["source"] for each in history} == {"input", "loop"}
    assert [each["parent"] for each in history] == [None, *(each["key"] for each in history[:-1])]


def test_a_fork_gives_one_state_two_children() -> None:
    talk = Talk(RICH, layer="observed")
    thread = talk.thread()
    talk.wait(thread, "one")
    before = show(talk.client, "langsmith", thread)["history"]
    forked = before[1]["key"]
    told = talk.ask(
        "POST",
        f"/threads/{thread}/state",
        {"values": {"messages": [{"role": "user", "content": "other"}]}, "checkpoint": {"checkpoint_id": forked}},
    )
    assert told.status == 200, told.body
    shown = show(talk.client, "langsmith", thread)
    children = [each["key"] for each in shown["history"] if each["parent"] == forked]
    assert len(children) == 2
    assert len(shown["history"]) == len(before) + 1
    assert said(shown, "user", "assistant")[-1] == "other"
    assert shown["messages"][-1]["at"] == shown["history"][-1]["at"]


def test_a_message_has_the_moment_of_the_state_that_it_came_with() -> None:
    talk = Talk(RICH)
    thread = talk.thread()
    talk.wait(thread, "one")
    first = show(talk.client, "langsmith", thread)
    talk.wait(thread, "two")
    second = show(talk.client, "langsmith", thread)
    at = [each["at"] for each in second["messages"]]
    assert at[: len(first["messages"])] == [each["at"] for each in first["messages"]]
    assert None not in at
    assert at == sorted(at)
    assert len(set(at)) > 2


def test_a_thread_that_waits_for_an_answer_shows_what_it_asks() -> None:
    talk = Talk(ASKING)
    thread = talk.thread()
    talk.wait(thread, "please")
    shown = show(talk.client, "langsmith", thread)
    ((interrupt,),) = shown["thread"]["interrupts"].values()
    assert interrupt["value"] == {"question": "Shall I?"}
    last = shown["history"][-1]
    assert last["next"]
    assert interrupt in last["raw"]["interrupts"] or interrupt["id"] in json.dumps(last["raw"]["tasks"])
    assert shown["thread"]["status"] == "interrupted"
    assert said(shown, "assistant") == ["I would."]


def test_a_look_changes_no_id_that_comes_later() -> None:
    def second(looks: bool) -> str:
        talk = Talk(RICH)
        thread = talk.thread()
        talk.wait(thread, "one")
        if looks:
            show(talk.client, "langsmith", thread)
            newest(talk.client, "langsmith")
            headers = {"x-threadmock-control": "1"}
            assert talk.client.post("/_mock/say", {"text": "x", "key": thread}, headers=headers).status == 200
        return talk.thread()

    assert second(True) == second(False)


def test_of_a_long_history_the_older_states_lack_their_values() -> None:
    second = datetime.timedelta(seconds=1)
    long = Dataset("long", [Conversation("Long", None, {}, False, [Message("user", "a", second)] * 230)])
    client = Client(make_gateway("langsmith", data=long))
    history = show(client, "langsmith", newest(client, "langsmith")[0])["history"]
    held = ["values" in each["raw"] for each in history]
    assert held[-1]
    assert not held[0]
    assert held == sorted(held)


def test_what_else_lies_below_a_thread_is_listed(tmp_path: Path) -> None:
    client = conversations(tmp_path, {"role": "user", "content": "hi"})
    path = newest(client, "own")[0]
    for _ in range(51):
        assert client.post(f"/conversations/{path}/notes", {"content": "noted"}).status == 201
    (other,) = show(client, "own", path)["others"]
    assert (other["resource"], other["count"], len(other["things"])) == ("notes", 51, 50)


def conversations(folder: Path, *messages: Any) -> Client:
    """A document that nobody described, with one conversation and these messages."""
    anything = {"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": True}
    content = {"application/json": {"schema": anything}}
    reply = {"201": {"description": "It.", "content": content}}
    parameter = {"name": "conversation_id", "in": "path", "required": True, "schema": {"type": "string"}}
    message = {"type": "object", "additionalProperties": True}
    for name in ("role", "content", "parts", "tool_calls", "tool_call_id", "type", "author", "text", "created_at"):
        message.setdefault("properties", {})[name] = {}  # type: ignore[index]
    message["properties"]["id"] = {"type": "string"}  # type: ignore[index]
    body = {"content": {"application/json": {"schema": message}}}
    shown = {"201": {"description": "It.", "content": {"application/json": {"schema": message}}}}
    document = document_of(
        {
            "/conversations": {"post": {"responses": reply}},
            "/conversations/{conversation_id}": {
                "parameters": [parameter],
                "get": {"responses": {"200": reply["201"]}},
            },
            "/conversations/{conversation_id}/messages": {
                "parameters": [parameter],
                "post": {"requestBody": body, "responses": shown},
            },
            "/conversations/{conversation_id}/notes": {
                "parameters": [parameter],
                "post": {"requestBody": body, "responses": shown},
            },
        }
    )
    (folder / "own.json").write_text(json.dumps(document))
    client = Client(make_gateway(folder / "own.json"))
    assert client.post("/conversations").status == 201
    for each in messages:
        told = client.post(f"/conversations/{newest(client, 'own')[0]}/messages", each)
        assert told.status == 201, told.body
    return client


def read_as(folder: Path, *messages: Any) -> list[Any]:
    client = conversations(folder, *messages)
    return list(show(client, "own", newest(client, "own")[0])["messages"])


CALL = [{"id": "c1", "name": "find", "arguments": {"a": 1}}]
FORMS: list[tuple[str, Any, tuple[str, str, Any, Any]]] = [
    ("a text", {"role": "user", "content": "hi"}, ("user", "hi", [], None)),
    (
        "a role of another word",
        {"role": "model", "parts": [{"text": "a"}, {"text": "b"}]},
        ("assistant", "ab", [], None),
    ),
    ("a type", {"type": "human", "content": "hi"}, ("user", "hi", [], None)),
    ("parts", {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}, ("user", "a", [], None)),
    (
        "parts in parts",
        {"role": "assistant", "content": [{"type": "text", "text": {"value": "a"}}]},
        ("assistant", "a", [], None),
    ),
    (
        "calls with a function",
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"a": 1}'}}],
        },
        ("assistant", "", CALL, None),
    ),
    (
        "calls with args",
        {
            "type": "ai",
            "content": "",
            "tool_calls": [{"id": "c1", "name": "find", "args": {"a": 1}, "type": "tool_call"}],
        },
        ("assistant", "", CALL, None),
    ),
    (
        "calls as parts",
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "find", "input": {"a": 1}},
            ],
        },
        ("assistant", "I look.", CALL, None),
    ),
    ("an answer", {"role": "tool", "tool_call_id": "c1", "content": "found"}, ("tool", "found", [], "c1")),
    (
        "an answer as a part",
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "found"}]}],
        },
        ("tool", "found", [], "c1"),
    ),
    (
        "arguments that are no object",
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "find", "args": "{a"}]},
        ("assistant", "", [{"id": "c1", "name": "find", "arguments": "{a"}], None),
    ),
    ("a text and nothing else", {"text": "hi"}, ("user", "hi", [], None)),
    ("an author", {"author": "bot", "text": "hi"}, ("assistant", "hi", [], None)),
    ("a role that nobody knows", {"role": "critic", "content": "bad"}, ("critic", "bad", [], None)),
    (
        "markup",
        {"role": "user", "content": "<script>alert(1)</script>"},
        ("user", "<script>alert(1)</script>", [], None),
    ),
]


@pytest.mark.parametrize(("message", "expected"), [form[1:] for form in FORMS], ids=[form[0] for form in FORMS])
def test_messages_of_documents_that_nobody_described_are_read(message: Any, expected: Any, tmp_path: Path) -> None:
    (shown,) = read_as(tmp_path, message)
    assert (shown["role"], shown["text"], shown["tool_calls"], shown["answers"]) == expected
    assert shown["raw"].items() >= message.items()
    assert shown["key"] == shown["raw"]["id"]


def test_text_after_the_results_of_calls_is_a_message_of_its_own(tmp_path: Path) -> None:
    parts = [
        {"type": "text", "text": "I look."},
        {"type": "tool-call", "tool_call_id": "c1", "tool_name": "find", "input": {}, "output": "found"},
        {"type": "text", "text": "It is there."},
    ]
    shown = read_as(tmp_path, {"role": "assistant", "content": parts})
    assert [(each["role"], each["text"], each["answers"]) for each in shown] == [
        ("assistant", "I look.", None),
        ("tool", "found", "c1"),
        ("assistant", "It is there.", None),
    ]


def test_half_of_a_pair_stays_data(tmp_path: Path) -> None:
    """A lone surrogate can't be sent in JSON's text, but may lie in what a file made."""
    client = conversations(tmp_path, {"role": "user", "content": "x"})
    store, key = client.gateway.world.store, newest(client, "own")[0]
    (shelf,) = [each for each in store.shelves() if "messages" in each[1]]
    store.update(shelf, store.items(shelf)[0][0], lambda thing: {**thing, "content": "a\ud800b"})
    told = client.get(f"{BASE}/own/{key}")
    assert told.status == 200
    assert json.loads(told.body)["messages"][0]["text"] == "a\ud800b"


def test_messages_that_a_thread_holds_itself_are_shown(tmp_path: Path) -> None:
    anything = {"type": "object", "properties": {"id": {"type": "string"}, "log": {"type": "array"}}}
    reply = {"description": "It.", "content": {"application/json": {"schema": anything}}}
    body = {"content": {"application/json": {"schema": anything}}}
    post = {"requestBody": body, "responses": {"201": reply}}
    (tmp_path / "own.json").write_text(json.dumps(document_of({"/sessions": {"post": post}})))
    client = Client(make_gateway(tmp_path / "own.json", now=START))
    log = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]
    assert client.post("/sessions", {"log": log}).status == 201
    shown = show(client, "own", newest(client, "own")[0])
    assert [(each["role"], each["text"]) for each in shown["messages"]] == [("user", "hi"), ("assistant", "ho")]


def test_a_key_is_percent_encoded_over_a_socket_too() -> None:
    from urllib.request import urlopen  # noqa: PLC0415 - in this test alone

    from threadmock.mockserver import create_mock  # noqa: PLC0415

    mock = create_mock("langsmith", data="typical")
    shelf = ("langsmith", "thread")
    mock.gateway.world.store.insert(shelf, "a/b c?", {"thread_id": "a/b c?"})
    with mock.serve() as url, urlopen(f"{url}{BASE}/langsmith/{urllib.parse.quote('a/b c?', safe='')}") as told:
        assert json.load(told)["key"] == "a/b c?"
