"""Settings → functions that make one member's value. Compiled once for each operation."""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from threadmock.mockserver.rules.generators import GENERATORS
from threadmock.mockserver.rules.lookups import Parts, declared, named, related, scheduled
from threadmock.mockserver.rules.messages import joined, plain_text, read_messages
from threadmock.mockserver.rules.outcome import Unfit
from threadmock.mockserver.rules.scope import Scope, shelf_below
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.members import ABSENT, dig, gather
from threadmock.specs.operations.path_templates import encoded, within
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.wire.strictjson import dump_json

_NO = (ABSENT, None, False, "false")
_MARK = re.compile(r"\$(?:item\.(\w+)|(parent_key|key|base))")
_MOST_MINUTES = 60 * 24 * 366 * 5000


def compile_setting(setting: Setting) -> Maker:
    """The function that makes a member's value, or ABSENT where the member is left out."""
    make = COMPILERS[setting.kind](setting)
    if setting.when is None:
        return make
    asked = fetch(setting.when)
    return lambda scope: ABSENT if asked(scope) in _NO else make(scope)


def _first(setting: Setting) -> Maker:
    readers = tuple(fetch(source) for source in setting.sources)
    drop_null = setting.null == "absent"

    def read(scope: Scope) -> Any:
        for reader in readers:
            value = reader(scope)
            if value is not ABSENT and not (drop_null and value is None):
                return value
        return ABSENT

    return readers[0] if len(readers) == 1 and not drop_null else read


def _translated(read: Maker, words: Mapping[str, str]) -> Maker:
    """The reader with its texts translated by a table of words."""
    if not words:
        return read
    rest = words.get("*")

    def make(scope: Scope) -> Any:
        value = read(scope)
        return words.get(value, value if rest is None else rest) if isinstance(value, str) else value

    return make


def _from(setting: Setting) -> Maker:
    read = _only(_without(_translated(_first(setting), setting.words), setting.without), setting.only)
    return read if setting.otherwise is None and not setting.plus else _otherwise(setting, read)


def _generate(setting: Setting) -> Maker:
    return GENERATORS[setting.generator]


def _count(setting: Setting) -> Maker:
    readers = tuple(fetch(source) for source in setting.sources)
    return lambda scope: sum(1 for read in readers if read(scope) not in (ABSENT, None))


def _members(setting: Setting) -> Maker:
    guards = tuple(fetch(source) for source in setting.sources)
    makers = tuple((name, compile_setting(inner)) for name, inner in setting.members)
    other = compile_setting(setting.otherwise) if setting.otherwise else lambda _: ABSENT

    def make(scope: Scope) -> Any:
        for guard in guards:
            value = guard(scope)
            if value is not ABSENT and value is not None:
                break
        else:
            if guards:
                return other(scope)
        made = {name: maker(scope) for name, maker in makers}
        return {name: value for name, value in made.items() if value is not ABSENT}

    return make


def _list(setting: Setting) -> Maker:
    makers = tuple((compile_setting(inner), inner.kind == "each") for _, inner in setting.members)

    def make(scope: Scope) -> Any:
        made: list[Any] = []
        for maker, spread in makers:
            value = maker(scope)
            if value is not ABSENT:
                made += value if spread else [value]
        return made

    return make


def _each(setting: Setting) -> Maker:
    read = _first(setting)
    maker = compile_setting(setting.members[0][1])

    def make(scope: Scope) -> Any:
        items = read(scope)
        if not isinstance(items, list):
            return ABSENT
        made = [maker(replace(scope, item=item)) for item in items]
        return [value for value in made if value is not ABSENT]

    return make


def _messages(setting: Setting) -> Maker:
    read = _first(setting)
    maker = compile_setting(setting.members[0][1])

    def make(scope: Scope) -> Any:
        found = read(scope)
        if found is ABSENT:
            return ABSENT
        agent = scope.contract.profile.agent
        messages = list(read_messages(scope, found))
        if agent and "role" in agent.input.fails and (unknown := [e["unknown"] for e in messages if "unknown" in e]):
            raise Unfit(f"{str(unknown[0])[:100]!r} is no role of a message")
        return [maker(replace(scope, item=each)) for each in messages]

    return make


def _otherwise(setting: Setting, read: Maker) -> Maker:
    """The reader with what is found where it finds nothing, and with a number added."""
    other = compile_setting(setting.otherwise) if setting.otherwise else lambda _: ABSENT
    plus = setting.plus

    def make(scope: Scope) -> Any:
        value = read(scope)
        if value is ABSENT:
            return other(scope)
        return value + plus if plus and isinstance(value, int) else value

    return make


def _looked_up(setting: Setting) -> Maker:
    steps, kind = setting.steps, setting.kind

    def read(scope: Scope) -> Any:
        thing = scope.thing if kind == "stored" else scope.parent if kind == "parent" else scope.latest
        return ABSENT if thing is None else dig(thing, steps)

    changed = setting.plus_item or setting.minus_item
    return _otherwise(setting, _with_items(setting, read) if changed else read)


def _with_items(setting: Setting, read: Maker) -> Maker:
    """The list that is read with one item more, or without one; texts and numbers that look alike are one item."""
    more, less = (fetch(each) if each else None for each in (setting.plus_item, setting.minus_item))

    def make(scope: Scope) -> Any:
        value = read(scope)
        found = list(value) if isinstance(value, list) else []
        item = more(scope) if more else ABSENT
        if item is not ABSENT and str(item) not in map(str, found):
            found.append(item)
        gone = less(scope) if less else ABSENT
        return [each for each in found if gone is ABSENT or str(each) != str(gone)]

    return make


def _child(setting: Setting) -> Maker:
    resource = str(setting.value)

    def read(scope: Scope) -> Any:
        return next(iter(scope.store.newest(shelf_below(scope, resource), 0, 1)), ABSENT)

    return _otherwise(setting, read)


def _below(setting: Setting) -> Maker:
    resource, counted = str(setting.value), setting.kind == "counted"

    def read(scope: Scope) -> Any:
        things = scope.store.list((scope.contract.name, resource, *_parent_of(scope)))
        return len(things) if counted else sum(len(dump_json(thing)) for thing in things)

    return read


def _parent_of(scope: Scope) -> Sequence[str]:
    lies_in = scope.operation.rule.within
    if lies_in is None or scope.shelf[2:4] == (lies_in.resource, scope.parent_key):
        return scope.shelf[2:]  # a thing that was found below its parent
    return (lies_in.resource, scope.parent_key) if scope.parent_key else ()


def _text(setting: Setting) -> Maker:
    read = _first(setting)

    def make(scope: Scope) -> Any:
        value = read(scope)
        return ABSENT if value is ABSENT or value is None else plain_text(value)

    return _otherwise(setting, make)


def _merged(setting: Setting) -> Maker:
    readers = tuple(fetch(source) for source in setting.sources)
    if setting.members:
        readers = (compile_setting(setting.members[0][1]),)
    steps, appended = setting.steps, tuple(setting.value)

    def make(scope: Scope) -> Any:
        if steps[:1] == ("latest",):
            before = dig(scope.latest, steps[1:])
        else:
            before = dig(scope.item, steps[1:]) if steps[:1] == ("item",) else dig(scope.thing, steps)
        made = dict(before) if isinstance(before, Mapping) else {}
        agent = scope.contract.profile.agent
        removal = agent.input.removal if agent else None
        for each in _objects([read(scope) for read in readers]):
            made |= {**each, **{name: joined(made.get(name), each[name], removal) for name in appended if name in each}}
        return made

    return make


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects in lists of any depth; a pair that begins with a name is an object of that member."""
    if isinstance(value, Mapping):
        yield value
    elif isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], str):
            yield {value[0]: value[1]}
        else:
            for item in value:
                yield from _objects(item)


def _minutes_after(setting: Setting) -> Maker:
    read = _first(setting)

    def make(scope: Scope) -> Any:
        minutes = read(scope)
        if not isinstance(minutes, (int, float)) or isinstance(minutes, bool) or abs(minutes) > _MOST_MINUTES:
            return ABSENT
        try:
            return write_date_time(scope.moment + datetime.timedelta(minutes=minutes))
        except OverflowError:
            return ABSENT

    return make


def _template(setting: Setting) -> Maker:
    text = str(setting.value)
    in_address = text.startswith(("/", "$base", "http://", "https://"))

    def make(scope: Scope) -> str:
        return _MARK.sub(lambda mark: _within(scope, mark) if in_address else _marked(scope, mark), text)

    return make


def _within(scope: Scope, mark: re.Match[str]) -> str:
    """As `_marked`, in an address: a key stands in one segment of its path (RFC 3986, 3.3)."""
    made = _marked(scope, mark)
    return encoded(within(made)) if mark[2] in ("key", "parent_key") else made


def _marked(scope: Scope, mark: re.Match[str]) -> str:
    """What a mark of a template stands for."""
    if mark[1]:
        return str(gather(scope.item, (mark[1],)))
    if mark[2] == "base":
        return base_of(scope)
    return scope.key if mark[2] == "key" else scope.parent_key


def base_of(scope: Scope) -> str:
    """Scheme and host of the request."""
    return f"http://{scope.request.headers.get('host', 'localhost')}"


def _sequence(setting: Setting) -> Maker:
    below = setting.value == "parent"

    def make(scope: Scope) -> int:
        resource = scope.operation.rule.resource
        return scope.ids.number("/".join((resource, "#", *(scope.shelf[2:] if below else ()))))

    return make


def _keyed(setting: Setting) -> Maker:
    read, maker = _first(setting), compile_setting(setting.members[0][1])

    def make(scope: Scope) -> Any:
        name = read(scope)
        value = maker(scope)
        return {name: value} if isinstance(name, str) and value is not ABSENT else ABSENT

    return _otherwise(setting, make)


def _without(read: Maker, names: tuple[str, ...]) -> Maker:
    def make(scope: Scope) -> Any:
        value = read(scope)
        if not isinstance(value, Mapping):
            return value
        return {name: inner for name, inner in value.items() if name not in names}

    return make if names else read


def _only(read: Maker, source: Source | None) -> Maker:
    if source is None:
        return read
    kept = fetch(source)

    def make(scope: Scope) -> Any:
        value, names = read(scope), kept(scope)
        if not isinstance(value, Mapping) or not isinstance(names, list):
            return value
        return {name: inner for name, inner in value.items() if name in names}

    return make


def _of_parts(build: Callable[[Setting, Parts], Maker]) -> Callable[[Setting], Maker]:
    """How a setting is compiled that has settings of its own by name."""

    def compiled(setting: Setting) -> Maker:
        return _otherwise(setting, build(setting, {name: compile_setting(inner) for name, inner in setting.members}))

    return compiled


COMPILERS: Mapping[str, Callable[[Setting], Maker]] = {
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
    "counted": _below,
    "weighed": _below,
    "sequence": _sequence,
    "list": _list,
    "each": _each,
    "messages": _messages,
    "template": _template,
    "keyed": _keyed,
    "text": _text,
    "merged": _merged,
    "related": _of_parts(related),
    "scheduled": _of_parts(scheduled),
    "named": _of_parts(named),
    "declared": _of_parts(declared),
    "tally": lambda setting: lambda scope: scope.tally.get(setting.value, 0),
}
