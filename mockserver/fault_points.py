"""Named planted deviations: for resilience work in a front end, and to prove the suite.

A fault hooks into the pipeline at one of six points; the table is `faults.table.table`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import Store
from threadmock.specs.contract import Operation
from threadmock.specs.wire.messages import Request, Response

Memory: TypeAlias = dict[str, Any]
Action: TypeAlias = Callable[[Any], Done | Refused]
"""What serves a valid request; it is given an `actions.call.Call`."""
Wrapper: TypeAlias = Callable[[Action, Any, Memory], Done | Refused]
"""An action around another one: the inner action, its call, and the fault's own memory."""


class Dropped(Exception):  # noqa: N818 - reads as what it is
    """A planted fault ends the exchange without an answer."""


@dataclass
class FaultView:
    """What a fault may look at, and the parts of the world that it may use.

    contract: its name. auth: as in `World`. pause: waits so many seconds. value: the request's body, where it has been
    read. memory: the fault's own, for as long as the server runs.
    """

    contract: str
    operation: Operation
    request: Request
    store: Store
    auth: str
    pause: Callable[[float], None]
    value: Any = None
    memory: Memory = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """One deviation.

    summary: what it does, in one sentence. caught_by: the checks of the suite that see it, the first one by design.
    skips: stages that are left out (security, media_type, validation, conflict …). plan: another plan, made once for
    each operation. request: another request instead. thing: another thing before it is stored. shown: another body of
    the reply. response: another response; it may raise Dropped. around: an action around the action.
    """

    name: str
    summary: str
    caught_by: tuple[str, ...]
    skips: frozenset[str] = frozenset()
    plan: Callable[[Any], Any] | None = None
    request: Callable[[Request, FaultView], Request] | None = None
    thing: Callable[[dict[str, Any], FaultView], dict[str, Any]] | None = None
    shown: Callable[[Any, FaultView], Any] | None = None
    response: Callable[[Response, FaultView], Response] | None = None
    around: Wrapper | None = None


@dataclass(frozen=True)
class Faults:
    """The faults of one server. False where there are none, so that the pipeline asks once."""

    active: tuple[Fault, ...] = ()
    memories: Mapping[str, Memory] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.active)

    def skips(self, stage: str) -> bool:
        """Whether any fault leaves this stage out."""
        return any(stage in fault.skips for fault in self.active)

    def planned(self, plan: Any) -> Any:
        """A plan as the faults change it."""
        for fault in self.active:
            if fault.plan is not None:
                plan = fault.plan(plan)
        return plan

    def around(self, action: Action) -> Action:
        """An action as the faults change it."""
        for fault in self.active:
            if fault.around is not None:
                action = partial(_wrapped, fault.around, action, self.memories[fault.name])
        return action

    def apply(self, point: str, subject: Any, view: FaultView) -> Any:
        """The subject as the faults of one point change it."""
        for fault in self.active:
            hook = getattr(fault, point)
            if hook is not None:
                view.memory = self.memories[fault.name]
                subject = hook(subject, view)
        return subject


def _wrapped(wrapper: Wrapper, action: Action, memory: Memory, call: Any) -> Done | Refused:
    return wrapper(action, call, memory)


NO_FAULTS = Faults()


def planted(faults: Iterable[Fault]) -> Faults:
    """These faults, each with a memory of its own."""
    active = tuple(faults)
    return Faults(active, {fault.name: {} for fault in active})
