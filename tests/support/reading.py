"""What only tests ask of the records of specs: a whole stream at once, one engine's word, another name."""

from dataclasses import replace
from typing import Any

from threadmock.specs.contract import Contract
from threadmock.specs.schemas.validation import Checker
from threadmock.specs.wire.eventstream import EventReader, ServerEvent


def read_events(body: bytes) -> list[ServerEvent]:
    """The events of a whole stream."""
    return list(EventReader().feed(body))


def reference_valid(judge: Checker, value: Any) -> bool:
    """Whether the second engine takes the value. One that it can't judge is not taken."""
    return judge._reference_verdict(value) is True


def renamed(contract: Contract, name: str) -> Contract:
    """The same contract under another name."""
    return replace(contract, name=name)
