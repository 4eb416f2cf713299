"""The answers that the next requests get instead of their own, in the order in which they were asked for."""

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.specs.contract import Operation

MOST_WAITING = 1000


@dataclass
class NextAnswer:
    """One answer, or what becomes of the ordinary one.

    times: for how many requests it is still good. status: None for the ordinary answer. body: None for what the
    provider sends with that status. delay: seconds. drop_after_bytes, drop_after_events: after how much the connection
    is cut. stall_after_events: after how many a stream falls silent. asked: what was sent to ask for it.
    """

    provider: str
    operation: Operation
    times: int = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    drop_after_bytes: int | None = None
    drop_after_events: int | None = None
    stall_after_events: int | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0


class NextAnswers:
    """Those that wait. Safe from several threads. waiting: to be read only; requests look whether it is empty."""

    def __init__(self) -> None:
        self.waiting: list[NextAnswer] = []
        self._numbers = itertools.count(1)
        self._changing = threading.Lock()

    def add(self, answer: NextAnswer) -> bool:
        """Put an answer behind the others, with the next number; False where as many wait as may."""
        with self._changing:
            if len(self.waiting) >= MOST_WAITING:
                return False
            answer.number = next(self._numbers)
            self.waiting.append(answer)
            return True

    def take(self, provider: str, operation: Operation) -> NextAnswer | None:
        """The first that is for this operation, once less; None where none is."""
        with self._changing:
            for index, answer in enumerate(self.waiting):
                if answer.provider == provider and str(answer.operation) == str(operation):
                    answer.times -= 1
                    if not answer.times:
                        del self.waiting[index]
                    return answer
        return None

    @property
    def slow(self) -> bool:
        """Whether any of them comes late."""
        return any(answer.delay for answer in self.waiting)

    def clear(self) -> int:
        """Forget all of them; how many there were."""
        with self._changing:
            count = len(self.waiting)
            self.waiting.clear()
            return count
