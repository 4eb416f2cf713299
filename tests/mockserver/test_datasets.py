"""Data to start from: what a neutral file says is what every provider lists and shows, in order and in its own shapes."""

import datetime
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support.clients import START, Client, make_gateway
from support.reading import reference_valid
from threadmock.mockserver.cli.greeting import greeting
from threadmock.mockserver.cli.serve import serve
from threadmock.mockserver.datasets.conversation_files import SHIPPED, parse_data, read_data
from threadmock.mockserver.datasets.conversations import Dataset, begin_times, message_times, turns
from threadmock.specs.errors import RuleError, SpecError
from threadmock.specs.loader import LAYERS, builtin_names
from threadmock.specs.operations.spelling import snake
from threadmock.specs.schemas.formats import read_date_time
from threadmock.specs.schemas.validation import checker

KEY = {"authorization": "Bearer key-1", "x-api-key": "key-1"}
WIRE_ROLES = {"human": "user", "ai": "assistant"}


class Reader:
    """Reads one provider; every answer is a success that the reference validator finds valid."""

    def __init__(self, name: str, layer: str, data: Dataset, *, judged: bool = True) -> None:
        self.client = Client(make_gateway(name, layer=layer, data=data, now=lambda: START))
        self.judged = judged

    def ask(self, method: str, path: str, query: str = "", **rest: Any) -> Any:
        told = self.client.send(method, path, query=query, headers=KEY, **rest)
        assert told.status == 200, told.body[:500]
        found = self.client.gateway.find(method, path)
        operation = found.match.operation  # type: ignore[union-attr]
        if self.judged:
            schema = operation.reply(200).content["application/json"].schema
            assert reference_valid(checker(schema), told.json())
        return told.json()

    def get(self, path: str, query: str = "") -> Any:
        return self.ask("GET", path, query)


@dataclass(frozen=True)
class Shape:
    """How one provider is read. threads: newest first, all that it shows; pieces: of one thread, oldest first."""

    threads: Callable[[Reader], list[Any]]
    key: str
    title: Callable[[Any], Any]
    began: Callable[[Any], str]
    pieces: Callable[[Reader, Any], list[Any]]
    texts: Callable[[Any], list[str]]
    piece_began: Callable[[Any], str]
    per: str = "message"
    most: int = 1_000_000


def _snake(node: Any) -> Any:
    """The members of a thing as the document writes them; what lies inside is nobody's spelling."""
    return {snake(name): value for name, value in node.items()}


def _pages(ask: Callable[[int], list[Any]], size: int) -> list[Any]:
    made: list[Any] = []
    while page := ask(len(made)):
        made += page
        if len(page) < size:
            break
    return made


def _by_cursor(reader: Reader, path: str) -> list[Any]:
    made: list[Any] = []
    after = ""
    while True:
        page = reader.get(path, f"limit=100{after}")
        made += page["results"]
        if page["next"] is None:
            assert page["count"] == len(made)
            return made
        after = f"&starting_after={made[-1]['id']}"


def _before(history: list[Any]) -> str:
    return f"&before={history[-1]['checkpoint']['checkpoint_id']}" if history else ""


def _checkpoints(reader: Reader, thread: Any) -> list[Any]:
    path = f"/threads/{thread['thread_id']}"
    history: list[Any] = []
    while page := reader.get(f"{path}/history", f"limit=1000{_before(history)}"):
        history += page
    state = reader.get(f"{path}/state")
    if history:
        assert state == history[0]
        assert thread["values"] == state["values"]
    said = [each for each in history if each["metadata"]["source"] == "loop"]
    assert [len(each["values"]["messages"]) for each in said] == list(range(len(said), 0, -1))
    for after, each in pairwise(history):
        # before each message of a user stands the state that it was added to
        count, more = len(each["values"].get("messages", ())), len(after["values"].get("messages", ()))
        assert more - count == (after["metadata"]["source"] == "loop")
        if after["metadata"]["source"] == "loop":
            user = after["values"]["messages"][-1]["type"] == "human"
            assert (each["metadata"]["source"] == "input", each["next"] == ["__start__"]) == (user, user)
    ids = [each["checkpoint"]["checkpoint_id"] for each in history]
    assert ids == sorted(ids, reverse=True)
    assert [each.get("parent_checkpoint") for each in history] == [
        *[each["checkpoint"] for each in history[1:]],
        *([history[-1].get("parent_checkpoint")] if history else []),
    ]
    assert [each["metadata"]["step"] for each in history] == list(range(len(history) - 2, -2, -1))
    return said[::-1]


def _messages_of_turn(turn: Any) -> list[str]:
    return [part["text"] for message in turn["messages"] for part in message["parts"] if part["type"] == "text"]


SHAPES = {
    "ishvana": Shape(
        lambda r: [_snake(t) for t in _snake(r.get("/api/chat/threads", "limit=1000"))["threads"]],
        "thread_id",
        lambda t: t["title"],
        lambda t: t["created_at"],
        lambda r, t: [
            _snake(m)
            for m in _pages(
                lambda at: r.get(f"/api/chat/threads/{t['thread_id']}/messages", f"limit=1000&offset={at}")["messages"],
                1000,
            )
        ],
        lambda m: [f"{m['role']}: {m['content']}"],
        lambda m: m["timestamp"],
        most=1000,
    ),
    "langsmith": Shape(
        lambda r: _pages(
            lambda at: r.ask("POST", "/threads/search", json={"limit": 1000, "offset": at, "sort_by": "created_at"}),
            1000,
        ),
        "thread_id",
        lambda t: t["metadata"]["title"],
        lambda t: t["created_at"],
        _checkpoints,
        lambda c: [f"{WIRE_ROLES.get(m['type'], m['type'])}: {m['content']}" for m in c["values"]["messages"][-1:]],
        lambda c: c["created_at"],
    ),
    "lighton": Shape(
        lambda r: _by_cursor(r, "/api/v3/threads"),
        "id",
        lambda t: t["name"],
        lambda t: t["created_at"],
        lambda r, t: _by_cursor(r, f"/api/v3/threads/{t['id']}/turns")[::-1],
        _messages_of_turn,
        lambda t: t["created_at"],
        per="turn",
    ),
    "scale": Shape(
        lambda r: r.get("/v4/applications/mock-variant/threads"),
        "id",
        lambda t: t["title"],
        lambda t: t["created_at"],
        lambda r, t: [m["entry"] for m in r.get(f"/v4/threads/{t['id']}/messages")["messages"]],
        lambda e: [e["input"]["query"], e["output"]["response"]],
        lambda e: e["start_timestamp"],
        per="turn",
    ),
    "seekrflow": Shape(
        lambda r: _pages(lambda at: r.get("/v1/threads", f"limit=1000&offset={at}"), 1000),
        "id",
        lambda t: t["meta_data"]["title"],
        lambda t: t["created_at"],
        lambda r, t: _pages(
            lambda at: r.get(f"/v1/threads/{t['id']}/messages", f"limit=1000&order=asc&offset={at}"), 1000
        ),
        lambda m: [f"{m['role']}: {m['content']}"],
        lambda m: m["created_at"],
    ),
}
BOTH = pytest.mark.parametrize("layer", LAYERS)
ALL = pytest.mark.parametrize("name", builtin_names())


def expected_texts(shape: Shape, name: str, start: Any, one: Any) -> list[list[str]]:
    """The texts of each piece, oldest first."""
    when = message_times(start, one)
    if shape.per == "message":
        return [[f"{message.role}: {message.text}"] for message in one.messages]
    found = [turn.item for turn in turns(one, when)]
    if name == "scale":
        return [[item.get("question", ""), item.get("answer", "")] for item in found]
    texts = [[step["text"] for step in item.get("steps", ()) if step["kind"] == "text"] for item in found]
    return [([item["question"]] if "question" in item else []) + said for item, said in zip(found, texts, strict=True)]


def check_read_back(name: str, layer: str, data: Dataset, *, judged: bool, looked_into: int) -> None:
    shape = SHAPES[name]
    reader = Reader(name, layer, data, judged=judged)
    wanted = begin_times(data, START + datetime.timedelta(microseconds=1))[::-1][: shape.most]
    threads = shape.threads(reader)
    assert [shape.title(thread) for thread in threads] == [one.title for _, one in wanted]
    began = [shape.began(thread) for thread in threads]
    assert began == sorted(began, reverse=True)
    assert len({thread[shape.key] for thread in threads}) == len(threads)
    for thread, (start, one) in list(zip(threads, wanted, strict=True))[:looked_into]:
        assert abs(read_date_time(shape.began(thread)) - start) <= datetime.timedelta(microseconds=1)
        pieces = shape.pieces(reader, thread)
        assert [shape.texts(piece) for piece in pieces] == expected_texts(shape, name, start, one)
        moved = [shape.piece_began(piece) for piece in pieces]
        assert moved == sorted(set(moved))
        assert moved[-1:] <= [START.isoformat(timespec="microseconds")]
        if "message_count" in thread:
            assert thread["message_count"] == len(pieces)


@ALL
@BOTH
@pytest.mark.parametrize("data", ["empty", "typical", "extreme"])
def test_all_that_a_set_holds_is_listed_and_read_in_order_and_is_valid(name: str, layer: str, data: str) -> None:
    check_read_back(name, layer, read_data(data), judged=True, looked_into=100)


@pytest.mark.slow
@ALL
@BOTH
def test_ten_thousand_threads_and_a_thousand_messages_are_all_there(name: str, layer: str) -> None:
    data = read_data("long")
    assert len(data.conversations) == 10_000
    assert max(len(one.messages) for one in data.conversations) == 1000
    check_read_back(name, layer, data, judged=False, looked_into=3)


# What becomes of the parts


def store_of(name: str, text: str, *, layer: str = "documented", seed: int = 7) -> dict[str, list[Any]]:
    """What is stored at a provider that was filled, by resource."""
    gateway = make_gateway(name, layer=layer, seed=seed, data=parse_data(text, "mine.yaml", "mine"), now=lambda: START)
    store = gateway.world.store
    return {shelf[1]: [*store.everywhere(name, shelf[1])] for shelf in store.shelves()}


TOOLS = """
threads:
- title: Tools
  created: 2025-12-31T23:00:00Z
  archived: true
  metadata: {a: {b: [1, null, "x"]}, tags: [one]}
  messages:
  - {role: system, after: 0, text: Use tools.}
  - {role: user, after: 1m, text: Look.}
  - {role: assistant, after: 2s, text: I look., calls: [{id: c1, name: look, arguments: {at: here}}, {id: c2, name: wait}]}
  - {role: tool, after: 500ms, answers: c1, text: Seen.}
  - {role: assistant, after: 1.5, text: It is here.}
"""


def test_a_call_and_its_result_are_joined_by_their_id_in_a_state_of_messages() -> None:
    messages = store_of("langsmith", TOOLS)["checkpoint"][-1]["values"]["messages"]
    assert [message["type"] for message in messages] == ["system", "human", "ai", "tool", "ai"]
    assert messages[2]["tool_calls"] == [
        {"id": "c1", "name": "look", "args": {"at": "here"}, "type": "tool_call"},
        {"id": "c2", "name": "wait", "args": {}, "type": "tool_call"},
    ]
    assert (messages[3]["tool_call_id"], messages[3]["name"], messages[3]["content"]) == ("c1", "look", "Seen.")
    assert "tool_calls" not in messages[4]
    assert len({message["id"] for message in messages}) == 5


def test_a_turn_holds_the_question_and_all_steps_of_the_answer() -> None:
    [turn] = store_of("lighton", TOOLS)["turn"]
    question, answer = turn["messages"]
    assert question["parts"] == [{"type": "text", "text": "Look."}]
    assert [part["type"] for part in answer["parts"]] == ["text", "tool_call", "tool_call", "text"]
    first, second = (part["tool_call"] for part in answer["parts"][1:3])
    assert (first["tool"]["name"], first["tool_args"], first["result"]) == ("look", {"at": "here"}, {"text": "Seen."})
    assert "result" not in second
    [interaction] = store_of("scale", TOOLS)["interaction"]
    assert interaction["input"] == {"query": "Look.", "instructions": "Use tools."}
    assert interaction["output"]["response"] == "It is here."
    assert interaction["duration_ms"] == 4_000


def test_metadata_stay_as_they_are_and_an_archived_thread_is_archived() -> None:
    wanted = {"a": {"b": [1, None, "x"]}, "tags": ["one"]}
    # as the first run of a thread leaves them: front ends look for its threads by these
    run = {"graph_id": "agent", "assistant_id": "fe096781-5601-53d2-b2f6-0d3403f7e9ca"}
    for name, member, more in (("langsmith", "metadata", run), ("seekrflow", "meta_data", {})):
        [thread] = store_of(name, TOOLS)["thread"]
        assert thread[member] == {**wanted, **more, "title": "Tools"}
    [thread] = store_of("scale", TOOLS)["thread"]
    assert thread["thread_metadata"] == wanted
    assert thread["archived_at"] == thread["updated_at"] == "2025-12-31T23:01:04.001000+00:00"
    [thread] = store_of("lighton", TOOLS)["thread"]
    assert thread["is_archived"] is True
    [thread] = store_of("ishvana", TOOLS, layer="observed")["thread"]
    assert (thread["isArchived"], thread["messageCount"], thread["customMetadata"]) == (True, 5, wanted)
    assert thread["lastMessageAt"] == "2025-12-31T23:01:04.001000+00:00"


def test_metadata_that_a_schema_refuses_are_left_out_and_counted() -> None:
    data = parse_data("threads: [{title: T, metadata: {tags: 7}}]", "mine.yaml", "mine")
    gateway = make_gateway("ishvana", data=data)
    assert gateway.filled["ishvana"].left_out == 2  # the metadata, and the tags that were taken out of them
    [thread] = Client(gateway).get("/api/chat/threads").json()["threads"]
    assert thread["title"] == "T"
    assert "custom_metadata" not in thread


def test_an_archived_thread_is_hidden_where_archived_ones_are() -> None:
    client = Client(make_gateway("scale", data=read_data("typical")))
    path = "/v4/applications/mock-variant/threads"
    everything, shown = (client.get(path, query=query).json() for query in ("", "include_archived=false"))
    assert (len(everything), len(shown)) == (5, 4)


@ALL
def test_ids_hang_on_the_seed_and_the_file_and_not_on_what_else_is_served(name: str) -> None:
    data = read_data("typical")
    alone, among = (make_gateway(*names, data=data, now=lambda: START) for names in ([name], builtin_names()))
    other = make_gateway(name, data=data, seed=8, now=lambda: START)
    things = [[*g.world.store.everywhere(name, "thread")] for g in (alone, among, other)]
    assert things[0] == things[1]
    assert things[0] != things[2]
    plain = make_gateway(name, now=lambda: START)
    assert plain.world.ids.uuid4() == alone.world.ids.uuid4()


@ALL
def test_a_reset_fills_anew(name: str) -> None:
    client = Client(make_gateway(name, data=read_data("typical"), now=lambda: START))
    store = client.gateway.world.store
    before = store.shelves()
    ids = list(store.everywhere(name, "thread"))
    store.clear()
    told = client.post("/_mock/reset", headers={"x-threadmock-control": "1"})
    assert told.status == 200
    assert store.shelves() == before
    assert [thing.keys() for thing in store.everywhere(name, "thread")] == [thing.keys() for thing in ids]


def test_a_thread_made_afterwards_is_the_newest() -> None:
    client = Client(make_gateway("seekrflow", data=read_data("typical")))
    made = client.post("/v1/threads", {}, headers=KEY).json()
    listed = client.get("/v1/threads", headers=KEY).json()
    assert listed[0] == made
    assert len(listed) == 6


# The vocabulary


FILL: dict[str, Any] = {
    "thread": {
        "resource": "thread",
        "key": {"field": "id", "otherwise": "opaque"},
        "set": {
            "kind": {"from": "item.title", "words": {"a": "b", "*": "c"}},
            "all": {"list": [{"value": 0}, {"each": "item.metadata.list", "of": {"from": "item.x"}}, {"value": 9}]},
            "none": {"each": "item.metadata.nothing", "of": {"value": 1}},
        },
    }
}


def filled_by(tmp_path: Path, fill: Any, text: str) -> list[Any]:
    path = tmp_path / "own.json"
    path.write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "x-behaviour": {"fill": fill},
        "paths": {"/threads": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array"}}}}}}}}}), encoding="utf-8")  # fmt: skip
    gateway = make_gateway(path, data=parse_data(text, "mine.yaml", "mine"))
    return [*gateway.world.store.everywhere("own", "thread")]


def test_words_stand_for_others_and_each_makes_items_among_others(tmp_path: Path) -> None:
    first, second = filled_by(
        tmp_path, FILL, "threads: [{title: a, metadata: {list: [{x: 1}, {}, {x: 2}]}}, {title: z, metadata: {list: 3}}]"
    )
    assert (first["kind"], first["all"]) == ("b", [0, 1, 2, 9])
    assert (second["kind"], second["all"]) == ("c", [0, 9])
    assert "none" not in first


def test_a_fill_by_messages_and_by_turns_is_refused(tmp_path: Path) -> None:
    both = {**FILL, "message": FILL["thread"], "turn": FILL["thread"]}
    with pytest.raises(RuleError, match="either message by message or turn by turn"):
        filled_by(tmp_path, both, "threads: []")
    with pytest.raises(RuleError, match="Did you mean 'thread'"):
        filled_by(tmp_path, {**FILL, "thraed": {}}, "threads: []")
    alone = {"thread": {**FILL["thread"], "set": {"x": {"each": "item.calls"}}}}
    with pytest.raises(RuleError):
        filled_by(tmp_path, alone, "threads: []")


# Another document


OWN = """
openapi: 3.1.0
info: {title: Talks, version: '1'}
paths:
  /conversations:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Draft'}}}}
      responses:
        '201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Talk'}}}}
    get:
      responses:
        '200':
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Talk'}}}}
  /conversations/{conversation_id}/messages:
    parameters: [{name: conversation_id, in: path, required: true, schema: {type: string}}]
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Words'}}}}
      responses:
        '201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Message'}}}}
    get:
      responses:
        '200':
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Message'}}}}
components:
  schemas:
    Draft:
      type: object
      required: [subject]
      properties: {subject: {type: string, maxLength: 30}, colour: {enum: [red, green]}}
    Talk:
      type: object
      required: [id, subject, created_at]
      properties: {id: {type: string}, subject: {type: string}, created_at: {type: string, format: date-time}}
    Words:
      type: object
      required: [role, text]
      properties: {role: {enum: [user, assistant]}, text: {type: string}}
    Message:
      type: object
      required: [id, role, text]
      properties: {id: {type: string}, role: {type: string}, text: {type: string}, created_at: {type: string, format: date-time}}
"""


def test_a_document_without_a_fill_is_filled_through_its_creates(tmp_path: Path) -> None:
    path = tmp_path / "talks.yaml"
    path.write_text(OWN, encoding="utf-8")
    text = TOOLS + "- {title: A title that is longer than thirty letters}\n"
    client = Client(make_gateway(path, data=parse_data(text, "mine.yaml", "mine")))
    filled = client.gateway.filled["talks"]
    assert (filled.threads, filled.pieces, filled.left_out, filled.inferred) == (1, 3, 3, True)
    [talk] = client.get("/conversations").json()
    assert (talk["subject"], talk["created_at"]) == ("Tools", "2025-12-31T23:00:00.000000+00:00")
    messages = client.get(f"/conversations/{talk['id']}/messages").json()[::-1]
    assert [message["text"] for message in messages] == ["Look.", "I look.", "It is here."]
    assert [message["created_at"][11:19] for message in messages] == ["23:01:00", "23:01:02", "23:01:04"]


def test_a_document_without_threads_stays_empty_and_says_so(data: Path) -> None:
    gateway = make_gateway(data / "things.yaml", data=read_data("typical"))
    assert "say how with `fill`" in gateway.filled["things"].note
    assert gateway.world.store.shelves() == {}
    assert any("begins empty" in line for line in greeting(gateway, "http://x"))


# Files


def test_times_are_counted_from_the_message_before_and_never_stand_still() -> None:
    [one] = parse_data(TOOLS, "mine.yaml", "mine").conversations
    start = read_date_time("2025-12-31T23:00:00Z")
    offsets = [round((moment - start).total_seconds(), 3) for moment in message_times(start, one)]
    assert offsets == [0.001, 60.001, 62.001, 62.501, 64.001]


@given(st.lists(st.integers(0, 5), max_size=6))
def test_threads_without_a_moment_follow_each_other_and_end_before_now(sizes: list[int]) -> None:
    message = {"role": "user", "text": "x", "after": "7m"}
    threads = [{"title": str(at), "messages": [message] * size} for at, size in enumerate(sizes)]
    found = begin_times(parse_data(json.dumps({"threads": threads}), "mine.json", "mine"), START)
    assert [one.title for _, one in found] == [str(at) for at in range(len(sizes))]
    ends = [start + one.length for start, one in found]
    assert all(later[0] - end == datetime.timedelta(hours=1) for end, later in zip(ends, found[1:], strict=False))
    assert all(START - end == datetime.timedelta(hours=1) for end in ends[-1:])


def test_repeated_threads_and_messages_are_numbered() -> None:
    text = """
    threads:
    - title: T$n
      created: 1d ago
      every: 1h
      repeat: 3
      messages:
      - repeat: 2
        messages: [{role: user, text: q$n}, {role: assistant, text: a$n}]
    - {title: costs $n, messages: [{role: user, text: {of: ab, times: 3}}]}
    """
    found = begin_times(parse_data(text, "mine.yaml", "mine"), START)
    assert [one.title for _, one in found] == ["T1", "T2", "T3", "costs $n"]
    assert [message.text for message in found[0][1].messages] == ["q1", "a1", "q2", "a2"]
    assert found[-1][1].messages[0].text == "ababab"
    assert found[1][0] - found[0][0] == datetime.timedelta(hours=1)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_set_travels_to_a_process_of_its_own(name: str) -> None:
    data = read_data(name)
    assert pickle.loads(pickle.dumps(data)) == data


BAD = [
    ("thread: []", "mine.yaml# ", "no member 'thread'", "Did you mean 'threads'?"),
    ("[]", "mine.yaml# ", "an object", "threads"),
    ("threads: {}", "#/threads (line 1)", "no list", "- "),
    ("threads:\n- titel: x", "#/threads/0 (line 2)", "no member 'titel'", "Did you mean 'title'?"),
    ("threads:\n- title: 7", "#/threads/0/title (line 2)", "no text", "quotes"),
    ("threads:\n- archived: 1", "#/threads/0/archived (line 2)", "true or false", ""),
    ("threads:\n- metadata: []", "#/threads/0/metadata (line 2)", "an object", ""),
    ("threads:\n- created: tomorrow", "#/threads/0/created (line 2)", "no moment", "3d ago"),
    ("threads:\n- created: 3 suns ago", "#/threads/0/created (line 2)", "no time", "1h30m"),
    ("threads:\n- created: 2026-02-30T00:00:00Z", "#/threads/0/created (line 2)", "no moment", ""),
    ("threads:\n- every: 5m", "#/threads/0/every (line 2)", "`every`", "`repeat`"),
    ("threads:\n- {repeat: 2, created: 5d ago}", "#/threads/0 (line 2)", "all begin at once", "every"),
    ("threads:\n- {repeat: 0}", "#/threads/0/repeat (line 2)", "no number of times", ""),
    ("threads:\n- {repeat: 1000000}", "#/threads/0/repeat (line 2)", "more than 150000", "less often"),
    ("threads:\n- {repeat: 3, every: 1e308, created: 1d ago}", "#/threads/0/every (line 2)", "", "90s"),
    ("threads:\n- messages:\n  - {text: x}", "#/threads/0/messages/0 (line 3)", "needs a role", "user, assistant"),
    ("threads:\n- messages:\n  - {role: bot}", "#/threads/0/messages/0 (line 3)", "no role 'bot'", "user, assistant"),
    ("threads:\n- messages:\n  - {role: user, txt: x}", "#/threads/0/messages/0 (line 3)", "'txt'", "'text'"),
    ("threads:\n- messages: [{role: user, after: -1}]", "/messages/0/after (line 2)", "no time", "90s"),
    ("threads:\n- messages: [{role: user, calls: []}]", "/messages/0/calls (line 2)", "Only an assistant", ""),
    ("threads:\n- messages: [{role: user, answers: x}]", "/messages/0/answers (line 2)", "Only a tool", ""),
    ("threads:\n- messages: [{role: tool}]", "/messages/0 (line 2)", "needs `answers`", "before it"),
    ("threads:\n- messages: [{role: tool, answers: c}]", "/messages/0 (line 2)", "'c'", "before it"),
    ("threads:\n- messages: [{role: assistant, calls: [{}]}]", "/calls/0 (line 2)", "name of a tool", ""),
    (
        "threads:\n- messages: [{role: assistant, calls: [{name: x, id: a}, {name: x, id: a}]}]",
        "/calls/1/id",
        "twice",
        "",
    ),
    ("threads:\n- messages: [{repeat: 9999, messages: [{role: user}]}]", "/messages/0 (line 2)", "at most 5000", ""),
    ("threads:\n- title: {of: x, times: 99999999}", "/title/times (line 2)", "no number of times", ""),
    ("threads:\n- title: {of: xxxxxxxxxx, times: 8000000}", "/title (line 2)", "at most", ""),
    ("threads: [", "mine.yaml (line ", "no YAML", ""),
    ('{"threads": [}', "mine.yaml (line 1)", "no JSON", ""),
    ('{"threads": [], "threads": []}', "mine.yaml", "twice", ""),
]


@pytest.mark.parametrize(("text", "where", "what", "fix"), BAD, ids=[text[:60] for text, *_ in BAD])
def test_a_file_that_cannot_be_used_is_told_with_its_place_and_a_way_out(
    tmp_path: Path, text: str, where: str, what: str, fix: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as told:
        read_data(str(path))
    shown = str(told.value)
    assert where.strip() in shown
    assert what in shown
    assert fix in shown
    result = CliRunner().invoke(serve, ["--data", str(path)])
    assert result.exit_code == 2
    assert result.output.replace("\n", " ").count("Error: ") == 1


@pytest.mark.parametrize("text", ["threads: [{created: 2999-01-01T00:00:00Z}]", "threads: [{created: 1m ago, messages: [{role: user, after: 1h}]}]"])  # fmt: skip
def test_a_thread_of_the_future_is_refused_before_anything_is_served(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(serve, ["--data", str(path)])
    assert result.exit_code == 2
    assert "mine.yaml#/threads/0 (line 1)" in result.output
    assert "Give it an earlier `created`." in result.output


def test_a_missing_file_a_folder_and_an_unknown_set_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"threads: [{title: \xe9}]")
    for source, shown in (
        ("typcal", "Did you mean 'typical'?"),
        (str(tmp_path / "none.yaml"), "There is no such file."),
        (str(tmp_path), "This is a folder."),
        (str(tmp_path / "latin.yaml"), "is not UTF-8"),
    ):
        result = CliRunner().invoke(serve, ["--data", source])
        assert result.exit_code == 2
        assert shown in result.output


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["threads", "title", "messages", "role", "text", "calls", "repeat", "every", "created", "answers", "of", "times", "id", "name", "x"]), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_anything_else_in_a_file_is_a_clear_error(tree: Any) -> None:
    try:
        made = parse_data(json.dumps({"threads": tree}), "mine.json", "mine")
    except SpecError as error:
        assert "mine.json" in error.where
        assert error.fix
    else:
        assert isinstance(tree, list)
        assert len(made.conversations) >= len(tree)


def test_the_server_says_what_it_began_with(serving: Callable[..., Any]) -> None:
    server = serving("scale", "--port", "0", "--data", "typical", "--auth", "off")
    assert server.send("GET", "/v4/applications/mock-variant/threads").json()[0]["title"] == "Untitled"
    while "typical: 5 threads, 9 interactions, below application_variant mock-variant" not in server.lines[-1]:
        assert server.next_line() is not None


def test_the_help_names_the_shipped_sets() -> None:
    shown = CliRunner().invoke(serve, ["--help"], terminal_width=200).output
    assert "|".join((*SHIPPED, "FILE")) in shown


def test_a_server_without_data_loads_nothing_of_all_this() -> None:
    code = (
        "import sys; from threadmock.mockserver import create_mock; "
        "create_mock('scale'); print([n for n in sys.modules if '.datasets.' in n])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['threadmock.mockserver.datasets.initial']"
