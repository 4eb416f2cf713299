"""A document with every style of a parameter, and a server that takes exactly what the style writes (OpenAPI 3.1, 4.8.12.6)."""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote

WHOLES = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 99}, "minItems": 1, "maxItems": 3}
POINT = {
    "type": "object",
    "required": ["x"],
    "additionalProperties": False,
    "properties": {
        "x": {"type": "integer", "minimum": 0, "maximum": 99},
        "y": {"type": "integer", "minimum": 0, "maximum": 99},
    },
}
ONE = {"type": "integer", "minimum": 0, "maximum": 99}
TEXT = {"type": "string", "pattern": "^[a-z/:]{1,9}$"}

# Path, where the parameter is, its schema, and how it is written.
STYLES: dict[str, tuple[str, str, Any, dict[str, Any]]] = {
    "deep": ("/deep", "query", POINT, {"style": "deepObject", "explode": True}),
    "pipes": ("/pipes", "query", WHOLES, {"style": "pipeDelimited", "explode": False}),
    "blanks": ("/blanks", "query", WHOLES, {"style": "spaceDelimited", "explode": False}),
    "commas": ("/commas", "query", WHOLES, {"style": "form", "explode": False}),
    "repeated": ("/repeated", "query", WHOLES, {"style": "form", "explode": True}),
    "spread": ("/spread", "query", POINT, {"style": "form", "explode": True}),
    "reserved": ("/reserved", "query", TEXT, {"allowReserved": True}),
    "cookie": ("/cookie", "cookie", ONE, {}),
    "matrix": ("/matrix/{p}", "path", ONE, {"style": "matrix"}),
    "label": ("/label/{p}", "path", ONE, {"style": "label"}),
    "simple": ("/simple/{p}", "path", WHOLES, {"style": "simple"}),
    "header": ("/header", "header", WHOLES, {"style": "simple"}),
}


def document() -> dict[str, Any]:
    """An operation for each style."""
    paths = {}
    for name, (path, place, schema, words) in STYLES.items():
        parameter = {"name": "p", "in": place, "required": True, "schema": schema, **words}
        replies = {"200": {"description": "taken"}, "400": {"description": "refused"}}
        paths[path] = {"get": {"operationId": name, "parameters": [parameter], "responses": replies}}
    return {"openapi": "3.1.0", "info": {"title": "Styles", "version": "1"}, "paths": paths}


def _whole(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,2}", text) is not None and (text == "0" or not text.startswith("0"))


def _wholes(text: str, mark: str) -> bool:
    parts = text.split(mark)
    return len(parts) <= 3 and all(map(_whole, parts))


def _point(pairs: list[tuple[str, str]], form: str) -> bool:
    found = dict(pairs)
    known = {form.format(name) for name in "xy"}
    return (
        form.format("x") in found
        and set(found) <= known
        and len(found) == len(pairs)
        and all(map(_whole, found.values()))
    )


class StyleServer:
    """A WSGI application. taken: operation to how many requests it took."""

    def __init__(self) -> None:
        self.taken = dict.fromkeys(STYLES, 0)

    def judge(self, name: str, rest: str, environ: dict[str, Any]) -> bool:
        query = environ.get("QUERY_STRING", "")
        pairs = parse_qsl(query, keep_blank_values=True)
        ours = [text for known, text in pairs if known == "p"]
        cookies = dict(part.strip().partition("=")[::2] for part in environ.get("HTTP_COOKIE", "").split(";"))
        header = [part.strip() for part in environ.get("HTTP_P", "").split(",")]
        judges = {
            "deep": lambda: _point(pairs, "p[{}]"),
            "spread": lambda: _point(pairs, "{}"),
            "pipes": lambda: len(ours) == 1 and _wholes(ours[0], "|"),
            "blanks": lambda: len(ours) == 1 and _wholes(ours[0], " "),
            "commas": lambda: len(ours) == 1 and _wholes(ours[0], ","),
            "repeated": lambda: 1 <= len(ours) <= 3 and all(map(_whole, ours)),
            "reserved": lambda: len(ours) == 1 and re.fullmatch("[a-z/:]{1,9}", ours[0]) is not None,
            "cookie": lambda: _whole(unquote(cookies.get("p", ""))),
            "matrix": lambda: rest.startswith(";p=") and _whole(rest[3:]),
            "label": lambda: rest.startswith(".") and _whole(rest[1:]),
            "simple": lambda: _wholes(rest, ","),
            "header": lambda: len(header) <= 3 and all(map(_whole, header)),
        }
        return judges[name]()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        _, name, *rest = environ.get("PATH_INFO", "").split("/", 2)
        known = name in STYLES and bool(rest) is ("{p}" in STYLES[name][0])
        if not known:
            start_response("404 Not Found", [])
        elif environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            start_response("405 Method Not Allowed", [("allow", "GET, HEAD")])
        elif self.judge(name, "".join(rest), environ):
            self.taken[name] += 1
            start_response("200 OK", [])
        else:
            start_response("400 Bad Request", [])
        return []
