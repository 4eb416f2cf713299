"""What the ordinary servers share: routes, strict JSON, members and numbers judged by hand, over plain WSGI."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote

STATUS = {200: "OK", 201: "Created", 204: "No Content"}
DEEPEST = 40
INNER = re.compile(r"metadata\[([^\[\]]*)\]")
"""How forms name a member of `metadata`."""
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})\Z", re.ASCII)


@dataclass
class Asked:
    """A request. query: pairs, decoded. body: bytes. given: what the path holds, decoded."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    given: dict[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - reads as what it is
    """An answer that ends the request. kind: invalid, unknown, taken, stale, media or denied."""

    def __init__(self, kind: str, reason: str = "", member: str = "") -> None:
        super().__init__(reason or kind)
        self.kind, self.reason, self.member = kind, reason or kind, member


def invalid(reason: str, member: str = "") -> NoReturn:
    raise Refused("invalid", reason, member)


@dataclass(frozen=True)
class Member:
    """One member of a body: its type, bounds (of the number, the length or the items), values, pattern, and null."""

    kind: type
    least: float | None = None
    most: float | None = None
    values: tuple[Any, ...] = ()
    pattern: str = ""
    null: bool = False

    def judge(self, name: str, value: Any) -> Any:
        if value is None and self.null:
            return None
        whole = self.kind is int and isinstance(value, float) and value.is_integer()
        value = int(value) if whole else value
        if not isinstance(value, self.kind) or (self.kind is not bool and isinstance(value, bool)):
            invalid(f"a {self.kind.__name__} is due", name)
        size = value if isinstance(value, int) else len(value)
        if self.kind is not bool and not (
            (self.least is None or self.least <= size) and (self.most is None or size <= self.most)
        ):
            invalid("out of bounds", name)
        if self.values and value not in self.values:
            invalid("no such value", name)
        if self.pattern and not re.fullmatch(self.pattern, value):
            invalid("of another form", name)
        if self.kind is list and not all(isinstance(each, str) for each in value):
            invalid("texts are due", name)
        return value


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a member twice")
    return made


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def read_json(asked: Asked, kinds: Iterable[str] = ("application/json",)) -> Any:
    """The JSON of a body."""
    kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    charset = re.search(r"charset=\"?([\w-]+)", asked.headers.get("content-type", ""), re.IGNORECASE)
    if kind not in kinds or (charset and charset[1].lower() not in ("utf-8", "utf8")):
        raise Refused("media", "that media type is not read here")
    if asked.body.count(b"[") + asked.body.count(b"{") > DEEPEST * 50:
        invalid("too deep")
    try:
        value = json.loads(asked.body.decode(), object_pairs_hook=_no_twins, parse_constant=_no_constant)
        json.dumps(value, allow_nan=False).encode()
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refused("invalid", f"no JSON: {error}") from None
    return value


def read_form(asked: Asked) -> list[tuple[str, str]]:
    """The names and texts of a form."""
    kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if asked.body and kind != "application/x-www-form-urlencoded":
        raise Refused("media", "a form is due")
    try:
        return parse_qsl(asked.body.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        invalid("no form")


def members(
    value: Any, known: Mapping[str, Member], *, needed: Iterable[str] = (), closed: bool = False
) -> dict[str, Any]:
    """The known members of a body, judged."""
    if not isinstance(value, dict):
        invalid("an object is due")
    for name in needed:
        if name not in value:
            invalid("it is needed", name)
    for name in value:
        if closed and name not in known:
            invalid("nobody knows it", name)
    return {name: known[name].judge(name, each) for name, each in value.items() if name in known}


def number(text: str, least: int, most: int, name: str) -> int:
    """A whole number of a path or a query."""
    if not _WHOLE.match(text) or not least <= int(text) <= most:
        invalid("no whole number within its bounds", name)
    return int(text)


class Server:
    """A WSGI application. routes: method, template and handler; a handler gives status and value, or with headers."""

    bugs: frozenset[str]

    def __init__(self, *bugs: str) -> None:
        self.bugs = frozenset(bugs)
        self.credentials: dict[str, str] = {}
        self.routes: list[tuple[str, re.Pattern[str], Callable[[Asked], Any]]] = []

    def route(self, method: str, template: str, handler: Callable[[Asked], Any]) -> None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        self.routes.append((method, re.compile(pattern), handler))

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        """How this server words a refusal."""
        raise NotImplementedError

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked = _read(environ)
        answer = self.answer(asked)
        status, value, headers = (*answer, {})[:3] if len(answer) < 3 else answer
        told = {"content-type": "application/json", **headers} if value is not None else dict(headers)
        plain = isinstance(value, str) and "json" not in told["content-type"]
        data = b"" if value is None else value.encode() if plain else json.dumps(value).encode()
        start_response(f"{status} {STATUS.get(status, 'Status')}", list(told.items()))
        return [] if asked.method == "HEAD" or not data else [data]

    def admit(self, asked: Asked) -> None:
        """Refuse who has not the credentials."""
        if any(asked.headers.get(name) != text for name, text in self.credentials.items()):
            raise Refused("denied", "no good credentials")

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        method = "GET" if asked.method == "HEAD" else asked.method
        fitting = [
            (known, found, handler)
            for known, pattern, handler in self.routes
            if (found := pattern.fullmatch(asked.path))
        ]
        if not fitting:
            return self.refuse(Refused("unknown", "no such path"))
        for known, found, handler in fitting:
            if known == method:
                asked.given = {name: unquote(text) for name, text in found.groupdict().items()}
                try:
                    self.admit(asked)
                    return handler(asked)
                except Refused as refused:
                    return self.refuse(refused)
                except ZeroDivisionError:  # a planted bug
                    return 500, None
        return 405, None, {"allow": ", ".join(sorted({known for known, _, _ in fitting}))}


def _read(environ: dict[str, Any]) -> Asked:
    headers = {name[5:].replace("_", "-").lower(): text for name, text in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    # the path as it was sent: a slash within a name stays one
    raw = environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ.get("PATH_INFO", "")
    path = raw.partition("?")[0]
    query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Asked(environ["REQUEST_METHOD"], path, query, headers, environ["wsgi.input"].read(length))
