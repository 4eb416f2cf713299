"""`threadmock verify` as a process, and what its report holds."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Verification:
    """How a run ended. report: report.json, {} where the run ended before there was one; output: what was printed."""

    status: int
    report: Mapping[str, Any]
    output: str

    def found(self, *severities: str) -> list[str]:
        """The findings of these severities, or all, a line each."""
        return [
            told(finding) for finding in self.report["findings"] if not severities or finding["severity"] in severities
        ]

    def untested(self) -> list[str]:
        """The operations that were not tested."""
        return [each["operation"] for each in self.report["operations"] if each["untested"] or not each["exchanges"]]


def told(finding: Mapping[str, Any]) -> str:
    """A finding in one line."""
    case = finding["case"]
    said = f"{finding['severity']} {finding['check']} @ {finding['operation']} [{finding['place']}] {finding['expected'][:120]!r}"
    return f"{said} {finding['got'][:120]!r}: {case['curl'][:400]} -> {case['status']} {case['answer'][:200]!r}"


def verify(url: str, folder: Path, provider: str, operations: Iterable[str], *options: str) -> Verification:
    """Run the suite on this address; the report is in the folder."""
    arguments = [provider, "--target", url, "--report", str(folder), "--operations", ",".join(operations), *options]
    done = subprocess.run(
        [sys.executable, "-m", "threadmock.contracts", *arguments],
        check=False, capture_output=True, text=True, timeout=600, cwd=folder.parent,
    )  # fmt: skip
    output = done.stdout + done.stderr
    place = folder / "report.json"
    assert place.exists() or done.returncode > 1, output[-3000:]
    report = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    return Verification(done.returncode, report, output)
