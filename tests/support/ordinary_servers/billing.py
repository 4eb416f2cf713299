"""The billing service: forms with brackets, a POST that changes, a delete that tells, keys as cursors."""

import itertools
import time
from typing import Any

from support.ordinary_servers.base import INNER, Asked, Refused, Server, invalid, number, read_form

LENGTHS = {"email": 512, "name": 256}
STATUSES = {"unknown": 404, "invalid": 400, "media": 400, "denied": 401}


class Billing(Server):
    """Bugs: `loses`, `no_limit`, `stays`, `stale`, `deaf` (metadata are not taken); `crash` (500 for a balance that is
    no number), `more_lies` (has_more is a text), `not_deleted` (a delete says deleted: false), `lax` (any balance).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys, self.customers = itertools.count(1), dict[str, dict[str, Any]]()
        self.route("GET", "/v1/customers", self.listing)
        self.route("POST", "/v1/customers", self.make)
        self.route("GET", "/v1/customers/{customer}", lambda asked: (200, self.of(asked)))
        self.route("POST", "/v1/customers/{customer}", self.change)
        self.route("DELETE", "/v1/customers/{customer}", self.delete)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        error = {"type": "invalid_request_error", "message": refused.reason, "param": refused.member}
        return STATUSES[refused.kind], {"error": error}

    def of(self, asked: Asked) -> dict[str, Any]:
        if asked.given["customer"] not in self.customers:
            raise Refused("unknown", "no such customer", "customer")
        return self.customers[asked.given["customer"]]

    def form(self, asked: Asked) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in read_form(asked):
            inner = INNER.fullmatch(name)
            if inner and "deaf" not in self.bugs:
                found.setdefault("metadata", {})[inner[1]] = text
            elif name == "balance":
                if "crash" in self.bugs and not text.lstrip("-").isdigit():
                    raise ZeroDivisionError
                found[name] = 0 if "lax" in self.bugs and not text.isdigit() else number(text, -(10**18), 10**18, name)
            elif name == "metadata":
                invalid("an object is due", name)
            elif name in LENGTHS:
                if len(text) > LENGTHS[name]:
                    invalid("too long", name)
                found[name] = text
        return found

    def make(self, asked: Asked) -> tuple[Any, ...]:
        body = self.form(asked)
        own = {"id": f"cus_{next(self.keys):014}", "object": "customer", "created": int(time.time()), "livemode": False}
        customer = {"email": None, "name": None, "balance": 0, "metadata": {}, **body, **own}
        if "loses" not in self.bugs:
            self.customers[own["id"]] = customer
        return 200, customer

    def listing(self, asked: Asked) -> tuple[Any, ...]:
        query, found = dict(asked.query), list(self.customers.values())[::-1]
        limit = number(query.get("limit", "10"), 1, 100, "limit")
        if len(query.get("email", "")) > 512 or len(query.get("starting_after", "")) > 5000:
            invalid("too long")
        if "email" in query:
            found = [each for each in found if each["email"] == query["email"]]
        if "starting_after" in query:
            keys = [each["id"] for each in found]
            if query["starting_after"] not in keys:
                raise Refused("invalid", "no such customer", "starting_after")
            found = found[keys.index(query["starting_after"]) + 1 :]
        shown = found if "no_limit" in self.bugs else found[:limit]
        more: Any = len(found) > len(shown)
        more = str(more) if "more_lies" in self.bugs else more
        return 200, {"object": "list", "data": shown, "has_more": more, "url": "/v1/customers"}

    def change(self, asked: Asked) -> tuple[Any, ...]:
        customer, body = self.of(asked), self.form(asked)
        body["metadata"] = {**customer["metadata"], **body.get("metadata", {})}
        if "stale" in self.bugs:
            return 200, {**customer, **body}
        customer.update(body)
        return 200, customer

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        customer = self.of(asked)
        if "stays" not in self.bugs:
            del self.customers[customer["id"]]
        return 200, {"id": customer["id"], "object": "customer", "deleted": "not_deleted" not in self.bugs}
