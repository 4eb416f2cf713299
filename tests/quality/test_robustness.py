"""Hostile requests: each is answered in shape, nothing is lost, and the next request is normal."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clients import DOORS, WSGI_DOORS, Client, Told, call, environ, make_gateway, open_door
from support.processes import Serving, read_answer
from threadmock.mockserver.pipeline.gateway import Limits
from threadmock.specs.loader import builtin_names

JSON = {"content-type": "application/json"}
KEY = {"authorization": "Bearer key-1"}
GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "ishvana": ("/api/chat/threads", {"title": "T"}),
    "langsmith": ("/threads", {}),
    "lighton": ("/api/v3/threads", {}),
    "scale": ("/v4/applications/a/threads", {"title": "T", "application_variant_id": "a", "account_id": "b"}),
    "seekrflow": ("/v1/threads", {}),
}
MEMBER = {
    "ishvana": "x",
    "langsmith": "metadata",
    "lighton": "tool_parameters",
    "scale": "thread_metadata",
    "seekrflow": "meta_data",
}


@pytest.fixture(scope="module", params=builtin_names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def in_shape(told: Told) -> None:
    """Not a 5xx, and JSON that a strict reader takes, where there is a body."""
    assert told.status < 500, told
    assert b"Traceback" not in told.body
    if told.body:
        assert "json" in told.headers["content-type"]
        told.json()


def still_well(client: Client) -> None:
    for name, (path, body) in GOOD.items():
        if any(mount.contract.name == name for mount in client.gateway.mounts):
            assert client.post(path, body, headers=KEY).status in (200, 201)


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


def body_with(name: str, text: str) -> bytes:
    """A good body whose free member holds a raw JSON text."""
    rest = json.dumps(GOOD[name][1])[1:-1]
    return f"{{{rest}{', ' if rest else ''}{json.dumps(MEMBER[name])}: {text}}}".encode("utf-8", "surrogatepass")


REFUSED_TEXTS = {
    "R1 deep": '{"a": ' + nested(1100) + "}",
    "R1 deeper": '{"a": ' + nested(20_000) + "}",
    "R1 objects": nested(1100, '{"a":', "}").replace("{}", "{}"),
    "R1 unclosed": "[" * 1_000_000,
    "R1 brackets after a text": '{"a": "\\"", "b": ' + nested(1100) + "}",
    "R5 NaN": '{"a": NaN}',
    "R5 Infinity": '{"a": Infinity}',
    "R5 -Infinity": '{"a": -Infinity}',
    "R5 1e999": '{"a": 1e999}',
    "R5 1E400": '{"a": 1E400}',
    "R5 5,000 digits": '{"a": ' + "9" * 5000 + "}",
    "R5 a plus": '{"a": +1}',
    "R5 a leading zero": '{"a": 01}',
    "R5 hexadecimal": '{"a": 0x10}',
    "R6 equal keys": '{"a": 1, "a": 1}',
    "R6 equal keys below": '{"a": [{"b": 1, "b": 2}]}',
    "R6 equal keys spelled apart": '{"a": 1, "\\u0061": 2}',
    "R8 lone surrogate": '{"a": "\\ud800"}',
    "R8 lone surrogate as a key": '{"\\udfff": 1}',
    "R8 surrogates the wrong way round": '{"a": "\\udc00\\ud800"}',
    "R8 raw NUL": '{"a": "\x00"}',
    "R9 trailing comma": '{"a": 1,}',
    "R9 comment": '{"a": 1 /* one */}',
    "R9 single quotes": "{'a': 1}",
}


@pytest.mark.parametrize("text", REFUSED_TEXTS.values(), ids=REFUSED_TEXTS)
def test_what_is_no_strict_json_is_refused_in_the_providers_shape(client: Any, name: str, text: str) -> None:
    asked = client(name)
    told = asked.send("POST", GOOD[name][0], headers={**JSON, **KEY}, body=body_with(name, text))
    in_shape(told)
    assert told.status in (400, 422)
    assert told.headers["content-type"] == "application/json"
    assert asked.get("/_mock/things").json()["count"] == 0
    still_well(asked)


REFUSED_BODIES = {
    "R7 invalid UTF-8": b'{"a": "\xff"}',
    "R7 overlong": b'{"a": "\xc0\xaf"}',
    "R7 a surrogate as UTF-8": b'{"a": "\xed\xa0\x80"}',
    "R7 byte order mark": b"\xef\xbb\xbf{}",
    "R7 UTF-16": '{"a": 1}'.encode("utf-16"),
    "R7 UTF-32": '{"a": 1}'.encode("utf-32"),
    "R9 blanks": b" \r\n\t",
    "R9 null": b"null",
    "R9 true": b"true",
    "R9 text": b'"x"',
    "R9 number": b"7",
    "R9 array": b"[]",
    "R9 array of objects": b"[{}]",
    "R9 two documents": b"{}{}",
    "R9 trailing garbage": b"{} x",
    "R9 cut": b'{"title": "x',
    "R21 gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00C\xbf\xa6\xa3\x02\x00\x00\x00",
}


@pytest.mark.parametrize("body", REFUSED_BODIES.values(), ids=REFUSED_BODIES)
def test_a_body_that_is_no_json_object_is_refused(client: Any, name: str, body: bytes) -> None:
    asked = client(name)
    told = asked.send("POST", GOOD[name][0], headers={**JSON, **KEY, "content-encoding": "identity"}, body=body)
    in_shape(told)
    assert told.status in (400, 422)
    assert asked.get("/_mock/things").json()["count"] == 0
    still_well(asked)


KEPT_TEXTS = {
    "R8 NUL": "a\x00b",
    "R8 non-character": "\ufffe\uffff\U0010ffff",
    "R8 bidi": "\u202eabc\u2066",
    "R8 combining": "a" + "\u0301" * 10_000,
    "R8 line separators": "\u2028\u2029\x85",
    "R8 astral": "\U0001f600\U00020000",
    "R8 controls": "".join(map(chr, range(32))) + "\x7f",
    "R8 escape codes": "\x1b[2J\x1b]0;x\x07",
    "R8 100 kB": "ü" * 50_000,
    "R22 markup": "<script>alert(1)</script>{{7*7}}%s%n$reason",
    "R11 header break": "a\r\nset-cookie: b=c",
    "R13 path": "../../etc/passwd",
}


@pytest.mark.parametrize("text", KEPT_TEXTS.values(), ids=KEPT_TEXTS)
def test_hostile_text_is_stored_and_returned_exactly(client: Any, text: str) -> None:
    asked = client("langsmith")
    told = asked.post("/threads", {"metadata": {"value": text, text: [text]}})
    in_shape(told)
    assert told.json()["metadata"] == {"value": text, text: [text]}
    assert asked.get("/_mock/things").json()["shelves"][0]["things"][0]["metadata"]["value"] == text


@pytest.mark.parametrize(
    "number", ["-0", "-0.0", "9007199254740993", "9223372036854775808", "1.0", "1e308", "5e-324", "9" * 4000]
)
def test_numbers_are_not_rounded(client: Any, number: str) -> None:
    body = f'{{"metadata": {{"n": {number}}}}}'.encode()
    told = client("langsmith").send("POST", "/threads", headers=JSON, body=body)
    assert told.status == 200
    assert told.json()["metadata"]["n"] == json.loads(number)


@pytest.mark.parametrize("key", ["__proto__", "constructor", "", "a" * 10_000, "e\u0301", "\u00e9", "$ref", "$each"])
def test_odd_keys_are_kept(client: Any, key: str) -> None:
    told = client("langsmith").post("/threads", {"metadata": {key: 1, key + "X": 2}})
    assert told.json()["metadata"] == {key: 1, key + "X": 2}


def test_one_hundred_levels_are_taken_and_one_more_is_refused(client: Any) -> None:
    asked = client("langsmith")
    for depth, status in ((98, 200), (99, 422)):
        body = ('{"metadata": {"a":' + nested(depth) + "}}").encode()
        assert asked.send("POST", "/threads", headers=JSON, body=body).status == status
    assert asked.get("/_mock/things").status == 200
    assert asked.get("/_mock/exchanges").status == 200


def test_wide_bodies_are_taken(client: Any) -> None:
    metadata = {f"k{number}": number for number in range(10_000)}
    assert client("langsmith").post("/threads", {"metadata": metadata}).json()["metadata"] == metadata


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "text/plain",
        "application/jsonx",
        "application/vnd.x+json",
        "application/xml",
        "text/html; charset=utf-8",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\u00e9",
        ";",
        "application/json, application/json",
        "\u00ff",
    ],
)
def test_an_undocumented_media_type_is_refused_or_read_as_a_rule_says(client: Any, name: str, kind: str | None) -> None:
    asked = client(name)
    headers = {**KEY, **({"content-type": kind} if kind else {})}
    told = asked.send("POST", GOOD[name][0], headers=headers, body=json.dumps(GOOD[name][1]).encode())
    if (name, kind) == ("langsmith", "text/plain"):
        # what fetch calls a text whose type nobody told: a real server reads it, and a proxy of a front end sends it
        assert told.status == 200
    else:
        in_shape(told)
        assert told.status in (400, 415, 422)
    still_well(asked)


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "x" * 5000, '"', "utf-8; charset=utf-7", "base64", "\x00"])
def test_a_charset_parameter_changes_nothing(client: Any, charset: str) -> None:
    headers = {"content-type": f"application/json; charset={charset}"}
    told = client("langsmith").send("POST", "/threads", headers=headers, body=b'{"metadata": {"a": "\xc3\xa9"}}')
    assert told.json()["metadata"] == {"a": "é"}


def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_not(client: Any, name: str) -> None:
    asked = client(name, limits=Limits(body=1000))
    good = json.dumps(GOOD[name][1]).encode()
    for length, refused in ((1000, False), (1001, True), (100_000, True)):
        told = asked.send("POST", GOOD[name][0], headers={**JSON, **KEY}, body=good.ljust(length))
        in_shape(told)
        assert (told.status == 413) is refused
    still_well(asked)


class Unread:
    """A body that fails the test when it is read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")


@pytest.mark.parametrize("length", [str(17 * 1024**2), "9" * 19, "9" * 6000])
@pytest.mark.parametrize("door", WSGI_DOORS)
def test_a_body_that_announces_too_much_is_never_read(door: str, length: str) -> None:
    made = environ("POST", "/threads", headers={**JSON, "content-length": length})
    made["wsgi.input"] = Unread()
    assert call(open_door(make_gateway("langsmith"), door), made).status == 413


class Endless:
    """A body without an end; counts what is taken from it."""

    def __init__(self) -> None:
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        self.taken += (took := min(size, 10_000))
        return b"[" * took


@pytest.mark.parametrize("door", WSGI_DOORS)
def test_an_endless_chunked_body_is_read_to_the_limit_only(door: str) -> None:
    gateway = make_gateway("langsmith", limits=Limits(body=100_000))
    made = environ("POST", "/threads", headers={**JSON, "transfer-encoding": "chunked"})
    made["wsgi.input"] = body = Endless()
    assert call(open_door(gateway, door), made).status == 413
    assert body.taken == 100_001


@pytest.mark.parametrize("length", ["-1", "+2", "1_0", "0x2", "two", "", " ", "\u0662", "1, 2"])
def test_an_odd_content_length_is_as_if_there_were_no_body(client: Any, length: str) -> None:
    told = client("langsmith").send("POST", "/threads", headers={**JSON, "content-length": length}, body=b"{}")
    in_shape(told)


def test_the_control_interface_reads_no_more_than_it_needs(door: str) -> None:
    app = open_door(make_gateway("langsmith"), door)
    made = environ("POST", "/_mock/reset", headers={"x-threadmock-control": "1", "content-length": "9" * 12})
    made["wsgi.input"] = Unread()
    assert call(app, made).status == 413


ODD_PATHS = {
    "R13 dots": "/../../etc/passwd",
    "R13 encoded dots": "/threads/../threads",
    "R13 backslash": "/..\\..\\etc",
    "R13 double encoding": "/%252e%252e/",
    "R13 semicolon": "/threads;a=b",
    "R13 double slash": "//threads",
    "R13 NUL": "/threads\x00",
    "R13 device": "/CON",
    "R13 empty segment": "/v4/applications//threads",
    "R13 line break": "/threads\r\nx: y",
    "R13 dot": "/threads/.",
    "R13 prefix alone": "/langsmith",
    "R13 prefix and slash": "/langsmith/",
    "R13 slash where none is": "/threads/",
    "R13 star": "*",
    "R13 nothing": "",
    "R13 not UTF-8": "/\udcff\udcfe",
    "R13 right to left": "/\u202e",
}


@pytest.mark.parametrize("path", ODD_PATHS.values(), ids=ODD_PATHS)
def test_an_odd_path_is_a_404_in_shape(client: Any, path: str) -> None:
    asked = client(*GOOD)
    told = asked.send("POST", path, headers=JSON, body=b"{}")
    in_shape(told)
    assert told.status == (404 if path != "/threads/." else 405)  # there `.` is the id of a thread
    assert told.headers["content-type"] == "application/problem+json"
    still_well(asked)


@pytest.mark.parametrize("variant", ["../x", "a b", "\x00", "é日", "CON", "%2f", ";", "..", "a" * 4000, "\u2028"])
def test_an_odd_path_value_is_only_a_value(client: Any, variant: str) -> None:
    body = GOOD["scale"][1]
    told = client("scale").post(f"/v4/applications/{variant}/threads", body)
    if "/" in variant:
        assert told.status == 404
    else:
        assert told.json()["application_variant_id"] == variant


def test_a_path_of_100_kb_is_a_414(client: Any) -> None:
    asked = client(*GOOD)
    assert asked.get("/" + "a" * 100_000).status == 414
    assert asked.post("/v4/applications/" + "a" * 100_000 + "/threads", GOOD["scale"][1]).status == 414
    still_well(asked)


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"a{n}={n}" for n in range(10_000)),
        "include=ttl&" * 5000,
        "include[]=ttl",
        "%",
        "%ff=%fe",
        "&&&===",
        "include=%00",
        "a" * 60_000,
        "\u00ff=\u00fe",
        "include=ttl;x",
    ],
    ids=range(10),
)
def test_an_odd_query_is_passed_over(client: Any, query: str) -> None:
    assert client("langsmith").post("/threads", {}, query=query).status == 200


@pytest.mark.parametrize(
    "method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "FOO", "post", "x" * 3000, "M-SEARCH"]
)
def test_a_method_that_is_not_documented_is_a_405_with_allow(client: Any, name: str, method: str) -> None:
    asked = client(name)
    told = asked.send(method, GOOD[name][0], headers={"x-http-method-override": "POST", **KEY})
    in_shape(told)
    assert told.status == 405
    assert told.headers["allow"] in ("OPTIONS, POST", "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_do_not_crash(client: Any, name: str, method: str) -> None:
    told = client(name).send(method, GOOD[name][0], headers=KEY)
    listed = name != "langsmith"  # there a list is asked for by POST
    assert told.status == (204 if method == "OPTIONS" else 200 if listed else 405)
    assert told.body == b""
    assert told.status == 200 or "POST" in told.headers["allow"]


ODD_HEADERS: dict[str, dict[str, str]] = {
    "R11 64 kB": {"x-odd": "a" * 65536},
    "R11 10,000": {f"x-odd-{n}": "v" for n in range(10_000)},
    "R11 Latin-1": {"x-odd": "\xff\xfe"},
    "R11 underscore": {"content_type": "text/plain"},
    "R11 upgrade": {"connection": "upgrade", "upgrade": "websocket"},
    "R10 doubled type": {"content-type": "application/json, application/json"},
    "R15 override": {"x-http-method-override": "DELETE", "x-method": "PUT"},
    "accept nonsense": {"accept": ";;q=,;/"},
    "accept long": {"accept": ",".join(["application/json;q=0.5"] * 3000)},
    "prefer nonsense": {"prefer": '=;",=,code'},
    "prefer status": {"prefer": "code=\u0661\u0662\u0663"},
    "prefer huge": {"prefer": "code=" + "9" * 6000},
    "prefer example": {"prefer": 'example="\u00e9\x01"'},
    "range": {"range": "bytes=0-1", "if-match": "*", "expect": "x"},
    "cookies": {"cookie": ";=;a=b;" * 1000},
    "forwarded": {"x-forwarded-host": "evil.example", "x-forwarded-proto": "javascript", "forwarded": "host=evil"},
    "authorization": {"authorization": "\xff " * 1000},
}


@pytest.mark.parametrize("headers", ODD_HEADERS.values(), ids=ODD_HEADERS)
def test_odd_headers_are_no_failure(client: Any, name: str, headers: dict[str, str]) -> None:
    asked = client(name)
    in_shape(asked.send("POST", GOOD[name][0], headers={**JSON, **KEY, **headers}, body=b"{}"))
    still_well(asked)


def test_no_header_of_an_answer_holds_what_splits_it(client: Any) -> None:
    asked = client("langsmith", origins=frozenset({"*"}))
    for value in ("a\r\nb", "a\nb", "a\x00b", "\xff"):
        for header in ("origin", "access-control-request-headers", "prefer", "host", "accept"):
            told = asked.send(
                "OPTIONS",
                f"/threads{value}",
                headers={"origin": "http://localhost", "access-control-request-method": "POST", header: value},
            )
            assert not [pair for pair in told.pairs if any(c in pair[1] for c in "\r\n\x00")]


def test_many_threads_creating_one_id_make_one_thread(door: str) -> None:
    gateway = make_gateway("langsmith")
    app = open_door(gateway, door)
    body = json.dumps({"thread_id": "0b9c1f5e-3a7d-4c2b-9f1e-6d5c4b3a2f10"}).encode()
    begin = threading.Barrier(8)
    statuses: list[int] = []

    def race() -> None:
        begin.wait()
        statuses.extend(call(app, environ("POST", "/threads", headers=JSON, body=body)).status for _ in range(25))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 199


TEXTS = st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=30)
PATHS = st.one_of(
    st.sampled_from([prefix + path for name, (path, _) in GOOD.items() for prefix in ("", f"/{name}")]),
    TEXTS.map(lambda text: "/" + text),
    st.sampled_from(
        ["/_mock/health", "/_mock/reset", "/_mock/things", "/_mock/exchanges", "/_mock/x", "/scale/openapi.json"]
    ),
)
METHODS = st.one_of(st.sampled_from(["POST", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]), TEXTS)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "accept",
            "authorization",
            "content-type",
            "content-length",
            "transfer-encoding",
            "prefer",
            "origin",
            "host",
            "cookie",
            "x-api-key",
            "x-team-id",
            "access-control-request-method",
            "access-control-request-headers",
            "access-control-request-private-network",
            "expect",
            "x-threadmock-control",
            "upgrade",
            "connection",
            "if-match",
            "range",
            "content-encoding",
        ]
    ),
    st.one_of(
        TEXTS,
        st.sampled_from(
            [
                *(
                    "application/json",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data; boundary=b",
                    "Bearer x",
                ),
                *(
                    "code=409",
                    "code=500",
                    "example=basic",
                    "http://localhost:3000",
                    "null",
                    "*/*",
                    "chunked",
                    "1",
                    "true",
                ),
            ]
        ),
    ),
    max_size=6,
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
MEMBERS = (
    "title thread_id metadata if_exists ttl supersteps name agent_id is_ephemeral tool_parameters meta_data tags seed"
)
BODIES = st.one_of(
    st.binary(max_size=200),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(MEMBERS.split()), VALUES, max_size=4).map(lambda value: json.dumps(value).encode()),
)


@given(method=METHODS, path=PATHS, query=TEXTS, headers=HEADERS, body=BODIES)
def test_whatever_is_sent_both_doors_answer_alike_in_strict_json_and_never_with_a_5xx(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    answers = []
    for app in ALL_FIVE:
        made = environ(method, "/", query, headers, body)
        made["PATH_INFO"] = path
        answers.append(call(app, made))
    told = answers[0]
    forced = "500" in headers.get("prefer", "")
    assert told.status < 500 or forced
    if told.body and "json" in told.headers.get("content-type", ""):
        told.json()
    if not path.startswith("/_mock"):
        assert answers[1] == told


ALL_FIVE = [open_door(make_gateway(*GOOD, seed=3), door) for door in DOORS]


# Over a real socket


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    process = subprocess.Popen(
        [sys.executable, "-m", "threadmock.mockserver", "--port", "0", "--seed", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    serving = Serving(process)
    serving.wait_until_listening()
    yield serving
    serving.end()
    assert not [line for line in serving.log if "Traceback" in line or "panicked" in line]


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


def well(server: Serving) -> None:
    assert server.send("POST", "/threads", b"{}", JSON).status == 200


HEAD = b"POST /threads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
RAW: dict[str, tuple[bytes, set[int]]] = {
    "R2 negative length": (HEAD + b"Content-Length: -1\r\n\r\n{}", {0, 400}),
    "R2 doubled length": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", {0, 400}),
    "R2 more declared than allowed": (HEAD + b"Content-Length: 10000000000\r\n\r\n{}", {413}),
    "R2 a length of 30 digits": (HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n{}", {0, 400, 413}),
    "R2 less declared than sent": (HEAD + b"Content-Length: 2\r\n\r\n{}garbage", {200}),
    "R3 hexadecimal prefix": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n", {0, 400, 422}),
    "R3 plus": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n", {0, 400, 422}),
    "R3 chunk extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n", {0, 200, 400}),
    "R11 64 kB of header": (HEAD + b"X: " + b"a" * 70_000 + b"\r\nContent-Length: 2\r\n\r\n{}", {0, 200, 400, 431}),
    "R11 10,000 headers": (HEAD + b"X: a\r\n" * 10_000 + b"Content-Length: 2\r\n\r\n{}", {0, 400, 431}),
    "R11 NUL in a header": (HEAD + b"X: a\x00b\r\nContent-Length: 2\r\n\r\n{}", {0, 400}),
    "R11 folded header": (HEAD + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}", {0, 200, 400}),
    "R11 no host": (
        b"POST /threads HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        {200, 400},
    ),
    "R11 two hosts": (HEAD + b"Host: evil.example\r\nContent-Length: 2\r\n\r\n{}", {200, 400, 421}),
    "R11 not Latin-1": (HEAD + "X: 日\r\nContent-Length: 2\r\n\r\n{}".encode(), {200, 400}),
    "R13 a long path": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", {0, 414, 431}),
    "R13 NUL in the path": (b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", {0, 400, 404}),
    "R13 encoded dots": (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", {404}),
    "R13 encoded NUL": (b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", {404}),
    "R13 invalid UTF-8": (b"GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n", {404}),
    "R13 broken escape": (b"GET /%zz% HTTP/1.1\r\nHost: localhost\r\n\r\n", {0, 400, 404}),
    "R15 CONNECT": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", {0, 400, 404, 405}),
    "R15 TRACE": (b"TRACE /threads HTTP/1.1\r\nHost: localhost\r\n\r\n", {405}),
    "R15 lower case": (b"post /threads HTTP/1.1\r\nHost: localhost\r\n\r\n", {400, 405}),
    "R15 unknown": (b"BREW /threads HTTP/1.1\r\nHost: localhost\r\n\r\n", {405}),
    "R15 star": (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", {0, 204, 400, 404}),
    "R16 foreign host": (b"GET /_mock/health HTTP/1.1\r\nHost: evil.example\r\n\r\n", {421}),
    "R16 foreign absolute form": (
        b"GET http://evil.example/_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
        {200, 421},
    ),
    "R17 length and chunked": (
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        {0, 400, 422},
    ),
    "R17 bare line feeds": (b"POST /threads HTTP/1.1\nHost: localhost\nContent-Length: 2\n\n{}", {0, 200, 400, 415}),
    "R17 blank before the colon": (HEAD + b"Content-Length : 2\r\n\r\n{}", {0, 400}),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {0, 400}),
    "HTTP 2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {0, 400}),
    "HTTP 9": (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", {0, 400}),
}


@pytest.mark.parametrize(("sent", "statuses"), RAW.values(), ids=RAW)
def test_raw_bytes_over_a_socket_are_answered_or_cut_and_the_next_request_is_normal(
    server: Serving, sent: bytes, statuses: set[int]
) -> None:
    answer = server.raw(sent, finish=b"HTTP/1.1" not in sent)
    assert status_of(answer) in statuses, answer[:300]
    assert b"Traceback" not in answer
    well(server)


def test_more_declared_than_sent_harms_nobody(server: Serving) -> None:
    answer = server.raw(HEAD + b"Content-Length: 1000\r\n\r\n{}", finish=True)
    assert status_of(answer) in (0, 422)
    well(server)


@pytest.mark.parametrize("how", ["declared", "chunked"])
def test_100_mb_are_a_413_and_memory_stays_flat(server: Serving, how: str) -> None:
    well(server)
    before = resident(server)
    block = b"[" * (1024 * 1024)
    with socket.create_connection((server.host, server.port), timeout=20) as connection:
        head = b"Transfer-Encoding: chunked" if how == "chunked" else b"Content-Length: 104857600"
        connection.sendall(HEAD + head + b"\r\n\r\n")
        try:
            for _ in range(100):
                connection.sendall(b"100000\r\n" + block + b"\r\n" if how == "chunked" else block)
        except OSError:
            pass
        answer = read_answer(connection)
    assert status_of(answer) in (0, 413)
    assert resident(server) - before < 64 * 1024
    well(server)


def resident(server: Serving) -> int:
    """Resident memory of the workers, in kB (Linux)."""
    if not Path("/proc/self/status").exists():
        pytest.skip("reads /proc")
    found = 0
    for pid in server.children():
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            found += int(line.split()[1]) if line.startswith("VmRSS") else 0
    return found


def test_idle_connections_leave_room_for_others(server: Serving) -> None:
    idle = [socket.create_connection((server.host, server.port), timeout=20) for _ in range(200)]
    try:
        for connection in idle[:100]:
            connection.sendall(b"GET /threads HTTP/1.1\r\nHost: lo")
        well(server)
    finally:
        for connection in idle:
            connection.close()
    well(server)


def test_clients_that_stop_in_the_middle_of_a_body_leave_room_for_others(server: Serving) -> None:
    stalled = [socket.create_connection((server.host, server.port), timeout=20) for _ in range(400)]
    try:
        for connection in stalled:
            connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"a"')
        for _ in range(20):
            assert server.send("GET", "/_mock/health").status == 200
    finally:
        for connection in stalled:
            connection.close()
    well(server)


def test_a_thousand_requests_on_one_connection_leave_no_descriptor_behind(server: Serving) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("reads /proc")
    [worker] = server.children()
    well(server)
    before = len(list(Path(f"/proc/{worker}/fd").iterdir()))
    with socket.create_connection((server.host, server.port), timeout=20) as connection:
        for _ in range(1000):
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
            assert status_of(read_answer(connection)) == 200
    for _ in range(50):
        well(server)
    assert len(list(Path(f"/proc/{worker}/fd").iterdir())) <= before + 5


def test_the_path_a_server_hands_over_is_the_path_that_was_sent(server: Serving) -> None:
    body = json.dumps(GOOD["scale"][1]).encode()
    told = server.send("POST", "/v4/applications/%E6%97%A5%20%C3%A9%25/threads", body, JSON)
    assert told.json()["application_variant_id"] == "日 é%"
