"""Two answers side by side: an id of one stands for one id of the other, wherever it is met, and for no other."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_ID = re.compile(
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f]))"
)
_EVENT = re.compile(r"\d{13}-\d+")
ABSENT = "<absent>"


@dataclass(frozen=True)
class Difference:
    """One place at which two answers differ. place: such as `/2/events/5/data/0/id`."""

    place: str
    real: str
    mock: str

    def __str__(self) -> str:
        return f"{self.place}: real {self.real[:200]} - mock {self.mock[:200]}"


@dataclass
class Comparison:
    """Holds two answers against each other. twins: each id of the one to that of the other, and back."""

    twins: dict[tuple[str, str], str] = field(default_factory=dict)

    def differences(self, real: Any, mock: Any, place: str = "") -> Iterator[Difference]:
        """Where two values differ."""
        if isinstance(real, Mapping) and isinstance(mock, Mapping):
            yield from self._of_objects(real, mock, place)
        elif isinstance(real, list) and isinstance(mock, list):
            for at in range(max(len(real), len(mock))):
                one, other = (side[at] if at < len(side) else ABSENT for side in (real, mock))
                yield from self.differences(one, other, f"{place}/{at}")
        elif isinstance(real, str) and isinstance(mock, str):
            if not self._fit(real, mock):
                yield Difference(place, real, mock)
        elif real != mock or isinstance(real, bool) != isinstance(mock, bool):
            yield Difference(place, str(real), str(mock))

    def _of_objects(self, real: Mapping[str, Any], mock: Mapping[str, Any], place: str) -> Iterator[Difference]:
        """Members are paired by their names; those whose names are ids, in order."""
        ids = [[name for name in side if _ID.search(name)] for side in (real, mock)]
        pairs = list(zip(*ids, strict=False))
        pairs += [
            (name, name) for name in [*real, *(name for name in mock if name not in real)] if not _ID.search(name)
        ]
        for one, other in pairs:
            if not self._fit(one, other):
                yield Difference(f"{place}/{one}", one, other)
            yield from self.differences(real.get(one, ABSENT), mock.get(other, ABSENT), f"{place}/{one}")
        for one in ids[0][len(pairs) :] if len(ids[0]) > len(ids[1]) else ():
            yield Difference(f"{place}/{one}", str(real[one]), ABSENT)
        if len(ids[0]) != len(ids[1]):
            yield Difference(place, f"{len(ids[0])} ids", f"{len(ids[1])} ids")

    def _fit(self, real: str, mock: str) -> bool:
        """Whether two texts are the same but for their ids, and these are twins; moments and ids of events all fit."""
        if any(form.fullmatch(real) and form.fullmatch(mock) for form in (_MOMENT, _EVENT)):
            return True
        ones, others = _ID.split(real), _ID.split(mock)
        return ones[::2] == others[::2] and all(map(self._are_twins, ones[1::2], others[1::2]))

    def _are_twins(self, real: str, mock: str) -> bool:
        one = self.twins.setdefault(("real", real), mock)
        other = self.twins.setdefault(("mock", mock), real)
        return one == mock and other == real


OWN = "after"
"""What the graphs of the application call the function that chooses the next node: its events are the graph's own."""


def comparable(answers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Answers without the events of what only the application has, and those of tools that run side by side in order."""
    return [{**each, "events": list(_ordered(each["events"]))} if "events" in each else each for each in answers]


def _ordered(events: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    own = (each for each in events if not (each["event"] == "events" and each["data"].get("name") == OWN))
    for of_tools, group in itertools.groupby(own, _is_of_a_tool):
        found = list(group)
        yield from sorted(found, key=_begun_first) if of_tools else found


def _begun_first(event: Mapping[str, Any]) -> tuple[bool, str]:
    return event["data"]["event"] != "on_tool_start", event["data"]["name"]


def _is_of_a_tool(event: Mapping[str, Any]) -> bool:
    return event["event"] == "events" and event["data"]["event"].startswith("on_tool_")


@dataclass(frozen=True)
class Explanations:
    """Differences that are meant.

    rows: what each is about, to patterns of its places, and of both values. of: a row, to a pattern of the conversations,
    or clients, that it is for; a row that is not there is for all.
    """

    rows: Mapping[str, tuple[Mapping[str, re.Pattern[str]], ...]]
    of: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def row_of(self, difference: Difference, name: str) -> str:
        """The row that a difference of this conversation, or client, is told by; "" where none is."""
        told = {"place": difference.place, "real": difference.real, "mock": difference.mock}
        return next(
            (
                row
                for row, forms in self.rows.items()
                if (row not in self.of or self.of[row].fullmatch(name))
                and any(all(form.fullmatch(told[word]) for word, form in each.items()) for each in forms)
            ),
            "",
        )


def load_explanations(path: Path) -> Explanations:
    """The rows of a file. KeyError, re.error where it is none."""
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Explanations(
        {
            name: tuple(
                {word: re.compile(text, re.DOTALL) for word, text in each.items()} for each in said["differences"]
            )
            for name, said in tree.items()
        },
        {name: re.compile(said["of"]) for name, said in tree.items() if "of" in said},
    )
