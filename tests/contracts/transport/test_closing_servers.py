"""Servers that close the connection after an answer: HTTP/1.0, `Connection: close`, and a development server."""

import contextlib
import http.server
import io
import socket
import socketserver
import ssl
import threading
import time

import pytest
from support.command_line import invoke, mock
from support.hostile_server import Conversation, answers, hostile, self_signed
from threadmock.contracts.transport import http as transport_http
from threadmock.contracts.transport.errors import BrokenResponse
from threadmock.contracts.transport.http import HttpTransport
from threadmock.contracts.transport.sockets import BoundedSocket
from threadmock.contracts.transport.urls import read_target
from threadmock.specs.wire.messages import Request
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

BODY = b'{"kept": true}'
STATUSES = {"/204": 204, "/304": 304}
REQUESTS = {
    "HEAD": (Request("HEAD", "/things"), 200, b""),
    "204": (Request("DELETE", "/204"), 204, b""),
    "304": (Request("GET", "/304"), 304, b""),
    "GET": (Request("GET", "/things"), 200, BODY),
    "POST": (Request("POST", "/things", body=b"{}"), 200, BODY),
}
ANSWER_TO = {
    "HEAD": b"200 OK\r\ncontent-length: 14\r\n",
    "204": b"204 No Content\r\n",
    "304": b"304 Not Modified\r\n",
    "GET": b"200 OK\r\n",
    "POST": b"200 OK\r\n",
}
BODILESS = ["HEAD", "204", "304"]


class Plain(http.server.BaseHTTPRequestHandler):
    """The standard library's handler, which speaks HTTP/1.0."""

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        status = STATUSES.get(self.path, 200)
        self.send_response(status)
        if status == 200:
            self.send_header("content-length", str(len(BODY)))
        self.end_headers()
        if status == 200 and self.command != "HEAD":
            self.wfile.write(BODY)

    do_GET = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815 - the standard library's names

    def log_message(self, *_):
        """Nothing."""


@contextlib.contextmanager
def running(server, port):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


def standard_library():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Plain)
    return running(server, server.server_address[1])


def three_answers(environ, start_response):
    status = STATUSES.get(environ["PATH_INFO"], 200)
    return Response(BODY if status == 200 else b"", status)(environ, start_response)


def development(version, app=three_answers):
    quiet = {"protocol_version": version, "log_request": lambda *_: None}
    server = make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=type("Quiet", (WSGIRequestHandler,), quiet)
    )
    return running(server, server.server_port)


SERVERS = {
    "standard library, HTTP/1.0": standard_library,
    "Werkzeug, HTTP/1.0": lambda: development("HTTP/1.0"),
    "Werkzeug, HTTP/1.1": lambda: development("HTTP/1.1"),
}


@pytest.fixture(scope="module", params=SERVERS.values(), ids=SERVERS)
def server(request):
    """The URL of one that closes after each answer."""
    with request.param() as url:
        yield url


@pytest.mark.parametrize("name", REQUESTS)
def test_a_server_that_closes_after_each_answer_is_understood(server, name):
    request, status, body = REQUESTS[name]
    with contextlib.closing(HttpTransport(read_target(server))) as carrier:
        for _ in range(2):
            answer = carrier.send(request, deadline=5)
            assert (answer.status, answer.body) == (status, body)


def answered(name, version, more=b"", *, connection="close", closes=True, pause=0.0, apart=False):
    """What one answer comes to. more: bytes after its end, in a write of their own where apart; pause: before it ends."""
    request, status, body = REQUESTS[name]
    head = b"%s %sconnection: %s\r\n\r\n" % (version.encode(), ANSWER_TO[name], connection.encode())

    def script(talk: Conversation) -> None:
        talk.request()
        for part in [head + body, more] if apart else [head + body + more]:
            talk.send(part)
            time.sleep(0.02 if apart else 0)
        talk.over.wait(pause if closes else 30)

    with hostile(script) as other, contextlib.closing(HttpTransport(read_target(other.url))) as carrier:
        answer = carrier.send(request, deadline=5)
        assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_that_says_that_the_connection_closes_is_whole(name, version):
    answered(name, version)
    if name in BODILESS:
        answered(name, version, pause=0.05)


@pytest.mark.parametrize("name", BODILESS)
def test_a_server_that_says_that_it_closes_and_does_not_is_hardly_waited_for(name):
    began = time.monotonic()
    answered(name, "HTTP/1.1", closes=False)
    assert time.monotonic() - began < transport_http.LAST_BYTES + 1


PLANTED = {
    "kept open": {"connection": "keep-alive", "closes": False},
    "closed without a word": {"connection": "keep-alive"},
    "closed as said": {},
    "closed as said, bytes apart": {"apart": True},
    "said to be closed, kept open": {"closes": False},
}


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("how", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("name", BODILESS)
def test_bytes_after_an_answer_without_a_body_are_noticed_however_it_ends(name, how, version):
    with pytest.raises(BrokenResponse, match="bytes came after the end of an answer that has no body"):
        answered(name, version, b"{}", **how)


@pytest.mark.parametrize("size", [0, io.DEFAULT_BUFFER_SIZE], ids=["read with the headers", "not yet read"])
def test_bytes_beyond_what_was_read_are_noticed_before_the_socket_is_closed(size):
    head = b"HTTP/1.1 204 No Content\r\nconnection: close\r\nx-long: \r\n\r\n"
    head = head.replace(b"x-long: ", b"x-long: " + b"a" * (size - len(head)))
    with (
        hostile(answers(head + b"{}")) as other,
        contextlib.closing(HttpTransport(read_target(other.url))) as carrier,
        pytest.raises(BrokenResponse, match="at least 2 bytes came after"),
    ):
        carrier.send(Request("DELETE", "/204"), deadline=5)


@pytest.mark.parametrize("more", [b"", b"{}"], ids=["nothing more", "two bytes more"])
def test_a_tls_server_that_closes_is_understood_and_its_last_bytes_are_noticed(more, tmp_path):
    key, certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def script(talk: Conversation) -> None:
        with context.wrap_socket(talk.sock, server_side=True) as talk.sock:
            talk.request()
            talk.send(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
            talk.send(more)

    with hostile(script) as other:
        base = read_target(other.url.replace("http:", "https:"))
        with contextlib.closing(HttpTransport(base, ca_file=certificate)) as carrier:
            if more:
                with pytest.raises(BrokenResponse, match="at least 2 bytes came after"):
                    carrier.send(Request("DELETE", "/204"), deadline=5)
            else:
                assert carrier.send(Request("DELETE", "/204"), deadline=5).status == 204


def test_nothing_waits_on_a_socket_that_was_closed():
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(b"x")
        bounded = BoundedSocket(ours)
        ours.close()
        assert bounded.waiting() == b""


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_the_suite_finds_nothing_in_a_mock_behind_a_development_server(version):
    with development(version, mock("lighton", auth="t0ken")) as url:
        status, text = invoke(
            *("verify", "lighton", "--target", url, "--header", "authorization: Bearer t0ken", "--seed", "1"),
            *("--max-requests", "60", "--max-examples", "10"),
        )
    assert "FAIL" not in text
    assert status == 0
    assert "operations tested" in text
