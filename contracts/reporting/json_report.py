"""report.json: everything that a run brought to light, for programs. And the door to both files of a report."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.engine.outcome import Seen, Tally
from threadmock.contracts.replay.finding_file import FOLDER, file_stem, saved
from threadmock.contracts.replay.pytest_file import written_test
from threadmock.contracts.reporting.junit_report import junit
from threadmock.contracts.settings import UsageError
from threadmock.contracts.transport.redaction import Masking
from threadmock.contracts.version import version

if TYPE_CHECKING:
    from threadmock.contracts.engine.summary import Summary

SCHEMA_VERSION = 2


def write_reports(summary: "Summary", status: int) -> None:
    """Write report.json and junit.xml where the settings name a folder. UsageError where that can't be done."""
    folder = summary.run.settings.report
    if folder is None:
        return
    masking = summary.run.target.masking
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = _write_findings(summary, folder / FOLDER)
        text = json.dumps(_masked(as_json(summary, status, files), masking), indent=2, ensure_ascii=True)
        (folder / "report.json").write_text(text + "\n", encoding="utf-8")
        (folder / "junit.xml").write_text(junit(summary), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The report can't be written: {error}.", fix="Name another folder with --report.") from None


def _write_findings(summary: "Summary", folder: Path) -> dict[str, str]:
    """Write a file and a test for each finding that can be sent again: stem to the file's name in the report."""
    files: dict[str, str] = {}
    for finding, _ in summary.findings:
        data = saved(summary.run, finding)
        if data is None:
            continue
        data = _masked(data, summary.run.target.masking)
        folder.mkdir(exist_ok=True)
        stem = file_stem(finding)
        files[stem] = f"{FOLDER}/{stem}.json"
        (folder / f"{stem}.json").write_text(json.dumps(data, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
        test = f"test_{stem.replace('-', '_')}.py"
        (folder / test).write_text(written_test(data, test), encoding="utf-8")
    return files


def _masked(value: Any, masking: Masking) -> Any:
    if isinstance(value, str):
        return masking(value)
    if isinstance(value, list | tuple):
        return [_masked(item, masking) for item in value]
    return {name: _masked(item, masking) for name, item in value.items()} if isinstance(value, dict) else value


def as_json(summary: "Summary", status: int, files: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The run as JSON. schema_version changes whenever a member changes its meaning or goes.

    files: where findings were saved, by their stem.
    """
    run = summary.run
    contract = run.contract
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "threadmock", "version": version()},
        "started": summary.started.isoformat(),
        "seconds": round(summary.seconds, 3),
        "exit_status": status,
        "contract": {
            "name": contract.name,
            "title": contract.title,
            "layer": contract.layer,
            "digest": contract.digest,
            "sources": list(contract.sources),
        },
        "target": run.settings.target,
        "seed": run.settings.seed,
        "exchanges": summary.exchanges,
        "operations": [_operation(summary, operation.slug) for operation in run.operations],
        "findings": [_finding(finding, count, files or {}) for finding, count in summary.findings],
        "not_tested": [{"operation": o, "check": check, "reason": reason} for o, check, reason in summary.not_tested],
        "created": [{"operation": item.operation, "id": item.identifier} for item in summary.created],
        "unreachable": summary.gone,
        "crashes": summary.crashes,
    }


def _finding(finding: Finding, count: int, files: Mapping[str, str]) -> dict[str, Any]:
    told = replace(finding, story=None).to_json()
    del told["story"]
    return {**told, "count": count, "file": files.get(file_stem(finding), "")}


def _operation(summary: "Summary", slug: str) -> dict[str, Any]:
    run = summary.run
    operation = run.operation(slug)
    outcome = summary.outcomes.get(slug)
    return {
        "operation": slug,
        "operation_id": operation.operation_id,
        "method": operation.method,
        "path": operation.path,
        "exchanges": outcome.exchanges if outcome else 0,
        "staged": outcome.staged if outcome else 0,
        "limited": summary.limited.get(slug, ""),
        "untested": outcome.untested if outcome else (run.left_out.get(operation) or "not part of this run"),
        "not_sent": outcome.not_sent if outcome else {},
        "statuses": {status: _status(summary, slug, status, seen) for status, seen in summary.statuses(slug).items()},
        "checks": {name: _tally(tally) for name, tally in summary.table(slug).items()},
    }


def _status(summary: "Summary", slug: str, status: str, seen: Seen) -> dict[str, Any]:
    checks = {
        name: {"passed": seen.passed.get(name, 0), "found": seen.found.get(name, 0)}
        for name in sorted(summary.run.checks & (seen.passed.keys() | seen.found.keys()))
    }
    return {
        "documented": status in summary.run.operation(slug).replies,
        "exchanges": seen.exchanges,
        "checks": checks,
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "verdict": tally.verdict,
        "passed": tally.passed,
        "failed": tally.failed,
        "unconfirmed": tally.unconfirmed,
        "not_applicable": tally.not_applicable,
    }
