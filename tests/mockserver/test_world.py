"""The injected outside: a clock that never goes back, identifiers that a seed decides."""

import datetime
import itertools
import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clients import START
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.mockserver.world import World
from threadmock.specs.schemas.formats import system_now

MOMENTS = st.integers(-(2**31), 2**33).map(lambda seconds: datetime.datetime.fromtimestamp(seconds / 8, datetime.UTC))


@given(st.lists(MOMENTS, min_size=1, max_size=20))
def test_moments_are_strictly_ordered_whatever_the_machines_clock_does(told: list[datetime.datetime]) -> None:
    clock = Clock(iter(told).__next__)
    ticks = [clock.tick() for _ in told]
    assert all(earlier < later for earlier, later in itertools.pairwise(ticks))
    assert ticks[0] == told[0]
    assert all(tick >= moment for tick, moment in zip(ticks, told, strict=True))


def test_a_clock_that_runs_is_told_exactly() -> None:
    told = [START + datetime.timedelta(seconds=n) for n in range(5)]
    clock = Clock(iter(told).__next__)
    assert [clock.tick() for _ in told] == told


def test_a_clock_that_stands_still_or_jumps_back_moves_by_microseconds() -> None:
    hour = datetime.timedelta(hours=1)
    clock = Clock(iter([START, START, START - hour]).__next__)
    assert [clock.tick() - START for _ in range(3)] == [datetime.timedelta(microseconds=n) for n in range(3)]


def test_moments_of_many_threads_are_distinct() -> None:
    clock = Clock(lambda: START)
    found: list[datetime.datetime] = []
    threads = [threading.Thread(target=lambda: found.extend(clock.tick() for _ in range(500))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 4000


def test_the_machines_time_is_in_utc() -> None:
    assert system_now().utcoffset() == datetime.timedelta(0)


@given(st.integers(min_value=0, max_value=2**64))
def test_a_version_4_uuid_is_one(seed: int) -> None:
    made = uuid.UUID(Ids(seed).uuid4())
    assert (made.version, made.variant) == (4, uuid.RFC_4122)


@given(st.integers(min_value=0, max_value=2**32), MOMENTS.filter(lambda moment: moment.year >= 1970))
def test_a_version_7_uuid_is_one_and_tells_its_millisecond(seed: int, moment: datetime.datetime) -> None:
    text = Ids(seed).uuid7(moment)
    made = uuid.UUID(text)
    assert str(made) == text
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert abs((made.int >> 80) - moment.timestamp() * 1000) <= 1


@pytest.mark.parametrize("moment", [START, datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)])
def test_identifiers_of_one_moment_are_distinct(moment: datetime.datetime) -> None:
    ids = Ids(1)
    made = [text for _ in range(1000) for text in (ids.uuid4(), ids.uuid7(moment), ids.opaque("thread"))]
    assert len(set(made)) == 3000


def test_version_7_uuids_sort_by_their_moments() -> None:
    ids = Ids(1)
    made = [ids.uuid7(START + datetime.timedelta(milliseconds=n)) for n in range(100)]
    assert made == sorted(made)


def test_the_same_seed_makes_the_same_identifiers_and_another_does_not() -> None:
    def some(seed: int) -> list[str]:
        ids = Ids(seed)
        return [ids.uuid4(), ids.uuid7(START), ids.opaque("thread")]

    assert some(7) == some(7)
    assert not set(some(7)) & set(some(8))


def test_an_opaque_identifier_begins_with_its_resource() -> None:
    assert Ids(1).opaque("thread").startswith("thread_")
    assert Ids(1).opaque("").startswith("id_")


def test_a_reset_forgets_and_begins_the_identifiers_anew() -> None:
    world = World(7)
    first = world.ids.uuid4()
    world.store.insert(("p", "thread"), "k", {})
    assert world.reset() == 1
    assert (world.store.shelves(), world.ids.uuid4()) == ({}, first)


def test_a_reset_with_another_seed_makes_other_identifiers() -> None:
    world = World(7)
    first = world.ids.uuid4()
    world.reset(8)
    assert world.seed == 8
    assert world.ids.uuid4() != first
