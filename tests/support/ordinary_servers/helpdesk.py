"""The helpdesk: uuids, a bearer token, cursors, 422 with a list of errors, the oldest first."""

import base64
import datetime
import uuid
from typing import Any

from support.ordinary_servers.base import Asked, Member, Refused, Server, invalid, members, number, read_json

STATES = ("open", "pending", "closed")
TICKET = {"title": Member(str, 1, 120), "text": Member(str), "labels": Member(list)}
CHANGE = {**TICKET, "status": Member(str, values=STATES)}
STATUSES = {"unknown": 404, "taken": 409, "denied": 401}


class Helpdesk(Server):
    """Bugs: `loses` (a ticket is not stored), `wrong_queue`, `no_limit`, `stays` (after its delete), `stale` (a change
    is not stored), `closes_nothing`; `crash` (500 for a title that is too long), `teapot` (an undocumented status),
    `bare` (an answer lacks a member), `lax` (any title), `open` (no token needed), `picky` (a valid body is invalid).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.queues: dict[str, dict[str, Any]] = {}
        self.tickets: dict[str, dict[str, Any]] = {}
        self.route("POST", "/queues", self.make_queue)
        self.route("POST", "/queues/{queue_id}/tickets", self.make)
        self.route("GET", "/queues/{queue_id}/tickets", self.listing)
        self.route("GET", "/tickets/{ticket_id}", self.read)
        self.route("PATCH", "/tickets/{ticket_id}", self.change)
        self.route("DELETE", "/tickets/{ticket_id}", self.delete)
        self.route("POST", "/tickets/{ticket_id}/close", self.close)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        if refused.kind in STATUSES:
            return STATUSES[refused.kind], {"detail": refused.reason}
        where = ["body", refused.member] if refused.member else ["body"]
        return 422, {"detail": [{"loc": where, "msg": refused.reason, "type": "value_error"}]}

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        answer = super().answer(asked)
        if "open" in self.bugs and answer[0] == 401:
            self.credentials, kept = {}, self.credentials
            answer, self.credentials = super().answer(asked), kept
        return answer

    def of(self, things: dict[str, dict[str, Any]], text: str, name: str) -> dict[str, Any]:
        try:
            key = str(uuid.UUID(text))
        except ValueError:
            invalid("no uuid", name)
        if len(text) != 36:
            invalid("no uuid", name)
        if key not in things:
            raise Refused("unknown", "not there")
        return things[key]

    def make_queue(self, asked: Asked) -> tuple[Any, ...]:
        body = members(read_json(asked), {"name": Member(str, 1, 60)}, needed=("name",), closed=True)
        if any(queue["name"] == body["name"] for queue in self.queues.values()):
            raise Refused("taken", "the name is taken")
        queue = {"id": str(uuid.uuid4()), **body}
        self.queues[queue["id"]] = queue
        return 201, queue

    def make(self, asked: Asked) -> tuple[Any, ...]:
        queue = self.of(self.queues, asked.given["queue_id"], "queue_id")
        value = read_json(asked)
        if "crash" in self.bugs and isinstance(value, dict) and len(str(value.get("title", ""))) > 120:
            return 500, None
        known = {**TICKET, "title": Member(str)} if "lax" in self.bugs else TICKET
        body = members(value, known, needed=("title",), closed=True)
        if "picky" in self.bugs and body.get("labels"):
            invalid("no labels today", "labels")
        now = datetime.datetime.now(datetime.UTC).isoformat()
        ticket = {"id": str(uuid.uuid4()), "queue_id": queue["id"], "text": "", "labels": [], **body}
        ticket |= {"status": "open", "created_at": now, "closed_at": None}
        if "wrong_queue" in self.bugs:
            ticket["queue_id"] = str(uuid.UUID(int=7))
        if "loses" not in self.bugs:
            self.tickets[ticket["id"]] = ticket
        shown = {name: value for name, value in ticket.items() if "bare" not in self.bugs or name != "status"}
        return (207 if "teapot" in self.bugs else 201), shown

    def listing(self, asked: Asked) -> tuple[Any, ...]:
        queue, query = self.of(self.queues, asked.given["queue_id"], "queue_id"), dict(asked.query)
        limit = number(query.get("limit", "10"), 1, 50, "limit")
        if query.get("status", "open") not in STATES:
            invalid("no such state", "status")
        start = 0
        if "cursor" in query:
            try:
                start = int(base64.urlsafe_b64decode(query["cursor"].encode()).decode())
            except ValueError:
                invalid("nobody gave this cursor", "cursor")
        found = [ticket for ticket in self.tickets.values() if ticket["queue_id"] == queue["id"]]
        found = [ticket for ticket in found if query.get("status", ticket["status"]) == ticket["status"]]
        end = len(found) if "no_limit" in self.bugs else start + limit
        more = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(found) else None
        return 200, {"items": found[start:end], "next_cursor": more}

    def read(self, asked: Asked) -> tuple[Any, ...]:
        return 200, self.of(self.tickets, asked.given["ticket_id"], "ticket_id")

    def change(self, asked: Asked) -> tuple[Any, ...]:
        ticket = self.of(self.tickets, asked.given["ticket_id"], "ticket_id")
        body = members(read_json(asked), CHANGE, closed=True)
        if "stale" in self.bugs:
            return 200, {**ticket, **body}
        ticket.update(body)
        return 200, ticket

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        ticket = self.of(self.tickets, asked.given["ticket_id"], "ticket_id")
        if "stays" not in self.bugs:
            del self.tickets[ticket["id"]]
        return 204, None

    def close(self, asked: Asked) -> tuple[Any, ...]:
        ticket = self.of(self.tickets, asked.given["ticket_id"], "ticket_id")
        if ticket["status"] == "closed":
            raise Refused("taken", "it is closed")
        if "closes_nothing" not in self.bugs:
            ticket |= {"status": "closed", "closed_at": datetime.datetime.now(datetime.UTC).isoformat()}
        return 200, ticket
