"""Frozen records: how a member of a thing gets its value, its key, its parent."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from threadmock.specs.evidence import Evidence

Place = Literal["body", "path", "query", "header", "item", "latest", "earlier"]


When = tuple[tuple[str, tuple[str, ...], Any], ...]
"""Conditions that must all hold: place (body, path, query, header, item, stored, parent, listed), steps, value."""


@dataclass(frozen=True)
class Source:
    """A place in the request, in the item, or in the newest thing, now or before.

    steps: member names from the top, such as ("ttl", "strategy"). others: where the same is looked for next, if no
    text or number is there.
    """

    place: Place
    steps: tuple[str, ...]
    others: tuple["Source", ...] = ()

    def __str__(self) -> str:
        return " or ".join((".".join((self.place, *self.steps)), *map(str, self.others)))


Kind = Literal[
    "generate",
    "value",
    "from",
    "count",
    "members",
    "minutes_after",
    "absent",
    "keyed",
    "template",
    "stored",
    "parent",
    "latest",
    "child",
    "list",
    "text",
    "merged",
    "tally",
    "each",
    "messages",
    "counted",
    "weighed",
    "sequence",
    "related",
    "scheduled",
    "named",
    "declared",
]
"""What a setting gets its value from: the words of which each setting has one."""


@dataclass(frozen=True)
class Setting:
    """How one member of a thing, or of an answer, gets its value. Where it finds none it falls to `otherwise`.

    kind: "generate" (generator names how, such as now, uuid4, opaque, key or etag) · "value" (a literal) · "from" (the
    first source that is present) · "count" (how many sources are present and not null) · "members" (an object built of
    settings) · "minutes_after" (now plus that many minutes, from the first source) · "absent" (the member is never
    there) · "stored", "parent", "latest" (a member of the thing itself, of its parent, of the newest thing beside it;
    steps: where, () for the whole) · "child" (the one thing of a resource below it; value: which resource) · "counted",
    "weighed" (how many things of a resource lie below the parent; the bytes of their JSON) · "list" (an array of
    settings, in members) · "text" (the plain text of a content) · "merged" (an object from all sources, or from its one
    member, over what steps name in the latest; value: members whose arrays are appended to) · "sequence" (1, 2, 3 …;
    value: below each "parent", or over "all" things) · "tally" (value: what is told of a page, such as total, more or
    next_url) · "each" (an array: what its one member makes of each item of the source; inside a "list" these stand
    among the other items) · "messages" (the same of messages, in whatever form they are) · "template" (a text;
    $key, $parent_key, $base and $item.NAME in it are filled in) · "keyed" (an object with one member, whose name
    the source holds and whose value is its one member's) · "related" (what steps name in another thing; value: its
    resource, and the members by which it is found; members: the value of one of these, "is", and steps that go
    further down, "at0" and so on) · "scheduled" (the next moment of a cron schedule; members: "schedule" and
    "zone") · "named" (a UUID that follows from the member "name"; value: its name space) · "declared" (what the member
    "of" makes of the agent that the member "name" names; "depth": how deep it shows others inside of it, "namespace":
    of those only that one). without: members that are
    left out of an object that was found; only: where the names of those that are kept are.
    words: texts by the texts that they stand for, "*" for any. null: what a
    source that holds null means: "keep" it, or treat it as "absent". plus: added to a number that was found. plus_item,
    minus_item: what is put at the end of a list that was found, once, or taken out of it. when:
    only where that source is there and neither null nor false.
    """

    kind: Kind
    generator: str = ""
    value: Any = None
    sources: tuple[Source, ...] = ()
    steps: tuple[str, ...] = ()
    members: tuple[tuple[str, "Setting"], ...] = ()
    otherwise: "Setting | None" = None
    null: Literal["keep", "absent"] = "keep"
    plus: int = 0
    plus_item: Source | None = None
    minus_item: Source | None = None
    when: Source | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    only: Source | None = None
    evidence: Evidence = "documented"


def generated_members(members: Iterable[tuple[str, Setting]], generator: str) -> Iterator[str]:
    """Those of the members that this generator fills, such as "key"."""
    return (name for name, setting in members if (setting.kind, setting.generator) == ("generate", generator))


def tally_words(settings: Iterable[Setting]) -> frozenset[str]:
    """The words of `tally` that settings use, inside others, too."""
    found: set[str] = set()
    waiting = list(settings)
    while waiting:
        setting = waiting.pop()
        if setting.kind == "tally":
            found.add(str(setting.value))
        waiting += [inner for _, inner in setting.members]
        waiting += [setting.otherwise] if setting.otherwise else []
    return frozenset(found)


@dataclass(frozen=True)
class Key:
    """The member that identifies a thing, and where it comes from. otherwise: a generator name.

    pick: without a source, which thing of the shelf is meant. by: members (dotted) by which a thing is found, too.
    """

    member: str
    source: Source | None
    otherwise: str
    evidence: Evidence = "documented"
    pick: Literal["", "newest"] = ""
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class AsNode:
    """A new state as if a node had made it. source: names the node; member: of a state, lists the nodes to come.

    each: a place with several updates, of which each has its node: the other sources then read one of those as an item.
    copy: the word that takes over what is to come; input: the one for what comes before the graph begins; next: what
    comes after a node; calls: what comes where the last message calls something; messages: those of the request.
    agent: the name of the agent whose nodes these are: where it was declared, its edges say what comes next.
    """

    source: Source
    member: str
    copy: str = ""
    next: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calls: str = ""
    messages: Source | None = None
    input: str = ""
    each: Source | None = None
    agent: Setting | None = None
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Within:
    """The parent of a resource: its own resource name and where the request holds its key.

    must_exist: a parent that is not stored is refused. within: the parent's own parent, where the request names it.
    create: how a parent that is not there is made along with it; None where it is not.
    """

    resource: str
    source: Source
    must_exist: bool = True
    within: "Within | None" = None
    create: "Made | None" = None
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Made:
    """A thing that is made along with the one that an operation is about.

    each: a source with an array: one thing for each item. when: made only where that source is present and not null.
    touch: what changes then in the thing that the operation is about. also: things that are made below it. as_node:
    each is a state as if nodes had made it.
    """

    resource: str
    key: Key
    set: Mapping[str, Setting]
    within: Within | None = None
    each: Source | None = None
    when: Source | None = None
    touch: Mapping[str, Setting] = field(default_factory=dict)
    also: tuple["Made", ...] = ()
    as_node: AsNode | None = None
    evidence: Evidence = "documented"
