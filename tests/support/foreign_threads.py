"""Threads of somebody else on a server: made before a run, compared after it, by a client of our own words."""

import json
import urllib.request
from typing import Any

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    """The JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url + path, data, {"content-type": "application/json", **(headers or {})}, method=method
    )
    with OPENER.open(request, timeout=30) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def make_foreign(url: str, count: int = 50) -> dict[str, Any]:
    """So many threads of somebody else, by their id, as they are read."""
    made = [ask(url, "POST", "/threads", {"metadata": {"owner": "somebody else", "number": n}}) for n in range(count)]
    return {thread["thread_id"]: ask(url, "GET", f"/threads/{thread['thread_id']}") for thread in made}


def all_threads(url: str) -> dict[str, Any]:
    """Every thread that there is, by its id."""
    found: dict[str, Any] = {}
    while True:
        page = ask(
            url,
            "POST",
            "/threads/search",
            {"limit": 100, "offset": len(found), "sort_by": "thread_id", "sort_order": "asc"},
        )
        found |= {thread["thread_id"]: thread for thread in page}
        if len(page) < 100:
            return found
