"""Other people's things stay out of all that is written: their ids, their metadata and the texts of their messages."""

import contextlib
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.habit_server import HabitServer, Listed, Threads, serve
from threadmock.contracts import replay, verify
from threadmock.contracts.cases.case import base_value, case_with_body
from threadmock.contracts.cases.families import makers
from threadmock.contracts.scenarios.scenario import marked
from threadmock.contracts.target.foreign import ForeignTexts, RunMasking, kept_body, told_body
from threadmock.contracts.target.open_target import http_target
from threadmock.contracts.target.prerequisites import Prerequisites
from threadmock.mockserver import create_mock
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Request

AGENT, OTHER = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"
CANARY = "Zwiebelkuchen"
HEADERS = {"Authorization": "Bearer right"}
OPERATIONS = {
    Threads: ("langsmith", ["POST /threads/search", "PATCH /threads/{thread_id}"]),
    Listed: ("seekrflow", ["GET /v1/threads", "DELETE /v1/threads/{thread_id}"]),
}
HABITS = [
    (Threads, "status ids"), (Threads, "order listdel offset"), (Threads, "metadata blind"),
    (Listed, "status order"), (Listed, "listdel offset"),
]  # fmt: skip
MOCKS = {
    "scale": ("thread", ["double-key"]),
    "ishvana": ("thread", ["naive-time"]),
    "lighton": ("thread", ["naive-time"]),
    "langsmith": ("thread", ["naive-time"]),
    "seekrflow": ("thread", ["missing-member"]),
}


def everything_written(folder: Path, name: str, url: str, operations: list[str], texts: list[str]) -> dict[str, str]:
    """A run and the replays of what it found: each artefact, and what was printed."""
    out = io.StringIO()
    more = {"max_requests": 60, "max_examples": 5, "seed": 7, "headers": HEADERS}
    report = verify(name, url, operations=operations, report=folder / "out", stream=out, **more)
    assert any(finding.severity == "failure" for finding in report.findings)
    for file in (folder / "out/findings").glob("*.json"):
        replay(file, url, stream=out, headers=HEADERS)
    found = {str(path): path.read_text() for path in (folder / "out").rglob("*") if path.is_file()}
    assert {"report.json", "junit.xml"} <= {Path(path).name for path in found}
    assert all(texts)
    return found | {"what is printed": out.getvalue(), "the report": json.dumps(report.to_json()), "repr": repr(report)}


def assert_silent(written: dict[str, str], texts: list[str]) -> None:
    told = {(path, text) for path, held in written.items() for text in texts if text in held}
    assert told == set()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "habits"), HABITS)
def test_no_artefact_of_a_faulty_list_holds_what_is_others(
    kind: type[HabitServer], habits: str, tmp_path: Path
) -> None:
    with serve(kind(*habits.split())) as server:
        texts = [CANARY, *server.preload(30, CANARY)]
        written = everything_written(tmp_path, OPERATIONS[kind][0], server.url, OPERATIONS[kind][1], texts)
        assert_silent(written, texts)
        if "status" in habits:
            assert any("not-of-this-run-" in held for held in written.values())
            # the terminal shows the first 100 characters of an answer; the report has the whole
            assert "that this run did not make" in written["the report"]


@contextlib.contextmanager
def crowded(name: str, resource: str, faults: list[str]) -> Iterator[tuple[str, list[str]]]:
    """A mock with things of somebody else, and their ids."""
    contract = load(name)
    mock = create_mock(contract, seed=3, auth="off", faults=faults)
    with mock.serve() as url:
        theirs = http_target(contract, url)
        prerequisites = Prerequisites(contract, theirs.exchange, random.Random(3))
        maker = makers(contract, resource)[0]
        within = {"application_variant": "v-12345678"} if name == "scale" else {}
        try:
            made = [prerequisites.make(resource, within, marked(maker, f"{CANARY} {n}")).key for n in range(12)]
        finally:
            theirs.close()
        yield url, [str(key) for key in made]


@pytest.mark.slow
@pytest.mark.parametrize("name", MOCKS)
def test_no_artefact_of_another_contract_holds_what_is_others(name: str, tmp_path: Path) -> None:
    resource, faults = MOCKS[name]
    lists = [o for o in load(name).operations if o.rule.action == "list" and o.rule.resource == resource]
    with crowded(name, resource, faults) as (url, keys):
        texts = [CANARY, *keys]
        assert_silent(everything_written(tmp_path, name, url, [str(o) for o in lists], texts), texts)


class Owned:
    """Owns what it is told."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def owns(self, resource: str, value: object) -> bool:
        return value in self.keys


def foreign_of(*owned: str) -> tuple[ForeignTexts, object]:
    contract = load("langsmith")
    search = next(o for o in contract.operations if str(o) == "POST /threads/search")
    return ForeignTexts(contract, Owned(*owned), "run-1"), search


def noted(texts: ForeignTexts, operation: object, body: bytes) -> None:
    texts.note(operation, Request("POST", "/threads/search", body=b"{}"), body)


@pytest.mark.parametrize("levels", [50, 300, 450])
@pytest.mark.parametrize("around", ["[%s]", '{"a":%s}', '[{"thread_id":"t","a":%s}]'])
def test_an_answer_of_many_levels_is_read_and_cut(levels: int, around: str) -> None:
    foreign, search = foreign_of()
    text = '"deep down"'
    for _ in range(levels):
        text = around % text
    noted(foreign, search, text.encode())
    found = foreign.cut(search, Request("POST", "/threads/search"), json.loads(text))
    assert len(json.dumps(found)) <= len(text) * 3


@pytest.mark.parametrize(
    "body",
    [
        b'[{"thread_id": "their-thread-1", "metadata": {"Zwiebelkuchen-name": "Zwiebelkuchen value"}}]',
        b'[{"thread_id": "their-thread-1", "values": {"Zwiebelkuchen-name": NaN, "a": "Zwiebelkuchen value"}}]',
        b'[{"thread_id": "their-thread-1", "values": {"Zwiebelkuchen-name": "Zwiebelkuchen value", "b": "cut o',
        b'[{"values": {"their-thread-1": ["Zwiebelkuchen value", "Zwiebelkuchen-name"]}}]',
    ],
)
def test_texts_of_others_are_replaced_however_a_list_is_broken(body: bytes) -> None:
    texts, search = foreign_of("our-thread-1")
    noted(texts, search, body)
    for text in ("their-thread-1", "Zwiebelkuchen value", "Zwiebelkuchen-name", "Zwiebelkuchen%20value"):
        assert texts.replaced(f"it shows '{text}' there").startswith("it shows 'not-of-this-run-"), text
    assert texts.replaced("Zwiebelkuchen…").startswith("not-of-this-run-")  # cut off


def test_our_own_and_the_words_of_the_document_stay() -> None:
    texts, search = foreign_of("our-thread-1")
    body = b"""[{"thread_id": "our-thread-1", "metadata": {"mine": "our own text"}}, {"thread_id": "another-one",
        "metadata": {"threadmock_run": "run-1", "x": "tagged text"}}, {"thread_id": "theirs-1", "status": "interrupted"}]"""
    noted(texts, search, body)
    for text in ("our-thread-1", "our own text", "another-one", "tagged text", "interrupted", "thread_id"):
        assert texts.replaced(text) == text
    assert texts.replaced("theirs-1") == "not-of-this-run-1"
    assert texts.replaced("theirs-12") == "theirs-12"


def test_an_answer_keeps_our_things_at_their_places_and_counts_the_others() -> None:
    contract = load("langsmith")
    mock = create_mock(contract, seed=3, auth="off")
    with mock.serve() as url:
        other, target = http_target(contract, url), http_target(contract, url)
        theirs = Prerequisites(contract, other.exchange, random.Random(3))
        keys = [theirs.make("thread").key for _ in range(3)]
        ours = Prerequisites(contract, target.exchange, random.Random(4)).make("thread").key
        keys += [theirs.make("thread").key for _ in range(2)]
        search = next(o for o in contract.operations if str(o) == "POST /threads/search")
        exchange = target.exchange(case_with_body(search, base_value(search), "all"))
        assert isinstance(exchange.masking, RunMasking)
        kept = json.loads(kept_body(exchange))
        assert [set(item) == {"thread_id"} for item in kept] == [True, True, False, True, True, True]
        assert kept[2]["thread_id"] == ours
        told = json.loads(told_body(exchange))
        assert told[0] == "… 2 things that this run did not make"
        assert told[2] == "… 3 things that this run did not make"
        assert not any(key.encode() in kept_body(exchange) for key in keys)
        target.close()
        other.close()


def test_the_agent_that_a_run_names_stays_what_it_is_called():
    contract = load("langsmith")
    listing = next(o for o in contract.operations if o.path == "/assistants/search")
    foreign = ForeignTexts(contract, SimpleNamespace(owns=lambda resource, value: False), "tag")
    items = [{"assistant_id": AGENT, "graph_id": "echo-graph"}, {"assistant_id": OTHER, "graph_id": "other-graph"}]
    foreign.note(listing, Request("POST", listing.path), json.dumps(items).encode())
    line = f"{AGENT} echo-graph {OTHER} other-graph"
    assert not any(name in foreign.replaced(line) for name in line.split())
    foreign.allow([AGENT, "echo-graph"])
    told = foreign.replaced(line).split()
    assert told[:2] == [AGENT, "echo-graph"]
    assert not {OTHER, "other-graph"} & set(told)
