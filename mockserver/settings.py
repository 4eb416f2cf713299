"""Settings → functions that make one member's value. Compiled once for each operation."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from threadmock.mockserver.transaction import ABSENT, Transaction, dig
from threadmock.specs.behaviour import Setting, Source
from threadmock.specs.formats import write_date_time
from threadmock.specs.parameters import parse_query

Maker = Callable[[Transaction], Any]
_MOST_MINUTES = 60 * 24 * 366 * 5000


def compile_setting(setting: Setting) -> Maker:
    """The function that makes a member's value, or ABSENT where the member is left out."""
    return _COMPILERS[setting.kind](setting)


def fetch(source: Source) -> Maker:
    """The function that reads one source; ABSENT where the request has no such thing."""
    steps = source.steps
    if source.place == "body":
        return _fetch_body(steps)
    if source.place == "item":
        return lambda tx: dig(tx.item, steps)
    name = ".".join(steps)
    if source.place == "path":
        return lambda tx: tx.path_values.get(name, ABSENT)
    if source.place == "header":
        return lambda tx: tx.request.headers.get(name.lower(), ABSENT)

    def read(tx: Transaction) -> Any:
        if name in tx.parameters:
            return tx.parameters[name]
        return next((value for given, value in parse_query(tx.request.query) if given == name), ABSENT)

    return read


def _fetch_body(steps: tuple[str, ...]) -> Maker:
    if len(steps) == 1:
        only = steps[0]
        return lambda tx: tx.body.get(only, ABSENT)
    return lambda tx: dig(tx.body, steps)


def _first(setting: Setting) -> Maker:
    readers = tuple(fetch(source) for source in setting.sources)
    drop_null = setting.null == "absent"

    def read(tx: Transaction) -> Any:
        for reader in readers:
            value = reader(tx)
            if value is not ABSENT and not (drop_null and value is None):
                return value
        return ABSENT

    return readers[0] if len(readers) == 1 and not drop_null else read


def _from(setting: Setting) -> Maker:
    read = _first(setting)
    if setting.otherwise is None:
        return read
    other = compile_setting(setting.otherwise)

    def make(tx: Transaction) -> Any:
        value = read(tx)
        return other(tx) if value is ABSENT else value

    return make


def _generate(setting: Setting) -> Maker:
    return GENERATORS[setting.generator]


def _count(setting: Setting) -> Maker:
    readers = tuple(fetch(source) for source in setting.sources)
    return lambda tx: sum(1 for read in readers if read(tx) not in (ABSENT, None))


def _members(setting: Setting) -> Maker:
    guards = tuple(fetch(source) for source in setting.sources)
    makers = tuple((name, compile_setting(inner)) for name, inner in setting.members)

    def make(tx: Transaction) -> Any:
        for guard in guards:
            value = guard(tx)
            if value is not ABSENT and value is not None:
                break
        else:
            if guards:
                return ABSENT
        made = {name: maker(tx) for name, maker in makers}
        return {name: value for name, value in made.items() if value is not ABSENT}

    return make


def _list(setting: Setting) -> Maker:
    makers = tuple(compile_setting(inner) for _, inner in setting.members)

    def make(tx: Transaction) -> Any:
        made = [maker(tx) for maker in makers]
        return [value for value in made if value is not ABSENT]

    return make


def _otherwise(setting: Setting, read: Maker) -> Maker:
    """The reader with what is found where it finds nothing, and with a number added."""
    other = compile_setting(setting.otherwise) if setting.otherwise else lambda _: ABSENT
    plus = setting.plus

    def make(tx: Transaction) -> Any:
        value = read(tx)
        if value is ABSENT:
            return other(tx)
        return value + plus if plus and isinstance(value, int) else value

    return make


def _looked_up(setting: Setting) -> Maker:
    steps, kind = setting.steps, setting.kind

    def read(tx: Transaction) -> Any:
        thing = tx.thing if kind == "stored" else tx.parent if kind == "parent" else tx.latest
        return ABSENT if thing is None else dig(thing, steps)

    return _otherwise(setting, read)


def _child(setting: Setting) -> Maker:
    resource = str(setting.value)

    def read(tx: Transaction) -> Any:
        below = (tx.contract.name, resource, tx.operation.rule.resource, tx.key)
        return next(iter(tx.world.store.newest(below, 0, 1)), ABSENT)

    return _otherwise(setting, read)


def plain_text(content: Any) -> str:
    """The text of a content: the text itself, or the texts of its parts, one after the other."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "".join(str(part["text"]) for part in parts if isinstance(part, Mapping) and "text" in part)


def _text(setting: Setting) -> Maker:
    read = _first(setting)

    def make(tx: Transaction) -> Any:
        value = read(tx)
        return ABSENT if value is ABSENT or value is None else plain_text(value)

    return _otherwise(setting, make)


def _merged(setting: Setting) -> Maker:
    read, steps, appended = _first(setting), setting.steps, tuple(setting.value)

    def make(tx: Transaction) -> Any:
        before = dig(tx.latest, steps[1:]) if steps[:1] == ("latest",) else dig(tx.thing, steps)
        made = dict(before) if isinstance(before, Mapping) else {}
        sent = read(tx)
        for each in sent if isinstance(sent, list) else [sent]:
            if isinstance(each, Mapping):
                joined = {name: _joined(made.get(name), each[name]) for name in appended if name in each}
                made |= {**each, **joined}
        return made

    return make


def _joined(before: Any, sent: Any) -> Any:
    """A list with others appended; one with the id of an earlier one takes its place."""
    if not isinstance(sent, list):
        sent = [sent]
    if not isinstance(before, list):
        return sent
    places = {item["id"]: at for at, item in enumerate(before) if isinstance(item, Mapping) and "id" in item}
    made = list(before)
    for item in sent:
        at = places.get(item.get("id")) if isinstance(item, Mapping) and isinstance(item.get("id"), str) else None
        if at is None:
            made.append(item)
        else:
            made[at] = item
    return made


def _minutes_after(setting: Setting) -> Maker:
    read = _first(setting)

    def make(tx: Transaction) -> Any:
        minutes = read(tx)
        if not isinstance(minutes, (int, float)) or isinstance(minutes, bool) or abs(minutes) > _MOST_MINUTES:
            return ABSENT
        try:
            return write_date_time(tx.moment + datetime.timedelta(minutes=minutes))
        except OverflowError:
            return ABSENT

    return make


GENERATORS: Mapping[str, Maker] = {
    "now": lambda tx: tx.stamp,
    "uuid4": lambda tx: tx.world.ids.uuid4(),
    "uuid7": lambda tx: tx.world.ids.uuid7(tx.moment),
    "uuid6": lambda tx: tx.world.ids.uuid6(tx.moment),
    "opaque": lambda tx: tx.world.ids.opaque(tx.operation.rule.resource),
    "key": lambda tx: tx.key,
    "parent_key": lambda tx: tx.parent_key,
}
_COMPILERS: Mapping[str, Callable[[Setting], Maker]] = {
    "generate": _generate,
    "value": lambda setting: lambda _: setting.value,
    "from": _from,
    "count": _count,
    "members": _members,
    "minutes_after": _minutes_after,
    "absent": lambda _: lambda _: ABSENT,
    "stored": _looked_up,
    "parent": _looked_up,
    "latest": _looked_up,
    "child": _child,
    "list": _list,
    "text": _text,
    "merged": _merged,
    "tally": lambda setting: lambda tx: tx.tally.get(setting.value, 0),
}
