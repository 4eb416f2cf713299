"""What client libraries and front ends make of the vendor's server and of the mock: it has to be the same.

Each script of `clients/` holds its conversations with one server after the other, and prints what its client saw.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from agent_server import scripted_graphs, serving
from comparison import Comparison, load_explanations
from conversations import load_conversations
from support.environments import beside_libraries, script
from support.once import find_once
from support.processes import start

pytestmark = [pytest.mark.real, pytest.mark.sdk, pytest.mark.slow]
HERE = Path(__file__).parent
SCRIPTS = sorted((HERE / "clients").glob("*.mjs"))
PARTS = ("both", "rendered")
"""What scripts share."""
CLIENTS = [each.stem for each in SCRIPTS if each.stem not in PARTS]
EXPLANATIONS = [load_explanations(HERE / name) for name in ("explained.yaml", "explained_clients.yaml")]
GRAPHS = {each.agent for each in load_conversations(HERE / "conversations.yaml")}
AT_ONCE = 4

Views = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> tuple[Views, Views]:
    """What each client saw of the real server, and of the mock, by conversation."""
    real, mock = find_once(tmp_path_factory, "views", lambda: look(tmp_path_factory.mktemp("clients")))
    return real, mock


def look(folder: Path) -> tuple[Views, ...]:
    """Have every client hold its conversations with both servers."""
    mock = start("langsmith", "--as", "observed", "--script", str(HERE / "scripted_graphs.yaml"), "--port", "0")
    graphs = scripted_graphs(sorted(GRAPHS))
    try:
        with beside_libraries(*SCRIPTS) as copied, serving(folder, graphs) as real:
            mock.wait_until_listening()
            scripts = [each for each in copied if each.stem in CLIENTS]
            with ThreadPoolExecutor(AT_ONCE) as pool:
                told = pool.map(lambda each: json.loads(script("node", str(each), real, mock.url)), scripts)
                both = dict(zip((each.stem for each in scripts), told, strict=True))
        return tuple({name: seen[side] for name, seen in both.items()} for side in (0, 1))
    finally:
        mock.end()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_sees_no_other_than_the_real_server(client: str, views: tuple[Views, Views]) -> None:
    real, mock = (each[client] for each in views)
    assert [name for name, seen in real.items() if not seen or "thrown" in seen] == []
    assert [
        f"{name}{each}"
        for name in real
        for each in Comparison().differences(real[name], mock[name])
        if not any(table.row_of(each, client) for table in EXPLANATIONS)
    ] == []


@pytest.mark.parametrize("client", CLIENTS)
def test_a_planted_difference_is_seen(client: str, views: tuple[Views, Views]) -> None:
    """Another word anywhere in what a client saw."""
    mock = views[1][client]
    for seen in mock.values():
        changed = json.loads(json.dumps(seen).replace("hello", "other", 1))
        if changed != seen:
            assert len(list(Comparison().differences(seen, changed))) == 1
            return
    raise AssertionError(f"{client} shows no word of any conversation")


def test_every_graph_is_found_and_one_that_is_nowhere_is_told() -> None:
    assert set(scripted_graphs(GRAPHS)) == GRAPHS
    with pytest.raises(LookupError, match="nobody_graph"):
        scripted_graphs(["nobody"])
