"""The record of a scenario, and how one asks: each exchange is judged by all checks, then the scenario adds its own."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from zlib import crc32

from threadmock.contracts.cases.case import (
    Case,
    base_value,
    body_media,
    case_with_body,
    chosen_key,
    key_member,
    linked_members,
    plain_value,
    referring_members,
    with_own_key,
)
from threadmock.contracts.cases.shapes import shapes, subschema
from threadmock.contracts.checks import Context, Reading, judge_reading
from threadmock.contracts.checks.check import Weight
from threadmock.contracts.checks.finding import Finding
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence
from threadmock.specs.operations.replies import answer_members
from threadmock.specs.schemas.declared import sendable
from threadmock.specs.schemas.text_formats import Forms
from threadmock.specs.schemas.validation import checker

Apart = Literal["", "first", "last"]


@dataclass(frozen=True)
class Scenario:
    """A question that takes several exchanges.

    applies: "" or the reason why the operation can't be asked. exchanges: the most that it makes; usual: fewer,
    where the coverage part has made things before, or where lists are short; 0 for the same. weight: how much its
    findings matter. headline: what they say, for who knows no scenario. apart: its exchanges are set aside from those
    of all others, and it is asked before them ("first"), or after them because a target may not be the same afterwards
    ("last"); "" for neither. runs: the most that it starts, with those that others start for it; it is asked before the
    cases of all operations, and not begun where fewer may be started. priority: of scenarios that start runs, the
    smaller goes first: 1 for a conversation, 2 for who has a thread and for answers, 3 for other ends, 4 for more.
    """

    name: str
    asserts: str
    source: str
    applies: Callable[[Contract, Operation], str]
    run: Callable[[Context, Operation], Iterable[Finding]]
    exchanges: int
    evidence: Evidence = "documented"
    usual: int = 0
    weight: Weight = "shape"
    headline: str = ""
    apart: Callable[[Operation], Apart] = lambda _: ""
    runs: int | Callable[[Operation], int] = 0
    priority: int = 3

    def runs_of(self, operation: Operation) -> int:
        """The most runs that it starts when it is asked of an operation."""
        return self.runs if isinstance(self.runs, int) else self.runs(operation)

    @property
    def reserved(self) -> int:
        """Exchanges to be set aside for it where the coverage part goes before."""
        return self.usual or self.exchanges


def ask(context: Context, case: Case, *, without: Collection[str] = ()) -> Reading:
    """Send a case, have it judged and recorded. without: checks whose question the scenario itself asks.

    Where its body has to choose a key and holds the sample, a key that nobody has used stands there instead.
    """
    case = keyed(context, case)
    reading = Reading(context, context.send(case))
    record(reading, without=without)
    expected = case.intent == "valid" and case.standing != "unknown"
    if expected and not reading.accepted and not context.comparisons.refused:
        context.comparisons.refused = f"{case.operation} was answered {reading.status or 'not at all'}"
    return reading


def record(reading: Reading, *, without: Collection[str] = ()) -> None:
    """Have an exchange judged and recorded."""
    verdict = judge_reading(reading)
    if without:
        verdict = replace(
            verdict,
            findings=tuple(finding for finding in verdict.findings if finding.check not in without),
            passed=tuple(name for name in verdict.passed if name not in without),
        )
    reading.context.record(reading.exchange, verdict)


def make_case(operation: Operation, value: Any, label: str, **more: Any) -> Case:
    """A valid case of a scenario with that body. more: other members of Case."""
    return replace(case_with_body(operation, value, label), **more)


def new_key(context: Context, operation: Operation) -> Any:
    """A key that nobody has used, noted as such: what is created with it was not there before."""
    key = chosen_key(operation)
    context.memory.setdefault("fresh", set()).add(key)
    return key


def keyed(context: Context, case: Case) -> Case:
    """The case with a key of its own, noted as new, in place of the sample of a body that has to choose one."""
    return with_own_key(case, lambda operation: new_key(context, operation))


def note_taken(context: Context, key: Any) -> None:
    """Note that a thing with this key exists."""
    context.memory.setdefault("taken", set()).add(key)


def key_of(reading: Reading) -> Any:
    """The key of the thing that was created; None where the response has none."""
    key = reading.rule.key
    return reading.made.get(key.member) if key else None


def has_base(operation: Operation) -> bool:
    """Whether a plain valid body object is known."""
    return isinstance(base_value(operation), dict)


def marked(operation: Operation, mark: str, shown: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A valid body whose shared members, which the response shows, all hold the mark. {} where none is known.

    shown: the members that another response shows, where that is the one to be looked at.
    """
    base = plain_value(operation)
    media = body_media(operation)
    if not isinstance(base, dict) or media is None or media.schema is None:
        return {}
    made: dict[str, Any] = dict(base)
    kept = {key_member(operation), *linked_members(operation), *referring_members(operation)}
    shown = answer_members(operation) if shown is None else shown
    for name, node in sendable(media.schema).items():
        if name in kept or name not in shown:
            continue
        kinds = [branch for branch in shapes(media.schema).branches(node) if branch.kind != "null"]
        value = _holding(kinds[0].kind, kinds[0].keywords, f"{name} {mark}") if kinds else None
        if isinstance(value, str) and Forms(((media.schema, node), (media.schema, _plain(shown[name])))).texts:
            value = _moment(value)
        if value is not None and checker(subschema(media.schema, node)).accepted(value):
            made[name] = value
    return made if checker(media.schema).accepted(made) else dict(base)


def _plain(node: Any) -> Any:
    """A node of another schema, without what only that schema resolves."""
    if isinstance(node, Mapping):
        return {name: _plain(child) for name, child in node.items() if name != "$ref"}
    return [_plain(child) for child in node] if isinstance(node, list | tuple) else node


def _moment(mark: str) -> str:
    """A moment that hangs on a text, for a text that the answer, or the prose, calls a moment."""
    number = crc32(mark.encode())
    return f"2026-01-{1 + number % 28:02}T{number // 28 % 24:02}:{number // 672 % 60:02}:{number // 40320 % 60:02}Z"


def usable(context: Context, operation: Operation, value: dict[str, Any]) -> dict[str, Any]:
    """A body without the optional members that the target refuses: what rests on the thing is asked all the same."""
    if context.prerequisites is None or not value:
        return value
    # Found out with other texts: a server may refuse the same ones a second time.
    context.prerequisites.usable(operation, marked(operation, "tried"))
    return context.prerequisites.usable(operation, value)


def _holding(kind: str, words: Any, text: str) -> Any:
    if kind == "string" and "format" not in words:
        return text
    if kind == "array":
        return [text, "a second one"]
    if kind in ("object", "any"):
        return {"mark": text, "inner": {"list": [1, "two", None, True], "empty": {}, "no": False, "half": 1.5}}
    return None


def creates(_: Contract, operation: Operation) -> str:
    """Operations that create a thing from a JSON body."""
    if operation.rule.action != "create" or operation.rule.key is None:
        return "the operation makes nothing that has a key"
    return "" if has_base(operation) else "no valid JSON body is known"


def chooses_key(contract: Contract, operation: Operation) -> str:
    """Creates where the client may choose the key, in the body."""
    return creates(contract, operation) or ("" if key_member(operation) else "the client can't choose a key")


def refuses_taken(contract: Contract, operation: Operation) -> str:
    """Creates where the client may choose the key, and it is declared what happens to one that is taken."""
    reason = chooses_key(contract, operation)
    return reason or ("" if operation.rule.taken else "nothing says what happens to a key that is taken")
