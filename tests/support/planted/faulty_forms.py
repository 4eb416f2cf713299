"""Planted faults of form: statuses, schemas, media types."""

import datetime
import json
from collections.abc import Callable
from typing import Any

from support.planted.planting import (
    DOCUMENTED_ERRORS,
    FASTAPI,
    NULLABLE,
    REQUIRED,
    TIMES,
    Named,
    Plant,
    camel,
    crash,
    drop,
    existing,
    failure,
    on_answer,
    put,
    refused,
    setting,
    success,
    taken_as,
)
from support.reference_servers.servers import SERVERS, Answer


def statuses(provider: str) -> Named:
    usual = SERVERS[provider].success
    for status in {200, 201, 202} - {usual}:
        yield f"success is {status}", on_answer(lambda a, s=status: setattr(a, "status", s), success)
    yield "success is 204 without body", on_answer(lambda _: Answer(204, None, {}, b""), success)
    yield "success redirects", on_answer(lambda _: Answer(303, None, {"location": "/elsewhere"}, b""), success)
    yield "invalid is 200 with the error", on_answer(lambda a: setattr(a, "status", usual), refused)
    for status in (500, 302):
        yield f"invalid is {status}", on_answer(lambda a, s=status: setattr(a, "status", s), refused)
    if provider in DOCUMENTED_ERRORS:
        for status in (400, 401, 403, 404, 409, 415, 418):
            yield f"invalid is {status}", setting(invalid=status)
    if provider == "langsmith":
        for status in (200, 201, 400, 404, 422, 500, 403):
            yield f"taken is {status}", on_answer(lambda a, s=status: setattr(a, "status", s), failure(409))
        yield "existing comes with 201", existing(lambda a: setattr(a, "status", 201))
        yield "existing comes with 204", existing(lambda _: Answer(204, None, {}, b""))
        yield "existing is refused", taken_as(lambda s, known, body, ask: Answer(409, {"detail": "exists"}))
        yield "existing is 304", existing(lambda _: Answer(304, None, {}, b""))


def schemas(provider: str) -> Named:
    for name in REQUIRED[provider]:
        yield f"no {name}", on_answer(drop(name), success)
        if name not in NULLABLE:
            yield f"{name} is null", on_answer(put(name, None), success)
        if name != "tool_parameters":
            yield f"{name} is an array", on_answer(put(name, lambda v: [v]), success)
    for name in TIMES[provider]:
        for label, text in (
            ("naive", lambda v: v[:26]),
            ("with a blank", lambda v: v.replace("T", " ")),
            ("seconds since 1970", lambda v: int(datetime.datetime.fromisoformat(v).timestamp())),
            ("milliseconds as a text", lambda v: str(int(datetime.datetime.fromisoformat(v).timestamp() * 1000))),
            ("a date only", lambda v: v[:10]),
            ("an HTTP date", lambda v: datetime.datetime.fromisoformat(v).strftime("%a, %d %b %Y %H:%M:%S GMT")),
            ("an empty text", lambda _: ""),
        ):
            yield f"{name} is {label}", on_answer(put(name, text), success)
    yield "an envelope", on_answer(lambda a: setattr(a, "value", {"data": a.value}), success)
    yield "an array around it", on_answer(lambda a: setattr(a, "value", [a.value]), success)
    yield "camelCase", on_answer(lambda a: setattr(a, "value", {camel(k): v for k, v in a.value.items()}), success)
    yield "the id alone", on_answer(lambda a: setattr(a, "value", next(iter(a.value.values()))), success)
    yield from particular_schemas(provider)
    if provider in DOCUMENTED_ERRORS:
        shapes: list[Any] = [{"error": "invalid"}, {"detail": 1}, ["invalid"], "invalid", None]
        shapes += (
            [{"message": "invalid"}] if provider == "langsmith" else [{"detail": "invalid"}, {"detail": {"loc": []}}]
        )
        shapes += [{"detail": [{"loc": ["body"], "msg": "x", "type": "y"}]}] if provider == "langsmith" else []
        shapes += (
            [
                {"detail": [{"loc": "body", "msg": "x", "type": "y"}]},
                {"detail": [{"loc": ["body"], "type": "y"}]},
                {"detail": ["x"]},
            ]
            if provider in FASTAPI
            else []
        )
        for shape in shapes:
            yield f"errors look like {shape}", on_answer(lambda a, s=shape: setattr(a, "value", s), refused)
    if provider == "langsmith":
        for shape in ({}, {"error": "taken"}, {"detail": {"id": 1}}, {"message": "Conflict"}):
            yield f"taken looks like {shape}", on_answer(lambda a, s=shape: setattr(a, "value", s), failure(409))


def particular_schemas(provider: str) -> Named:
    changes: dict[str, list[tuple[str, Any]]] = {
        "scale": [("id", 17), ("created_by_identity_type", "robot"), ("archived_at", None), ("thread_metadata", None), ("thread_metadata", "{}"), ("created_by_identity_type", "USER")],
        "ishvana": [("message_count", "0"), ("message_count", 0.5), ("tags", "a,b"), ("tags", [1]), ("thread_id", 5), ("tags", None)],
        "seekrflow": [("id", 17), ("object", None), ("status", "open"), ("status", None), ("meta_data", None), ("meta_data", "{}"), ("active_run_id", 0), ("meta_data", [])],
        "lighton": [("id", "thread-1"), ("id", 1), ("agent_id", "1"), ("is_read", "false"), ("is_ephemeral", 0), ("name", 1), ("is_archived", None), ("agent_name", 1), ("status", True)],
        "langsmith": [("thread_id", "thread-1"), ("thread_id", 1), ("status", "new"), ("status", "IDLE"), ("metadata", []), ("values", []), ("values", None), ("config", "{}"), ("interrupts", []), ("interrupts", None), ("state_updated_at", None)],
    }  # fmt: skip
    for name, value in changes[provider]:
        yield f"{name} is {value!r}", on_answer(put(name, value), success)


def media(provider: str) -> Named:
    def typed(content_type: str, when: Callable[[Answer], bool] = success) -> Plant:
        return on_answer(lambda a: setattr(a, "headers", {**a.headers, "content-type": content_type}), when)

    def bytes_of(change: Callable[[bytes], bytes], when: Callable[[Answer], bool] = success) -> Plant:
        return on_answer(
            lambda a: setattr(a, "raw", change(json.dumps(a.value, ensure_ascii=False).encode("utf-8", "replace"))),
            when,
        )

    for content_type in (
        "text/plain",
        "text/html; charset=utf-8",
        "application/octet-stream",
        "application/vnd.api+json",
        "application/xml",
        "text/json",
        "application/json; charset=iso-8859-1",
    ):
        yield f"answers are {content_type}", typed(content_type)
    yield "answers have no type", on_answer(lambda a: setattr(a, "headers", {}), success)
    if provider in DOCUMENTED_ERRORS:
        for content_type in ("text/html", "text/plain", "application/problem+json"):
            yield f"errors are {content_type}", typed(content_type, refused)
        yield (
            "errors are pages",
            on_answer(lambda a: Answer(a.status, None, {"content-type": "text/html"}, b"<h1>Bad</h1>"), refused),
        )
        yield (
            "errors are empty",
            on_answer(lambda a: Answer(a.status, None, {"content-type": "application/json"}, b""), refused),
        )
        yield "errors are no JSON", bytes_of(lambda data: data.replace(b'"', b"'"), refused)
    if provider == "langsmith":
        yield (
            "taken is a page",
            on_answer(lambda a: Answer(409, None, {"content-type": "text/html"}, b"<h1>Taken</h1>"), failure(409)),
        )
        yield "taken is empty", on_answer(lambda a: Answer(409, None, {}, b""), failure(409))
    yield "a byte order mark", bytes_of(lambda data: b"\xef\xbb\xbf" + data)
    yield "UTF-16", bytes_of(lambda data: data.decode().encode("utf-16"))
    yield "a trailing comma", bytes_of(lambda data: data[:-1] + b",}")
    yield "single quotes", bytes_of(lambda data: data.replace(b'"', b"'"))
    yield "a key twice", bytes_of(lambda data: data[:-1] + b"," + data[1:])
    yield "NaN", bytes_of(lambda data: data[:-1] + b',"extra":NaN}')
    yield "cut short", bytes_of(lambda data: data[:-5])
    yield "a guard before it", bytes_of(lambda data: b")]}',\n" + data)
    yield "JSON in a text", bytes_of(lambda data: json.dumps(data.decode()).encode())
    yield "an empty body", bytes_of(lambda _: b"")
    yield "two documents", bytes_of(lambda data: data + data)
    yield "a callback", bytes_of(lambda data: b"callback(" + data + b");")
    yield "no charset allowed", crash(lambda ask: "charset" in ask.headers.get("content-type", ""), 415)
    yield "lower case only", crash(lambda ask: ask.headers.get("content-type", "").split(";")[0] != ask.media, 415)
    yield "no indented JSON", crash(lambda ask: ask.method == "POST" and b"\n    " in ask.data, 400)
    yield "no escapes", crash(lambda ask: ask.method == "POST" and b"\\u006" in ask.data, 400)
    yield (
        "all answers must be accepted",
        crash(lambda ask: "accept" in ask.headers and "*/*" not in ask.headers["accept"], 406),
    )
    yield "an unknown query", crash(lambda ask: "unlisted" in ask.query, 400)
