"""A fault that is always there is never called intermittent, nor gone: whatever else is on the target, and whatever the seed."""

import functools
import io
import tempfile
from pathlib import Path

import pytest
from support.habit_server import HabitServer, Listed, Threads, serve
from threadmock.contracts import replay, verify

PROVIDERS = {Threads: "langsmith", Listed: "seekrflow"}
OPERATIONS = {
    Threads: ["POST /threads/search", "PATCH /threads/{thread_id}", "DELETE /threads/{thread_id}"],
    Listed: ["POST /v1/threads", "GET /v1/threads", "DELETE /v1/threads/{thread_id}"],
}
FAULTS = [
    (Threads, "ids"), (Threads, "metadata"), (Threads, "lost"), (Threads, "status"), (Threads, "listdel"),
    (Listed, "listdel order"), (Threads, "sleepy"), (Listed, "status"), (Listed, "get500"),
]  # fmt: skip
PRELOADED = (0, 3, 120)
# Each fault with one of the numbers of foreign things, in turn, and two that lists can hide with more of them. Two seeds
# for each server: what it says without a fault (`always`) takes as long as what it says with one.
CASES = [(k, h, PRELOADED[n % 3], 7 + n % 2) for n, (k, h) in enumerate(FAULTS)] + [
    (Threads, "ids", 120, 7),
    (Listed, "listdel order", 0, 8),
]


def found_on(server: HabitServer, folder: Path, seed: int) -> list[tuple[str, str]]:
    """A small run: name of each saved finding, and whether it showed once more."""
    kind = type(server)
    report = verify(
        PROVIDERS[kind], server.url, operations=OPERATIONS[kind], seed=seed, report=folder,
        max_requests=70, max_examples=3, headers={"Authorization": "Bearer right"},
    )  # fmt: skip
    document = report.to_json()["findings"]
    return [(Path(each["file"]).name, each["repeated"]) for each in document if each["file"]]


@functools.cache
def always(kind: type[HabitServer], seed: int) -> frozenset[str]:
    """The findings that a server without a fault has: it leaves out parts of its document."""
    with serve(kind()) as server, tempfile.TemporaryDirectory() as folder:
        return frozenset(name for name, _ in found_on(server, Path(folder), seed))


def outcome(server: HabitServer, file: Path) -> str:
    """What a replay says."""
    given = {"headers": {"Authorization": "Bearer right"}}
    return replay(file, server.url, stream=io.StringIO(), **given).outcome


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "habits", "there", "seed"), CASES)
def test_a_fault_that_is_always_there_is_found_again(
    kind: type[HabitServer], habits: str, there: int, seed: int, tmp_path: Path
) -> None:
    with serve(kind(*habits.split())) as server:
        server.preload(there)
        found = found_on(server, tmp_path, seed)
        assert found
        assert {name: again for name, again in found if again != "yes"} == {}
        server.preload(3)
        said = {name: outcome(server, tmp_path / "findings" / name) for name, _ in found}
        assert {name for name, state in said.items() if state == "gone"} == set()
        assert len([state for state in said.values() if state == "undecided"]) * 5 <= len(said)
        server.habits.clear()
        # which invalid requests a lenient server takes hangs on what was drawn
        mended = [n for n, _ in found if n not in always(kind, seed) and not n.startswith("invalid_refused")]
        said = {name: outcome(server, tmp_path / "findings" / name) for name in mended}
        assert "holds" not in said.values(), said
        assert "gone" in said.values()
        assert len(server.things) == there + 3
