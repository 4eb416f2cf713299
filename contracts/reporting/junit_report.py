"""junit.xml: a suite for each operation, a case for each check, as continuous integration services read it."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import TYPE_CHECKING

from threadmock.contracts.checks.finding import CauseKey
from threadmock.contracts.engine.causes import Cause
from threadmock.contracts.engine.outcome import Outcome
from threadmock.contracts.reporting.coverage_table import status_line
from threadmock.contracts.reporting.finding_text import Names, describe, names_of
from threadmock.specs.text import one_line, shorten, xml_text

if TYPE_CHECKING:
    from threadmock.contracts.engine.summary import Summary


_MESSAGE = 500


def junit(summary: "Summary") -> str:
    """The document. Characters that XML 1.0 can't carry are spelled out.

    A check that was not asked of an operation is no case: a property of the suite names all of them.
    """
    causes = {finding.key: cause for cause in summary.causes for finding, _ in cause.all}
    root = ET.Element("testsuites", name=f"threadmock {xml_text(summary.contract.name)}")
    for operation in summary.operations:
        slug = operation.slug
        if slug in summary.outcomes:
            _suite(root, summary, slug, causes)
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


def _suite(root: ET.Element, summary: "Summary", slug: str, causes: Mapping[CauseKey, Cause]) -> None:
    outcome, table = summary.outcomes[slug], summary.table(slug)
    rows = {name: tally for name, tally in table.items() if tally.verdict != "n/a"}
    names = names_of(summary.known_checks, summary.contract)
    verdicts = [tally.verdict for tally in rows.values()]
    suite = ET.SubElement(
        root,
        "testsuite",
        name=slug,
        tests=str(len(rows) + 1),
        failures=str(verdicts.count("FAIL") + bool(outcome.untested)),
        errors="0",
        skipped="0",
        time=f"{outcome.seconds:.3f}",
        timestamp=_stamp(summary),
    )
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="statuses", value=xml_text(status_line(summary, slug)))
    left = ", ".join(name for name in table if name not in rows)
    ET.SubElement(properties, "property", name="not applicable", value=xml_text(left or "none"))
    reached = ET.SubElement(suite, "testcase", classname=slug, name="a valid request was accepted", time="0")
    if outcome.untested:
        ET.SubElement(reached, "failure", message=xml_text(one_line(summary.masking(outcome.untested))))
    for name, tally in rows.items():
        case = ET.SubElement(suite, "testcase", classname=slug, name=name, time="0")
        ET.SubElement(ET.SubElement(case, "properties"), "property", name="compared", value=str(tally.compared))
        _fill(case, name, _causes_of(outcome, name, causes), names)


def _causes_of(outcome: Outcome, check: str, causes: Mapping[CauseKey, Cause]) -> list[tuple[Cause, bool]]:
    """The causes of what a check found, once each, and whether they fail it."""
    found: dict[int, tuple[Cause, bool]] = {}
    for key, (finding, _) in outcome.causes.items():
        if finding.check == check and key in causes:
            cause = causes[key]
            _, before = found.get(id(cause), (cause, False))
            found[id(cause)] = (cause, before or finding.severity == "failure")
    return list(found.values())


def _fill(case: ET.Element, name: str, found: list[tuple[Cause, bool]], names: Names) -> None:
    failures = [cause for cause, fails in found if fails]
    unconfirmed = [cause for cause, fails in found if not fails]
    if failures:
        # many readers take one failure of a case and no more
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        message = xml_text(shorten(one_line(_message(failures[0], name, names)), _MESSAGE) + more)
        ET.SubElement(case, "failure", message=message, type=name).text = _descriptions(failures, names)
    if unconfirmed:
        ET.SubElement(case, "system-out").text = _descriptions(unconfirmed, names)


def _message(cause: Cause, check: str, names: Names) -> str:
    said = f"{names.headline(cause)}: {cause.finding.got}"
    return said if cause.finding.check == check else f"follows from {cause.finding.check}: {said}"


def _descriptions(found: list[Cause], names: Names) -> str:
    return xml_text("\n\n".join("\n".join(describe(each, names)) for each in found))
