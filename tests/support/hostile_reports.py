"""A report in which a target said whatever could break a page, as `report.json` holds it."""

from types import SimpleNamespace
from typing import Any

from threadmock.contracts.checks.finding import CaseRecord, Finding
from threadmock.contracts.engine.outcome import Outcome
from threadmock.contracts.engine.run import Run
from threadmock.contracts.engine.summary import Summary
from threadmock.contracts.options import Settings
from threadmock.contracts.reporting.json_report import as_json
from threadmock.contracts.target.target import Target
from threadmock.specs.loader import load

NEEDLE = "needle nowhere-else"
SAID = {
    "a script": "<script>window.pwned = 1; alert(1)</script>",
    "the end of a script": "</script><script>window.pwned = 1</script><!-- <script>",
    "the end of a style": "</style><style>body { display: none }</style>",
    "an image that fails": '"><img src="http://203.0.113.9/x.png" onerror="window.pwned = 1">',
    "the end of an attribute": '\' onmouseover=\'window.pwned = 1\' " autofocus onfocus="window.pwned = 1" x="',
    "the end of a pre": '</pre></details></section><h1>Another page</h1><iframe src="javascript:window.parent.pwned = 1">',
    "entities": "&lt;b&gt; &amp;amp; &#60;script&#62; &quot;",
    "separators of lines": "one\u2028two\u2029three\r\nfour",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "halves of surrogate pairs": "\ud800 and \udfff",
    "overrides of direction": "\u202egnp.exe\u202c \u2066x\u2069",
    "a comment and CDATA": "--> ]]> <![CDATA[ <!--",
    "a megabyte": "x" * 1_000_000,
    "what looks like a template": "{{ 7 * 7 }} ${7 * 7} $name %s %(a)s {0}",
    "other letters": "\u05d0\u05d1 \u0627\u0628 \U0001f600 \u4f60\u597d",
    "a needle": NEEDLE,
}


def hostile_document() -> dict[str, Any]:
    """The report: one finding for each thing that was said, each in every place that a target can write to."""
    contract = load("langsmith")
    names = ("echo", "time", "schema", "taken")
    target = Target(SimpleNamespace(close=lambda: None), "the mock")
    summary = Summary(Run(Settings("langsmith", seed=7), contract, contract.operations, frozenset(names), target))
    for number, (what, said) in enumerate(SAID.items()):
        operation = contract.operations[number]
        record = CaseRecord(
            what, "valid", "coverage", "POST", f"http://127.0.0.1:4040/{said[:2000]}", {"x-said": said[:9000]},
            said[:65536], "text", len(said), 200, said[:65536], said[:100], note=said[:900], curl=f"curl {said[:9000]}",
        )  # fmt: skip
        check, severity = names[number % len(names)], "unconfirmed" if number % 5 == 0 else "failure"
        outcome = Outcome(operation.slug, "coverage", exchanges=2, accepted=1)
        found = Finding(check, operation.slug, severity, "documented", said[:90], said[:900], said, said[:90], record)
        outcome.note(found)
        outcome.tally(check).failed = 1
        outcome.note_response(operation.slug, 200, [], [check])
        summary.gather(outcome)
    summary.crashes.append(SAID["a script"])
    return as_json(summary, 1)
