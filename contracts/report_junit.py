"""junit.xml: a suite for each operation, a case for each check, as continuous integration services read it."""

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from threadmock.contracts.outcome import Tally
from threadmock.contracts.printing import xml_text
from threadmock.contracts.report import cell, describe

if TYPE_CHECKING:
    from threadmock.contracts.findings import Finding
    from threadmock.contracts.summary import Summary


def junit(summary: "Summary") -> str:
    """The document. Characters that XML 1.0 can't carry are spelled out."""
    root = ET.Element("testsuites", name=f"threadmock {xml_text(summary.run.contract.name)}")
    for operation in summary.run.operations:
        slug = operation.slug
        if slug in summary.outcomes:
            _suite(root, summary, slug)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


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
        timestamp=summary.started.isoformat(timespec="seconds"),
    )
    reached = ET.SubElement(suite, "testcase", classname=slug, name="a valid request was accepted", time="0")
    if outcome.untested:
        ET.SubElement(reached, "failure", message=xml_text(summary.run.target.masking(outcome.untested)))
    for name, tally in rows.items():
        found = [(finding, count) for finding, count in outcome.findings if finding.check == name]
        case = ET.SubElement(suite, "testcase", classname=slug, name=name, time="0")
        _fill(case, name, tally, found)


def _fill(case: ET.Element, name: str, tally: Tally, found: "list[tuple[Finding, int]]") -> None:
    if tally.verdict == "n/a":
        ET.SubElement(case, "skipped", message=xml_text(cell(tally).removeprefix("n/a").strip()))
    unconfirmed = []
    for finding, count in found:
        text = xml_text(describe(finding, count))
        if finding.severity == "failure":
            ET.SubElement(case, "failure", message=xml_text(finding.got), type=name).text = text
        else:
            unconfirmed.append(text)
    if unconfirmed:
        ET.SubElement(case, "system-out").text = "\n\n".join(unconfirmed)
