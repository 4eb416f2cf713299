"""The things of a whole document: which paths are about which, what names one of them, what it looks like.

Built once from all operations. An operation alone does not tell whether `POST /tickets/{id}/close` makes a close or
closes a ticket, nor that `/projects/{key}/tickets` and `/tickets/{id}` are about the same things.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from threadmock.specs.contract import Operation, Parameter
from threadmock.specs.operations.batches import batch_of
from threadmock.specs.operations.inferred.places import PathSubject, plain, segments_of, shape_of, singular, subject_of
from threadmock.specs.operations.inferred.shapes import Member, is_list, items_of, reply_schema, shown_thing
from threadmock.specs.operations.inferred.singletons import singletons_of
from threadmock.specs.operations.inferred.subjects import About, subjects_of
from threadmock.specs.operations.path_templates import names_in
from threadmock.specs.schemas.declared import properties, types_of
from threadmock.specs.schemas.schema import Schema

ACCEPTED = 202
_NUMBERS = frozenset({"integer", "number"})
_COUNTED = ("number", "seq", "sequence", "index", "no", "position", "iid", "ordinal")
_WORK = ("job", "task", "operation", "run", "execution", "process", "export", "import", "request")
_USUAL_KEYS = ("id", "uuid", "guid", "sid", "key", "_id")
_SUFFIXES = ("id", "uuid", "guid", "sid", "key", "name", "slug", "code", "number", "no", "handle", "username", "login")


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
        self.referring: dict[Operation, Resource] = {}
        self._about = subjects_of(operations)
        for each in operations:
            if self.subject(each).key and not self.is_aside(each):
                self.items.setdefault(shape_of(each.path), []).append(each)
        self.collections = {
            shape_ for each in self.items if (shape_ := each.rpartition("/")[0]).rpartition("/")[2] != "{}"
        }
        self.collections |= {
            shape_of(each.path) for each in operations if subject_of(each.path).key and not self.subject(each).key
        }
        self.methods = {(shape_of(each.path), each.method) for each in operations}
        self.posted = {shape_of(each.path) for each in operations if each.method == "POST"}
        self.shown = {shape_of(each.path) for each in operations if each.method == "GET"}
        self.listed = {
            shape_of(each.path): found[1]
            for each in operations
            if each.method == "GET" and not self.subject(each).key
            for found in [is_list(each, expected=self.holds_several(each))]
            if found[0]
        }
        self.singletons = singletons_of(operations, self.listed)
        for each in operations:
            if each not in self.singletons:
                self._add(each, self.subject(each).name)
        self._add_single([each for each in operations if each in self.singletons])
        for name in [name for name in self.resources if name in self._apart_from]:
            self._join(name, self._apart_from[name])
        for each in operations:
            self._refer(each)
        for resource in self.resources.values():
            _find_key(resource)

    def subject(self, operation: Operation) -> PathSubject:
        """What an operation is about."""
        return self._about[operation].subject if operation in self._about else subject_of(operation.path)

    def holds_several(self, operation: Operation) -> bool:
        """Whether its path is that of several things, by what else stands at it and below it."""
        changes = {(shape_of(operation.path), method) for method in ("PUT", "PATCH")} & self.methods
        return (
            self.is_aside(operation)
            or self.is_below(operation.path)
            or (self.is_collection(operation.path) and not changes)
        )

    def is_aside(self, operation: Operation) -> bool:
        """Whether its path is neither that of a collection nor that of an item of one: see `About`."""
        return self._about.get(operation, About(self.subject(operation))).aside

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
        return shape_of(path) in self.collections or shape_of(path) in self.posted

    def is_below(self, path: str) -> bool:
        """Whether a path names things below this one."""
        return shape_of(path) in self.collections

    def is_posted(self, path: str) -> bool:
        """Whether a POST is answered at this path."""
        return shape_of(path) in self.posted

    def is_shown(self, path: str) -> bool:
        """Whether a GET answers at this path."""
        return shape_of(path) in self.shown

    def of(self, operation: Operation) -> Resource:
        """The resource that an operation is about by its path."""
        return self.resources[self._of[operation]]

    def named(self, segment: str) -> str:
        """The name of the resource that a segment of a path stands for."""
        return self._names.get(plain(singular(segment)), segment)

    def items_at(self, path: str) -> list[Operation]:
        """The operations on one thing at a path of this shape."""
        return self.items.get(shape_of(path), [])

    def _add(self, operation: Operation, called: str, *, apart: bool = False) -> None:
        place = self.subject(operation)
        common = plain(singular(called)) or called
        name = called if apart else self._names.setdefault(common, called)
        thing = self._thing(operation, place)
        if thing is not None and not apart and (own := self._apart(name, place, thing)):
            self._apart_from[own] = name
            name = own
        resource = self.resources.setdefault(name, Resource(name))
        resource.operations.append(operation)
        self._of[operation] = name
        if thing is not None:
            resource.things.append(thing)
            resource.things.sort(key=lambda each: -len(properties(each)))
        if place.key and not self.is_aside(operation):
            resource.keys += [each for each in operation.parameters_in("path") if each.name == place.key]
        if place.above:
            resource.parents.add(self.named(place.above[-1][0]))

    def _add_single(self, operations: Sequence[Operation]) -> None:
        """Note things of which there is one; each path has its own, whatever it is called."""
        known = {plain(singular(name)) for name in self.resources}
        named: dict[str, str] = {}
        for each in operations:
            at, name = shape_of(each.path), self.subject(each).name
            if at not in named:
                before = [part for part in segments_of(each.path) if not names_in(part)][:-1]
                names = [name, *(f"{part} {name}" for part in reversed(before)), f"own {name}", at]
                named[at] = next(one for one in names if plain(singular(one)) not in known)
                known.add(plain(singular(named[at])))
            self._add(each, named[at], apart=True)

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

    def _refer(self, operation: Operation) -> None:
        """Have a request that is answered with the key of another thing, such as a job, count as what makes it."""
        own = self.of(operation)
        if operation.method != "POST" or self.subject(operation).key or own.keys or own.name in self._apart_from:
            return
        shown = {plain(name): name for name in properties(shown_thing(operation))}
        for name, other in self.resources.items():
            thing = plain(singular(name))
            named = f"{thing}id" in shown or f"{thing}key" in shown
            if not named and not (shown and {*shown} == {plain(each) for each in other.members}):
                continue
            posted = any(
                each.method == "POST" and not self.subject(each).key and each not in self.referring
                for each in other.operations
            )
            if other is own or not other.keys or posted:
                continue
            if operation.success == ACCEPTED or (named and thing in _WORK):
                own.operations.remove(operation)
                other.operations.append(operation)
                self._of[operation] = name
                self.referring[operation] = other
                if self.subject(operation).above:
                    other.parents.add(self.named(self.subject(operation).above[-1][0]))
                if not own.operations:
                    del self.resources[own.name]
                return

    def _thing(self, operation: Operation, place: PathSubject) -> Schema | None:
        schema = reply_schema(operation)
        if schema is None:
            return None
        if batch := batch_of(operation):
            return batch.answer
        if (place.key and operation.method in ("GET", "PATCH", "PUT")) or operation in self.singletons:
            return shown_thing(operation)
        path = shape_of(operation.path)
        if operation.method == "GET" and path in self.listed:
            member = self.listed[path]
            return items_of(schema, schema.document if member is None else properties(schema)[member])
        return shown_thing(operation) if operation.method == "POST" and not place.key else None


def _find_key(resource: Resource) -> None:
    """The member that identifies a thing: what the path's parameter is called, else one of the usual names."""
    own = singular(resource.name.rpartition(" ")[2])
    wanted: list[str] = []
    for parameter in resource.keys:
        wanted += _spellings(parameter.name, own)
    wanted += [*_USUAL_KEYS[:1], f"{own}_id", *_USUAL_KEYS[1:], f"{own}_uuid", f"{own}_key"]
    members = [found for name in wanted if (found := resource.member(name))]
    possible = [name for name in members if not resource.members[name].types & {"object", "array", "boolean"}]
    kinds = frozenset().union(*(types_of(each.schema, each.schema.document) for each in resource.keys))
    fitting = [name for name in possible if not kinds or _agree(resource.members[name].types, kinds)]
    chosen = [*fitting, *possible, *(each.name for each in resource.keys)]
    resource.key = chosen[0] if chosen else ""
    resource.generator = _generator(resource)


def _agree(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether a member of these types may be what a parameter of those names."""
    return not one or bool(one & other) or bool(one & _NUMBERS and other & _NUMBERS)


def named_by(resource: Resource, path: str, parameter: str) -> str:
    """The member for which the last parameter of a path stands, by its name or the segment before; "" for none.

    `/users/by-email/{address}` and `/users/byEmail/{value}` name the member `email`.
    """
    own = singular(resource.name.rpartition(" ")[2])
    before = next((each for each in reversed(segments_of(path)) if not names_in(each)), "")
    return resource.member(*_spellings(parameter, own), plain(before).removeprefix("by"))


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
    if not any(kinds & _NUMBERS and "string" not in kinds for kinds in types):
        return "opaque"
    below = bool(resource.parents) and plain(resource.key).removeprefix(plain(singular(resource.name))) in _COUNTED
    return "number_below" if below else "number"
