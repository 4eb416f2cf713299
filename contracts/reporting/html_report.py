"""report.html: one page for people, made of report.json. It holds all that it needs and asks no network for anything.

What a target said is text here: it is escaped wherever it stands, and what should run or be loaded all the same is
refused by the page's own policy, which knows the one script and the one style by their hashes.
"""

import base64
import hashlib
import html
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from threadmock.contracts.checks.check import WEIGHTS
from threadmock.contracts.reporting.commands import replay_command
from threadmock.contracts.reporting.finding_text import REPEATED
from threadmock.specs.text import printable, shorten

MOST_SHOWN = 20_000
MOST_OF_A_FIELD = 2_000
"""Characters of a body, and of anything else; the whole of it is in report.json."""
_TYPES = {"failure": "FAIL", "unconfirmed": "unconfirmed"}
_ENDS = {
    0: "conforms",
    1: "findings, or operations that could not be tested",
    2: "usage",
    3: "target unreachable",
    4: "a fault of threadmock",
    130: "interrupted",
}


def html_report(document: Mapping[str, Any], folder: Path | None = None) -> str:
    """The page, of nothing but ASCII characters.

    document: a report.json, secrets masked. folder: where findings were saved, for the lines that replay them.
    """
    style, script = (
        files("threadmock.contracts.reporting").joinpath(name).read_text(encoding="utf-8") for name in _PARTS
    )
    texts = Texts()
    body = "\n".join(_body(document, folder, texts))
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)};"
        " base-uri 'none'; form-action 'none'"
    )
    title = shown(f"{document['contract']['name']} on {document['target'] or 'the mock'}: threadmock report")
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
<script type="application/json" id="texts">{texts.as_json()}</script>
<script>{script}</script>
</body>
</html>
"""
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")


_PARTS = ("page.css", "page.js")


class Texts:
    """Texts to be copied, exactly as they are: markup could not carry each of their characters."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def button(self, text: str, what: str) -> str:
        """A button that copies a text. what: its name."""
        self._texts.append(text)
        return f'<button type="button" data-text="{len(self._texts) - 1}" hidden>Copy {html.escape(what)}</button>'

    def as_json(self) -> str:
        """The texts as JSON that no markup ends: of ASCII characters, without "<"."""
        return json.dumps(self._texts, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e")


def shown(text: object) -> str:
    """Any text as markup: control characters, overrides of direction and surrogates spelled out, the rest escaped."""
    return html.escape(printable(str(text)))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _body(document: Mapping[str, Any], folder: Path | None, texts: Texts) -> Iterator[str]:
    names = {each["operation"]: f"{each['method']} {each['path']}" for each in document["operations"]}
    yield '<a class="skip" href="#findings">Skip to the findings</a>'
    yield from _head(document)
    yield "<main>"
    yield from _findings(document, names, folder, texts)
    yield from _operations(document)
    yield from _runs(document, names)
    yield from _checks(document)
    yield "</main>"
    tool = document["tool"]
    yield f"<footer>{shown(tool['name'])} {shown(tool['version'])}; the same for programs is in report.json.</footer>"


def _head(document: Mapping[str, Any]) -> Iterator[str]:
    contract, found = document["contract"], document["findings"]
    failures = sum(each["severity"] == "failure" for each in found)
    facts = {
        "findings": failures,
        "unconfirmed": len(found) - failures,
        "operations": len(document["operations"]),
        "exchanges": f"{document['exchanges']:,}",
        "seconds": f"{document['seconds']:.1f}",
        "seed": document["seed"],
        "started": document["started"][:19],
        "exit status": f"{document['exit_status']} ({_ENDS.get(document['exit_status'], '')})",
    }
    yield "<header>"
    yield f"<h1>{shown(contract['title'] or contract['name'])}</h1>"
    where = shown(document["target"] or "the mock in this process")
    yield f'<p class="note">{shown(contract["name"])} ({shown(contract["layer"])}) on {where}</p>'
    yield '<p class="facts">'
    yield from (f"<span>{name} <b>{shown(value)}</b></span>" for name, value in facts.items())
    yield "</p>"
    if document["unreachable"]:
        yield f'<p class="failure">The target went away: {shown(document["unreachable"])}</p>'
    yield from (f'<pre class="failure">{shown(each)}</pre>' for each in document["crashes"])
    yield '<nav aria-label="Parts">'
    parts = ("findings", "operations", *(["runs"] if document["runs"] else []), "checks")
    yield from (f'<a href="#{each}">{each.title()}</a>' for each in parts)
    yield "</nav></header>"


def _findings(
    document: Mapping[str, Any], names: Mapping[str, str], folder: Path | None, texts: Texts
) -> Iterator[str]:
    found = document["findings"]
    yield '<section id="findings" aria-labelledby="h-findings"><h2 id="h-findings">Findings</h2>'
    if not found:
        yield '<p class="passed">Nothing was found.</p></section>'
        return
    operations = list(dict.fromkeys(names.get(each["operation"], each["operation"]) for each in found))
    checks = sorted({name for each in found for name in _all_checks(each)})
    yield '<form id="filter" class="filter" role="search" hidden>'
    yield '<label>Text <input type="search" name="words" autocomplete="off"></label>'
    yield _select("Operation", "operation", operations)
    yield _select("Check", "check", checks)
    yield _select("Kind", "kind", [*_TYPES.values(), *WEIGHTS.values()])
    yield '<button type="reset">Clear</button> <button type="button" id="open">Open or close all</button>'
    yield "</form>"
    yield '<p id="shown" class="note" role="status"></p>'
    for number, each in enumerate(found, 1):
        yield from _finding(number, each, names, _replay(document, each, folder), texts)
    yield "</section>"


def _all_checks(finding: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([finding["check"], *(each["check"] for each in finding["consequences"])]))


def _select(label: str, name: str, values: Sequence[str]) -> str:
    options = "".join(f'<option value="{shown(each)}">{shown(each)}</option>' for each in values)
    return f'<label>{label} <select name="{name}"><option value="">all</option>{options}</select></label>'


def _replay(document: Mapping[str, Any], finding: Mapping[str, Any], folder: Path | None) -> str:
    return replay_command(folder / finding["file"], document["target"]) if folder and finding["file"] else ""


def _finding(
    number: int, finding: Mapping[str, Any], names: Mapping[str, str], replay: str, texts: Texts
) -> Iterator[str]:
    kind, weight = finding["severity"], WEIGHTS[finding["weight"]]
    operation = names.get(finding["operation"], finding["operation"])
    kinds, checks = shown(f"{_TYPES[kind]}\n{weight}"), shown("\n".join(_all_checks(finding)))
    yield (
        f'<details class="finding" id="finding-{number}" data-operation="{shown(operation)}"'
        f' data-check="{checks}" data-kind="{kinds}"{" open" if number == 1 else ""}>'
    )
    headline = shown(shorten(finding["headline"], MOST_OF_A_FIELD))
    met = f"{shown(finding['check'])}, {shown(weight)}, met {finding['count']:,}&times;"
    yield (
        f'<summary><span class="mark {kind}">{_TYPES[kind]}</span>{headline} <span class="check">{met}</span></summary>'
    )
    yield '<div class="inside"><dl class="fields">'
    for name, value in _fields(finding, names):
        yield f"<dt>{name}</dt><dd>{shown(shorten(value, MOST_OF_A_FIELD))}</dd>"
    yield "</dl>"
    yield from _exchange(finding["case"], texts)
    if finding["creates"]:
        lines = "\n".join([*finding["creates"], finding["command"]])
        yield from _block("As lines of shell, with what has to be there first", lines, texts, "the lines")
    elif finding["command"]:
        yield from _block("As a line of shell", finding["command"], texts, "curl")
    if replay:
        yield from _block("To send it again", replay, texts, "the replay")
    yield "</div></details>"


def _fields(finding: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    case = finding["case"]
    yield "expected", finding["expected"]
    yield "got", finding["got"]
    yield "rests on", f"{finding['evidence']}: {finding['source']}" if finding["source"] else finding["evidence"]
    yield "case", f"{case['label']}{': ' + case['note'] if case['note'] else ''} ({case['intent']}, {case['part']})"
    if case["exchanges"] > 1:
        yield "exchanges", f"the last of {case['exchanges']}"
    if len(finding["places"]) > 1:
        yield "places", ", ".join(finding["places"])
    yield "statuses", ", ".join(f"{status} ({count:,})" for status, count in finding["statuses"].items())
    if finding["repeated"] in REPEATED:
        yield "repeated", REPEATED[finding["repeated"]]
    for each in finding["consequences"]:
        yield "so also", f"{each['check']} of {names.get(each['operation'], each['operation'])}: {each['got']}"


def _exchange(case: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    lines = [f"{case['method']} {case['url']}", *(f"{name}: {value}" for name, value in case["headers"].items())]
    kind = " in base64" if case["body_encoding"] == "base64" else ""
    title = f"Request, {case['body_size']:,} bytes{kind}" if case["body_size"] else "Request, without a body"
    yield from _block(title, "\n".join([*lines, "", case["body"]]).rstrip("\n"), texts, "the request")
    if case["status"] is None:
        yield f"<h3>No answer</h3><pre>{shown(case['problem'])}</pre>"
    else:
        title = f"Answer {case['status']} {case['answer_media']}".strip()
        yield from _block(title, case["answer"], texts, "the answer")


def _block(title: str, text: str, texts: Texts, what: str) -> Iterator[str]:
    more = f"\n... and {len(text) - MOST_SHOWN:,} more characters, in report.json" if len(text) > MOST_SHOWN else ""
    yield f"<h3>{shown(title)} {texts.button(text, what)}</h3>"
    yield f'<pre tabindex="0">{shown(text[:MOST_SHOWN])}{more}</pre>'


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    yield '<section id="operations" aria-labelledby="h-operations"><h2 id="h-operations">Operations</h2>'
    yield '<div class="wide" tabindex="0"><table><thead><tr><th scope="col">operation</th>'
    yield from (f'<th scope="col" class="number">{name}</th>' for name in ("requests", *_VERDICTS.values()))
    yield '<th scope="col">statuses</th></tr></thead><tbody>'
    for each in document["operations"]:
        verdicts = [tally["verdict"] for tally in each["checks"].values()]
        yield f'<tr><th scope="row" class="name">{shown(each["method"])} {shown(each["path"])}'
        reasons = [each["untested"] or each["partly"] or each["limited"]]
        reasons += [_INFERRED] if each["rule"] == "inferred" else []
        yield from (f"<br><span class=note>{shown(reason)}</span>" for reason in filter(None, reasons))
        yield "</th>"
        yield f'<td class="number">{each["exchanges"]:,}</td>'
        yield from (f'<td class="number {_CLASSES[word]}">{verdicts.count(word)}</td>' for word in _VERDICTS)
        yield f"<td>{shown(_statuses(each))}</td></tr>"
    yield "</tbody></table></div></section>"


def _runs(document: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """What runs were spent on."""
    runs = document["runs"]
    if not runs:
        return
    yield '<section id="runs" aria-labelledby="h-runs"><h2 id="h-runs">Runs</h2>'
    yield f'<p class="note">{runs["used"]:,} of {runs["allowed"]:,} runs that were allowed were started.</p>'
    yield '<div class="wide" tabindex="0"><table><thead><tr><th scope="col">operation</th><th scope="col">item</th>'
    yield from (f'<th scope="col" class="number">{name}</th>' for name in ("planned", "started"))
    yield '<th scope="col">not run</th></tr></thead><tbody>'
    for each in sorted(runs["items"], key=lambda item: list(names).index(item["operation"])):
        yield f'<tr><th scope="row" class="name">{shown(names[each["operation"]])}</th><td>{shown(each["item"])}</td>'
        yield f'<td class="number">{each["planned"]:,}</td><td class="number">{each["started"]:,}</td>'
        yield f"<td>{shown(each['not_run'])}</td></tr>"
    yield "</tbody></table></div></section>"


_INFERRED = "nobody declared its rule: what departs from what is inferred is unconfirmed"
_VERDICTS = {"pass": "passed", "FAIL": "failed", "unconfirmed": "unconfirmed", "n/a": "not asked"}
_CLASSES = {"pass": "passed", "FAIL": "failure", "unconfirmed": "unconfirmed", "n/a": "note"}


def _statuses(operation: Mapping[str, Any]) -> str:
    seen = operation["statuses"].items()
    return ", ".join(f"{status} ({each['exchanges']:,})" for status, each in seen if each["exchanges"])


def _checks(document: Mapping[str, Any]) -> Iterator[str]:
    yield '<section id="checks" aria-labelledby="h-checks"><h2 id="h-checks">Checks</h2>'
    yield '<p class="note">How often each check really compared something, and what came of it.</p>'
    yield '<div class="wide" tabindex="0"><table><thead><tr><th scope="col">check</th><th scope="col">weight</th>'
    yield from (f'<th scope="col" class="number">{name}</th>' for name in ("compared", "failed", "unconfirmed"))
    yield '<th scope="col">what it asserts</th></tr></thead><tbody>'
    for name, each in document["checks"].items():
        yield f'<tr><th scope="row">{shown(name)}</th><td>{shown(WEIGHTS[each["weight"]])}</td>'
        yield f'<td class="number">{each["compared"]:,}</td>'
        yield f'<td class="number failure">{each["failed"] or ""}</td>'
        yield f'<td class="number unconfirmed">{each["unconfirmed"] or ""}</td>'
        yield f'<td class="name">{shown(each["asserts"])}{_why_not(document, name, each)}</td></tr>'
    yield "</tbody></table></div></section>"


def _why_not(document: Mapping[str, Any], check: str, counted: Mapping[str, Any]) -> str:
    """Of a check that never compared anything: the commonest reason."""
    if counted["compared"]:
        return ""
    reasons = [each["reason"] for each in document["not_tested"] if each["check"] == check]
    commonest = max(reasons, key=reasons.count, default="")
    return f'<br><span class="note">{shown(commonest)}</span>' if commonest else ""
