"""The story of a finding: which exchanges led to it, in order, and which names of earlier responses stand where."""

import re
from collections.abc import Sequence
from typing import Any

from threadmock.contracts.cases.case import Case
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.replays.credential_forms import credential_forms
from threadmock.contracts.replays.leftovers import made, touched
from threadmock.contracts.replays.recording import RecordedExchange, Recording, answer_of
from threadmock.contracts.replays.substitution import RANDOM, events, leaf_values, names_something, pack, put
from threadmock.contracts.target.foreign import kept_body
from threadmock.contracts.target.run_budget import starts_runs
from threadmock.contracts.transport.redaction import Masking
from threadmock.contracts.transport.urls import request_target
from threadmock.specs.contract import Contract
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.strictjson import JsonError, parse_json

MOST_STEPS = 250
MOST_OF_ALL = 120
MOST_BYTES = 6 * 1024 * 1024
MOST_ANSWER = 256 * 1024
_HEADER = re.compile(r"\bheader\b|\boffset of a next page")
_BESIDE_LISTS = re.compile(r"\blinks?\b|\btotal\b|\bcounts?\b")
_ABOUT = {"prompt": "time", "event_payload": "payload"}
_BESIDE = 8
_WORD = re.compile(r"[\w.=-]+")
_SHORTEST_WAIT, _LONGEST_WAIT = 0.2, 10.0
_STATUS = re.compile(
    r"\bstatus(?:es)? [1-5]\d\d\b|\b(?:4xx|5xx)\b|\bsuccess(?:es)?\b|\banswered [1-5]\d\d\b|traceback|stack trace"
)
PARTS = ("path", "query", "headers", "body")


def story(recording: Recording, finding: Finding, contract: Contract, *, several: bool) -> dict[str, Any] | None:
    """The steps as JSON, secrets masked: values, steps, judged, about. None where they are too many or too long."""
    judged = recording.find(finding.case)
    if judged is None:
        return None
    chosen = _chosen(recording, judged, finding, several=several)
    if len(chosen) > MOST_STEPS or sum(taken.size for taken in chosen) > MOST_BYTES:
        return None
    values, puts = _linked(chosen, judged.exchange.masking)
    steps = [_step(taken, each, recording, contract) for taken, each in zip(chosen, puts, strict=True)]
    for number in range(1, len(steps)):
        before, taken = chosen[number - 1], chosen[number]
        if _overlap(before, taken):
            steps[number]["together"] = steps[number - 1].setdefault("together", number - 1)
        elif wait := _waited(before, taken):
            steps[number]["wait"] = wait
    return {
        "judged": chosen.index(judged),
        "about": _about(finding, judged),
        "several": several,
        "values": values,
        "steps": steps,
    }


def _about(finding: Finding, judged: RecordedExchange) -> str:
    """What has to be compared to see a finding again, by its words."""
    if finding.check in _ABOUT:
        return _ABOUT[finding.check]
    if _STATUS.search(finding.got):
        return "status"
    response = judged.exchange.response
    if _HEADER.search(finding.expected) or (response is not None and finding.where.lower() in response.headers):
        return "headers"
    return "beside" if _BESIDE_LISTS.search(f"{finding.expected} {finding.got}") else "answer"


def _chosen(
    recording: Recording, judged: RecordedExchange, finding: Finding, *, several: bool
) -> list[RecordedExchange]:
    """What led to the exchange that was judged: in a scenario all of it, else what made the things that it names."""
    before = [taken for taken in recording.sent if taken.number <= judged.number]
    case = judged.exchange.case
    if case.part == "scenario":
        before_it = [taken for taken in recording.staged if taken.number >= recording.began]
        chosen = before_it + (list(recording.sent) if several else before)
        if not recording.whole or len(chosen) > MOST_OF_ALL:
            chosen = _about_the_same(before, judged)
    else:
        chosen = before[-finding.case.exchanges :]
    if case.operation.rule.traits.about_many:
        resource = case.operation.rule.resource
        staged = [t for t in recording.staged if t.number < judged.number]
        chosen += [t for t in staged if t.exchange.case.operation.rule.resource == resource][-_BESIDE:]
    value = leaf_values(answer_of(judged.exchange)).get(f"body:{finding.where}")
    if finding.check == "new_key" and value is not None:
        chosen += [t for t in (*recording.staged, *before) if t is not judged and str(value) in t.names][:1]
    return _with_makers(chosen, [*recording.staged, *before])


def _about_the_same(before: list[RecordedExchange], judged: RecordedExchange) -> list[RecordedExchange]:
    """Of too many exchanges, those that name what the judged one names."""
    text = _request_text(judged)
    names = {name for taken in before for name in taken.names if len(name) > 5 and name in text}
    # a request that names nothing is about what its response shows
    names = names or {name for name in judged.names if len(name) > 5}
    return [
        t for t in before if t is judged or names & t.names.keys() or any(name in _request_text(t) for name in names)
    ]


def _with_makers(chosen: list[RecordedExchange], earlier: list[RecordedExchange]) -> list[RecordedExchange]:
    """What was chosen, and the exchanges that first returned the things that it names, in the order of sending."""
    known = {taken.number: taken for taken in chosen}
    makers: dict[str, RecordedExchange] = {}
    for taken in sorted(earlier, key=lambda each: each.number):
        for name in taken.names if _accepted(taken) else ():
            makers.setdefault(name, taken)
    waiting = list(chosen)
    while waiting:
        last = waiting.pop()
        text = _request_text(last)
        for name, taken in makers.items():
            if taken.number < last.number and taken.number not in known and len(name) > 5 and name in text:
                known[taken.number] = taken
                waiting.append(taken)
    return [known[number] for number in sorted(known)]


def _accepted(taken: RecordedExchange) -> bool:
    response = taken.exchange.response
    return response is not None and 200 <= response.status < 300


def _overlap(one: RecordedExchange, other: RecordedExchange) -> bool:
    return other.exchange.sent_at < one.exchange.received_at and one.exchange.sent_at < other.exchange.received_at


def _request_text(taken: RecordedExchange) -> str:
    """All of a request as one text, to look for names in."""
    request = taken.exchange.case.request
    return "\n".join((request.path, request.query, *request.headers.values(), request.body.decode("utf-8", "replace")))


def _plain(case: Case) -> dict[str, Any]:
    request = case.request
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": dict(request.headers),
        "body": request.body,
    }


def _linked(chosen: Sequence[RecordedExchange], masking: Masking) -> tuple[dict[str, Any], list[list[dict[str, str]]]]:
    """The values that stand in requests and are others on another server, and where each request holds which."""
    found: dict[str, tuple[Any, str]] = {}
    named: dict[str, str] = {}
    values: dict[str, Any] = {}
    puts: list[list[dict[str, str]]] = []
    client_words: set[str] = set()
    for number, taken in enumerate(chosen):
        request = _plain(taken.exchange.case)
        text = _request_text(taken)
        for match in RANDOM.finditer(text):
            found.setdefault(match[0].lower(), (match[0].lower(), "new"))
        mine = []
        for key in sorted((key for key in found if key in text or key in text.lower()), key=len, reverse=True):
            was, source = found[key]
            places = [part for part in PARTS if put(request, part, was, _other(was))[part] != request[part]]
            shown = masking(str(was))
            theirs = shown != str(was) and shown.startswith("not-of-this-run-")
            if places and (theirs or shown == str(was)):
                name = named.setdefault(key, f"{'o' if theirs else 'v'}{len(named) + 1}")
                values[name] = {"was": shown if theirs else was, "from": source}
                mine += [{"value": name, "in": part} for part in places]
        puts.append(mine)
        # what a client sent before any server returned it is the client's own
        client_words |= {word for word in _WORD.findall(text) if word not in found}
        for place, value in leaf_values(answer_of(taken.exchange)).items():
            if str(value) in client_words or not names_something(place, value):
                continue
            if str(value) not in found and str(value).lower() not in found:
                found[str(value)] = (value, f"{number} {place}")
    return values, puts


def _other(value: Any) -> Any:
    """Another value, which differs from it wherever it stands."""
    return value + 1 if isinstance(value, int) else "\N{LATIN SMALL LETTER O WITH STROKE}" * 3


def _step(
    taken: RecordedExchange, puts: list[dict[str, str]], recording: Recording, contract: Contract
) -> dict[str, Any]:
    exchange = taken.exchange
    case, masking, sent = exchange.case, exchange.masking, exchange.case.request
    response = exchange.response
    headers, credentials = credential_forms(exchange, recording.good_credentials(), masking)
    body = masking.data(sent.body)
    step: dict[str, Any] = {
        "operation": case.operation.slug,
        "case": _case(case, masking),
        "request": {
            "method": sent.method,
            "path": masking(sent.path),
            "query": masking(sent.query),
            "target": masking(request_target(sent.path, sent.query)),
            "headers": headers,
            "credentials": credentials,
            "body": pack(body),
        },
        "puts": puts,
        "answer": {"status": None, "headers": {}, "body": {"text": ""}, "problem": masking(exchange.problem)},
    }
    names, makes = touched(contract, case.operation, sent), made(contract, case.operation, sent)
    step |= {"writes": [masking(name) for name in names]} if names is not None else {}
    step |= {"makes": makes} if makes is not None else {}
    if taken.staged:
        step["staged"] = True
    if starts_runs(case.operation):
        step["starts_run"] = True
    if response is not None:
        answer = answer_of(exchange)
        kept = {n: masking(v) for n, v in answer["headers"].items() if n not in ("date", "server", "set-cookie")}
        step["answer"] |= {"status": response.status, "headers": kept, "seconds": round(exchange.elapsed, 3)}
        step["answer"]["body"] = pack(kept_body(exchange)[:MOST_ANSWER])
        if response.cut:
            step["events"] = len(events(answer) or ())
    return step


def _case(case: Case, masking: Masking) -> dict[str, Any]:
    """What the suite meant by a request, so that it can judge the response again."""
    told: dict[str, Any] = {
        name: getattr(case, name)
        for name in ("intent", "part", "credentials", "evidence", "form", "content", "standing")
        if getattr(case, name)
    }
    told |= {name: masking(text) for name in ("label", "where", "note") if (text := getattr(case, name))}
    if case.value is not ABSENT and not _is_body(case):
        told["value"] = case.value
    return told


def _is_body(case: Case) -> bool:
    """Whether the body alone says what the value is."""
    try:
        return not case.form and bool(parse_json(case.request.body, duplicate_keys="last") == case.value)
    except JsonError:
        return False


def _waited(before: RecordedExchange, taken: RecordedExchange) -> float:
    """Seconds that a scenario let pass on purpose before it sent this; 0 where it did not."""
    gap = (taken.exchange.sent_at - before.exchange.received_at).total_seconds()
    paused = taken.exchange.case.part == "scenario" and taken.number == before.number + 1 and gap > _SHORTEST_WAIT
    return round(min(gap, _LONGEST_WAIT), 1) if paused else 0.0
