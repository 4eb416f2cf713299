"""The words of the control interface as Python writes them; their meanings are in the guide to it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class SettingsChange(TypedDict, total=False):
    """What may change while a mock runs. latency: ms and jitter, None for none. agents: by name."""

    script: str | Mapping[str, Any]
    speed: float
    latency: Mapping[str, float] | None
    auth: str
    faults: Sequence[str]
    clock: Mapping[str, Any]
    agents: Mapping[str, Any]


class NextWords(TypedDict, total=False):
    """What the next requests get. delay_ms: milliseconds; the last three: after how much."""

    provider: str
    times: int
    status: int
    headers: Mapping[str, str]
    body: Any
    delay_ms: float
    drop_after_bytes: int
    drop_after_events: int
    stall_after_events: int


class Expectation(TypedDict, total=False):
    """What is expected of a request besides its operation. times: at_least, at_most, exactly."""

    provider: str
    path: str
    status: int | str
    query: Mapping[str, Any]
    body: Any
    times: Mapping[str, int]
