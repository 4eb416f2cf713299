"""What mode `events` says of graphs inside of nodes, asked for or not, and in which order with what else is told."""

import json
from typing import Any

import pytest
from support.agent_client import Talk, data, names

PARTS = """
pace: 0
steps:
- subgraph: outer
  steps:
  - subgraph: inner
    steps:
    - say: ""
      calls: [{name: find, id: call_1, arguments: {}, result: it}]
    - interrupt: {question: one}
      node: ask
    - say: Found.
      node: ask
  - choose:
    - when: {text: other}
      steps: [{say: Other., node: other}]
    - steps: [{say: Told., node: tell}]
- say: Done.
"""


@pytest.fixture(params=("documented", "observed"))
def talk(request: pytest.FixtureRequest) -> Talk:
    """An agent with a graph inside of a graph."""
    return Talk(PARTS, layer=request.param)


def begun(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What began, by its id."""
    return {each["run_id"]: each for each in events if each["event"].endswith("_start")}


@pytest.mark.parametrize("shown", [True, False])
def test_a_graph_inside_is_told_by_plain_events_whether_it_is_asked_for_or_not(talk: Talk, *, shown: bool) -> None:
    thread = talk.thread()
    stream = talk.stream(thread, "go", ["events"], stream_subgraphs=shown)
    assert set(names(stream)) == {"metadata", "events"}
    stream += talk.stream(thread, None, ["events"], command={"resume": "yes"}, stream_subgraphs=shown)
    events = data(stream, "events")
    known = begun(events)
    assert all(each["run_id"] in known for each in events)
    assert len(known) == len([each for each in events if each["event"].endswith("_start")])
    asked = next(each for each in events if each["name"] == "ask")
    assert [known[each]["name"] for each in asked["parent_ids"][1:]] == ["outer", "LangGraph", "inner", "LangGraph"]
    ended = [each["name"] for each in events if each["event"] == "on_chain_end"]
    own = events[0]["name"]
    assert ended == ["agent", "tools", own, "ask", "LangGraph", "inner", "tell", "LangGraph", "outer", "agent", own]
    assert next(each["metadata"]["langgraph_step"] for each in events if each["name"] == "tell") == 2


def test_a_node_inside_begins_before_what_the_one_before_it_came_to_is_sent(talk: Talk) -> None:
    stream = talk.stream(talk.thread(), "go", ["events", "updates", "tasks"], stream_subgraphs=True)
    told = [
        (name.split("|")[0], found.get("event", ""), found.get("name", ""))
        for name, found in ((each.name, json.loads(each.data)) for each in stream)
    ]
    at = told.index(("events", "on_chain_start", "tools"))
    assert told[at - 1 : at + 4] == [
        ("events", "on_chain_end", "agent"),
        ("events", "on_chain_start", "tools"),
        ("updates", "", ""),
        ("tasks", "", "agent"),
        ("tasks", "", "tools"),
    ]
    assert told.count(("events", "on_chain_start", "tools")) == 1


@pytest.mark.parametrize("layer", ["documented", "observed"])
@pytest.mark.parametrize("spoken", ["say: Done.", "think: Let me see."])
def test_a_model_begins_before_what_its_node_sends_arrives_where_events_are_asked_for(layer: str, spoken: str) -> None:
    steps = [{"emit": "half"}, {"show": {"name": "weather"}}, {"set": {"done": True}}]
    talk = Talk(
        "pace: 0\nsteps:\n" + "".join(f"- {json.dumps(each)}\n" for each in steps) + f"- {spoken}\n- say: Yes.\n",
        layer=layer,
    )
    stream = talk.stream(talk.thread(), "go", ["custom", "events"])
    told = [json.loads(each.data)["event"] if each.name == "events" else each.name for each in stream][3:]
    assert told[:4] == ["on_chat_model_start", "custom", "custom", "on_chat_model_stream"]
    known = begun(data(stream, "events"))
    assert all(each["run_id"] in known for each in data(stream, "events"))
    assert told.count("on_chat_model_start") == (2 if "say" in spoken else 1)


@pytest.mark.parametrize("between", ["- wait: 5s\n", "- interrupt: {question: one}\n", ""])
def test_a_model_that_does_not_follow_at_once_begins_after_what_its_node_sends(between: str) -> None:
    node = "" if between else "\n  node: other"
    talk = Talk(f"pace: 0\nsteps:\n- emit: half\n{between}- say: Done.{node}\n", layer="observed")
    stream = talk.stream(talk.thread(), "go", ["custom", "events"])
    told = [json.loads(each.data)["event"] if each.name == "events" else each.name for each in stream]
    assert told[:4] == ["metadata", "on_chain_start", "on_chain_start", "custom"]
