"""How a fault is planted in a reference server: each tool changes one step of it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from support.reference_servers.servers import SERVERS, Answer, Api, Ask, Refused

ALL = tuple(SERVERS)


FASTAPI = ("scale", "ishvana", "seekrflow")


DOCUMENTED_ERRORS = (*FASTAPI, "langsmith")


SECURED = ("seekrflow", "lighton")


Plant = Callable[[Any], None]


@dataclass(frozen=True)
class Fault:
    """One change. kind: status, schema, input, state, semantics, robustness, authentication, media."""

    name: str
    kind: str
    provider: str
    plant: Plant


def wrap(server: Api, method: str, around: Callable[..., Any]) -> None:
    """Replace a method by one that gets the old one first."""
    old = getattr(server, method)
    setattr(server, method, lambda *args: around(old, *args))


def setting(**values: Any) -> Plant:
    def plant(server: Api) -> None:
        for name, value in values.items():
            setattr(server, name, value)

    return plant


def on_answer(change: Callable[[Answer], Any], when: Callable[[Answer], bool] = lambda _: True) -> Plant:
    def plant(server: Api) -> None:
        def around(old: Any, ask: Ask, answer: Answer) -> Answer:
            answer = old(ask, answer)
            if ask.method == "POST" and when(answer):
                made = change(answer)
                answer = made if isinstance(made, Answer) else answer
            return answer

        wrap(server, "finish", around)

    return plant


def success(answer: Answer) -> bool:
    return answer.status < 300


def failure(status: int) -> Callable[[Answer], bool]:
    return lambda answer: answer.status == status


def refused(answer: Answer) -> bool:
    return answer.status in (400, 422)


def on_thing(change: Callable[[dict[str, Any], dict[str, Any], Ask], Any]) -> Plant:
    """Change what is made: (thing, body, ask) → thing or None."""

    def plant(server: Api) -> None:
        def around(old: Any, body: Any, values: Any, ask: Ask) -> Any:
            thing = old(body, values, ask)
            return change(thing, body, ask) or thing

        wrap(server, "make", around)

    return plant


def on_body(change: Callable[[Any], Any]) -> Plant:
    """Change the body before it is validated."""

    def plant(server: Api) -> None:
        wrap(server, "body", lambda old, ask: change(old(ask)))

    return plant


def after_rules(change: Callable[[Any], Any]) -> Plant:
    """Change the body after it was validated."""

    def plant(server: Api) -> None:
        wrap(server, "create", lambda old, body, values, ask: old(change(body), values, ask))

    return plant


def crash(when: Callable[[Ask], bool], status: int = 500) -> Plant:
    def plant(server: Api) -> None:
        def around(old: Any, ask: Ask) -> Answer:
            if when(ask):
                raise Refused(Answer(status, None, {"content-type": "text/plain"}, b"Internal Server Error"))
            return old(ask)

        wrap(server, "answer", around)

    return plant


def refuse(label: str, holds: Callable[[Any], bool]) -> Plant:
    """Refuse bodies that the document allows."""

    def plant(server: Api) -> None:
        server.rules[label] = lambda body: [] if holds(body) else [(["body"], "value_error", label)]

    return plant


def put(name: str, value: Any) -> Callable[[Answer], None]:
    def change(answer: Answer) -> None:
        if isinstance(answer.value, dict):
            answer.value = {**answer.value, name: value(answer.value.get(name)) if callable(value) else value}

    return change


def drop(name: str) -> Callable[[Answer], None]:
    return lambda answer: answer.value.pop(name, None)


REQUIRED = {
    "scale": ["id", "title", "application_variant_id", "account_id", "created_by_user_id", "created_by_identity_type", "created_at", "updated_at"],
    "ishvana": ["thread_id", "title", "project_id", "created_at", "message_count"],
    "seekrflow": ["id", "created_at"],
    "lighton": [
        "agent_id", "agent_name", "created_at", "creation_source", "id", "is_archived", "is_ephemeral", "is_read", "ml_model",
        "ml_model_name", "name", "status", "tool_parameters", "updated_at",
    ],
    "langsmith": ["thread_id", "created_at", "updated_at", "metadata", "status"],
}  # fmt: skip


NULLABLE = ("ml_model", "ml_model_name", "agent_name", "tool_parameters")


TIMES = {
    "scale": ["created_at", "updated_at"],
    "ishvana": ["created_at"],
    "seekrflow": ["created_at"],
    "lighton": ["created_at", "updated_at"],
    "langsmith": ["created_at", "updated_at"],
}


TEXTS = {"scale": ["title", "account_id"], "ishvana": ["title", "project_id"], "lighton": ["name"]}


OBJECTS = {"scale": "thread_metadata", "seekrflow": "meta_data", "lighton": "tool_parameters", "langsmith": "metadata"}


Named = Iterator[tuple[str, Plant]]


def existing(change: Callable[[Answer], Any]) -> Plant:
    """Change the answer of do_nothing."""

    def plant(server: Any) -> None:
        def around(old: Any, known: Any, body: Any, ask: Ask) -> Answer:
            answer = old(known, body, ask)
            if answer.status == 200:
                answer = change(answer) or answer
            return answer

        wrap(server, "taken", around)

    return plant


def taken_as(answer: Callable[[Any, dict[str, Any], dict[str, Any], Ask], Answer]) -> Plant:
    def plant(server: Any) -> None:
        server.taken = lambda known, body, ask: answer(server, known, body, ask)

    return plant


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(map(str.title, rest))


def depth(value: Any) -> int:
    if isinstance(value, dict | list):
        return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)
    return 0


def unreadable(parse: Callable[[bytes], Any]) -> Plant:
    def plant(server: Api) -> None:
        def around(old: Any, data: bytes) -> Any:
            try:
                return old(data)
            except Refused:
                with contextlib.suppress(ValueError, RecursionError):
                    return parse(data)
                raise

        wrap(server, "parse", around)

    return plant


def fail(_: bytes) -> Any:
    raise Refused(Answer(500, {"detail": "x"}))
