"""The outcome of an action: done, or refused."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.validation import Violation


class Unfit(Exception):  # noqa: N818 - reads as what it is
    """What a request asks for can't be done to what is there."""


@dataclass(frozen=True)
class Refused:
    """A request that is refused. kind: a word of `Rule.refusals`; status overrides the refusal's own where given.

    body, media_type: a template of its own, where there is one. headers: added to the usual ones.
    """

    kind: str
    reason: str
    violations: Sequence[Violation] = ()
    status: int | None = None
    key: str = ""
    body: Any = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Done:
    """What an action did.

    shown: what the reply's body holds. note: for the journal. headers: added to the usual ones. body: where the
    response comes bit by bit, or only later (see `agents.streams`); finish then returns what was done. given: where
    nothing was done, what the request holds: a reply in another media type is made of it; else ABSENT.
    """

    status: int
    shown: Any
    note: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Iterator[bytes] | None = None
    finish: "Callable[[], Done | Refused] | None" = None
    given: Any = ABSENT
