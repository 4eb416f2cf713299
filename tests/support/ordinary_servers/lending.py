"""The lending desk: cards that the client names, PUT makes and replaces, preconditions, a total in a header, a verb."""

import datetime
import itertools
import re
from typing import Any

from support.ordinary_servers.base import Asked, Member, Refused, Server, invalid, members, number, read_json

PERSON = {
    "name": Member(str, 1, 80),
    "email": Member(str, pattern=r"[^@\s]+@[^@\s]+"),
    "kind": Member(str, values=("child", "adult", "staff")),
}
LOAN = {"title": Member(str, 1, 200), "days": Member(int, 1, 90)}
STATUSES = {"unknown": 404, "taken": 409, "stale": 412, "media": 415}
CARD = re.compile("[A-Z]{2}[0-9]{6}")
MOST = 2**53


class Lending(Server):
    """Bugs: `loses` (a loan is not stored), `stays`, `stale` (a PUT that replaces is not stored), `returns_nothing`,
    `lists_all` (loans of anybody), `no_limit`, `no_offset`, `short_total` (the header counts the page), `wrong_card`,
    `deaf` (`returned` filters nothing), `overwrites` (If-None-Match has no
    say); `crash` (500 for no days), `teapot`, `text_key`, `lax` (any number of days).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys = itertools.count(1)
        self.people: dict[str, dict[str, Any]] = {}
        self.loans: dict[int, dict[str, Any]] = {}
        self.route("GET", "/members", self.listing)
        self.route("GET", "/members/{card}", lambda asked: (200, self.member(asked)))
        self.route("PUT", "/members/{card}", self.put)
        self.route("DELETE", "/members/{card}", self.delete)
        self.route("GET", "/members/{card}/loans", self.loans_of)
        self.route("POST", "/members/{card}/loans", self.lend)
        self.route("GET", "/loans/{loan_id}", lambda asked: (200, self.loan(asked)))
        self.route("POST", "/loans/{loan_id}/return", self.take_back)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        return STATUSES.get(refused.kind, 400), {"message": refused.reason}

    def card(self, asked: Asked) -> str:
        if not CARD.fullmatch(asked.given["card"]):
            raise Refused("unknown", "no card has such a number")
        return asked.given["card"]

    def member(self, asked: Asked) -> dict[str, Any]:
        if (card := self.card(asked)) not in self.people:
            raise Refused("unknown", "unknown card")
        return self.people[card]

    def loan(self, asked: Asked) -> dict[str, Any]:
        text = asked.given["loan_id"]
        if not (text.isascii() and text.isdigit() and len(text) < 17) or int(text) not in self.loans:
            raise Refused("unknown", "no such loan")
        return self.loans[int(text)]

    def listing(self, asked: Asked) -> tuple[Any, ...]:
        query, found = dict(asked.query), list(self.people.values())
        limit = number(query.get("limit", "25"), 1, 50, "limit")
        offset = number(query.get("offset", "0"), 0, MOST, "offset")
        shown = found[0 if "no_offset" in self.bugs else offset :]
        shown = shown if "no_limit" in self.bugs else shown[:limit]
        total = len(shown) if "short_total" in self.bugs else len(found)
        return 200, shown, {"x-total-count": str(total)}

    def put(self, asked: Asked) -> tuple[Any, ...]:
        card = self.card(asked)
        body = members(read_json(asked), PERSON, needed=("name",))
        known = self.people.get(card)
        if known and asked.headers.get("if-none-match", "").strip() == "*" and "overwrites" not in self.bugs:
            raise Refused("stale", "the card is there already")
        joined = known["joined"] if known else datetime.datetime.now(datetime.UTC).date().isoformat()
        member = {"card": card, "email": None, "kind": "adult", **body, "joined": joined}
        if not (known and "stale" in self.bugs):
            self.people[card] = member
        return 200 if known else 202 if "teapot" in self.bugs else 201, member

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        card = self.member(asked)["card"]
        if any(loan["card"] == card and not loan["returned"] for loan in self.loans.values()):
            raise Refused("taken", "books are at home")
        if "stays" not in self.bugs:
            del self.people[card]
        self.loans = {key: loan for key, loan in self.loans.items() if loan["card"] != card}
        return 204, None

    def loans_of(self, asked: Asked) -> tuple[Any, ...]:
        card, query = self.member(asked)["card"], dict(asked.query)
        found = [loan for loan in self.loans.values() if "lists_all" in self.bugs or loan["card"] == card]
        if "returned" in query:
            if query["returned"] not in ("true", "false"):
                invalid("true or false is due", "returned")
            wanted = query["returned"] == "true"
            found = [loan for loan in found if "deaf" in self.bugs or loan["returned"] is wanted]
        return 200, found

    def lend(self, asked: Asked) -> tuple[Any, ...]:
        card, value = self.member(asked)["card"], read_json(asked)
        if "crash" in self.bugs and isinstance(value, dict) and value.get("days") == 0:
            raise ZeroDivisionError
        known = {**LOAN, "days": Member(int)} if "lax" in self.bugs else LOAN
        body = {"days": 28, **members(value, known, needed=("title",))}
        due = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=min(body["days"], 90))
        key = next(self.keys)
        loan = {"loan_id": key, "card": card, **body, "due": due.isoformat(), "returned": False, "returned_at": None}
        if "wrong_card" in self.bugs:
            loan["card"] = "XX000000"
        if "loses" not in self.bugs:
            self.loans[key] = loan
        return 201, {**loan, "loan_id": str(key) if "text_key" in self.bugs else key}

    def take_back(self, asked: Asked) -> tuple[Any, ...]:
        loan = self.loan(asked)
        if loan["returned"]:
            raise Refused("taken", "it is back already")
        if "returns_nothing" not in self.bugs:
            loan |= {"returned": True, "returned_at": datetime.datetime.now(datetime.UTC).isoformat()}
        return 200, loan
