"""Every shipped script at every provider with events of its own: what is streamed, and what is stored.

What a script says is what the agent server stores of it; the others have to tell the same text, in events that their
documents or pages know.
"""

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.agent_client import Talk, scripts_of
from support.clients import Client, dump, make_gateway
from support.reading import read_events
from threadmock.mockserver.agents.script_files import scripts_of as shipped
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.specs.loader import load
from threadmock.specs.schemas.validation import checker

HEADERS = {"host": "localhost", "content-type": "application/json", "authorization": "Bearer key"}
SCRIPTS = sorted(shipped("steps: []", "none.yaml").known.keys() - {"none"})
ASKING = ("approval", "human", "inbox")
"""Scripts that wait for an answer."""
ANSWERS = {"approval": ("approve", "reject", "not now"), "inbox": ("accept", "ignore", "later"), "human": ("yes", "no")}

Events = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Provider:
    """How to talk to one. begin: the requests that make a thread. say: those that say a text, the last streams.

    read: where what was stored is. told, stored: the text of the agent in events, and in what is stored.
    """

    begin: tuple[str, Any]
    key: str
    say: Callable[[str, str], list[tuple[str, Any]]]
    read: Callable[[str], tuple[str, Any]]
    told: Callable[[Events], str]
    stored: Callable[[Any], str]
    kinds: frozenset[str]


def joined(events: Events, kind: str, member: str) -> str:
    """The texts of the events of one kind."""
    return "".join(each[member] for each in events if each.get("type") == kind)


PROVIDERS = {
    "seekrflow": Provider(
        begin=("/v1/threads", {}),
        key="id",
        say=lambda thread, text: [
            (f"/v1/threads/{thread}/messages", {"role": "user", "content": text}),
            (f"/v1/threads/{thread}/runs/stream", {"agent_id": "a"}),
        ],
        read=lambda thread: (f"/v1/threads/{thread}/messages", "limit=100&order=asc"),
        told=lambda events: joined(events, "text-delta", "delta"),
        stored=lambda found: "".join(each["content"] for each in found if each["role"] == "assistant"),
        kinds=frozenset(
            (
                *("start", "start-step", "text-start", "text-delta", "text-end", "reasoning-start", "reasoning-delta"),
                *("reasoning-end", "tool-input-start", "tool-input-delta", "tool-input-available"),
                *("tool-output-available", "tool-output-error", "error", "finish-step", "finish"),
            )
        ),
    ),
    "lighton": Provider(
        begin=("/api/v3/threads", {"agent_id": 1}),
        key="id",
        say=lambda thread, text: [(f"/api/v3/threads/{thread}/turns", {"query": text, "stream": True})],
        read=lambda thread: (f"/api/v3/threads/{thread}/turns", "limit=100"),
        told=lambda events: joined(events, "text", "text"),
        stored=lambda found: "".join(
            part.get("text", "")
            for turn in sorted(found["results"], key=lambda each: each["created_at"])
            for message in turn["messages"]
            if message["role"] == "assistant"
            for part in message["parts"]
        ),
        kinds=frozenset(("turn", "text", "reasoning", "tool_call", "tool_result")),
    ),
    "ishvana": Provider(
        begin=("/api/chat/threads", {"title": "x"}),
        key="thread_id",
        say=lambda thread, text: [("/api/chat/enhanced/stream", {"message": text, "conversation_id": thread})],
        read=lambda thread: (f"/api/chat/threads/{thread}/messages", "limit=100"),
        told=lambda events: joined(events, "chunk", "content"),
        stored=lambda found: "".join(each["content"] for each in found["messages"] if each["role"] == "assistant"),
        kinds=frozenset(("chunk", "complete", "error")),
    ),
    "scale": Provider(
        begin=("/v4/applications/v1/threads", {"application_variant_id": "v1", "account_id": "a", "title": "x"}),
        key="id",
        say=lambda thread, text: [
            (f"/v4/applications/v1/threads/{thread}/process", {"inputs": {"input": text}, "stream": True})
        ],
        read=lambda thread: (f"/v4/threads/{thread}/messages", "account_id=a"),
        told=lambda events: "".join(each["output"] for each in events if isinstance(each.get("output"), str)),
        stored=lambda found: "",
        kinds=frozenset(("",)),
    ),
}


class Speaker:
    """Speaks with one provider's mock."""

    def __init__(self, name: str, script: str = "") -> None:
        self.provider = PROVIDERS[name]
        more = {"script": scripts_of(script)} if script else {}
        self.gateway = make_gateway(name, seed=7, timer=JumpingTimer(), **more)
        self.client = Client(self.gateway)
        path, body = self.provider.begin
        self.thread = str(self.ask("POST", path, body).json()[self.provider.key])

    def ask(self, method: str, path: str, body: Any = None, query: str = "") -> Any:
        """One exchange; it must be a success."""
        payload = b"" if body is None else dump(body)
        told = self.client.send(method, path, query=query, headers=HEADERS, body=payload)
        assert told.status in (200, 201), told.body[:500]
        return told

    def say(self, text: str) -> list[dict[str, Any]]:
        """The events of a run."""
        *before, (path, body) = self.provider.say(self.thread, text)
        for other, given_body in before:
            self.ask("POST", other, given_body)
        events = read_events(self.ask("POST", path, body).body)
        return [json.loads(each.data) for each in events if each.data != "[DONE]"]

    def stored(self) -> str:
        """What the agent said, as it is stored."""
        path, query = self.provider.read(self.thread)
        return self.provider.stored(self.ask("GET", path, query=query).json())


def reference(texts: Sequence[str], script: str = "") -> str:
    """What an agent says, as the agent server stores it; what was said in a run that failed comes to nothing there."""
    talk = Talk(script)
    thread = talk.thread()
    talk.stream(thread, texts[0])
    for answer in texts[1:]:
        talk.stream(thread, None, command={"resume": answer})
    messages = talk.state(thread)["values"].get("messages", [])
    return "".join(text_of(each["content"]) for each in messages if each["type"] == "ai")


def text_of(content: Any) -> str:
    """The text of a message."""
    if isinstance(content, str):
        return content
    return "".join(each["text"] for each in content if each["type"] == "text")


def problems(name: str, events: Events, said: str) -> Iterator[str]:
    """What is wrong with the events of runs that said this."""
    provider = PROVIDERS[name]
    for each in events:
        if each.get("type", "") not in provider.kinds:
            yield f"no page knows {each}"
        if not any(fits(each) for fits in schemas_of(name)):
            yield f"no event of the document is {each}"
    if provider.told(events) != said:
        yield f"it said {said!r} and told {provider.told(events)!r}"
    if name == "seekrflow":
        yield from step_problems(events)


@functools.cache
def schemas_of(name: str) -> list[Callable[[Any], bool]]:
    """The judges of the events that a provider's document has."""
    agent = load(name).profile.agent
    assert agent
    return [checker(event.schema).valid for each in agent.formats.values() for event in each.events if event.schema]


NEEDED = {
    **dict.fromkeys(("text-delta", "reasoning-delta"), ("id", "delta")),
    **dict.fromkeys(("text-start", "text-end", "reasoning-start", "reasoning-end"), ("id",)),
    "tool-input-start": ("toolCallId", "toolName"),
    "tool-input-delta": ("toolCallId", "inputTextDelta"),
    "tool-input-available": ("toolCallId", "toolName", "input"),
    "tool-output-available": ("toolCallId", "output"),
    "tool-output-error": ("toolCallId", "errorText"),
    "error": ("errorText",),
}
"""What each event has, beside its type."""


def step_problems(events: Events) -> Iterator[str]:
    """What the AI SDK's reader would stumble on: steps without content, parts that never begin or end, lost results."""
    before, inside = "", False
    open_parts: set[str] = set()
    calls: dict[str, str] = {}
    for each in events:
        kind = each["type"]
        lacking = [member for member in NEEDED.get(kind, ()) if member not in each]
        if lacking:
            yield f"{each} lacks {lacking}"
            continue
        if kind == "finish-step" and (before == "start-step" or not inside):
            yield "a step is empty, or ends before it began"
        if kind == "start-step" and inside:
            yield "a step begins inside of another"
        inside = kind == "start-step" or (inside and kind not in ("finish-step", "finish", "error"))
        if kind not in ("start", "start-step", "finish-step", "finish", "error") and not inside:
            yield f"{kind} stands outside of every step"
        part, _, moment = kind.partition("-")
        if part in ("text", "reasoning"):
            key = f"{part} {each['id']}"
            if (moment == "start") == (key in open_parts):
                yield f"{kind} of {key} comes at the wrong time"
            open_parts.add(key)
            open_parts -= {key} if moment == "end" else set()
        if kind == "tool-input-start":
            calls[each["toolCallId"]] = ""
        elif kind == "tool-input-delta":
            calls[each["toolCallId"]] = calls.get(each["toolCallId"], "") + each["inputTextDelta"]
        elif kind == "tool-input-available" and json.loads(calls.get(each["toolCallId"]) or "null") != each["input"]:
            yield f"the pieces of {each} are {calls.get(each['toolCallId'])!r}"
        elif kind.startswith("tool-output") and each["toolCallId"] not in calls:
            yield f"{each} answers no call"
        before = kind
    if open_parts:
        yield f"{open_parts} never end"


def conversations(script: str) -> list[tuple[str, ...]]:
    """What is said to a script, and what is answered."""
    return [(f"/{script} go", answer) for answer in ANSWERS.get(script, ())] or [(f"/{script} go",)]


CASES = [(script, said) for script in SCRIPTS for said in conversations(script)]


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(("script", "said"), CASES, ids=[" ".join((a, *b[1:])) for a, b in CASES])
def test_what_a_shipped_script_does_is_told_and_stored_whole(name: str, script: str, said: tuple[str, ...]) -> None:
    speaker = Speaker(name)
    events = [event for text in said for event in speaker.say(text)]
    expected = reference(said) if script != "failing" else PROVIDERS[name].told(events)
    assert list(problems(name, events, expected)) == []
    if name != "scale" and script != "failing":
        assert speaker.stored() == expected


@pytest.mark.parametrize("said", ANSWERS["approval"])
def test_a_refused_call_is_answered_in_the_stream(said: str) -> None:
    speaker = Speaker("seekrflow")
    speaker.say("/approval go")
    kinds = [each["type"] for each in speaker.say(said)]
    assert [each for each in kinds if each.startswith("tool-output")] == [
        "tool-output-error" if said == "reject" else "tool-output-available"
    ]


def test_usage_is_told_where_a_run_has_a_place_for_it() -> None:
    speaker = Speaker("seekrflow")
    speaker.say("/blocks go")
    run = speaker.ask("GET", f"/v1/threads/{speaker.thread}/runs", query="limit=1").json()[0]
    assert run["usage"] == {"prompt_tokens": 21, "completion_tokens": 34, "total_tokens": 55}


def test_usage_is_told_with_a_message_that_has_a_place_for_it() -> None:
    speaker = Speaker("ishvana")
    speaker.say("/blocks go")
    messages = speaker.ask("GET", "/api/chat/history", query=f"thread_id={speaker.thread}").json()["messages"]
    (answer,) = [each for each in messages if each["role"] == "assistant"]
    assert [answer[f"{name}_tokens"] for name in ("prompt", "completion")] == [21, 34]
    assert answer["tokens_used"] == 55


WORDS = st.sampled_from(("One.", "two three", " four", "$text", ""))
CALLS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(("find", "send")), "arguments": st.dictionaries(st.sampled_from("ab"), st.integers())},
        optional={
            "result": st.sampled_from(("found", "")),
            "failed": st.booleans(),
            "pieces": st.integers(1, 4),
            "approve": st.just(True),
        },
    ),
    max_size=3,
)
BLOCKS = st.lists(
    st.sampled_from(
        (
            {"type": "text", "text": " More."},
            {"type": "image", "url": "https://example.org/a.png"},
            {"type": "text", "text": ""},
        )
    ),
    max_size=2,
)
NODES = st.sampled_from(("agent", "work"))
PLAIN = st.one_of(
    st.fixed_dictionaries(
        {"say": WORDS},
        optional={
            "calls": CALLS,
            "content": BLOCKS,
            "usage": st.just({"input_tokens": 1, "output_tokens": 2}),
            "node": NODES,
        },
    ),
    st.fixed_dictionaries({"think": WORDS}, optional={"block": st.booleans(), "node": NODES}),
    st.fixed_dictionaries({"set": st.just({"seen": True})}, optional={"node": NODES}),
    st.fixed_dictionaries({"show": st.just({"name": "card", "props": {"a": 1}})}),
    st.fixed_dictionaries({"emit": st.just({"n": 1})}),
    st.fixed_dictionaries({"interrupt": st.just({"question": "Go on?"})}),
)
STEPS = st.lists(
    PLAIN | st.fixed_dictionaries({"subgraph": st.just("part"), "steps": st.lists(PLAIN, max_size=3)}), max_size=5
)
ROUNDS = 12
"""So many answers end every drawn script."""


@pytest.mark.parametrize("name", PROVIDERS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_what_any_script_does_is_told_and_stored_whole(name: str, steps: list[Any]) -> None:
    script = json.dumps({"pace": 0, "steps": steps})
    said = ("go", *["approve"] * ROUNDS)
    speaker, events, talk = Speaker(name, script), [], Talk(script)
    thread = talk.thread()
    for number, text in enumerate(said):
        events += speaker.say(text)
        talk.stream(thread, text) if not number else talk.stream(thread, None, command={"resume": text})
        if talk.status(thread) == "idle":
            break
    messages = talk.state(thread)["values"].get("messages", [])
    expected = "".join(text_of(each["content"]) for each in messages if each["type"] == "ai")
    assert list(problems(name, events, expected)) == []
    if name != "scale":
        assert speaker.stored() == expected


FAULTS: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "an empty step": lambda events: [*events[:1], {"type": "start-step"}, {"type": "finish-step"}, *events[1:]],
    "an event that no page knows": lambda events: [*events[:2], {"type": "data-custom", "data": 1}, *events[2:]],
    "a text that is lost": lambda events: [each for each in events if each["type"] != "text-delta"],
    "a text that never ends": lambda events: [each for each in events if each["type"] != "text-end"],
    "a result that nobody asked for": lambda events: [each for each in events if "tool-input" not in each["type"]],
    "pieces that are not the call": lambda events: [each for each in events if each["type"] != "tool-input-delta"],
    "an event without what it must have": lambda events: [
        {name: value for name, value in each.items() if name != "output"} for each in events
    ],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    said = reference(["/tool go"])
    events = Speaker("seekrflow").say("/tool go")
    assert list(problems("seekrflow", events, said)) == []
    assert list(problems("seekrflow", FAULTS[fault](events), said))
