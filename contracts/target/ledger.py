"""What a run makes on a target: on disk before it is created, so that it is found again whatever happens to the run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.cases.fresh_keys import is_invented, is_uuid
from threadmock.contracts.cases.references import placeholder
from threadmock.contracts.target.created_things import (
    chosen_key,
    created_by_name,
    made_by_answer,
    may_make,
    met_in_own,
    named_by,
    was_refused,
    within_of,
)
from threadmock.contracts.target.guard import SAFE_METHODS, writes
from threadmock.contracts.target.ledger_file import LedgerEntry, LedgerFile
from threadmock.contracts.transport.redaction import NOTHING_SECRET, Masking
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.contract import Operation
from threadmock.specs.schemas.formats import canonical
from threadmock.specs.wire.messages import Request, Response

_ABOVE = "^"
"""Ends the number of an intent that is about a thing which a request names, and which it may make by that."""
_LONG = 8


@dataclass(frozen=True)
class Created:
    """One thing that an operation made. operation: its slug. identifier: as the target named it."""

    operation: str
    identifier: str


class Ledger:
    """Notes what a target says that it made; each thing once, in order.

    file: where it is written; None: it is kept in memory only. agent: the contract's, to read what streams hold.
    lies_in: what a thing of a resource shows of where it lies. Safe to use from several threads.
    """

    def __init__(
        self,
        file: LedgerFile | None = None,
        *,
        masking: Masking = NOTHING_SECRET,
        agent: Agent | None = None,
        lies_in: Callable[[str, Any], Mapping[str, Any]] = lambda _resource, _shown: {},
    ) -> None:
        self.file = file
        self._agent = agent
        self._lies_in = lies_in
        self.masking = masking
        self._created: dict[Created, None] = {}
        self._owned: set[tuple[str, str]] = set()
        self._keys: set[str] = set()

    def owns(self, resource: str, value: object) -> bool:
        """Whether a thing of a resource with this key was made by this run. A UUID is nobody else's, whatever it is.

        resource: "" for any.
        """
        key = canonical(value)
        if not resource:
            return key in self._keys
        return (resource, key) in self._owned or ("", key) in self._owned

    def take(self, entry: LedgerEntry) -> None:
        """Count a thing as this run's."""
        if not entry.trouble:
            key = canonical(entry.key)
            self._keys.add(key)
            self._owned.add(("" if is_uuid(key) else entry.resource, key))

    def intend(self, operation: Operation, request: Request, *, tagged: bool = False) -> str:
        """Note that a request is about to be sent that may make something; its number, "" where it can't."""
        if self.file is None or request.method in SAFE_METHODS:
            return ""
        number = self.file.number()
        for place, entry in enumerate(self._unknown(operation, request)):
            named = {"resource": entry.resource, "key": entry.key, "within": self._shown_of(entry.within)}
            above = {"intent": f"{number}{_ABOVE}{place or ''}", "operation": operation.slug}
            self.file.write({**above, **named, "fresh": True})
        if not may_make(operation):
            return ""
        line: dict[str, Any] = {
            "intent": number,
            "operation": operation.slug,
            "resource": operation.rule.resource,
            "within": self._shown_of(within_of(operation, request)),
        }
        chosen = chosen_key(operation, request)
        if chosen is not None:
            line["key"] = self._shown(chosen)
            line |= {"fresh": True} if _is_fresh(operation, chosen) else {}
        self.file.write({**line, **({"tagged": True} if tagged else {})}, surely=True)
        return number

    def note(self, operation: Operation, request: Request, response: Response, number: str = "") -> None:
        """Record the things that a response says its request created. number: of the pending create."""
        made = list(made_by_answer(operation, request, response, self._agent, self._lies_in))
        for entry in made:
            self.take(entry)
            self._created[Created(operation.slug, str(entry.key))] = None
            if self.file:
                self._write(number, entry)
        for entry in met_in_own(operation, request, response, self.owns):
            self.take(entry)
        for entry in created_by_name(operation, request) if 200 <= response.status < 300 else ():
            self.take(entry)
            if self.file:
                self._write(number + _ABOVE, entry)
        if number and self.file and was_refused(response):
            # What a refused request made all the same is looked for at the end; so is what it named into being.
            self.file.write({"refused": number})

    def _unknown(self, operation: Operation, request: Request) -> list[LedgerEntry]:
        """The things that a request to write names with keys made up: a server may make them, whatever its document."""
        found = created_by_name(operation, request)
        if writes(operation) and not operation.rule.traits.destroys and request.method != "DELETE":
            known = {entry.key for entry in found}
            found += [
                entry
                for entry in named_by(operation, request)
                if entry.key not in known and not self.owns(entry.resource, entry.key)
            ]
        return found

    def _write(self, number: str, entry: LedgerEntry) -> None:
        key, trouble = self._shown(entry.key), entry.trouble
        if key != entry.key:
            trouble = "its id holds a credential, and is not written down"
        line = {"made": number, "operation": entry.operation, "resource": entry.resource, "id": key}
        line["within"] = self._shown_of(entry.within)
        if self.file:
            self.file.write({**line, **({"trouble": trouble} if trouble else {})})

    def _shown(self, value: Any) -> Any:
        return self.masking(value) if isinstance(value, str) else value

    def _shown_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._shown(value) for name, value in values.items()}

    @property
    def created(self) -> tuple[Created, ...]:
        """All of it, oldest first."""
        return tuple(self._created)

    def clear(self) -> None:
        """Forget it, after it was reported. What is owned stays so."""
        self._created.clear()


def _is_fresh(operation: Operation, key: object) -> bool:
    """Whether a key that a request chooses names nobody else's thing: it was made up, or stands where one will be."""
    source = operation.rule.key.source if operation.rule.key else None
    own = source is not None and len(source.steps) == 1 and isinstance(key, str) and len(key) >= _LONG
    return is_invented(key) or (own and source is not None and key == str(placeholder(operation, source)))
