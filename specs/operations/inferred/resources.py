"""The things of a whole document: which paths are about which, what names one of them, what it looks like.

Built once from all operations. An operation alone does not tell whether `POST /tickets/{id}/close` makes a close or
closes a ticket, nor that `/projects/{key}/tickets` and `/tickets/{id}` are about the same things.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from threadmock.specs.contract import Operation, Parameter, json_media
from threadmock.specs.operations.path_templates import name_of, names_in, shape
from threadmock.specs.schemas.declared import nodes_of, part_of, properties, required, types_of
from threadmock.specs.schemas.schema import Schema

_USUAL_KEYS = ("id", "uuid", "guid", "sid", "key", "_id")
_SUFFIXES = ("id", "uuid", "guid", "sid", "key", "name", "slug", "code", "number", "no", "handle", "username", "login")
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


def plain(name: str) -> str:
    """A name without case and punctuation: `ticket_id`, `ticketId` → `ticketid`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_PLURALS = (
    *(("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("zzes", "zz")),
    *(("ss", "ss"), ("us", "us"), ("is", "is"), ("s", "")),
)


def singular(name: str) -> str:
    """One of the things that a plural names: `stories` → `story`, `boxes` → `box`, `tickets` → `ticket`."""
    for ending, other in _PLURALS:
        if name.lower().endswith(ending) and len(name) > len(ending) + 1:
            return name[: len(name) - len(ending)] + other
    return name


@dataclass(frozen=True)
class PathSubject:
    """What a path is about. name: its last segment that is no parameter. key: the parameter that is its last segment.

    above: (segment, parameter) for each parameter before the name, the outermost first.
    """

    name: str
    key: str
    above: tuple[tuple[str, str], ...]


def subject_of(path: str) -> PathSubject:
    """`/a/threads/{id}/notes/{n}` → PathSubject("notes", "n", (("threads", "id"),))."""
    segments = [segment for segment in path.split("/") if segment]
    key = name_of(segments[-1]) if segments else ""
    rest = segments[:-1] if key else segments
    name, above = "", []
    if rest and not names_in(rest[-1]):
        name, rest = rest[-1], rest[:-1]
    elif rest:  # two parameters in a row: the first names what the second lies below
        name = next((segment for segment in reversed(rest) if not names_in(segment)), "")
    for index, segment in enumerate(rest):
        if parameter := name_of(segment):
            before = rest[index - 1] if index and not names_in(rest[index - 1]) else parameter
            above.append((before, parameter))
    return PathSubject(name or path, key, tuple(above))


def body_schema(operation: Operation) -> Schema | None:
    """The schema of what the operation takes as JSON or a form."""
    contents = operation.body.content.values() if operation.body else ()
    return next((media.schema for media in contents if media.schema), None)


def asked(operation: Operation) -> Mapping[str, Any]:
    """The members that a client may send: those that are the server's are left out."""
    schema = body_schema(operation)
    found = properties(schema).items()
    return {name: node for name, node in found if schema and not is_read_only(schema, node)}


def is_read_only(schema: Schema, node: Any) -> bool:
    """Whether a member is the server's."""
    return any(part.get("readOnly") is True for part in nodes_of(schema, node))


def reply_schema(operation: Operation) -> Schema | None:
    """The schema of the successful answer."""
    media = json_media(operation, operation.success)
    return media.schema if media else None


def part(schema: Schema, node: Any) -> Schema:
    """A schema of its own for what lies in another."""
    node = schema.resolve(node)
    return part_of(schema, node if isinstance(node, Mapping) else {})


def items_of(schema: Schema, node: Any) -> Schema | None:
    """The schema of the items of an array."""
    inner = next((each["items"] for each in nodes_of(schema, node) if "items" in each), None)
    return part(schema, inner) if inner is not None else None


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


@dataclass
class Resource:
    """The things of one kind. name: as paths have it. things: schemas that show one, the fullest first.

    key: the member that identifies one; generator: how a new one is made.
    keys: the parameters that name one of them. parents: names of resources that it lies below by a path. made: whether
    an operation makes one.
    """

    name: str
    things: list[Schema] = field(default_factory=list)
    key: str = ""
    generator: str = "opaque"
    operations: list[Operation] = field(default_factory=list)
    keys: list[Parameter] = field(default_factory=list)
    parents: set[str] = field(default_factory=set)
    made: bool = False
    _members: dict[str, Member] = field(default_factory=dict)
    _count: int = 0

    @property
    def members(self) -> Mapping[str, Member]:
        """All members that answers show of it, of each the node that the fullest schema has."""
        if self._count != len(self.things):
            self._count, self._members = len(self.things), {}
            for schema in self.things:
                for name, node in properties(schema).items():
                    self._members.setdefault(name, Member(name, schema, node))
        return self._members

    def member(self, *names: str) -> str:
        """The first of these names that a member has, however it is spelled; "" for none."""
        own = {plain(name): name for name in reversed([*self.members])}
        return next((own[plain(name)] for name in names if plain(name) in own), "")


class Model:
    """The resources of a document, and which of them an operation is about."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.items: dict[str, list[Operation]] = {}
        self.resources: dict[str, Resource] = {}
        self._names: dict[str, str] = {}
        self._of: dict[Operation, str] = {}
        self._apart_from: dict[str, str] = {}
        for each in operations:
            if subject_of(each.path).key:
                self.items.setdefault(_shape(each.path), []).append(each)
        self.collections = {
            shape_ for each in self.items if (shape_ := each.rpartition("/")[0]).rpartition("/")[2] != "{}"
        }
        self.posted = {_shape(each.path) for each in operations if each.method == "POST"}
        self.shown = {_shape(each.path) for each in operations if each.method == "GET"}
        self.listed = {
            _shape(each.path): found[1]
            for each in operations
            if each.method == "GET" and not subject_of(each.path).key
            for found in [is_list(each, expected=self.is_collection(each.path))]
            if found[0]
        }
        for each in operations:
            self._add(each)
        for name in [name for name in self.resources if name in self._apart_from]:
            self._join(name, self._apart_from[name])
        for resource in self.resources.values():
            _find_key(resource)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all resources; asked for only when all of them are known."""
        return tuple(self.resources)

    @cached_property
    def singulars(self) -> Mapping[str, int]:
        """What one thing of a resource is called → the place of the first such resource in `names`."""
        return {plain(singular(self.names[at])): at for at in reversed(range(len(self.names)))}

    def is_collection(self, path: str) -> bool:
        """Whether things are named below a path, or made at it."""
        return _shape(path) in self.collections or _shape(path) in self.posted

    def is_below(self, path: str) -> bool:
        """Whether a path names things below this one."""
        return _shape(path) in self.collections

    def is_shown(self, path: str) -> bool:
        """Whether a GET answers at this path."""
        return _shape(path) in self.shown

    def of(self, operation: Operation) -> Resource:
        """The resource that an operation is about by its path."""
        return self.resources[self._of[operation]]

    def named(self, segment: str) -> str:
        """The name of the resource that a segment of a path stands for."""
        return self._names.get(plain(singular(segment)), segment)

    def items_at(self, path: str) -> list[Operation]:
        """The operations on one thing at a path of this shape."""
        return self.items.get(_shape(path), [])

    def _add(self, operation: Operation) -> None:
        place = subject_of(operation.path)
        common = plain(singular(place.name)) or place.name
        name = self._names.setdefault(common, place.name)
        thing = self._thing(operation, place)
        if thing is not None and (own := self._apart(name, place, thing)):
            self._apart_from[own] = name
            name = own
        resource = self.resources.setdefault(name, Resource(name))
        resource.operations.append(operation)
        self._of[operation] = name
        if thing is not None:
            resource.things.append(thing)
            resource.things.sort(key=lambda each: -len(properties(each)))
        if place.key:
            resource.keys += [each for each in operation.parameters_in("path") if each.name == place.key]
        if place.above:
            resource.parents.add(self.named(place.above[-1][0]))

    def _apart(self, name: str, place: PathSubject, thing: Schema) -> str:
        """Another name for things that look other than those of the same name elsewhere; "" where they are the same."""
        known = self.resources.get(name)
        if known is None or not known.things or not place.above:
            return ""
        own, others = set(properties(thing)), set(known.members)
        if not own or not others or 2 * len(own & others) > min(len(own), len(others)):
            return ""
        return f"{singular(place.above[-1][0])} {name}"

    def _join(self, name: str, plainer: str) -> None:
        """Have things that nothing makes count as those of the same name that look otherwise."""
        own, other = self.resources[name], self.resources[plainer]
        if any(each.method in ("POST", "PUT") for each in own.operations):
            return
        del self.resources[name]
        other.operations += own.operations
        other.things += own.things
        other.keys += own.keys
        other.parents |= own.parents
        self._of |= dict.fromkeys(own.operations, plainer)

    def _thing(self, operation: Operation, place: PathSubject) -> Schema | None:
        schema = reply_schema(operation)
        if schema is None:
            return None
        if place.key and operation.method in ("GET", "PATCH", "PUT"):
            return schema
        path = _shape(operation.path)
        if operation.method == "GET" and path in self.listed:
            member = self.listed[path]
            return items_of(schema, schema.document if member is None else properties(schema)[member])
        return schema if operation.method == "POST" and not place.key else None


def _shape(path: str) -> str:
    return shape(path).rstrip("/")


def _find_key(resource: Resource) -> None:
    """The member that identifies a thing: what the path's parameter is called, else one of the usual names."""
    own = singular(resource.name.rpartition(" ")[2])
    wanted: list[str] = []
    for parameter in resource.keys:
        wanted += _spellings(parameter.name, own)
    wanted += [*_USUAL_KEYS[:1], f"{own}_id", *_USUAL_KEYS[1:], f"{own}_uuid", f"{own}_key"]
    for name in wanted:
        found = resource.member(name)
        if found and not resource.members[found].types & {"object", "array", "boolean"}:
            resource.key = found
            break
    else:
        resource.key = resource.keys[0].name if resource.keys else ""
    resource.generator = _generator(resource)


def _spellings(parameter: str, own: str) -> Iterator[str]:
    """The members that a path parameter may stand for: its own name, then what is left without the resource's."""
    yield parameter
    text, thing = plain(parameter), plain(own)
    if text.startswith(thing) and text != thing:
        yield text.removeprefix(thing)
    if text in (*_USUAL_KEYS, thing):
        yield f"{own}_{text}" if text != thing else f"{own}_id"
    for suffix in _SUFFIXES:
        if text.endswith(suffix) and text != suffix:
            yield suffix
            yield f"{own}_{suffix}"
            break
    if text == thing:
        yield from ("id", "name", "key", "slug", "uuid")


def _generator(resource: Resource) -> str:
    own = resource.members.get(resource.key)
    found = [*([own] if own else ()), *(Member(each.name, each.schema, each.schema.document) for each in resource.keys)]
    if any("uuid" in each.formats for each in found):
        return "uuid4"
    types = [kinds for each in found if (kinds := each.types - {"null"})]
    return "number" if any(kinds & {"integer", "number"} and "string" not in kinds for kinds in types) else "opaque"
