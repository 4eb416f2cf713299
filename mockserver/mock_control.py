"""What a test asks of a mock in its own process: reset, settings, waiting answers, what came, what is stored."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from threadmock.mockserver.control.exchanges import expect, list_exchanges
from threadmock.mockserver.control.next import add_next
from threadmock.mockserver.control.settings import change_settings, show_settings
from threadmock.mockserver.control.snapshots import add_snapshot, restore_snapshot, show_snapshot
from threadmock.mockserver.control.words import Expectation, NextWords, SettingsChange
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.server.control import stored
from threadmock.mockserver.server.sessions import Sessions
from threadmock.mockserver.state.clock import Clock
from threadmock.specs.errors import SpecError
from threadmock.specs.wire.strictjson import dump_json, parse_json


class MockControl(ABC):
    """A mock as the control interface has it, by the same words. What can't be done is a SpecError."""

    sessions: Sessions

    @property
    @abstractmethod
    def gateway(self) -> Gateway:
        """What answers."""

    def reset(self, seed: int | None = None, *, settings: bool = False) -> int:
        """Forget everything and begin anew, with the same seed or another; how many things were forgotten.

        After a reset with the same seed the same requests get the same ids. Open streams end, the journal is empty,
        and what `data` and the provider have from the start is there again. settings: whether those of the start count
        again, too. A clock that stands still begins again where it stands. SpecError for a seed that is none.
        """
        check_seed(seed)
        return self.gateway.reset(seed, settings=settings)

    def settings(self, **changes: Unpack[SettingsChange]) -> dict[str, Any]:
        """Change settings for the next request or run; all of them, as they are then.

        script, speed, latency, auth, faults, clock; the guide to the control interface has their words. SpecError where
        one can't be used; then none is changed.
        """
        made = change_settings(self.gateway, _plain(changes)) if changes else show_settings(self.gateway)
        return dict(_plain(made))

    def next(self, operation: str, **answer: Unpack[NextWords]) -> dict[str, Any]:
        """Say what the next request to an operation gets; what waits now, with its number.

        operation: `METHOD /path`, or an operation id. answer: status, body, headers, times, delay_ms, … SpecError where
        it can't be given.

            mock.next("POST /threads", status=503)
        """
        return dict(_plain(add_next(self.gateway, _plain({"operation": operation, **answer}))))

    def expect(self, operation: str | None = None, **request: Unpack[Expectation]) -> int:
        """How many such requests came. AssertionError, with what came instead, where that is not as expected.

        operation or `path` is needed. request: body, query, status, times, … SpecError where it can't be read.

            mock.expect("POST /threads", body={"metadata": {"user": "a"}}, times={"exactly": 1})
        """
        named = {} if operation is None else {"operation": operation}
        found = expect(self.gateway, _plain({**named, **request}))
        if not found["met"]:
            raise AssertionError(found["detail"])
        return int(found["count"])

    def exchanges(self) -> list[dict[str, Any]]:
        """The last 200 requests and responses, the oldest first, credentials masked, bodies cut at 16,384 bytes.

        Each has number, at, ms, method, path, query, headers, body, status, answer (of a stream what was sent so far),
        stream, provider, operation, operation_id, rule, reason (why it was answered so), and unexpected: whether no
        operation is served there.
        """
        return list(_plain(list_exchanges(self.gateway)["exchanges"]))

    def things(self) -> list[dict[str, Any]]:
        """What is stored, but for what is there from the start: for each shelf its name, a count, and the things.

        A shelf is `[provider, resource]`, followed by resource and key of the parent where its things have one.
        Of each shelf the first 1000 things are listed.
        """
        return list(_plain(stored(self.gateway)["shelves"]))

    def snapshot(self, name: str = "snapshot") -> "MockSnapshot":
        """Keep what is stored now, in place of what was kept by this name. SpecError while runs are under way."""
        kept = self.sessions.snapshots
        if any(each.name == name for each in kept):
            kept.remove(name)
        add_snapshot(kept, self.gateway, {"name": name})
        return MockSnapshot(self, name)

    def restore(self, document: Mapping[str, Any]) -> int:
        """Put the mock as the document of a snapshot has it; how many things that holds. SpecError, nothing changed."""
        from threadmock.mockserver.datasets.snapshots import read_snapshot  # noqa: PLC0415 - few mocks are restored

        snapshot = read_snapshot(copy.deepcopy(document), self.gateway.contracts)
        self.gateway.restore(snapshot.state, snapshot.initial)
        return snapshot.count

    @property
    def seed(self) -> int:
        """What ids and generated values are made from."""
        return self.gateway.world.seed

    @property
    def clock(self) -> Clock:
        """The mock's time. `clock.advance(timedelta)` lets things expire at the next request."""
        return self.gateway.world.clock


@dataclass(frozen=True)
class MockSnapshot:
    """What a mock held, made by `snapshot`."""

    mock: MockControl
    name: str

    def restore(self) -> int:
        """Put the mock back; how many things there are then. SpecError where it was removed meanwhile."""
        return int(restore_snapshot(self.mock.sessions.snapshots, self.mock.gateway, self.name)["restored"])

    def document(self) -> dict[str, Any]:
        """It as JSON, for a file: `create_mock(data=FILE)` and `restore` take it."""
        return dict(_plain(show_snapshot(self.mock.sessions.snapshots, self.name)))


def check_seed(seed: int | None) -> None:
    """SpecError for a seed that is none."""
    if seed is not None and (type(seed) is not int or seed < 0):
        raise SpecError(f"`seed` is a whole number, 0 or more, not {seed!r}.", fix="Give None for a random one.")


def _plain(value: object) -> Any:
    """A copy of a value, as JSON has it, so that what is stored can't be changed through it."""
    return parse_json(dump_json(value))
