"""List: the things of a shelf, filtered, ordered and cut as the rule says."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from threadmock.mockserver.actions.reply import chosen, declared, pruned
from threadmock.mockserver.rules.keys import canonical_key
from threadmock.mockserver.rules.lists import Lister, in_order, passing, whole_number
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.store import Thing
from threadmock.specs.behaviour.read_settings import steps_of
from threadmock.specs.members import ABSENT, dig
from threadmock.specs.operations.parameters import parse_query

_INDEX = re.compile(r"\[(-?[0-9]{1,9})\]")


def run(tx: Transaction) -> Done | Refused:
    """The array, or the object that holds it."""
    if missing := enter(tx):
        return missing
    lister, store = tx.plan.lister, tx.world.store
    offset = whole_number(tx, lister.offset, 0)
    plain = not lister.filters and not lister.everywhere and lister.is_plain(tx)
    limit = whole_number(tx, lister.limit, lister.default_limit)
    if plain:
        total = store.count(tx.shelf)
        page = list(store.newest(tx.shelf, min(offset, total), min(limit, total)))
        ahead, more = offset, offset + len(page) < total
    else:
        things = in_order(tx, passing(tx))
        total = len(things)
        page, ahead, more = _cut(tx, things, offset, limit)
    if lister.from_end:
        page.reverse()
    tx.tally = {"total": total, "page": len(page)}
    items = _items(tx, page)
    note = f"{len(page)} of {total}"
    headers = _pagination(lister, offset, limit, len(page), more=more)
    return Done(tx.plan.success, _envelope(tx, items, page, first=ahead == 0, more=more), note, headers)


def _cut(tx: Transaction, things: list[Thing], offset: int, limit: int) -> tuple[list[Thing], int, bool]:
    """The page, how many things stand before it, and whether others stand behind it."""
    lister = tx.plan.lister
    after, before = (read(tx) if read else ABSENT for read in (lister.after, lister.before))
    start, end = 0, len(things)
    if after is not ABSENT and after is not None:
        start = _place(tx, things, after, len(things) - 1) + 1
    if before is not ABSENT and before is not None:
        end = _place(tx, things, before, len(things))
        if lister.after:  # a list with both cursors: the page ends where the other begins
            start = max(start, end - limit)
    start = min(start + offset, end)
    page = things[start : min(end, start + limit)]
    return page, start, start + len(page) < (len(things) if lister.after else end)


def _place(tx: Transaction, things: list[Thing], key: Any, unknown: int) -> int:
    wanted = canonical_key(tx, key)
    steps = tx.plan.key_steps
    return next((at for at, thing in enumerate(things) if dig(thing, steps) == wanted), unknown)


def _items(tx: Transaction, page: list[Thing]) -> list[Any]:
    plan, lister = tx.plan, tx.plan.lister
    if lister.item:
        keyed = ((thing, str(dig(thing, plan.key_steps))) for thing in page)
        return [pruned(tx, lister.item.make(replace(tx, thing=thing, key=key))) for thing, key in keyed]
    names = plan.declared
    made: list[Any] = [thing if names.issuperset(thing) else declared(names, thing) for thing in page]
    asked = lister.select(tx) if lister.select else ABSENT
    if asked is not ABSENT:
        made = [chosen(plan, item, asked) for item in made]
    paths = lister.extract(tx) if lister.extract else ABSENT
    if isinstance(paths, dict):
        made = [
            {**item, "extracted": {alias: _extracted(thing, str(path)) for alias, path in paths.items()}}
            for item, thing in zip(made, page, strict=True)
        ]
    return made


def _extracted(thing: Thing, path: str) -> Any:
    """`values.a.b[0]` in a thing; None where it leads nowhere."""
    node: Any = thing
    for step in steps_of(path.replace("[", ".[")):
        if step.startswith("["):
            found = _INDEX.fullmatch(step)
            index = int(found[1]) if found else None
            there = isinstance(node, list) and index is not None and -len(node) <= index < len(node)
            node = node[index] if there else None
        else:
            node = node.get(step) if isinstance(node, dict) else None
    return node


def _envelope(tx: Transaction, items: list[Any], page: list[Thing], *, first: bool, more: bool) -> Any:
    lister = tx.plan.lister
    if lister.items is None:
        return items
    made: dict[str, Any] = {lister.items: items}
    if lister.total:
        made[lister.total] = tx.tally["total"]
    if lister.next:
        made[lister.next] = _link(tx, "starting_after", page[-1]) if more and page else None
    if lister.previous:
        made[lister.previous] = None if first or not page else _link(tx, "ending_before", page[0])
    if tx.plan.reply_maker:
        beside = pruned(tx, tx.plan.reply_maker(tx))
        made |= beside if isinstance(beside, dict) else {}
    order = tx.plan.envelope
    return {name: made[name] for name in order if name in made} | made if order else made


def _link(tx: Transaction, word: str, thing: Thing) -> str:
    """The URL of the page that begins after, or ends before, a thing."""
    source = tx.plan.lister.after_name if word == "starting_after" else tx.plan.lister.before_name
    cursors = (tx.plan.lister.after_name, tx.plan.lister.before_name)
    pairs = [(name, value) for name, value in parse_query(tx.request.query) if name not in cursors]
    pairs.append((source or word, str(dig(thing, tx.plan.key_steps))))
    host = tx.request.headers.get("host", "localhost")
    return f"http://{host}{tx.request.path}?{urlencode(pairs)}"


def _pagination(lister: Lister, offset: int, limit: int, shown: int, *, more: bool) -> dict[str, str]:
    if lister.pagination is None:
        return {}
    next_name, total_name = lister.pagination
    if not more:
        return {total_name: str(offset + shown)}
    return {next_name: str(offset + limit), total_name: str(offset + limit + 1)}
