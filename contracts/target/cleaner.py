"""Clean-up: what a ledger says was made is removed, last made first, and looked for afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import base_value
from threadmock.contracts.target.answers import describe_response, find_key
from threadmock.contracts.target.created_things import unsafe_key
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.ledger_file import LedgerContent, LedgerEntry, LedgerFile
from threadmock.contracts.target.list_walk import items
from threadmock.contracts.target.removal import Removal, removal_of
from threadmock.contracts.target.tags import NAME
from threadmock.contracts.target.target import Target, TargetLost
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.contract import Contract
from threadmock.specs.members import dotted
from threadmock.specs.text import one_line, printable, shorten
from threadmock.specs.wire.strictjson import JsonError, parse_json

MOST_FAILURES = 5
_GONE = (404, 410)
_WHOLE = frozenset({"delete", "prune"})
_MOST_SHOWN = 20


@dataclass
class CleanupResult:
    """What came of it. left: what is still there, or may be, each with the reason. stopped: why not all was tried."""

    removed: int = 0
    archived: int = 0
    with_parent: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    stopped: str = ""

    def lines(self) -> Iterator[str]:
        """The outcome, for people."""
        said = [f"{self.removed:,} things removed"]
        said += [f"{self.with_parent:,} gone with what they lay in"] if self.with_parent else []
        said += [f"{self.archived:,} archived, as nothing deletes them"] if self.archived else []
        yield f"Clean-up: {', '.join(said)}, {len(self.left):,} left behind."
        for what, reason in self.left[:_MOST_SHOWN]:
            yield printable(f"    LEFT BEHIND {one_line(what)}: {one_line(reason)}")
        if len(self.left) > _MOST_SHOWN:
            yield f"    … and {len(self.left) - _MOST_SHOWN:,} more; the ledger has them all"
        if self.stopped:
            yield printable(f"Clean-up stopped: {one_line(self.stopped)}")


class Cleaner:
    """Removes what one ledger lists, through a target whose guard knows the ledger's things. One thread only."""

    def __init__(
        self, contract: Contract, target: Target, content: LedgerContent, file: LedgerFile | None = None
    ) -> None:
        self._contract = contract
        self._target = target
        self._content = content
        self._file = file
        self._done = CleanupResult()
        self._failures = 0
        self._lost: set[str] = set()
        self._seen: set[tuple[str, str]] = set()
        self._unseen: dict[tuple[str, str], tuple[LedgerEntry, Removal]] = {}
        self._within: list[tuple[LedgerEntry, Removal]] = []

    def clean(self) -> CleanupResult:
        """Remove it all. A KeyboardInterrupt passes through: the ledger says what was removed until then."""
        entries = [*self._content.entries, *self._unfinished()]
        for entry in entries:
            if self._target.ledger is not None:
                self._target.ledger.take(entry)
        try:
            for entry in [*reversed(entries), *self._search(entries)]:
                self._remove(entry)
            self._look_for_the_unseen()
            self._look_for_what_lies_within()
        except TargetLost as error:
            self._done.stopped = str(error)
        self._leave_the_rest(entries)
        self._close_the_open()
        masking = self._target.masking
        self._done.left = [(masking(what), masking(reason)) for what, reason in self._done.left]
        return self._done

    def _unfinished(self) -> list[LedgerEntry]:
        """Things that may have been made: their keys were chosen by requests of which nobody knows the end."""
        return [
            LedgerEntry(intent.operation, intent.resource, intent.key, intent.within, unsafe_key(intent.key))
            for intent in self._content.open
            if intent.key is not None
        ]

    def _search(self, known: list[LedgerEntry]) -> Iterator[LedgerEntry]:
        """Things with the run's tag that no line of the ledger names."""
        keys = {(entry.resource, str(entry.key)) for entry in known}
        waiting = [intent for intent in self._content.open if intent.key is None]
        for resource in dict.fromkeys(intent.resource for intent in waiting):
            ways = removal_of(self._contract, resource)
            loose = [each for each in waiting if each.resource == resource and not self._goes(ways, each.within)]
            found = self._tagged(ways) if loose else []
            unknown = [intent for intent in loose if found is None or not intent.tagged]
            if unknown:
                self._lost.add(resource)
                self._leave(
                    f"perhaps {len(unknown)} of {resource or 'a thing'}",
                    f"a request was sent that may have made one ({unknown[0].operation}), and nothing says which",
                )
            for key in found or ():
                if (resource, str(key)) not in keys:
                    entry = LedgerEntry("", resource, key, {}, unsafe_key(key))
                    if self._target.ledger is not None:
                        self._target.ledger.take(entry)
                    yield entry

    def _tagged(self, ways: Removal) -> list[Any] | None:
        """The keys of the listed things that carry the run's tag; None where no listed thing could show one."""
        if ways.listing is None or ways.listing.rule.key is None:
            return None
        tag, member = self._content.header.run, ways.listing.rule.key.member
        found = items(self._target, ways.listing, {}, tag=tag)
        return [find_key(item, member) for item in found if _has_tag(item, tag)] if found is not None else None

    def _remove(self, entry: LedgerEntry) -> None:
        if self._done.stopped:
            return
        ways = removal_of(self._contract, entry.resource)
        if entry.trouble:
            self._leave(_named(entry), entry.trouble)
        elif self._goes(ways, entry.within):
            self._within.append((entry, ways))
        elif ways.operation is None:
            self._leave(_named(entry), "nothing deletes or archives it")
        else:
            self._ask(entry, ways)

    def _goes(self, ways: Removal, within: Mapping[str, Any]) -> bool:
        """Whether a thing goes with what it lies in, which this clean-up, or the run before it, removes as a whole."""
        if ways.how == "with":
            return ways.above in within
        return any(parent != ways.resource and removal_of(self._contract, parent).how in _WHOLE for parent in within)

    def _ask(self, entry: LedgerEntry, ways: Removal) -> None:
        reason = self._sent(entry, ways)
        if not reason:
            self._failures = 0
            self._count(entry, ways)
            return
        if reason == "later":
            self._unseen[entry.resource, str(entry.key)] = (entry, ways)
            return
        self._leave(_named(entry), reason)
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            self._done.stopped = f"{MOST_FAILURES} things in a row could not be removed"

    def _sent(self, entry: LedgerEntry, ways: Removal) -> str:
        """Remove one thing; why it is still there, "" where it is gone, "later" where only a list can show it."""
        keys = {**entry.within, entry.resource: entry.key}
        try:
            exchange = self._exchange(ways.operation, keys, ways)
            if exchange.response is None or not 200 <= exchange.response.status < 300:
                gone = exchange.response is not None and exchange.response.status in _GONE
                return "" if gone else f"{ways.operation} was answered {describe_response(exchange)}"
            if ways.read is None:
                return "later" if ways.listing else ""
            shown = self._exchange(ways.read, keys)
        except NotSent as error:
            return f"the request could not be sent: {error}"
        return self._still(ways, exchange, shown)

    def _still(self, ways: Removal, exchange: Exchange, shown: Exchange) -> str:
        status = shown.response.status if shown.response else 0
        if status in _GONE:
            return ""
        if ways.how == "archive" and 200 <= status < 300:
            return (
                ""
                if dotted(_answer(shown), ways.member) == ways.value
                else "it is not archived, though that was accepted"
            )
        accepted = exchange.response.status if exchange.response else 0
        return (
            f"{ways.operation} was answered {accepted}, and it is still there ({ways.read}: {describe_response(shown)})"
        )

    def _exchange(self, operation: Any, keys: Mapping[str, Any], ways: Removal | None = None) -> Exchange:
        value: Any = base_value(operation)
        if ways is not None and ways.how == "archive":
            value = {**(value if isinstance(value, dict) else {}), ways.member: ways.value}
        elif ways is not None and ways.how == "prune":
            value = {**value, operation.rule.prune.keys.steps[0]: [keys[ways.resource]]}
        return self._target.exchange(case_about(operation, keys, "clean-up", value=value))

    def _look_for_the_unseen(self) -> None:
        """Where nothing reads one thing: one walk through each list shows what is still there."""
        groups: dict[tuple[int, tuple[Any, ...]], list[tuple[LedgerEntry, Removal]]] = {}
        for entry, ways in self._unseen.values():
            groups.setdefault((id(ways.listing), tuple(sorted(entry.within.items()))), []).append((entry, ways))
        for (_, within), members in groups.items():
            ways = members[0][1]
            listed = items(self._target, ways.listing, dict(within)) if ways.listing else None
            key = ways.listing.rule.key.member if ways.listing and ways.listing.rule.key else "id"
            there = {str(find_key(item, key)): item for item in listed or ()}
            for entry, _ in members:
                item = there.get(str(entry.key))
                self._unseen.pop((entry.resource, str(entry.key)))
                if listed is None:
                    self._leave(
                        _named(entry),
                        f"{ways.operation} was accepted, but {ways.listing} does not show whether it is gone",
                    )
                elif item is None or (ways.how == "archive" and dotted(item, ways.member) == ways.value):
                    self._count(entry, ways)
                else:
                    self._leave(_named(entry), f"{ways.operation} was accepted, and {ways.listing} still shows it")

    def _look_for_what_lies_within(self) -> None:
        """What goes with what it lies in is gone where that is; where it is not, each thing is removed by itself."""
        for entry, ways in self._within:
            if any((parent, str(key)) in self._seen for parent, key in entry.within.items()):
                self._done.with_parent += 1
                self._write(entry)
            elif ways.operation is None or ways.how == "with":
                self._leave(_named(entry), "what it lies in is still there, and nothing else removes it")
            elif not self._done.stopped:
                self._ask(entry, ways)
        self._look_for_the_unseen()

    def _count(self, entry: LedgerEntry, ways: Removal) -> None:
        if ways.how == "archive":
            self._done.archived += 1
        else:
            self._done.removed += 1
        self._write(entry)

    def _write(self, entry: LedgerEntry) -> None:
        self._seen.add((entry.resource, str(entry.key)))
        if self._file is not None:
            self._file.write({"removed": entry.key, "resource": entry.resource})

    def _close_the_open(self) -> None:
        """Requests whose end nobody knew: what they may have created was looked for, and is gone or was reported."""
        for intent in self._content.open if self._file and not self._done.stopped else ():
            known = intent.key is None or (intent.resource, str(intent.key)) in self._seen
            if known and intent.resource not in self._lost and self._file:
                self._file.write({"nothing": intent.number})

    def _leave(self, what: str, reason: str) -> None:
        self._done.left.append((what, reason))

    def _leave_the_rest(self, entries: list[LedgerEntry]) -> None:
        """Where the clean-up was stopped: what was not tried is left, too."""
        if not self._done.stopped:
            return
        told_of = {what for what, _ in self._done.left}
        for entry in entries:
            if (entry.resource, str(entry.key)) not in self._seen and _named(entry) not in told_of:
                self._leave(_named(entry), "not tried")


def _named(entry: LedgerEntry) -> str:
    return f"{entry.resource} {shorten(str(entry.key), 80)}"


def _has_tag(item: Any, tag: str) -> bool:
    """Whether a listed thing holds the tag in one of its members."""
    inner = item.values() if isinstance(item, dict) else ()
    return any(isinstance(value, dict) and value.get(NAME) == tag for value in inner)


def _answer(exchange: Exchange) -> Any:
    body = exchange.response.body if exchange.response else None
    try:
        return parse_json(body, duplicate_keys="last") if isinstance(body, bytes) else None
    except JsonError:
        return None
