"""Planted faults of manners: crashes, silence, slowness, and who is let in."""

import contextlib
import itertools
import json
from collections.abc import Callable

from support.planted.planting import (
    FASTAPI,
    SECURED,
    TEXTS,
    Named,
    Plant,
    crash,
    fail,
    on_answer,
    refused,
    setting,
    unreadable,
    wrap,
)
from support.reference_servers.servers import TOKEN, Answer, Api, Ask


def robustness(provider: str) -> Named:
    def holds(*marks: bytes) -> Callable[[Ask], bool]:
        return lambda ask: ask.method == "POST" and any(mark in ask.data for mark in marks)

    def posted(when: Callable[[Ask], bool]) -> Callable[[Ask], bool]:
        return lambda ask: ask.method == "POST" and when(ask)

    def rootless(ask: Ask) -> bool:
        with contextlib.suppress(ValueError, RecursionError):
            return not isinstance(json.loads(ask.data or b"{}"), dict)
        return False

    yield "fails on emoji", crash(holds("😀".encode(), "🎉".encode(), b"\\ud83d", b"\xf0\x9d", b"\xf0\x9f"))
    yield "fails on NUL", crash(holds(b"\\u0000"))
    yield "fails on 2,000 bytes", crash(posted(lambda ask: len(ask.data) > 2_000))
    yield "fails on 50,000 bytes", crash(posted(lambda ask: len(ask.data) > 50_000))
    yield "fails without a body", crash(posted(lambda ask: not ask.data))
    yield "fails on what is no JSON", unreadable(fail)
    yield "fails on what is no object", crash(posted(rootless))
    yield "fails on null", crash(posted(lambda ask: ask.data.strip() == b"null"))
    yield "fails on bad UTF-8", crash(posted(lambda ask: b"\xff" in ask.data))
    yield "fails on depth", crash(posted(lambda ask: b"[" * 50 in ask.data))
    yield "fails without a content type", crash(posted(lambda ask: "content-type" not in ask.headers))
    yield "fails on another content type", crash(posted(lambda ask: "xml" in ask.media or "plain" in ask.media))
    yield "fails on invalid", on_answer(lambda _: Answer(500, {"detail": "x"}), refused)
    yield (
        "fails on other paths",
        lambda s: wrap(
            s,
            "route",
            lambda old, ask: (
                old(ask) if ask.path == s.path or (provider == "scale" and ask.path.endswith("/threads")) else fail(b"")
            ),
        ),
    )
    yield "fails where XML is wanted", crash(posted(lambda ask: "xml" in ask.headers.get("accept", "")))
    yield "fails on long headers", crash(posted(lambda ask: any(len(v) > 4_000 for v in ask.headers.values())))
    yield "fails on accents", crash(posted(lambda ask: any(b > 0xC2 for b in ask.data)))
    for method in ("HEAD", "OPTIONS", "GET", "PUT", "DELETE", "PATCH"):
        yield f"fails on {method}", crash(lambda ask, m=method: ask.method == m)
    yield "fails on all other methods", setting(other_method=500)
    yield (
        "tells its stack",
        on_answer(
            lambda a: setattr(
                a,
                "raw",
                json.dumps(
                    {"detail": [{"loc": ["body"], "msg": "Traceback (most recent call last): ...", "type": "x"}]}
                    if provider in FASTAPI
                    else {"detail": "Traceback (most recent call last): File x"}
                ).encode(),
            ),
            refused,
        ),
    )
    yield "hangs up on invalid", on_answer(hang_up, refused)
    yield "hangs up on large", crash_by(posted(lambda ask: len(ask.data) > 5_000))
    yield "slow on large", slow(posted(lambda ask: len(ask.data) > 5_000))
    yield "slow on invalid", on_slow(refused)
    if provider in TEXTS:
        yield "fails on an empty text", crash(holds(b':""'))
        yield "fails on quotes", crash(posted(lambda ask: b"'" in ask.data))
        yield "fails on percent signs", crash(posted(lambda ask: b"%" in ask.data))


def hang_up(_: Answer) -> None:
    raise ConnectionResetError("gone")


def crash_by(when: Callable[[Ask], bool]) -> Plant:
    def plant(server: Api) -> None:
        wrap(server, "answer", lambda old, ask: hang_up(Answer(0)) if when(ask) else old(ask))

    return plant


def slow(when: Callable[[Ask], bool]) -> Plant:
    def plant(server: Api) -> None:
        wrap(server, "answer", lambda old, ask: (server.clock.pause(3.0) if when(ask) else None, old(ask))[1])

    return plant


def on_slow(when: Callable[[Answer], bool]) -> Plant:
    def plant(server: Api) -> None:
        on_answer(lambda a: server.clock.pause(5.0), when)(server)

    return plant


def authentication(provider: str) -> Named:
    if provider not in SECURED:
        yield (
            "asks for credentials",
            lambda s: setattr(s, "authenticate", lambda ask: None if "authorization" in ask.headers else s.deny()),
        )
        return

    def given(holds: Callable[[str], bool]) -> Plant:
        return lambda s: setattr(
            s, "authenticate", lambda ask: None if holds(ask.headers.get("authorization", "")) else s.deny()
        )

    yield "open to all", given(lambda _: True)
    yield "any value", given(bool)
    yield "any of some length", given(lambda v: len(v) > 10)
    yield "any token under Bearer", given(lambda v: v.startswith("Bearer "))
    yield "the first eight letters", given(lambda v: v.removeprefix("Bearer ").startswith(TOKEN[:8]))
    yield "wrong ones only are refused", given(lambda v: not v or v == f"Bearer {TOKEN}")
    yield "what is in the token", given(lambda v: bool(v) and v.removeprefix("Bearer ") in TOKEN)
    yield "what holds the token", given(lambda v: TOKEN in v + "x" and v.endswith(("x", TOKEN)))
    yield "in any case", given(lambda v: v.lower() == f"bearer {TOKEN}".lower())
    yield "the length", given(lambda v: len(v) == len(f"Bearer {TOKEN}"))
    yield "fails without", crash(lambda ask: "authorization" not in ask.headers)
    yield (
        "fails on another scheme",
        crash(
            lambda ask: ask.method == "POST" and not ask.headers.get("authorization", "Bearer ").startswith("Bearer ")
        ),
    )
    yield (
        "fails on a wrong one",
        crash(lambda ask: "authorization" in ask.headers and TOKEN not in ask.headers["authorization"]),
    )
    for status in (200, 201, 302, 500):
        yield f"denied is {status}", setting(denied=status)
    yield "refuses the good ones", given(lambda _: False)
    yield "one in five gets in", one_in_five
    if provider == "lighton":
        yield "another scheme", given(lambda v: v.endswith(TOKEN))
        yield "Basic, too", given(lambda v: v == f"Bearer {TOKEN}" or v.startswith("Basic "))
        yield "an empty token, too", given(lambda v: v == f"Bearer {TOKEN}" or v.strip() == "Bearer")


def one_in_five(server: Api) -> None:
    count = itertools.count(1)
    wrap(server, "authenticate", lambda old, ask: None if next(count) % 5 == 0 else old(ask))
