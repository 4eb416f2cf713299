"""What the reference servers have in common: plain WSGI, each step an attribute or a method that a change can replace."""

import datetime
import itertools
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "good-token-0123456789"
UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
Problem = tuple[list[Any], str, str]


@dataclass
class Ask:
    """A request as the server sees it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    data: bytes

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


@dataclass
class Answer:
    """What goes out. raw: the bytes, where they are not simply the JSON of value."""

    status: int
    value: Any = None
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    raw: bytes | None = None


class Refused(Exception):  # noqa: N818 - reads as what it is
    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class Clock:
    """A clock that tests can move on."""

    def __init__(self) -> None:
        self.ahead = datetime.timedelta()

    def __call__(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC) + self.ahead

    def pause(self, seconds: float) -> None:
        self.ahead += datetime.timedelta(seconds=seconds)


class Api:
    """What the five have in common."""

    path = ""
    success = 200
    invalid = 422
    unreadable = 422
    body_required = True
    denied = 401
    media_types: tuple[str, ...] = ("application/json",)
    other_method = 405

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.things: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self.count = itertools.count(1)
        self.rules: dict[str, Callable[[Any], Iterable[Problem]]] = {}
        self.strict_json = True
        self.add_rules()

    # -- the outside ---------------------------------------------------------------------------------------------

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        ask = self.read(environ)
        try:
            answer = self.answer(ask)
        except Refused as refused:
            answer = refused.answer
        except RecursionError:
            answer = Answer(400, {"detail": "too deep"})
        answer = self.finish(ask, answer)
        data = self.render(answer)
        start_response(f"{answer.status} X", list(answer.headers.items()))
        return [data]

    def read(self, environ: dict[str, Any]) -> Ask:
        headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        data = environ["wsgi.input"].read(length)
        return Ask(environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], headers, data)

    def finish(self, ask: Ask, answer: Answer) -> Answer:
        return answer

    def render(self, answer: Answer) -> bytes:
        if answer.raw is not None:
            return answer.raw
        return json.dumps(answer.value, ensure_ascii=False).encode("utf-8", "surrogatepass")

    # -- the steps -----------------------------------------------------------------------------------------------

    def answer(self, ask: Ask) -> Answer:
        values = self.route(ask)
        if ask.method != "POST":
            return self.other(ask)
        self.authenticate(ask)
        body = self.body(ask)
        problems = [problem for rule in self.rules.values() for problem in rule(body)]
        if problems:
            raise Refused(self.refusal(problems))
        return self.create(body, values, ask)

    def other(self, ask: Ask) -> Answer:
        return Answer(
            self.other_method, {"detail": "Method Not Allowed"}, {"content-type": "application/json", "allow": "POST"}
        )

    def route(self, ask: Ask) -> dict[str, str]:
        if ask.path != self.path:
            raise Refused(Answer(404, {"detail": "Not Found"}))
        return {}

    def authenticate(self, ask: Ask) -> None:
        pass

    def deny(self) -> None:
        raise Refused(Answer(self.denied, {"detail": "Not authenticated"}))

    def body(self, ask: Ask) -> Any:
        if not ask.data and not self.body_required:
            return {}
        if ask.media in FORMS and ask.media in self.media_types:
            return self.form(ask)
        if not ask.data:
            raise Refused(self.refusal([(["body"], "missing", "Field required")], self.unreadable))
        if ask.media not in self.media_types:
            self.wrong_media(ask)
        return self.parse(ask.data)

    def wrong_media(self, ask: Ask) -> None:
        raise Refused(Answer(415, {"detail": "Unsupported media type"}))

    def parse(self, data: bytes) -> Any:
        def bad(text: str) -> Any:
            raise ValueError(text)

        def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            if len(dict(pairs)) != len(pairs):
                raise ValueError("duplicate key")
            return dict(pairs)

        def number(text: str) -> float:
            value = float(text)
            return bad(text) if value in (float("inf"), float("-inf")) else value

        try:
            if not self.strict_json:
                return json.loads(data.decode())
            return json.loads(data.decode(), parse_constant=bad, object_pairs_hook=unique, parse_float=number)
        except (ValueError, RecursionError):
            raise Refused(self.refusal([(["body", 0], "json_invalid", "JSON decode error")], self.unreadable)) from None

    def form(self, ask: Ask) -> Any:
        if ask.media == FORMS[0]:
            return self.typed(dict(parse_qsl(ask.data.decode(), keep_blank_values=True)))
        boundary = re.search(r'boundary="?([^";]+)', ask.headers["content-type"])
        parts = ask.data.split(b"--" + boundary[1].encode()) if boundary else []
        found = {}
        for part in parts[1:-1]:
            head, _, content = part.partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]*)"', head)
            found[name[1].decode() if name else ""] = content.removesuffix(b"\r\n").decode()
        return self.typed(found)

    def typed(self, found: dict[str, str]) -> dict[str, Any]:
        return found

    def refusal(self, problems: list[Problem], status: int | None = None) -> Answer:
        detail = [{"loc": loc, "msg": msg, "type": kind} for loc, kind, msg in problems]
        return Answer(status or self.invalid, {"detail": detail})

    def create(self, body: Any, values: dict[str, str], ask: Ask) -> Answer:
        with self.lock:
            thing = self.make(body, values, ask)
            self.things[thing[self.key]] = thing
        return Answer(self.success, self.show(thing, ask))

    key = "id"

    def make(self, body: dict[str, Any], values: dict[str, str], ask: Ask) -> dict[str, Any]:
        raise NotImplementedError

    def show(self, thing: dict[str, Any], ask: Ask) -> dict[str, Any]:
        return dict(thing)

    def now(self) -> str:
        return self.clock().isoformat(timespec="microseconds")

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def add_rules(self) -> None:
        self.rules["object"] = lambda body: [] if isinstance(body, dict) else [(["body"], "dict_type", "not an object")]

    def need(self, name: str) -> None:
        self.rules[f"{name} required"] = lambda body: (
            [(["body", name], "missing", "Field required")] if isinstance(body, dict) and name not in body else []
        )

    def rule(self, label: str, path: str, holds: Callable[[Any], bool]) -> None:
        """Every value at the path (`a.b`, `a.*.b`) holds. Values that are not there are nobody's business."""

        def check(body: Any) -> Iterable[Problem]:
            for loc, value in walk(body, path.split("."), ["body"]):
                if not holds(value):
                    yield loc, "type_error", f"{label} expected"

        self.rules[f"{path} {label}"] = check


def walk(value: Any, steps: list[str], loc: list[Any]) -> Iterable[tuple[list[Any], Any]]:
    if not steps:
        yield loc, value
    elif steps[0] == "*":
        for position, item in enumerate(value if isinstance(value, list) else []):
            yield from walk(item, steps[1:], [*loc, position])
    elif isinstance(value, dict) and steps[0] in value:
        yield from walk(value[steps[0]], steps[1:], [*loc, steps[0]])


def text(value: Any) -> bool:
    return isinstance(value, str)


def mapping(value: Any) -> bool:
    return isinstance(value, dict)


def integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def or_null(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or holds(value)


def array_of(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(holds, value))


def has(*names: str) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, dict) or all(name in value for name in names)
