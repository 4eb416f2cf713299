"""Which optional members the creates of a target take: one that it refuses must not stop what rests on a thing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.target.exchange import Exchange
from threadmock.specs.contract import Operation

_SAYS_NOTHING = (401, 403, 429, 503)
"""Statuses that are about the caller or the moment, not about what was sent."""
Form = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class RefusedMember:
    """A create that was refused with this member, and accepted without it."""

    maker: Operation
    member: str
    exchange: Exchange


class AcceptedMembers:
    """What was learned of the creates of one target, for all operations of a run in one process.

    A member is known by its name and the form of its value: an object by its members, else by its type.
    """

    def __init__(self) -> None:
        self._taken: dict[Form, bool] = {}
        self.refused: list[RefusedMember] = []

    def without_refused(self, maker: Operation, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members but for those that are known to be refused."""
        return {name: value for name, value in members.items() if self._taken.get(_form(maker, name, value), True)}

    def learn(
        self, maker: Operation, members: Mapping[str, Any], create: Callable[[Mapping[str, Any]], Exchange]
    ) -> None:
        """Find out which of these members a create takes: first none of them, then all, then one after the other.

        create: makes a thing with these members beside the plain body. Nothing is learned where the plain body is
        refused: then no member is to blame.
        """
        new = {name: value for name, value in members.items() if _form(maker, name, value) not in self._taken}
        if not new or not _accepted(create({})):
            return
        kept = {name: value for name, value in self.without_refused(maker, members).items() if name not in new}
        if _accepted(rich := create({**kept, **new})):
            self._taken |= {_form(maker, name, value): True for name, value in new.items()}
            return
        if not _refused(rich):
            return
        found: dict[str, Exchange | None] = {}
        for name, value in new.items():
            got = create({**kept, name: value})
            if _accepted(got):
                kept[name], found[name] = value, None
            elif _refused(got):
                found[name] = got
        if all(found.values()) and not _accepted(create({})):
            return  # what is made once is refused a second time, whatever it holds
        for name, exchange in found.items():
            self._taken[_form(maker, name, new[name])] = exchange is None
            if exchange is not None:
                self.refused.append(RefusedMember(maker, name, exchange))


def _form(maker: Operation, name: str, value: Any) -> Form:
    kind = ",".join(sorted(value)) if isinstance(value, dict) else type(value).__name__
    return maker.slug, name, kind


def _accepted(exchange: Exchange) -> bool:
    return exchange.response is not None and 200 <= exchange.response.status < 300


def _refused(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status not in _SAYS_NOTHING
