"""What the creates of a target take: one member, or one text sent twice, must not stop what rests on a thing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.cases.case import Case, redraw
from threadmock.contracts.cases.fresh_keys import fresh_key
from threadmock.contracts.cases.references import body_schema
from threadmock.contracts.cases.shapes import subschema
from threadmock.contracts.target.exchange import Exchange
from threadmock.specs.contract import Operation
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

_SAYS_NOTHING = (401, 403, 429, 503)
"""Statuses that are about the caller or the moment, not about what was sent."""
_TAKEN = 409
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
        self._texts: dict[str, set[tuple[str, str]]] = {}
        self._unique: set[str] = set()
        self.refused: list[RefusedMember] = []

    def note_create(self, exchange: Exchange) -> bool:
        """Note which texts a create was sent; whether it was refused because a thing with one of them is there (409).

        Only where nobody declared what such a create does, or that a member is unique: else its rule says what is
        refused.
        """
        case, slug, rule = exchange.case, exchange.case.operation.slug, exchange.case.operation.rule
        if not ((rule.inferred or rule.unique) and rule.traits.makes and case.intent == "valid"):
            return False
        texts = self._texts.setdefault(slug, set())
        texts.update(_texts_of(case))
        if exchange.response is not None and exchange.response.status == _TAKEN:
            self._unique.add(slug)
            return True
        return False

    def with_new_texts(self, case: Case) -> Case:
        """The case with new texts for such as were sent before, where the create is known to refuse a thing twice."""
        slug, schema = case.operation.slug, body_schema(case.operation)
        if slug not in self._unique or case.intent != "valid" or schema is None:
            return case
        met = [(name, text) for name, text in _texts_of(case) if (name, text) in self._texts[slug]]
        new = {name: _new_text(schema, name, text) for name, text in met}
        new = {name: text for name, text in new.items() if text}
        return redraw(case, **new) if new else case

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


def _texts_of(case: Case) -> list[tuple[str, str]]:
    """Members of the body that are texts, and these."""
    if not isinstance(case.value, dict) or case.form:
        return []
    return [(name, value) for name, value in case.value.items() if isinstance(value, str)]


def _new_text(schema: Schema, name: str, text: str) -> str:
    """A valid text for a member that was never sent; "" where none was found, as where the schema lists them."""
    judge, mark = checker(subschema(schema, properties(schema).get(name, {}))), fresh_key().replace("-", "")
    return next((new for new in (f"{text} {mark[:10]}", mark[:10], mark[:6]) if judge.accepted(new)), "")


def _form(maker: Operation, name: str, value: Any) -> Form:
    kind = ",".join(sorted(value)) if isinstance(value, dict) else type(value).__name__
    return maker.slug, name, kind


def _accepted(exchange: Exchange) -> bool:
    return exchange.response is not None and 200 <= exchange.response.status < 300


def _refused(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status not in _SAYS_NOTHING
