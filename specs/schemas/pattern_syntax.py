r"""Regular expressions (ECMA-262, 22.2.1) read into a tree from which texts can be made.

Readers of Python's own syntax know no `\p{…}`, `\u{…}`, `\cX`, `[^]` or `(?<name>…)`, so this one is ours.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Test = Callable[[str], bool]


class UnreadPattern(ValueError):  # noqa: N818 - reads as what it is
    """A pattern whose syntax is not known."""


@dataclass(frozen=True)
class Chars:
    """One character: of these ranges (code points, both ends included) or that one of the tests takes."""

    ranges: tuple[tuple[int, int], ...]
    tests: tuple[Test, ...] = ()
    negated: bool = False

    def takes(self, character: str) -> bool:
        """Whether a character is one of them."""
        point = ord(character)
        inside = any(low <= point <= high for low, high in self.ranges) or any(test(character) for test in self.tests)
        return inside is not self.negated


@dataclass(frozen=True)
class Sequence:
    """One part after another."""

    parts: tuple["Part", ...]


@dataclass(frozen=True)
class Choice:
    """One of several branches."""

    branches: tuple["Part", ...]


@dataclass(frozen=True)
class Repeat:
    """A part so many times; most is None where there is no bound."""

    part: "Part"
    least: int
    most: int | None


@dataclass(frozen=True)
class Group:
    """A part whose text can be referred to, by number and by name."""

    part: "Part"
    number: int
    name: str


@dataclass(frozen=True)
class Reference:
    """The text of a group before it."""

    group: int | str


@dataclass(frozen=True)
class Look:
    """What has to stand (or not) ahead or behind. A text is made of its part only on trial."""

    part: "Part"
    wanted: bool


@dataclass(frozen=True)
class Edge:
    """A place: the beginning `^`, the end `$`, or a boundary of a word."""

    kind: str


Part = Chars | Sequence | Choice | Repeat | Group | Reference | Look | Edge

_LOOKS: Mapping[str, bool] = {"?=": True, "?!": False, "?<=": True, "?<!": False}
_BRACES = re.compile(r"\{(\d+)(,(\d*))?\}", re.ASCII)
_CONTROLS: Mapping[str, str] = {"t": "\t", "n": "\n", "r": "\r", "v": "\v", "f": "\f", "0": "\0", "b": "\b"}
_SPACES = tuple((ord(c), ord(c)) for c in " \t\n\r\v\f\u00a0\ufeff\u2028\u2029")
_CLASSES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": _SPACES,
}
_LINE_ENDS = tuple((ord(c), ord(c)) for c in "\n\r\u2028\u2029")
_SCRIPTS: Mapping[str, str] = {"han": "CJK UNIFIED", "katakana": "KATAKANA LETTER", "hiragana": "HIRAGANA LETTER"}
_LONG_NAMES: Mapping[str, str] = {
    "letter": "L",
    "uppercase_letter": "Lu",
    "lowercase_letter": "Ll",
    "mark": "M",
    "number": "N",
    "decimal_number": "Nd",
    "punctuation": "P",
    "symbol": "S",
    "separator": "Z",
    "space_separator": "Zs",
    "other": "C",
}
_BINARY: Mapping[str, Test] = {
    "any": lambda _: True,
    "ascii": str.isascii,
    "alphabetic": str.isalpha,
    "alpha": str.isalpha,
    "uppercase": str.isupper,
    "lowercase": str.islower,
    "white_space": str.isspace,
    "ascii_hex_digit": lambda c: c in "0123456789abcdefABCDEF",
    "emoji": lambda c: unicodedata.category(c) == "So",
    "id_start": str.isidentifier,
    "id_continue": lambda c: ("a" + c).isidentifier(),
}


def parse_pattern(pattern: str) -> Part:
    """The tree of a pattern. UnreadPattern where it has no syntax that we know."""
    reader = _PatternReader(pattern)
    try:
        part = reader.choice()
    except (IndexError, ValueError, RecursionError) as error:
        raise UnreadPattern(f"{pattern[:80]!r} can't be read: {error}") from None
    if reader.at < len(pattern):
        raise UnreadPattern(f"{pattern[:80]!r} has a parenthesis too many")
    return part


class _PatternReader:
    """Reads from left to right; at is the place of the next character."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = 0

    def ahead(self, text: str) -> bool:
        """Whether this text comes next; it is passed over where it does."""
        there = self.pattern.startswith(text, self.at)
        self.at += len(text) if there else 0
        return there

    def until(self, end: str) -> str:
        """The text up to a mark, which is passed over."""
        stop = self.pattern.index(end, self.at)
        text = self.pattern[self.at : stop]
        self.at = stop + len(end)
        return text

    def choice(self) -> Part:
        branches = [self.sequence()]
        while self.ahead("|"):
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def sequence(self) -> Part:
        parts: list[Part] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self.repeated(self.atom()))
        return Sequence(tuple(parts))

    def repeated(self, part: Part) -> Part:
        bounds: tuple[int, int | None] | None = None
        if self.ahead("*"):
            bounds = (0, None)
        elif self.ahead("+"):
            bounds = (1, None)
        elif self.ahead("?"):
            bounds = (0, 1)
        elif found := _BRACES.match(self.pattern, self.at):
            self.at = found.end()
            least = int(found[1])
            bounds = (least, least if found[2] is None else int(found[3]) if found[3] else None)
        if bounds is None:
            return part
        self.ahead("?")
        return Repeat(part, *bounds)

    def atom(self) -> Part:
        character = self.pattern[self.at]
        self.at += 1
        if character == "(":
            return self.group()
        if character == "[":
            return self.bracket()
        if character == "\\":
            return self.escape()
        if character in "^$":
            return Edge(character)
        return Chars(_LINE_ENDS, negated=True) if character == "." else _one(character)

    def group(self) -> Part:
        for opening, wanted in _LOOKS.items():
            if self.ahead(opening):
                return Look(self.closed(), wanted)
        if self.ahead("?<") or self.ahead("?P<"):
            name = self.until(">")
            self.groups += 1
            number = self.groups
            return Group(self.closed(), number, name)
        if self.ahead("?"):
            self.until(":")  # what stands between are modifiers
            return self.closed()
        self.groups += 1
        number = self.groups
        return Group(self.closed(), number, "")

    def closed(self) -> Part:
        part = self.choice()
        if not self.ahead(")"):
            raise UnreadPattern("a parenthesis is not closed")
        return part

    def escape(self) -> Part:
        character = self.pattern[self.at]
        if character in "bB":
            self.at += 1
            return Edge(character)
        if character == "k" and self.pattern.startswith("k<", self.at):
            self.at += 2
            return Reference(self.until(">"))
        if character in "123456789":
            digits = re.compile(r"\d+", re.ASCII).match(self.pattern, self.at)
            self.at += len(digits[0]) if digits else 1
            return Reference(int(digits[0]) if digits else 0)
        return self.character_escape()

    def character_escape(self) -> Chars:
        """What an escape means inside of brackets and outside alike."""
        character = self.pattern[self.at]
        self.at += 1
        if character in "dDwWsS":
            return Chars(_CLASSES[character.lower()], negated=character.isupper())
        if character in "pP" and self.ahead("{"):
            return Chars((), (_property(self.until("}")),), negated=character == "P")
        return _one(self.named_character(character))

    def named_character(self, character: str) -> str:
        """The character that an escape names: by a letter, by its code, or itself."""
        if character == "c" and self.pattern[self.at : self.at + 1].isalpha():
            self.at += 1
            return chr(ord(self.pattern[self.at - 1]) % 32)
        if character == "u" and self.ahead("{"):
            return chr(int(self.until("}"), 16))
        digits = {"x": 2, "u": 4}.get(character)
        return self.code(digits) if digits else _CONTROLS.get(character, character)

    def code(self, digits: int) -> str:
        text = self.pattern[self.at : self.at + digits]
        self.at += digits
        return chr(int(text, 16))

    def bracket(self) -> Chars:
        negated = self.ahead("^")
        ranges: list[tuple[int, int]] = []
        tests: list[Test] = []
        while not self.ahead("]"):
            low = self.member()
            if low.negated or low.tests or len(low.ranges) > 1 or low.ranges[0][0] < low.ranges[0][1]:
                # A class inside of a class: taken as it is. A hyphen after it stands for itself.
                tests.append(low.takes)
                continue
            first = last = low.ranges[0][0]
            if self.pattern[self.at] == "-" and self.pattern[self.at + 1] != "]":
                self.at += 1
                high = self.member()
                if high.tests or high.negated or len(high.ranges) > 1:
                    tests.append(high.takes)
                    ranges.append((ord("-"), ord("-")))
                else:
                    last = high.ranges[0][1]
            ranges.append((first, last))
        return Chars(tuple(ranges), tuple(tests), negated)

    def member(self) -> Chars:
        character = self.pattern[self.at]
        self.at += 1
        return self.character_escape() if character == "\\" else _one(character)


def _one(character: str) -> Chars:
    return Chars(((ord(character), ord(character)),))


def _property(written: str) -> Test:
    """A test of a Unicode property (ECMA-262, 22.2.1.3, and Unicode Annex 44)."""
    name, _, value = written.partition("=")
    wanted = value or name
    key = wanted.lower()
    if key in _BINARY and not value:
        return _BINARY[key]
    category = _LONG_NAMES.get(key, wanted)
    if re.fullmatch(r"[A-Z][a-z]?", category):
        return lambda character: unicodedata.category(character).startswith(category)
    script = _SCRIPTS.get(key, f"{key.upper().replace('_', ' ')} ")
    return lambda character: unicodedata.name(character, "").startswith(script)
