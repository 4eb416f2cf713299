"""The same conversations with the vendor's server and with the mock, compared event by event and in the state at the end."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agent_server import command, scripted_graphs, serving
from comparison import Comparison, Difference, comparable, load_explanations
from conversations import Conversation, Speaker, load_conversations
from support.environments import script
from support.once import find_once
from support.processes import start

pytestmark = [pytest.mark.real, pytest.mark.slow]
HERE = Path(__file__).parent
CONVERSATIONS = load_conversations(HERE / "conversations.yaml")
EXPLANATIONS = load_explanations(HERE / "explained.yaml")
BY_CHANCE = load_explanations(HERE / "explained_clients.yaml")
# A run takes such a server half a second, most of it waiting.
AT_ONCE = 8

Answers = Mapping[str, list[dict[str, Any]]]
SEEN: dict[str, Any] = {}
"""What RemoteGraph saw, by server."""


def hold_all(url: str) -> Answers:
    """What each conversation came to."""

    def hold(conversation: Conversation) -> list[dict[str, Any]]:
        return Speaker(url).hold(conversation)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip((each.name for each in CONVERSATIONS), pool.map(hold, CONVERSATIONS), strict=True))


def remote_graph(url: str) -> Any:
    """What RemoteGraph sees of a server."""
    return json.loads(script(str(Path(command(0)[0]).with_name("python")), str(HERE / "remote_graph_script.py"), url))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answers, Answers]:
    """What the real server and the mock answered; what RemoteGraph saw is noted, too."""
    real, mock = find_once(tmp_path_factory, "both", lambda: ask(tmp_path_factory.mktemp("beside")))
    SEEN["real"], SEEN["mock"] = real["remote graph"], mock["remote graph"]
    return real["held"], mock["held"]


def ask(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Hold the conversations with both servers, and use a graph of each from afar."""
    with serving(folder, scripted_graphs(each.agent for each in CONVERSATIONS)) as url:
        real = {"held": hold_all(url), "remote graph": remote_graph(url)}
    mock = start("langsmith", "--as", "observed", "--script", str(HERE / "scripted_graphs.yaml"), "--port", "0")
    try:
        mock.wait_until_listening()
        return real, {"held": hold_all(mock.url), "remote graph": remote_graph(mock.url)}
    finally:
        mock.end()


@pytest.mark.parametrize("name", [each.name for each in CONVERSATIONS])
def test_the_mock_answers_as_the_real_server_does(name: str, both: tuple[Answers, Answers]) -> None:
    real, mock = (answers[name] for answers in both)
    assert any(step.get("events") or step.get("json") for step in real)
    found = Comparison().differences(comparable(real), comparable(mock))
    assert [str(each) for each in found if not (EXPLANATIONS.row_of(each, name) or BY_CHANCE.row_of(each, name))] == []


@pytest.mark.usefixtures("both")
def test_a_graph_that_is_used_from_afar_is_the_same() -> None:
    assert SEEN["real"]["invoked"] == ["hello", "Let me look that up.", '{"number": "1042"}', "It is on its way."]
    assert SEEN["mock"] == SEEN["real"]


def test_every_explanation_is_met(both: tuple[Answers, Answers]) -> None:
    """A row that explains nothing any more goes."""
    met = {
        EXPLANATIONS.row_of(each, name)
        for name in both[0]
        for each in Comparison().differences(comparable(both[0][name]), comparable(both[1][name]))
    }
    assert set(EXPLANATIONS.rows) - met == set()


def test_a_row_explains_only_what_it_names() -> None:
    """The id of a tool's message that is not there, and a thread in the metadata that RemoteGraph alone sends."""
    identifier = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
    stored = Difference("/0/events/3/data/tools/messages/0/id", "None", identifier)
    assert BY_CHANCE.row_of(stored, "tools") == "stored before its id"
    for other in (replace(stored, mock="None"), replace(stored, place="/0/events/3/data/agent/messages/0/id")):
        assert not BY_CHANCE.row_of(other, "tools")
    told = Difference("/1/3/metadata/thread_id", "<absent>", identifier)
    assert BY_CHANCE.row_of(told, "remote_graph")
    assert not BY_CHANCE.row_of(told, "sdk")


def test_a_planted_difference_is_found(both: tuple[Answers, Answers]) -> None:
    """Another word, an id that names two things, an event too much, one that is missing, and a number for a boolean."""
    mock = both[1]["values"]
    (first, *_) = mock
    events = first["events"]

    def found(*changed: dict[str, Any]) -> list[str]:
        return [each.place for each in Comparison().differences(mock, [{**first, "events": list(changed)}, *mock[1:]])]

    assert found(*events) == []
    assert found(*events, events[-1]) == [f"/0/events/{len(events)}"]
    assert found(*events[:-1]) == [f"/0/events/{len(events) - 1}"]
    assert found({**events[0], "data": {**events[0]["data"], "attempt": True}}, *events[1:]) == [
        "/0/events/0/data/attempt"
    ]
    heard, spoken = events[2]["data"]["messages"]
    twice = {**events[2], "data": {"messages": [heard, {**spoken, "id": heard["id"]}]}}
    assert found(*events[:2], twice, *events[3:])[0] == "/0/events/2/data/messages/1/id"
    other = {**events[2], "data": {"messages": [{**heard, "content": "other"}, spoken]}}
    assert found(*events[:2], other, *events[3:]) == ["/0/events/2/data/messages/0/content"]
