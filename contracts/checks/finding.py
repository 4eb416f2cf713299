"""Finding: one thing that a deployment does and its documents do not say, with all that is needed to see it again."""

import base64
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from threadmock.contracts.checks.curl import curl
from threadmock.contracts.target.foreign import told_body
from threadmock.contracts.transport.redaction import Masking
from threadmock.contracts.transport.urls import request_target
from threadmock.specs.contract import Operation
from threadmock.specs.documents.pointers import escaped
from threadmock.specs.evidence import Evidence
from threadmock.specs.members import nodes

if TYPE_CHECKING:
    from threadmock.contracts.target.exchange import Exchange

Severity = Literal["failure", "unconfirmed"]
CauseKey: TypeAlias = tuple[str, str, str, str, str, str]
MAX_BODY = 65536

_POINTER_STEPS = 4
_VALUES = re.compile(r" \((?:sent|was) [^()]*\)")
_CUT = re.compile(r"""(?:(?<!\w)["'`“][^"'`“”]*)?… \([\d,…]+ more characters\)$""", re.DOTALL)
"""Where a text was cut off, with what was quoted there."""
_SERIES = re.compile(r"\(?…(?:, …)*,?(?: ?…)?\)?")
"""Data one after the other: how many there are is no other cause."""
_VOLATILE = re.compile(
    r"""(?P<data>[\[{].*)|(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|“[^”]*”)"""
    r"""|(?P<identifier>\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\b|\b[0-9a-fA-F]{16,}\b)|(?P<status>\b[1-5]\d\d\b)|(?P<number>-?\d[\d.,:eE+TZ-]*)""",
    re.DOTALL,
)


@dataclass(frozen=True)
class CaseRecord:
    """One exchange as plain data: what was sent and what came, secrets masked.

    label, intent, part, note: as in the case. url: whole and percent-encoded. headers: as sent, masked.
    body: text, or base64 where body_encoding says so; longer than 64 kB it is cut, and body_size is its full length.
    status: None where no response came, then problem says why. exchanges: how many exchanges the finding rests on.
    """

    label: str
    intent: str
    part: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    body_encoding: Literal["text", "base64"] = "text"
    body_size: int = 0
    status: int | None = None
    answer: str = ""
    answer_media: str = ""
    problem: str = ""
    note: str = ""
    curl: str = ""
    exchanges: int = 1

    @property
    def size(self) -> tuple[int, int, str]:
        """What is compared to find the smallest request."""
        return (self.body_size, len(self.url) + sum(map(len, self.headers.values())), self.body)


@dataclass(frozen=True)
class Finding:
    """What one check found.

    check: name of the check or scenario. operation: its slug. where: place in request or response (JSON pointer, header
    name, or ""). expected and got: one sentence each. source: the place in a document, or the rule, that says so.
    place: `where` without what varies, for the key; "" to work it out. story: what a replay needs, see `story`.
    repeated: whether it showed again when it was sent once more, see `engine.confirmation`: yes, no, undecided; "": not
    tried. What rests on an assumption alone is never a failure: the severity of an assumed finding is always
    "unconfirmed".
    """

    check: str
    operation: str
    severity: Severity
    evidence: Evidence
    where: str
    expected: str
    got: str
    source: str
    case: CaseRecord
    place: str = ""
    story: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    repeated: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.evidence == "assumed" and self.severity == "failure":
            object.__setattr__(self, "severity", "unconfirmed")

    @property
    def key(self) -> CauseKey:
        """Findings with one key are one: of one operation, check, place, status and reason."""
        status = str(self.case.status or "none")
        return (self.check, self.operation, self.severity, self.place or place(self.where), cause(self.got), status)

    def masked(self, masking: Masking) -> "Finding":
        """The finding without secrets: a response may hold what was sent to authenticate."""
        return replace(
            self,
            where=masking(self.where),
            expected=masking(self.expected),
            got=masking(self.got),
            source=masking(self.source),
            place=masking(self.place),
        )

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON, whole. The story is the very one: copies of long ones take time."""
        return {**asdict(replace(self, story=None)), "story": self.story}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Finding":
        """The finding that to_json gave."""
        return Finding(**{**value, "case": CaseRecord(**value["case"])})


def place(where: str, declared: Collection[str] | None = None) -> str:
    """A pointer as the place of a cause: array positions and names that nobody declared don't count, nor great depth.

    declared: member names that a document knows; None where that is not known: then the first step alone counts.
    """
    if not where.startswith("/"):
        return where
    steps = where.split("/")[1 : 1 + _POINTER_STEPS]
    known = steps[:1] if declared is None else declared
    return "/" + "/".join(step if step in known and not step.isdecimal() else "*" for step in steps)


def cause(text: str) -> str:
    """What came, without what varies from request to request: quoted text, data, ids and numbers (not statuses)."""
    text = _VOLATILE.sub(lambda found: found[0] if found.lastgroup == "status" else "…", text)
    text = _CUT.sub(" …", text)
    # both values of a difference, with their lengths
    text = _VALUES.sub("", text)
    return _SERIES.sub("…", " ".join(text.split()))[:120]


def case_record(exchange: "Exchange", *, exchanges: int = 1) -> CaseRecord:
    """The exchange as plain data, with the secrets of its target masked."""
    case, request, masking = exchange.case, exchange.request, exchange.masking
    headers = {name: masking.header(name, value) for name, value in request.headers.items()}
    body = masking.data(request.body)
    url = masking(exchange.base_url + request_target(request.path, request.query))
    text, encoding = readable(body)
    response = exchange.response
    return CaseRecord(
        label=masking(case.label),
        intent=case.intent,
        part=case.part,
        method=request.method,
        url=url,
        headers=headers,
        body=text[:MAX_BODY],
        body_encoding=encoding,
        body_size=len(request.body),
        status=response.status if response is not None else None,
        answer=readable(told_body(exchange)[: 2 * MAX_BODY])[0][:MAX_BODY],
        answer_media=masking(response.headers.get("content-type", "")) if response is not None else "",
        problem=masking(exchange.problem),
        note=masking(case.note),
        curl=curl(request.method, url, headers, body),
        exchanges=exchanges,
    )


def readable(data: bytes) -> tuple[str, Literal["text", "base64"]]:
    """The bytes as text where they are UTF-8, else as base64."""
    try:
        return data.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(data).decode(), "base64"


def group(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """One finding per cause, the one with the smallest request, and how often the cause was met; failures first."""
    smallest: dict[CauseKey, Finding] = {}
    count: dict[CauseKey, int] = {}
    for finding in findings:
        key = finding.key
        count[key] = count.get(key, 0) + 1
        if key not in smallest or finding.case.size < smallest[key].case.size:
            smallest[key] = finding
    order = cast("dict[str, int]", {"failure": 0, "unconfirmed": 1})
    kept = sorted(smallest.items(), key=lambda item: (order[item[0][2]], item[1].operation, item[1].case.size))
    return [(finding, count[key]) for key, finding in kept]


def declared_names(operation: Operation) -> frozenset[str]:
    """Every parameter, and every member name that the schemas of an operation declare, at any depth."""
    bodies = [operation.body.content] if operation.body else []
    contents = [*bodies, *(reply.content for reply in operation.replies.values())]
    names = {escaped(parameter.name) for parameter in operation.parameters}
    for node in nodes([m.schema.document for content in contents for m in content.values() if m.schema]):
        if isinstance(node, Mapping) and isinstance(node.get("properties"), Mapping):
            names.update(escaped(name) for name in node["properties"])
    return frozenset(names)
