"""Named planted deviations: for resilience work in a front end, and to prove the suite.

A fault hooks into the pipeline at one of six points; the table is `fault_table.table`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from threadmock.specs.wire.messages import Request, Response

if TYPE_CHECKING:
    from threadmock.mockserver.rules.outcome import Done, Refused
    from threadmock.mockserver.rules.scope import Transaction
    from threadmock.mockserver.world import World
    from threadmock.specs.contract import Operation


Run: TypeAlias = "Callable[[Transaction], Done | Refused]"
Memory: TypeAlias = dict[str, Any]
Behave: TypeAlias = "Callable[[Run, Transaction, Memory], Done | Refused]"


class Dropped(Exception):  # noqa: N818 - reads as what it is
    """A planted fault ends the exchange without an answer."""


@dataclass
class Moment:
    """What a fault may look at.

    contract: its name. memory: the fault's own, for as long as the server runs. value: the request's body, where it has
    been read.
    """

    contract: str
    operation: "Operation"
    request: Request
    world: "World"
    value: Any = None
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """One deviation.

    tells: what it does, in one sentence. caught_by: the checks of the suite that see it, the first one by design.
    skips: stages that are left out (security, media_type, validation, negotiation, conflict). request: another request
    instead. taken: another body value before it is stored. thing: another thing before it is stored. shown: another
    body of the reply. response: another response; it may raise Dropped. behave: another behaviour, around the one that
    is given; the dictionary is the fault's own memory.
    """

    name: str
    tells: str
    caught_by: tuple[str, ...]
    skips: frozenset[str] = frozenset()
    request: Callable[[Request, Moment], Request] | None = None
    taken: Callable[[Any, Moment], Any] | None = None
    thing: Callable[[dict[str, Any], Moment], dict[str, Any]] | None = None
    shown: Callable[[Any, Moment], Any] | None = None
    response: Callable[[Response, Moment], Response] | None = None
    behave: "Behave | None" = None


@dataclass(frozen=True)
class Faults:
    """The faults of one server. False where there are none, so that the pipeline asks once."""

    active: tuple[Fault, ...] = ()
    memories: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.active)

    def skips(self, stage: str) -> bool:
        """Whether any fault leaves this stage out."""
        return any(stage in fault.skips for fault in self.active)

    def around(self, run: Run) -> Run:
        """A behaviour as the faults leave it."""
        for fault in self.active:
            if fault.behave is not None:
                run = partial(_behaving, fault.behave, run, self.memories[fault.name])
        return run

    def apply(self, point: str, subject: Any, moment: Moment) -> Any:
        """The subject as the faults of one point leave it."""
        for fault in self.active:
            hook = getattr(fault, point)
            if hook is not None:
                moment.memory = self.memories[fault.name]
                subject = hook(subject, moment)
        return subject


def _behaving(behave: Behave, run: Run, memory: dict[str, Any], tx: "Transaction") -> "Done | Refused":
    return behave(run, tx, memory)


NO_FAULTS = Faults()


def planted(faults: Iterable[Fault]) -> Faults:
    """These faults, each with a memory of its own."""
    active = tuple(faults)
    return Faults(active, {fault.name: {} for fault in active})
