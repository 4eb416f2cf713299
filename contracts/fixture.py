"""The mock as a process of its own, for the tests of a user's project: started, reset, asked, and always stopped."""

import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from threadmock.contracts.mock_client import MOST_TEXT, MockClient, MockFailed, MockSession

START = 60.0
STOP = 10.0
_numbers = itertools.count(1)


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


class MockProcess(MockClient):
    """A mock in a process of its own.

    url: its base URL; every provider answers below `url/NAME`, and at its true paths where it is the only one. seed:
    what its ids and texts are made from.
    """

    def __init__(self, options: MockOptions) -> None:
        super().__init__("", options.seed)
        self.options = options
        self._sessions: list[MockSession] = []
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

    def reset(self, seed: int | None = None, *, settings: bool = False) -> None:
        """See MockClient. With the settings of the start its sessions end, too."""
        super().reset(seed, settings=settings)
        while settings and self._sessions:
            with contextlib.suppress(MockFailed):  # it may be gone already
                self._sessions.pop().end()

    def session(self, name: str = "") -> MockSession:
        """An isolated mock on the same server, which begins as this one did; a new one where no name is given.

        name: up to 64 letters, digits, `.`, `_`, `~` and `-`. It ends with the test, or with a `with` block.
        """
        chosen = name or f"session-{next(_numbers)}-{os.getpid()}"
        made = MockSession(self, chosen, self.options.seed)
        made.things()  # makes it, and says what is wrong with its name
        self._sessions.append(made)
        return made

    def failure(self) -> str:
        """See MockClient."""
        # a worker may outlive it for a moment, and must not answer for it
        return "" if self.alive else self._last_words()

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
        text = self._log.read().decode("utf-8", "replace")[-MOST_TEXT:].strip()
        return f"It ended with status {self._process.poll()}: {text}"


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
