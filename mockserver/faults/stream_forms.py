"""Planted deviations of when a stream begins, and of which kinds of events it holds."""

import re

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.agents.streams import StreamSource
from threadmock.mockserver.fault_points import Action, Fault, Memory
from threadmock.mockserver.faults.runs import agent_rule
from threadmock.mockserver.faults.streams import ChangedSource, of_streams, with_run_rule
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.members import ABSENT

_NAME = re.compile(rb"^event: ([^\r\n]*)", re.MULTILINE)
_NOWHERE = Source("body", ("no-such-member",))


def _buffered(_: Call, source: StreamSource) -> StreamSource:
    held: list[bytes] = []

    def hold(events: list[bytes], _: int) -> list[bytes]:
        held.extend(events)
        return []

    return ChangedSource(source, hold, lambda: held)


def _without_mode(call: Call, source: StreamSource) -> StreamSource:
    """The events of the mode that was named last are left out."""
    plan, agent = call.plan.run, agent_rule(call)
    asked = plan.read("modes", call.scope) if plan else ABSENT
    last = asked[-1] if isinstance(asked, list) and asked else ""
    formats = agent.formats.values() if agent else ()
    names = {event.name.encode() for form in formats for event in form.events if last in event.modes}

    def keep(events: list[bytes], _: int) -> list[bytes]:
        return [event for event in events if not ((found := _NAME.search(event)) and found[1] in names)]

    return ChangedSource(source, keep)


def _all_modes(action: Action, call: Call, memory: Memory) -> Done | Refused:
    agent = agent_rule(call)
    if agent is None or call.plan.run is None or call.plan.run.rule.modes is None or call.rule.action != "run":
        return action(call)
    modes = tuple({mode for form in agent.formats.values() for event in form.events for mode in event.modes})
    return with_run_rule(modes=_NOWHERE, default_modes=modes)(action, call, memory)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "stream-held-back",
        "The events of a run come when it is over.",
        ("stream_begins",),
        around=of_streams(_buffered, "run"),
    ),
    Fault(
        "mode-left-out",
        "The mode that is named last is not shown.",
        ("stream_modes",),
        around=of_streams(_without_mode, "run"),
    ),
    Fault("mode-unasked", "Streams show all modes.", ("stream_modes",), around=_all_modes),
)
