"""Five create-thread endpoints, written by hand from the documentation pages as plain WSGI; nothing of ours is used."""

import re
import uuid
from typing import Any
from urllib.parse import parse_qs

from support.reference_servers.base import (
    DATE_TIME,
    FORMS,
    TOKEN,
    UUID,
    Answer,
    Api,
    Ask,
    Clock,
    Problem,
    Refused,
    array_of,
    has,
    integer,
    mapping,
    number,
    or_null,
    text,
)

__all__ = ["CREDENTIALS", "FORMS", "SERVERS", "TOKEN", "Answer", "Api", "Ask", "Clock", "Refused"]


class Scale(Api):
    def add_rules(self) -> None:
        super().add_rules()
        for name in ("title", "application_variant_id", "account_id"):
            self.need(name)
            self.rule("string", name, text)
        self.rule("object", "thread_metadata", mapping)

    def route(self, ask: Ask) -> dict[str, str]:
        found = re.fullmatch(r"/v4/applications/([^/]+)/threads", ask.path, re.DOTALL)
        if not found:
            raise Refused(Answer(404, {"detail": "Not Found"}))
        return {"application_variant_id": found[1]}

    def make(self, body: dict[str, Any], values: dict[str, str], ask: Ask) -> dict[str, Any]:
        now = self.now()
        thing = {
            "id": self.new_id(),
            "title": body["title"],
            "application_variant_id": values["application_variant_id"],
            "account_id": body["account_id"],
            "created_by_user_id": "user-1",
            "created_by_identity_type": "user",
            "created_at": now,
            "updated_at": now,
        }
        if "thread_metadata" in body:
            thing["thread_metadata"] = body["thread_metadata"]
        return thing


class Ishvana(Api):
    path = "/api/chat/threads"
    key = "thread_id"

    def add_rules(self) -> None:
        super().add_rules()
        self.need("title")
        self.rule("string", "title", text)
        self.rule("string", "project_id", text)
        self.rule("string or null", "initial_message", or_null(text))
        self.rule("array of strings or null", "tags", or_null(array_of(text)))
        self.rule("date-time", "created_at", lambda v: v is None or (text(v) and bool(DATE_TIME.fullmatch(v))))

    def parse(self, data: bytes) -> Any:
        body = super().parse(data)
        twins = {"projectId": "project_id", "initialMessage": "initial_message", "createdAt": "created_at"}
        if isinstance(body, dict):
            for camel, snake in twins.items():
                if camel in body and snake not in body:
                    body[snake] = body.pop(camel)
        return body

    def make(self, body: dict[str, Any], values: dict[str, str], ask: Ask) -> dict[str, Any]:
        return {
            "thread_id": f"thread_{uuid.uuid4().hex[:12]}",
            "title": body["title"],
            "project_id": body.get("project_id", "my-project"),
            "created_at": self.now(),
            "message_count": 0 if body.get("initial_message") is None else 1,
            "tags": body.get("tags") or [],
        }


class Seekr(Api):
    path = "/v1/threads"

    def add_rules(self) -> None:
        super().add_rules()
        self.rule("object or null", "meta_data", or_null(mapping))

    def authenticate(self, ask: Ask) -> None:
        if ask.headers.get("authorization", "") not in (TOKEN, f"Bearer {TOKEN}"):
            self.deny()

    def make(self, body: dict[str, Any], values: dict[str, str], ask: Ask) -> dict[str, Any]:
        return {
            "id": f"thread-{next(self.count):06d}-{uuid.uuid4().hex[:8]}",
            "object": "thread",
            "created_at": self.now(),
            "status": "available",
            "active_run_id": None,
            "meta_data": body.get("meta_data") or {},
        }


class LightOn(Api):
    path = "/api/v3/threads"
    success = 201
    invalid = 400
    unreadable = 400
    body_required = False
    media_types = ("application/json", *FORMS)
    default_agent = 1

    def add_rules(self) -> None:
        super().add_rules()
        self.rule("string", "name", text)
        self.rule("at most 255 characters", "name", lambda v: not text(v) or len(v) <= 255)
        for name in ("agent_id", "chat_setting_id", "chat_settings_id"):
            self.rule("integer", name, lambda v: integer(v) or (isinstance(v, float) and v.is_integer()))
        self.rule("boolean", "is_ephemeral", lambda v: isinstance(v, bool))

    def authenticate(self, ask: Ask) -> None:
        if ask.headers.get("authorization", "") != f"Bearer {TOKEN}":
            self.deny()

    def typed(self, found: dict[str, str]) -> dict[str, Any]:
        made: dict[str, Any] = dict(found)
        for name in ("agent_id", "chat_setting_id", "chat_settings_id"):
            if re.fullmatch(r"-?\d+", str(made.get(name, ""))):
                made[name] = int(made[name])
        if made.get("is_ephemeral", "").lower() in ("true", "false"):
            made["is_ephemeral"] = made["is_ephemeral"].lower() == "true"
        return made

    def refusal(self, problems: list[Problem], status: int | None = None) -> Answer:
        return Answer(status or self.invalid, {str(loc[-1]): [msg] for loc, _, msg in problems})

    def agent(self, body: dict[str, Any]) -> int:
        for name in ("agent_id", "chat_setting_id", "chat_settings_id"):
            if name in body:
                return int(body[name])
        return self.default_agent

    def make(self, body: dict[str, Any], values: dict[str, str], ask: Ask) -> dict[str, Any]:
        now = self.now()
        return {
            "id": self.new_id(),
            "object": "thread",
            "name": body.get("name", "New conversation"),
            "status": "active",
            "ml_model": None,
            "ml_model_name": None,
            "agent_id": self.agent(body),
            "agent_name": None,
            "creation_source": "api",
            "is_read": True,
            "created_at": now,
            "updated_at": now,
            "is_ephemeral": body.get("is_ephemeral", False),
            "is_archived": False,
            "tool_parameters": body.get("tool_parameters"),
        }


class LangSmith(Api):
    path = "/threads"
    key = "thread_id"

    def add_rules(self) -> None:
        super().add_rules()
        self.rule("string", "thread_id", text)
        self.rule("uuid", "thread_id", lambda v: not text(v) or bool(UUID.fullmatch(v)))
        self.rule("object", "metadata", mapping)
        self.rule("raise or do_nothing", "if_exists", lambda v: v in ("raise", "do_nothing") and text(v))
        self.rule("object", "ttl", mapping)
        self.rule("delete or keep_latest", "ttl.strategy", lambda v: text(v) and v in ("delete", "keep_latest"))
        self.rule("number", "ttl.ttl", number)
        self.rule("array of objects", "supersteps", array_of(mapping))
        self.rule("with updates", "supersteps.*", has("updates"))
        self.rule("array of objects", "supersteps.*.updates", array_of(mapping))
        update = "supersteps.*.updates.*"
        self.rule("with as_node", update, has("as_node"))
        self.rule("string", f"{update}.as_node", text)
        self.rule(
            "object, array of objects or null",
            f"{update}.values",
            or_null(lambda v: mapping(v) or array_of(mapping)(v)),
        )
        self.rule("object or null", f"{update}.command", or_null(mapping))
        self.rule("object, array or null", f"{update}.command.update", or_null(lambda v: isinstance(v, dict | list)))
        self.rule("text, Send, array of one of them, or null", f"{update}.command.goto", or_null(goes))

    def refusal(self, problems: list[Problem], status: int | None = None) -> Answer:
        loc, _, msg = problems[0]
        return Answer(status or self.invalid, {"detail": f"{'.'.join(map(str, loc))}: {msg}"})

    def canonical(self, key: str) -> str:
        return key.lower()

    def create(self, body: Any, values: dict[str, str], ask: Ask) -> Answer:
        with self.lock:
            key = body.get("thread_id")
            known = self.things.get(self.canonical(key)) if key is not None else None
            if known is not None:
                return self.taken(known, body, ask)
            thing = self.make(body, values, ask)
            self.things[self.canonical(thing["thread_id"])] = thing
        return Answer(self.success, self.show(thing, ask))

    def taken(self, known: dict[str, Any], body: dict[str, Any], ask: Ask) -> Answer:
        if body.get("if_exists", "raise") == "do_nothing":
            return Answer(200, self.show(known, ask))
        return Answer(409, {"detail": f"Thread with ID {known['thread_id']} already exists"})

    def make(self, body: dict[str, Any], values: dict[str, str], ask: Ask) -> dict[str, Any]:
        now = self.now()
        ttl = body.get("ttl")
        shown = {"strategy": ttl.get("strategy", "delete")} if ttl is not None else None
        if shown is not None and "ttl" in ttl:
            shown["ttl_minutes"] = ttl["ttl"]
        return {
            "thread_id": body.get("thread_id") or self.new_id(),
            "created_at": now,
            "updated_at": now,
            "metadata": body.get("metadata", {}),
            "status": "idle",
            "config": {},
            "values": {},
            "interrupts": {},
            "ttl": shown,
        }

    def show(self, thing: dict[str, Any], ask: Ask) -> dict[str, Any]:
        asked = "ttl" in ",".join(parse_qs(ask.query).get("include", [])).split(",")
        return {k: v for k, v in thing.items() if k != "ttl" or (asked and v is not None)}


def goes(value: Any) -> bool:
    return text(value) or array_of(text)(value) or sends(value) or array_of(sends)(value)


def sends(value: Any) -> bool:
    return mapping(value) and text(value.get("node")) and "input" in value


SERVERS: dict[str, type[Api]] = {
    "scale": Scale,
    "ishvana": Ishvana,
    "seekrflow": Seekr,
    "lighton": LightOn,
    "langsmith": LangSmith,
}
CREDENTIALS = {"seekrflow": {"authorization": f"Bearer {TOKEN}"}, "lighton": {"authorization": f"Bearer {TOKEN}"}}
