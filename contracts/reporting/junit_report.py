"""junit.xml: a suite for each operation, a case for each check, as continuous integration services read it."""

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from threadmock.contracts.engine.outcome import Tally
from threadmock.contracts.reporting.status_table import status_line
from threadmock.contracts.reporting.text_report import cell, describe
from threadmock.specs.text import one_line, shorten, xml_text

if TYPE_CHECKING:
    from threadmock.contracts.checks.finding import Finding
    from threadmock.contracts.engine.summary import Summary


_MESSAGE = 500


def junit(summary: "Summary") -> str:
    """The document. Characters that XML 1.0 can't carry are spelled out."""
    root = ET.Element("testsuites", name=f"threadmock {xml_text(summary.contract.name)}")
    for operation in summary.operations:
        slug = operation.slug
        if slug in summary.outcomes:
            _suite(root, summary, slug)
        else:
            _left_out(root, summary, slug)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{summary.seconds:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _left_out(root: ET.Element, summary: "Summary", slug: str) -> None:
    """An operation that was not asked: one case, skipped, with the reason."""
    suite = ET.SubElement(root, "testsuite", name=slug, tests="1", failures="0", errors="0", skipped="1", time="0")
    suite.set("timestamp", _stamp(summary))
    case = ET.SubElement(suite, "testcase", classname=slug, name="a valid request was accepted", time="0")
    reasons = {operation: reason for operation, check, reason in summary.not_tested if not check}
    ET.SubElement(case, "skipped", message=xml_text(one_line(reasons.get(slug, ""))))


def _stamp(summary: "Summary") -> str:
    return summary.started.isoformat(timespec="seconds")


def _suite(root: ET.Element, summary: "Summary", slug: str) -> None:
    outcome = summary.outcomes[slug]
    rows = summary.table(slug)
    verdicts = [tally.verdict for tally in rows.values()]
    suite = ET.SubElement(
        root,
        "testsuite",
        name=slug,
        tests=str(len(rows) + 1),
        failures=str(verdicts.count("FAIL") + bool(outcome.untested)),
        errors="0",
        skipped=str(verdicts.count("n/a")),
        time=f"{outcome.seconds:.3f}",
        timestamp=_stamp(summary),
    )
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="statuses", value=xml_text(status_line(summary, slug)))
    reached = ET.SubElement(suite, "testcase", classname=slug, name="a valid request was accepted", time="0")
    if outcome.untested:
        ET.SubElement(reached, "failure", message=xml_text(one_line(summary.masking(outcome.untested))))
    for name, tally in rows.items():
        found = [(finding, count) for finding, count in outcome.findings if finding.check == name]
        case = ET.SubElement(suite, "testcase", classname=slug, name=name, time="0")
        _fill(case, name, tally, found)


def _fill(case: ET.Element, name: str, tally: Tally, found: "list[tuple[Finding, int]]") -> None:
    if tally.verdict == "n/a":
        ET.SubElement(case, "skipped", message=xml_text(cell(tally).removeprefix("n/a").strip()))
    failures = [(finding, count) for finding, count in found if finding.severity == "failure"]
    unconfirmed = [each for each in found if each not in failures]
    if failures:
        # many readers take one failure of a case and no more
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        message = xml_text(shorten(one_line(failures[0][0].got), _MESSAGE) + more)
        ET.SubElement(case, "failure", message=message, type=name).text = _descriptions(failures)
    if unconfirmed:
        ET.SubElement(case, "system-out").text = _descriptions(unconfirmed)


def _descriptions(found: "list[tuple[Finding, int]]") -> str:
    return xml_text("\n\n".join(describe(*each) for each in found))
