"""Settings → functions that make one member's value. Compiled once for each operation."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from threadmock.mockserver.transaction import ABSENT, Transaction
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
    if source.place == "body":
        return _fetch_body(source.steps)
    name = ".".join(source.steps)
    if source.place == "path":
        return lambda tx: tx.path_values.get(name, ABSENT)
    if source.place == "header":
        return lambda tx: tx.request.headers.get(name.lower(), ABSENT)
    return lambda tx: next((tx.parameters.get(n, v) for n, v in parse_query(tx.request.query) if n == name), ABSENT)


def _fetch_body(steps: tuple[str, ...]) -> Maker:
    if len(steps) == 1:
        only = steps[0]
        return lambda tx: tx.body.get(only, ABSENT)

    def read(tx: Transaction) -> Any:
        node: Any = tx.body
        for step in steps:
            if not isinstance(node, Mapping) or step not in node:
                return ABSENT
            node = node[step]
        return node

    return read


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
    "opaque": lambda tx: tx.world.ids.opaque(tx.operation.rule.resource),
}
_COMPILERS: Mapping[str, Callable[[Setting], Maker]] = {
    "generate": _generate,
    "value": lambda setting: lambda _: setting.value,
    "from": _from,
    "count": _count,
    "members": _members,
    "minutes_after": _minutes_after,
    "absent": lambda _: lambda _: ABSENT,
}
