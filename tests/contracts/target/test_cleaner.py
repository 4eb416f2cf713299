"""The ledger and the clean-up: what is made is on disk before it is made, and gone afterwards, whatever happened."""

import dataclasses
import json
import random
import re

import pytest
from threadmock.contracts.cases.case import case_with_body
from threadmock.contracts.cases.families import makers
from threadmock.contracts.cases.fresh_keys import fresh_key
from threadmock.contracts.target.cleaner import Cleaner
from threadmock.contracts.target.created_things import unsafe_key
from threadmock.contracts.target.guard import Guard
from threadmock.contracts.target.ledger import Ledger
from threadmock.contracts.target.ledger_file import LedgerError, LedgerHeader, begin, read_ledger
from threadmock.contracts.target.ledger_session import join
from threadmock.contracts.target.prerequisites import Prerequisites
from threadmock.contracts.target.removal import removal_of
from threadmock.contracts.target.tags import Tagger
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.errors import TimedOut
from threadmock.contracts.transport.redaction import Masking
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.mockserver import create_mock
from threadmock.specs.loader import load
from threadmock.specs.text import shorten
from threadmock.specs.wire.messages import Request, Response

MADE = {
    "langsmith": ["thread"],
    "seekrflow": ["thread", "message"],
    "scale": ["thread"],
    "ishvana": ["thread"],
    "lighton": ["thread"],
}


class Place:
    """A mock, a ledger file, and a target that writes to it. around: what happens to a request on its way."""

    def __init__(self, provider, path, *faults, around=None, begun=False, masking=None, layer="documented"):
        self.contract, self.path = load(provider, layer=layer), path
        if not begun:
            begin(path, LedgerHeader("run-1", provider, "http://here"))
        mock = create_mock(self.contract, seed=1, auth="off", faults=faults)
        self.world, self.app = mock.gateway.world, mock.wsgi
        self.file = join(path)
        self.connect(around, masking)

    def connect(self, around=None, masking=None):
        """A new target: what the old one knew is forgotten."""
        inner = WsgiTransport(self.app)
        carrier = inner if around is None else Around(inner, around)
        ledger = Ledger(self.file, **({"masking": masking} if masking else {}))
        guard = Guard(self.contract, ledger, local=True)
        self.target = Target(carrier, "here", ledger=ledger, guard=guard, tagger=Tagger("run-1"))
        self.prerequisites = Prerequisites(self.contract, self.target.exchange, random.Random(1))

    def things(self):
        got = WsgiTransport(self.app).send(Request("GET", "/_mock/things"), deadline=5)
        return json.loads(got.content)["count"]

    def clean(self):
        return Cleaner(self.contract, self.target, read_ledger(self.path), self.file).clean()


class Around:
    def __init__(self, inner, around):
        self.inner, self.around = inner, around

    def send(self, request, **more):
        return self.around(request, lambda: self.inner.send(request, **more))


@pytest.fixture
def place(tmp_path):
    made = []

    def make(provider="langsmith", *faults, **more):
        made.append(Place(provider, tmp_path / f"ledger-{len(made)}.jsonl", *faults, **more))
        return made[-1]

    yield make
    for each in made:
        each.file.close()


@pytest.mark.parametrize("provider", MADE)
def test_what_was_made_is_gone_or_archived(provider, place):
    there = place(provider)
    before = there.things()
    for resource in MADE[provider]:
        for _ in range(3):
            there.prerequisites.make(resource, {"application_variant": "v-12345678"} if provider == "scale" else {})
    assert there.things() >= before + 3
    there.connect()
    done = there.clean()
    assert not done.left
    assert not done.stopped
    if provider == "lighton":
        assert (done.removed, done.archived) == (0, 3)
    else:
        assert there.things() == before
    book = read_ledger(there.path)
    assert (book.entries, book.open) == ((), ())


def test_a_create_is_on_the_disk_before_it_is_sent(place):
    seen = []

    def look(request, send):
        if request.method == "POST":
            seen.append(read_ledger(there.path))
        return send()

    there = place(around=look)
    there.prerequisites.make("thread")
    assert [intent.resource for intent in seen[0].open] == ["thread"]
    assert not seen[0].entries
    after = read_ledger(there.path)
    assert len(after.entries) == 1
    assert not after.open


def test_a_create_is_synced_before_it_is_sent(place, monkeypatch):
    synced = []
    monkeypatch.setattr("os.fsync", synced.append)
    there = place()
    synced.clear()
    there.prerequisites.make("thread")
    assert synced


def test_what_was_made_when_the_process_died_is_found_by_its_tag(place):
    def die(request, send):
        send()
        raise KeyboardInterrupt

    there = place(around=die)
    with pytest.raises(KeyboardInterrupt):
        there.prerequisites.make("thread")
    book = read_ledger(there.path)
    # As if the server had chosen the key.
    assert [intent.tagged for intent in book.open] == [True]
    forget_keys(there.path)
    there.connect()
    assert there.things() == 1
    done = there.clean()
    assert (done.removed, done.left) == (1, [])
    assert there.things() == 0
    assert not read_ledger(there.path).open


def forget_keys(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        line.pop("key", None)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_what_may_have_been_made_and_can_not_be_found_is_listed(place):
    def lose(request, send):
        send()
        raise TimedOut("too late")

    there = place("ishvana", around=lose)
    with pytest.raises(Exception, match="too late"):
        there.prerequisites.make("thread")
    there.connect()
    done = there.clean()
    assert not done.complete
    assert re.search(r"perhaps \d of thread", done.unverified[0][0])
    assert read_ledger(there.path).open


def test_the_clean_up_goes_on_where_it_was_stopped(place):
    there = place()
    for _ in range(4):
        there.prerequisites.make("thread")
    deletes = []

    def stop(request, send):
        deletes.append(request.method == "DELETE")
        if sum(deletes) == 3:
            raise KeyboardInterrupt
        return send()

    there.connect(stop)
    with pytest.raises(KeyboardInterrupt):
        there.clean()
    assert there.things() == 2
    assert len(read_ledger(there.path).entries) == 2
    there.connect()
    assert there.clean().removed == 2
    assert there.things() == 0


def test_the_last_made_is_removed_first(place):
    there, order = place(), []
    made = [there.prerequisites.make("thread").key for _ in range(3)]

    def note(request, send):
        if request.method == "DELETE":
            order.append(request.path.rpartition("/")[2])
        return send()

    there.connect(note)
    there.clean()
    assert order == made[::-1]


answers = {
    "accepted, and it stays": (lambda send: Response(200), "still there"),
    "forbidden": (lambda send: Response(403, {}, b"no"), "was answered 403"),
    "broken": (lambda send: Response(500, {}, b"oops"), "was answered 500"),
}


@pytest.mark.parametrize(("answer", "reason"), answers.values(), ids=answers)
def test_what_stays_is_listed_and_the_others_are_tried_all_the_same(answer, reason, place):
    there, deletes, count = place(), [], 8
    made = [there.prerequisites.make("thread").key for _ in range(count)]

    def refuse(request, send):
        if request.method == "DELETE" and not request.path.endswith(made[0]):
            deletes.append(request.path)
            return answer(send)
        return send()

    there.connect(refuse)
    done = there.clean()
    assert len(set(deletes)) == count - 1
    assert len(deletes) == 2 * (count - 1)  # each is tried once more
    assert (done.removed, len(done.left), done.stopped) == (1, count - 1, "")
    assert all(reason in said for _, said in done.left)
    assert len(read_ledger(there.path).entries) == count - 1 == there.things()
    there.connect()
    assert there.clean().removed == count - 1
    assert there.things() == 0


def test_after_many_failures_nothing_more_is_tried(place, monkeypatch):
    monkeypatch.setattr("threadmock.contracts.target.cleaner.MOST_FAILURES", 5)
    there, deletes = place(), []
    for _ in range(8):
        there.prerequisites.make("thread")

    def refuse(request, send):
        if request.method == "DELETE":
            deletes.append(request.path)
            return Response(403, {}, b"no")
        return send()

    there.connect(refuse)
    done = there.clean()
    assert len(deletes) == 5
    assert done.removed == 0
    assert len(done.left) == 8
    assert "was answered 403" in done.left[0][1]
    assert done.left[-1][1] == "not tried"
    assert "in a row" in done.stopped
    assert len(read_ledger(there.path).entries) == 8


def test_what_lies_in_a_thing_that_stays_is_removed_by_itself(place):
    there = place("seekrflow")
    before = there.things()
    messages = [there.prerequisites.make("message") for _ in range(3)]
    there.connect(
        lambda request, send: Response(403) if request.path.count("/") == 3 and request.method == "DELETE" else send()
    )
    done = there.clean()
    threads = len(done.left)
    assert threads >= 1
    assert all(what.startswith("thread ") for what, _ in done.left)
    assert (done.with_parent, done.removed) == (0, len(messages))
    assert there.things() == before + threads
    assert {entry.resource for entry in read_ledger(there.path).entries} == {"thread"}


def test_where_nothing_reads_one_thing_a_list_shows_what_stays(place):
    there = place("ishvana")
    made = [there.prerequisites.make("thread").key for _ in range(2)]
    kept = made[0]
    there.connect(lambda request, send: Response(200) if request.path.endswith(kept) else send())
    done = there.clean()
    assert done.removed == 1
    assert [what for what, _ in done.left] == [f"thread {kept}"]
    assert "still shows it" in done.left[0][1]


@pytest.mark.parametrize(
    "key", ["", "../threads", "a//b", "/a", "a/..", "*", "..", ".", "a\\b", "x" * 300, "http://there/", "a\nb"]
)
def test_a_key_that_can_not_stand_in_a_path_is_never_put_there(key, place):
    assert unsafe_key(key)
    there, sent = place(), []

    def answer(request, send):
        sent.append(request)
        return Response(200, {"content-type": "application/json"}, json.dumps({"thread_id": key}).encode())

    there.connect(answer)
    there.prerequisites.make("thread")
    there.clean()
    assert all(request.method == "POST" for request in sent)
    assert all(request.path in ("/threads", "/threads/search") for request in sent)
    assert [what for what, _ in there.clean().left][:1] == [f"thread {shorten(key, 80)}"]


def test_a_thing_that_was_there_before_is_not_taken_for_ours(place):
    there = place()
    operation = makers(there.contract, "thread")[0]
    theirs = "22222222-2222-4222-8222-222222222222"
    body = json.dumps({"thread_id": theirs, "if_exists": "do_nothing"}).encode()
    shown = Response(200, {"content-type": "application/json"}, json.dumps({"thread_id": theirs}).encode())
    there.target.ledger.note(operation, Request("POST", "/threads", body=body), shown)
    assert not there.target.ledger.owns("thread", theirs)
    assert not read_ledger(there.path).entries


def test_a_key_that_holds_a_credential_is_not_written_down(place):
    there = place(masking=Masking(("s3cr3t-canary",)))
    there.connect(
        lambda request, send: Response(200, {"content-type": "application/json"}, b'{"thread_id": "id-s3cr3t-canary"}'),
        Masking(("s3cr3t-canary",)),
    )
    there.prerequisites.make("thread")
    assert "s3cr3t-canary" not in there.path.read_text()
    assert "credential" in read_ledger(there.path).entries[0].trouble


def test_a_ledger_whose_last_line_was_cut_off_is_read(place):
    there = place()
    there.prerequisites.make("thread")
    text = there.path.read_text()
    there.path.write_text(text + '{"made": "1-9", "operation": "cr')
    assert len(read_ledger(there.path).entries) == 1


@pytest.mark.parametrize(
    "text", ["", "no\n", "[]\n", '{"ledger": 9}\n', '{"ledger": 1}\n', '{"ledger": 1, "run": "a"}\n']
)
def test_a_file_that_is_no_ledger_is_said_to_be_none(text, tmp_path):
    (tmp_path / "some.jsonl").write_text(text)
    with pytest.raises(LedgerError):
        read_ledger(tmp_path / "some.jsonl")


def test_a_ledger_that_tells_of_things_is_not_written_over(place):
    there = place()
    with pytest.raises(LedgerError, match="threadmock cleanup"):
        begin(there.path, LedgerHeader("run-2", "langsmith", "http://here"))


def test_things_carry_the_tag_and_what_is_judged_is_what_was_sent(place):
    there = place()
    thing = there.prerequisites.make("thread")
    assert thing.shown["metadata"]["threadmock_run"] == "run-1"
    assert thing.sent["metadata"]["threadmock_run"] == "run-1"


def test_ways_of_removal_come_from_the_rules():
    found = {
        p: {r: removal_of(load(p), r).how for r in ("thread", "message", "turn", "run", "assistant")} for p in MADE
    }
    assert found["langsmith"] | {"turn": "", "message": ""} == {
        "thread": "delete", "run": "delete", "assistant": "delete", "turn": "", "message": "",
    }  # fmt: skip
    assert (found["lighton"]["thread"], found["lighton"]["turn"]) == ("archive", "with")
    assert (found["seekrflow"]["thread"], found["seekrflow"]["run"]) == ("delete", "with")


def test_a_read_only_contract_makes_nothing_and_leaves_nothing(place):
    there = place()
    assert dataclasses.asdict(there.clean()) == {
        "removed": 0,
        "gone": 0,
        "archived": 0,
        "with_parent": 0,
        "left": [],
        "unverified": [],
        "stopped": "",
    }


def test_a_thread_that_a_run_names_into_being_is_removed_too(place):
    there = place()
    operation = next(o for o in there.contract.operations if str(o) == "POST /threads/{thread_id}/runs/wait")
    body = {"assistant_id": "agent", "if_not_exists": "create", "input": {"messages": "Hello"}}
    case = case_with_body(operation, body, "a run")
    key = fresh_key()
    request = dataclasses.replace(case.request, path=f"/threads/{key}/runs/wait")
    exchange = there.target.exchange(dataclasses.replace(case, request=request))
    assert exchange.response.status == 200
    assert ("thread", key) in {(entry.resource, entry.key) for entry in read_ledger(there.path).entries}
    there.connect()
    there.clean()
    there.connect()
    gone = WsgiTransport(there.app).send(Request("GET", f"/threads/{key}"), deadline=5)
    assert gone.status == 404


STORE = [
    pytest.param("documented", ("work",), id="one-label"),
    pytest.param("observed", ("work",), id="one-label-in-text"),
    pytest.param("observed", ("work", "notes"), id="two-labels-in-text"),
]


def keep_items(there, labels):
    """Two items below a namespace that nothing makes; where each can be read."""
    maker = makers(there.contract, "item")[0]
    for key in (fresh_key(), fresh_key()):
        value = {"namespace": list(labels), "key": key, "value": {}}
        assert there.target.exchange(case_with_body(maker, value, "an item")).response.status == 204
        yield f"key={key}&namespace={'.'.join(labels)}"


@pytest.mark.parametrize(("layer", "labels"), STORE)
def test_an_item_that_its_query_names_is_removed_and_a_read_shows_that_it_is_gone(layer, labels, place):
    there = place(layer=layer)
    read = removal_of(there.contract, "item").read
    assert str(read) == "GET /store/items"
    items = list(keep_items(there, labels))
    there.connect()
    done = there.clean()
    assert (done.removed, done.left, done.unverified) == (2, [], [])
    for query in items:
        got = WsgiTransport(there.app).send(Request("GET", "/store/items", query), deadline=5)
        assert (got.status, got.content) == (200, b"null")


def test_an_item_that_stays_is_left_behind_and_one_that_can_not_be_read_is_not_said_to_be_gone(place):
    def stays(request, send):
        return Response(204, {}, b"") if request.method == "DELETE" else send()

    def fails(request, send):
        if request.method == "DELETE" or request.path == "/store/items/search":
            return Response(204, {}, b"")
        return Response(500, {}, b"") if request.method == "GET" else send()

    for around, left, unverified in ((stays, 2, 0), (fails, 0, 2)):
        there = place(layer="observed", around=around)
        list(keep_items(there, ("work", "notes")))
        done = there.clean()
        assert (done.removed, len(done.left), len(done.unverified)) == (0, left, unverified)
