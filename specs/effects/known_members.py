"""What a whole document makes: which resources there are, and which members their requests and answers have."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from threadmock.specs.behaviour.profile import Profile
from threadmock.specs.behaviour.rule import Expiry, Listing
from threadmock.specs.behaviour.setting import Made, Setting
from threadmock.specs.contract import Operation, reply_media
from threadmock.specs.operations.batches import batch_of
from threadmock.specs.schemas.declared import nodes_of, properties, types_of
from threadmock.specs.schemas.schema import Schema

_PLACES = ("stored", "parent", "latest", "listed")


class KnownMembers:
    """made: resources of which there may be a thing."""

    def __init__(self, operations: Sequence[Operation], profile: Profile) -> None:
        self._members: dict[str, set[str]] = {}
        self._open: set[str] = set()
        self._read: set[str] = set()
        made: set[str] = set()
        self._makers: dict[str, str] = {}
        for operation in operations:
            rule = operation.rule
            makes = (rule.traits.makes and rule.action != "replace") or rule.traits.makes_several
            if makes or rule.missing == "create":
                made.add(rule.resource)
                self._makers[operation.path] = rule.resource
            self._note(operation)
        for record in _records((*(each.rule for each in operations), profile)):
            if isinstance(record, Made):
                made.add(record.resource)
            self._read.update(_read_by(record))
        if profile.fill:
            made.add(profile.fill.below[0])
        if profile.agent and profile.agent.inside:
            made.add(profile.agent.inside.resource)
        self.made = frozenset(made - {""})

    def made_above(self, operation: Operation) -> str:
        """The resource that a create makes in the collection of which an operation names an item, or is; else ""."""
        collection, _, last = operation.path.rpartition("/")
        collection = collection if last.startswith("{") else operation.path
        return self._makers.get(collection, "")

    def lacks(self, resource: str, name: str) -> Sequence[str] | None:
        """The members that there are, where nothing of the resource has a dotted one; None where it may be there."""
        first = name.partition(".")[0]
        known = self._members.get(resource, set())
        if not known or not first or resource in self._open or first in known or first in self._read:
            return None
        return sorted(known)

    @staticmethod
    def answer(operation: Operation) -> tuple[Sequence[str], Sequence[str]]:
        """The members that an operation's answer declares, and which of them hold arrays. None: it declares nothing."""
        media = reply_media(operation, operation.success)
        declared = properties(media.schema) if media else {}
        schema = media.schema if media else None
        return list(declared), [name for name, node in declared.items() if schema and "array" in types_of(schema, node)]

    @staticmethod
    def asked(operation: Operation) -> Sequence[str]:
        """The members that a request's body declares."""
        content = operation.body.content.values() if operation.body else ()
        return sorted({name for media in content for name in properties(media.schema)})

    def _note(self, operation: Operation) -> None:
        rule = operation.rule
        media = reply_media(operation, operation.success)
        shows = rule.reply is None or rule.action == "list" or rule.held_in
        if media is not None and media.schema is not None and shows and rule.action != "fixed":
            names = (
                set(_item_properties(media.schema, rule.listing))
                if rule.action == "list"
                else _held_properties(media.schema, rule.held_in)
            )
            if not names and "object" in types_of(media.schema, media.schema.document):
                self._open.add(rule.resource)
            self._members.setdefault(rule.resource, set()).update(names)
        if rule.traits.makes_several and (batch := batch_of(operation)):
            self._members.setdefault(rule.resource, set()).update(properties(batch.sent), properties(batch.answer))
        if rule.traits.makes_of_body or rule.traits.changes:
            for each in operation.body.content.values() if operation.body else ():
                own = properties(each.schema)
                inner = _held_properties(each.schema, next(iter(own))) if each.schema and len(own) == 1 else set()
                self._members.setdefault(rule.resource, set()).update(own, inner)


def _held_properties(schema: Schema, member: str) -> set[str]:
    """The members of the thing that a member holds; of the whole, where none does."""
    node = properties(schema).get(member) if member else schema.document
    return {name for part in nodes_of(schema, node) for name in part.get("properties", {})}


def _item_properties(schema: Schema, listing: Listing | None) -> Iterator[str]:
    items = listing.items if listing else None
    node = properties(schema).get(items) if items else schema.document
    for part in nodes_of(schema, node):
        for inner in nodes_of(schema, part.get("items")):
            yield from inner.get("properties", {})


def _read_by(record: Any) -> Iterator[str]:
    """The members of stored things that a part of a rule reads, by their first step."""
    if isinstance(record, Setting) and record.steps:
        yield record.steps[1 if record.steps[0] == "latest" and len(record.steps) > 1 else 0]
    if isinstance(record, Expiry):
        yield from (steps[0] for steps in (record.at, record.strategy) if steps)
    for when in (getattr(record, name, ()) for name in ("when",)):
        if isinstance(when, tuple):
            yield from (steps[0] for place, steps, _ in when if place in _PLACES and steps)


def _records(value: Any) -> Iterator[Any]:
    """Every dataclass in a value, at any depth."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if dataclasses.is_dataclass(node) and not isinstance(node, Schema):
            yield node
            waiting += [getattr(node, each.name) for each in dataclasses.fields(node)]
        elif isinstance(node, Mapping):
            waiting += node.values()
        elif isinstance(node, tuple | list):
            waiting += node
