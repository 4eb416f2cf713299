"""Correct but different: changes of the reference servers on which the suite must stay silent."""

import datetime
import email.utils
import itertools
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from support.planted.faulty_states import ids
from support.planted.planting import (
    FASTAPI,
    SECURED,
    Plant,
    crash,
    failure,
    on_answer,
    on_body,
    on_thing,
    refused,
    setting,
    success,
    wrap,
)
from support.reference_servers.servers import SERVERS, TOKEN, Answer, Api, Ask, Refused

OPAQUE = ("scale", "ishvana", "seekrflow")
TIMES = ("created_at", "updated_at", "state_updated_at")


@dataclass(frozen=True)
class Variant:
    """One correct server."""

    name: str
    provider: str
    plant: Plant


Named = Iterator[tuple[str, Plant]]


def variants() -> Iterator[Variant]:
    for provider in SERVERS:
        for source in (as_it_is, answers, times, identifiers, methods, refusals, limits, credentials, particular):
            for name, plant in source(provider):
                yield Variant(f"{provider}: {name}", provider, plant)


def as_it_is(_: str) -> Named:
    yield "as it is", lambda server: None


def _headers(**values: str) -> Plant:
    return on_answer(
        lambda a: setattr(a, "headers", {**a.headers, **{k.replace("_", "-"): v for k, v in values.items()}})
    )


def _written(**how: Any) -> Plant:
    return on_answer(lambda a: setattr(a, "raw", json.dumps(a.value, **how).encode()), lambda a: a.raw is None)


def answers(_: str) -> Named:
    extra = {"extra": None, "links": {"self": "/x"}, "version": 3, "owner": ["a"]}
    yield "members that nobody documents", on_answer(lambda a: setattr(a, "value", {**a.value, **extra}), success)
    yield "members in another order", on_answer(lambda a: setattr(a, "value", dict(reversed(a.value.items()))), success)
    yield "indented", _written(indent=2)
    yield "escaped", _written(ensure_ascii=True)
    yield (
        "a final line end",
        on_answer(lambda a: setattr(a, "raw", json.dumps(a.value).encode() + b"\n"), lambda a: a.raw is None),
    )
    yield "a charset", _headers(content_type="application/json; charset=utf-8")
    yield "a charset in upper case", _headers(content_type="Application/JSON;charset=UTF-8")
    yield "more headers", _headers(location="/threads/1", set_cookie="a=b", cache_control="no-store", x_request_id="1")
    yield (
        "asked to wait at times",
        sometimes(Answer(429, {"detail": "slow down"}, {"content-type": "text/plain", "retry-after": "1"})),
    )
    yield "away at times", sometimes(Answer(503, {"detail": "away"}, {"content-type": "text/html", "retry-after": "1"}))


def sometimes(answer: Answer) -> Plant:
    def plant(server: Api) -> None:
        count = itertools.count(1)
        wrap(server, "answer", lambda old, ask: answer if next(count) % 23 == 0 else old(ask))

    return plant


def _at(write: Any) -> Plant:
    """The server writes its times otherwise."""
    return lambda server: setattr(server, "now", lambda: write(server.clock()))


def times(_: str) -> Named:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    yield "Z", _at(lambda t: t.replace(tzinfo=None).isoformat() + "Z")
    yield "another offset", _at(lambda t: t.astimezone(zone).isoformat())
    yield "whole seconds", _at(lambda t: t.isoformat(timespec="seconds"))
    yield "milliseconds", _at(lambda t: t.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    yield "nanoseconds", _at(lambda t: t.replace(tzinfo=None).isoformat(timespec="microseconds") + "123Z")
    yield "updated a little later", on_thing(later)
    yield "a clock that is three minutes ahead", _at(lambda t: (t + datetime.timedelta(minutes=3)).isoformat())
    yield "a clock that is three minutes behind", _at(lambda t: (t - datetime.timedelta(minutes=3)).isoformat())
    yield (
        "a Date header",
        lambda s: on_answer(lambda a: a.headers.update({"date": email.utils.format_datetime(s.clock(), usegmt=True)}))(
            s
        ),
    )


def later(thing: dict[str, Any], body: Any, ask: Ask) -> None:
    if "updated_at" in thing:
        moment = datetime.datetime.fromisoformat(thing["created_at"]) + datetime.timedelta(milliseconds=3)
        thing["updated_at"] = moment.isoformat()


def identifiers(provider: str) -> Named:
    yield (
        "uuids by time",
        ids(
            lambda s: (
                lambda: str(
                    uuid.UUID(
                        int=(int(s.clock().timestamp() * 1000) << 80) | (7 << 76) | (8 << 60) | uuid.uuid4().int >> 70
                    )
                )
            )
        ),
    )
    yield "uuids in upper case", ids(lambda _: lambda: str(uuid.uuid4()).upper())
    if provider in OPAQUE:
        yield "numbers as texts", ids(lambda _: map(str, itertools.count(1)).__next__)
        yield "prefixed", ids(lambda _: lambda: f"thr_{uuid.uuid4().hex}")
        yield "ULIDs", ids(lambda _: map("01J{:023d}".format, itertools.count(1)).__next__)
        yield "paths", ids(lambda _: lambda: f"a/b:{uuid.uuid4()}?c=d#e")


def methods(_: str) -> Named:
    for status in (404, 400, 401, 403, 501):
        yield f"other methods get {status}", setting(other_method=status)
    yield "GET lists", other_answers(GET=Answer(200, []), HEAD=Answer(200, None, raw=b""))
    yield "OPTIONS answers", other_answers(OPTIONS=Answer(204, None, {"allow": "POST, OPTIONS"}, b""))
    yield (
        "other methods are redirected",
        other_answers(GET=Answer(307, None, {"location": "/"}, b""), PUT=Answer(308, None, {"location": "/"}, b"")),
    )


def other_answers(**given: Answer) -> Plant:
    return lambda server: wrap(server, "other", lambda old, ask: given.get(ask.method) or old(ask))


def refusals(provider: str) -> Named:
    yield "unreadable is 400", setting(unreadable=400)
    yield "duplicate keys pass", setting(strict_json=False)
    yield (
        "a byte order mark passes",
        lambda s: wrap(s, "parse", lambda old, data: old(data.removeprefix(b"\xef\xbb\xbf"))),
    )
    yield "any content type passes", setting(wrong_media=lambda ask: None)
    for status in (400, 406, 422):
        yield f"another content type is {status}", wrong_media(status)
    yield "only the first problem", lambda s: wrap(s, "refusal", lambda old, problems, *more: old(problems[:1], *more))
    yield (
        "406 where no JSON is wanted",
        crash(
            lambda ask: (
                ask.headers.get("accept", "*/*") not in ("*/*", "")
                and "*/*" not in ask.headers["accept"]
                and "json" not in ask.headers["accept"]
            ),
            406,
        ),
    )
    if provider in FASTAPI:
        yield (
            "input and ctx",
            on_answer(
                lambda a: [
                    item.update(input={"a": 1}, ctx={"error": {}}, url="https://x") for item in a.value["detail"]
                ],
                failure(422),
            ),
        )
        yield (
            "other words",
            on_answer(
                lambda a: [item.update(msg="", type="x", loc=["body", 0, "y"]) for item in a.value["detail"]],
                failure(422),
            ),
        )
    if provider == "langsmith":
        yield "long reasons", on_answer(lambda a: setattr(a, "value", {"detail": "x\n" * 500, "code": 1}), refused)
    if provider == "lighton":
        for status in (422, 404, 409, 418):
            yield f"invalid is {status}", setting(invalid=status, unreadable=status)
        yield (
            "refused in plain text",
            on_answer(lambda a: Answer(a.status, None, {"content-type": "text/html"}, b"<h1>No</h1>"), refused),
        )
        yield "refused without a word", on_answer(lambda a: Answer(a.status, None, {}, b""), refused)


def wrong_media(status: int) -> Plant:
    def plant(server: Api) -> None:
        def refuse(ask: Ask) -> None:
            raise Refused(server.refusal([(["header", "content-type"], "media", "other type")], status))

        server.wrong_media = refuse  # type: ignore[method-assign]

    return plant


def limits(provider: str) -> Named:
    yield "at most 70,000 bytes", crash(lambda ask: len(ask.data) > 70_000, 413)
    yield (
        "no NUL",
        lambda s: s.rules.update(nul=lambda b: [(["body"], "nul", "no NUL")] if "\\u0000" in json.dumps(b) else []),
    )
    yield "no large numbers", unreadable_numbers
    yield (
        "not deeper than 40",
        lambda s: s.rules.update(deep=lambda b: [(["body"], "deep", "too deep")] if _depth(b) > 40 else []),
    )
    yield "NUL becomes U+FFFD", on_body(lambda b: _map_texts(b, lambda t: t.replace("\0", "\ufffd")))
    yield "NUL is dropped", on_body(lambda b: _map_texts(b, lambda t: t.replace("\0", "")))
    yield "large numbers become fractions", on_body(_map_numbers)


def unreadable_numbers(server: Api) -> None:
    def too_large(value: Any) -> bool:
        if isinstance(value, dict | list):
            return any(map(too_large, value.values() if isinstance(value, dict) else value))
        return isinstance(value, int) and abs(value) >= 2**63

    server.rules["large"] = lambda b: [(["body"], "large", "too large")] if too_large(b) else []


def _depth(value: Any) -> int:
    if isinstance(value, dict | list):
        return 1 + max(map(_depth, value.values() if isinstance(value, dict) else value), default=0)
    return 0


def _map_texts(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {change(k): _map_texts(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [_map_texts(v, change) for v in value]
    return change(value) if isinstance(value, str) else value


def _map_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: v if k == "agent_id" else _map_numbers(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_map_numbers(v) for v in value]
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and 2**53 < abs(value) < 10**300 else value


def credentials(provider: str) -> Named:
    if provider not in SECURED:
        return
    yield "denied is 403", setting(denied=403)
    yield (
        "denied in plain text",
        on_answer(
            lambda a: Answer(401, None, {"content-type": "text/plain", "www-authenticate": "Bearer"}, b"no"),
            failure(401),
        ),
    )
    yield (
        "the scheme in any case",
        lambda s: setattr(s, "authenticate", lambda ask: None if any_scheme(ask, provider) else s.deny()),
    )


def any_scheme(ask: Ask, provider: str) -> bool:
    scheme, _, token = ask.headers.get("authorization", "").rpartition(" ")
    return token == TOKEN and (scheme.lower() == "bearer" or (provider == "seekrflow" and not scheme))


def _without(*names: str) -> Plant:
    return on_answer(lambda a: [a.value.pop(name, None) for name in names], success)


def _unless_sent(**values: Any) -> Plant:
    return on_thing(lambda t, b, _: {**t, **{k: v for k, v in values.items() if k not in b}})


def particular(provider: str) -> Named:
    if provider == "scale":
        yield "metadata is {} where absent", _unless_sent(thread_metadata={})
        yield "no empty metadata", on_thing(lambda t, b, _: {k: v for k, v in t.items() if k != "thread_metadata" or v})
        yield (
            "a service account",
            on_thing(lambda t, b, _: t.update(created_by_user_id="svc", created_by_identity_type="service_account")),
        )
        yield (
            "the body's variant counts",
            on_thing(lambda t, b, _: t.update(application_variant_id=b["application_variant_id"])),
        )
        for status in (400, 404, 422):
            yield f"another variant in the body is {status}", variant_differs(status)
    elif provider == "ishvana":
        yield "no tags", on_thing(lambda t, b, _: {k: v for k, v in t.items() if k != "tags" or v})
        yield "the client's time", on_thing(lambda t, b, _: t.update(created_at=b.get("created_at") or t["created_at"]))
        yield (
            "no message of nothing",
            on_thing(lambda t, b, _: t.update(message_count=1 if b.get("initial_message") else 0)),
        )
        null = {"settings": None, "permissions": None, "custom_metadata": None, "metadata": None}
        yield "optional objects are null", on_thing(lambda t, b, _: t.update(null))
        full = {
            "settings": {"temperature": 0.5, "use_rag": True},
            "permissions": {"is_public": False},
            "custom_metadata": {"tags": []},
        }
        yield "optional objects are there", on_thing(lambda t, b, _: t.update(full))
    elif provider == "seekrflow":
        yield "the least", _without("object", "status", "active_run_id")
        yield "no empty metadata", on_thing(lambda t, b, _: {k: v for k, v in t.items() if k != "meta_data" or v})
        yield "a slash at the end", setting(route=lambda ask: {})
    elif provider == "lighton":
        for name in ("", "Thread 1", "Nouvelle conversation"):
            yield f"the name is {name!r} where absent", _unless_sent(name=name)
        yield "another name for none", on_thing(lambda t, b, _: t.update(name=t["name"] or "New conversation"))
        yield "agent 42", setting(default_agent=42)
        yield (
            "an agent with a name",
            on_thing(lambda t, b, _: t.update(agent_name="Default", ml_model="alfred-4", ml_model_name="Alfred")),
        )
        yield (
            "unread, of another status",
            on_thing(lambda t, b, _: t.update(is_read=False, status="completed", creation_source="web")),
        )
        yield "parameters are {} where absent", _unless_sent(tool_parameters={})
        yield "no object", _without("object")
        for status in (400, 404, 422):
            yield f"an unknown agent is {status}", known_agents(status)
        yield "whole numbers are written so", lambda s: s.rule("whole", "agent_id", lambda v: not isinstance(v, float))
    elif provider == "langsmith":
        yield "the least", _without("config", "values", "interrupts")
        yield "the time of the state", on_thing(lambda t, b, _: t.update(state_updated_at=t["updated_at"]))
        yield "keys in lower case", on_thing(lambda t, b, _: t.update(thread_id=t["thread_id"].lower()))
        yield "keys as they are", setting(canonical=lambda key: key)
        yield "ttl is never shown", on_thing(lambda t, b, _: t.update(ttl=None))
        yield "ttl expires", expires
        yield (
            "values of supersteps",
            on_thing(lambda t, b, _: t.update(values={"messages": []}) if b.get("supersteps") else None),
        )


def expires(server: Api) -> None:
    def change(thing: dict[str, Any], body: Any, ask: Ask) -> None:
        minutes = thing["ttl"].get("ttl_minutes") if thing["ttl"] else None
        if minutes is not None and abs(minutes) < 10**6:
            thing["ttl"]["expires_at"] = (server.clock() + datetime.timedelta(minutes=minutes)).isoformat()

    on_thing(change)(server)


def variant_differs(status: int) -> Plant:
    def plant(server: Api) -> None:
        def around(old: Any, body: Any, values: Any, ask: Ask) -> Any:
            if body["application_variant_id"] != values["application_variant_id"]:
                raise Refused(
                    server.refusal([(["body", "application_variant_id"], "differs", "differs from the path")], status)
                )
            return old(body, values, ask)

        wrap(server, "create", around)

    return plant


def known_agents(status: int) -> Plant:
    def plant(server: Api) -> None:
        names = ("agent_id", "chat_setting_id", "chat_settings_id")

        def around(old: Any, body: Any, values: Any, ask: Ask) -> Any:
            if any(name in body and body[name] not in (1, 3) for name in names):
                raise Refused(Answer(status, {"agent_id": ["unknown agent"]}))
            return old(body, values, ask)

        wrap(server, "create", around)

    return plant


table: dict[str, Variant] = {variant.name: variant for variant in variants()}
