"""Which things a list holds, and in which order: filters and sorting, compiled once for each operation."""

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from threadmock.mockserver.rules.recipes import Members, compile_members
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.state.store import Thing
from threadmock.specs.behaviour.rule import Filter, Listing
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation
from threadmock.specs.members import ABSENT, dig, nodes, steps_of
from threadmock.specs.operations.inferred.lists import sort_words
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.formats import read_date_time
from threadmock.specs.wire.strictjson import dump_json

Judge = Callable[[Thing], bool]
UNLIMITED = 1 << 60
_DATE = len("2026-03-01")


@dataclass(frozen=True, eq=False)
class Lister:
    """A `Listing`, compiled. See there."""

    items: str | None
    oldest: bool
    by: tuple[str, ...]
    sort: Maker | None
    direction: Maker | None
    limit: Maker
    page: Maker | None
    page_from: int
    offset: Maker
    default_limit: int
    after: Maker | None
    before: Maker | None
    after_name: str
    before_name: str
    page_name: str
    offset_name: str
    from_end: bool
    total: str | None
    next: str
    previous: str
    pagination: tuple[str, str] | None
    filters: tuple[tuple[Maker, Filter, tuple[str, ...]], ...]
    select: Maker | None
    extract: Maker | None
    everywhere: bool
    any_case: bool
    refuses_nothing: bool
    distinct: tuple[str, ...]
    depth: Maker | None
    item: Members

    def is_plain(self, scope: Scope) -> bool:
        """Whether the newest come first, in the order of making, from no cursor."""
        words = (self.sort, self.direction, self.after, self.before, *(read for read, _, _ in self.filters))
        return not (self.by or self.oldest) and all(not word or word(scope) in (ABSENT, None) for word in words)


def compile_listing(rule: Listing, operation: Operation) -> Lister:
    """The lister of a rule. Where the rule names no default limit, the document's own counts."""
    limit = rule.limit or Source("query", ("limit",))
    default = documented_default(operation, limit) if rule.default_limit is None else rule.default_limit
    return Lister(
        items=rule.items,
        oldest=rule.order == "oldest",
        by=steps_of(rule.by),
        sort=fetch(rule.sort) if rule.sort else None,
        direction=fetch(rule.direction) if rule.direction else None,
        limit=fetch(limit),
        page=fetch(rule.page) if rule.page else None,
        page_from=rule.page_from,
        offset=fetch(rule.offset or Source("query", ("offset",))),
        default_limit=default if isinstance(default, int) else UNLIMITED,
        after=fetch(rule.after) if rule.after else None,
        before=fetch(rule.before) if rule.before else None,
        after_name=rule.after.steps[-1] if rule.after else "",
        before_name=rule.before.steps[-1] if rule.before else "",
        page_name=rule.page.steps[-1] if rule.page else "",
        offset_name=rule.offset.steps[-1] if rule.offset else "",
        from_end=rule.from_end,
        total=rule.total,
        next=rule.next,
        previous=rule.previous,
        pagination=(rule.pagination.next, rule.pagination.total) if rule.pagination else None,
        filters=tuple((fetch(each.source), each, steps_of(each.member)) for each in rule.filters),
        select=fetch(rule.select) if rule.select else None,
        extract=fetch(rule.extract) if rule.extract else None,
        everywhere=rule.everywhere,
        any_case=rule.any_case,
        refuses_nothing=rule.nothing == "refused",
        distinct=steps_of(rule.distinct),
        depth=fetch(rule.depth) if rule.depth else None,
        item=compile_members(rule.item),
    )


def documented_default(operation: Operation, source: Source) -> Any:
    """The default that a document gives to a parameter or a member of the body; None where it gives none."""
    if source.place == "body":
        media = next(iter(operation.body.content.values()), None) if operation.body else None
        node = properties(media.schema).get(source.steps[0]) if media else None
        return node.get("default") if isinstance(node, Mapping) else None
    for parameter in operation.parameters_in(source.place):  # type: ignore[arg-type]
        if parameter.name == source.steps[0]:
            return parameter.schema.document.get("default")
    return None


def whole_number(scope: Scope, read: Maker, otherwise: int) -> int:
    """A limit or an offset from the request; never below 0."""
    value = read(scope)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else otherwise


def passing(scope: Scope, lister: Lister, until: Collection[Source] = ()) -> list[Thing]:
    """The things of the shelf that every filter lets through, in the order of making.

    until: filters from the first of these sources on are not asked.
    """
    store = scope.store
    if lister.everywhere:
        things = list(store.everywhere(scope.contract.name, scope.operation.rule.resource))
    else:
        things = store.list(scope.shelf)
    for read, rule, steps in takewhile(lambda each: each[1].source not in until, lister.filters):
        wanted = read(scope)
        if wanted is not ABSENT and wanted is not None:
            judge = _JUDGES[rule.how](wanted, steps)
            things = [thing for thing in things if judge(thing)]
    return things


def in_order(scope: Scope, lister: Lister, things: list[Thing]) -> list[Thing]:
    """The things sorted as the request or the rule says; equal ones stay in the order of making, or its reverse."""
    sort = lister.sort(scope) if lister.sort else ABSENT
    direction = lister.direction(scope) if lister.direction else ABSENT
    if isinstance(sort, str) and (parted := _parted(sort, things)):
        sort, direction = parted
    elif sort not in (ABSENT, None) and lister.direction is None:
        direction = "asc"
    if isinstance(direction, str):
        direction = _DIRECTIONS.get(direction.lower(), direction)
    oldest = direction == "asc" if direction in ("asc", "desc") else lister.oldest and sort in (ABSENT, None)
    by = (str(sort),) if sort not in (ABSENT, None) else lister.by
    if by:
        ties_kept = sort not in (ABSENT, None)
        things = sorted(things, key=_sorter(by, any_case=lister.any_case), reverse=ties_kept and not oldest)
        if ties_kept:
            return things
    return things if oldest else things[::-1]


_DIRECTIONS = {"ascending": "asc", "descending": "desc", "asc": "asc", "desc": "desc"}


def _parted(sort: str, things: list[Thing]) -> tuple[str, str] | None:
    """`-created_at`, `created_at:desc` → ("created_at", "desc"); None where it is the name of a member alone."""
    name, descends = sort_words(sort)
    if sort in (things[0] if things else ()) or (descends is None and name == sort):
        return None
    return name, "desc" if descends else "asc"


def _sorter(by: tuple[str, ...], *, any_case: bool) -> Callable[[Thing], tuple[int, Any]]:
    if any_case:
        return lambda thing: _sortable(value.lower() if isinstance(value := dig(thing, by), str) else value)
    if len(by) > 1:
        return lambda thing: _sortable(dig(thing, by))
    only = by[0]

    def sort_by(thing: Thing) -> tuple[int, Any]:
        value = thing.get(only)
        return (2, value) if type(value) is str else _sortable(value)

    return sort_by


def _sortable(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool) or value is None or value is ABSENT:
        return (0, bool(value) if isinstance(value, bool) else False)
    return (1, value) if isinstance(value, int | float) else (2, str(value))


def contains(thing: Any, wanted: Any) -> bool:
    """JSON containment: each wanted member is there and contains what is wanted of it; lists hold each item."""
    if isinstance(wanted, Mapping):
        return isinstance(thing, Mapping) and all(n in thing and contains(thing[n], v) for n, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(thing, list) and _holds_all(thing, wanted)
    return _plain(thing) == _plain(wanted)


def _holds_all(things: list[Any], wanted: list[Any]) -> bool:
    """Whether each wanted item is among the things. Plain ones are looked up: lists of thousands are met."""
    plain = {_plain(item) for item in things if not isinstance(item, list | Mapping)}
    others = [item for item in things if isinstance(item, list | Mapping)]
    return all(
        any(contains(item, each) for item in others) if isinstance(each, list | Mapping) else _plain(each) in plain
        for each in wanted
    )


def _plain(value: Any) -> tuple[bool, Any]:
    """A scalar as something that equals its like only: true is no 1, though 1 is 1.0."""
    return isinstance(value, bool), value


def _equal(wanted: Any, steps: tuple[str, ...]) -> Judge:
    return lambda thing: bool(dig(thing, steps) == wanted)


def _among(wanted: Any, steps: tuple[str, ...]) -> Judge:
    if not isinstance(wanted, list):
        return _equal(wanted, steps)
    texts = {str(value).lower() for value in wanted}
    return lambda thing: str(dig(thing, steps)).lower() in texts


def _contains(wanted: Any, steps: tuple[str, ...]) -> Judge:
    one = not isinstance(wanted, list | Mapping)

    def judge(thing: Thing) -> bool:
        found = dig(thing, steps)
        return contains(found, [wanted] if one and isinstance(found, list) else wanted)

    return judge


def _search(wanted: Any, steps: tuple[str, ...]) -> Judge:
    text = str(wanted).casefold()

    def judge(thing: Thing) -> bool:
        found = dig(thing, steps)
        if not isinstance(found, list | Mapping):
            return text in str(found).casefold()
        return any(text in each.casefold() for each in nodes(found) if isinstance(each, str))

    return judge


def _compared(holds: Callable[[Any, Any], bool]) -> Callable[[Any, tuple[str, ...]], Judge]:
    """A filter by more and less; what can't be compared is left out."""

    def build(wanted: Any, steps: tuple[str, ...]) -> Judge:
        rank, bound = comparable(wanted)

        def judge(thing: Thing) -> bool:
            own, value = comparable(dig(thing, steps))
            return own == rank and holds(value, bound)

        return judge

    return build


def comparable(value: Any) -> tuple[int, Any]:
    """A kind, and a value that compares with others of that kind: numbers, moments (also of a date), texts."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (0, value)
    if not isinstance(value, str):
        return (3, False)
    try:
        return (1, read_date_time(f"{value}T00:00:00Z" if len(value) == _DATE else value))
    except ValueError:
        return (2, value)


def _hides(wanted: Any, steps: tuple[str, ...]) -> Judge:
    if wanted not in (False, "false"):
        return lambda _: True
    return lambda thing: dig(thing, steps) in (ABSENT, None, False)


def _at_end(*, begins: bool) -> Callable[[Any, tuple[str, ...]], Judge]:
    """A filter by the first or the last items of a list."""

    def build(wanted: Any, steps: tuple[str, ...]) -> Judge:
        asked = wanted if isinstance(wanted, list) else [wanted]

        def judge(thing: Thing) -> bool:
            found = dig(thing, steps)
            if not isinstance(found, list) or len(found) < len(asked):
                return False
            part = found[: len(asked)] if begins else found[len(found) - len(asked) :]
            return all(each in ("*", own) for each, own in zip(asked, part, strict=True))

        return judge

    return build


def _meets(value: Any, wanted: Any) -> bool:
    """Whether a value is what is wanted, or meets all of an object of comparisons."""
    if not isinstance(wanted, Mapping):
        return _plain(value) == _plain(wanted) if not isinstance(wanted, list) else bool(value == wanted)
    if any(str(name).startswith("$") for name in wanted):
        return all(name in _COMPARISONS and _COMPARISONS[name](value, bound) for name, bound in wanted.items())
    return isinstance(value, Mapping) and all(_meets(value.get(name), inner) for name, inner in wanted.items())


def _numbers(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(value: Any, bound: Any) -> bool:
        try:
            return holds(float(value), float(bound))
        except (TypeError, ValueError, OverflowError):
            return False

    return compare


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gt": _numbers(operator.gt),
    "$gte": _numbers(operator.ge),
    "$lt": _numbers(operator.lt),
    "$lte": _numbers(operator.le),
}


def _compares(wanted: Any, steps: tuple[str, ...]) -> Judge:
    def judge(thing: Thing) -> bool:
        found = dig(thing, steps)
        return isinstance(found, Mapping) and _meets(found, wanted)

    return judge


def different(scope: Scope, lister: Lister, things: list[Thing]) -> list[Any]:
    """The values that a member of the things has, each once, in ascending order; lists cut off where that was asked."""
    depth = lister.depth(scope) if lister.depth else ABSENT
    cut = depth if isinstance(depth, int) and not isinstance(depth, bool) else None
    values = [value for thing in things if (value := dig(thing, lister.distinct)) is not ABSENT]
    found = [value[:cut] if isinstance(value, list) else value for value in values]
    once = {dump_json(value): value for value in found}
    return sorted(once.values(), key=lambda value: list(map(str, value if isinstance(value, list) else [value])))


_JUDGES: Mapping[str, Callable[[Any, tuple[str, ...]], Judge]] = {
    "equal": _equal,
    "among": _among,
    "contains": _contains,
    "search": _search,
    "hides": _hides,
    "at_least": _compared(operator.ge),
    "at_most": _compared(operator.le),
    "above": _compared(operator.gt),
    "below": _compared(operator.lt),
    "begins": _at_end(begins=True),
    "ends": _at_end(begins=False),
    "compares": _compares,
}
