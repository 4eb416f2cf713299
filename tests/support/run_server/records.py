"""Records of what happens: messages, steps of a thread's history, beats of a run, threads and runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OVER = ("success", "error", "cancelled", "paused")


class Busy(Exception):  # noqa: N818 - reads as what it is
    """A thread has a run under way, and another was not to wait."""


@dataclass(frozen=True)
class Message:
    """What somebody said. raw: as the client gave it."""

    id: str
    role: str
    text: str
    created: str
    run: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """What a thread held at one moment: one of its history. questions: what a run waits for."""

    id: str
    parent: str
    number: int
    source: str
    messages: tuple[Message, ...]
    created: str
    run: str = ""
    next: tuple[str, ...] = ()
    task: str = ""
    questions: tuple[Mapping[str, Any], ...] = ()
    error: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Beat:
    """One thing that happened in a run; step: what its thread held then."""

    kind: str
    step: Step | None
    millis: int
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Thread:
    """A conversation. rest: how its last run ended, "" before. more: what only a wire form knows."""

    id: str
    created: str
    updated: str
    more: dict[str, Any] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    runs: list["Run"] = field(default_factory=list)
    queue: list["Run"] = field(default_factory=list)
    active: "Run | None" = None
    rest: str = ""
    temporary: bool = False
    gone: bool = False

    @property
    def busy(self) -> bool:
        """Whether a run is under way, or waits for its turn."""
        return self.active is not None or bool(self.queue)

    @property
    def latest(self) -> Step | None:
        """What it holds now; None before the first run."""
        return self.steps[-1] if self.steps else None


@dataclass(eq=False)
class Run:
    """One run. status: pending, running, or one of OVER. resumes: it goes on after a question; answer: what was said."""

    id: str
    thread: Thread
    created: str
    heard: list[Message] = field(default_factory=list)
    resumes: bool = False
    answer: Any = None
    delay: float = 0.0
    stops_before: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    status: str = "pending"
    updated: str = ""
    started: str = ""
    ended: str = ""
    beats: list[Beat] = field(default_factory=list)
    said: list[Message] = field(default_factory=list)
    failure: tuple[str, str] | None = None
    removed: bool = False
    before: tuple[int, list[Message], str] | None = None

    @property
    def over(self) -> bool:
        """Whether nothing comes any more."""
        return self.removed or self.status in OVER

    @property
    def text(self) -> str:
        """What was said to the agent last."""
        return next((each.text for each in reversed(self.heard) if each.role == "user"), "")
