"""The real langgraph-sdk against the mock over a socket: runs, their streams, pauses, cancels, joins and batches."""

import asyncio
import json
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError
from support.processes import Serving

pytestmark = pytest.mark.sdk
EVERY_MODE = ["values", "updates", "messages", "messages-tuple", "tasks", "checkpoints", "debug", "custom", "events"]
EVENTS = {
    "values": {"values"},
    "updates": {"updates"},
    "messages": {"messages/metadata", "messages/partial", "messages/complete"},
    "messages-tuple": {"messages"},
    "tasks": {"tasks"},
    "checkpoints": {"checkpoints"},
    "debug": {"debug"},
    "custom": {"custom"},
    "events": {"events"},
}


@pytest.fixture
def swift(shared: Callable[..., Serving], layer: str) -> Serving:
    """A mock in which nothing takes time."""
    return shared("langsmith", "--as", layer, "--speed", "0", "--quiet")


@pytest.fixture
def client(swift: Serving) -> Iterator[SyncLangGraphClient]:
    with get_sync_client(url=swift.url) as made:
        yield made


def said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def texts(values: Any) -> list[str]:
    return [message["content"] for message in values["messages"]]


def test_a_run_is_waited_for(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    told: list[Any] = []
    values = client.runs.wait(thread, "agent", input=said("tea"), on_run_created=told.append)
    assert texts(values) == ["tea", "You said: tea"]
    (run,) = client.runs.list(thread)
    assert (told[0]["run_id"], told[0]["thread_id"]) == (run["run_id"], thread)
    assert run["status"] == "success"
    assert client.threads.get_state(thread)["values"] == values
    assert client.threads.get(thread)["values"] == values
    assert client.threads.get(thread)["status"] == "idle"


@pytest.mark.parametrize("mode", EVERY_MODE)
def test_a_run_is_streamed_in_each_mode(client: SyncLangGraphClient, mode: Any) -> None:
    thread = client.threads.create()["thread_id"]
    parts = list(client.runs.stream(thread, "agent", input=said("/tool tea"), stream_mode=mode))
    assert parts[0].event == "metadata"
    assert uuid.UUID(parts[0].data["run_id"])
    rest = {part.event for part in parts[1:]}
    assert rest
    assert rest <= EVENTS[mode]
    assert len(client.threads.get_state(thread)["values"]["messages"]) == 5


def test_several_modes_at_once_are_all_there_and_agree(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    told: list[Any] = []
    modes: Any = ["values", "updates", "messages-tuple", "custom"]
    parts = list(
        client.runs.stream(thread, "agent", input=said("/tool x"), stream_mode=modes, on_run_created=told.append)
    )
    assert {part.event for part in parts} == {"metadata", "values", "updates", "messages", "custom"}
    assert told[0]["run_id"] == parts[0].data["run_id"]
    last = [part.data for part in parts if part.event == "values"][-1]
    assert client.threads.get_state(thread)["values"] == last
    chunks: dict[str, str] = {}
    for part in parts:
        if part.event == "messages":
            chunks[part.data[0]["id"]] = chunks.get(part.data[0]["id"], "") + part.data[0]["content"]
    assert [chunks[message["id"]] for message in last["messages"][1:]] == texts(last)[1:]
    assert {part.id for part in parts} == {None}


def test_the_async_client_sees_the_same(swift: Serving) -> None:
    async def talk() -> tuple[list[str], list[str], Any]:
        async with get_client(url=swift.url) as client:
            thread = (await client.threads.create())["thread_id"]
            told: list[Any] = []
            modes: Any = ["values", "messages-tuple"]
            stream = client.runs.stream(
                thread, "agent", input=said("tea"), stream_mode=modes, on_run_created=told.append
            )
            parts = [part async for part in stream]
            values: Any = await client.runs.wait(thread, "agent", input=said("milk"))
            joined = await client.runs.join(thread, told[0]["run_id"])
            return [part.event for part in parts], texts(values), joined

    events, said_last, joined = asyncio.run(talk())
    assert events == ["metadata", "values", "messages", "messages", "messages", "values"]
    assert said_last == ["tea", "You said: tea", "milk", "You said: milk"]
    assert texts(joined)[:2] == ["tea", "You said: tea"]


def test_many_threads_stream_at_once_each_its_own(swift: Serving) -> None:
    async def one(client: Any, number: int) -> list[str]:
        thread = (await client.threads.create())["thread_id"]
        parts = [part async for part in client.runs.stream(thread, "agent", input=said(f"n{number}"))]
        return texts(parts[-1].data)

    async def talk() -> list[list[str]]:
        async with get_client(url=swift.url) as client:
            return await asyncio.gather(*(one(client, number) for number in range(30)))

    assert asyncio.run(talk()) == [[f"n{number}", f"You said: n{number}"] for number in range(30)]


def test_a_run_in_the_background_is_joined(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    told: list[Any] = []
    run = client.runs.create(thread, "agent", input=said("tea"), metadata={"n": 1}, on_run_created=told.append)
    assert (run["status"], run["thread_id"], told[0]["run_id"]) == ("pending", thread, run["run_id"])
    assert texts(client.runs.join(thread, run["run_id"])) == ["tea", "You said: tea"]
    after = client.runs.get(thread, run["run_id"])
    assert (after["status"], after["metadata"]["n"]) == ("success", 1)


def test_a_stream_is_joined_from_the_last_event_that_was_seen(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    modes: Any = ["values", "messages-tuple"]
    parts = list(client.runs.stream(thread, "agent", input=said("tea"), stream_mode=modes, stream_resumable=True))
    run = parts[0].data["run_id"]
    assert all(part.id for part in parts)
    for at, part in enumerate(parts):
        again = list(client.runs.join_stream(thread, run, last_event_id=part.id))
        assert again == parts[at + 1 :]
    assert list(client.runs.join_stream(thread, run, last_event_id="-1")) == parts
    assert list(client.runs.join_stream(thread, run)) == []


def test_a_run_asks_and_goes_on_with_the_answer_and_only_once(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    parts = list(client.runs.stream(thread, "agent", input=said("/human hello"), stream_mode=["values", "updates"]))
    (asked,) = parts[-1].data["__interrupt__"]
    assert asked["value"]["action_requests"][0]["args"]["body"] == "hello"
    state = client.threads.get_state(thread)
    assert state["interrupts"][0]["id"] == asked["id"]
    assert client.threads.get(thread)["status"] == "interrupted"
    assert [each["thread_id"] for each in client.threads.search(status="interrupted", ids=[thread])] == [thread]
    values: Any = client.runs.wait(thread, "agent", command={"resume": "approve"})
    assert texts(values)[-1] == "It is sent. Your answer: approve"
    again: Any = client.runs.wait(thread, "agent", command={"resume": "approve"})
    assert again == values
    assert client.threads.get(thread)["status"] == "idle"
    other = client.threads.create()["thread_id"]
    client.runs.wait(other, "agent", input=said("/human hello"))
    rejected: Any = client.runs.wait(other, "agent", command={"resume": {"type": "reject"}})
    assert texts(rejected)[-1].startswith("I did not send it.")


def test_a_pause_before_a_node_goes_on_without_input(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    client.runs.wait(thread, "agent", input=said("/tool x"), interrupt_before=["tools"])
    state = client.threads.get_state(thread)
    assert (state["next"], client.threads.get(thread)["status"]) == (["tools"], "interrupted")
    values: Any = client.runs.wait(thread, "agent", input=None)
    assert len(values["messages"]) == 5
    assert client.threads.get_state(thread)["next"] == []


def test_a_failure_is_an_event_and_raises_where_it_is_waited_for(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    parts = list(client.runs.stream(thread, "agent", input=said("/failing x")))
    assert (parts[-1].event, parts[-1].data["error"]) == ("error", "ModelError")
    with pytest.raises(Exception, match="The model is not there"):
        client.runs.wait(thread, "agent", input=said("/failing x"))
    quiet: Any = client.runs.wait(thread, "agent", input=said("/failing x"), raise_error=False)
    assert quiet["__error__"]["error"] == "ModelError"
    assert [run["status"] for run in client.runs.list(thread)] == ["error"] * 3
    assert client.threads.get(thread)["status"] == "error"


def test_stateless_runs_leave_nothing_behind(client: SyncLangGraphClient, tag: str) -> None:
    values: Any = client.runs.wait(None, "agent", input=said("tea"))
    assert texts(values) == ["tea", "You said: tea"]
    told: list[Any] = []
    parts = list(client.runs.stream(None, "agent", input=said("tea"), on_run_created=told.append))
    assert [part.event for part in parts] == ["metadata", "values", "values"]
    assert told[0]["run_id"] == parts[0].data["run_id"]
    with pytest.raises(httpx.HTTPStatusError):
        client.runs.wait(None, "agent", command={"resume": "x"})
    kept: Any = client.runs.wait(None, "agent", input=said(tag), on_completion="keep")
    found = client.threads.search(values={"messages": kept["messages"]})
    assert [texts(each["values"]) for each in found] == [[tag, f"You said: {tag}"]]


def test_a_batch_starts_several(client: SyncLangGraphClient) -> None:
    made: Any = client.runs.create_batch(
        [{"assistant_id": "agent", "input": said(f"n{n}"), "metadata": {"n": n}} for n in range(3)]  # type: ignore[typeddict-unknown-key,typeddict-item]
    )
    assert [run["metadata"]["n"] for run in made] == [0, 1, 2]
    assert len({run["run_id"] for run in made}) == 3


def test_runs_are_listed_in_pages_by_status_and_deleted(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    for text in ("a", "/failing b", "c"):
        client.runs.wait(thread, "agent", input=said(text), raise_error=False)
    runs = client.runs.list(thread)
    assert [run["status"] for run in runs] == ["success", "error", "success"]
    assert client.runs.list(thread, status="error") == [runs[1]]
    assert client.runs.list(thread, limit=1, offset=1) == [runs[1]]
    assert client.runs.get(thread, runs[0]["run_id"]) == runs[0]
    client.runs.delete(thread, runs[1]["run_id"])
    assert client.runs.list(thread) == [runs[0], runs[2]]
    with pytest.raises(NotFoundError):
        client.runs.get(thread, runs[1]["run_id"])
    with pytest.raises(NotFoundError):
        client.runs.cancel(thread, runs[0]["run_id"])


def test_a_thread_is_followed_from_its_beginning(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    for text in ("a", "b"):
        client.runs.wait(thread, "agent", input=said(text))
    seen: list[Any] = []
    stream = client.threads.join_stream(thread, last_event_id="-")
    for part in stream:
        seen.append(part)
        if sum(isinstance(each.data, dict) and each.data.get("status") == "run_done" for each in seen) == 2:
            break
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    assert [part.event for part in seen].count("metadata") == 4
    assert all(part.id for part in seen)
    resumed = client.threads.join_stream(thread, last_event_id=seen[2].id)
    assert next(iter(resumed)) == seen[3]
    resumed.close()  # type: ignore[attr-defined]


# What takes its time: the script that speaks slowly, stopped long before its end.


def test_a_run_is_cancelled_while_its_stream_is_read(sdk: SyncLangGraphClient) -> None:
    thread = sdk.threads.create()["thread_id"]
    stream = sdk.runs.stream(thread, "agent", input=said("/slow x"), stream_mode=["values", "messages-tuple"])
    events = []
    for part in stream:
        events.append(part.event)
        if part.event == "values":
            sdk.runs.cancel(thread, sdk.runs.list(thread)[0]["run_id"], wait=True)
    assert events == ["metadata", "values"]
    assert [run["status"] for run in sdk.runs.list(thread)] == ["interrupted"]
    assert sdk.threads.get(thread)["status"] == "interrupted"


def test_a_run_is_rolled_back_and_several_are_cancelled(sdk: SyncLangGraphClient) -> None:
    thread = sdk.threads.create()["thread_id"]
    first, second = (sdk.runs.create(thread, "agent", input=said(f"/slow {n}")) for n in range(2))
    sdk.runs.cancel(thread, first["run_id"], wait=True, action="rollback")
    assert [run["run_id"] for run in sdk.runs.list(thread)] == [second["run_id"]]
    third = sdk.runs.create(thread, "agent", input=said("/slow 3"))
    sdk.runs.cancel_many(thread_id=thread, run_ids=[second["run_id"], third["run_id"]])
    assert [run["status"] for run in sdk.runs.list(thread)] == ["interrupted"] * 2


@pytest.mark.parametrize(
    ("strategy", "before"),
    [("enqueue", ["running", "pending"]), ("interrupt", ["interrupted", "running"]), ("rollback", ["running"])],
)
def test_a_second_run_does_as_its_strategy_says(sdk: SyncLangGraphClient, strategy: Any, before: list[str]) -> None:
    thread = sdk.threads.create()["thread_id"]
    first = sdk.runs.create(thread, "agent", input=said("/slow x"))
    assert sdk.runs.get(thread, first["run_id"])["status"] in ("pending", "running")
    second = sdk.runs.create(thread, "agent", input=said("/slow y"), multitask_strategy=strategy)
    found = [run["status"] for run in sdk.runs.list(thread)[::-1]]
    assert [{"pending": "running"}.get(each, each) for each in found] == [
        {"pending": "running"}.get(each, each) for each in before
    ]
    with pytest.raises(ConflictError):
        sdk.runs.create(thread, "agent", input=said("z"), multitask_strategy="reject")
    sdk.runs.cancel_many(status="all")
    assert sdk.runs.get(thread, second["run_id"])["status"] == "interrupted"


def test_where_the_reader_leaves_the_run_is_stopped_where_that_was_asked_for(sdk: SyncLangGraphClient) -> None:
    thread = sdk.threads.create()["thread_id"]
    stream = sdk.runs.stream(thread, "agent", input=said("/slow x"), on_disconnect="cancel")
    assert next(iter(stream)).event == "metadata"
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    (run,) = sdk.runs.list(thread)
    for _ in range(2000):
        if sdk.runs.get(thread, run["run_id"])["status"] == "interrupted":
            break
    assert sdk.runs.get(thread, run["run_id"])["status"] == "interrupted"


def test_headers_name_the_run_for_who_asks_without_a_library(swift: Serving) -> None:
    made = json.loads(swift.send("POST", "/threads", b"{}", {"content-type": "application/json"}).body)
    body = json.dumps({"assistant_id": "agent", "input": said("x")}).encode()
    for way in ("", "/stream", "/wait"):
        told = swift.send("POST", f"/threads/{made['thread_id']}/runs{way}", body, {"content-type": "application/json"})
        assert re.fullmatch(rf"/threads/{made['thread_id']}/runs/[0-9a-f-]{{36}}", told.headers["content-location"])
