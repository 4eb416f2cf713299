"""Asks a mock in another process by its control interface: reset, settings, waiting answers, what came, snapshots."""

import contextlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from typing import Unpack

    from threadmock.mockserver.control.words import Expectation, NextWords, SettingsChange

TIMEOUT = 60.0
MOST_TEXT = 2000
_HEADER = "X-Threadmock-Control"


class MockFailed(Exception):  # noqa: N818 - reads as what it is
    """The mock could not be started, does not answer any more, or can't do what was asked: its text says why."""


class MockClient:
    """A mock that is asked by its control interface.

    url: its base URL; every provider answers below `url/NAME`, and at its true paths where it is the only one. seed:
    what its ids and texts are made from.
    """

    def __init__(self, url: str, seed: int) -> None:
        self.url = url
        self.seed = seed
        self._first_seed = seed

    def of(self, provider: str) -> str:
        """The base URL of one provider, as its client takes it."""
        return f"{self.url}/{provider}"

    def reset(self, seed: int | None = None, *, settings: bool = False) -> None:
        """Forget what was created, and begin again: with this seed, else with the same.

        settings: whether those of the start count again.
        """
        chosen = self._first_seed if seed is None else seed
        self._ask("POST", "/_mock/reset", {"seed": chosen, "settings": settings})
        self.seed = chosen

    def settings(self, **changes: "Unpack[SettingsChange]") -> dict[str, Any]:
        """Change settings for the next request or run; all of them, as they are then. MockFailed.

        script, speed, latency, auth, faults, clock. The next test has those of the start again.
        """
        return dict(self._ask("PATCH" if changes else "GET", "/_mock/settings", changes or None))

    def next(self, operation: str, **answer: "Unpack[NextWords]") -> dict[str, Any]:
        """Say what the next request to an operation gets: status, body, headers, times, delay_ms, … MockFailed.

        operation: `METHOD /path`, or an operation id.
        """
        return dict(self._ask("POST", "/_mock/next", {"operation": operation, **answer}))

    def expect(self, operation: str | None = None, **request: "Unpack[Expectation]") -> int:
        """How many such requests came. AssertionError, with what came instead, where that is not as expected.

        operation or `path` is needed. request: body, query, status, times, … MockFailed where it can't be read.
        """
        named = {} if operation is None else {"operation": operation}
        found = self._ask("POST", "/_mock/expect", {**named, **request})
        if not found["met"]:
            raise AssertionError(found["detail"])
        return int(found["count"])

    def exchanges(self) -> list[dict[str, Any]]:
        """The last requests and responses, and why they were answered so."""
        return list(self._ask("GET", "/_mock/exchanges")["exchanges"])

    def things(self) -> list[dict[str, Any]]:
        """What is stored, shelf by shelf."""
        return list(self._ask("GET", "/_mock/things")["shelves"])

    def snapshot(self, name: str = "snapshot") -> "MockSnapshot":
        """Keep what is stored now, in place of what was kept by this name. MockFailed while runs are under way."""
        kept = {each["name"] for each in self._ask("GET", "/_mock/snapshots")["snapshots"]}
        if name in kept:
            self._ask("DELETE", f"/_mock/snapshots/{name}")
        self._ask("POST", "/_mock/snapshots", {"name": name})
        return MockSnapshot(self, name)

    def restore(self, document: Mapping[str, Any]) -> int:
        """Put the mock as the document of a snapshot has it; how many things it holds. MockFailed, nothing changed."""
        return int(self._ask("POST", "/_mock/snapshots/uploaded/restore", document)["restored"])

    def failure(self) -> str:
        """Why it can't answer; "" where nothing is known."""
        return ""

    def _ask(self, method: str, path: str, value: Any = None) -> Any:
        if why := self.failure():
            raise MockFailed(f"The mock does not answer. {why}")
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            body = None if value is None else json.dumps(value).encode()
            connection.request(method, parts.path + path, body, {_HEADER: "1", "content-type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise MockFailed(f"The mock does not answer: {error}.") from None
        finally:
            connection.close()
        if answer.headers.get_content_type() == "application/problem+json":
            raise MockFailed(json.loads(data)["detail"])
        if answer.status != 200:
            raise MockFailed(f"The mock answered {method} {path} with {answer.status}: {data[:MOST_TEXT]!r}")
        return json.loads(data)


@dataclass(frozen=True)
class MockSnapshot:
    """What a mock held, made by `snapshot`."""

    mock: MockClient
    name: str

    def restore(self) -> int:
        """Put the mock back; how many things there are then. MockFailed where it was removed meanwhile."""
        return int(self.mock._ask("POST", f"/_mock/snapshots/{self.name}/restore")["restored"])  # noqa: SLF001 - its own

    def document(self) -> dict[str, Any]:
        """It as JSON, for a file: `restore` and `serve --data` take it."""
        return dict(self.mock._ask("GET", f"/_mock/snapshots/{self.name}"))  # noqa: SLF001 - its own


class MockSession(MockClient):
    """One session of a mock, made by `session`. url: its base URL, which any client of a provider takes."""

    def __init__(self, server: MockClient, name: str, seed: int) -> None:
        super().__init__(f"{server.url}/_s/{quote(name, safe='')}", seed)
        self.name = name
        self._server = server

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(MockFailed):  # it may have ended with its server
            self.end()

    def failure(self) -> str:
        """See MockClient."""
        return self._server.failure()

    def end(self) -> None:
        """Forget it. MockFailed where it is gone."""
        self._server._ask("DELETE", f"/_mock/sessions/{self.name}")  # noqa: SLF001 - its own
