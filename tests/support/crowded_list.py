"""A small server of threads whose list holds other people's things too, with bugs that can be switched on."""

import datetime
import random
import uuid
from dataclasses import replace
from typing import Any

from flask import Flask, jsonify, request
from threadmock.contracts.engine.run import Run, prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.wsgi import WsgiTransport

BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class CrowdedList:
    """SeekrFlow's threads, made, read, listed and deleted.

    before: how many things of others are there. bugs: `order` (the oldest first), `chance` (in no order), `deaf` (the
    order that is asked for has no say), `kept` (what was deleted stays in the list), `bare` (no time is shown),
    `nothing` (the list is always empty), `others` (it shows none of what was made through the API).
    """

    def __init__(self, before: int = 0, bugs: tuple[str, ...] = (), seed: int = 1) -> None:
        self.bugs, self.choose = set(bugs), random.Random(seed)
        self.now = BEGIN
        self.threads: list[dict[str, Any]] = []
        self.deleted: set[str] = set()
        for _ in range(before):
            self.make({})
        self.foreign = {thread["id"] for thread in self.threads}
        self.now += datetime.timedelta(days=1)
        self.app = Flask("crowded")
        self.app.add_url_rule("/v1/threads", view_func=self.create, methods=["POST"])
        self.app.add_url_rule("/v1/threads", view_func=self.listing, methods=["GET"])
        self.app.add_url_rule("/v1/threads/<key>", view_func=self.read, methods=["GET"])
        self.app.add_url_rule("/v1/threads/<key>", view_func=self.delete, methods=["DELETE"])

    def make(self, meta: dict[str, Any]) -> dict[str, Any]:
        self.now += datetime.timedelta(milliseconds=20)
        thread = {
            "id": "thread_" + uuid.UUID(int=self.choose.getrandbits(128)).hex[:24],
            "object": "thread",
            "created_at": self.now.isoformat(),
            "status": "available",
            "active_run_id": None,
            "meta_data": meta,
        }
        self.threads.append(thread)
        return thread

    def create(self) -> Any:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("meta_data") or {}, dict):
            return jsonify({"detail": [{"loc": ["body"], "msg": "no object", "type": "value_error"}]}), 422
        return jsonify(self.make(body.get("meta_data") or {}))

    def listing(self) -> Any:
        limit, offset = request.args.get("limit", "20"), request.args.get("offset", "0")
        word = request.args.get("order", "desc")
        if not (limit.isdigit() and offset.isdigit() and word in ("asc", "desc")):
            return jsonify({"detail": [{"loc": ["query"], "msg": "no number", "type": "value_error"}]}), 422
        shown = [thread for thread in self.threads if "kept" in self.bugs or thread["id"] not in self.deleted]
        if "others" in self.bugs:
            shown = [thread for thread in shown if thread["id"] in self.foreign]
        if "chance" in self.bugs:
            shown = sorted(shown, key=lambda thread: thread["id"])
        elif (word == "desc" or "deaf" in self.bugs) and "order" not in self.bugs:
            shown = shown[::-1]
        page = [] if "nothing" in self.bugs else shown[int(offset) : int(offset) + int(limit)]
        if "bare" in self.bugs:
            page = [{name: value for name, value in thread.items() if name != "created_at"} for thread in page]
        return jsonify(page)

    def known(self, key: str) -> dict[str, Any] | None:
        return next((t for t in reversed(self.threads) if t["id"] == key and key not in self.deleted), None)

    def read(self, key: str) -> Any:
        thread = self.known(key)
        return (jsonify(thread), 200) if thread else (jsonify({"detail": "Thread not found"}), 404)

    def delete(self, key: str) -> Any:
        if self.known(key) is None:
            return jsonify({"detail": "Thread not found"}), 404
        self.deleted.add(key)
        return jsonify({"id": key, "object": "thread", "deleted": True})


def run_on(app: Any, source: str, **settings: Any) -> Run:
    """A run of the suite on a WSGI application in this process."""
    run = prepare(replace(Settings(source), **settings))
    given = run.target.given
    run.target.close()
    run.target = Target(WsgiTransport(app), "an application in this process", given=given)
    return run


def verdicts(run: Run, *scenarios: str) -> dict[str, tuple[str, str]]:
    """What scenarios came to over all operations: name to verdict, and to a finding or the reason of none."""
    found: dict[str, tuple[str, str]] = {}
    for slug, phase in run.items():
        if phase in scenarios:
            outcome = run.perform(slug, phase)
            assert not outcome.crash, outcome.crash
            tally = outcome.tallies[phase]
            reason = "; ".join([*(f.got for f, _ in outcome.findings if f.check == phase), *tally.not_applicable])
            found[phase] = (tally.verdict, reason)
    run.target.close()
    return found
