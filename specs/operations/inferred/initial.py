"""Things that are there from the start, since no operation of a document makes them. All assumed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from threadmock.specs.behaviour.setting import Key, Made, Setting
from threadmock.specs.contract import Operation, reply_media
from threadmock.specs.members import ABSENT, dig, steps_of

_SHOWS = ("read", "list", "update", "delete")


def infer_initial(operations: Iterable[Operation], declared: Iterable[Made]) -> tuple[Made, ...]:
    """One thing for each documented example of a resource that can be read and not be made; else one without members.

    What an example lacks, or all of it, is made by the schema when the thing is stored.
    """
    operations = list(operations)
    made = {each.rule.resource for each in operations if each.rule.traits.makes or each.rule.makes_more}
    made |= {each.rule.resource for each in operations if each.rule.traits.makes_several}
    made |= {each.resource for each in declared}
    made |= {also.resource for each in operations for also in each.rule.also}
    found: dict[str, list[Operation]] = {}
    for each in operations:
        rule = each.rule
        if (
            rule.evidence == "assumed"
            and rule.action in _SHOWS
            and rule.key
            and rule.within is None
            and rule.resource not in made
        ):
            found.setdefault(rule.resource, []).append(each)
    return tuple(thing for name, those in found.items() for thing in _things(name, those))


def _things(resource: str, operations: list[Operation]) -> Iterator[Made]:
    if not any(each.rule.action in ("read", "list") for each in operations):
        return
    key = next(each.rule.key for each in operations if each.rule.key)
    if key is None:
        return
    own = Key(key.member, None, "opaque", "assumed")
    seen: dict[Any, Mapping[str, Any]] = {}
    for operation in operations:
        for example in _examples(operation):
            value = dig(example, steps_of(key.member))
            if isinstance(value, str | int) and value is not ABSENT:
                seen[value] = {**example, **seen.get(value, {})}
    for example in seen.values():
        settings = {name: Setting("value", value=value, evidence="assumed") for name, value in example.items()}
        yield Made(resource, own, settings, evidence="assumed")
    if not seen:
        yield Made(resource, own, {}, evidence="assumed")


def _examples(operation: Operation) -> Iterator[Mapping[str, Any]]:
    rule = operation.rule
    media = reply_media(operation, operation.success)
    if media is None or rule.action not in ("read", "list"):
        return
    shown = [*media.examples.values()]
    for value in shown:
        if rule.action == "list" and rule.listing is not None:
            items = value.get(rule.listing.items) if rule.listing.items and isinstance(value, Mapping) else value
            yield from (each for each in (items if isinstance(items, list) else ()) if isinstance(each, Mapping))
        elif isinstance(value, Mapping):
            yield value
