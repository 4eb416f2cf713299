"""Frozen records for the rules under `x-behaviour`: what a schema cannot say.

The vocabulary is closed and checked by `behaviour.schema.json`, which describes the words. The mock obeys these
rules and the suite checks them; there is one statement of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from threadmock.specs.behaviour.actions import ACTIONS, Action, Traits
from threadmock.specs.behaviour.setting import AsNode, Key, Made, Setting, Source, When, Within
from threadmock.specs.evidence import Evidence

if TYPE_CHECKING:
    from threadmock.specs.behaviour.agent import RunRule

Merge = Literal["shallow", "deep", "replace"]


@dataclass(frozen=True)
class Policy:
    """What happens when the key is taken: refuse with a status, or answer with the existing thing.

    also: the additional things of the rule are made for the existing thing, too.
    """

    name: str
    status: int
    reply: Literal["refusal", "existing"]
    also: bool = False
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Taken:
    """What a create does with a key that exists.

    by: the member that chooses; default: the policy where it is absent.
    """

    by: Source | None
    default: str
    policies: tuple[Policy, ...]

    def policy(self, name: object) -> Policy:
        """The policy of that name, else the default one."""
        for policy in self.policies:
            if policy.name == name:
                return policy
        return next(p for p in self.policies if p.name == self.default)


@dataclass(frozen=True)
class Shown:
    """A member that is in the answer only when a query parameter's comma list holds a word (`?include=ttl`)."""

    member: str
    query: str
    holds: str
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Requirement:
    """A thing that a request refers to and that must exist elsewhere: its source, and statuses where it does not.

    agent: the members of an agent of which the place holds one, where it names an agent. resource: of agents that are
    things; "" where they are none.
    """

    source: Source
    statuses: tuple[int, ...]
    evidence: Evidence = "assumed"
    agent: tuple[str, ...] = ()
    resource: str = ""


@dataclass(frozen=True)
class Filter:
    """Which things a list leaves out. member: dotted path in the stored thing.

    how: "equal" · "among" (the source is a list of values) · "contains" (JSON containment, objects at any depth) ·
    "search" (a text inside, in any case) · "hides" (things that have the member are hidden where the source is false) ·
    "at_least", "at_most", "above", "below" (by number, moment or text) · "begins", "ends" (of a list, by its items) ·
    "compares" (an object of values, or of comparisons such as `$gt`).
    """

    source: Source
    member: str
    how: Literal[
        "equal",
        "among",
        "contains",
        "search",
        "hides",
        "at_least",
        "at_most",
        "above",
        "below",
        "begins",
        "ends",
        "compares",
    ] = "equal"
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Pagination:
    """Response headers of a list by offset.

    next: holds the offset of the next page, and is absent on the last one. total: how many things are known so far:
    all of them on the last page, before that at least one more than were shown.
    """

    next: str
    total: str
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Listing:
    """Where a list's items sit (None: the body is the array), what is left out, how it is ordered and cut.

    page: a source with the number of the page, from page_from, in place of an offset. by: the stored member that orders
    it, "" for the order of making. sort, direction: sources that override it. after, before: sources that name a key
    where the page begins or ends (before: dotted to the key inside an object). from_end: the window is taken from the
    newest end, then shown oldest first. next, previous: members that hold the URL of the next page. pagination:
    response headers about other pages. item: what one item shows, instead of the thing. everywhere: things of all
    parents, below the one that the request names, if it names one. any_case: how texts are sorted. nothing: what
    becomes of a request whose page is empty. extract: a source, alias to path. distinct: the list holds the different
    values of this member; depth: a source that says after how many items they are cut off.
    """

    items: str | None = None
    order: Literal["newest", "oldest"] = "newest"
    by: str = ""
    sort: Source | None = None
    direction: Source | None = None
    limit: Source | None = None
    offset: Source | None = None
    page: Source | None = None
    page_from: int = 1
    default_limit: int | None = None
    after: Source | None = None
    before: Source | None = None
    from_end: bool = False
    total: str | None = None
    next: str = ""
    previous: str = ""
    pagination: Pagination | None = None
    filters: tuple[Filter, ...] = ()
    select: Source | None = None
    extract: Source | None = None
    everywhere: bool = False
    any_case: bool = False
    nothing: Literal["shown", "refused"] = "shown"
    distinct: str = ""
    depth: Source | None = None
    item: Mapping[str, Setting] = field(default_factory=dict)
    evidence: Evidence = "assumed"


@dataclass(frozen=True)
class Condition:
    """A refusal that hangs on the request and on what is stored.

    when: (place, steps, value) that must all hold; for values see `conditions.agrees`. Beside the places of a request:
    stored, parent (the thing, its parent), listed (any thing that the operation looks through), item. some: a source of
    items, at least one of which must do; places "item" are in it. kept: what the request makes is there all the same.
    body: a template, where it is not that of other refusals; in plain text where media_type says so.
    """

    when: When
    status: int
    reason: str = ""
    some: Source | None = None
    kept: bool = False
    body: Any = None
    media_type: str = "application/json"
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Unique:
    """A member (dotted) that no two things share, of one parent or of all. status: None for that of `taken`."""

    member: str
    among: Literal["parent", "all"] = "parent"
    status: int | None = None
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Conditional:
    """Statuses of conditional requests (RFC 9110, 13); 0 where a header means nothing.

    if_match: it names another state. required: it is not there. if_none_match: it names the present state.
    """

    if_match: int = 0
    required: int = 0
    if_none_match: int = 0
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Expiry:
    """When a thing ends. at: dotted member with the moment; strategy: dotted member with delete or keep_latest.

    keeps: the resource below it of which keep_latest leaves the newest thing only.
    """

    at: tuple[str, ...]
    strategy: tuple[str, ...] = ()
    keeps: str = ""
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Pruning:
    """A request that removes several things. keys: a source with their keys; strategy: a source; keeps: see Expiry."""

    keys: Source
    strategy: Source | None = None
    keeps: str = ""
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Restoring:
    """An update that takes members over from a thing below: the one whose member `by` has the value of the source.

    A value that none has is refused as unknown.
    """

    resource: str
    by: tuple[str, ...]
    source: Source
    members: tuple[str, ...]
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Cascade:
    """Things of another resource that go with a deleted one: those whose dotted member `by` holds its key.

    when: only where that source is there, and neither null nor false.
    """

    resource: str
    by: tuple[str, ...]
    when: Source | None = None
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Refusal:
    """How this provider refuses.

    body: a template (see `mockserver.pipeline.refusals`); None means problem+json. media_type of the answer.
    """

    status: int
    body: Any = None
    media_type: str = "application/json"
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Leniency:
    """Something schema-invalid or malformed that the provider is known to accept.

    what: duplicate_keys, media_type, plain_text, bom, or a member's source with the values accepted instead ("" for an
    empty text).
    """

    what: str
    evidence: Evidence = "observed"


@dataclass(frozen=True)
class Spelling:
    """Member names on the wire: as written in the document, or camelCase; on input both where accepts_both."""

    wire: Literal["as written", "camelCase"] = "as written"
    accepts_both: bool = False
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Inside:
    """Graphs inside of nodes, as a read or a list knows them. source: where the request names the one it is about.

    shown: where it asks for the newest piece of each in place of its name.
    """

    source: Source | None = None
    shown: Source | None = None
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Rule:
    """What one operation does.

    set: member (dotted: inside another) to Setting, in order. merge, nulls: member ("*": any other) to how an update
    treats an object and a null. missing: what happens where the key is unknown; empty: what is shown then. reply: what
    the answer holds, where it is not the thing. also: additional things that are made; restores: what an update takes
    over from a thing below; cascades: what is deleted along with the thing. touch: members of the parent
    that change. copies: resources whose things are copied along, with what is set anew in them. conditions: refusals
    that hang on what is stored. unique: members that no two things share. headers: of the successful answer. progress:
    member to the values that it takes one after the other, read by read. minimal: the status for `Prefer:
    return=minimal` (RFC 7240, 4.2). run: what it does with runs. select: a source, the members that a read shows.
    refusals: kind (invalid, unfit, ill_formed, malformed, media_type, not_acceptable, denied, unknown, taken, stale,
    too_large, no_route, no_method) to Refusal; lacks a kind where nobody declared it. inferred: made from path shape
    and schemas; why says of what. slashes: whether the path with a final slash is the same, or leads there by a
    redirect.
    """

    action: Action
    resource: str = ""
    within: Within | None = None
    key: Key | None = None
    taken: Taken | None = None
    set: Mapping[str, Setting] = field(default_factory=dict)
    shown: tuple[Shown, ...] = ()
    requires: tuple[Requirement, ...] = ()
    listing: Listing | None = None
    select: Source | None = None
    merge: Mapping[str, Merge] = field(default_factory=lambda: {"*": "shallow"})
    nulls: Mapping[str, Literal["ignored", "removes"]] = field(default_factory=dict)
    missing: Literal["refuse", "create", "empty"] = "refuse"
    empty: Mapping[str, Setting] = field(default_factory=dict)
    reply: Setting | None = None
    also: tuple[Made, ...] = ()
    touch: Mapping[str, Setting] = field(default_factory=dict)
    copies: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    prune: Pruning | None = None
    as_node: AsNode | None = None
    inside: Inside | None = None
    restores: Restoring | None = None
    cascades: tuple[Cascade, ...] = ()
    expires: Expiry | None = None
    conditions: tuple[Condition, ...] = ()
    unique: tuple[Unique, ...] = ()
    headers: Mapping[str, Setting] = field(default_factory=dict)
    conditional: Conditional | None = None
    progress: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    minimal: int = 0
    run: "RunRule | None" = None
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    lenient: tuple[Leniency, ...] = ()
    spelling: Spelling = Spelling()
    slashes: bool | Literal["redirect"] = False
    evidence: Evidence = "documented"
    inferred: bool = False
    why: str = ""

    @property
    def traits(self) -> Traits:
        """What its action does."""
        return ACTIONS[self.action]

    @property
    def held_in(self) -> str:
        """The member of the answer that holds the whole thing; "" where the answer is the thing, or shows none."""
        reply = self.reply
        if reply is None or reply.kind != "members" or self.action == "list":
            return ""
        return next((name for name, each in reply.members if each.kind == "stored" and not each.steps), "")

    @property
    def makes_more(self) -> bool:
        """Whether things may come of a request that its action alone would not make."""
        return (self.missing == "create" and not self.traits.only_reads) or bool(self.also)
