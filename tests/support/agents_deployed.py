"""Deployments whose agents are called otherwise than in the document: the mock, behind a door that knows their names only."""

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

import yaml
from threadmock.mockserver import create_mock
from threadmock.specs.loader import load

PROVIDER = "langsmith"


def assistant(number: int, name: str) -> dict[str, Any]:
    """What a deployment has from the beginning for one of its graphs."""
    said = {"assistant_id": f"00000000-0000-5000-8000-{number:012d}", "graph_id": name, "name": name}
    more = {"config": {}, "context": {}, "metadata": {"created_by": "system"}, "version": 1}
    return {
        "resource": "assistant",
        "key": {"field": "assistant_id"},
        "evidence": "observed",
        "set": {"created_at": "now", "updated_at": "now", **{n: {"value": v} for n, v in (said | more).items()}},
    }


class Deployed:
    """A deployment with agents of these names, which refuses every other with 404.

    lists: whether it has a route for assistants. asked: method, path and JSON of every request that came.
    """

    def __init__(self, folder: Any, *names: str, lists: bool = True) -> None:
        overlay = folder / "deployed.overlay.yaml"
        made = [assistant(number, name) for number, name in enumerate(names, 1)]
        actions = [
            {"target": "$['x-behaviour'].initial", "remove": True},
            {"target": "$['x-behaviour']", "update": {"initial": made}},
        ]
        text = {"overlay": "1.0.0", "info": {"title": "Deployed", "version": "1"}, "actions": actions}
        overlay.write_text(yaml.safe_dump(text))
        contract = load(PROVIDER, layer="observed", overlays=[overlay])
        self._wsgi = create_mock(contract, seed=1, auth="none").wsgi
        self._known = {*names, *(each["set"]["assistant_id"]["value"] for each in made)}
        self._lists = lists
        self.asked: list[tuple[str, str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        try:
            body = json.loads(data) if data else None
        except ValueError:
            body = None
        self.asked.append((method, path, body))
        named = [body[name] for name in ("assistant_id", "graph_id") if isinstance(body, dict) and name in body]
        if not self._lists and path.startswith("/assistants"):
            return refusal(start_response, "Not Found")
        starts = (path.startswith("/assistants") or "/runs" in path) and method == "POST"
        if starts and any(self._is_unknown(path, name) for name in named):
            return refusal(start_response, f"Graph not found. Expected one of: {sorted(self._known)}")
        environ["wsgi.input"] = io.BytesIO(data)
        return self._wsgi(environ, start_response)

    def _is_unknown(self, path: str, name: Any) -> bool:
        chosen = path == "/assistants" and len(str(name)) == 36  # the key that a new one shall have
        return isinstance(name, str) and name not in self._known and not chosen


def refusal(start_response: Callable[..., Any], text: str) -> list[bytes]:
    data = json.dumps({"detail": text}).encode()
    start_response("404 NOT FOUND", [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
    return [data]
