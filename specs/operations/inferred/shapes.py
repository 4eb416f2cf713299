"""What requests and answers look like: the thing in them, in an envelope or not, lists, and members of things."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation, reply_media
from threadmock.specs.operations.inferred.places import last_of, plain, singular, subject_of
from threadmock.specs.operations.inferred.words import COUNTS
from threadmock.specs.schemas.declared import nodes_of, part_of, properties, required, sendable, types_of
from threadmock.specs.schemas.schema import Schema

_OF_LISTS = ("data", "items", "results", "values", "records", "entries", "content", "list", "rows", "objects", "page")
_BESIDE = frozenset(
    (
        *("object", "kind", "type", "links", "meta", "metadata", "pagination", "paging", "pageable", "sort", "status"),
        *("total", "count", "page", "pages", "limit", "offset", "size", "next", "previous", "prev", "first", "last"),
        *("cursor", "success", "ok", "message", "number", "empty", "more", "skip", "url", "self", "code", "error"),
    )
)
_TELLS = re.compile(
    r"total|count|page|cursor|token|offset|limit|hasmore|hasnext|hasprev|next|prev|firstid|lastid|links?$"
)


_OF_ONE = ("data", "result", "payload", "item", "record", "response", "entity", "resource")
_AROUND = _BESIDE | frozenset(
    (
        *("errors", "messages", "timestamp", "time", "requestid", "traceid", "statuscode", "version", "warnings"),
        *("included", "jsonapi", "apiversion", "correlationid", "path", "duration"),
    )
)
"""Members beside the one thing in an answer."""


def body_schema(operation: Operation) -> Schema | None:
    """The schema of what the operation takes as JSON or a form."""
    contents = operation.body.content.values() if operation.body else ()
    return next((media.schema for media in contents if media.schema), None)


def asked(operation: Operation) -> Mapping[str, Any]:
    """The members that a client may send of a thing: those that are the server's are left out."""
    schema, member = body_schema(operation), sent_in(operation)
    if schema and member:
        schema = part(schema, _object_of(schema, properties(schema)[member]))
    return sendable(schema)


def body_source(operation: Operation, name: str) -> Source:
    """Where a request holds a member of a thing."""
    member = sent_in(operation)
    return Source("body", (member, name) if member else (name,))


def sent_in(operation: Operation) -> str:
    """The member of the body that holds the thing: `{"article": {…}}`; "" where the body is the thing."""
    schema = body_schema(operation)
    members = properties(schema)
    if schema is None or len(members) != 1:
        return ""
    name = next(iter(members))
    own = plain(name) in _names_of_one(operation.path) or name == shown_in(operation)
    return name if own and _is_object(schema, members[name]) else ""


def shown_in(operation: Operation) -> str:
    """The member of the answer that holds the one thing, beside what tells of the answer; "" where it is the thing."""
    schema = reply_schema(operation)
    members = properties(schema)
    if schema is None or "array" in types_of(schema, schema.document):
        return ""
    held = [name for name in members if plain(name) not in _AROUND and not _TELLS.search(plain(name))]
    objects = [name for name in held if _is_object(schema, members[name])]
    if len(objects) == 1 and plain(objects[0]) in _OF_ONE and objects[0] in required(schema):
        held = objects  # what else there is are words about the answer
    if len(held) != 1 or not _is_object(schema, members[held[0]]):
        return ""
    alone = len(members) == 1 or held[0] in required(schema)
    return held[0] if alone or plain(held[0]) in _names_of_one(operation.path) else ""


def shown_thing(operation: Operation) -> Schema | None:
    """The schema of the one thing in a successful answer: of the answer, or of the member that holds it."""
    schema, member = reply_schema(operation), shown_in(operation)
    return part(schema, _object_of(schema, properties(schema)[member])) if schema and member else schema


def _names_of_one(path: str) -> set[str]:
    return {*_OF_ONE, *(plain(singular(each)) for each in path.split("/")), *(plain(each) for each in path.split("/"))}


def _is_object(schema: Schema, node: Any) -> bool:
    types = types_of(schema, node)
    return (
        "object" in types and types <= {"object", "null"} and bool(properties(part(schema, _object_of(schema, node))))
    )


def _object_of(schema: Schema, node: Any) -> Any:
    """The node of an object, of one that may be null the part that is none."""
    whole = schema.resolve(node)
    if (isinstance(whole, Mapping) and "properties" in whole) or "allOf" in whole:
        return whole
    return next((each for each in nodes_of(schema, node) if "properties" in each or "allOf" in each), whole)


def reply_schema(operation: Operation) -> Schema | None:
    """The schema of the successful answer."""
    media = reply_media(operation, operation.success)
    return media.schema if media else None


def part(schema: Schema, node: Any) -> Schema:
    """A schema of its own for what lies in another."""
    node = schema.resolve(node)
    return part_of(schema, node if isinstance(node, Mapping) else {})


def items_of(schema: Schema, node: Any) -> Schema | None:
    """The schema of the items of an array."""
    inner = next((each["items"] for each in nodes_of(schema, node) if "items" in each), None)
    return part(schema, inner) if inner is not None else None


def is_count(operation: Operation) -> bool:
    """Whether a GET answers with how many things there are: a number, or an object with one."""
    schema = reply_schema(operation)
    last = last_of(operation.path)
    if operation.method != "GET" or last not in COUNTS or schema is None:
        return False
    if types_of(schema, schema.document) & {"integer", "number"}:
        return True
    kinds = [types_of(schema, node) for node in properties(schema).values()]
    return len([kind for kind in kinds if kind & {"integer", "number"}]) == 1


def lists_only(operation: Operation) -> bool:
    """Whether an answer is nothing but a list: an array, or one array of things beside what tells of a list."""
    schema = reply_schema(operation)
    members = properties(schema)
    if schema is None or "array" in types_of(schema, schema.document):
        return schema is not None
    arrays = [name for name, node in members.items() if "array" in types_of(schema, node)]
    others = [plain(name) for name in members if name not in arrays]
    return len(arrays) == 1 and all(name in _BESIDE or _TELLS.search(name) for name in others)


def is_list(operation: Operation, *, expected: bool) -> tuple[bool, str | None]:
    """Whether a reply lists things, and in which member (None: it is the array).

    expected: whether the path is that of a collection: then it is enough that one member is an array.
    """
    schema = reply_schema(operation)
    if schema is None:
        return False, None
    if "array" in types_of(schema, schema.document):
        return True, None
    members = properties(schema)
    arrays = [name for name, node in members.items() if "array" in types_of(schema, node)]
    name = plain(subject_of(operation.path).name)
    arrays.sort(key=lambda each: (plain(each) != name, plain(each) not in _OF_LISTS))
    for each in arrays:
        items = items_of(schema, members[each])
        things = items is not None and types_of(items, items.document) <= {"object", "null"}
        others = [other for other in members if other != each]
        telling = all(plain(other) in _BESIDE or _TELLS.search(plain(other)) for other in others)
        if (things or expected) and (telling or expected or plain(each) in (name, *_OF_LISTS[:4])):
            return True, each
    return False, None


@dataclass(frozen=True)
class Member:
    """A member of a thing: its name, and its node in the schema that shows it."""

    name: str
    schema: Schema
    node: Any

    @cached_property
    def parts(self) -> tuple[Mapping[str, Any], ...]:
        """All that its node combines."""
        return tuple(nodes_of(self.schema, self.node))

    @cached_property
    def types(self) -> frozenset[str]:
        """The JSON types that it may have; empty where none is named. A nullable one may be null."""
        found = types_of(self.schema, self.node)
        return found | {"null"} if found and any(part.get("nullable") is True for part in self.parts) else found

    @property
    def formats(self) -> frozenset[str]:
        """Its formats."""
        return frozenset(str(part["format"]) for part in self.parts if "format" in part)

    @property
    def values(self) -> list[Any]:
        """The values that it lists."""
        return [value for part in self.parts for value in part.get("enum") or ()]

    @cached_property
    def required(self) -> bool:
        """Whether every thing has it."""
        return self.name in required(self.schema)

    def first(self, word: str) -> Any:
        """What its node says by a keyword; None where it says nothing."""
        return next((part[word] for part in self.parts if word in part), None)
