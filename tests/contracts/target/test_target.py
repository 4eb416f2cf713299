"""Targets: credentials put, left out and altered; writes only where allowed; what was made is noted."""

import base64
import dataclasses
import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile_server import answers, hostile, reply
from threadmock.contracts.cases.case import Case, base_value, build_request
from threadmock.contracts.target import open_target
from threadmock.contracts.target.ledger import Created
from threadmock.contracts.target.open_target import http_target, mock_target
from threadmock.contracts.target.target import MOST_UNREACHABLE, Target, TargetLost
from threadmock.contracts.transport.credentials import alter, credentials_for, has_good_credential
from threadmock.contracts.transport.errors import Forbidden, Unreachable
from threadmock.contracts.transport.header_options import read_headers, secrets_of
from threadmock.contracts.transport.http import HttpTransport
from threadmock.contracts.transport.urls import TargetError, read_target
from threadmock.specs.behaviour.profile import Profile
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.setting import Key
from threadmock.specs.contract import Contract, Operation, Security
from threadmock.specs.errors import UnknownName
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Request

BEARER = Security("bearer", "http", scheme="bearer")
BASIC = Security("basic", "http", scheme="basic")
KEY = Security("key", "apiKey", "header", "X-Key")
QUERY = Security("query", "apiKey", "query", "api_key")
COOKIE = Security("cookie", "apiKey", "cookie", "session")
CERTIFICATE = Security("certificate", "mutualTLS")
CREATE = Rule("create", "thread", key=Key("thread_id", None, "uuid4"))


def operation(*schemes, method="POST", rule=CREATE):
    return Operation(method, "/threads", "create", "create", rule, security=(schemes,) if schemes else ())


def contract(*operations):
    return Contract("some", "Some", "1", "documented", operations, Profile(), {}, "")


def case(op, *, credentials="good", intent="valid", method=None, headers=None, query=""):
    request = Request(method or op.method, op.path, query, headers or {"content-type": "application/json"}, b"{}")
    return Case(op, request, intent, "a case", "coverage", {}, credentials)


def sent(op, given_headers, **more):
    """The request that a server gets, as text, and the exchange."""
    with hostile(answers(reply(b'{"thread_id": "t1"}'))) as server:
        target = http_target(contract(op), server.url, headers=given_headers)
        exchange = target.exchange(case(op, **more))
        target.close()
        return server.requests[0].decode("latin-1"), exchange


bad_urls = {
    "no scheme": "127.0.0.1:8000",
    "other scheme": "ftp://127.0.0.1",
    "file": "file:///etc/passwd",
    "no host": "http://",
    "user": "http://user@127.0.0.1",
    "password": "http://user:s3cr3t-pass@127.0.0.1",
    "query": "http://127.0.0.1/?a=1",
    "empty query": "http://127.0.0.1/?",
    "fragment": "http://127.0.0.1/#a",
    "port that is no number": "http://127.0.0.1:port",
    "port out of range": "http://127.0.0.1:70000",
    "port 0": "http://127.0.0.1:0",
    "blank": "http://127.0.0.1/a b",
    "line break": "http://127.0.0.1/a\r\nx: y",
    "backslash": "http://127.0.0.1\\@example.com",
    "not ASCII": "http://127.0.0.1/\u00e4",
    "open bracket": "http://[::1",
}


@pytest.mark.parametrize("url", bad_urls.values(), ids=bad_urls)
def test_a_target_url_that_can_not_be_meant_is_a_usage_error(url):
    with pytest.raises(TargetError) as error:
        read_target(url)
    assert "s3cr3t-pass" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", 8000, ""),
        ("https://example.com/", "example.com", 443, ""),
        ("http://[::1]:81/api/v1/", "::1", 81, "/api/v1"),
        ("HTTP://Example.com", "example.com", 80, ""),
    ],
)
def test_a_target_url_is_read(url, host, port, path):
    read = read_target(url)
    assert (read.host, read.port, read.path) == (host, port, path)


def resolving_to(monkeypatch, *addresses):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]
    monkeypatch.setattr(open_target, "addresses", lambda host, port: found)


def test_a_target_that_is_not_this_machine_is_written_to_only_where_that_is_allowed(monkeypatch):
    resolving_to(monkeypatch, "203.0.113.7")
    writing = operation()
    with pytest.raises(TargetError, match="Add allow_writes=True if that is meant"):
        http_target(contract(writing), "http://api.example")
    assert http_target(contract(writing), "http://api.example", allow_writes=True).writable


def test_only_operations_that_are_asked_count_for_the_refusal(monkeypatch):
    resolving_to(monkeypatch, "203.0.113.7")
    reading = operation(method="GET")
    target = http_target(contract(operation(), reading), "http://api.example", operations=[reading])
    assert not target.writable


@pytest.mark.parametrize("method", ["POST", "DELETE", "TRACE", "PROPFIND"])
def test_where_writing_is_not_allowed_no_other_method_is_sent_either(monkeypatch, method):
    resolving_to(monkeypatch, "203.0.113.7")
    reading = operation(method="GET")
    target = http_target(contract(reading), "http://api.example", operations=[reading])
    with pytest.raises(Forbidden):
        target.exchange(case(reading, method=method))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_elsewhere_no_undocumented_method_is_tried_even_where_writing_is_allowed(monkeypatch, method):
    resolving_to(monkeypatch, "203.0.113.7")
    creating = operation(method="POST")
    target = http_target(contract(creating), "http://api.example", allow_writes=True)
    with pytest.raises(Forbidden, match="this machine only"):
        target.exchange(case(creating, method=method))


def test_a_name_with_one_address_elsewhere_is_not_this_machine(monkeypatch):
    resolving_to(monkeypatch, "127.0.0.1", "203.0.113.7")
    with pytest.raises(TargetError, match="not this machine"):
        http_target(contract(operation()), "http://localhost.example")


def test_a_name_that_looks_like_loopback_is_judged_by_its_address(monkeypatch):
    resolving_to(monkeypatch, "203.0.113.7")
    with pytest.raises(TargetError, match="not this machine"):
        http_target(contract(operation()), "http://localhost")


def test_localhost_and_other_loopback_addresses_need_no_leave():
    for url in ("http://localhost:9", "http://127.1.2.3:9"):
        assert http_target(contract(operation()), url).writable


def test_an_unknown_host_is_unreachable(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Unreachable, match="not known"):
        http_target(contract(operation()), "http://nowhere.invalid")


def test_a_ca_file_that_holds_no_certificate_is_a_usage_error(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(TargetError, match="CA file"):
            http_target(contract(operation()), "https://127.0.0.1", ca_file=str(tmp_path / name))


def test_good_credentials_go_as_they_were_given():
    text, exchange = sent(operation(BEARER), {"Authorization": "Bearer good-token", "X-Team": "7"})
    assert "authorization: Bearer good-token\r\n" in text
    assert "x-team: 7\r\n" in text
    assert exchange.wrong_credentials_known


def test_absent_credentials_leave_out_what_the_scheme_names_and_nothing_else():
    text, _ = sent(operation(BEARER), {"Authorization": "Bearer good-token", "X-Team": "7"}, credentials="absent")
    assert "authorization" not in text.lower()
    assert "x-team: 7\r\n" in text


def test_wrong_credentials_are_the_good_ones_altered():
    text, _ = sent(operation(KEY), {"X-Key": "good-token"}, credentials="wrong")
    value = next(line for line in text.splitlines() if line.startswith("x-key: ")).removeprefix("x-key: ")
    assert value != "good-token"
    assert (len(value), value[:4]) == (10, "good")


@pytest.mark.parametrize("given_headers", [{"api_key": "good token&"}, {"API_KEY": "good token&"}])
def test_a_key_in_the_query_is_put_there_and_not_in_a_header(given_headers):
    text, _ = sent(operation(QUERY), given_headers, query="a=1")
    assert text.startswith("POST /threads?a=1&api_key=good+token%26 ")
    assert "good token" not in text
    absent, _ = sent(operation(QUERY), given_headers, credentials="absent")
    assert "good" not in absent


@pytest.mark.parametrize("given_headers", [{"session": "good-token"}, {"Cookie": "a=b; session=good-token"}])
def test_a_key_in_a_cookie_is_put_there_beside_other_cookies(given_headers):
    text, _ = sent(operation(COOKIE), given_headers)
    assert "session=good-token" in next(line for line in text.splitlines() if line.startswith("cookie: "))
    absent, _ = sent(operation(COOKIE), given_headers, credentials="absent")
    assert "session" not in absent
    assert ("a=b" in absent) == ("Cookie" in given_headers)


def test_without_a_good_credential_wrong_is_not_known():
    for schemes in ((), (BEARER,), (CERTIFICATE,)):
        assert not has_good_credential(operation(*schemes), {"x-other": "value"})
    _, exchange = sent(operation(BEARER), {}, credentials="wrong")
    assert not exchange.wrong_credentials_known


def test_a_header_of_an_invalid_case_counts_before_a_given_one():
    text, _ = sent(operation(), {"X-Team": "7"}, intent="invalid", headers={"x-team": "not a number"})
    assert "x-team: not a number" in text
    text, _ = sent(operation(), {"X-Team": "7"}, headers={"x-team": "8"})
    assert "x-team: 7" in text


tokens = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@given(tokens, st.sampled_from(["", "Bearer ", "Basic ", "Token "]))
def test_an_altered_credential_differs_and_keeps_its_scheme(token, scheme):
    altered = alter(scheme + token)
    assert altered != scheme + token
    assert altered.startswith(scheme)


@given(st.text(st.characters(codec="ascii", exclude_characters=":"), max_size=10), st.text(max_size=20))
def test_altered_basic_credentials_name_the_same_user_with_another_password(user, password):
    packed = base64.b64encode(f"{user}:{password}".encode()).decode()
    wrong = base64.b64decode(alter(f"Basic {packed}").partition(" ")[2]).decode()
    assert wrong.partition(":")[0] == user
    assert wrong.partition(":")[2] != password


@given(st.lists(st.sampled_from([BEARER, BASIC, KEY, QUERY, COOKIE, CERTIFICATE]), max_size=4, unique=True), tokens)
def test_absent_credentials_hold_nothing_of_the_good_ones(schemes, token):
    op = operation(*schemes)
    secret = f"s-{token}-s"
    given_headers = {"authorization": f"Bearer {secret}", "x-key": secret, "api_key": secret, "session": secret}
    named = {"authorization"} & {"authorization" for s in schemes if s in (BEARER, BASIC)}
    named |= {s.name.lower() for s in schemes if s.kind == "apiKey"}
    dressed = credentials_for(op, {name: v for name, v in given_headers.items() if name in named}, "absent")
    assert secret not in str(dressed)


def test_things_that_were_made_are_noted_once_each():
    bodies = [
        b'{"thread_id": "t1", "id": 5}',
        b'{"thread_id": "t1"}',
        b'{"id": "t2"}',
        b'{"id": true}',
        b"[1]",
        b"no json",
    ]
    replies = [reply(body) for body in bodies] + [reply(b'{"id": "no"}', "404 Not Found")]
    with hostile(answers(*replies)) as server:
        target = http_target(contract(operation()), server.url)
        for _ in replies:
            target.exchange(case(operation()))
        assert target.ledger.created == (Created("create", "t1"), Created("create", "t2"))
        target.close()


def test_a_transport_failure_is_a_problem_of_the_exchange():
    with hostile(lambda talk: talk.request() and talk.reset()) as server:
        target = http_target(contract(operation()), server.url)
        exchange = target.exchange(case(operation()))
        assert exchange.response is None
        assert "reset" in exchange.problem
        assert not exchange.timed_out


def test_a_silent_target_is_a_problem_that_says_how_long_was_waited():
    with hostile(lambda talk: talk.silence()) as server:
        target = http_target(contract(operation()), server.url, deadline=0.2)
        exchange = target.exchange(case(operation()))
        assert exchange.timed_out
        assert "0.2 s" in exchange.problem
        assert exchange.sent_at < exchange.received_at


def test_a_target_that_is_gone_stops_the_run_after_some_tries():
    with hostile(lambda talk: None) as server:
        target = http_target(contract(operation()), server.url)
    for _ in range(MOST_UNREACHABLE - 1):
        assert target.exchange(case(operation())).problem
    with pytest.raises(TargetLost, match="any more"):
        target.exchange(case(operation()))


def test_clocks_are_injected():
    moments, times = iter([5.0, 7.5]), iter(["before", "after"])
    with hostile(answers(reply())) as server:
        carrier = HttpTransport(read_target(server.url))
        target = Target(carrier, "here", clock=lambda: next(moments), now=lambda: next(times))
        exchange = target.exchange(case(operation()))
        assert (exchange.elapsed, exchange.sent_at, exchange.received_at) == (2.5, "before", "after")
        target.close()


def test_headers_are_read_from_options_and_environment():
    read = read_headers(["X-A:  b: c "], ["Authorization=TOKEN"], {"TOKEN": "Bearer t"})
    assert read == {"x-a": "b: c", "authorization": "Bearer t"}


@pytest.mark.parametrize(
    ("headers", "environment"),
    [
        (["s3cr3t-value"], []),
        (["x a: s3cr3t-value"], []),
        (["x-a: s3cr3t-value\r\nx-b: c"], []),
        (["x-a: s3cr3t-value\u20ac"], []),
        ([": s3cr3t-value"], []),
        ([], ["x-a"]),
        ([], ["x-a="]),
        ([], ["x-a=MISSING"]),
        ([], ["x-a=BROKEN"]),
    ],
)
def test_a_header_option_that_can_not_be_read_is_a_usage_error_without_its_value(headers, environment):
    with pytest.raises(TargetError) as error:
        read_headers(headers, environment, {"BROKEN": "s3cr3t-value\n"})
    assert "s3cr3t" not in str(error.value)


def test_secrets_are_what_was_given_except_for_headers_that_never_are():
    masking = secrets_of(
        contract(operation(KEY)), {"x-key": "secret-1", "accept": "application/json", "cookie": "a=secret-2"}
    )
    assert masking("secret-1 secret-2 application/json") == "*** *** application/json"
    assert masking(alter("secret-1")) == "***"
    assert masking.header("x-key", "k") == "***"


@pytest.mark.parametrize("name", ["seekrflow", "lighton"])
def test_the_mock_in_process_takes_good_credentials_and_refuses_absent_and_wrong_ones(name):
    loaded = load(name)
    op = loaded.operations[0]
    target = mock_target(loaded, 1)
    good = Case(op, build_request(op, base_value(op)), "valid", "plain", "coverage", base_value(op))
    assert target.exchange(good).response.status == op.success
    for choice in ("absent", "wrong"):
        exchange = target.exchange(dataclasses.replace(good, credentials=choice))
        assert exchange.response.status in {401, 403}
        assert exchange.wrong_credentials_known


def test_a_fault_that_nobody_declared_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="no-answer"):
        mock_target(load("langsmith"), 1, faults=["no-anser"])


def test_equal_seeds_give_equal_answers_of_the_mock():
    loaded = load("langsmith")
    op = loaded.operations[0]
    ask = Case(
        op,
        Request("POST", op.path, headers={"content-type": "application/json"}, body=b"{}"),
        "valid",
        "plain",
        "coverage",
        {},
    )
    ids = {json.loads(mock_target(loaded, 7).exchange(ask).response.body)["thread_id"] for _ in range(3)}
    assert len(ids) == 1
