"""Probes of one place: values at and next to every limit of its schema. The validators say which are valid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.cases.body_places import BodyPlace
from threadmock.contracts.cases.shapes import Branch
from threadmock.contracts.cases.value_pools import WRONG_TYPES, long_text
from threadmock.specs.evidence import Evidence

LONGEST = 100_001


@dataclass(frozen=True)
class Probe:
    """A value for a place. label: what it is about. evidence: of what is expected, beyond what the schema's own is."""

    label: str
    value: Any
    evidence: Evidence = "documented"
    uuid_form: bool = False


_UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
_FORMATS: Mapping[str, tuple[Probe, ...]] = {
    "uuid": (
        Probe("is no uuid", "not-a-uuid"),
        Probe("is an empty text", ""),
        Probe("uuid too short", _UUID[:-1]),
        Probe("uuid too long", _UUID + "0"),
        Probe("uuid with a wrong digit", "g" + _UUID[1:]),
        Probe("uuid with a final newline", _UUID + "\n"),
        Probe("uuid with a final blank", _UUID + " "),
        Probe("uuid with a leading blank", " " + _UUID),
        Probe("uuid of full-width digits", "\uff10" + _UUID[1:], uuid_form=True),
        Probe("uuid without hyphens", _UUID.replace("-", ""), "assumed", uuid_form=True),
        Probe("uuid in braces", "{" + _UUID + "}", "assumed", uuid_form=True),
        Probe("uuid as urn", "urn:uuid:" + _UUID, "assumed", uuid_form=True),
        Probe("uuid with hyphens elsewhere", "0f8fad5bd9cb-469f-a165-7086-7728950e", "assumed", uuid_form=True),
    ),
    "date-time": (
        Probe("date-time in UTC", "2026-01-02T03:04:05Z"),
        Probe("date-time with an offset", "2026-01-02T03:04:05+05:30"),
        Probe("date-time with a fraction", "2026-01-02T03:04:05.123456Z"),
        Probe("date-time on a leap day", "2024-02-29T00:00:00Z"),
        Probe("date-time in month 13", "2020-13-01T00:00:00Z"),
        Probe("date-time on 30 February", "2023-02-30T00:00:00Z"),
        Probe("date-time at hour 25", "2023-02-03T25:00:00Z"),
        Probe("is no date-time", "yesterday"),
        Probe("is an empty text", ""),
        Probe("date-time without offset", "2020-01-01T00:00:00", "assumed"),
        Probe("date only", "2020-01-01", "assumed"),
        Probe("seconds since 1970 as a text", "1577836800", "assumed"),
        Probe("seconds since 1970", 1577836800, "assumed"),
        Probe("date-time with a blank for T", "2020-01-01 00:00:00Z", "assumed"),
    ),
    "date": (
        Probe("date on a leap day", "2024-02-29"),
        Probe("date in month 13", "2020-13-01"),
        Probe("is no date", "yesterday"),
        Probe("date-time where a date is due", "2020-01-01T00:00:00Z", "assumed"),
    ),
    "email": (Probe("is no address", "nobody"),),
    "ipv4": (Probe("address out of range", "256.0.0.1"),),
    "ipv6": (Probe("is no address", "1::2::3"),),
}


def probes(place: BodyPlace) -> Iterator[Probe]:
    """All limits of a place: types, enum members, lengths, bounds, formats, counts."""
    for branch in place.branches:
        yield from limits(branch)


def limits(branch: Branch) -> Iterator[Probe]:
    """The limits of one branch, other than its type."""
    words = branch.keywords
    if branch.kind == "enum":
        yield from _enum(words["enum"])
    elif branch.kind == "string":
        yield from _lengths(words)
        yield from _FORMATS.get(words.get("format", ""), ())
        if "pattern" in words:
            yield from _patterned()
    elif branch.kind in ("integer", "number"):
        yield from _bounds(words, branch.kind)
    elif branch.kind == "array":
        yield from _counts(words)


def type_probes(place: BodyPlace) -> Iterator[Probe]:
    """A value of every JSON type, most revealing first: what is nearest to valid, then null."""
    kinds = set(place.kinds())
    nearest: dict[str, Any] = {}
    if {"integer", "number"} & kinds:
        # Many languages take a boolean, or the text of a number, for a number.
        nearest["true"] = True
    if "string" not in kinds:
        if {"integer", "number"} & kinds:
            nearest["a text of digits"] = WRONG_TYPES["a text of digits"]
        if "boolean" in kinds:
            nearest["the text true"] = WRONG_TYPES["the text true"]
            nearest["the text false"] = "false"
    for label, value in {**nearest, **WRONG_TYPES}.items():
        if label in ("an array of objects", "an array around it") and "array" in kinds:
            continue
        if isinstance(value, str) and label != "a text" and "string" in kinds:
            continue
        yield Probe(f"is {label}", value)


def _enum(members: list[Any]) -> Iterator[Probe]:
    for member in members:
        yield Probe(f"= {member}", member)
    texts = [member for member in members if isinstance(member, str)]
    if texts:
        word = texts[0]
        yield Probe("is another word", "no_such_value")
        yield Probe("is in other case", word.upper() if word.upper() != word else word.lower())
        yield Probe("has a final blank", word + " ")
        yield Probe("has a leading blank", " " + word)
        yield Probe("is an empty text", "")
        yield Probe("is two members", ",".join(texts[:2]) if len(texts) > 1 else word * 2)
        yield Probe("is the member cut short", word[:-1])


def _lengths(words: Mapping[str, Any]) -> Iterator[Probe]:
    most, fewest = words.get("maxLength"), words.get("minLength", 0)
    if most is not None and most < LONGEST:
        yield Probe(f"has {most} characters", long_text(most))
        yield Probe(f"has {most + 1} characters", long_text(most + 1))
        yield Probe(f"has {most - 1} characters", long_text(most - 1))
        yield Probe(f"has {most} astral characters", "😀" * most)
        yield Probe(f"has {most + 1} astral characters", "😀" * (most + 1))
        yield Probe(f"has {most + 1} characters, the last a blank", long_text(most) + " ")
        yield Probe(f"has {most * 4 + 4} characters", long_text(most * 4 + 4))
    if fewest and fewest < LONGEST:
        yield Probe(f"has {fewest} characters", long_text(fewest))
        yield Probe(f"has {fewest - 1} characters", long_text(fewest - 1))
        yield Probe(f"has {fewest - 1} astral characters", "😀" * (fewest - 1))


def _patterned() -> Iterator[Probe]:
    for text in ("", " ", "a b", "a\n", "ä", "a/b", "\u0661", "$", "😀"):
        yield Probe(f"is {text!a}", text)


def _bounds(words: Mapping[str, Any], kind: str) -> Iterator[Probe]:
    step = words.get("multipleOf", 1)
    near = step if kind == "integer" or "multipleOf" in words else 0.5
    for keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        if keyword in words:
            edge = words[keyword]
            for number in (edge, edge - near, edge + near):
                yield Probe(f"is {number}", number)
    if "multipleOf" in words:
        yield Probe(f"is {step * 1.5}", step * 1.5)
        yield Probe(f"is {step * 3}", step * 3)
    if kind == "integer" and not {"minimum", "maximum", "multipleOf"} & words.keys():
        yield Probe("is 3.0", 3.0, "assumed")


def _counts(words: Mapping[str, Any]) -> Iterator[Probe]:
    """Counts of plain items: where items have a type, the validators drop what does not fit."""
    for keyword in ("minItems", "maxItems"):
        edge = words.get(keyword)
        for count in (edge, edge - 1, edge + 1) if edge is not None and edge < 10_000 else ():
            if count >= 0:
                yield Probe(f"has {count} texts", [f"text {n}" for n in range(count)])
                yield Probe(f"has {count} numbers", list(range(count)))
    if words.get("uniqueItems"):
        yield Probe("has the same text twice", ["a", "a"])
        yield Probe("has the same number twice", [1, 1])
