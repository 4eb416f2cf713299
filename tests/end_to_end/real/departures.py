"""The table of departures: which findings each row stands for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from support.verification import told


@dataclass(frozen=True)
class Match:
    """Patterns, each of which has to fit the whole of what a finding says; where one is left out, anything fits."""

    row: str
    patterns: Mapping[str, re.Pattern[str]]

    def fits(self, finding: Mapping[str, Any]) -> bool:
        """Whether a finding is one of these."""
        case = finding["case"]
        said = {
            "check": finding["check"],
            "operation": f"{case['method']} {finding['operation']}",
            "place": finding["place"],
            "expected": finding["expected"],
            "got": finding["got"],
            "answer": f"{case['status']} {case['answer']}",
            "case": case["label"],
            "sent": f"{case['url']} {case['body']}",
        }
        return all(pattern.fullmatch(said[name]) for name, pattern in self.patterns.items())


@dataclass(frozen=True)
class Departures:
    """The table.

    reachable: rows that a run has to report. not_selected: operations that are not asked, and why. untested: those that
    are asked in vain. selected: the operations that are asked, where that is said so.
    """

    failures: tuple[Match, ...]
    unconfirmed: tuple[Match, ...]
    reachable: frozenset[str]
    not_selected: Mapping[str, str]
    untested: Mapping[str, str]
    selected: tuple[str, ...] = ()

    def rows_of(self, finding: Mapping[str, Any], severity: str) -> set[str]:
        """The rows that a finding is told by."""
        matches = self.failures if severity == "failure" else (*self.unconfirmed, *self.failures)
        return {match.row for match in matches if match.fits(finding)}


def load_departures(path: Path) -> Departures:
    """The table of a file. KeyError or re.error where it is none."""
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    reachable = {row for row, said in table["rows"].items() if said.get("findings") and not said.get("sometimes")}
    for row, said in table["rows"].items():
        if not said.get("findings") and not said.get("unreached"):
            raise KeyError(f"row {row} has neither findings nor a reason why it is not reached")
    return Departures(
        tuple(_matches(table["rows"])),
        tuple(_matches(table["unconfirmed"])),
        frozenset(reachable),
        table["not_selected"],
        table["untested"],
        tuple(table.get("selected", ())),
    )


def _matches(rows: Mapping[str, Any]) -> list[Match]:
    return [
        Match(row, {name: re.compile(text, re.DOTALL) for name, text in patterns.items()})
        for row, said in rows.items()
        for patterns in said.get("findings", ())
    ]


def holds_what_the_table_has(report: Mapping[str, Any], departures: Departures) -> None:
    """Every finding has a row, and every row that can be reached a finding."""
    assert not report["crashes"]
    met: set[str] = set()
    unexplained = []
    for finding in report["findings"]:
        rows = departures.rows_of(finding, finding["severity"])
        met.update(rows)
        if not rows:
            unexplained.append(told(finding))
    assert not unexplained, "\n".join(unexplained)
    assert departures.reachable - met == set()
