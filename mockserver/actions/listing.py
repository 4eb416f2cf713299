"""List: the things of a shelf, filtered, ordered and cut into pages as the rule says."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.pages import WORDS, Page
from threadmock.mockserver.actions.refusal_conditions import unchanged
from threadmock.mockserver.actions.reply import chosen, declared, pruned, response_headers
from threadmock.mockserver.rules.generation import possible
from threadmock.mockserver.rules.lists import UNLIMITED, Lister, different, in_order, passing, whole_number
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import Thing
from threadmock.specs.members import ABSENT, dig, steps_of
from threadmock.specs.operations.parameters import parse_query
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import base_url

_INDEX = re.compile(r"\[(-?[0-9]{1,9})\]")


def run(call: Call) -> Done | Refused:
    """The array, or the object that holds it."""
    if missing := call.enter():
        return missing
    lister, scope, store = call.plan.lister, call.scope, call.scope.store
    if call.plan.inside and call.plan.inside.graph(scope):
        scope.shelf = call.plan.inside.shelf(scope)
    offset = whole_number(scope, lister.offset, 0)
    if lister.distinct:
        return _values(call, offset)
    plain = not lister.everywhere and lister.is_plain(scope)
    limit = whole_number(scope, lister.limit, lister.default_limit)
    if lister.page is not None:
        before = max(whole_number(scope, lister.page, lister.page_from) - lister.page_from, 0)
        offset = before * limit if limit < UNLIMITED else 0
    if plain:
        total = store.count(scope.shelf)
        page = list(store.newest(scope.shelf, min(offset, total), min(limit, total)))
        ahead, more = offset, offset + len(page) < total
    else:
        things = in_order(scope, lister, passing(scope, lister))
        total = len(things)
        page, ahead, more = _cut(call, things, offset, limit)
    if lister.refuses_nothing and not page:
        return Refused("unknown", "Nothing is on that page", key=scope.parent_key)
    if lister.from_end:
        page.reverse()
    scope.tally = {"total": total, "page": len(page)}
    if call.plan.told:
        view = Page(call, page, total, limit, ahead, more)
        scope.tally = {**scope.tally, **{word: WORDS[word](view) for word in call.plan.told if word in WORDS}}
    items = _items(call, page)
    scope.thing = {"items": items, "total": total}
    if same := unchanged(call, scope.thing):
        return same
    note = f"{len(page)} of {total}"
    headers = {**_pagination(lister, offset, limit, len(page), more=more), **response_headers(call)}
    return Done(call.plan.success, _envelope(call, items, page, first=ahead == 0, more=more), note, headers)


def _values(call: Call, offset: int) -> Done:
    """The different values of a member, in place of things."""
    lister, scope = call.plan.lister, call.scope
    values = different(scope, lister, passing(scope, lister))
    page = values[offset : offset + whole_number(scope, lister.limit, lister.default_limit)]
    scope.tally = {"total": len(values), "page": len(page)}
    more = offset + len(page) < len(values)
    return Done(call.plan.success, _envelope(call, page, [], first=not offset, more=more), f"{len(page)} values")


def _cut(call: Call, things: list[Thing], offset: int, limit: int) -> tuple[list[Thing], int, bool]:
    """The page, how many things come before it, and whether others come after it."""
    lister = call.plan.lister
    after, before = (read(call.scope) if read else ABSENT for read in (lister.after, lister.before))
    start, end = 0, len(things)
    if after is not ABSENT and after is not None:
        start = _position(call, things, after, len(things) - 1) + 1
    if before is not ABSENT and before is not None:
        end = _position(call, things, before, len(things))
        if lister.after:  # a list with both cursors: the page ends where the other begins
            start = max(start, end - limit)
    start = min(start + offset, end)
    page = things[start : min(end, start + limit)]
    return page, start, start + len(page) < (len(things) if lister.after else end)


def _position(call: Call, things: list[Thing], key: Any, unknown: int) -> int:
    wanted = call.plan.key.canonical(key)
    steps = call.plan.key_steps
    canonical = call.plan.key.canonical
    return next((at for at, thing in enumerate(things) if canonical(dig(thing, steps)) == wanted), unknown)


def _items(call: Call, page: list[Thing]) -> list[Any]:
    plan, lister = call.plan, call.plan.lister
    if lister.item:
        keyed = ((thing, str(dig(thing, plan.key_steps))) for thing in page)
        return [pruned(plan, lister.item.make(replace(call.scope, thing=thing, key=key))) for thing, key in keyed]
    names = plan.declared
    made: list[Any] = [thing if names.issuperset(thing) else declared(names, thing) for thing in page]
    asked = lister.select(call.scope) if lister.select else ABSENT
    if asked is not ABSENT:
        made = [chosen(plan, item, asked) for item in made]
    paths = lister.extract(call.scope) if lister.extract else ABSENT
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


def _envelope(call: Call, items: list[Any], page: list[Thing], *, first: bool, more: bool) -> Any:
    lister = call.plan.lister
    if lister.items is None:
        return items
    made: dict[str, Any] = {lister.items: items}
    if lister.total:
        made[lister.total] = call.scope.tally["total"]
    if lister.next:
        made[lister.next] = _link(call, "starting_after", page[-1]) if more and page else None
    if lister.previous:
        made[lister.previous] = None if first or not page else _link(call, "ending_before", page[0])
    if call.plan.reply_maker:
        more_members = pruned(call.plan, call.plan.reply_maker(call.scope))
        made |= more_members if isinstance(more_members, dict) else {}
    order = call.plan.envelope
    _without_nulls(call, made)
    for name in call.plan.required_beside - made.keys():
        made[name] = possible(order[name], call.scope.ids, call.world.clock, name)
    return {name: made[name] for name in order if name in made} | made if order else made


def _without_nulls(call: Call, made: dict[str, Any]) -> None:
    """Leave out what is null and may not be: a cursor that ends is then an empty text, where it has to be there."""
    plan = call.plan
    for name in [name for name, value in made.items() if value is None and name in plan.envelope]:
        schema = plan.envelope[name]
        if checker(schema).valid(None):
            continue
        del made[name]
        if name in plan.required_beside and checker(schema).valid(""):
            made[name] = ""


def _link(call: Call, word: str, thing: Thing) -> str:
    """The URL of the page that begins after, or ends before, a thing."""
    source = call.plan.lister.after_name if word == "starting_after" else call.plan.lister.before_name
    cursors = (call.plan.lister.after_name, call.plan.lister.before_name)
    pairs = [(name, value) for name, value in parse_query(call.scope.request.query) if name not in cursors]
    pairs.append((source or word, str(dig(thing, call.plan.key_steps))))
    return f"{base_url(call.scope.request)}{call.scope.request.path}?{urlencode(pairs)}"


def _pagination(lister: Lister, offset: int, limit: int, shown: int, *, more: bool) -> dict[str, str]:
    if lister.pagination is None:
        return {}
    next_name, total_name = lister.pagination
    if not more:
        return {total_name: str(offset + shown)}
    return {next_name: str(offset + limit), total_name: str(offset + limit + 1)}
