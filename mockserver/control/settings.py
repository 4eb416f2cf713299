"""`/_mock/settings`: what may change while a mock runs. All of a change counts, or nothing of it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from threadmock.mockserver.agents.script_files import scripts_of, with_agents
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.control.bodies import ControlError, flag, members, number, shown, text
from threadmock.mockserver.control.moments import check_year, read_duration, read_moment
from threadmock.mockserver.fault_points import NO_FAULTS, Faults, planted
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.state.latency import Latency
from threadmock.specs.errors import UnknownName
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.wire.strictjson import dump_json

MEMBERS = ("script", "speed", "latency", "auth", "faults", "clock", "agents")
MOST_SPEED = 1000
HIDDEN = "***"
_MOST_LATENCY = 600_000
_OPEN = ("off", "present")


def show_settings(gateway: Gateway) -> dict[str, Any]:
    """The present settings. A token that is asked for is not shown."""
    world = gateway.world
    latency, clock = world.latency, world.clock
    return {
        "script": world.scripts.default,
        "speed": world.scheduler.speed,
        "latency": {name: value for name, value in asdict(latency).items() if value is not None} if latency else None,
        "auth": world.auth if world.auth in _OPEN else HIDDEN,
        "faults": [fault.name for fault in world.faults.active],
        "agents": dict(world.scripts.written),
        "clock": {"at": write_date_time(clock.read()), "frozen": clock.frozen is not None},
    }


def change_settings(gateway: Gateway, asked: Any) -> dict[str, Any]:
    """Change some of the settings; all of them, as they are then. SpecError, and nothing is changed."""
    given = members(asked, MEMBERS)
    world = gateway.world
    changes: dict[str, Any] = {}
    if "script" in given:
        changes["scripts"] = _script(world.scripts, given["script"])
    if "agents" in given:
        changes["scripts"] = _agents(changes.get("scripts", world.scripts), given["agents"])
    if "speed" in given:
        changes["speed"] = number(given["speed"], "speed", 0, MOST_SPEED)
    if "latency" in given:
        changes["latency"] = _latency(given["latency"])
    if "auth" in given and given["auth"] != HIDDEN:
        changes["auth"] = text(given["auth"], "auth")
    if "faults" in given:
        changes["faults"] = _faults(given["faults"])
    move = _clock(gateway, given["clock"]) if "clock" in given else None
    with world.deciding:
        gateway.apply(replace(world.settings, **changes))
        if move:
            move()
    return show_settings(gateway)


def _script(known: Scripts, asked: Any) -> Scripts:
    """The known scripts with another default: one of them, or the one that is sent."""
    if isinstance(asked, str):
        if asked not in known.known:
            raise UnknownName("script", asked[:100], known.known, where="script")
        return replace(known, default=asked)
    if not isinstance(asked, Mapping):
        fix = "Send a name, or an object with `steps` or `replies`."
        raise ControlError(f"{shown(asked)} is no script.", where="script", fix=fix)
    sent = scripts_of(dump_json(asked).decode(), "script.json")
    agents = sent if sent.declared else known
    return Scripts({**known.known, **sent.known}, sent.default, agents.declared, agents.written)


def _agents(known: Scripts, asked: Any) -> Scripts:
    """The known scripts with these agents, in the words of a file of scripts, and no others; {} for any name."""
    if asked == {}:
        return replace(known, declared={}, written={})
    if not isinstance(asked, Mapping):
        fix = 'Send an object of names to agents, such as {"helper": {"script": "tool"}}, or {} for any name.'
        raise ControlError(f"{shown(asked)} declares no agents.", where="agents", fix=fix)
    return with_agents(known, {"agents": asked}, dump_json({"agents": asked}).decode(), "agents.json")


def _latency(asked: Any) -> Latency | None:
    if asked is None:
        return None
    given = members(asked, ("ms", "jitter"), "latency")
    if "ms" not in given:
        raise ControlError("`ms` is missing.", where="latency.ms", fix='Send {"ms": 200, "jitter": 50}, or null.')
    return Latency(
        number(given["ms"], "latency.ms", 0, _MOST_LATENCY),
        number(given["jitter"], "latency.jitter", 0, _MOST_LATENCY) if "jitter" in given else None,
    )


def _faults(asked: Any) -> Faults:
    if not isinstance(asked, list):
        raise ControlError(f"{shown(asked)} is no array.", where="faults", fix="Send the names, or [] for none.")
    names = [text(name, f"faults[{index}]") for index, name in enumerate(asked)]
    if not names:
        return NO_FAULTS
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ControlError(f"{twice!r} is there twice.", where="faults", fix="Name it once.")
    from threadmock.mockserver.faults.table import find_faults  # noqa: PLC0415 - few mocks have faults, all start soon

    return planted(find_faults(names))


def _clock(gateway: Gateway, asked: Any) -> Callable[[], None]:
    """What changes the clock."""
    given = members(asked, ("at", "frozen", "advance"), "clock")
    clock, scheduler = gateway.world.clock, gateway.world.scheduler
    if "advance" in given:
        if len(given) > 1:
            raise ControlError("`advance` stands alone.", where="clock.advance", fix="Send two changes.")
        step = read_duration(given["advance"], "clock.advance")
        check_year(clock.read() + step, "clock.advance")

        def advance() -> None:
            clock.advance(step)
            scheduler.advance(step.total_seconds())

        return advance
    if not given:
        fix = 'Send {"at": "2026-01-31T09:00:00Z", "frozen": true}, or {"advance": "2h"}.'
        raise ControlError("It says nothing.", where="clock", fix=fix)
    at = read_moment(given["at"], "clock.at") if "at" in given else clock.read()
    frozen = flag(given["frozen"], "clock.frozen") if "frozen" in given else clock.frozen is not None
    return lambda: clock.put(at, frozen=frozen)
