"""The to-do items: problems, long keys, a Location, a PUT that answers nothing."""

import itertools
from typing import Any

from support.ordinary_servers.base import Asked, Member, Refused, Server, members, number, read_json

ITEM = {"name": Member(str, null=True), "isComplete": Member(bool), "priority": Member(int, 0, 9)}
STATUSES = {"unknown": 404, "invalid": 400, "media": 415}
KINDS = ("application/json", "text/json")


class Todo(Server):
    """Bugs: `loses`, `stays`, `stale`, `unlisted`; `crash` (500 for a priority of 10), `teapot`, `nowhere` (a Location
    that is left out), `more` (a member that nobody documented), `lax` (any priority).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys, self.items = itertools.count(1), dict[int, dict[str, Any]]()
        self.route("GET", "/api/TodoItems", self.listing)
        self.route("POST", "/api/TodoItems", self.make)
        self.route("GET", "/api/TodoItems/{id}", lambda asked: (200, self.of(asked)))
        self.route("PUT", "/api/TodoItems/{id}", self.replace)
        self.route("DELETE", "/api/TodoItems/{id}", self.delete)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        status = STATUSES[refused.kind]
        kind = "application/problem+json; charset=utf-8"
        return status, {"title": refused.reason, "status": status, "errors": {}}, {"content-type": kind}

    def of(self, asked: Asked) -> dict[str, Any]:
        key = number(asked.given["id"], -(2**63), 2**63 - 1, "id")
        if key not in self.items:
            raise Refused("unknown", "Not Found")
        return self.items[key]

    def body(self, asked: Asked) -> dict[str, Any]:
        known = {**ITEM, "priority": Member(int)} if "lax" in self.bugs else ITEM
        return members(read_json(asked, KINDS), known, closed=True)

    def make(self, asked: Asked) -> tuple[Any, ...]:
        if "crash" in self.bugs and b'"priority":10' in asked.body.replace(b" ", b""):
            return 500, None
        item = {"name": None, "isComplete": False, "priority": 0, **self.body(asked), "id": next(self.keys)}
        if "loses" not in self.bugs:
            self.items[item["id"]] = item
        where = {} if "nowhere" in self.bugs else {"location": f"/api/TodoItems/{item['id']}"}
        shown = {**item, "secret": 1} if "more" in self.bugs else item
        return (202 if "teapot" in self.bugs else 201), shown, where

    def listing(self, _: Asked) -> tuple[Any, ...]:
        return 200, [] if "unlisted" in self.bugs else list(self.items.values())

    def replace(self, asked: Asked) -> tuple[Any, ...]:
        item = self.of(asked)
        body = {"name": None, "isComplete": False, "priority": 0, **self.body(asked)}
        if "stale" not in self.bugs:
            item.update(body)
        return 204, None

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        item = self.of(asked)
        if "stays" not in self.bugs:
            del self.items[item["id"]]
        return 204, None
