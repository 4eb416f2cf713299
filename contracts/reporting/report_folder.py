"""The folder of a report: what a run found for people and programs, and of each finding what sends it again."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadmock.contracts.options import mention
from threadmock.contracts.replays.finding_file import FOLDER, file_stem, saved
from threadmock.contracts.replays.pytest_file import written_test
from threadmock.contracts.reporting.html_report import html_report
from threadmock.contracts.reporting.json_report import as_json, masked
from threadmock.contracts.reporting.junit_report import junit
from threadmock.contracts.settings import UsageError

if TYPE_CHECKING:
    from threadmock.contracts.engine.summary import Summary


def write_report(summary: "Summary", status: int) -> dict[str, Any]:
    """The report as JSON, after all files were written where the settings name a folder.

    UsageError where they can't be written.
    """
    folder = summary.settings.report
    if folder is None:
        return dict(masked(as_json(summary, status), summary.masking))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        summary.files = _write_findings(summary, folder / FOLDER)
        document = dict(masked(as_json(summary, status), summary.masking))
        text = json.dumps(document, indent=2, ensure_ascii=True)
        (folder / "report.json").write_text(text + "\n", encoding="utf-8")
        (folder / "report.html").write_text(html_report(document, folder), encoding="ascii")
        (folder / "junit.xml").write_text(junit(summary), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The report can't be written: {error}.", fix=f"Name another folder with {mention('report')}."
        ) from None
    return document


def _write_findings(summary: "Summary", folder: Path) -> dict[str, str]:
    """Write a file and a test for each finding that can be sent again: stem to the file's name in the report."""
    files: dict[str, str] = {}
    for finding in (cause.finding for cause in summary.causes):
        data = saved(summary.contract, summary.settings, finding)
        if data is None:
            continue
        data = masked(data, summary.masking)
        folder.mkdir(exist_ok=True)
        stem = file_stem(finding)
        files[stem] = f"{FOLDER}/{stem}.json"
        (folder / f"{stem}.json").write_text(json.dumps(data, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
        test = f"test_{stem.replace('-', '_')}.py"
        (folder / test).write_text(written_test(data, test), encoding="utf-8")
    return files
