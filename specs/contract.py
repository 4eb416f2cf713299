"""Frozen records of what a document says: Contract, Server, Operation, Parameter, Body, Reply, Security.

Vendor keywords stay in the model: in a schema as they stand, elsewhere under `extensions`.
Shared between threads freely: nothing here changes after loading.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from threadmock.specs.behaviour.profile import Profile
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.evidence import Evidence
from threadmock.specs.schemas.declared import is_binary, types_of
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.wire.media_types import is_xml
from threadmock.specs.wire.messages import is_json

_OK, _CREATED = 200, 201
_REDIRECTS = 300
_FOUND = 302
_TEXTS = frozenset(("string", "integer", "number", "boolean"))
Location = Literal["path", "query", "header", "cookie"]


@dataclass(frozen=True)
class Server:
    """One entry of `servers`."""

    url: str


@dataclass(frozen=True, eq=False)
class Parameter:
    """One parameter outside the body. style and explode as in OpenAPI, with its defaults filled in.

    evidence: of its being there and being required; its schema carries its own.
    """

    name: str
    location: Location
    required: bool
    schema: Schema
    style: str = "simple"
    explode: bool = False
    pointer: str = ""
    evidence: Evidence = "documented"


@dataclass(frozen=True, eq=False)
class Media:
    """One media type of a body or reply.

    media_type: without parameters; of a documented range, the type that it is sent as. examples: name to value, in
    document order. parameters: as documented, with the semicolon before them, or "". items: the schema of one event or
    line of a stream, where the document has one.
    """

    media_type: str
    schema: Schema | None
    examples: Mapping[str, Any] = field(default_factory=dict)
    parameters: str = ""
    items: Schema | None = None

    @property
    def content_type(self) -> str:
        """The value of a Content-Type header."""
        return f"{self.media_type}{self.parameters}"


@dataclass(frozen=True, eq=False)
class Body:
    """A request body. content: media type (lower case, no parameters) to Media, in document order.

    A range stands there as it is written, and a type that differs from one before in its parameters alone with them.
    evidence: of its being there and being required.
    """

    required: bool
    content: Mapping[str, Media]
    pointer: str = ""
    evidence: Evidence = "documented"


@dataclass(frozen=True, eq=False)
class Reply:
    """One documented response.

    status: "200", "4XX" or "default". headers: lower-case name to Parameter. content is empty where no body is
    documented.
    """

    status: str
    content: Mapping[str, Media]
    headers: Mapping[str, Parameter] = field(default_factory=dict)
    evidence: Evidence = "documented"
    pointer: str = ""


@dataclass(frozen=True)
class Security:
    """One security scheme that an operation asks for.

    kind: apiKey, http, oauth2, openIdConnect or mutualTLS. location and name: where an API key travels.
    scheme: lower-case HTTP scheme ("bearer", "basic"), else "".
    """

    identifier: str
    kind: str
    location: Location | None = None
    name: str = ""
    scheme: str = ""
    evidence: Evidence = "documented"


@dataclass(frozen=True, eq=False)
class Operation:
    """One method on one path.

    path: template as documented, such as "/threads/{thread_id}". slug: the operation id made safe for test ids and
    file names; unique in its contract. security: alternatives, each a tuple of schemes that hold together; empty where
    none is asked for. rule: what the operation does; inferred where nobody declared it. unanswerable: why nothing can
    be made that fits the success that is documented, with the place; "" where something can.
    """

    method: str
    path: str
    operation_id: str
    slug: str
    rule: Rule
    tags: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    replies: Mapping[str, Reply] = field(default_factory=dict)
    security: tuple[tuple[Security, ...], ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)
    pointer: str = ""
    unanswerable: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def reply(self, status: int) -> Reply | None:
        """The documented reply for a status: exact, then its range, then default (OpenAPI 3.1.0, 4.8.16)."""
        return self.replies.get(str(status)) or self.replies.get(f"{status // 100}XX") or self.replies.get("default")

    def parameters_in(self, location: Location) -> tuple[Parameter, ...]:
        """The parameters of one location, in document order."""
        return tuple(p for p in self.parameters if p.location == location)

    @property
    def success(self) -> int:
        """The documented success status: the lowest 2xx, else the lowest redirect.

        201 where that shows something and 200 shows nothing. 200 for 2XX or `default`, 302 for 3XX; 200, too, where
        nothing but errors or 1xx is given.
        """
        least = min((int(status) for status in self.replies if re.fullmatch(r"[23]\d\d", status)), default=None)
        if least == _OK and not self.replies["200"].content and "201" in self.replies and self.replies["201"].content:
            return _CREATED
        if least is not None and least < _REDIRECTS:
            return least
        if "2XX" in self.replies or "default" in self.replies:
            return 200
        return least or (_FOUND if "3XX" in self.replies else 200)


@dataclass(frozen=True)
class LeftOut:
    """An operation that the document has and the contract has not, because of a flaw in it.

    method: "" where the flaw costs all operations of the path. why: what is wrong, and where.
    """

    method: str
    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}".strip()


@dataclass(frozen=True, eq=False)
class Contract:
    """All that is known of one provider in one layer.

    name: URL-safe. layer: "documented" or "observed". document: the OpenAPI document after the overlays, as JSON.
    digest: SHA-256 (hex) of document and overlays. warnings: things met while loading that do not stop it.
    sources: the files that were named. files: all that were read, those that they refer to, too. profile: provider-wide
    behaviour. base_paths: the paths of its servers, such as "/v1", the longest first. left_out: what the document has
    and nobody can use; the warnings tell of it, too.
    """

    name: str
    title: str
    version: str
    layer: str
    operations: tuple[Operation, ...]
    profile: Profile
    document: Mapping[str, Any]
    digest: str
    servers: tuple[Server, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    base_paths: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def first_json(content: Mapping[str, Media]) -> Media | None:
    """The first JSON among the media of a body or a reply."""
    return next((media for media in content.values() if is_json(media.media_type)), None)


def first_structured(content: Mapping[str, Media]) -> Media | None:
    """The media that says what a body or a reply holds: the first JSON, else the first XML of members or items."""
    return first_json(content) or next(filter(is_structured_xml, content.values()), None)


def is_structured_xml(media: Media) -> bool:
    """Whether it is XML whose schema tells its elements."""
    schema = media.schema
    if schema is None or not is_xml(media.media_type) or is_binary(schema):
        return False
    return not _TEXTS.issuperset(types_of(schema, schema.document) or ("object",))


def json_media(operation: Operation, status: int) -> Media | None:
    """The JSON media of the reply documented for a status."""
    reply = operation.reply(status)
    return first_json(reply.content) if reply else None


def reply_media(operation: Operation, status: int) -> Media | None:
    """The media that says what the reply documented for a status holds."""
    reply = operation.reply(status)
    return first_structured(reply.content) if reply else None
