"""What makes saved requests work on another server: what its responses return is put where other names stood.

Only the standard library is used here, and nothing of ours: a generated test carries the text of this module.

A response is a mapping: status (None where none came), headers (lower-case names), body (bytes). A request: method,
path (decoded), query, headers, body (bytes). A place in a response is a text: `body:/thread_id`, `header:location`,
`event 0:/run_id`, `event 2.id`; with `?name` a parameter of a URL that stands there, with `#n` a step of its path.
"""

import base64
import gzip
import json
import re
import urllib.parse
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MOST_LEAVES = 5000
MOST_TEXT = 2000
MOST_LEVELS = 200
LONG = 16 * 1024
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
OPAQUE = re.compile(r"(?=[A-Za-z0-9_.=-]*\d)[A-Za-z0-9_.=-]{16,}")
NAMES = re.compile(r"(^|[_./-])(id|ids|key|uuid|cursor|token|next|before|after|offset)$|[a-z]I[dD]$", re.IGNORECASE)


def parsed(body: bytes) -> Any:
    """The JSON of a body; None where it holds none, or one so deep that what walks over it would fail."""
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return value
    return None


def events(answer: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The whole events of a stream, each with name, data and id; None where the response is no stream."""
    if "text/event-stream" not in (answer["headers"] or {}).get("content-type", ""):
        return None
    found = []
    text = re.sub(r"\r\n|\r", "\n", answer["body"].decode("utf-8", "replace"))
    for block in text.split("\n\n")[:-1]:
        fields: dict[str, Any] = {"event": "", "data": [], "id": None}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                fields["data"].append(value)
            elif name in ("event", "id"):
                fields[name] = value
        if fields["data"]:
            found.append({**fields, "data": "\n".join(fields["data"])})
    return found


def leaf_values(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Where each text and whole number of a response stands, to the value; the first MOST_LEAVES of them."""
    found: dict[str, Any] = {}
    for name, value in (answer["headers"] or {}).items():
        if name in ("location", "content-location", "link") or name.startswith("x-"):
            found[f"header:{name}"] = value
    stream = events(answer)
    for number, event in enumerate(stream or []):
        if event["id"]:
            found[f"event {number}.id"] = event["id"]
        _walk(parsed(event["data"].encode()), f"event {number}:", found)
    if stream is None:
        _walk(parsed(answer["body"]), "body:", found)
    for place, value in list(found.items()):
        if isinstance(value, str) and ("/" in value or "?" in value):
            address = value[value.find("<") + 1 :].partition(">")[0] if place == "header:link" else value
            path, _, query = address.partition("?")
            found.update((f"{place}?{name}", inner) for name, inner in urllib.parse.parse_qsl(query))
            found.update((f"{place}#{n}", urllib.parse.unquote(s)) for n, s in enumerate(path.split("/")) if s)
    return found


def _walk(value: Any, place: str, found: dict[str, Any]) -> None:
    if len(found) >= MOST_LEAVES or place.count("/") > 50:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            _walk(inner, f"{place}/{name.replace('~', '~0').replace('/', '~1')}", found)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _walk(inner, f"{place}/{number}", found)
    elif (isinstance(value, str) and 0 < len(value) <= MOST_TEXT) or type(value) is int:
        found[place] = value


def names_something(place: str, value: Any) -> bool:
    """Whether a value of a response may be the name of a thing, or say where a list goes on."""
    text = str(value)
    if NAMES.search(re.split(r"[/?]", place)[-1]) or place.endswith(".id"):
        return bool(text)
    return isinstance(value, str) and bool(UUID.fullmatch(text) or OPAQUE.fullmatch(text))


def put(request: Mapping[str, Any], part: str, old: Any, new: Any) -> dict[str, Any]:
    """The request with `new` where `old` stands in one of its parts: path, query, headers or body."""
    changed, was, now = dict(request), str(old), str(new)
    if part == "path":
        steps = request["path"].split("/")
        changed["path"] = "/".join(now if step == was else _within(step, was, now) for step in steps)
    elif part == "query":
        pieces = []
        for piece in request["query"].split("&"):
            name, equals, value = piece.partition("=")
            plain = urllib.parse.unquote_plus(value)
            swapped = now if plain == was else _within(plain, was, now)
            pieces.append(name + equals + urllib.parse.quote_plus(swapped) if swapped != plain else piece)
        changed["query"] = "&".join(pieces)
    elif part == "headers":
        changed["headers"] = {n: now if v == was else _within(v, was, now) for n, v in request["headers"].items()}
    else:
        changed["body"] = _in_body(request["body"], old, new)
    return changed


def _within(text: str, was: str, now: str) -> str:
    """Long names are looked for inside of texts, too, in either case; short ones stand alone."""
    if len(was) < 8:
        return text
    return text.replace(was, now).replace(was.upper(), now.upper())


def _in_body(body: bytes, old: Any, new: Any) -> bytes:
    value = parsed(body)
    whole = isinstance(old, int) or len(old) < 8
    if value is None or not whole:
        text = body.decode("utf-8", "surrogateescape")
        for was, now in ((str(old), str(new)), (json.dumps(str(old))[1:-1], json.dumps(str(new))[1:-1])):
            text = _within(text, was, now)
        return text.encode("utf-8", "surrogateescape")
    swapped = _swap(value, old, new)
    return body if swapped == value else json.dumps(swapped, separators=(",", ":")).encode()


def _swap(value: Any, old: Any, new: Any) -> Any:
    if isinstance(value, dict):
        return {name: _swap(inner, old, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [_swap(inner, old, new) for inner in value]
    return new if type(value) is type(old) and value == old else value


class Values:
    """The names of things in saved requests, and what they are on this server.

    saved: name to `was` and `from`: `new` for one that the client made up, or `N PLACE`: the response of step N returns
    it. new: makes one up.
    """

    def __init__(
        self, saved: Mapping[str, Mapping[str, Any]], *, new: Callable[[], str] = lambda: str(uuid.uuid4())
    ) -> None:
        self.saved = saved
        self.now: dict[str, Any] = {name: new() for name, value in saved.items() if value["from"] == "new"}

    def learn(self, number: int, answer: Mapping[str, Any]) -> None:
        """Take the values that the response of a step returns. What it does not return is missing from then on."""
        places = leaf_values(answer)
        for name, value in self.saved.items():
            step, _, place = value["from"].partition(" ")
            if step == str(number) and place in places:
                self.now[name] = places[place]

    def fill(self, request: Mapping[str, Any], puts: Sequence[Mapping[str, str]]) -> Mapping[str, Any]:
        """The request as it is for this server. LookupError where a value was not returned."""
        for each in puts:
            name = each["value"]
            if name not in self.now:
                step, _, place = self.saved[name]["from"].partition(" ")
                raise LookupError(f"the answer to request {int(step) + 1} lacks {place}")
            request = put(request, each["in"], self.saved[name]["was"], self.now[name])
        return request

    def names(self, which: str) -> dict[str, str]:
        """Value to name: `was` of what is saved, `now` of this server."""
        if which == "was":
            return {str(value["was"]): name for name, value in self.saved.items()}
        return {str(value): name for name, value in self.now.items()}


def unpack(saved: Mapping[str, str]) -> bytes:
    """The bytes that a file holds as `text`, as `base64`, or as `gzip` (in base64, too)."""
    if "text" in saved:
        return saved["text"].encode()
    if "gzip" in saved:
        return gzip.decompress(base64.b64decode(saved["gzip"]))
    return base64.b64decode(saved.get("base64", ""), validate=True)


def pack(data: bytes) -> dict[str, str]:
    """The bytes as a file holds them."""
    if len(data) > LONG:
        return {"gzip": base64.b64encode(gzip.compress(data, mtime=0)).decode()}
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
