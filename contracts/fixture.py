"""The mock as a process of its own, for the tests of a user's project: started, reset, asked, and always stopped."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from typing import Unpack

    from threadmock.mockserver.control.words import Expectation, NextWords, SettingsChange

START = 60.0
STOP = 10.0
_MOST_TEXT = 2000
_HEADER = "X-Threadmock-Control"


class MockFailed(Exception):  # noqa: N818 - reads as what it is
    """The mock could not be started, does not answer any more, or can't do what was asked: its text says why."""


@dataclass(frozen=True)
class MockOptions:
    """How a mock is started, in the words of `threadmock serve`.

    providers: names, files or folders; empty for all built-in ones. overlays: files, applied in order to the one
    provider that is named. layer: documented or observed. script, data: names
    or files. speed: what delays are multiplied by. seed: same seed, same ids and texts. clock: the moment at which the
    clock stands still; "" where it goes on.
    """

    providers: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    layer: str = "documented"
    script: str = ""
    speed: float = 0.0
    data: str = ""
    auth: str = "present"
    seed: int = 0
    faults: tuple[str, ...] = ()
    clock: str = ""

    def arguments(self) -> list[str]:
        """The command line of these options."""
        made = [*self.providers, "--port=0", "--quiet", f"--as={self.layer}", f"--seed={self.seed}"]
        made += [f"--auth={self.auth}", f"--speed={self.speed:g}"]
        made += [f"--overlay={path}" for path in self.overlays]
        made += [f"--script={self.script}"] if self.script else []
        made += [f"--data={self.data}"] if self.data else []
        made += [f"--clock={self.clock}"] if self.clock else []
        return [*made, *(f"--fault={name}" for name in self.faults)]


def read_options(given: Mapping[str, Any]) -> MockOptions:
    """Options of ini values or of a marker's words. ValueError for a word or a value that is none."""
    known = {"as": "layer"}
    options = MockOptions()
    for word, value in given.items():
        name = known.get(word, word)
        if name not in MockOptions.__dataclass_fields__:
            raise ValueError(
                f"threadmock has no option {word!r}; there are {', '.join(MockOptions.__dataclass_fields__)}."
            )
        if name in ("providers", "overlays", "faults"):
            made: Any = tuple(value.split() if isinstance(value, str) else map(str, value))
        else:
            kind = type(getattr(options, name))
            try:
                made = kind(value)
            except (TypeError, ValueError):
                raise ValueError(f"threadmock's option {word!r} can't be {value!r}.") from None
        options = replace(options, **{name: made})
    return options


class MockProcess:
    """A mock in a process of its own.

    url: its base URL; every provider answers below `url/NAME`, and at its true paths where it is the only one. seed:
    what its ids and texts are made from.
    """

    def __init__(self, options: MockOptions) -> None:
        self.options = options
        self.seed = options.seed
        self.url = ""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in stop
        # -P: the project's own packages are none of the server's
        command = [sys.executable, "-P", "-m", "threadmock.mockserver.cli.attended", *options.arguments()]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=environment
        )
        try:
            self.url = self._listening()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def of(self, provider: str) -> str:
        """The base URL of one provider, as its client takes it."""
        return f"{self.url}/{provider}"

    def reset(self, seed: int | None = None, *, settings: bool = False) -> None:
        """Forget what was created, and begin again: with this seed, else with the same.

        settings: whether those of the start count again.
        """
        chosen = self.options.seed if seed is None else seed
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

    def stop(self) -> None:
        """End the process, whatever state it is in. May be called again."""
        for end in (self._process.terminate, self._process.kill):
            if self._process.poll() is not None:
                break
            end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP)
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _listening(self) -> str:
        """The URL that the first line names."""
        lines: list[bytes] = []
        output = self._process.stdout
        reader = threading.Thread(target=lambda: lines.append(output.readline() if output else b""), daemon=True)
        reader.start()
        reader.join(START)
        words = lines[0].decode("utf-8", "replace").split() if lines else []
        if len(words) == 3 and words[0] == "Listening":
            threading.Thread(target=lambda: output.read() if output else b"", daemon=True).start()
            return words[2]
        raise MockFailed(f"The mock did not start. {self._last_words()}")

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        self._log.seek(0)
        text = self._log.read().decode("utf-8", "replace")[-_MOST_TEXT:].strip()
        return f"It ended with status {self._process.poll()}: {text}"

    def _ask(self, method: str, path: str, value: Any = None) -> Any:
        if not self.alive:
            # a worker may outlive it for a moment, and must not answer for it
            raise MockFailed(f"The mock does not answer. {self._last_words()}")
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=START)
        try:
            body = None if value is None else json.dumps(value).encode()
            connection.request(method, path, body, {_HEADER: "1", "content-type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise MockFailed(f"The mock does not answer: {error}.") from None
        finally:
            connection.close()
        if answer.status == 400:
            raise MockFailed(json.loads(data)["detail"])
        if answer.status != 200:
            raise MockFailed(f"The mock answered {method} {path} with {answer.status}: {data[:_MOST_TEXT]!r}")
        return json.loads(data)


class MockProcesses:
    """The mocks of one session: one process for each set of options, started when it is asked for."""

    def __init__(self, basis: Mapping[str, Any] | None = None) -> None:
        self._basis = dict(basis or {})
        self._running: dict[MockOptions, MockProcess] = {}

    def __call__(self, **options: Any) -> MockProcess:
        """The mock with these options; started anew where the process has ended. MockFailed; ValueError."""
        chosen = read_options({**self._basis, **options})
        mock = self._running.get(chosen)
        if mock is None or not mock.alive:
            if mock is not None:
                mock.stop()
            self._running[chosen] = mock = MockProcess(chosen)
        return mock

    def stop(self) -> None:
        """End all of them."""
        for mock in self._running.values():
            mock.stop()


def from_ini(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options that an ini file sets: what is empty is left out."""
    return {name: value for name, value in values.items() if value}
