"""Revealing values: what implementations are known to lose, change or fail on. Data for coverage and strategies."""

from collections.abc import Mapping
from typing import Any

from threadmock.specs.evidence import Evidence


def long_text(length: int) -> str:
    """A text of so many code points in which each place differs from its neighbours, so that a cut shows."""
    return "".join(f"{position:06d}." for position in range(0, length, 7))[:length]


NUL_TEXT = "nul \x00 inside"

# Name to text. Order: what is lost most often first.
TEXTS: Mapping[str, str] = {
    "mixed case": "MiXeD Case",
    "leading blank": " leading",
    "trailing blank": "trailing ",
    "inner blanks": "two  blanks",
    "empty": "",
    "emoji": "😀 \U0001d4af 👩‍👩‍👧",
    "markup": "<b>&amp;\"'</b>",
    "leading zeros": "0123",
    "percent and plus": "a+b%20c%",
    "newline": "first\nsecond\r\nthird",
    "tab": "\ttab\t",
    "backslashes": '\\n \\u0041 \\ / "',
    "combining, decomposed": "e\u0301 A\u030a",
    "combining, composed": "\u00e9 \u00c5 \ufb01",
    "case specials": "\u0130stanbul \u0131 stra\u00dfe \u01c5 \u03c2",
    "accents and scripts": "Ünïcödé 日本語 العربية עברית ไทย",
    "the word null": "null",
    "the word true": "true",
    "number with exponent": "1e5",
    "number with fraction": "1.50",
    "date": "2020-01-02T03:04:05Z",
    "upper-case uuid": "6F9619FF-8B86-4D11-B42D-00CF4FC964FF",
    "braces and templates": "{{x}} ${x} %s {0} $base",
    "quotes and semicolons": "Robert'); DROP TABLE x;--",
    "path": "../a/b\\c?d=e#f",
    "blank only": "   ",
    "bidi override": "a\u202eb\u202c \u200f\u2066x\u2069",
    "zero width": "a\u200bb\u200d\ufeffc",
    "line separators": "a\u2028b\u2029c\x85d",
    "no-break blanks": "\u00a0a\u3000",
    "control characters": "a\x01b\x1b[31mc\x7f",
    "noncharacters": "\ufffd\ufffe\U0010ffff",
}
LENGTHS: tuple[int, ...] = (300, 1_100, 10_000, 100_000)

NUMBERS: tuple[int | float, ...] = (
    0, -1, 1, 1.5, 0.1, 1e-7, -2.5, 255, 2**31, -(2**31) - 1, 2**53, 1e21, 1e308, 5e-324, -0.0, 3.0,
)  # fmt: skip
BIG_INTEGERS: tuple[int, ...] = (2**53 + 1, 2**63 - 1, 2**63)

AWKWARD_NAMES: tuple[str, ...] = (
    "camelCase", "snake_case", "kebab-case", "PascalCase", "UPPER", "upper", "with blank", " padded ", "dotted.name",
    "a..b", "$dollar", "$set", "@at", "slash/name", "back\\slash", "quote\"'", "ünïcödé", "日本", "😀",
    "e\u0301", "\u00e9", "__proto__", "constructor", "toString", "__class__", "0", "-1", "true", "null", "a[b]",
    "a[0]", "%41", "new\nline", "_id",
)  # fmt: skip
UNDECLARED_NAMES: tuple[str, ...] = (
    "x_unknown", "xUnknown2", "unknown-member", "ünknown", "$unknown", "unknown.dotted", "UNKNOWN3", "😀unknown",
)  # fmt: skip


def nested(depth: int) -> Any:
    """An object with so many levels below it, objects and arrays in turn, ending in a text."""
    value: Any = "bottom"
    for level in range(depth, 0, -1):
        value = [value] if level % 2 == 0 else {f"level{level}": value}
    return value


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace(",", "").replace(" ", "_"): value for name, value in values.items()}


# What a free-form object may hold: name, value, evidence. Each names what is at stake; within one, the member shows it.
OBJECTS: tuple[tuple[str, dict[str, Any], Evidence], ...] = (
    ("empty object", {}, "documented"),
    ("one text", {"topic": "billing"}, "documented"),
    ("falsy values", {"zero": 0, "no": False, "text": "", "nothing": None, "list": [], "object": {}}, "documented"),
    (
        "kinds of value",
        {"text": "a", "int": 7, "float": 1.5, "yes": True, "list": [1], "object": {"a": 1}},
        "documented",
    ),
    ("nested nulls", {"a": {"b": None, "c": [None, {"d": None}]}}, "documented"),
    ("nested objects", {"a": {"b": {"c": {"d": [{"e": 1}]}}}}, "documented"),
    ("awkward texts", _named(TEXTS), "documented"),
    ("awkward names", {name: position for position, name in enumerate(AWKWARD_NAMES)}, "documented"),
    ("numbers", {f"n{position}": number for position, number in enumerate(NUMBERS)}, "documented"),
    (
        "array order, duplicates and kinds",
        {"order": [3, 1, 2], "same": ["a", "a"], "mixed": [1, "1", True, None, 1.5, [], {}], "empty": [[], {}]},
        "documented",
    ),
    ("names that differ by case", {"key": 1, "Key": 2, "KEY": 3}, "documented"),
    ("name order", {"z": 1, "a": 2, "m": 3, "10": 4, "9": 5}, "documented"),
    ("empty name", {"": "value of the empty name", "other": 1}, "documented"),
    (
        "names of our own members",
        {"id": "x", "metadata": {"metadata": 1}, "status": 1, "created_at": "no date"},
        "documented",
    ),
    ("deep, 20 levels", {"deep": nested(19)}, "documented"),
    ("deep, 60 levels", {"deep": nested(59)}, "documented"),
    ("wide, 1,000 members", {f"member{position:04d}": position for position in range(1000)}, "documented"),
    ("long texts", {f"of{length}": long_text(length) for length in LENGTHS}, "documented"),
    ("long array", {"list": list(range(2000))}, "documented"),
    ("long name", {long_text(300): 1}, "documented"),
    ("numbers beyond 2^53", {f"n{position}": number for position, number in enumerate(BIG_INTEGERS)}, "assumed"),
    ("NUL in a text", {"nul": NUL_TEXT}, "assumed"),
    ("NUL in a name", {"n\x00l": 1}, "assumed"),
)

WRONG_TYPES: Mapping[str, Any] = {
    "an integer": 1,
    "null": None,
    "a text": "text",
    "an array": [],
    "an object": {},
    "true": True,
    "a fraction": 1.5,
    "a text of digits": "1",
    "an array around it": ["text"],
    "false": False,
    "zero": 0,
    "an empty text": "",
    "the text true": "true",
    "an array of objects": [{}],
}
