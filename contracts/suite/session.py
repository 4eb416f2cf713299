"""The session of pytest in which `verify` performs the suite, in this process."""

import contextlib
import importlib.util
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import pytest
from threadmock.contracts.engine.opening import OpenRun
from threadmock.contracts.engine.summary import Summary

_FOLDER = Path(__file__).resolve().parent


class NotPerformed(Exception):  # noqa: N818 - reads as what it is
    """pytest ended before it performed anything. status: its own exit status. errors: what it wrote about that."""

    def __init__(self, status: int, errors: str = "") -> None:
        self.status = status
        self.errors = errors
        super().__init__(f"pytest ended with status {status} before it performed anything")


class Verification:
    """What `verify` hands to its own session of pytest, and what that hands back.

    summary, document: of the run, and its report as JSON; None where pytest ended before. interrupted: by Ctrl-C.
    performed: False where pytest chose no item or refused its arguments. errors: what pytest wrote to standard error
    before and after its session.
    """

    def __init__(self, opened: OpenRun, stream: TextIO) -> None:
        self.opened = opened
        self.summary: Summary | None = None
        self.document: dict[str, Any] | None = None
        self.interrupted = False
        self.performed = True
        self.errors = io.StringIO()
        self._stream = stream
        self._stdout, self._stderr = sys.stdout, sys.stderr

    @contextlib.contextmanager
    def capture_errors(self) -> Iterator[None]:
        """Keep what pytest writes to standard error, but for the time of its session; see `errors`."""
        sys.stderr = self.errors
        try:
            yield
        finally:
            sys.stderr = self._stderr

    def end(self, summary: Summary, document: dict[str, Any], *, interrupted: bool) -> None:
        """Note how the run ended."""
        self.summary, self.document, self.interrupted = summary, document, interrupted

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_main(self) -> Iterator[Any]:
        """While pytest sets itself up, the stream stands in for the output that its reporter is going to write to."""
        sys.stdout = self._stream
        try:
            return (yield)
        finally:
            self._restore()
            # arguments that show to be wrong within the session are reported after it
            sys.stderr = self.errors

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """The reporter is made: whatever else is printed goes where it always goes."""
        self._restore()
        sys.stderr = self._stderr

    def _restore(self) -> None:
        if sys.stdout is self._stream:
            sys.stdout = self._stdout


def run_suite(opened: OpenRun, arguments: Sequence[str], stream: TextIO) -> Verification:
    """Run pytest on the suite with these further arguments, in this process; what came of it.

    stream: what pytest writes to. NotPerformed where pytest ended before any item.
    """
    verification = Verification(opened, stream)
    with verification.capture_errors():
        code = int(pytest.main([*_own_arguments(), *arguments], plugins=[verification]))
    errors = verification.errors.getvalue()
    if verification.document is None:
        raise NotPerformed(code, errors)
    sys.stderr.write(errors)
    return verification


def _own_arguments() -> list[str]:
    # Whatever else is installed was chosen for somebody's tests, and may reorder, delay or print.
    plugins = ["--disable-plugin-autoload", "-p", "threadmock"]
    if importlib.util.find_spec("xdist"):
        plugins += ["-p", "xdist"]
    # It looks through all that the process holds, twice, for what a test left open: here is no test.
    plugins += ["-p", "no:unraisableexception"]
    place = ["-c", str(_FOLDER / "pytest.ini"), "--rootdir", str(_FOLDER), str(_FOLDER / "test_contract.py")]
    return [*plugins, *place, "-qq", "--no-header", "--tb=no", "-rN", "--assert=plain"]
