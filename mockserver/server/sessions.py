"""Sessions: isolated mocks on one server, each with a name, a store, a clock, settings, waiting answers and a journal.

A request names its session in a header, or by its URL; without a name it is for the server's own mock.
"""

import datetime
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.mockserver.control.snapshots import Snapshots
from threadmock.mockserver.pipeline.cors import allow_origin
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.problems import problem
from threadmock.mockserver.state.journal import JournalBudget
from threadmock.specs.schemas.formats import system_now, write_date_time
from threadmock.specs.wire.messages import Request, Response

HEADER = "x-threadmock-session"
PREFIX = "/_s/"
GATEWAY = "threadmock.gateway"
"""The key of a WSGI environ under which the mock of a request is, once it is known."""
MOST = 1000
IDLE = 3600.0
"""Seconds without a request after which a session ends, once another one is made or all are listed."""
SESSION_KEY = "HTTP_X_THREADMOCK_SESSION"
"""The key of a WSGI environ under which the header is."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")


@dataclass(eq=False)
class Session:
    """One session. made: when, by the machine's clock. used: when it was asked last, in seconds of a monotonic time."""

    gateway: Gateway
    made: datetime.datetime
    used: float

    @property
    def busy(self) -> bool:
        """Whether somebody reads a stream of it."""
        return self.gateway.world.scheduler.open_streams > 0 or self.gateway.world.journal.readers > 0


@dataclass
class Reloading:
    """Whether files are read again when they change; broken: why what they hold now is not served, "" where it is."""

    watching: bool = False
    broken: str = ""


class SessionRefused(Exception):  # noqa: N818 - reads as what it is
    """The request names no session that can be. status: of the answer; its text says what is wrong and what to do."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.title = status, title

    def response(self, headers: Mapping[str, str], gateway: Gateway) -> Response:
        """The answer to a request with these headers, which a page that may call can read."""
        origin = headers.get("origin")
        shown = allow_origin(origin) if origin and gateway.access.origins.allow(origin) else {}
        return problem(self.status, self.title, str(self), kind="session", headers=shown)


class Sessions:
    """The server's own mock and those of its sessions. Safe from several threads.

    default: the server's own. most: how many sessions may live at once. idle: seconds; read_time: in seconds.
    snapshots: those of all sessions. reloading: of documents and the like. made, ended: called with the mock of each
    session that begins or ends.
    """

    def __init__(
        self,
        default: Gateway,
        *,
        most: int = MOST,
        idle: float = IDLE,
        read_time: Callable[[], float] = time.monotonic,
        read_date: Callable[[], datetime.datetime] = system_now,
    ) -> None:
        self.default = default
        self.most = most
        self.idle = idle
        self.made: list[Callable[[Gateway], None]] = []
        self.ended: list[Callable[[Gateway], None]] = []
        self._read_time = read_time
        self._read_date = read_date
        self.snapshots = Snapshots()
        self.reloading = Reloading()
        self._budget = JournalBudget()
        self._known: dict[str, Session] = {}
        self._changing = threading.RLock()

    def __iter__(self) -> Iterator[Gateway]:
        """All mocks, the server's own first."""
        return iter([self.default, *(session.gateway for session in list(self._known.values()))])

    def resolve(self, request: Request) -> tuple[Gateway, Request]:
        """The mock that a request is for, and the request as that one gets it. SessionRefused.

        A stranger's request makes no session: the server's own mock refuses it.
        """
        named = request.headers.get(HEADER)
        if request.path.startswith(PREFIX):
            name, slash, rest = request.path.removeprefix(PREFIX).partition("/")
            if named not in (None, name):
                detail = f"The URL is for the session {name[:100]!r}, the header {HEADER} for {named[:100]!r}."
                raise SessionRefused(400, "Two sessions are named", f"{detail} Name one.")
            base = f"{request.base}{PREFIX}{name}"
            named, request = name, replace(request, path=f"{slash}{rest}" or "/", base=base)
        if named is None or (named not in self._known and self.default.access.refuse(request)):
            return self.default, request
        return self.find(named), request

    def find(self, name: str) -> Gateway:
        """The mock of a session, made where there is none of that name. SessionRefused."""
        session = self._known.get(name)
        if session is not None:
            session.used = self._read_time()
            return session.gateway
        if not _NAME.fullmatch(name):
            detail = f"{name[:100]!r} is no name of a session: take up to 64 letters, digits, `.`, `_`, `~` and `-`."
            raise SessionRefused(400, "No name of a session", detail)
        with self._changing:
            if name not in self._known:
                self._make_room()
                gateway = self.default.fork(name)
                gateway.world.journal.budget = self._budget
                self._known[name] = Session(gateway, self._read_date(), self._read_time())
                for told in self.made:
                    told(gateway)
            return self._known[name].gateway

    def known(self, name: str) -> Gateway | None:
        """The mock of a session that is there, "" for the server's own; None where it is not, and it is not made."""
        if not name:
            return self.default
        session = self._known.get(name)
        return session.gateway if session else None

    def listed(self) -> Mapping[str, Any]:
        """The sessions, the last made one first: when each was made and used last, and what it holds."""
        now, today = self._read_time(), self._read_date()
        with self._changing:
            self._forget_idle()
            known = dict(self._known)
        return {"sessions": [_entry(name, known[name], now, today) for name in reversed(known)], "most": self.most}

    def add(self, name: str) -> Mapping[str, Any] | None:
        """Make a session before anybody asks it; its entry, None where there is one of that name. SessionRefused."""
        with self._changing:
            if name in self._known:
                return None
            self.find(name)
            return _entry(name, self._known[name], self._read_time(), self._read_date())

    def end(self, name: str) -> int | None:
        """Forget a session; how many things there were, None where there is no such session. Its streams end."""
        with self._changing:
            session = self._known.pop(name, None)
        return None if session is None else self._end(session.gateway)

    def replace(self, change: Callable[[Gateway], Gateway]) -> None:
        """Put another mock of the same world in the place of each."""
        with self._changing:
            self.default = change(self.default)
            for session in self._known.values():
                session.gateway = change(session.gateway)

    def _end(self, gateway: Gateway) -> int:
        world, count = gateway.world, gateway.count_things()
        world.scheduler.clear()
        # a request that was on its way may still begin a run, which nothing would drive
        world.scheduler.wake = world.scheduler.clear
        world.journal.close()
        world.journal.clear()
        for told in self.ended:
            told(gateway)
        world.store.clear()
        return count

    def _make_room(self) -> None:
        self._forget_idle()
        if len(self._known) >= self.most:
            detail = (
                f"{len(self._known)} sessions live, as many as may. End one with DELETE /_mock/sessions/NAME; "
                f"one that is not asked for {self.idle:g} seconds makes room by itself."
            )
            raise SessionRefused(507, "Too many sessions", detail)

    def _forget_idle(self) -> None:
        oldest = self._read_time() - self.idle
        for name in [name for name, each in self._known.items() if each.used <= oldest and not each.busy]:
            self._end(self._known.pop(name).gateway)


def _entry(name: str, session: Session, now: float, today: datetime.datetime) -> Mapping[str, Any]:
    return {
        "name": name,
        "made": write_date_time(session.made),
        "used": write_date_time(today - datetime.timedelta(seconds=now - session.used)),
        "things": session.gateway.count_things(),
        "exchanges": len(session.gateway.world.journal.entries),
    }


def is_for_session(headers: Mapping[str, str], path: str) -> bool:
    """Whether a request may name a session: almost none does, and all are asked."""
    return path.startswith(PREFIX) or HEADER in headers
