"""The payments: forms, idempotency keys, keys as cursors, captures, refunds below a charge, members nobody documented."""

import itertools
import time
from typing import Any

from support.ordinary_servers.base import INNER, Asked, Refused, Server, invalid, number, read_form

CURRENCIES = ("chf", "eur", "usd")
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
STATUSES = {"unknown": 404, "invalid": 400, "media": 400, "denied": 401, "taken": 400}
MOST = 2**53


class Payments(Server):
    """Bugs: `loses`, `stale`, `captures_nothing`, `no_limit`, `no_cursor` (every page is the first), `more_lies`
    (has_more is never true), `deaf` (metadata are not taken), `lists_all` (refunds of any charge), `any_currency` (the
    filter has no say), `wrong_charge`; `crash` (500 for an amount that is no number), `lax` (any amount), `text_amount`
    (an answer with a text), `open` (no token needed), `bare` (an answer lacks a member).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys = itertools.count(1)
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.answered: dict[str, dict[str, Any]] = {}
        self.route("GET", "/v1/charges", self.listing)
        self.route("POST", "/v1/charges", self.make)
        self.route("GET", "/v1/charges/{charge}", lambda asked: (200, self.of(asked)))
        self.route("POST", "/v1/charges/{charge}", self.change)
        self.route("POST", "/v1/charges/{charge}/capture", self.capture)
        self.route("GET", "/v1/charges/{charge}/refunds", self.refunds_of)
        self.route("POST", "/v1/charges/{charge}/refunds", self.refund)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        error = {"type": "invalid_request_error", "message": refused.reason, "doc_url": "https://docs.example.org"}
        return STATUSES[refused.kind], {"error": error | ({"param": refused.member} if refused.member else {})}

    def admit(self, asked: Asked) -> None:
        if "open" not in self.bugs:
            super().admit(asked)

    def of(self, asked: Asked) -> dict[str, Any]:
        if asked.given["charge"] not in self.charges:
            raise Refused("unknown", "no such charge", "charge")
        return self.charges[asked.given["charge"]]

    def form(self, asked: Asked, least: int = 50, most: int = 99_999_999) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in read_form(asked):
            inner = INNER.fullmatch(name)
            if inner:
                found.setdefault("metadata", {}).update({} if "deaf" in self.bugs else {inner[1]: text})
            elif name == "metadata":
                invalid("an object is due", name)
            elif name == "amount":
                if "crash" in self.bugs and not text.isdigit():
                    raise ZeroDivisionError
                found[name] = number(text, -MOST if "lax" in self.bugs else least, most, name)
            elif name == "description":
                found[name] = text if len(text) <= 1000 else invalid("too long", name)
            elif name in ("currency", "reason"):
                known = CURRENCIES if name == "currency" else REASONS
                found[name] = text if text in known else invalid("no such value", name)
        return found

    def page(self, asked: Asked, found: list[dict[str, Any]]) -> tuple[Any, ...]:
        query = dict(asked.query)
        limit = number(query.get("limit", "10"), 1, 100, "limit")
        if "starting_after" in query and "no_cursor" not in self.bugs:
            keys = [each["id"] for each in found]
            if query["starting_after"] not in keys:
                invalid("no such object", "starting_after")
            found = found[keys.index(query["starting_after"]) + 1 :]
        shown = found if "no_limit" in self.bugs else found[:limit]
        more = len(found) > len(shown) and "more_lies" not in self.bugs
        return 200, {"object": "list", "url": asked.path, "data": shown, "has_more": more}

    def listing(self, asked: Asked) -> tuple[Any, ...]:
        query, found = dict(asked.query), list(self.charges.values())[::-1]
        if "currency" in query:
            if query["currency"] not in CURRENCIES:
                invalid("no such currency", "currency")
            same = query["currency"]
            found = [each for each in found if "any_currency" in self.bugs or each["currency"] == same]
        return self.page(asked, found)

    def make(self, asked: Asked) -> tuple[Any, ...]:
        key = asked.headers.get("idempotency-key", "")
        body = self.form(asked)
        for name in ("amount", "currency"):
            if name not in body:
                invalid("it is needed", name)
        if len(key) > 255:
            invalid("too long", "Idempotency-Key")
        if key and key in self.answered:
            return 200, self.answered[key]
        own = {"id": f"ch_{next(self.keys):014}", "object": "charge", "captured": False, "created": int(time.time())}
        charge = {"description": None, "metadata": {}, **body, "amount_refunded": 0, "livemode": False, **own}
        if "loses" not in self.bugs:
            self.charges[own["id"]] = charge
        if key:
            self.answered[key] = dict(charge)
        shown = {name: value for name, value in charge.items() if "bare" not in self.bugs or name != "captured"}
        return 200, shown | ({"amount": str(charge["amount"])} if "text_amount" in self.bugs else {})

    def change(self, asked: Asked) -> tuple[Any, ...]:
        charge, body = self.of(asked), self.form(asked)
        body = {name: value for name, value in body.items() if name in ("description", "metadata")}
        body["metadata"] = {**charge["metadata"], **body.get("metadata", {})}
        if "stale" in self.bugs:
            return 200, {**charge, **body}
        charge.update(body)
        return 200, charge

    def capture(self, asked: Asked) -> tuple[Any, ...]:
        charge = self.of(asked)
        if charge["captured"]:
            raise Refused("taken", "it has been captured already")
        if "captures_nothing" in self.bugs:
            return 200, {**charge, "captured": True}
        charge["captured"] = True
        return 200, charge

    def refunds_of(self, asked: Asked) -> tuple[Any, ...]:
        charge, found = self.of(asked), list(self.refunds.values())[::-1]
        return self.page(asked, [each for each in found if "lists_all" in self.bugs or each["charge"] == charge["id"]])

    def refund(self, asked: Asked) -> tuple[Any, ...]:
        charge, body = self.of(asked), self.form(asked, least=1, most=MOST)
        left = charge["amount"] - charge["amount_refunded"]
        amount = body.get("amount", left)
        if not 0 < amount <= left:
            raise Refused("taken", "more than is left", "amount")
        charge["amount_refunded"] += amount
        of = "ch_00000000000000" if "wrong_charge" in self.bugs else charge["id"]
        own = {"id": f"re_{next(self.keys):014}", "object": "refund", "charge": of, "created": int(time.time())}
        refund = {"reason": body.get("reason"), "amount": amount, **own}
        self.refunds[own["id"]] = refund
        return 200, refund
