"""Settings: how one member of a thing gets its value."""

import dataclasses
from typing import Any

import pytest
from support.clients import SteadyClock, make_gateway
from threadmock.mockserver.rules.generators import GENERATORS
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import fetch
from threadmock.mockserver.rules.values import compile_setting
from threadmock.mockserver.world import World
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.wire.messages import Request

GATEWAY = make_gateway("scale")
BODY = {"a": 1, "null": None, "nested": {"b": {"c": "deep"}, "list": [1]}, "false": False}


def make_scope(body: Any = None, query: str = "", headers: dict[str, str] | None = None) -> Scope:
    contract = GATEWAY.mounts[0].contract
    world = World(7, SteadyClock())
    moment = world.clock.tick()
    return Scope(
        contract=contract,
        operation=contract.operations[0],
        request=Request("POST", "/x", query, headers or {}),
        body=BODY if body is None else body,
        path_values={"p": "v"},
        parameters={},
        store=world.store,
        ids=world.ids,
        moment=moment,
        stamp=write_date_time(moment),
    )


def source(text: str) -> Source:
    place, *steps = text.split(".")
    return Source(place, tuple(steps))  # type: ignore[arg-type]


def made(setting: Setting, **rest: Any) -> Any:
    return compile_setting(setting)(make_scope(**rest))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("body.a", 1),
        ("body.null", None),
        ("body.false", False),
        ("body.gone", ABSENT),
        ("body.nested.b.c", "deep"),
        ("body.nested.b.gone", ABSENT),
        ("body.a.b", ABSENT),
        ("body.nested.list.0", ABSENT),
        ("path.p", "v"),
        ("path.gone", ABSENT),
        ("header.X-Team", "t"),
        ("header.gone", ABSENT),
        ("query.q", "2"),
        ("query.gone", ABSENT),
    ],
)
def test_where_a_source_is_read(place: str, value: Any) -> None:
    assert fetch(source(place))(make_scope(query="q=1&q=2&r=", headers={"x-team": "t"})) == value


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (Setting("value", value={"x": []}), {"x": []}),
        (Setting("value", value=None), None),
        (Setting("absent"), ABSENT),
        (Setting("from", sources=(source("body.a"),)), 1),
        (Setting("from", sources=(source("body.gone"),)), ABSENT),
        (Setting("from", sources=(source("body.gone"), source("body.a"))), 1),
        (Setting("from", sources=(source("body.null"),)), None),
        (Setting("from", sources=(source("body.null"),), null="absent"), ABSENT),
        (Setting("from", sources=(source("body.null"), source("body.a")), null="absent"), 1),
        (Setting("from", sources=(source("body.gone"),), otherwise=Setting("value", value="o")), "o"),
        (Setting("from", sources=(source("body.null"),), otherwise=Setting("value", value="o")), None),
        (Setting("from", sources=(source("body.null"),), null="absent", otherwise=Setting("value", value="o")), "o"),
        (Setting("from", sources=(source("body.false"),), otherwise=Setting("value", value="o")), False),
        (
            Setting(
                "count", sources=(source("body.a"), source("body.null"), source("body.gone"), source("body.false"))
            ),
            2,
        ),
        (Setting("members", members=(("x", Setting("value", value=1)), ("y", Setting("absent")))), {"x": 1}),
        (Setting("members", sources=(source("body.gone"),), members=(("x", Setting("value", value=1)),)), ABSENT),
        (Setting("members", sources=(source("body.null"),), members=(("x", Setting("value", value=1)),)), ABSENT),
        (
            Setting(
                "members", sources=(source("body.gone"), source("body.a")), members=(("x", Setting("value", value=1)),)
            ),
            {"x": 1},
        ),
        (Setting("minutes_after", sources=(source("body.a"),)), "2026-01-02T03:05:05.000000+00:00"),
        (Setting("minutes_after", sources=(source("body.gone"),)), ABSENT),
        (Setting("minutes_after", sources=(source("body.nested"),)), ABSENT),
        (Setting("minutes_after", sources=(source("body.false"),)), ABSENT),
        (Setting("generate", "now"), "2026-01-02T03:04:05.000000+00:00"),
    ],
    ids=str,
)
def test_what_a_setting_makes(setting: Setting, value: Any) -> None:
    assert made(setting) == value


@pytest.mark.parametrize("minutes", [10**12, -(10**12), 1e300, -1e300, 10**400, 60 * 24 * 366 * 4999])
def test_a_moment_beyond_the_calendar_is_left_out(minutes: float) -> None:
    setting = Setting("minutes_after", sources=(source("body.m"),))
    value = made(setting, body={"m": minutes})
    assert value is ABSENT or value[4] == "-"


OF_A_MOMENT = {"now", "today", "now_seconds", "now_milliseconds"}


@pytest.mark.parametrize("name", sorted(GENERATORS.keys() - {"key", "parent_key", "etag"}))
def test_generated_values_are_text_and_identifiers_differ(name: str) -> None:
    one = make_scope()
    values = [compile_setting(Setting("generate", name))(one) for _ in range(2)]
    assert all(isinstance(value, int if name in ("now_seconds", "now_milliseconds") else str) for value in values)
    assert (values[0] == values[1]) is (name in OF_A_MOMENT)


def test_an_absent_value_is_told_from_null() -> None:
    assert repr(ABSENT) == "ABSENT"
    assert dataclasses.asdict(Setting("absent"))["value"] is None
