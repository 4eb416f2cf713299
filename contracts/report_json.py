"""report.json: everything that a run brought to light, for programs. And the door to both files of a report."""

import json
from typing import TYPE_CHECKING, Any

from threadmock.contracts.masking import Masking
from threadmock.contracts.outcome import Tally
from threadmock.contracts.report_junit import junit
from threadmock.contracts.settings import UsageError
from threadmock.contracts.version import version

if TYPE_CHECKING:
    from threadmock.contracts.summary import Summary

SCHEMA_VERSION = 1


def write_reports(summary: "Summary", status: int) -> None:
    """Write report.json and junit.xml where the settings name a folder. UsageError where that can't be done."""
    folder = summary.run.settings.report
    if folder is None:
        return
    masking = summary.run.target.masking
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_masked(as_json(summary, status), masking), indent=2, ensure_ascii=True)
        (folder / "report.json").write_text(text + "\n", encoding="utf-8")
        (folder / "junit.xml").write_text(junit(summary), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The report can't be written: {error}.", fix="Name another folder with --report.") from None


def _masked(value: Any, masking: Masking) -> Any:
    if isinstance(value, str):
        return masking(value)
    if isinstance(value, list | tuple):
        return [_masked(item, masking) for item in value]
    return {name: _masked(item, masking) for name, item in value.items()} if isinstance(value, dict) else value


def as_json(summary: "Summary", status: int) -> dict[str, Any]:
    """The run as JSON. schema_version changes whenever a member changes its meaning or goes."""
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
        "findings": [{**finding.to_json(), "count": count} for finding, count in summary.findings],
        "created": [{"operation": item.operation, "id": item.identifier} for item in summary.created],
        "unreachable": summary.gone,
        "crashes": summary.crashes,
    }


def _operation(summary: "Summary", slug: str) -> dict[str, Any]:
    operation = summary.run.operation(slug)
    outcome = summary.outcomes.get(slug)
    return {
        "operation": slug,
        "operation_id": operation.operation_id,
        "method": operation.method,
        "path": operation.path,
        "exchanges": outcome.exchanges if outcome else 0,
        "staged": outcome.staged if outcome else 0,
        "limited": summary.limited.get(slug, ""),
        "untested": outcome.untested if outcome else "not part of this run",
        "not_sent": outcome.not_sent if outcome else {},
        "checks": {name: _tally(tally) for name, tally in summary.table(slug).items()},
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "verdict": tally.verdict,
        "passed": tally.passed,
        "failed": tally.failed,
        "unconfirmed": tally.unconfirmed,
        "not_applicable": tally.not_applicable,
    }
