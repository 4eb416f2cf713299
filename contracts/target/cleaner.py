"""Clean-up: what a ledger says was made, or may have been, is removed, last made first, and looked for afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import base_value
from threadmock.contracts.target.answers import describe_response, find_key, holds_nothing, json_of
from threadmock.contracts.target.created_things import unsafe_key
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.ledger_file import LedgerContent, LedgerEntry, LedgerFile, PendingCreate
from threadmock.contracts.target.list_walk import made_since, tagged_keys, walk
from threadmock.contracts.target.removal import CleanupResult, Removal, removal_of
from threadmock.contracts.target.target import Target, TargetLost
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import dotted
from threadmock.specs.text import shorten

MOST_SILENCES = 5
MOST_FAILURES = 1000
"""So many things in a row that can't be removed end it: no target needs to be asked thousands of times in vain."""
_GONE = (404, 410)
_WHOLE = frozenset({"delete", "prune"})
_Shown = Literal["there", "gone", "archived", "unknown"]


@dataclass(frozen=True)
class _Trial:
    """A thing that a first attempt did not settle. accepted: its removal was. said: what came. shown: by a read."""

    entry: LedgerEntry
    ways: Removal
    accepted: bool
    said: str
    shown: _Shown


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
        self._failures = self._silences = 0
        self._lost: set[str] = set()
        self._settled: set[tuple[str, str]] = set()
        self._perhaps: set[tuple[str, str]] = set()
        self._strange: set[tuple[str, str]] = set()
        self._unsettled: list[_Trial] = []
        self._within: list[tuple[LedgerEntry, Removal]] = []
        self._walked: tuple[Any, dict[str, Any], bool] = (None, {}, False)

    def clean(self) -> CleanupResult:
        """Remove it all. A KeyboardInterrupt passes through: the ledger says what was removed until then."""
        entries = list(self._content.entries)
        perhaps = list(self._chosen({_place(entry) for entry in entries}))
        self._perhaps = {_place(entry) for entry in perhaps}
        for entry in (*entries, *perhaps):
            if _place(entry) not in self._strange:
                self._take(entry)
        try:
            for entry in reversed(entries):
                self._remove(entry)
            for entry in perhaps:
                self._look(entry)
            for entry in self._search({_place(entry) for entry in (*entries, *perhaps)}):
                self._remove(entry)
            self._try_again()
            self._look_for_what_lies_within()
        except TargetLost as error:
            self._done.stopped = str(error)
        self._leave_the_rest(entries)
        self._close_the_pending()
        self._done.mask(self._target.masking)
        return self._done

    @property
    def _pending(self) -> tuple[PendingCreate, ...]:
        return (*self._content.open, *self._content.refused)

    def _take(self, entry: LedgerEntry) -> None:
        if self._target.ledger is not None:
            self._target.ledger.take(entry)

    def _chosen(self, known: set[tuple[str, str]]) -> Iterator[LedgerEntry]:
        """Things that may have been made under keys which requests chose, whatever the answer was.

        Those under keys that this run did not make up may be somebody else's: they are looked at, and never touched.
        """
        for pending in self._pending:
            if pending.key is None:
                continue
            entry = LedgerEntry(
                pending.operation, pending.resource, pending.key, pending.within, unsafe_key(pending.key)
            )
            if _place(entry) in known:
                continue
            if not entry.trouble and (pending.fresh or not pending.refused):
                known.add(_place(entry))
                self._strange |= set() if pending.fresh else {_place(entry)}
                yield entry

    def _search(self, known: set[tuple[str, str]]) -> Iterator[LedgerEntry]:
        """Things with the run's tag that no line of the ledger names: a refused request may have made them, too."""
        loose = [each for each in self._pending if each.key is None]
        made = [*(each.resource for each in self._content.entries), *(each.resource for each in self._pending)]
        for resource in dict.fromkeys(made):
            ways = removal_of(self._contract, resource)
            own = [each for each in loose if each.resource == resource and not self._goes(ways, each.within)]
            found = tagged_keys(self._target, self._contract, resource, self._content.header.run, thorough=any(own))
            for key in found or ():
                entry = LedgerEntry("", resource, key, {}, unsafe_key(key))
                if _place(entry) not in known:
                    known.add(_place(entry))
                    self._take(entry)
                    yield entry
            self._doubt_what_has_no_tag(resource, [o for o in own if found is None or not o.tagged], known)

    def _doubt_what_has_no_tag(self, resource: str, own: list[PendingCreate], known: set[tuple[str, str]]) -> None:
        """Requests that chose no key and carried no tag: whether they made something, only what else is new can say."""
        lost = [each for each in own if not each.refused]
        if not own:
            return
        keys = {key for name, key in known if name == resource}
        new = made_since(self._target, self._contract, resource, self._content.header.started, keys)
        if new and len(lost) < len(own):
            self._lost.add(resource)
            self._doubt(
                f"{new} of {resource}",
                f"made there meanwhile, and none of these carries the run's tag: they are somebody else's, or a request"
                f" that was refused made them ({own[0].operation})",
            )
        elif lost and new != 0:
            self._lost.add(resource)
            self._doubt(
                f"perhaps {len(lost)} of {resource or 'a thing'}",
                f"a request was sent that may have made one ({lost[0].operation}), and nothing says which",
            )

    def _remove(self, entry: LedgerEntry) -> None:
        if self._done.stopped:
            return
        ways = removal_of(self._contract, entry.resource)
        if entry.trouble:
            self._leave(entry, entry.trouble)
        elif self._goes(ways, entry.within):
            self._within.append((entry, ways))
        elif ways.operation is None:
            self._leave(entry, "nothing deletes or archives it")
        else:
            self._ask(entry, ways)

    def _look(self, entry: LedgerEntry) -> None:
        """See whether a thing is there that a request may have made; remove it where it is, or where nobody can say."""
        if self._done.stopped:
            return
        ways = removal_of(self._contract, entry.resource)
        if self._goes(ways, entry.within):
            return
        shown = self._shown(ways, entry) if ways.read else "unknown"
        if shown == "gone":
            self._settle(entry)
        elif _place(entry) in self._strange:
            self._doubt(_named(entry), "a request chose this id, which may be somebody else's: its end is not known")
        elif shown != "unknown":
            self._perhaps.discard(_place(entry))
            self._remove(entry)
        elif ways.operation is not None:
            self._ask(entry, ways)
        else:
            self._doubt(_named(entry), "nothing shows whether it was made, and nothing removes it")

    def _goes(self, ways: Removal, within: Mapping[str, Any]) -> bool:
        """Whether a thing goes with what it lies in, which this clean-up, or the run before it, removes as a whole."""
        if ways.how == "with":
            return ways.above in within
        return any(parent != ways.resource and removal_of(self._contract, parent).how in _WHOLE for parent in within)

    def _ask(self, entry: LedgerEntry, ways: Removal) -> None:
        """Remove one thing, and see whether it is gone; what that does not settle is tried again at the end."""
        try:
            exchange = self._exchange(ways.operation, entry, ways)
        except NotSent as error:
            self._leave(entry, f"the request could not be sent: {error}")
            return
        status = exchange.response.status if exchange.response else 0
        accepted = 200 <= status < 300
        self._note_silence(exchange)
        if status in _GONE:
            self._count(entry, "gone")
            return
        shown = self._shown(ways, entry) if ways.read else "unknown"
        if shown == "gone" or (shown == "archived" and accepted) or (accepted and not (ways.read or ways.listing)):
            self._count(entry, "archived" if ways.how == "archive" and shown != "gone" else "removed")
            return
        self._unsettled.append(
            _Trial(entry, ways, accepted, f"{ways.operation} was answered {describe_response(exchange)}", shown)
        )
        self._failures += not accepted
        if self._failures >= MOST_FAILURES:
            self._done.stopped = f"{MOST_FAILURES} things in a row could not be removed"

    def _note_silence(self, exchange: Exchange) -> None:
        self._silences = self._silences + 1 if exchange.timed_out else 0
        if self._silences >= MOST_SILENCES:
            self._done.stopped = f"the target kept silent {MOST_SILENCES} times"

    def _shown(self, ways: Removal, entry: LedgerEntry) -> _Shown:
        """What a read says of a thing. An error of the server, or an answer without the thing, says nothing."""
        if ways.read is None:
            return "unknown"
        try:
            exchange = self._exchange(ways.read, entry)
        except NotSent:
            return "unknown"
        self._note_silence(exchange)
        status = exchange.response.status if exchange.response else 0
        if status in _GONE:
            return "gone"
        answer = json_of(exchange)
        if ways.read.rule.missing == "empty" and holds_nothing(exchange):
            return "gone"
        key = find_key(answer, ways.read.rule.key.member) if ways.read.rule.key else entry.key
        if not 200 <= status < 300 or str(key) != str(entry.key):
            return "unknown"
        return "archived" if ways.how == "archive" and dotted(answer, ways.member) == ways.value else "there"

    def _exchange(self, operation: Operation | None, entry: LedgerEntry, ways: Removal | None = None) -> Exchange:
        if operation is None:
            raise NotSent("nothing does that")
        keys = {**entry.within, entry.resource: entry.key}
        value: Any = base_value(operation)
        if ways is not None and ways.how == "archive":
            value = {**(value if isinstance(value, dict) else {}), ways.member: ways.value}
        elif ways is not None and ways.how == "prune" and operation.rule.prune:
            value = {**value, operation.rule.prune.keys.steps[0]: [keys[ways.resource]]}
        return self._target.exchange(case_about(operation, keys, "clean-up", value=value))

    def _try_again(self) -> None:
        """What no read settled: the list shows what is there; a second attempt that meets nothing proves that, too."""
        waiting, self._unsettled = self._unsettled, []
        waiting = [trial for trial in waiting if not self._settled_by_list(trial, self._listed(waiting, trial))]
        for trial in waiting:
            if not self._done.stopped:
                self._second(trial)
        still, self._unsettled = self._unsettled, []
        for trial in still:
            shown = self._listed(still, trial)
            if not self._settled_by_list(trial, shown):
                self._give_up(trial, shown)
        if self._done.stopped:
            for trial in waiting:
                if _place(trial.entry) not in self._settled and trial not in still:
                    self._give_up(trial, "unknown")

    def _second(self, trial: _Trial) -> None:
        entry, ways = trial.entry, trial.ways
        try:
            exchange = self._exchange(ways.operation, entry, ways)
        except NotSent as error:
            self._leave(entry, f"the request could not be sent: {error}")
            return
        self._note_silence(exchange)
        status = exchange.response.status if exchange.response else 0
        if status in _GONE:
            self._count(entry, "removed" if trial.accepted else "gone")
            return
        shown = self._shown(ways, entry)
        if shown == "gone" or (shown == "archived" and 200 <= status < 300):
            self._count(entry, "archived" if shown == "archived" else "removed")
            return
        accepted = trial.accepted or 200 <= status < 300
        self._unsettled.append(_Trial(entry, ways, accepted, trial.said, shown))

    def _listed(self, trials: list[_Trial], trial: _Trial) -> _Shown:
        """What the list says of a thing; it is read once for all things that lie in the same place."""
        listing = trial.ways.listing
        place = (id(trials), id(listing), tuple(sorted((n, str(v)) for n, v in trial.entry.within.items())))
        if listing is None or self._done.stopped:
            return "unknown"
        if self._walked[0] != place:
            shown = walk(self._target, listing, dict(trial.entry.within))
            member = listing.rule.key.member if listing.rule.key else "id"
            self._walked = (place, {str(find_key(item, member)): item for item in shown.items}, shown.whole)
        _, there, whole = self._walked
        item = there.get(str(trial.entry.key))
        if item is None:
            return "gone" if whole else "unknown"
        archived = trial.ways.how == "archive" and dotted(item, trial.ways.member) == trial.ways.value
        return "archived" if archived else "there"

    def _settled_by_list(self, trial: _Trial, shown: _Shown) -> bool:
        """Whether the list settles it. What a read showed is there, whatever a list leaves out."""
        if shown == "archived" and trial.accepted:
            self._count(trial.entry, "archived")
        elif shown == "gone" and trial.shown == "unknown":
            self._count(trial.entry, "removed" if trial.accepted else "gone")
        else:
            return False
        return True

    def _give_up(self, trial: _Trial, shown: _Shown) -> None:
        entry, ways = trial.entry, trial.ways
        if trial.shown == "archived" or (trial.shown == "there" and ways.how == "archive" and trial.accepted):
            self._leave(entry, f"it is not archived, though {ways.operation} was accepted")
        elif trial.shown == "there":
            self._leave(entry, f"{trial.said}, and it is still there ({ways.read})")
        elif shown == "there":
            self._leave(entry, f"{trial.said}, and {ways.listing} still shows it")
        elif _place(entry) in self._perhaps or trial.accepted or ways.read is not None or ways.listing is not None:
            seen = " and ".join(str(each) for each in (ways.read, ways.listing) if each) or "nothing"
            self._doubt(_named(entry), f"{trial.said}, and {seen} can't show whether it is gone")
        else:
            self._leave(entry, trial.said)

    def _look_for_what_lies_within(self) -> None:
        """What goes with what it lies in is gone where that is; where it is not, each thing is removed by itself."""
        for entry, ways in self._within:
            if any((parent, str(key)) in self._settled for parent, key in entry.within.items()):
                self._done.with_parent += 1
                self._settle(entry)
            elif ways.operation is None or ways.how == "with":
                self._leave(entry, "what it lies in is still there, and nothing else removes it")
            elif not self._done.stopped:
                self._ask(entry, ways)
        self._try_again()

    def _count(self, entry: LedgerEntry, how: Literal["removed", "gone", "archived"]) -> None:
        self._failures = 0
        if how == "archived":
            self._done.archived += 1
        elif how == "removed":
            self._done.removed += 1
        elif _place(entry) not in self._perhaps:
            self._done.gone += 1
        self._settle(entry)

    def _settle(self, entry: LedgerEntry) -> None:
        self._settled.add(_place(entry))
        if self._file is not None:
            self._file.write({"removed": entry.key, "resource": entry.resource})

    def _close_the_pending(self) -> None:
        """Requests that may have made something: that was looked for, and is gone or was reported."""
        for pending in self._pending if self._file and not self._done.stopped else ():
            place = (pending.resource, str(pending.key))
            untouched = pending.refused and not pending.fresh
            lies = self._goes(removal_of(self._contract, pending.resource), pending.within)
            known = pending.key is None or untouched or lies or place in self._settled
            if known and pending.resource not in self._lost and self._file:
                self._file.write({"nothing": pending.number})

    def _leave(self, entry: LedgerEntry, reason: str) -> None:
        self._done.left.append((_named(entry), reason))

    def _doubt(self, what: str, reason: str) -> None:
        self._done.unverified.append((what, reason))

    def _leave_the_rest(self, entries: list[LedgerEntry]) -> None:
        """Where the clean-up was stopped: what was not tried is left, too."""
        if not self._done.stopped:
            return
        told_of = {what for what, _ in (*self._done.left, *self._done.unverified)}
        for entry in entries:
            if _place(entry) not in self._settled and _named(entry) not in told_of:
                self._leave(entry, "not tried")


def _place(entry: LedgerEntry) -> tuple[str, str]:
    return entry.resource, str(entry.key)


def _named(entry: LedgerEntry) -> str:
    return f"{entry.resource} {shorten(str(entry.key), 80)}"
