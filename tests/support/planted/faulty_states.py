"""Planted faults of state: keys, memory, what one request does to another."""

import hashlib
import itertools
import json
from collections.abc import Callable
from typing import Any

from support.planted.planting import OBJECTS, TEXTS, Named, Plant, drop, on_answer, on_thing, success, taken_as, wrap
from support.reference_servers.servers import Answer, Api, Ask, Refused


def ids(make: Callable[[Api], Callable[[], str]]) -> Plant:
    def plant(server: Api) -> None:
        fresh = make(server)

        def around(old: Any, body: Any, values: Any, ask: Ask) -> Any:
            thing = old(body, values, ask)
            if "thread_id" not in (body if isinstance(body, dict) else {}):
                thing[server.key] = fresh()
            return thing

        wrap(server, "make", around)

    return plant


def uuid_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def states(provider: str) -> Named:
    yield "one id for all", ids(lambda _: lambda: uuid_of(7))
    for size in (3, 10, 20):
        yield f"ids repeat after {size}", ids(lambda _, n=size: map(uuid_of, itertools.cycle(range(n))).__next__)
    yield "an id of the second", ids(lambda s: lambda: uuid_of(int(s.clock().timestamp())))
    yield (
        "an id of the body",
        on_thing(lambda t, b, _: {**t, **({} if "thread_id" in b else {next(iter(t)): _digest(b)})}),
    )
    yield "the same request is taken", same_refused
    yield "every fifth create fails", every(5, lambda _: Answer(500, {"detail": "x"}))
    yield "every seventh create is refused", every(7, lambda _: Answer(409, {"detail": "taken"}))
    yield "every third answer lacks the time", every(3, drop("created_at"))
    yield "only fifty creates", after(50, lambda _: Answer(507, {"detail": "full"}))
    yield "refused after twenty", after(20, lambda _: Answer(403, {"detail": "quota"}))
    for name in (OBJECTS.get(provider), *TEXTS.get(provider, []), {"ishvana": "tags"}.get(provider)):
        if name and name not in ("title", "account_id"):
            yield f"{name} stays for the next", sticky(name)
    if provider in OBJECTS:
        yield "one object for all", shared(OBJECTS[provider])
    if provider == "langsmith":
        yield from taken_faults()


def _digest(body: Any) -> str:
    return uuid_of(int(hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(), 16) % 10**12)


def same_refused(server: Api) -> None:
    seen: set[str] = set()

    def around(old: Any, body: Any, values: Any, ask: Ask) -> Answer:
        text = json.dumps(body, sort_keys=True)
        if text in seen:
            return Answer(409, {"detail": "seen before"})
        seen.add(text)
        return old(body, values, ask)

    wrap(server, "create", around)


def every(number: int, change: Callable[[Answer], Any]) -> Plant:
    def plant(server: Api) -> None:
        count = itertools.count(1)
        on_answer(lambda a: change(a) if next(count) % number == 0 else None, success)(server)

    return plant


def after(number: int, change: Callable[[Answer], Any]) -> Plant:
    def plant(server: Api) -> None:
        count = itertools.count(1)
        on_answer(lambda a: change(a) if next(count) > number else None, success)(server)

    return plant


def sticky(name: str) -> Plant:
    def plant(server: Api) -> None:
        last: dict[str, Any] = {}

        def around(old: Any, body: Any, values: Any, ask: Ask) -> Any:
            if name in body:
                last[name] = body[name]
            return old({**last, **body}, values, ask)

        wrap(server, "make", around)

    return plant


def shared(name: str) -> Plant:
    def plant(server: Api) -> None:
        common: dict[str, Any] = {}

        def change(thing: Any, body: Any, _: Ask) -> None:
            if isinstance(body.get(name), dict):
                common.update(body[name])
            if isinstance(thing.get(name, {}), dict):
                thing[name] = dict(common)

        on_thing(change)(server)

    return plant


def taken_faults() -> Named:
    yield "taken is not noticed", taken_as(lambda s, known, body, ask: Answer(200, s.show(s.make(body, {}, ask), ask)))
    yield (
        "do_nothing is the default",
        taken_as(
            lambda s, known, body, ask: (
                Answer(409, {"detail": "x"}) if body.get("if_exists") == "raise" else Answer(200, s.show(known, ask))
            )
        ),
    )
    yield "raise does nothing", taken_as(lambda s, known, body, ask: Answer(200, s.show(known, ask)))
    yield (
        "the policies are swapped",
        taken_as(
            lambda s, known, body, ask: (
                Answer(200, s.show(known, ask))
                if body.get("if_exists", "raise") == "raise"
                else Answer(409, {"detail": "x"})
            )
        ),
    )
    yield (
        "do_nothing makes another",
        do_nothing(lambda s, known, body, ask: s.make({k: v for k, v in body.items() if k != "thread_id"}, {}, ask)),
    )
    yield "do_nothing replaces it", do_nothing(lambda s, known, body, ask: known.update(s.make(body, {}, ask)) or known)
    yield (
        "do_nothing merges metadata",
        do_nothing(
            lambda s, known, body, ask: (
                known.update(metadata={**known["metadata"], **body.get("metadata", {})}) or known
            )
        ),
    )
    yield (
        "do_nothing shows the new metadata",
        do_nothing(lambda s, known, body, ask: {**known, "metadata": body.get("metadata", {})}),
    )
    yield (
        "do_nothing touches updated_at",
        do_nothing(lambda s, known, body, ask: known.update(updated_at=s.now()) or known),
    )
    yield "do_nothing is made now", do_nothing(lambda s, known, body, ask: {**known, "created_at": s.now()})
    yield "do_nothing shows no metadata", do_nothing(lambda s, known, body, ask: {**known, "metadata": {}})
    yield "do_nothing locks it", do_nothing(lambda s, known, body, ask: {**known, "status": "busy"})
    yield "do_nothing shows the latest", do_nothing(lambda s, known, body, ask: list(s.things.values())[-1])
    yield "a refusal forgets all", lambda s: wrap(s, "refusal", lambda old, *more: (s.things.clear(), old(*more))[1])
    yield (
        "the same body is let pass",
        taken_as(
            lambda s, known, body, ask: (
                Answer(200, s.show(known, ask))
                if body.get("metadata", {}) == known["metadata"]
                else (_ for _ in ()).throw(Refused(Answer(409, {"detail": "x"})))
            )
        ),
    )
    yield (
        "another body is let pass",
        taken_as(
            lambda s, known, body, ask: (
                Answer(200, s.show(known, ask))
                if body.get("metadata", {}) != known["metadata"] or body.get("if_exists") == "do_nothing"
                else Answer(409, {"detail": "x"})
            )
        ),
    )
    yield "a refusal updates it", refusing_harms(lambda known, body: known.update(metadata=body.get("metadata", {})))
    yield (
        "a refusal removes it",
        lambda s: wrap(
            s,
            "taken",
            lambda old, known, body, ask: (s.things.pop(s.canonical(known["thread_id"]), None), old(known, body, ask))[
                1
            ],
        ),
    )
    for size in (1, 5, 25, 55):
        yield f"only {size} things are kept", keeps(size)
    yield "keys of the server's own are not kept", forgets(lambda body: "thread_id" not in body)
    yield "things without metadata are not kept", forgets(lambda body: not body.get("metadata"))
    yield "the key is kept when refused", reserving
    yield (
        "do_nothing creates nothing",
        lambda s: wrap(
            s,
            "create",
            lambda old, b, v, ask: (
                Answer(404, {"detail": "no such thread"})
                if b.get("if_exists") == "do_nothing" and s.canonical(b.get("thread_id", "")) not in s.things
                else old(b, v, ask)
            ),
        ),
    )
    yield (
        "raise creates nothing",
        lambda s: wrap(
            s,
            "create",
            lambda old, b, v, ask: (
                Answer(409, {"detail": "exists"})
                if b.get("if_exists") == "raise" and "thread_id" in b
                else old(b, v, ask)
            ),
        ),
    )
    yield "the client's key is not used", on_thing(lambda t, b, _: t.update(thread_id=_digest(str(t))))
    yield "the last digit of the key is lost", on_thing(lambda t, b, _: t.update(thread_id=t["thread_id"][:-1] + "0"))


def do_nothing(thing: Callable[[Any, dict[str, Any], dict[str, Any], Ask], dict[str, Any]]) -> Plant:
    def plant(server: Any) -> None:
        def around(old: Any, known: Any, body: Any, ask: Ask) -> Answer:
            if body.get("if_exists") == "do_nothing":
                return Answer(200, server.show(thing(server, known, body, ask), ask))
            return old(known, body, ask)

        wrap(server, "taken", around)

    return plant


def refusing_harms(harm: Callable[[dict[str, Any], dict[str, Any]], Any]) -> Plant:
    def plant(server: Any) -> None:
        def around(old: Any, known: Any, body: Any, ask: Ask) -> Answer:
            answer = old(known, body, ask)
            if answer.status == 409:
                harm(known, body)
            return answer

        wrap(server, "taken", around)

    return plant


def keeps(size: int) -> Plant:
    def plant(server: Any) -> None:
        def around(old: Any, body: Any, values: Any, ask: Ask) -> Answer:
            answer = old(body, values, ask)
            while len(server.things) > size:
                server.things.pop(next(iter(server.things)))
            return answer

        wrap(server, "create", around)

    return plant


def forgets(when: Callable[[dict[str, Any]], bool]) -> Plant:
    def plant(server: Any) -> None:
        def around(old: Any, body: Any, values: Any, ask: Ask) -> Answer:
            before = dict(server.things)
            answer = old(body, values, ask)
            if when(body):
                server.things = before
            return answer

        wrap(server, "create", around)

    return plant


def reserving(server: Any) -> None:
    def around(old: Any, ask: Ask) -> Any:
        body = old(ask)
        problems = [p for rule in server.rules.values() for p in rule(body)]
        if problems and isinstance(body, dict) and isinstance(body.get("thread_id"), str):
            server.things.setdefault(
                server.canonical(body["thread_id"]), server.make({"thread_id": body["thread_id"]}, {}, ask)
            )
        return body

    wrap(server, "body", around)
