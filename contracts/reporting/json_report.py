"""report.json: everything that a run brought to light, for programs."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.engine.causes import Cause
from threadmock.contracts.engine.outcome import StatusCount, Tally
from threadmock.contracts.replays.finding_file import file_stem
from threadmock.contracts.reporting.commands import shell_lines
from threadmock.contracts.reporting.finding_text import Names, names_of
from threadmock.contracts.transport.redaction import Masking
from threadmock.specs import version

if TYPE_CHECKING:
    from threadmock.contracts.engine.summary import Summary

SCHEMA_VERSION = 3


def masked(value: Any, masking: Masking) -> Any:
    """JSON without secrets: each text masked."""
    if isinstance(value, str):
        return masking(value)
    if isinstance(value, list | tuple):
        return [masked(item, masking) for item in value]
    return {name: masked(item, masking) for name, item in value.items()} if isinstance(value, dict) else value


def as_json(summary: "Summary", status: int) -> dict[str, Any]:
    """The run as JSON. schema_version changes whenever a member changes its meaning or goes."""
    contract = summary.contract
    names = names_of(summary.known_checks, contract)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "threadmock", "version": version},
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
        "target": summary.settings.target,
        "seed": summary.settings.seed,
        "exchanges": summary.exchanges,
        "runs": _runs(summary),
        "operations": [_operation(summary, operation.slug) for operation in summary.operations],
        "checks": {name: _check(summary, name, tally) for name, tally in summary.compared.items()},
        "findings": [_finding(summary, cause, names) for cause in summary.causes],
        "not_tested": [{"operation": o, "check": check, "reason": reason} for o, check, reason in summary.not_tested],
        "created": [{"operation": item.operation, "id": item.identifier} for item in summary.created],
        "unreachable": summary.gone,
        "crashes": summary.crashes,
    }


def _runs(summary: "Summary") -> dict[str, Any] | None:
    """What runs were spent on; None where nothing limits them, or none was allowed."""
    if summary.runs_allowed is None:
        return None
    items = [
        {"operation": each.operation, "item": each.phase, "planned": each.planned, "started": each.spent}
        | {"needs": each.needs, "not_run": each.reason}
        for each in summary.runs
    ]
    return {"allowed": summary.runs_allowed, "used": summary.runs_used, "items": items}


def _check(summary: "Summary", name: str, tally: Tally) -> dict[str, Any]:
    """A check over all operations: how often it compared something, and what came of it."""
    known = summary.known_checks[name]
    return {
        "asserts": known.asserts,
        "weight": known.weight,
        "compared": tally.compared,
        "passed": tally.passed,
        "failed": tally.failed,
        "unconfirmed": tally.unconfirmed,
    }


def _finding(summary: "Summary", cause: Cause, names: Names) -> dict[str, Any]:
    value = replace(cause.finding, story=None, where=cause.where).to_json()
    del value["story"]
    known, lines = summary.known_checks[cause.finding.check], shell_lines(cause.finding, names.creating)
    return {
        "headline": names.headline(cause),
        "weight": known.weight,
        **value,
        "count": cause.count,
        "places": list(cause.places),
        "statuses": cause.statuses,
        "consequences": [_consequence(finding, count) for finding, count in cause.consequences],
        "creates": list(lines.creates),
        "command": lines.request,
        "file": summary.files.get(file_stem(cause.finding), ""),
    }


def _consequence(finding: Finding, count: int) -> dict[str, Any]:
    return {
        "check": finding.check,
        "operation": finding.operation,
        "severity": finding.severity,
        "where": finding.where,
        "got": finding.got,
        "count": count,
    }


def _operation(summary: "Summary", slug: str) -> dict[str, Any]:
    operation = summary.operation(slug)
    outcome = summary.outcomes.get(slug)
    return {
        "operation": slug,
        "operation_id": operation.operation_id,
        "method": operation.method,
        "path": operation.path,
        "rule": "inferred" if operation.rule.inferred else "declared",
        "exchanges": outcome.exchanges if outcome else 0,
        "staged": outcome.staged if outcome else 0,
        "limited": summary.limited.get(slug, ""),
        "partly": summary.partly.get(slug, ""),
        "helped_by": summary.helpers(slug),
        "untested": outcome.untested if outcome else (summary.left_out.get(operation) or "not part of this run"),
        "not_sent": outcome.not_sent if outcome else {},
        "statuses": {status: _status(summary, slug, status, seen) for status, seen in summary.statuses(slug).items()},
        "checks": {name: _tally(tally) for name, tally in summary.table(slug).items()},
    }


def _status(summary: "Summary", slug: str, status: str, seen: StatusCount) -> dict[str, Any]:
    checks = {
        name: {"passed": seen.passed.get(name, 0), "found": seen.found.get(name, 0)}
        for name in sorted(summary.checks & (seen.passed.keys() | seen.found.keys()))
    }
    return {
        "documented": status in summary.operation(slug).replies,
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
