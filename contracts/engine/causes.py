"""Causes: what was found, gathered so that one fault of a server is one finding.

One cause is one operation, one family of checks, one status and one reason. Two rules make it so, in this order:

1. What differs in the place of the value alone is one cause where the reason says what goes wrong (texts come back cut
   short), or where it holds of so many places that no single one is to blame.
2. What follows from another finding is listed below that: a second status that nobody documents, what a scenario makes
   of an answer that was a crash, keys that are overwritten whatever made them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from threadmock.contracts.checks.finding import CauseKey, Finding, cause
from threadmock.contracts.engine.consequences import follows

MOST_PLACES = 3
"""More places than that with one reason are one cause: the fault is not the member's."""
FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(("taken", "generated_taken", "survives_many", "one_winner"), "taken keys"),
    **dict.fromkeys(("credentials", "broken_credentials"), "credentials"),
    **dict.fromkeys(("forged", "server_set", "immutable"), "what the server sets"),
    **dict.fromkeys(("gone_after_delete", "life_cycle"), "ends"),
    **dict.fromkeys(("new_key", "ids_distinct", "at_once"), "keys of new things"),
}
"""Checks that ask one question in several ways, by name; any other check is a family of its own."""
_ONE_REASON = ("form of errors", "keys of new things", "credentials", "resume_stream")
_ACCEPTED = ("invalid_refused", "malformed_refused", "media_type_refused")
_MANNERS = ("writings", "repeat", "policies_on_new", "other_methods", "unknown_id")
_OF_STATUS = ("documented_status", "valid_accepted", "no_server_error", "state_machine")
_ORDER = list(FAMILIES)
_BLAMING = ("valid_accepted", "invalid_refused")
"""Checks whose place is in the request: what was changed there. Of others it is where something was seen."""
_WHOLE = "all but "
_SAYING = re.compile(
    r"came back (?:cut|without|in other|as)|what the client sent|of the existing thing|earlier than|lies in the"
    r"|holds another value|, in a (?:read|list)|stands still"
)
"""Reasons that say what goes wrong, whatever the member."""
_MEMBER = re.compile(r"^[\w.$-]+: |^[\w.$-]+ (?=of the existing thing|holds |is missing|is in )")
_OWN_STATUS = re.compile(r"\bstatus(?:es)? [1-5]\d\d\b")
_FORMAT = re.compile(r'is not a "([\w-]+)"')
_BY = re.compile(r", (?:policy|by) .*")


@dataclass(frozen=True)
class Cause:
    """One cause of findings.

    finding: the one that shows it best. count: how often it was met. others: findings of the same cause, each with how
    often it was met; those of another check follow from it. blames: whether a member is at fault.
    """

    finding: Finding
    count: int
    others: tuple[tuple[Finding, int], ...] = ()
    blames: bool = True

    @property
    def where(self) -> str:
        """The place of the finding; "" where that is no more to blame than any other."""
        return self.finding.where if self.blames or self.finding.check not in _BLAMING else ""

    @cached_property
    def all(self) -> tuple[tuple[Finding, int], ...]:
        """Every finding of the cause and how often it was met, the one that shows it best first."""
        mine = self.count - sum(count for _, count in self.others)
        return ((self.finding, mine), *self.others)

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Where it was met, without the places of what follows; () where no place is to blame."""
        found = {_spot(finding): None for finding, _ in self.all if finding.check == self.finding.check}
        return tuple(each for each in found if each) if self.where else ()

    @cached_property
    def statuses(self) -> dict[str, int]:
        """How often it was met with each status; "none" where no answer came. Of its own check alone."""
        found: dict[str, int] = {}
        for finding, count in self.all:
            if finding.check == self.finding.check:
                status = str(finding.case.status or "none")
                found[status] = found.get(status, 0) + count
        return found

    @cached_property
    def consequences(self) -> tuple[tuple[Finding, int], ...]:
        """What other checks made of it: one finding for each of them."""
        first: dict[tuple[str, str], tuple[Finding, int]] = {}
        for finding, count in self.others:
            if (finding.check, finding.operation) != (self.finding.check, self.finding.operation):
                known = first.get((finding.check, finding.operation), (finding, 0))
                first[finding.check, finding.operation] = (known[0], known[1] + count)
        return tuple(first.values())

    @property
    def kind(self) -> tuple[str, ...]:
        """What it has in common with the same fault of other operations."""
        return (_family(self.finding), self.finding.severity, *_reason(self.finding))


def gather(found: Iterable[tuple[Finding, int]], resources: Mapping[str, str] | None = None) -> list[Cause]:
    """The causes of findings, in the order in which each was first found.

    found: findings, one for each place, and how often each was met. resources: operation to what it is about.
    """
    groups: dict[tuple[str, ...], list[tuple[Finding, int]]] = {}
    for finding, count in _distinct(found):
        groups.setdefault((finding.operation, _family(finding), *_reason(finding)), []).append((finding, count))
    causes = [made for group in groups.values() for made in _by_place(group)]
    return _with_consequences(causes, resources or {})


def _distinct(found: Iterable[tuple[Finding, int]]) -> Iterable[tuple[Finding, int]]:
    """One finding for each key: several items of a run meet the same, also in one another's operations."""
    counts: dict[CauseKey, tuple[Finding, int]] = {}
    for finding, count in found:
        known, before = counts.get(finding.key, (finding, 0))
        counts[finding.key] = (min(known, finding, key=lambda each: each.case.size), before + count)
    return counts.values()


def _family(finding: Finding) -> str:
    if finding.check == "schema" and (finding.case.status or 0) >= 400:
        return "form of errors"
    return FAMILIES.get(finding.check, finding.check)


def _reason(finding: Finding) -> tuple[str, ...]:
    """What went wrong, without the place, and without the status where that does not matter."""
    status, family = finding.case.status or 0, _family(finding)
    if family in _ONE_REASON:
        return ()
    if family == "taken keys" or finding.check in _ACCEPTED:
        return ("accepted" if status < 400 else str(status),)
    if finding.check in ("schema", "strict_json"):
        keyword, _, text = finding.got.partition(": ")
        named = _FORMAT.search(text)
        return (keyword, named[1] if named else "")
    if finding.check in _MANNERS and _OWN_STATUS.search(finding.got):
        return (str(status),)
    text = _MEMBER.sub("", finding.got)
    text = _BY.sub("", cause(text if finding.check in _OF_STATUS else _OWN_STATUS.sub("", text)))
    # what a case rests on weakens the finding, and makes no other cause
    return (re.sub(r" \([^()]*\)", "", text) if finding.check == "valid_accepted" else text,)


def _place(finding: Finding) -> str:
    """The member that a finding is about; "" for the whole."""
    if finding.case.label.startswith(_WHOLE) and finding.check == "valid_accepted":
        return ""
    return "/".join((finding.place or finding.where).split("/")[:2])


def _by_place(group: list[tuple[Finding, int]]) -> Iterator[Cause]:
    """The causes of one reason: one for each member, or one in all where the members are not to blame."""
    found: dict[str, list[tuple[Finding, int]]] = {}
    for finding, count in group:
        found.setdefault(_spot(finding), []).append((finding, count))
    named = [each for each in found if each]
    if len(named) > MOST_PLACES or _says_what(group[0][0]) or _smallest_is_whole(found):
        yield _cause(group, blame=len(named) <= MOST_PLACES and "" not in found)
        return
    if not named:
        yield _cause(group, blame=False)
        return
    # whatever is about the whole holds the members, too
    first = max(named, key=lambda each: sum(count for _, count in found[each]))
    found[first] += found.pop("", [])
    for place in named:
        yield _cause(found[place], blame=True)


def _spot(finding: Finding) -> str:
    """As `_place`; of a response, the whole pointer: two members that are wrong are two faults."""
    return (finding.place or finding.where) if finding.check == "schema" else _place(finding)


def _says_what(finding: Finding) -> bool:
    return (
        _family(finding) in ("form of errors", "taken keys", "credentials", "other_methods", "unknown_id")
        or (finding.check == "schema" and finding.got.startswith("format"))
        or bool(_SAYING.search(finding.got))
    )


def _smallest_is_whole(found: Mapping[str, list[tuple[Finding, int]]]) -> bool:
    """Whether already the smallest request that shows it is about no member."""
    if "" not in found:
        return False
    smallest = min((finding for group in found.values() for finding, _ in group), key=lambda each: each.case.size)
    return any(finding is smallest for finding, _ in found[""])


def _cause(group: list[tuple[Finding, int]], *, blame: bool) -> Cause:
    """One cause; a failure shows it better than what is unconfirmed, and a small request better than a large one.

    blame: whether a member is at fault.
    """
    order = sorted(
        group,
        key=lambda each: (each[0].severity != "failure", _refused(each[0]), _rank(each[0]), each[0].case.size),
    )
    return Cause(order[0][0], sum(count for _, count in group), tuple(order[1:]), blames=blame)


def _refused(finding: Finding) -> bool:
    """Of credentials that get in, those that are refused otherwise than by 401 say less."""
    return _family(finding) == "credentials" and (finding.case.status or 0) >= 300


def _rank(finding: Finding) -> tuple[int, bool]:
    """0 for the plainest check of a family; what is about a member before what is about the whole.

    Of a taken key the status says more than the members that changed.
    """
    order = _ORDER.index(finding.check) if finding.check in _ORDER else 0
    return order, bool(_place(finding)) == (_family(finding) == "taken keys")


def _with_consequences(causes: list[Cause], resources: Mapping[str, str]) -> list[Cause]:
    """The causes, each with what follows from it."""
    roots: dict[int, int] = {}
    for number, each in enumerate(causes):
        for other, one in enumerate(causes):
            weaker = each.finding.severity == "failure" and one.finding.severity != "failure"
            if other != number and not weaker and follows(each.finding, [found for found, _ in one.all], resources):
                roots[number] = other
                break
    gathered: dict[int, list[Cause]] = {}
    for number in roots:
        gathered.setdefault(_top(number, roots), []).append(causes[number])
    return [
        _joined(each, gathered.get(number, [])) for number, each in enumerate(causes) if _top(number, roots) == number
    ]


def _top(number: int, roots: Mapping[int, int]) -> int:
    """The root of the roots of a cause; of a circle, the first of it."""
    seen = [number]
    while (number := roots.get(number, number)) not in seen:
        seen.append(number)
    circle = seen[seen.index(number) :]
    return min(circle)


def _joined(root: Cause, following: list[Cause]) -> Cause:
    more = tuple(each for other in following for each in other.all)
    return replace(root, count=root.count + sum(count for _, count in more), others=(*root.others, *more))
