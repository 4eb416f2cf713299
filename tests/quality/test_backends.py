"""Backends that misbehave, each over a real socket: what the suite makes of them, as a table.

B1 to B17 number the ways. B12, deletes that delete nothing, is in test_cleaning.
"""

import gzip
import json
import os
import random
import re
import ssl
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field

import pytest
from support.hostile_server import Conversation, answers, hostile, reply, self_signed
from threadmock.contracts.cases.case import build_request, case_with_body
from threadmock.contracts.checks import Context, judge
from threadmock.contracts.checks.finding import case_record
from threadmock.contracts.checks.redirects import leaving
from threadmock.contracts.target.open_target import http_target
from threadmock.contracts.target.target import MOST_REFUSED, TargetLost
from threadmock.contracts.transport.rate import Pacer
from threadmock.specs.loader import load
from threadmock.specs.members import ABSENT
from threadmock.specs.text import printable, xml_text
from threadmock.specs.wire.messages import Response

CANARY = "c4n4ry-s3cr3t-t0ken"
GIVEN = {"Authorization": f"Bearer {CANARY}"}
CONTRACT = load("seekrflow")
OPERATIONS = {(operation.method, operation.path): operation for operation in CONTRACT.operations}
CREATE = OPERATIONS["POST", "/v1/threads"]
LIST = OPERATIONS["GET", "/v1/threads"]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@dataclass
class Told:
    """What came of one exchange."""

    exchange: object
    findings: dict = field(default_factory=dict)
    requests: list = field(default_factory=list)
    slept: list = field(default_factory=list)
    seconds: float = 0.0


def target_of(url, *, deadline=0.5, **more):
    found = http_target(CONTRACT, url, headers=GIVEN, deadline=deadline, **more)
    slept = []
    found.pacer = Pacer(clock=lambda: 100.0 + sum(slept), sleep=slept.append)
    return found, slept


def ask(script, operation=CREATE, **more):
    with hostile(script) as server:
        target, slept = target_of(server.url, **more)
        context = Context(CONTRACT, target.exchange, lambda *_: None, random.Random(1), {})
        began = time.monotonic()
        case = case_with_body(operation, {} if operation is CREATE else ABSENT, "a case", "coverage")
        exchange = target.exchange(case)
        seconds = time.monotonic() - began
        target.close()
        found = {finding.check: finding for finding in judge(context, exchange).findings}
        return Told(exchange, found, server.requests, slept, seconds)


def then(*steps):
    def script(talk: Conversation) -> None:
        talk.request()
        for step in steps:
            step(talk)

    return script


def say(data):
    return lambda talk: talk.send(data)


def answer(body=b"{}", status="200 OK", **headers):
    return answers(*[reply(body, status, **headers)] * 3)


def redirect(where, status="302 Found"):
    return answer(b"", status, location=where)


BOMB = gzip.compress(b"1" * 60_000_000)
DEEP = b"[" * 100_000 + b"]" * 100_000
FINDINGS = {
    "B1 never answers": (Conversation.silence, "answers"),
    "B1 never finishes its headers": (then(say(HEAD), Conversation.silence), "answers"),
    "B1 one byte at a time": (then(say(HEAD + b"\r\n"), lambda talk: talk.drip(b"1" * 1000, 0.3)), "answers"),
    "B2 resets before an answer": (then(Conversation.reset), "answers"),
    "B2 resets within the body": (then(say(HEAD + b"content-length: 9\r\n\r\n1"), Conversation.reset), "answers"),
    "B3 endless body": (then(say(HEAD + b"\r\n"), lambda talk: talk.flood(b"1" * 65536)), "answers"),
    "B3 endless headers": (then(say(HEAD), lambda talk: talk.flood(b"x-a: b\r\n" * 999)), "answers"),
    "B4 gzip bomb": (answer(BOMB, content_encoding="gzip"), "answers"),
    "B4 gzip bomb on a redirect": (answer(BOMB, "302 Found", content_encoding="gzip", location="/"), "answers"),
    "B5 no gzip": (answer(b"{}", content_encoding="gzip"), "answers"),
    "B5 gzip in gzip": (answer(gzip.compress(gzip.compress(b"{}")), content_encoding="gzip"), "strict_json"),
    "B5 an encoding nobody asked for": (answer(b"{}", content_encoding="br"), "answers"),
    "B6 body shorter than promised": (then(say(HEAD + b"content-length: 99\r\n\r\n{}")), "answers"),
    "B6 body longer than promised": (answer(b"{}", content_length="1"), "answers"),
    "B6 a body after 204": (answer(b"{}", "204 No Content"), "answers"),
    "B6 a body after 304": (answer(b"{}", "304 Not Modified"), "answers"),
    "B6 chunks after 204": (
        then(say(b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
        "answers",
    ),
    "B6 interim answers for ever": (then(lambda talk: talk.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 99)), "answers"),
    "B7 to another host": (redirect("http://203.0.113.9/v1/threads"), "redirects"),
    "B7 to the metadata address": (redirect("http://169.254.169.254/latest"), "redirects"),
    "B7 to a host in another form": (redirect("//203.0.113.9/"), "redirects"),
    "B7 to another port": (redirect("http://127.0.0.1:1/"), "redirects"),
    "B7 to what is no web address": (redirect("file:///etc/passwd"), "redirects"),
    "B7 refresh": (answer(b"{}", refresh="0; url=https://203.0.113.9/"), "redirects"),
    "B7 in a loop": (redirect("/v1/threads"), "documented_status"),
    "B9 a login page": (answer(b"<html>Log in</html>", content_type="text/html"), "media_type"),
    "B9 NaN": (answer(b'{"id": NaN}'), "strict_json"),
    "B9 a byte order mark": (answer(b"\xef\xbb\xbf{}"), "strict_json"),
    "B9 a name that comes twice": (answer(b'{"id": "a", "id": "b"}'), "strict_json"),
    "B9 depth": (answer(DEEP), "strict_json"),
    "B9 half of a surrogate pair": (answer(b'{"id": "\\ud800"}'), "strict_json"),
    "B9 a number of 5,000 digits": (answer(b'{"id": ' + b"9" * 5000 + b"}"), "strict_json"),
    "B14 an id that is a path": (answer(b'{"id": "../../admin"}'), "schema"),
}


@pytest.mark.parametrize(("script", "check"), FINDINGS.values(), ids=FINDINGS)
def test_a_backend_that_breaks_is_a_finding_and_never_a_crash(script, check):
    told = ask(script)
    assert check in told.findings, told.findings.keys()
    assert told.findings[check].severity == "failure"
    assert told.seconds < 4
    assert len(case_record(told.exchange).answer) <= 65536


def test_no_redirect_is_followed_and_no_credential_sent_on():
    with hostile(answer()) as other:
        told = ask(redirect(other.url + "/v1/threads"), LIST)
        assert "redirects" in told.findings
        assert not other.requests
        assert other.connections == 0
    assert len(told.requests) == 1


def test_a_downgrade_is_told():
    assert leaving("https://there.example", "http://there.example/a") == "from https to http"
    assert not leaving("http://there.example", "https://there.example/a")
    assert not leaving("https://there.example/api", "/api/")


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("after", ["3", "31536000", "-1", "Wed, 01 Jan 2020 00:00:00 GMT", ""])
def test_b10_a_target_that_wants_to_be_left_alone_is_no_finding_and_waits_are_bounded(status, after):
    told = ask(answer(b"busy", status, content_type="text/plain", retry_after=after))
    assert not told.findings
    assert told.exchange.nothing_said
    assert all(pause <= 30 for pause in told.slept)
    # 429 was not carried out, and is asked again; 503 to a create may have been.
    assert len(told.requests) == (2 if status.startswith("429") else 1)


def test_b10_a_storm_ends_the_run():
    with hostile(answers(*[reply(b"", "429 Too Many Requests")] * 60)) as server:
        target, slept = target_of(server.url)
        case = case_with_body(CREATE, {}, "a case", "coverage")
        with pytest.raises(TargetLost, match="left alone"):
            [target.exchange(case) for _ in range(30)]
        target.close()
    assert len(server.requests) <= 6
    assert sum(slept) < 200


def test_b10_credentials_that_run_out_end_the_run():
    fine, shut = reply(b'{"id": "a"}'), reply(b"", "401 Unauthorized")

    def script(talk):
        while talk.request():
            talk.send(fine if len(server.requests) == 1 else shut)

    with hostile(script) as server:
        target, _ = target_of(server.url)
        case = case_with_body(CREATE, {}, "a case", "coverage")
        target.exchange(case)
        with pytest.raises(TargetLost, match=r"401 to 3 requests.*run out"):
            [target.exchange(case) for _ in range(10)]
        target.close()
    assert len(server.requests) == 1 + MOST_REFUSED


def test_b10_a_403_now_and_then_ends_nothing():
    with hostile(answers(*[reply(b'{"id": "a"}'), *[reply(b"", "403 Forbidden")] * 9])) as server:
        target, _ = target_of(server.url)
        for _ in range(5):
            target.exchange(case_with_body(LIST, ABSENT, "a case", "coverage"))
        target.close()


def test_b2_a_kept_connection_that_ended_says_nothing_of_a_create():
    def script(talk):
        talk.request()
        talk.send(reply(b'{"id": "a"}'))
        talk.request()

    with hostile(script) as server:
        target, _ = target_of(server.url)
        context = Context(CONTRACT, target.exchange, lambda *_: None, random.Random(1), {})
        case = case_with_body(CREATE, {}, "a case", "coverage")
        target.exchange(case)
        second = target.exchange(case)
        target.close()
    assert "kept since the last exchange" in second.nothing_said
    assert not judge(context, second).findings
    assert len(server.requests) == 2


def test_b3_an_endless_stream_of_events_is_cut():
    stream = OPERATIONS["POST", "/v1/threads/{thread_id}/runs/stream"]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    events = then(say(head), lambda talk: talk.flood(b'data: {"type": "start"}\n\n' * 100))
    with hostile(events) as server:
        target, _ = target_of(server.url, deadline=5, allow_runs=5)
        made = target.ledger
        made.note(CREATE, build_request(CREATE, {}), target_answer({"id": "thread_00000001"}))
        request = build_request(stream, {}, path_values={"thread_id": "thread_00000001"})
        case = case_with_body(stream, {}, "a case", "coverage")
        exchange = target.exchange(type(case)(**{**case.__dict__, "request": request}))
        target.close()
    assert "events had come" in exchange.response.cut
    assert len(exchange.response.content) < 10_000_000


def target_answer(value):
    return Response(200, {"content-type": "application/json"}, json.dumps(value).encode())


@pytest.mark.parametrize(
    "told", [f'{{"id": "{CANARY}"}}', f'{{"detail": "who is Bearer {CANARY}?"}}', f'["{CANARY}"]'], ids=str
)
def test_b13_credentials_that_a_backend_reflects_are_masked(told):
    got = ask(answer(told.encode(), x_token=CANARY))
    texts = [repr(case_record(got.exchange)), *(repr(f.masked(got.exchange.masking)) for f in got.findings.values())]
    assert CANARY not in "".join(texts)
    assert "***" in texts[0]


def test_b15_escape_codes_and_markup_are_spelled_out():
    got = ask(answer(b'{"id": "\\u001b[31m::error::<script>\\u0000"}'))
    text = "".join(finding.got for finding in got.findings.values())
    assert "\x1b" not in printable(text) + xml_text(text)


def verify(url, *more, cwd, **environment):
    code = "from threadmock.contracts.cli.main import main; main()"
    asked = ["verify", "seekrflow", "--target", url, "--operations", "POST /v1/threads", "--max-requests", "20", *more]
    return subprocess.run(
        [sys.executable, "-c", code, *asked], capture_output=True, text=True, cwd=cwd, timeout=120, check=False,
        env={name: v for name, v in os.environ.items() if not name.startswith(("PYTEST", "COV"))} | environment,
    )  # fmt: skip


def test_b8_tls_that_can_not_be_trusted_is_status_3(tmp_path):
    key, certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def script(talk):
        with context.wrap_socket(talk.sock, server_side=True) as secure:
            secure.recv(100)

    with hostile(script) as server:
        done = verify(server.url.replace("http:", "https:"), cwd=tmp_path)
    assert done.returncode == 3
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
    assert not server.requests


def test_b16_who_answers_is_said_before_anything_is_asked(tmp_path):
    document = reply(b'{"info": {"title": "Another API", "version": "7"}}', server="somebody/1.0")

    def script(talk):
        while asked := talk.request():
            made = reply(b"{}") if asked.startswith(b"POST /v1/threads ") else reply(b"", "404 Not Found")
            talk.send(document if asked.startswith(b"GET /openapi.json") else made)

    with hostile(script) as server:
        done = verify(server.url, cwd=tmp_path)
    first = done.stdout.splitlines()[0]
    assert first.startswith(
        f"Target: {server.url} (127.0.0.1, this machine; server somebody/1.0; document Another API 7"
    )
    assert server.requests[0].startswith(b"GET /openapi.json")
    assert b"authorization" not in server.requests[0].lower()
    assert done.stdout.splitlines()[1].startswith("Ledger: ")


def test_b17_proxies_and_netrc_of_the_environment_do_not_count(tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password s3cr3t-netrc\n")
    with hostile(answer()) as proxy, hostile(answers(*[reply(b'{"id": "a"}')] * 100)) as server:
        names = ("HTTP_PROXY", "http_proxy", "ALL_PROXY")
        verify(server.url, cwd=tmp_path, HOME=str(tmp_path), **dict.fromkeys(names, proxy.url))
        assert not proxy.connections
        assert server.requests
        assert not any(b"authorization: basic" in asked.lower() for asked in server.requests)


def test_b11_what_does_not_show_when_it_is_sent_once_more_is_told_as_intermittent(tmp_path):
    asked = []

    def script(talk):
        while request := talk.request():
            known = request.startswith((b"GET /v1/threads ", b"GET /v1/threads?"))
            asked.append(known)
            # of the paths that it does not have it says so: else the run would take it for the wrong target
            found = reply(b'{"a": NaN}' if sum(asked) == 2 else b'{"a": 1}')
            talk.send(found if known else reply(b"{}", "404 Not Found"))

    with hostile(script) as server:
        done = verify(server.url, "--operations", "GET /v1/threads", "--report", "out", cwd=tmp_path)
    found = json.loads((tmp_path / "out/report.json").read_text())["findings"]
    repeated = {finding["check"]: finding["repeated"] for finding in found}
    assert repeated["strict_json"] == "no"
    assert repeated["schema"] == "yes"
    texts = done.stdout.split("FAIL ")
    assert [text.partition(":")[0] for text in texts if "INTERMITTENT: sent once more, it did not show" in text] == [
        "strict_json"
    ]


def test_b11_what_is_sent_once_more_is_removed_again_too(tmp_path, serving):
    server = serving("seekrflow", "--port=0", "--auth=off", "--fault=missing-member")
    done = verify(server.url, "--report", "out", cwd=tmp_path)
    found = json.loads((tmp_path / "out/report.json").read_text())["findings"]
    assert {finding["repeated"] for finding in found} == {"yes"}
    assert re.search(r"things removed, 0 left behind", done.stdout)
    with urllib.request.urlopen(server.url + "/v1/threads") as answer:
        assert json.load(answer) == []


def test_b11_an_answer_that_flaps_crashes_nothing(tmp_path):
    def script(talk):
        while talk.request():
            number = len(server.requests)
            talk.send(reply(b'{"id": "%d"}' % (number % 3), "200 OK" if number % 2 else "404 Not Found"))

    with hostile(script) as server:
        done = verify(server.url, cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
