"""`/_mock/say`: each request that it prepares is one that the mock itself answers with success, and it says the text."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.agent_client import Talk
from support.clients import Client, Told, make_gateway
from support.documents import OK, document_of
from support.paths import DATA
from support.reading import read_events
from threadmock.specs.loader import builtin_names

CONTROL = {"x-threadmock-control": "1"}
HARD = 'a "quoted" \\ line\n<script>alert(1)</script> Grüße 😀'


def ask(client: Client, **asked: Any) -> Told:
    return client.post("/_mock/say", asked, headers=CONTROL)


def prepared(client: Client, **asked: Any) -> Any:
    told = ask(client, **asked)
    assert told.status == 200, told.body
    return told.json()


def send(client: Client, request: Any) -> Told:
    """Send it as a page does, and hold that it was answered with success, by an operation of the provider."""
    path, _, query = request["path"].partition("?")
    body = b"" if request["body"] is None else request["body"].encode()
    told = client.send(request["method"], path, query=query, headers=request["headers"], body=body)
    assert 200 <= told.status < 300, (request, told.body[:500])
    assert told.headers.get("content-type", "").startswith("text/event-stream") is request["stream"]
    entry = client.gateway.world.journal.entries[-1]
    assert (entry.unexpected, entry.status) == (False, told.status)
    return told


def newest(client: Client, name: str) -> str:
    return str(client.get("/_mock/threads", query=f"provider={name}&limit=1").json()["threads"][0]["key"])


def shown(client: Client, name: str, key: str) -> Any:
    return client.get(f"/_mock/threads/{name}/{key}").json()


def texts(client: Client, name: str, key: str) -> list[tuple[str, str]]:
    return [(each["role"], each["text"]) for each in shown(client, name, key)["messages"]]


def say(client: Client, name: str, text: str, key: str | None = None) -> str:
    """Say it, in a new thread or in this one, and all that belongs to that; the thread's key."""
    request = prepared(client, provider=name, text=text, **({} if key is None else {"key": key}))
    send(client, request)
    if not request["says"]:
        assert key is None
        return say(client, name, text, newest(client, name))
    if request["then"]:
        send(client, request["then"])
    return key or newest(client, name)


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("auth", ["present", "secret-1"])
def test_what_is_said_to_any_provider_is_answered(name: str, auth: str, layer: str) -> None:
    client = Client(make_gateway(name, layer=layer, auth=auth, speed=0))
    key = say(client, name, "hello there")
    conversation = texts(client, name, key)
    assert conversation == [("user", "hello there"), ("assistant", "You said: hello there")]
    assert say(client, name, HARD, key) == key
    assert texts(client, name, key) == [*conversation, ("user", HARD), ("assistant", f"You said: {HARD}")]


@pytest.mark.parametrize("name", builtin_names())
def test_it_goes_on_in_threads_of_a_data_file(name: str, layer: str) -> None:
    client = Client(make_gateway(name, layer=layer, data="typical", speed=0))
    for each in client.get("/_mock/threads").json()["threads"]:
        before = texts(client, name, each["key"])
        say(client, name, "and then?", each["key"])
        assert texts(client, name, each["key"]) == [
            *before,
            ("user", "and then?"),
            ("assistant", "You said: and then?"),
        ]


@pytest.mark.parametrize("name", builtin_names())
def test_a_stream_is_preferred_where_there_is_one(name: str) -> None:
    client = Client(make_gateway(name, data="typical", speed=0))
    request = prepared(client, text="hello", key=newest(client, name))
    run = request["then"] or request
    assert run["stream"]
    assert read_events(send(client, request).body) or request["then"]


def test_several_providers_on_one_port_each_have_their_prefix() -> None:
    client = Client(make_gateway(*builtin_names(), speed=0))
    for name in builtin_names():
        assert prepared(client, provider=name, text="x")["path"].startswith(f"/{name}/")
        say(client, name, "hello")
    assert ask(client, text="x").json()["where"] == "provider"


@pytest.mark.parametrize("source", ["helpline", "notebooks"])
def test_documents_of_ones_own_with_rules_are_talked_to(source: str) -> None:
    client = Client(make_gateway(DATA / source, speed=0))
    key = say(client, source, "hello there")
    assert texts(client, source, key) == [("user", "hello there"), ("assistant", "You said: hello there")]


def own(folder: Path, message: Any, *, create: Any = None, **operation: Any) -> Client:
    """A document that nobody described, with sessions and messages below them. message: the schema of a message."""
    message = {**message, "properties": {"id": {"type": "string"}, **message["properties"]}}
    content = {"application/json": {"schema": {"type": "object", "properties": {"id": {"type": "string"}}}}}
    made = {"description": "It.", "content": content}
    body = {"required": True, "content": {"application/json": {"schema": message}}}
    parameter = {"name": "session_id", "in": "path", "required": True, "schema": {"type": "string"}}
    first = {
        "responses": {"201": made},
        **({"requestBody": {"content": {"application/json": {"schema": create}}}} if create else {}),
    }
    below = {
        "requestBody": body,
        "responses": {"201": {"description": "It.", "content": {"application/json": {"schema": message}}}},
        **operation,
    }
    document = document_of(
        {"/sessions": {"post": first}, "/sessions/{session_id}/messages": {"parameters": [parameter], "post": below}}
    )
    (folder / "own.json").write_text(json.dumps(document))
    return Client(make_gateway(folder / "own.json"))


TEXT = {"type": "string", "minLength": 1, "maxLength": 100}
PARTS = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": {"enum": ["user", "assistant"]},
        "content": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "text"],
                "properties": {"type": {"const": "text"}, "text": TEXT},
            },
        },
    },
}
MESSAGES = {
    "a text": {"type": "object", "required": ["text"], "properties": {"text": TEXT}},
    "a role of few": {
        "type": "object",
        "required": ["role", "content"],
        "additionalProperties": False,
        "properties": {"id": {"type": "string"}, "role": {"enum": ["human", "ai"]}, "content": TEXT},
    },
    "more that is needed": {
        "type": "object",
        "required": ["content", "kind", "sent"],
        "properties": {"content": TEXT, "kind": {"enum": ["plain"]}, "sent": {"type": "string", "format": "date-time"}},
    },
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_document_that_nobody_described_gets_a_message(message: Any, tmp_path: Path) -> None:
    client = own(tmp_path, message)
    key = say(client, "own", "hello there")
    assert texts(client, "own", key) == [("user", "hello there")]


def test_a_message_of_parts_is_written_in_parts(tmp_path: Path) -> None:
    rule = {
        "action": "create",
        "resource": "message",
        "within": {"resource": "sessions", "from": "path.session_id"},
        "key": {"field": "id", "otherwise": "uuid4"},
    }
    client = own(tmp_path, PARTS, **{"x-behaviour": rule})
    key = say(client, "own", "hello there")
    assert texts(client, "own", key) == [("user", "hello there")]


def test_what_an_operation_needs_beside_is_there(tmp_path: Path) -> None:
    parameters = [
        {"name": "session_id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "tenant", "in": "query", "required": True, "schema": {"type": "string", "enum": ["a&b=c"]}},
        {"name": "X-Trace", "in": "header", "required": True, "schema": {"type": "integer", "minimum": 5}},
        {"name": "left", "in": "query", "schema": {"type": "string"}},
    ]
    create = {
        "type": "object",
        "required": ["slug"],
        "properties": {"slug": {"type": "string", "pattern": "^[a-z]{8}$"}},
    }
    client = own(tmp_path, MESSAGES["a text"], create=create, parameters=parameters)
    request = prepared(client, text="hello")
    assert json.loads(request["body"]).keys() == {"slug"}
    key = say(client, "own", "hello")
    request = prepared(client, text="hello", key=key)
    assert request["path"].endswith("messages?tenant=a%26b%3Dc")
    assert int(request["headers"]["X-Trace"]) >= 5


def test_a_text_that_no_message_takes_is_told_of(tmp_path: Path) -> None:
    client = own(tmp_path, MESSAGES["a text"])
    key = say(client, "own", "hello")
    problem = ask(client, text="x" * 101, key=key).json()
    assert (problem["status"], problem["where"]) == (400, "text")


@pytest.mark.parametrize("source", ["things.yaml", "ordinary/shop.yaml"])
def test_a_provider_without_either_says_so(source: str) -> None:
    told = ask(Client(make_gateway(DATA / source)), text="hello")
    assert (told.status, told.headers["content-type"]) == (400, "application/problem+json")
    assert "has no operation by which something is said" in told.json()["what"]


def test_a_thread_that_nobody_can_make_needs_a_key(tmp_path: Path) -> None:
    client = own(tmp_path, MESSAGES["a text"])
    document = json.loads((tmp_path / "own.json").read_text())
    document["paths"]["/sessions"] = {"get": {"responses": OK}}
    (tmp_path / "own.json").write_text(json.dumps(document))
    client = Client(make_gateway(tmp_path / "own.json"))
    assert ask(client, text="hello").json()["where"] == "key"


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": 5}, "text"),
        ({"text": "x", "key": "nobody"}, "key"),
        ({"text": "x", "key": 5}, "key"),
        ({"text": "x", "provider": None}, "provider"),
        ({"text": "x", "txt": "y"}, "txt"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: Any, where: str) -> None:
    told = ask(Client(make_gateway("langsmith")), **asked)
    assert (told.status, told.json()["where"]) == (400, where)


def test_it_is_a_change_and_needs_the_header() -> None:
    assert Client(make_gateway("langsmith")).post("/_mock/say", {"text": "x"}).status == 403


def test_nothing_is_sent_by_asking() -> None:
    client = Client(make_gateway("langsmith"))
    prepared(client, text="x")
    assert client.get("/_mock/things").json()["count"] == 0
    assert client.get("/_mock/exchanges").json()["exchanges"] == []


def test_the_agent_of_the_last_run_is_asked_again() -> None:
    talk = Talk("name: clerk\nagents: {clerk: {}, cook: {}}\nsteps: [{say: Hm.}]\n")
    thread = talk.thread()
    assert talk.ask("POST", f"/threads/{thread}/runs/wait", {**talk.body("one"), "assistant_id": "cook"}).status == 200
    (run,) = talk.get(f"/threads/{thread}/runs")
    request = prepared(talk.client, text="two", key=thread)
    assert json.loads(request["body"])["assistant_id"] == run["assistant_id"]
    send(talk.client, request)
    other = talk.thread()
    send(talk.client, prepared(talk.client, text="two", key=other))


def test_a_thread_with_a_run_under_way_takes_another_text() -> None:
    talk = Talk("pace: 1s\nsteps: [{say: one two three}]\n")
    thread = talk.thread()
    talk.began(thread, "first")
    send(talk.client, prepared(talk.client, text="second", key=thread))
    talk.finish()
    assert [text for role, text in texts(talk.client, "langsmith", thread) if role == "user"] == ["first", "second"]


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("script", ["human", "tool", "failing", "blocks"])
def test_something_can_be_said_after_a_run_that_waits_fails_or_calls_tools(name: str, script: str) -> None:
    client = Client(make_gateway(name, script=script, speed=0))
    key = start_with(client, name, "one")
    start_with(client, name, "two", key)
    asked = [text for role, text in texts(client, name, key) if role == "user"]
    assert asked == ["one", "two"]


def start_with(client: Client, name: str, text: str, key: str | None = None) -> str:
    """As `say`, where a run may fail, and its request with it, as the provider has it."""
    request = prepared(client, provider=name, text=text, **({} if key is None else {"key": key}))
    for each in (request, request["then"]):
        if each:
            told = client.send(
                each["method"], each["path"], headers=each["headers"], body=(each["body"] or "").encode()
            )
            failing = any(
                operation.rule.run and operation.rule.run.fails for operation in client.gateway.contracts[0].operations
            )
            assert told.status < 300 or (failing and told.status == 500), told.body
    return key or (newest(client, name) if request["says"] else start_with(client, name, text, newest(client, name)))
