"""threadmock's own errors, as RFC 9457 problem details, so that they are not mistaken for the provider's."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from threadmock.specs.contract import LeftOut
from threadmock.specs.wire.messages import Response
from threadmock.specs.wire.strictjson import dump_json

MEDIA_TYPE = "application/problem+json"
_BASE = "urn:threadmock:problem:"


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    kind: str = "",
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> Response:
    """A problem document. kind: the last part of its type URI; made from the title where it is left out."""
    name = kind or "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
    body = {"type": _BASE + name, "title": title, "status": status, "detail": detail, "source": "threadmock", **members}
    return Response(status, {"content-type": MEDIA_TYPE, **(headers or {})}, dump_json(_encodable(body)))


def _encodable(body: Mapping[str, object]) -> Mapping[str, object]:
    """Lone surrogates in texts escaped: they may come from a raw path."""
    return {
        name: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for name, value in body.items()
    }


def nearest_route(path: str, routes: Sequence[str]) -> str:
    """The route that looks most like a path; "" where there is none."""
    close = difflib.get_close_matches(path[:200], routes, n=1, cutoff=0.0)
    return close[0] if close else ""


def no_route(method: str, path: str, nearest: str) -> Response:
    """404 for a path that no document has, with the nearest that one has."""
    hint = f" The nearest route is {nearest}." if nearest else ""
    detail = f"{method[:20]} {path[:200]} is no route of this mock.{hint}"
    return problem(404, "Unknown route", detail, kind="unknown-route", nearest=nearest or None)


def left_out(flawed: LeftOut) -> Response:
    """501 for an operation that the document has, and that a flaw in it leaves out."""
    detail = f"{flawed} is in the document, and is left out of this mock: {flawed.why}"
    return problem(501, "Left out for a flaw of the document", detail, kind="left-out")


def no_method(method: str, path: str, allowed: Iterable[str]) -> Response:
    """405 for a path that lacks the method, with `Allow`."""
    listed = ", ".join(allowed)
    detail = f"{path[:200]} has no {method[:20]}; it has {listed}."
    return problem(405, "Method not documented", detail, kind="unknown-method", headers={"allow": listed})
