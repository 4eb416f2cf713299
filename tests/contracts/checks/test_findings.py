"""A finding tells one cause, how to see it again, and no secret."""

import base64
import dataclasses
import json
import random
import shlex
import subprocess
import urllib.parse
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from threadmock.contracts.checks.curl import curl
from threadmock.contracts.checks.finding import MAX_BODY, CaseRecord, Finding, case_record, cause, group, place
from threadmock.contracts.engine.outcome import Outcome, read_outcome
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.transport.redaction import MASK, Masking
from threadmock.specs.text import one_line, printable, shorten, xml_text
from threadmock.specs.wire.messages import Request, Response

RECORD = CaseRecord("a case", "valid", "coverage", "POST", "http://127.0.0.1:4040/threads")
FINDING = Finding("echo", "create", "failure", "documented", "/title", "one", "another", "#/paths", RECORD)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
records = st.builds(
    CaseRecord,
    texts,
    texts,
    texts,
    st.just("POST"),
    texts,
    st.dictionaries(texts, texts, max_size=2),
    texts,
    body_size=st.integers(0, 99),
)
findings = st.builds(
    Finding,
    st.sampled_from(["echo", "time"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["failure", "unconfirmed"]),
    st.sampled_from(["documented", "observed", "assumed"]),
    st.sampled_from(["/a", "/b/0", "/b/1", "header x"]),
    texts,
    texts,
    texts,
    records,
)


def made(**changes):
    return dataclasses.replace(FINDING, **changes)


def exchange(request, response=None, **more):
    case = SimpleNamespace(label="a case", intent="valid", part="coverage", note="")
    return Exchange(case, request, response, "", 0.1, datetime.now(UTC), datetime.now(UTC), **more)


@given(findings)
def test_a_finding_survives_the_way_through_json(finding):
    assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding


@given(findings)
def test_what_rests_on_an_assumption_is_never_a_failure(finding):
    assert not (finding.evidence == "assumed" and finding.severity == "failure")


@given(st.lists(findings, max_size=12))
def test_grouping_keeps_each_cause_once_counts_all_and_shows_the_smallest_request(found):
    grouped = group(found)
    assert sum(count for _, count in grouped) == len(found)
    assert {finding.key for finding, _ in grouped} == {finding.key for finding in found}
    assert len({finding.key for finding, _ in grouped}) == len(grouped)
    for finding, _ in grouped:
        assert finding.case.size == min(other.case.size for other in found if other.key == finding.key)
    severities = [finding.severity for finding, _ in grouped]
    assert severities == sorted(severities)


@given(st.lists(findings, max_size=6))
def test_an_outcome_survives_the_way_between_processes(found):
    outcome = Outcome("create", "coverage", exchanges=3, accepted=1)
    for finding in found:
        outcome.note(finding)
    outcome.tally("echo").not_applicable["no reason"] = 2
    outcome.not_sent["a reason"] = 1
    assert read_outcome(outcome.dump()) == outcome


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("status 200 with 'abc'", "status 200 with 'xyz'"),
        ("17 is more than 3", "99 is more than 5"),
        ('{"a": 1}', '{"b": [2, 3]}'),
        ("id 6a2f41a3-c54c-fce8-32d2-0324e1c32e22", "id 00000000-c54c-4ce8-32d2-000000000000"),
        ("created 2026-01-02T03:04:05.1+00:00", "created 2027-11-12T13:14:15Z"),
    ],
)
def test_what_varies_from_request_to_request_is_no_other_cause(one, other):
    assert made(got=one).key == made(got=other).key


@pytest.mark.parametrize(
    "changes",
    [{"got": "status 500"}, {"where": "/other"}, {"check": "time"}, {"operation": "b"}, {"severity": "unconfirmed"}],
)
def test_another_status_place_check_operation_or_severity_is_another_cause(changes):
    assert made(got="status 422").key != made(**{"got": "status 422", **changes}).key


def test_array_positions_and_undeclared_names_are_no_other_place():
    assert place("/detail/0/loc", {"detail", "loc"}) == place("/detail/7/loc", {"detail", "loc"}) == "/detail/*/loc"
    assert place("/metadata/\u0394", {"metadata"}) == place("/metadata/x", {"metadata"}) == "/metadata/*"
    assert place("header x-a") == "header x-a"


@given(st.text(max_size=300))
def test_a_cause_is_short_and_settles(text):
    assert len(cause(text)) <= 120
    assert "\n" not in cause(text)


bodies = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")),
    st.just(b"@x"),
    st.just(b"'\"$(x)`\\\n"),
)


def run_shell(line):
    """What a POSIX shell hands to curl: arguments and, where it is piped, standard input."""
    script = (
        'curl() { for a in "$@"; do printf "%s" "$a" | base64 -w0; echo; done; echo --; cat | base64 -w0; }\n' + line
    )
    said = subprocess.run(
        ["sh", "-c", script], capture_output=True, check=True, stdin=subprocess.DEVNULL
    ).stdout.decode()
    arguments, _, piped = said.partition("--\n")
    return [base64.b64decode(a).decode() for a in arguments.splitlines()], base64.b64decode(piped)


@given(bodies, texts.filter(lambda t: t.isprintable()))
@example(b"\0\xff" * 5000, "long and binary")
@example(b"x" * 100_000, "long")
@example(b"", "none")
def test_a_curl_line_sends_the_same_bytes_through_a_shell(body, value):
    line = curl("POST", "http://127.0.0.1/a?b=%27", {"content-type": "text/plain", "x-a": value}, body)
    arguments, piped = run_shell(line)
    assert arguments[arguments.index("-X") + 1] == "POST"
    assert "http://127.0.0.1/a?b=%27" in arguments
    assert (f"x-a: {value}" if value else "x-a;") in arguments
    if "--data-binary" in arguments:
        data = arguments[arguments.index("--data-binary") + 1]
        assert (piped if data == "@-" else data.encode()) == body
    else:
        assert body == b""


def test_a_body_too_long_for_a_line_is_said_to_be():
    line = curl("POST", "http://127.0.0.1/", {}, random.Random(0).randbytes(100_000))
    assert "too long for a line" in line
    assert len(line) < 300


def test_a_head_request_is_written_so_that_curl_waits_for_no_body():
    assert "-I" in shlex.split(curl("HEAD", "http://127.0.0.1/", {}, b""))


def test_a_record_holds_the_whole_exchange():
    request = Request("POST", "/a b/\u00e4", "q=1", {"content-type": "application/json"}, b'{"a":1}')
    record = case_record(
        exchange(request, Response(422, {"content-type": "text/plain"}, b"no"), base_url="http://h:1/v1")
    )
    assert record.url == "http://h:1/v1/a%20b/%C3%A4?q=1"
    assert (record.body, record.body_encoding, record.body_size) == ('{"a":1}', "text", 7)
    assert (record.status, record.answer, record.answer_media) == (422, "no", "text/plain")


def test_a_long_body_is_cut_and_its_length_told_and_other_bytes_are_base64():
    record = case_record(exchange(Request("POST", "/", body=b"x" * 100_000)))
    assert (len(record.body), record.body_size) == (MAX_BODY, 100_000)
    record = case_record(exchange(Request("POST", "/", body=b"\xff\xfe")))
    assert (record.body, record.body_encoding) == ("//4=", "base64")


secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=30)
surroundings = st.text(st.sampled_from("<> \n\t"), max_size=5)


@given(secrets, surroundings, surroundings)
@example("to'ken\"with/all&sorts\\of<things>", "", "")
def test_a_secret_is_masked_in_every_spelling(secret, before, after):
    masking = Masking((f"Bearer {secret}",))
    spelt = {
        "raw": secret,
        "percent": urllib.parse.quote(secret, safe=""),
        "form": urllib.parse.quote_plus(secret),
        "json": json.dumps(secret),
        "json in json": json.dumps(json.dumps(secret)),
        "repr": repr(secret),
        "base64": base64.b64encode(secret.encode()).decode(),
        "url-safe base64": base64.urlsafe_b64encode(secret.encode()).decode(),
        "hex": secret.encode().hex(),
        "shell": shlex.quote(secret),
    }
    for text in spelt.values():
        masked = masking(before + text + after)
        assert secret not in masked
        assert MASK in masked
        assert masking.data((before + text + after).encode()) == masked.encode()


@given(secrets, st.binary(max_size=4))
def test_a_secret_inside_base64_of_something_longer_is_masked(secret, before):
    packed = base64.b64encode(b"user:" + before + secret.encode() + b"\n").decode()
    masked = Masking((secret,))(packed)
    assert MASK in masked
    assert len(packed) - len(masked.replace(MASK, "")) >= len(secret) * 4 / 3 - 4


def test_both_halves_of_basic_credentials_are_secret():
    masking = Masking(("Basic " + base64.b64encode(b"alice:correct horse").decode(),))
    assert masking("password: correct horse") == f"password: {MASK}"


@given(st.text(max_size=40), st.binary(max_size=40))
def test_without_secrets_nothing_changes(text, data):
    assert (Masking()(text), Masking().data(data)) == (text, data)


def test_a_record_masks_headers_url_body_and_answer():
    secret = "s3cr3t-t0ken"
    masking = Masking((secret, "x1"), frozenset({"x-short"}))
    request = Request(
        "POST", "/" + secret, f"key={secret}", {"authorization": f"Bearer {secret}", "x-short": "x1"}, secret.encode()
    )
    record = case_record(exchange(request, Response(401, {}, f'{{"got": "{secret}"}}'.encode()), masking=masking))
    assert secret not in json.dumps(dataclasses.asdict(record))
    assert record.headers["x-short"] == MASK
    finding = made(got=f"it says {secret}", case=record).masked(masking)
    assert secret not in json.dumps(finding.to_json())


@given(st.text())
def test_nothing_printable_can_steer_a_terminal_or_break_xml(text):
    shown = printable(text)
    assert not any(
        (ord(c) < 32 and c not in "\n\t")
        or 0x7F <= ord(c) < 0xA0
        or 0xD800 <= ord(c) < 0xE000
        or c in "\u202e\u2066\u2028"
        for c in shown
    )
    assert "\n" not in one_line(text)
    assert not any(
        (ord(c) < 32 and c not in "\t\n\r") or 0xD800 <= ord(c) < 0xE000 or c in "\ufffe\uffff" for c in xml_text(text)
    )


@given(st.text(max_size=50), st.integers(1, 60))
def test_shortening_keeps_short_texts_and_says_what_is_left_out(text, limit):
    short = shorten(text, limit)
    assert short == text if len(text) <= limit else short.startswith(text[:limit]) and "more characters" in short
