"""Bodies that stop in the middle: some reads may wait, the others have a deadline, and none is without a bound."""

import io
import threading

import pytest
from threadmock.mockserver.bodies import MOST_READERS, THREADS, WAITING, Bodies, Stalled


class Stopped:
    """A stream that gives nothing until it is released."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.released = threading.Event()

    def read(self, size: int) -> bytes:
        self.asked.set()
        assert self.released.wait(20)
        return b"x" * min(size, 3)


class Dripping(io.BytesIO):
    """A stream that gives one byte at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 1))


def test_a_body_is_read_whole_however_small_its_pieces() -> None:
    assert Bodies().read(Dripping(b"abcdef"), 6) == b"abcdef"
    assert Bodies(waiting=0).read(Dripping(b"abcdef"), 6) == b"abcdef"


def test_no_more_is_read_than_was_asked_for() -> None:
    stream = io.BytesIO(b"abcdef")
    assert (Bodies().read(stream, 4), stream.tell()) == (b"abcd", 4)


def test_a_body_that_ends_early_is_what_there_was() -> None:
    assert Bodies().read(io.BytesIO(b"ab"), 6) == b"ab"


def test_beyond_the_reads_that_may_wait_a_deadline_holds() -> None:
    stream = Stopped()
    with pytest.raises(Stalled) as told:
        Bodies(waiting=0, deadline=0.01).read(stream, 3)
    assert told.value.status == 408
    stream.released.set()


def test_a_read_that_waited_makes_room_when_it_ends() -> None:
    bodies, stream = Bodies(waiting=1, deadline=0.01), Stopped()
    waiting = threading.Thread(target=bodies.read, args=(stream, 3))
    waiting.start()
    assert stream.asked.wait(20)
    with pytest.raises(Stalled):
        bodies.read(second := Stopped(), 3)
    second.released.set()
    stream.released.set()
    waiting.join()
    assert bodies.read(io.BytesIO(b"abc"), 3) == b"abc"


def test_more_readers_than_may_be_are_refused_at_once() -> None:
    bodies, stream = Bodies(waiting=0, deadline=0.01, most_readers=1), Stopped()
    with pytest.raises(Stalled):
        bodies.read(stream, 3)
    with pytest.raises(Stalled) as told:
        bodies.read(io.BytesIO(b"abc"), 3)
    assert told.value.status == 503
    stream.released.set()


def test_an_error_of_the_connection_is_an_empty_body() -> None:
    class Broken:
        def read(self, size: int) -> bytes:
            raise ConnectionResetError

    assert Bodies(waiting=0).read(Broken(), 3) == b""


def test_some_threads_never_wait_for_bodies() -> None:
    assert WAITING + MOST_READERS < THREADS
