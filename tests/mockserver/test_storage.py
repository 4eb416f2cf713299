"""One conformance suite for every store, and a model to hold them to."""

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from threadmock.mockserver.state.expiry import Calendar
from threadmock.mockserver.state.memory import MemoryStore
from threadmock.mockserver.state.store import Shelf, Store, StoreFull, above, below, is_below
from threadmock.specs.behaviour.rule import Expiry

MakeStore = Callable[..., Store]
STORES: dict[str, MakeStore] = {"memory": MemoryStore}
THREADS: Shelf = ("p", "thread")
MESSAGES: Shelf = ("p", "message", "thread", "t1")


@pytest.fixture(params=STORES.values(), ids=STORES)
def make(request: pytest.FixtureRequest) -> MakeStore:
    found: MakeStore = request.param
    return found


def test_what_was_inserted_is_read(make: MakeStore) -> None:
    store = make()
    assert store.insert(THREADS, "t1", {"a": 1}) is None
    assert store.read(THREADS, "t1") == {"a": 1}


def test_a_taken_key_is_refused_with_what_is_there_and_nothing_changes(make: MakeStore) -> None:
    store = make()
    store.insert(THREADS, "t1", {"a": 1})
    assert store.insert(THREADS, "t1", {"a": 2}) == {"a": 1}
    assert store.list(THREADS) == [{"a": 1}]


def test_the_same_thing_inserted_twice_is_taken_the_second_time(make: MakeStore) -> None:
    store, thing = make(), {"a": 1}
    assert store.insert(THREADS, "t1", thing) is None
    assert store.insert(THREADS, "t1", thing) == thing


def test_an_empty_thing_takes_its_key_too(make: MakeStore) -> None:
    store = make()
    assert store.insert(THREADS, "t1", {}) is None
    assert store.insert(THREADS, "t1", {"a": 1}) == {}


def test_what_is_not_there_is_none(make: MakeStore) -> None:
    store = make()
    assert store.read(THREADS, "t1") is None
    assert store.update(THREADS, "t1", dict) is None
    assert store.delete(THREADS, "t1") is None
    assert store.list(THREADS) == []
    assert store.shelves() == {}


def test_shelves_keep_equal_keys_apart(make: MakeStore) -> None:
    store = make()
    store.insert(("p", "thread"), "k", {"n": 1})
    store.insert(("q", "thread"), "k", {"n": 2})
    store.insert(("p", "thread", "application", "a"), "k", {"n": 3})
    assert store.read(("p", "thread"), "k") == {"n": 1}
    assert store.shelves() == {("p", "thread"): 1, ("q", "thread"): 1, ("p", "thread", "application", "a"): 1}


def test_a_list_is_in_the_order_of_insertion_and_is_the_callers_own(make: MakeStore) -> None:
    store = make()
    for number in (3, 1, 2):
        store.insert(THREADS, str(number), {"n": number})
    store.update(THREADS, "3", lambda thing: {**thing, "changed": True})
    listed = store.list(THREADS)
    assert [thing["n"] for thing in listed] == [3, 1, 2]
    listed.clear()
    assert len(store.list(THREADS)) == 3


def test_an_update_replaces_and_returns_the_new_thing(make: MakeStore) -> None:
    store = make()
    store.insert(THREADS, "t1", before := {"a": 1})
    assert store.update(THREADS, "t1", lambda thing: {**thing, "b": 2}) == {"a": 1, "b": 2}
    assert store.read(THREADS, "t1") == {"a": 1, "b": 2}
    assert before == {"a": 1}


def test_an_update_that_fails_changes_nothing_and_holds_up_nobody(make: MakeStore) -> None:
    store = make()
    store.insert(THREADS, "t1", {"a": 1})

    def fail(_: Any) -> Any:
        raise KeyError("no")

    with pytest.raises(KeyError):
        store.update(THREADS, "t1", fail)
    assert store.update(THREADS, "t1", lambda thing: {**thing, "b": 2}) == {"a": 1, "b": 2}


def test_a_delete_takes_everything_below_along_and_nothing_beside(make: MakeStore) -> None:
    store = make()
    for key in ("t1", "t2"):
        store.insert(THREADS, key, {"key": key})
    parts = below(MESSAGES, "m1", "part")
    others: list[Shelf] = [
        ("p", "message", "thread", "t2"),
        ("q", "message", "thread", "t1"),
        ("p", "message", "thread", "t11"),
        ("p", "message", "run", "t1"),
    ]
    for shelf in (MESSAGES, parts, *others):
        store.insert(shelf, "m1", {"key": "m1"})
    assert store.delete(THREADS, "t1") == {"key": "t1"}
    assert store.read(MESSAGES, "m1") is None
    assert store.read(parts, "m1") is None
    assert all(store.read(shelf, "m1") for shelf in others)
    assert sum(store.shelves().values()) == 1 + len(others)


def test_things_of_two_parents_may_have_one_key_and_so_may_what_lies_below_them(make: MakeStore) -> None:
    store = make()
    homes: list[Shelf] = [below(THREADS, parent, "message") for parent in ("t1", "t2")]
    for shelf in homes:
        store.insert(shelf, "m1", {"of": shelf[3]})
        store.insert(below(shelf, "m1", "part"), "p1", {"of": shelf[3]})
    assert store.homes("p", "message", "m1") == homes
    assert store.find("p", "message", "m1") == homes[1]
    store.delete(homes[1], "m1")
    assert store.find("p", "message", "m1") == homes[0]
    assert store.list(below(homes[0], "m1", "part")) == [{"of": "t1"}]
    assert store.list(below(homes[1], "m1", "part")) == []
    store.delete(homes[0], "m1")
    assert store.homes("p", "message", "m1") == []


def test_of_what_expires_below_a_parent_its_own_newest_thing_is_kept_and_no_other_is_touched(make: MakeStore) -> None:
    store, calendar = make(), Calendar()
    first, second = (below(THREADS, parent, "message") for parent in ("t1", "t2"))
    expiring = {"ends": "2030-01-01T00:00:00Z", "how": "keep_latest"}
    for shelf in (first, second):
        store.insert(shelf, "m1", expiring)
        for key in ("p1", "p2"):
            store.insert(below(shelf, "m1", "part"), key, {"key": key})
    calendar.note(first, "m1", expiring, Expiry(("ends",), ("how",), "part"))
    calendar.expire(datetime.datetime(2031, 1, 1, tzinfo=datetime.UTC), store)
    assert store.list(below(first, "m1", "part")) == [{"key": "p2"}]
    assert len(store.list(below(second, "m1", "part"))) == 2


@given(
    st.lists(st.text(max_size=3), min_size=2, max_size=8).filter(lambda each: len(each) % 2 == 0), st.text(), st.text()
)
def test_what_lies_above_a_shelf_is_what_it_is_below(parts: list[str], key: str, resource: str) -> None:
    shelf = tuple(parts)
    assert above(below(shelf, key, resource)) == shelf
    assert is_below(below(shelf, key, resource))
    assert is_below(shelf) == (len(parts) > 2)


def test_a_deleted_key_is_free_again(make: MakeStore) -> None:
    store = make()
    store.insert(THREADS, "t1", {"n": 1})
    store.delete(THREADS, "t1")
    assert store.insert(THREADS, "t1", {"n": 2}) is None


def test_clear_takes_all_and_counts(make: MakeStore) -> None:
    store = make()
    store.insert(THREADS, "t1", {})
    store.insert(MESSAGES, "m1", {})
    assert store.clear() == 2
    assert (store.clear(), store.shelves()) == (0, {})


def test_a_full_store_takes_no_more_but_knows_what_it_has(make: MakeStore) -> None:
    store = make(2)
    store.insert(THREADS, "t1", {"n": 1})
    store.insert(("q", "thread"), "t1", {})
    with pytest.raises(StoreFull, match="2 things"):
        store.insert(THREADS, "t2", {})
    assert store.insert(THREADS, "t1", {"n": 9}) == {"n": 1}
    assert store.read(THREADS, "t2") is None
    store.delete(THREADS, "t1")
    assert store.insert(THREADS, "t2", {}) is None
    with pytest.raises(StoreFull):
        store.insert(THREADS, "t3", {})
    store.clear()
    assert store.insert(THREADS, "t3", {}) is None


def race(work: Callable[[int], None], threads: int = 8) -> None:
    begin = threading.Barrier(threads)

    def run(number: int) -> None:
        begin.wait()
        work(number)

    started = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def test_of_many_threads_inserting_one_key_exactly_one_wins(make: MakeStore) -> None:
    store = make()
    won: list[tuple[int, int]] = []

    def work(number: int) -> None:
        won.extend((number, key) for key in range(200) if store.insert(THREADS, str(key), {"by": number}) is None)

    race(work)
    assert sorted(key for _, key in won) == list(range(200))
    assert {key: store.read(THREADS, str(key))["by"] for _, key in won} == {key: number for number, key in won}  # type: ignore[index]


def test_no_update_of_many_threads_is_lost(make: MakeStore) -> None:
    store = make()
    store.insert(THREADS, "t1", {"n": 0})
    race(lambda _: [store.update(THREADS, "t1", lambda thing: {"n": thing["n"] + 1}) for _ in range(200)] and None)
    assert store.read(THREADS, "t1") == {"n": 1600}


def test_a_full_store_is_exactly_full_after_a_race(make: MakeStore) -> None:
    store = make(100)
    refused: list[int] = []

    def work(number: int) -> None:
        for key in range(50):
            try:
                store.insert(THREADS, f"{number}-{key}", {})
            except StoreFull:
                refused.append(number)

    race(work)
    assert sum(store.shelves().values()) == 100
    assert len(refused) == 300


def test_lists_and_deletes_during_inserts_are_no_failure(make: MakeStore) -> None:
    store = make()

    def work(number: int) -> None:
        for key in range(200):
            store.insert(("p", "message", "thread", f"t{key % 5}"), f"{number}-{key}", {})
            store.insert(THREADS, f"t{key % 5}", {})
            store.list(THREADS)
            store.shelves()
            store.delete(THREADS, f"t{key % 5}")

    race(work)
    for key in range(5):
        store.insert(THREADS, f"t{key}", {})
        store.delete(THREADS, f"t{key}")
    assert store.shelves() == {}


SHELVES = st.sampled_from(
    [
        THREADS,
        ("q", "thread"),
        MESSAGES,
        ("p", "message", "thread", "t2"),
        ("p", "part", "message", "t2"),
    ]
)
KEYS = st.sampled_from(["t1", "t2", "t3", ""])
THINGS = st.dictionaries(st.text(max_size=2), st.integers(), max_size=2)


class AgainstDictionaries(RuleBasedStateMachine):
    """The store and two plain dictionaries do the same."""

    make: MakeStore = MemoryStore

    def __init__(self) -> None:
        super().__init__()
        self.store = type(self).make(8)
        self.model: dict[tuple[Shelf, str], Any] = {}
        self.taken: list[tuple[Any, dict[tuple[Shelf, str], Any]]] = []
        self.others: list[tuple[Any, dict[tuple[Shelf, str], Any]]] = []

    @rule(shelf=SHELVES, key=KEYS, thing=THINGS)
    def insert(self, shelf: Shelf, key: str, thing: dict[str, int]) -> None:
        if (shelf, key) in self.model:
            assert self.store.insert(shelf, key, thing) == self.model[shelf, key]
        elif len(self.model) == 8:
            with pytest.raises(StoreFull):
                self.store.insert(shelf, key, thing)
        else:
            assert self.store.insert(shelf, key, thing) is None
            self.model[shelf, key] = thing

    @rule(shelf=SHELVES, key=KEYS, thing=THINGS)
    def update(self, shelf: Shelf, key: str, thing: dict[str, int]) -> None:
        expected = {**self.model[shelf, key], **thing} if (shelf, key) in self.model else None
        assert self.store.update(shelf, key, lambda before: {**before, **thing}) == expected
        if expected is not None:
            self.model[shelf, key] = expected

    @rule(shelf=SHELVES, key=KEYS)
    def delete(self, shelf: Shelf, key: str) -> None:
        there = self.model.get((shelf, key))
        assert self.store.delete(shelf, key) == there
        if there is not None:
            self.remove(shelf, key)

    def remove(self, shelf: Shelf, key: str) -> None:
        self.model.pop((shelf, key), None)
        for other in [o for o in self.model if o[0][0] == shelf[0] and o[0][2:] == (shelf[1], key)]:
            self.remove(*other)

    @rule()
    def clear(self) -> None:
        assert self.store.clear() == len(self.model)
        self.model.clear()

    @rule()
    def take(self) -> None:
        self.taken.append((self.store.take(), dict(self.model)))

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        state, model = data.draw(st.sampled_from(self.taken))
        self.store.put(state)
        self.model = dict(model)

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def go_on_in_another(self, data: st.DataObject) -> None:
        state, model = data.draw(st.sampled_from(self.taken))
        self.others.append((self.store, self.model))
        self.store, self.model = type(self).make(8), dict(model)
        self.store.put(state)

    @invariant()
    def agrees(self) -> None:
        for store, model in (*self.others, (self.store, self.model)):
            check_agreement(store, model)


def check_agreement(store: Any, model: dict[tuple[Shelf, str], Any]) -> None:
    shelves: dict[Shelf, list[Any]] = {}
    for (shelf, key), thing in model.items():
        assert store.read(shelf, key) == thing
        shelves.setdefault(shelf, []).append(thing)
    assert store.shelves() == {shelf: len(things) for shelf, things in shelves.items()}
    for shelf, things in shelves.items():
        assert store.list(shelf) == things
        assert store.items(shelf) == [(k, t) for (s, k), t in model.items() if s == shelf]
        assert store.newest(shelf, 1, 2) == things[::-1][1:3]
        assert store.count(shelf) == len(things)
    for (shelf, key), thing in model.items():
        found = store.find(*shelf[:2], key)
        assert (found, key) in model or found == shelf[:2]
        assert thing in store.everywhere(*shelf[:2])


TestMemoryStoreAgainstDictionaries = AgainstDictionaries.TestCase
TestMemoryStoreAgainstDictionaries.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
