"""What was sent against what came back: equal as JSON, where texts of a format count by what they denote.

Numbers are equal by value, texts by code point, uuid and date-time texts by what they stand for. What JSON leaves to
its implementations (integers beyond 2^53, RFC 8259, 6; NUL, which some stores can't hold) is marked as `loss`.
"""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from threadmock.specs.documents.pointers import pointer_of
from threadmock.specs.schemas.formats import read_date_time
from threadmock.specs.schemas.text_formats import NO_FORMS, Forms
from threadmock.specs.text import cut, shorten

EXACT = 2**53
_MICROSECOND = 1e-6
_SHOWN, _BEFORE = 40, 10
_FRACTION = re.compile(r":\d\d\.(\d+)")


@dataclass(frozen=True)
class Difference:
    """One place where the values differ.

    steps: from the top of what was compared. what: one clause without data, so that equal causes read equal.
    loss: JSON lets an implementation lose this. values: both sides, where there are two. added: nothing that was sent
    is off; a member came besides.
    """

    steps: tuple[str | int, ...]
    what: str
    loss: bool = False
    values: tuple[Any, Any] | None = None
    added: bool = False

    @property
    def told(self) -> str:
        """The clause, with both values in short."""
        return f"{self.what} ({contrast(*self.values)})" if self.values else self.what

    @property
    def pointer(self) -> str:
        """Where, as a JSON pointer (RFC 6901)."""
        return pointer_of(self.steps)


def differences(sent: Any, got: Any, forms: Forms | str = NO_FORMS) -> Iterator[Difference]:
    """Where `got` is not what was sent, depth first. forms: what its texts denote, or the one `format` of a text."""
    if isinstance(forms, str):
        forms = Forms(anywhere=frozenset({forms}))
    return _compare(sent, got, forms, ())


def same(sent: Any, got: Any, forms: Forms | str = NO_FORMS) -> bool:
    """Whether both are one JSON value."""
    return next(differences(sent, got, forms), None) is None


def contrast(one: Any, other: Any, words: tuple[str, str] = ("sent", "got")) -> str:
    """Two values in short, from shortly before the place where they part, with the lengths of texts and arrays.

    words: what each is called. Values are quoted, so that findings of one cause read equal without them.
    """
    start = 0
    if isinstance(one, str) and isinstance(other, str):
        pairs = enumerate(zip(one, other, strict=False))
        parted = next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))
        start = max(0, parted - _BEFORE) if parted > _SHOWN else 0
    return f"{words[0]} {_short(one, start)}, {words[1]} {_short(other, start)}"


def _short(value: Any, start: int) -> str:
    if isinstance(value, dict):
        return f"an object of {len(value)} member{'s' * (len(value) != 1)}"
    if isinstance(value, list):
        return f"an array of {len(value)} item{'s' * (len(value) != 1)}"
    if not isinstance(value, str):
        return shorten(json.dumps(value), _SHOWN)
    shown = json.dumps(("…" if start else "") + cut(value[start:], _SHOWN), ensure_ascii=False)
    return shown if len(value) <= _SHOWN else f"{shown} of {len(value):,} characters"


def type_name(value: Any) -> str:
    """The JSON type of a value, in words that stand in a sentence."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "an array" if isinstance(value, list) else "an object"


def _compare(sent: Any, got: Any, forms: Forms, steps: tuple[str | int, ...]) -> Iterator[Difference]:
    if type_name(sent) != type_name(got):
        lost = isinstance(sent, int) and not isinstance(sent, bool) and abs(sent) > EXACT
        yield Difference(steps, f"{type_name(sent)} came back as {type_name(got)}", lost, (sent, got))
    elif isinstance(sent, dict):
        yield from _compare_objects(sent, got, forms, steps)
    elif isinstance(sent, list):
        yield from _compare_arrays(sent, got, forms, steps)
    elif isinstance(sent, str):
        texts = forms.texts if sent != got else frozenset[str]()
        if not _same_text(sent, got, texts):
            yield Difference(
                steps, _how(sent, got), _lost_nul(sent, got) or _lost_fraction(sent, got, texts), (sent, got)
            )
    elif isinstance(sent, bool) or sent is None:
        if sent is not got:
            yield Difference(steps, "the other boolean came back", values=(sent, got))
    elif sent != got:
        yield Difference(steps, "another number came back", _lost_digits(sent, got), (sent, got))


def _compare_objects(
    sent: dict[str, Any], got: dict[str, Any], forms: Forms, steps: tuple[str | int, ...]
) -> Iterator[Difference]:
    missing = [name for name in sent if name not in got]
    for name in missing:
        yield Difference((*steps, name), "a member that was sent is missing", "\0" in name)
    nul = any("\0" in name for name in missing)
    for name in got:
        if name not in sent:
            yield Difference((*steps, name), "a member came back that was not sent", nul, added=True)
    for name, value in sent.items():
        if name in got:
            yield from _compare(value, got[name], forms.member(name), (*steps, name))


def _compare_arrays(
    sent: list[Any], got: list[Any], forms: Forms, steps: tuple[str | int, ...]
) -> Iterator[Difference]:
    if len(sent) != len(got):
        yield Difference(
            steps, "the array came back " + ("shorter" if len(got) < len(sent) else "longer"), values=(sent, got)
        )
        return
    item = forms.item
    for position, (ours, theirs) in enumerate(zip(sent, got, strict=True)):
        yield from _compare(ours, theirs, item, (*steps, position))


def _same_text(sent: str, got: str, texts: frozenset[str]) -> bool:
    if sent == got:
        return True
    if "uuid" in texts and _same_uuid(sent, got):
        return True
    apart = _apart(sent, got) if "date-time" in texts else None
    return apart is not None and apart <= _MICROSECOND


def _same_uuid(sent: str, got: str) -> bool:
    try:
        return uuid.UUID(sent) == uuid.UUID(got)
    except ValueError:
        return False


def _apart(sent: str, got: str) -> float | None:
    """Seconds between two moments; None where either text denotes none."""
    try:
        return abs((_moment(sent) - _moment(got)).total_seconds())
    except ValueError:
        return None


def _moment(text: str) -> datetime:
    try:
        return read_date_time(text)
    except ValueError:
        found = datetime.fromisoformat(text)  # a moment that only the prose calls so may lack its offset
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def _lost_fraction(sent: str, got: str, texts: frozenset[str]) -> bool:
    """Whether a moment came back with fewer digits of its second: stores keep some of them."""
    kept, apart = _digits(got), _apart(sent, got) if "date-time" in texts else None
    return apart is not None and kept < _digits(sent) and apart < 10.0**-kept


def _digits(text: str) -> int:
    found = _FRACTION.search(text)
    return len(found[1]) if found else 0


def _how(sent: str, got: str) -> str:
    if got and sent.startswith(got) and len(got) < len(sent.rstrip()):
        return "the text came back cut short"
    if got == sent.strip():
        return "the text came back without the blanks around it"
    if got.casefold() == sent.casefold():
        return "the text came back in other letter case"
    return "another text came back"


def _lost_nul(sent: str, got: str) -> bool:
    return "\0" in sent and got in (sent.replace("\0", ""), sent.replace("\0", "\ufffd"), sent.split("\0", 1)[0])


def _lost_digits(sent: float, got: float) -> bool:
    if isinstance(sent, float) and not sent.is_integer():
        return False
    if abs(sent) <= EXACT:
        return False
    try:
        return float(sent) == float(got) or abs(got) >= 2**63 - 1
    except OverflowError:
        return True
