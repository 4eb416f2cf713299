"""`/_mock/next`: what the next requests get, read from JSON and listed as JSON."""

import re
from collections.abc import Mapping
from typing import Any

from threadmock.mockserver.control.bodies import ControlError, members, number, shown, whole
from threadmock.mockserver.control.operations import find_operation
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.state.next_answers import MOST_WAITING, NextAnswer
from threadmock.specs.wire.strictjson import dump_json

MEMBERS = (
    "operation",
    "provider",
    "times",
    "status",
    "headers",
    "body",
    "delay_ms",
    "drop_after_bytes",
    "drop_after_events",
    "stall_after_events",
)
_LIMITS = ("drop_after_bytes", "drop_after_events", "stall_after_events")
_MOST_TIMES = 1_000_000
_MOST_DELAY = 600_000
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_FRAMING = ("connection", "content-length", "transfer-encoding")
_BODILESS = (204, 205, 304)


def add_next(gateway: Gateway, asked: Any) -> Mapping[str, Any]:
    """Put an answer behind those that wait; it, as `list_next` shows it. ControlError where it can't be given."""
    answer = _read(gateway, members(asked, MEMBERS))
    if answer.delay:
        gateway.world.slow = True
    if not gateway.world.next_answers.add(answer):
        what = f"{MOST_WAITING} answers wait, as many as may."
        raise ControlError(what, where="body", fix="Give one of them `times`, or empty the list with DELETE.")
    return _listed(answer)


def list_next(gateway: Gateway) -> Mapping[str, Any]:
    """Those that wait, the first one first."""
    return {"waiting": [_listed(answer) for answer in list(gateway.world.next_answers.waiting)]}


def clear_next(gateway: Gateway) -> Mapping[str, Any]:
    """Forget all of them; how many there were."""
    count = gateway.world.next_answers.clear()
    gateway.world.note_delays()
    return {"forgotten": count}


def _read(gateway: Gateway, asked: Mapping[str, Any]) -> NextAnswer:
    if "operation" not in asked:
        raise ControlError("`operation` is missing.", where="operation", fix='Send {"operation": "POST /threads", …}.')
    provider, operation = find_operation(gateway, asked)
    if not asked.keys() - {"operation", "provider", "times"}:
        raise ControlError("Nothing is said of the answer.", where="body", fix="Send `status`, `body`, `delay_ms`, …")
    limits = {name: whole(asked[name], name) for name in _LIMITS if name in asked}
    if len(limits) > 1:
        raise ControlError(f"{' and '.join(limits)} can't both be.", where=[*limits][1], fix="Send one of them.")
    status = whole(asked["status"], "status", 200, 599) if "status" in asked else None
    headers = _headers(asked.get("headers", {}))
    body = None
    if "body" in asked:
        if status in _BODILESS:
            raise ControlError(f"An answer with {status} has no body.", where="body", fix="Leave it out.")
        text = isinstance(asked["body"], str)
        body = asked["body"].encode("utf-8", "replace") if text else dump_json(asked["body"])
        headers = {"content-type": "text/plain; charset=utf-8" if text else "application/json"} | headers
    return NextAnswer(
        provider=provider,
        operation=operation,
        times=whole(asked.get("times", 1), "times", 1, _MOST_TIMES),
        status=status,
        headers=headers,
        body=body,
        delay=number(asked.get("delay_ms", 0), "delay_ms", 0, _MOST_DELAY) / 1000,
        asked=asked,
        **limits,
    )


def _headers(asked: Any) -> dict[str, str]:
    if not isinstance(asked, Mapping):
        raise ControlError(f"{shown(asked)} is no object.", where="headers", fix='Send {"name": "value"}.')
    for name, value in asked.items():
        place = f"headers.{name[:60]}"
        if not _NAME.fullmatch(name):
            raise ControlError(f"{name[:60]!r} is no name of a header.", where="headers", fix="See RFC 9110, 5.1.")
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            fix = "Send a text in one line."
            raise ControlError(f"{shown(value)} is no value of a header.", where=place, fix=fix)
        if name.lower() in _FRAMING:
            raise ControlError(f"The server itself sets {name}.", where=place, fix="Leave it out.")
    return {name.lower(): value for name, value in asked.items()}


def _listed(answer: NextAnswer) -> Mapping[str, Any]:
    """An answer as it was asked for, with its number and for how many requests it is still good."""
    return {"number": answer.number, **answer.asked, "provider": answer.provider, "times": answer.times}
