"""A document of notes and a server of it in the manner of common frameworks, with habits and bugs that can be switched on."""

import contextlib
import datetime
import itertools
import uuid
from typing import Any

from flask import Flask, jsonify, request
from threadmock.specs.schemas.formats import read_date_time

MOMENT = {"type": "string", "format": "date-time"}
NOTE = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "title": {"type": "string"},
        "due_at": {"anyOf": [MOMENT, {"type": "null"}]},
        "remind_at": {"type": "string", "description": "When to remind, an ISO 8601 timestamp."},
        "detail": {"type": "object", "properties": {"seen_at": MOMENT, "text": {"type": "string"}}},
        "labels": {"type": "object"},
        "project_id": {"type": "string"},
        "created_at": {**MOMENT, "readOnly": True},
    },
}
INPUT = {
    "type": "object",
    "properties": {n: node for n, node in NOTE["properties"].items() if n not in ("id", "created_at")},
}
KEY = [{"name": "note_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}]
QUERY = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}},
    {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0}},
    {"name": "pinned", "in": "query", "schema": {"type": "boolean"}},
]
ERRORS = {"404": {"description": "unknown"}, "422": {"description": "invalid"}}


def _json(schema: Any) -> dict[str, Any]:
    return {"description": "good", "content": {"application/json": {"schema": schema}}}


def document(**changes: Any) -> dict[str, Any]:
    """The document; changes: of the operation `POST /notes`."""
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Input"}}}}
    new = {
        "content": {
            "application/json": {"schema": {"allOf": [{"$ref": "#/components/schemas/Input"}], "required": ["title"]}}
        }
    }
    note = _json({"$ref": "#/components/schemas/Note"})
    create = {"operationId": "create", "requestBody": {**new, "required": True}, "responses": {"201": note, **ERRORS}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Notes", "version": "1"},
        "paths": {
            "/notes": {
                "post": {**create, **changes},
                "get": {
                    "operationId": "list",
                    "parameters": QUERY,
                    "responses": {"200": _json({"type": "array", "items": {"$ref": "#/components/schemas/Note"}}), **ERRORS},
                },
            },
            "/notes/{note_id}": {
                "get": {"operationId": "read", "parameters": KEY, "responses": {"200": note, **ERRORS}},
                "patch": {"operationId": "change", "parameters": KEY, "requestBody": body, "responses": {"200": note, **ERRORS}},
                "delete": {"operationId": "delete", "parameters": KEY, "responses": {"204": {"description": "gone"}, **ERRORS}},
            },
        },
        "components": {"schemas": {"Note": NOTE, "Input": INPUT}},
    }  # fmt: skip


class Refused(Exception):  # noqa: N818 - reads as what it is
    """A request that is invalid."""


class Notes:
    """The server. habits, all of them allowed:

    `offset` (moments in UTC as +00:00), `micro` (with six digits of a second), `words` (a query's booleans and numbers as
    frameworks read them), `bare` (labels are never shown), `adds` (a member more in labels), `projects` (404 for a
    project that nobody made). Bugs: `shift` (moments an hour off), `loses` (labels are left out now and then), `lax_flag`,
    `lax_number` (any text is a boolean, a number).
    """

    def __init__(self, *habits: str) -> None:
        self.habits, self.notes, self.count = set(habits), dict[str, dict[str, Any]](), itertools.count(1)
        self.app = Flask("notes")
        self.app.add_url_rule("/notes", view_func=self.create, methods=["POST"])
        self.app.add_url_rule("/notes", view_func=self.listing, methods=["GET"])
        self.app.add_url_rule("/notes/<key>", view_func=self.read, methods=["GET"])
        self.app.add_url_rule("/notes/<key>", view_func=self.change, methods=["PATCH"])
        self.app.add_url_rule("/notes/<key>", view_func=self.delete, methods=["DELETE"])
        self.app.register_error_handler(Refused, lambda error: (jsonify({"detail": str(error)}), 422))
        self.app.register_error_handler(LookupError, lambda _: (jsonify({"detail": "unknown"}), 404))

    def moment(self, text: Any) -> str:
        try:
            moment = read_date_time(str(text)) + datetime.timedelta(hours="shift" in self.habits)
        except (ValueError, OverflowError) as error:
            raise Refused("no moment") from error
        written = moment.isoformat(timespec="microseconds" if "micro" in self.habits else "auto")
        return written if self.habits & {"offset", "shift"} else str(text)

    def body(self, required: tuple[str, ...] = ()) -> dict[str, Any]:
        try:
            sent = request.get_json(silent=True)
        except RecursionError:
            raise Refused("too deep") from None
        kinds = {"title": str, "detail": dict, "labels": dict, "project_id": str, "remind_at": str}
        if not isinstance(sent, dict) or any(name not in sent for name in required):
            raise Refused("no object with all that is required")
        if any(name in sent and not isinstance(sent[name], kind) for name, kind in kinds.items()):
            raise Refused("a member of another type")
        known = {name: value for name, value in sent.items() if name in INPUT["properties"]}
        if known.get("due_at") is not None:
            known["due_at"] = self.moment(known["due_at"])
        if "remind_at" in known:
            with contextlib.suppress(Refused):
                known["remind_at"] = self.moment(known["remind_at"])
        detail = known.get("detail", {})
        if "seen_at" in detail:
            detail["seen_at"] = self.moment(detail["seen_at"])
        if not isinstance(detail.get("text", ""), str):
            raise Refused("no text")
        if "projects" in self.habits and "project_id" in known:
            raise LookupError
        return known

    def shown(self, note: dict[str, Any]) -> dict[str, Any]:
        lost = "bare" in self.habits or ("loses" in self.habits and next(self.count) % 3 == 0)
        made = {name: value for name, value in note.items() if not (lost and name == "labels")}
        if "adds" in self.habits and "labels" in made:
            made["labels"] = {**made["labels"], "by": "the server"}
        return made

    def create(self) -> Any:
        key, now = str(uuid.uuid4()), datetime.datetime.now(datetime.UTC).isoformat()
        self.notes[key] = {"id": key, **self.body(("title",)), "created_at": now}
        return jsonify(self.shown(self.notes[key])), 201

    def number(self, name: str, least: int, most: int, default: int) -> int:
        text = request.args.get(name)
        if text is None:
            return default
        if self.habits & {"words", "lax_number"}:
            text = text.strip().replace("_", "").removeprefix("+").removesuffix(".0") or str(default)
        if not text.isascii() or not text.isdigit():
            if "lax_number" in self.habits:
                return default
            raise Refused("no number")
        if not least <= int(text) <= most:
            raise Refused("out of bounds")
        return int(text)

    def listing(self) -> Any:
        limit, offset = self.number("limit", 1, 50, 20), self.number("offset", 0, 2**62, 0)
        pinned = request.args.get("pinned", "true")
        words = ("0", "1", "", "yes", "no", "on", "off", "t", "f", "y", "n", "true", "false")
        spelled = "words" in self.habits and pinned.strip().lower() in words
        if pinned not in ("true", "false") and "lax_flag" not in self.habits and not spelled:
            raise Refused("no boolean")
        notes = list(self.notes.values())[::-1]
        return jsonify([self.shown(note) for note in notes[offset : offset + limit]])

    def one(self, key: str) -> dict[str, Any]:
        try:
            name = str(uuid.UUID(key))
        except ValueError:
            raise Refused("no key") from None
        return self.notes[name]

    def read(self, key: str) -> Any:
        return jsonify(self.shown(self.one(key)))

    def change(self, key: str) -> Any:
        note = self.one(key)
        note.update(self.body())
        return jsonify(self.shown(note))

    def delete(self, key: str) -> Any:
        self.notes.pop(self.one(key)["id"])
        return "", 204
