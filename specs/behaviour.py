"""Frozen records for the rules under `x-behaviour`: what a schema cannot say.

The vocabulary is closed and checked by `behaviour.schema.json`; ARCHITECTURE.md lists the words. The mock obeys these
rules and the suite checks them; there is one statement of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Evidence = Literal["documented", "observed", "assumed"]
Place = Literal["body", "path", "query", "header"]
Action = Literal["create", "read", "list", "update", "replace", "delete", "append", "transition", "stream", "fixed"]
weakness: Mapping[str, int] = {"documented": 0, "observed": 1, "assumed": 2}


def weakest(*evidence: Evidence) -> Evidence:
    """The evidence of something that rests on all of these."""
    return max(evidence, key=weakness.__getitem__, default="documented")


@dataclass(frozen=True)
class Source:
    """A place in the request. steps: member names from the top, such as ("ttl", "strategy")."""

    place: Place
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((self.place, *self.steps))


@dataclass(frozen=True)
class Setting:
    """How one member of a stored thing gets its value. A `from` whose sources are all absent falls to `otherwise`.

    kind: "generate" (generator names how: now, uuid4, uuid7, opaque) · "value" (a literal) · "from" (the first source
    that is present) · "count" (how many sources are present and not null) · "members" (an object built of settings) ·
    "minutes_after" (now plus that many minutes, from the first source) · "absent" (the member is never there).
    null: what a source that holds null means: "keep" it, or treat it as "absent".
    """

    kind: Literal["generate", "value", "from", "count", "members", "minutes_after", "absent"]
    generator: str = ""
    value: Any = None
    sources: tuple[Source, ...] = ()
    members: tuple[tuple[str, "Setting"], ...] = ()
    otherwise: "Setting | None" = None
    null: Literal["keep", "absent"] = "keep"
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Key:
    """The member that identifies a thing, and where it comes from. otherwise: a generator name."""

    member: str
    source: Source | None
    otherwise: str
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Policy:
    """What happens when the key is taken: refuse with a status, or answer with the existing thing."""

    name: str
    status: int
    reply: Literal["refusal", "existing"]
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
class Within:
    """The parent of a resource: its own resource name and the path parameter that holds its key."""

    resource: str
    source: Source
    must_exist: bool = True
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Requirement:
    """A thing that a request refers to and that must exist elsewhere: its source, and statuses where it does not."""

    source: Source
    statuses: tuple[int, ...]
    evidence: Evidence = "assumed"


@dataclass(frozen=True)
class Listing:
    """Where a list's items sit (None: the body is the array) and how it is ordered and cut."""

    items: str | None = None
    order: Literal["newest", "oldest"] = "newest"
    limit: Source | None = None
    offset: Source | None = None
    default_limit: int | None = None
    total: str | None = None
    evidence: Evidence = "assumed"


@dataclass(frozen=True)
class Refusal:
    """How this provider refuses.

    body: a template (see `mockserver.rendering`); None means problem+json. media_type of the answer.
    """

    status: int
    body: Any = None
    media_type: str = "application/json"
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Leniency:
    """Something schema-invalid or malformed that the provider is known to accept.

    what: duplicate_keys, media_type, bom, or a member's source with the values accepted instead ("" for an empty text).
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
class Rule:
    """What one operation does.

    set: member to Setting, in order. refusals: kind (invalid, malformed, media_type, not_acceptable, denied, unknown,
    taken, too_large) to Refusal; lacks a kind where nobody declared it. inferred: made from path shape and schemas.
    slashes: whether the path with a final slash is the same.
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
    merge: Literal["shallow", "deep", "replace"] = "shallow"
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    lenient: tuple[Leniency, ...] = ()
    spelling: Spelling = Spelling()
    slashes: bool = False
    evidence: Evidence = "documented"
    inferred: bool = False


@dataclass(frozen=True)
class Profile:
    """Provider-wide behaviour: what a client has to be told, and the name of the thing served.

    setting: one line a user writes to point a client here, with `$base` for the base URL.
    """

    label: str = ""
    setting: str = ""
