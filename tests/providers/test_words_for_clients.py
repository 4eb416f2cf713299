"""Words of the vocabulary that client libraries made necessary: several places, chosen parts, one object an item."""

from typing import Any

import pytest
from support.clients import Client
from threadmock.specs.behaviour.read_rules import parse_rule, sources_of
from threadmock.specs.behaviour.read_settings import parse_source
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.operations.spelling import as_written


@pytest.fixture
def agent(client: Any, layer: str) -> Client:
    """A client of an agent server in one layer."""
    made: Client = client("langsmith", layer=layer)
    return made


def new_thread(agent: Client, **members: Any) -> str:
    return str(agent.post("/threads", {"metadata": {"graph_id": "agent"}, **members}).json()["thread_id"])


def write(agent: Client, thread: str, values: Any, **members: Any) -> Any:
    told = agent.post(f"/threads/{thread}/state", {"values": values, **members})
    assert told.status == 200, told.body
    return told.json()["checkpoint"]


def state(agent: Client, thread: str) -> Any:
    return agent.get(f"/threads/{thread}/state").json()


def test_a_source_of_several_places_reads_back_as_all_of_them() -> None:
    several = parse_source(["body.a.b", "body.c"], as_written)
    assert several == Source("body", ("a", "b"), (Source("body", ("c",)),))
    assert str(several) == "body.a.b or body.c"


@pytest.mark.parametrize("where", [{"checkpoint": "whole"}, {"checkpoint_id": "id"}])
def test_a_thing_follows_the_one_that_either_place_names(agent: Client, where: dict[str, str]) -> None:
    thread = new_thread(agent)
    first = write(agent, thread, {"n": 1})
    write(agent, thread, {"n": 2})
    named = {name: first if what == "whole" else first["checkpoint_id"] for name, what in where.items()}
    write(agent, thread, {"fork": True}, **named)
    assert state(agent, thread)["values"] == {"n": 1, "fork": True}
    assert state(agent, thread)["parent_checkpoint"] == first


@pytest.mark.parametrize("form", ["checkpoint", "config", "nothing"])
def test_a_page_begins_after_what_either_place_names(agent: Client, form: str, layer: str) -> None:
    thread = new_thread(agent)
    made = [write(agent, thread, {"n": n}) for n in range(3)]
    before = {"checkpoint": made[1], "config": {"configurable": made[1]}, "nothing": {}}[form]
    answer = agent.post(f"/threads/{thread}/history", {"limit": 10, "before": before})
    if layer == "observed":
        assert (answer.status, answer.body) == (500, b"Internal Server Error")
        return
    told = answer.json()
    assert [each["values"]["n"] for each in told] == ([2, 1, 0] if form == "nothing" else [0])


def test_a_part_of_a_member_is_shown_beside_what_the_reply_must_have(agent: Client, layer: str) -> None:
    if layer == "observed":
        return  # the server that was seen shows all, whatever is asked for
    thread = new_thread(agent)
    write(agent, thread, {"n": 1, "m": 2})
    whole = state(agent, thread)
    told = agent.get(f"/threads/{thread}/state", query="select=values.n&select=tasks").json()
    assert told["values"] == {"n": 1}
    assert set(told) == {"values", "next", "tasks", "checkpoint", "metadata", "created_at"}
    assert agent.get(f"/threads/{thread}/state", query="select=values&select=values.n").json()["values"] == {
        "n": 1,
        "m": 2,
    }
    body = {"checkpoint": whole["checkpoint"], "select": []}
    assert agent.post(f"/threads/{thread}/state/checkpoint", body).json() == whole
    assert agent.post(f"/threads/{thread}/state/checkpoint", {**body, "select": "values"}).json() == whole
    assert agent.post(f"/threads/{thread}/state/checkpoint", {**body, "select": [1, None, ""]}).status == 200


def said(values: dict[str, Any]) -> dict[str, Any]:
    """The members of a state, of its messages only what they say."""
    return {**values, "messages": [message["content"] for message in values["messages"]]}


def test_what_several_places_hold_is_merged_in_their_order(agent: Client, layer: str) -> None:
    command = {"update": [["n", 2], ["messages", [{"content": "b"}]]], "goto": "agent"}
    update = {"values": {"n": 1, "messages": [{"content": "a"}]}, "command": command, "as_node": "agent"}
    thread = new_thread(agent, supersteps=[{"updates": [update]}])
    assert said(state(agent, thread)["values"]) == {"n": 2, "messages": ["a", "b"]}
    several = [["n", 3], {"m": 1}, "nothing", ["more", 1, 2]]
    if layer == "observed":  # the server that was seen takes objects alone as the values of a state
        assert agent.post(f"/threads/{thread}/state", {"values": several}).status == 400
        return
    write(agent, thread, several)
    assert said(state(agent, thread)["values"]) == {"n": 3, "m": 1, "messages": ["a", "b"]}


def test_a_copy_sets_anew_only_what_its_things_have(agent: Client) -> None:
    thread = new_thread(agent)
    for n in range(2):
        write(agent, thread, {"n": n})
    history = agent.post(f"/threads/{thread}/history", {"limit": 10}).json()
    copy = agent.post(f"/threads/{thread}/copy").json()["thread_id"]
    copied = agent.post(f"/threads/{copy}/history", {"limit": 10}).json()
    assert copied[0]["parent_checkpoint"] == {**history[0]["parent_checkpoint"], "thread_id": copy}
    assert copied[1].get("parent_checkpoint") is None
    assert ("parent_checkpoint" in copied[1]) == ("parent_checkpoint" in history[1])


def test_a_member_that_is_shown_on_request_is_not_in_a_search(agent: Client) -> None:
    thread = new_thread(agent, ttl={"ttl": 5})
    (found,) = agent.post("/threads/search", {}).json()
    assert found["thread_id"] == thread
    assert "ttl" not in found
    told = agent.send(
        "PATCH", f"/threads/{thread}", query="include=ttl", json={"ttl": {"ttl": 7, "strategy": "keep_latest"}}
    )
    assert {**told.json()["ttl"], "expires_at": 0} == {"strategy": "keep_latest", "ttl_minutes": 7, "expires_at": 0}


@pytest.mark.parametrize("sent", [0, 1, 3])
def test_an_array_has_one_object_for_each_item(client: Any, sent: int) -> None:
    scale: Client = client("scale")
    moment = "2026-01-02T03:04:05+00:00"
    spans = [{"node_id": str(n), "operation_type": "CUSTOM", "start_timestamp": moment} for n in range(sent)]
    body = {"application_variant_id": "v", "input": {"query": "q"}, "output": {"response": "r"}}
    told = scale.post("/v4/interactions", {**body, "start_timestamp": moment, "trace_spans": spans}).json()
    assert [span["node_id"] for span in told["trace_spans"]] == [str(n) for n in range(sent)]
    assert {span["application_interaction_id"] for span in told["trace_spans"]} <= {told["id"]}
    assert len({span["id"] for span in told["trace_spans"]}) == sent


def test_new_content_leaves_the_meta_data_and_new_meta_data_joins_it(client: Any) -> None:
    seekr: Client = client("seekrflow", auth="off")
    thread = seekr.post("/v1/threads", {}).json()["id"]
    messages = f"/v1/threads/{thread}/messages"
    made = seekr.post(messages, {"role": "user", "content": "a", "meta_data": {"n": 1}}).json()["id"]
    told = seekr.send("PATCH", f"{messages}/{made}", json={"content": "b", "meta_data": {}}).json()
    assert (told["content"], told["meta_data"]) == ("b", {"n": 1})
    told = seekr.send("PATCH", f"{messages}/{made}", json={"content": None, "meta_data": {"m": 2}}).json()
    assert (told["content"], told["meta_data"]) == ("b", {"n": 1, "m": 2})


def test_an_item_is_no_place_in_a_request() -> None:
    item = {"each": "body.things", "of": {"members": {"a": {"from": "item.x"}, "b": {"from": "body.y"}}}}
    rule = parse_rule({"action": "fixed", "set": {"made": item}}, {}, "here", as_written)
    assert [str(source) for source in sources_of(rule)] == ["body.things", "body.y"]
