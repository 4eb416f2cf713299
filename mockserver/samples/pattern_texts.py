"""Texts that a pattern (ECMA-262) matches, of a length within bounds, from the seed.

A text is made along the tree of the pattern and then tried by the engine that judges it: edges, boundaries and what
looks around are kept by trial, in a bounded number of trials.
"""

import functools
import random
import string
from collections.abc import Callable, Iterator

from threadmock.specs.schemas.pattern_syntax import (
    Chars,
    Choice,
    Edge,
    Group,
    Look,
    Part,
    Reference,
    Repeat,
    Sequence,
    UnreadPattern,
    parse_pattern,
)
from threadmock.specs.schemas.patterns import searches

_TRIALS = 300
_LONGEST = 20_000
_SPREADS = (8, 3, 0, 16, 40)
# Looked through in this order: a text is to be read by people where the pattern lets it.
_LETTERS = string.ascii_lowercase + string.digits + string.ascii_uppercase
_POOLS = (
    _LETTERS,
    string.punctuation + " ",
    "éüßñΩλЖдאعह中日あア한٣²½€→☃😀\u00a0\u0301\t\n",
)


def text_for(pattern: str, rng: random.Random, least: int = 0, most: int | None = None) -> str | None:
    """A text in which the pattern is found, of `least` to `most` characters; None where none was found in time."""
    return next(texts_for(pattern, rng, least, most), None)


def texts_for(pattern: str, rng: random.Random, least: int = 0, most: int | None = None) -> Iterator[str]:
    """Such texts, as many as are found within the trials; a text may come twice."""
    part = _tree(pattern)
    if part is None or least > _LONGEST:
        return
    shortest = _shortest(part)
    top = min(_LONGEST, most if most is not None else _LONGEST)
    if shortest > top:
        return
    for trial in range(_TRIALS):
        spread = _SPREADS[trial % len(_SPREADS)]
        length = min(top, max(least, shortest + rng.randint(spread // 2, spread)))
        walk = _Walk(rng, max(0, length - shortest), greedy=trial % 4 == 3)
        for text in _completed(walk.text(part), walk, part, least, rng):
            if least <= len(text) <= top and searches(pattern, text):
                yield text


def _completed(text: str, walk: "_Walk", part: Part, least: int, rng: random.Random) -> Iterator[str]:
    """The text as it is, with what looks around asked for, and filled up where the pattern is open at an end."""
    yield text
    if walk.looked:
        ahead = "".join(walk.looked)
        yield ahead + text
        yield text + ahead
        yield ahead
        yield text[: -len(ahead)] + ahead
    if len(text) < least:
        filling = "".join(rng.choice(string.ascii_lowercase) for _ in range(least - len(text)))
        if not _ends(part, "$", -1):
            yield text + filling
            yield f"{text} {filling}"
        if not _ends(part, "^", 0):
            yield filling + text
            yield f"{filling} {text}"


def _ends(part: Part, kind: str, at: int) -> bool:
    """Whether a pattern begins (at 0) or ends (at -1) at an edge."""
    if isinstance(part, Sequence):
        return bool(part.parts) and _ends(part.parts[at], kind, at)
    if isinstance(part, Choice):
        return any(_ends(branch, kind, at) for branch in part.branches)
    if isinstance(part, Group):
        return _ends(part.part, kind, at)
    return isinstance(part, Edge) and part.kind == kind


class _Walk:
    """One way along a pattern's tree. budget: how many characters more than the fewest may still be made.

    looked: texts for what has to stand ahead or behind. greedy: the first part that can repeat takes all that is left.
    """

    def __init__(self, rng: random.Random, budget: int, *, greedy: bool) -> None:
        self.rng = rng
        self.budget = budget
        self.greedy = greedy
        self.groups: dict[int | str, str] = {}
        self.looked: list[str] = []

    def text(self, part: Part) -> str:
        if isinstance(part, Chars):
            return _pick(part, self.rng)
        if isinstance(part, Sequence):
            return "".join([self.text(each) for each in part.parts])
        if isinstance(part, Choice):
            return self.text(self._branch(part))
        if isinstance(part, Repeat):
            return "".join([self.text(part.part) for _ in range(self._times(part))])
        return self._remembered(part)

    def _remembered(self, part: Part) -> str:
        """The text of a group, of a reference to one, and none for what only looks."""
        if isinstance(part, Group):
            self.groups[part.number] = made = self.text(part.part)
            self.groups[part.name or part.number] = made
            return made
        if isinstance(part, Look) and part.wanted:
            self.looked.append(self.text(part.part))
        return self.groups.get(part.group, "") if isinstance(part, Reference) else ""

    def _branch(self, part: Choice) -> Part:
        fewest = _shortest(part)
        able = [each for each in part.branches if _shortest(each) - fewest <= self.budget]
        chosen = self.rng.choice(able)
        self.budget -= _shortest(chosen) - fewest
        return chosen

    def _times(self, part: Repeat) -> int:
        size = max(_shortest(part.part), 1)
        room = self.budget // size
        if part.most is not None:
            room = min(room, part.most - part.least)
        more = room if self.greedy else self.rng.randint(0, max(room, 0))
        self.budget -= max(more, 0) * size
        return part.least + max(more, 0)


@functools.lru_cache(maxsize=512)
def _tree(pattern: str) -> Part | None:
    try:
        return parse_pattern(pattern)
    except UnreadPattern:
        return None


@functools.lru_cache(maxsize=4096)
def _shortest(part: Part) -> int:
    """The fewest characters that a part makes."""
    if isinstance(part, Chars):
        return 1
    if isinstance(part, Sequence):
        return sum(map(_shortest, part.parts))
    if isinstance(part, Choice):
        return min(map(_shortest, part.branches))
    if isinstance(part, Repeat):
        return _shortest(part.part) * part.least
    return _shortest(part.part) if isinstance(part, Group) else 0


def _pick(part: Chars, rng: random.Random) -> str:
    known = _known(part)
    if known:
        return rng.choice(known)
    if part.ranges and not part.negated:
        low, high = rng.choice(part.ranges)
        point = rng.randint(low, high)
        return chr(point) if not 0xD800 <= point <= 0xDFFF else "\ue000"
    return rng.choice(_LETTERS)


@functools.lru_cache(maxsize=1024)
def _known(part: Chars) -> str:
    """The characters of the first pool that has any; of one short range all of them."""
    if len(part.ranges) == 1 and not part.tests and not part.negated and part.ranges[0][0] == part.ranges[0][1]:
        return chr(part.ranges[0][0])
    for pool in _POOLS:
        found = "".join(filter(_taker(part), pool))
        if found:
            return found
    return ""


def _taker(part: Chars) -> Callable[[str], bool]:
    return part.takes
