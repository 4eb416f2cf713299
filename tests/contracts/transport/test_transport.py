"""Transports keep one deadline and one ceiling, whatever the other side does."""

import contextlib
import gzip
import io
import json
import socket
import ssl
import time
import tracemalloc
import zlib
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile_server import Conversation, answers, hostile, reply, self_signed
from threadmock.contracts.transport.decoding import decode
from threadmock.contracts.transport.errors import (
    BrokenResponse,
    Dropped,
    TimedOut,
    TooLarge,
    TransportError,
    Unreachable,
    Unsendable,
)
from threadmock.contracts.transport.http import HttpTransport
from threadmock.contracts.transport.sockets import Allowance, BoundedSocket
from threadmock.contracts.transport.urls import read_target, request_target
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.wire.hosts import is_loopback
from threadmock.specs.wire.messages import Request

POST = Request("POST", "/threads", headers={"content-type": "application/json"}, body=b'{"a":1}')
GET = Request("GET", "/threads")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
SHORT = 0.4


@pytest.fixture(autouse=True)
def close_transports(monkeypatch):
    """Close every transport that a test made."""
    made = []
    init = HttpTransport.__init__
    monkeypatch.setattr(HttpTransport, "__init__", lambda self, *a, **k: (made.append(self), init(self, *a, **k))[1])
    yield
    for carrier in made:
        carrier.close()


def transport(server, **options):
    return HttpTransport(read_target(server.url), **options)


def outcome(script, request=POST, *, deadline=SHORT, **options):
    """What comes of one exchange, and how long it took."""
    with hostile(script) as server:
        carrier = transport(server, **options)
        began = time.monotonic()
        try:
            return carrier.send(request, deadline=deadline), time.monotonic() - began
        except TransportError as error:
            return error, time.monotonic() - began
        finally:
            carrier.close()


def then(*steps):
    def script(talk: Conversation) -> None:
        talk.request()
        for step in steps:
            step(talk)

    return script


dripping = {
    "status line": then(lambda talk: talk.drip(b"HTTP/1.1 200 OK" + b"x" * 1000, 0.05)),
    "headers": then(lambda talk: talk.send(HEAD), lambda talk: talk.drip(b"x-a: " + b"b" * 1000, 0.05)),
    "body": then(
        lambda talk: talk.send(HEAD + b"content-length: 1000\r\n\r\n"), lambda talk: talk.drip(b"1" * 1000, 0.05)
    ),
    "chunk size": then(
        lambda talk: talk.send(HEAD + b"transfer-encoding: chunked\r\n\r\n"), lambda talk: talk.drip(b"0" * 1000, 0.05)
    ),
    "body until close": then(lambda talk: talk.send(HEAD + b"\r\n"), lambda talk: talk.drip(b"1" * 1000, 0.05)),
    "interim answers": then(lambda talk: [talk.drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01) for _ in range(100)]),
    "nothing": then(Conversation.silence),
}


@pytest.mark.parametrize("script", dripping.values(), ids=dripping)
def test_a_drip_never_holds_an_exchange_beyond_its_deadline(script):
    error, seconds = outcome(script)
    assert isinstance(error, TimedOut)
    assert SHORT * 0.9 <= seconds < SHORT + 0.5


def test_a_request_that_nobody_reads_is_ended_by_the_deadline():
    error, seconds = outcome(Conversation.silence, Request("POST", "/", body=b"x" * 32_000_000))
    assert isinstance(error, TimedOut)
    assert seconds < SHORT + 0.5


endless = {
    "body": then(lambda talk: talk.send(HEAD + b"\r\n"), lambda talk: talk.flood(b"1" * 65536)),
    "chunks": then(
        lambda talk: talk.send(HEAD + b"transfer-encoding: chunked\r\n\r\n"),
        lambda talk: talk.flood(b"10000\r\n" + b"1" * 65536 + b"\r\n"),
    ),
    "negative chunk": then(
        lambda talk: talk.send(HEAD + b"transfer-encoding: chunked\r\n\r\n-5\r\n"),
        lambda talk: talk.flood(b"1" * 65536),
    ),
    "trailer": then(
        lambda talk: talk.send(HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n"),
        lambda talk: talk.flood(b"x-a: b\r\n" * 999),
    ),
    "interim answers": then(lambda talk: talk.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 999)),
}


@pytest.mark.parametrize("script", endless.values(), ids=endless)
def test_an_endless_answer_is_cut_at_the_ceiling(script):
    error, _ = outcome(script, deadline=5, max_raw=200_000)
    assert isinstance(error, TooLarge | BrokenResponse)


def test_endless_headers_are_refused():
    error, _ = outcome(then(lambda talk: talk.send(HEAD), lambda talk: talk.flood(b"x-a: b\r\n" * 999)), deadline=5)
    assert isinstance(error, BrokenResponse)
    assert "header" in str(error)


broken = {
    "closed before an answer": then(),
    "reset before an answer": then(Conversation.reset),
    "closed within the status line": then(lambda talk: talk.send(b"HTTP/1.1 20")),
    "closed within the headers": then(lambda talk: talk.send(HEAD + b"content-length: 0\r\nx-a: b")),
    "reset within the body": then(lambda talk: talk.send(HEAD + b"content-length: 9\r\n\r\n{"), Conversation.reset),
    "short body": then(lambda talk: talk.send(HEAD + b"content-length: 9\r\n\r\n{}")),
    "long body": then(lambda talk: talk.send(HEAD + b"content-length: 2\r\n\r\n{}and more")),
    "two lengths": then(lambda talk: talk.send(HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}")),
    "truncated chunk": then(lambda talk: talk.send(HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\n{}")),
    "bad chunk size": then(lambda talk: talk.send(HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")),
    "no HTTP": then(lambda talk: talk.send(b"SSH-2.0-OpenSSH_9.6\r\n")),
    "status that is no number": then(lambda talk: talk.send(b"HTTP/1.1 abc OK\r\n\r\n")),
    "invalid gzip": then(lambda talk: talk.send(reply(b"not gzip", content_encoding="gzip"))),
    "truncated gzip": then(lambda talk: talk.send(reply(gzip.compress(b"{}" * 99)[:-9], content_encoding="gzip"))),
    "unknown encoding": then(lambda talk: talk.send(reply(b"{}", content_encoding="br"))),
    "many encodings": then(lambda talk: talk.send(reply(b"{}", content_encoding="gzip, gzip, gzip, gzip"))),
}


@pytest.mark.parametrize("script", broken.values(), ids=broken)
def test_an_answer_that_breaks_its_own_promise_is_a_broken_response_with_a_reason(script):
    error, seconds = outcome(script, deadline=5)
    assert isinstance(error, BrokenResponse)
    assert str(error)
    assert "\n" not in str(error)
    assert seconds < 3


def test_a_gzip_bomb_is_cut_before_it_is_in_memory():
    packed = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packed.compress(bytes(1_000_000)) for _ in range(200)) + packed.flush()
    tracemalloc.start()
    error, _ = outcome(answers(reply(bomb, content_encoding="gzip")), deadline=5, max_decoded=1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(error, TooLarge)
    assert peak < 20_000_000


@given(st.binary(max_size=500), st.sampled_from(["gzip", "x-gzip", "deflate", "identity", "deflate, gzip", "GZIP"]))
def test_what_was_encoded_is_decoded(data, encodings):
    packed = data
    for name in encodings.lower().split(", "):
        packed = {"identity": bytes, "deflate": zlib.compress}.get(name, gzip.compress)(packed)
    assert decode(packed, encodings, 1000) == data


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate"]), st.integers(0, 100))
def test_no_bytes_make_decoding_raise_anything_else(data, encoding, limit):
    try:
        assert len(decode(data, encoding, limit)) <= limit
    except (TooLarge, BrokenResponse):
        return


def test_bare_deflate_and_gzip_members_in_a_row_are_decoded():
    bare = zlib.compressobj(wbits=-15)
    assert decode(bare.compress(b"abc") + bare.flush(), "deflate", 10) == b"abc"
    assert decode(gzip.compress(b"abc") + gzip.compress(b"def"), "gzip", 10) == b"abcdef"
    with pytest.raises(TooLarge):
        decode(gzip.compress(b"abc") + gzip.compress(b"def"), "gzip", 5)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_an_answer_and_is_not_followed(status):
    with hostile(answers(reply())) as elsewhere:
        answer, _ = outcome(answers(reply(b"", status, location=f"{elsewhere.url}/stolen")))
        assert answer.status == int(status[:3])
        assert answer.headers["location"].endswith("/stolen")
        assert elsewhere.connections == 0


def test_proxies_and_netrc_of_the_environment_are_ignored(monkeypatch, tmp_path):
    with hostile(answers(reply(b'"direct"'))) as server, hostile(answers(reply(b'"proxied"'))) as proxy:
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login secret password secret\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert transport(server).send(GET, deadline=2).body == b'"direct"'
        assert b"authorization" not in server.requests[0].lower()
        assert proxy.connections == 0


def test_a_status_headers_and_body_arrive_as_sent():
    raw = b"HTTP/1.1 422 What\r\nX-One: a\r\nx-one: b\r\nX-Latin: \xe4\r\ncontent-length: 2\r\n\r\n{}"
    answer, _ = outcome(answers(raw))
    assert (answer.status, answer.body) == (422, b"{}")
    assert answer.headers["x-one"] == "a, b"
    assert answer.headers["x-latin"] == "ä"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_is_not_waited_for(status):
    answer, seconds = outcome(answers(f"HTTP/1.1 {status}\r\n\r\n".encode()), deadline=5)
    assert (answer.status, answer.body) == (int(status[:3]), b"")
    assert seconds < 2


@pytest.mark.parametrize("size", [0, io.DEFAULT_BUFFER_SIZE], ids=["read with the headers", "not yet read"])
def test_a_body_after_the_answer_to_head_breaks_the_answer(size):
    head = HEAD + b"content-length: 2\r\nx-long: \r\n\r\n"
    head = head.replace(b"x-long: ", b"x-long: " + b"a" * (size - len(head)))
    error, _ = outcome(then(lambda talk: talk.send(head + b"{}")), Request("HEAD", "/"), deadline=5)
    assert isinstance(error, BrokenResponse)
    assert "2 bytes came after the end of an answer that has no body" in str(error)


def test_head_has_no_body_though_it_has_a_length():
    answer, seconds = outcome(answers(HEAD + b"content-length: 500\r\n\r\n"), Request("HEAD", "/"), deadline=5)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "500")
    assert seconds < 2


def test_an_early_answer_counts_though_the_request_was_not_read():
    def script(talk):
        talk.sock.recv(1000)
        talk.send(reply(b'"too large"', "413 Too Large", connection="close"))
        talk.silence()

    answer, _ = outcome(script, Request("POST", "/", body=b"x" * 200_000), deadline=2)
    assert answer.status == 413


def sent_by(request, base="", **options):
    with hostile(answers(reply())) as server:
        HttpTransport(read_target(server.url + base), **options).send(request, deadline=2)
        return server.requests[0]


def test_operations_are_appended_to_the_path_of_the_url():
    assert sent_by(Request("GET", "/threads", "a=1"), "/api/v1/").startswith(b"GET /api/v1/threads?a=1 HTTP/1.1\r\n")


def test_a_body_goes_with_its_length_and_framing_is_ours():
    framing = {"content-length": "99", "transfer-encoding": "chunked", "connection": "upgrade", "host": "elsewhere"}
    head, _, body = sent_by(Request("POST", "/", headers=framing, body=b"{}")).lower().partition(b"\r\n\r\n")
    assert b"content-length: 2" in head
    assert body == b"{}"
    assert not any(word in head for word in (b"chunked", b"upgrade", b"elsewhere"))


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND", "QUERY"])
def test_any_method_is_sent(method):
    assert sent_by(Request(method, "/")).startswith(method.encode() + b" / ")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_path_is_read_back_as_it_was_meant(text):
    path = "/a/" + text.replace("/", "")
    target = request_target(path, "")
    assert target.isascii()
    assert not set(target) & set(' \r\n\t?#\\"<>\x7f')
    assert unquote(target) == path
    assert "/../" not in f"{target}/"


unsendable = {
    "line break in a header": Request("POST", "/", headers={"x-a": "b\r\nx-injected: c"}),
    "lone line feed in a header": Request("POST", "/", headers={"x-a": "b\nc"}),
    "NUL in a header": Request("POST", "/", headers={"x-a": "b\0"}),
    "header beyond Latin-1": Request("POST", "/", headers={"x-a": "\u20ac"}),
    "header name with a blank": Request("POST", "/", headers={"x a": "b"}),
    "line break in the method": Request("GET / HTTP/1.1\r\nx: ", "/"),
    "blank in the query": Request("GET", "/", "a b"),
    "line break in the query": Request("GET", "/", "a\r\nb"),
    "half a surrogate pair in the path": Request("GET", "/\ud800"),
    "path without a slash": Request("GET", "threads"),
}


@pytest.mark.parametrize("request_", unsendable.values(), ids=unsendable)
def test_what_http_cannot_carry_is_never_sent(request_):
    with hostile(answers(reply())) as server:
        with pytest.raises(Unsendable):
            transport(server).send(request_, deadline=1)
        assert server.requests == []
    with pytest.raises(Unsendable):
        WsgiTransport(echo_app).send(request_, deadline=1)


def test_a_connection_is_kept_and_used_again():
    with hostile(answers(*[reply()] * 3)) as server:
        carrier = transport(server)
        for _ in range(3):
            assert carrier.send(POST, deadline=2).status == 200
        assert (server.connections, len(server.requests)) == (1, 3)
        carrier.close()


def test_a_connection_that_was_idle_for_more_than_two_seconds_is_not_used_again():
    moment = [100.0]
    with hostile(answers(reply(), reply())) as server:
        carrier = transport(server, clock=lambda: moment[0])
        carrier.send(POST, deadline=2)
        moment[0] += 1.9
        carrier.send(POST, deadline=2)
        assert server.connections == 1
        moment[0] += 2.1
        carrier.send(POST, deadline=2)
        assert server.connections == 2
        carrier.close()


def test_a_connection_is_not_used_again_after_an_error_answer():
    with hostile(answers(reply(status="422 No"), reply())) as server:
        carrier = transport(server)
        carrier.send(POST, deadline=2)
        carrier.send(POST, deadline=2)
        assert server.connections == 2
        carrier.close()


def closing_on_second(talk: Conversation) -> None:
    """Keep the connection after the first answer, then drop it once the next request is there."""
    talk.request()
    talk.send(reply())
    if talk.number == 1 and talk.request():
        return
    talk.request()


def test_a_get_on_a_connection_that_went_stale_is_sent_again_once():
    with hostile(closing_on_second) as server:
        carrier = transport(server)
        assert carrier.send(GET, deadline=2).status == 200
        assert carrier.send(GET, deadline=2).status == 200
        assert (server.connections, len(server.requests)) == (2, 3)
        carrier.close()


def test_a_post_on_a_connection_that_went_stale_is_never_sent_again():
    with hostile(closing_on_second) as server:
        carrier = transport(server)
        assert carrier.send(POST, deadline=2).status == 200
        with pytest.raises(Dropped, match="not sent again"):
            carrier.send(POST, deadline=2)
        assert (server.connections, len(server.requests)) == (1, 2)


@pytest.mark.parametrize(("request_", "times"), [(GET, 2), (POST, 1)], ids=["GET", "POST"])
@pytest.mark.parametrize("end", [Conversation.reset, lambda talk: None], ids=["reset", "closed"])
def test_a_connection_that_ends_at_once_is_tried_again_once_where_that_is_safe(end, request_, times):
    with hostile(then(end)) as server:
        with pytest.raises(BrokenResponse):
            transport(server).send(request_, deadline=2)
        assert len(server.requests) == times


def test_a_get_that_was_reset_is_answered_the_second_time():
    def script(talk: Conversation) -> None:
        talk.request()
        talk.reset() if talk.number == 1 else talk.send(reply(b"[1]"))

    with hostile(script) as server:
        assert transport(server).send(GET, deadline=2).content == b"[1]"


def test_nobody_there_is_unreachable():
    with hostile(then()) as server:
        gone = transport(server)
    with pytest.raises(Unreachable):
        gone.send(GET, deadline=1)
    with pytest.raises(Unreachable):
        gone.probe(deadline=1)


def test_a_tls_target_that_speaks_no_tls_is_unreachable():
    with hostile(answers(reply())) as server:
        carrier = HttpTransport(read_target(server.url.replace("http:", "https:")))
        with pytest.raises(Unreachable, match="TLS"):
            carrier.probe(deadline=1)


def test_a_tls_handshake_that_stalls_ends_with_the_deadline():
    with hostile(Conversation.silence) as server:
        carrier = HttpTransport(read_target(server.url.replace("http:", "https:")))
        began = time.monotonic()
        with pytest.raises(Unreachable):
            carrier.probe(deadline=SHORT)
        assert time.monotonic() - began < SHORT + 0.5


def test_a_name_that_stops_being_loopback_is_not_connected_to(monkeypatch):
    with hostile(answers(reply())) as server:
        carrier = transport(server, loopback_only=True)
        monkeypatch.setattr("threadmock.contracts.transport.sockets.is_loopback", lambda _: False)
        with pytest.raises(Unreachable, match="loopback"):
            carrier.send(GET, deadline=1)
        assert server.connections == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_addresses_of_this_machine_are_loopback(address):
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "::", "10.0.0.1", "192.168.0.1", "169.254.169.254", "8.8.8.8", "::ffff:8.8.8.8", "fe80::1%eth0"],
)
def test_other_addresses_are_not_loopback(address):
    assert not is_loopback(address)


def echo_app(environ, start_response):
    """A WSGI application that says what it was given."""
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    said["body"] = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("latin-1")
    start_response("201 Created", [("Content-Type", "application/json"), ("X-A", "1"), ("x-a", "2")])
    return [json.dumps(said).encode()]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.binary(max_size=50))
def test_an_application_in_process_gets_what_a_server_would_give_it(name, body):
    headers = {"content-type": "text/x", "x-some-name": "v"}
    answer = WsgiTransport(echo_app).send(Request("POST", "/" + name, "q=1", headers, body), deadline=1)
    said = json.loads(answer.body)
    assert said["PATH_INFO"].encode("latin-1").decode() == "/" + name
    assert (said["QUERY_STRING"], said["CONTENT_TYPE"], said["HTTP_X_SOME_NAME"]) == ("q=1", "text/x", "v")
    assert (said["CONTENT_LENGTH"], said["body"]) == (str(len(body)), body.decode("latin-1"))
    assert (answer.status, answer.headers["x-a"]) == (201, "1, 2")


def test_an_application_that_raises_is_a_problem_that_says_so():
    def app(environ, start_response):
        raise ZeroDivisionError("no way")

    with pytest.raises(TransportError, match="the application raised ZeroDivisionError: no way"):
        WsgiTransport(app).send(POST, deadline=1)


def test_an_application_that_raises_while_it_is_read_is_closed():
    class Chunks(io.BytesIO):
        def __next__(self):
            raise ValueError("broken")

    chunks = Chunks()

    def app(environ, start_response):
        start_response("200 OK", [])
        return chunks

    with pytest.raises(TransportError, match="ValueError"):
        WsgiTransport(app).send(POST, deadline=1)
    assert chunks.closed


def test_an_endless_application_is_cut():
    def app(environ, start_response):
        start_response("200 OK", [])
        while True:
            yield b"x" * 1000

    with pytest.raises(TooLarge):
        WsgiTransport(app, max_body=10_000).send(POST, deadline=5)
    moments = iter(range(1000))
    with pytest.raises(TimedOut):
        WsgiTransport(app, clock=lambda: float(next(moments))).send(POST, deadline=5)


def test_an_application_that_forgets_start_response_is_broken():
    with pytest.raises(BrokenResponse):
        WsgiTransport(lambda environ, start_response: [b""]).send(POST, deadline=1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@contextlib.contextmanager
def tls_server(certificate, body=b'"safe"'):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])

    def script(talk):
        with context.wrap_socket(talk.sock, server_side=True) as talk.sock:
            for _ in range(2):
                if talk.request():
                    talk.send(reply(body))

    with hostile(script) as server:
        server.url = server.url.replace("http:", "https:")
        yield server


def test_tls_is_verified_against_the_given_authorities_and_kept_alive(certificate):
    with tls_server(certificate) as server:
        carrier = transport(server, ca_file=certificate[1])
        assert [carrier.send(POST, deadline=2).body for _ in range(2)] == [b'"safe"'] * 2
        assert server.connections <= 2


def test_an_unknown_authority_is_unreachable_and_nothing_is_sent(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", certificate[1])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate[1])
    with tls_server(certificate) as server:
        with pytest.raises(Unreachable, match="TLS"):
            transport(server).send(POST, deadline=2)
        assert server.requests == []


def test_a_certificate_for_another_host_is_unreachable(certificate):
    with tls_server(certificate) as server:
        server.url = server.url.replace("127.0.0.1", "localhost")
        with pytest.raises(Unreachable, match="TLS"):
            transport(server, ca_file=certificate[1]).send(POST, deadline=2)
        assert server.requests == []


def test_a_reader_that_was_closed_can_still_be_flushed() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        bounded = BoundedSocket(ours)
        bounded.allowance = Allowance(1, 100)
        reader = bounded.makefile("rb")
        theirs.sendall(b"x")
        bounded.abandon()
        assert reader.closed
        reader.flush()
