"""Frozen records for what a provider does apart from its operations: initial things, CORS, and the line for clients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from threadmock.specs.behaviour.rule import Refusal
from threadmock.specs.behaviour.setting import Made
from threadmock.specs.evidence import Evidence

if TYPE_CHECKING:
    from threadmock.specs.behaviour.agent import Agent


@dataclass(frozen=True)
class Fill:
    """How threads and messages of a neutral file become things; their settings read them as items.

    thread: what a thread becomes. below: resource and key of what threads lie below, ("", "") for nothing. piece: what
    each message becomes, or each turn (a question with all that answers it), below its thread; None: nothing.
    opening: what is made there before that of a user's message; None: nothing.
    """

    thread: Made
    below: tuple[str, str] = ("", "")
    piece: Made | None = None
    per: Literal["message", "turn"] = "message"
    opening: Made | None = None


@dataclass(frozen=True)
class Cors:
    """Response headers for browsers: CORS (Fetch standard, 3.2). origin: "*", or "origin" for the one that asked.

    expose: names of response headers. preflight: status and text of its answer. failures: whether a 500 has them, too.
    """

    origin: Literal["*", "origin"] = "origin"
    expose: tuple[str, ...] = ()
    max_age: int = 0
    preflight: tuple[int, str] = (204, "")
    failures: bool = True
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Profile:
    """Provider-wide behaviour: the line for clients, and the name of the thing served.

    setting: one line a user writes to point a client here, with `$base` for the base URL. layer: the one with which
    clients work as with the real service, "" where nobody says. initial: what is there before anybody made anything.
    fill: how a neutral file fills it; agent: how its runs go; cors: headers for browsers; None where nobody did.
    refusals: those of no operation: no_route, no_method.
    """

    label: str = ""
    setting: str = ""
    layer: str = ""
    initial: tuple[Made, ...] = ()
    fill: Fill | None = None
    agent: "Agent | None" = None
    cors: Cors | None = None
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
