"""`python -m threadmock.mockserver` as a process on a real socket: start, port, signals, greeting, options, pages."""

import json
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
import referencing.jsonschema
import yaml
from support.processes import LONGEST, Serving
from threadmock.specs.loader import builtin_names

JSON = {"content-type": "application/json"}
KEY = {"authorization": "Bearer key-1"}
SHELF = Path(__file__).parents[1] / "data" / "ordinary" / "shelf.yaml"
FACTS = Path(__file__).parents[1] / "providers" / "seed-facts"
RAW_PAGES = Path(__file__).parents[3] / "shared" / "seeds"
Start = Callable[..., Serving]


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command that must end by itself."""
    command = [sys.executable, "-m", "threadmock.mockserver", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST, check=False, env={**os.environ, **(env or {})}
    )


def refuses_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


# Ports


def test_the_first_line_names_the_port_that_was_found(serving: Start) -> None:
    server = serving("--port", "0")
    assert server.lines[0] == f"Listening on http://127.0.0.1:{server.port}"
    assert server.port != 0
    assert server.send("GET", "/_mock/health").json()["product"] == "threadmock"


def test_two_servers_on_a_free_port_each_have_their_own(serving: Start) -> None:
    one, other = serving("--port", "0"), serving("--port", "0")
    assert one.port != other.port
    instances = {server.send("GET", "/_mock/health").json()["instance"] for server in (one, other)}
    assert len(instances) == 2


def test_a_port_that_threadmock_has_is_taken(serving: Start) -> None:
    server = serving("--port", "0")
    ended = run("--port", str(server.port))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"port {server.port}" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert server.send("GET", "/_mock/health").status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_a_stranger_has_is_taken(host: str) -> None:
    with socket.socket() as stranger:
        stranger.bind((host, 0))
        stranger.listen()
        ended = run("--port", str(stranger.getsockname()[1]))
    assert ended.returncode == 1
    assert "Address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_shared_by_so_reuseport_is_taken_all_the_same() -> None:
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        assert run("--port", str(stranger.getsockname()[1])).returncode == 1


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.7", "a" * 300, ""])
def test_a_host_that_is_not_this_machine_is_a_clear_error(host: str) -> None:
    ended = run("--port", "0", "--host", host)
    assert ended.returncode in (1, 2)
    assert "Error" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("host", ["localhost", "::1", "0.0.0.0"])
def test_other_spellings_of_this_machine_are_served(serving: Start, host: str) -> None:
    if host == "::1":
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
    server = serving("--port", "0", "--host", host)
    assert server.send("GET", "/_mock/health").status == 200


# Ends


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_well_and_soon_and_frees_the_port(serving: Start, how: int) -> None:
    server = serving("--port", "0")
    workers = server.children()
    assert server.send("POST", "/threads", b"{}", JSON).status == 200
    status, seconds = server.stop(how)
    assert status == 0
    assert seconds < 5
    assert refuses_connections(server.port)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    server.end()
    assert not [line for line in server.log if "Traceback" in line]


def test_a_second_interrupt_harms_nothing(serving: Start) -> None:
    server = serving("--port", "0")
    server.process.send_signal(signal.SIGINT)
    server.process.send_signal(signal.SIGINT)
    server.process.wait(LONGEST)
    assert refuses_connections(server.port)


def test_an_open_connection_does_not_hold_up_the_end(serving: Start) -> None:
    server = serving("--port", "0")
    with socket.create_connection((server.host, server.port)) as idle:
        idle.sendall(b"GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(100)
        status, seconds = server.stop()
    assert status == 0
    assert seconds < 10


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_a_killed_parent_leaves_no_worker(serving: Start) -> None:
    server = serving("--port", "0")
    [worker] = server.children()
    handle = os.pidfd_open(worker)
    try:
        server.process.kill()
        server.process.wait(LONGEST)
        assert select.select([handle], [], [], LONGEST)[0], "the worker lives on"
    finally:
        os.close(handle)
    assert refuses_connections(server.port)


# The greeting


@pytest.mark.parametrize(
    "options", [(), ("--as", "observed"), ("--auth", "off"), ("--auth", "s3cret"), ("--host", "localhost")]
)
def test_every_line_to_try_works(serving: Start, options: tuple[str, ...]) -> None:
    server = serving("--port", "0", *options)
    lines = server.greeting()
    tries = [line.split("try", 1)[1].strip() for line in lines if line.strip().startswith("try ")]
    assert len(tries) == len(builtin_names())
    for line in tries:
        status, body = try_line(line)
        assert status in (200, 201), (line, body)
        assert json.loads(body)


def try_line(line: str) -> tuple[int, str]:
    """The status and body of a printed curl line: by curl where there is one, else by its words."""
    words = shlex.split(line)
    if shutil.which("curl"):
        ended = subprocess.run(
            [*words, "-w", "\n%{http_code}"], capture_output=True, text=True, timeout=LONGEST, check=True
        )
        body, _, status = ended.stdout.rpartition("\n")
        return int(status), body
    headers, data, method, url = {}, None, None, ""
    rest = iter(words[2:])
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = next(rest).encode()
        elif word == "-X":
            method = next(rest)
        else:
            url = word
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=LONGEST) as answer:
        return answer.status, answer.read().decode()


def test_the_greeting_names_every_provider_with_its_base_url_and_client_setting(serving: Start) -> None:
    server = serving("--port", "0")
    text = "\n".join(server.greeting())
    for name in builtin_names():
        assert f"{name}: " in text
        assert f"base URL  {server.url}/{name}" in text
    assert text.count("  client ") == len(builtin_names())
    assert "$base" not in text


def test_every_answer_is_one_line_in_the_log(serving: Start) -> None:
    server = serving("--port", "0")
    server.send("POST", "/threads", b"{}", JSON)
    server.send("POST", "/threads", b"{", JSON)
    server.send("GET", "/nowhere")
    server.end()
    assert [line.split(" ")[:3] for line in server.log] == [
        ["POST", "/threads", "200"],
        ["POST", "/threads", "422"],
        ["GET", "/nowhere", "404"],
    ]


def test_quiet_logs_nothing(serving: Start) -> None:
    server = serving("--port", "0", "--quiet")
    server.send("POST", "/threads", b"{}", JSON)
    server.end()
    assert server.log == []


# Options


@pytest.mark.parametrize(
    "arguments",
    [
        ("langsmit",),
        ("nowhere.yaml",),
        (os.devnull,),
        ("--port", "70000"),
        ("--port", "x"),
        ("--as", "imagined"),
        ("--auth", ""),
        ("--seed", "x"),
        ("--fault", "no-such-fault"),
        ("--no-such-option",),
        (str(Path(__file__)),),
        (str(Path(__file__).parent),),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_what_to_do(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments, "--port", "0") if "--port" not in arguments else run(*arguments)
    assert ended.returncode == 2, ended.stderr
    assert "Error" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_misspelled_provider_is_told_the_nearest() -> None:
    assert "langsmith" in run("langsmit").stderr


def test_two_documents_of_one_name_are_wrong_usage(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(FACTS / "langsmith.openapi.yaml", tmp_path / folder / "mine.yaml")
    ended = run(str(tmp_path / "a" / "mine.yaml"), str(tmp_path / "b" / "mine.yaml"))
    assert ended.returncode == 2
    assert "'mine'" in ended.stderr


def test_documents_that_share_a_route_answer_below_their_prefixes_only(serving: Start, tmp_path: Path) -> None:
    shutil.copy(FACTS / "langsmith.openapi.yaml", tmp_path / "mine.yaml")
    server = serving("--port", "0", "langsmith", str(tmp_path / "mine.yaml"))
    assert any("both have /threads" in line for line in server.greeting())
    assert server.send("POST", "/threads", b"{}", JSON).status == 404
    for name in ("langsmith", "mine"):
        assert server.send("POST", f"/{name}/threads", b"{}", JSON).status == 200


def test_the_same_seed_makes_the_same_ids_and_another_other_ones(serving: Start) -> None:
    ids = []
    for seed in ("5", "5", "6"):
        server = serving("--port", "0", "langsmith", "--seed", seed)
        assert any(f"seed {seed};" in line for line in server.greeting())
        ids.append(server.send("POST", "/threads", b"{}", JSON).json()["thread_id"])
    assert ids[0] == ids[1] != ids[2]


def test_without_a_seed_a_random_one_is_printed_and_it_reproduces(serving: Start) -> None:
    first = serving("--port", "0", "langsmith")
    seed = re.search(r"seed (\d+);", "\n".join(first.greeting()))
    assert seed
    made = first.send("POST", "/threads", b"{}", JSON).json()["thread_id"]
    again = serving("--port", "0", "langsmith", "--seed", seed[1])
    assert again.send("POST", "/threads", b"{}", JSON).json()["thread_id"] == made


@pytest.mark.parametrize(
    ("auth", "statuses"),
    [("off", (200, 200, 200)), ("present", (401, 200, 200)), ("key-1", (401, 401, 200))],
)
def test_credentials_are_asked_for_by_the_mode(serving: Start, auth: str, statuses: tuple[int, ...]) -> None:
    server = serving("--port", "0", "seekrflow", "--auth", auth)
    sent: list[dict[str, str]] = [{}, {"authorization": "Bearer other"}, {"authorization": "Bearer key-1"}]
    assert tuple(server.send("POST", "/v1/threads", b"{}", {**JSON, **headers}).status for headers in sent) == statuses


def test_a_variable_of_the_environment_is_no_header(serving: Start) -> None:
    env = {
        "HTTP_AUTHORIZATION": "Bearer from-the-environment",
        "HTTP_ORIGIN": "http://evil.example",
        "CONTENT_TYPE": "x/y",
    }
    server = serving("--port", "0", "seekrflow", env=env)
    assert server.send("POST", "/v1/threads", b"{}", JSON).status == 401
    told = server.send("GET", "/_mock/exchanges").json()
    assert "authorization" not in told["exchanges"][0]["headers"]
    assert "origin" not in told["exchanges"][0]["headers"]


def test_a_named_origin_may_call_and_another_may_not(serving: Start) -> None:
    server = serving("--port", "0", "langsmith", *("--allow-origin", "https://app.example", "--allow-origin", "lan"))
    allowed = ("https://app.example", "http://localhost:3000", "http://10.1.2.3:3000")
    for origin, status in (*((each, 200) for each in allowed), ("https://evil.example", 403)):
        told = server.send("POST", "/threads", b"{}", {**JSON, "origin": origin})
        assert told.status == status
        assert told.headers["access-control-allow-origin"] == origin
        assert ("access-control-allow-credentials" in told.headers) is (status == 200)


def test_a_named_host_is_taken_on_loopback_and_another_is_not(serving: Start) -> None:
    server = serving("--port", "0", "langsmith", "--allow-host", "10.0.2.2", "--allow-host", "mock.test", "--quiet")
    hosts = {"10.0.2.2:4040": 200, "mock.test": 200, "10.0.2.3": 421, "mock": 421}
    assert {host: server.send("POST", "/threads", b"{}", {**JSON, "host": host}).status for host in hosts} == hosts
    assert server.send("GET", "/_mock/health", headers={"origin": "https://evil.example"}).status == 403
    server.stop()
    assert server.log == []


@pytest.mark.parametrize(
    "env", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONHASHSEED": "1", "TZ": "Asia/Kolkata"}, {"PYTHONOPTIMIZE": "2"}]
)
def test_the_surroundings_change_nothing(serving: Start, env: dict[str, str]) -> None:
    server = serving("--port", "0", "langsmith", "--seed", "5", env=env)
    told = server.send("POST", "/threads", '{"metadata": {"é": "日"}}'.encode(), JSON).json()
    assert told["metadata"] == {"é": "日"}
    assert told["created_at"].endswith("+00:00")
    plain = serving("--port", "0", "langsmith", "--seed", "5")
    assert plain.send("POST", "/threads", b"{}", JSON).json()["thread_id"] == told["thread_id"]


# Documentation pages, as they are, judged past our loader


PATHS = {"scale": "scale", "seekrflow": "seekrflow", "lighton": "lighton", "langsmith": "langsmith"}
INFOS = {
    "scale": "https://spec.example/openapi.yml post /v4/applications/{application_variant_id}/threads",
    "seekrflow": "post /v1/threads",
    "lighton": "/api-reference/openapi-v3.yaml post /api/v3/threads",
    "langsmith": "/langsmith/agent-server-openapi.json post /threads",
}


def page(name: str) -> str:
    """A documentation page of the form of the seeds, with the document of the seed facts in it."""
    document = (FACTS / f"{name}.openapi.yaml").read_text(encoding="utf-8").rstrip("\n")
    end = "" if name == "scale" else "\n"
    return f"""> ## Documentation Index
> Fetch the complete documentation index at: https://docs.example/llms.txt
> Use this file to discover all available pages before exploring further.

# Create thread

Creates one. A list of `paths:` is not a document.

## OpenAPI

````yaml {INFOS[name]}
{document}

````{end}"""


def schema_30(node: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema, by hand: `nullable`, and references into the registry."""
    if isinstance(node, list):
        return [schema_30(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: schema_30(child) for key, child in node.items() if key != "nullable"}
    if isinstance(made.get("$ref"), str) and made["$ref"].startswith("#/"):
        made["$ref"] = "urn:page" + made["$ref"]
    if node.get("nullable") is True:
        made = {"anyOf": [{"type": "null"}, made]}
    return made


def reply_judge(document: dict[str, Any], path: str, status: int) -> jsonschema.Draft202012Validator:
    """A validator for a reply, made with jsonschema and referencing alone."""
    tree = schema_30(document)
    resource = referencing.Resource(contents=tree, specification=referencing.jsonschema.DRAFT202012)
    registry = referencing.Registry().with_resource("urn:page", resource)
    schema = tree["paths"][path]["post"]["responses"][str(status)]["content"]["application/json"]["schema"]
    checker = jsonschema.FormatChecker(formats=["date", "ipv4", "regex"])
    dashed = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
    checker.checks("uuid")(lambda text: not isinstance(text, str) or dashed.fullmatch(text) is not None)
    checker.checks("date-time")(lambda text: not isinstance(text, str) or stamp.fullmatch(text) is not None)
    return jsonschema.Draft202012Validator(schema, registry=registry, format_checker=checker)


GOOD: dict[str, list[Any]] = {
    "/v4/applications/{application_variant_id}/threads": [
        {"title": "T", "application_variant_id": "a", "account_id": "b"},
        {"title": "T", "application_variant_id": "a", "account_id": "b", "thread_metadata": {"k": [1]}},
    ],
    "/v1/threads": [{}, {"meta_data": None}, {"meta_data": {"k": 1}}],
    "/api/v3/threads": [{}, {"name": "N", "agent_id": 3, "is_ephemeral": True, "tool_parameters": {"a": 1}}],
    "/threads": [
        {},
        {"metadata": {"k": 1}, "ttl": {"ttl": 5}},
        {"thread_id": None, "if_exists": "do_nothing"},
    ],
}
BAD: dict[str, Any] = {
    "/v4/applications/{application_variant_id}/threads": {"title": 7},
    "/v1/threads": {"meta_data": 7},
    "/threads": {"thread_id": "no uuid"},
}


def hold_pages(serving: Start, pages: list[Path]) -> None:
    """Serve the pages; every answer conforms to the page's own schema, and what is created is known."""
    server = serving("--port", "0", *map(str, pages))
    seen = set()
    for found in pages:
        block = re.search(r"^````yaml[^\n]*\n(.*?)^````", found.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        assert block
        document = yaml.safe_load(block[1])
        [path] = document["paths"]
        statuses = document["paths"][path]["post"]["responses"]
        success = min(int(status) for status in statuses if str(status).startswith("2"))
        judge = reply_judge(document, path, success)
        seen.add(path)
        name = found.name.split(".")[0]
        for prefix in (f"/{name}", ""):
            url = prefix + path.replace("{application_variant_id}", "a")
            for body in GOOD[path]:
                if "thread_id" in body:
                    body["thread_id"] = str(uuid.uuid4())
                told = server.send("POST", url, json.dumps(body).encode(), {**JSON, **KEY})
                assert told.status == success, told
                judge.validate(told.json())
        if path in BAD:
            told = server.send("POST", url, json.dumps(BAD[path]).encode(), {**JSON, **KEY})
            assert told.status == 422
            reply_judge(document, path, 422).validate(told.json())
    assert seen == set(GOOD)
    assert server.send("GET", "/_mock/things").json()["count"] >= 8


def test_documentation_pages_are_served_as_they_are(serving: Start, tmp_path: Path) -> None:
    pages = []
    for name in PATHS:
        pages.append(tmp_path / f"{name}-page.txt")
        pages[-1].write_text(page(name), encoding="utf-8")
    hold_pages(serving, pages)


@pytest.mark.skipif(
    not RAW_PAGES.is_dir(), reason="the raw pages are not beside this clone; pages of their form are tested"
)
def test_the_raw_pages_are_served_as_they_are(serving: Start) -> None:
    hold_pages(
        serving, [path for path in sorted(RAW_PAGES.glob("*.txt")) if "````yaml" in path.read_text(encoding="utf-8")]
    )


def test_a_page_without_a_document_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "prose.txt").write_text("# Create a thread\n\nReturns a thread object.\n", encoding="utf-8")
    ended = run(str(tmp_path / "prose.txt"))
    assert ended.returncode == 2
    assert "prose.txt" in ended.stderr
    assert "Traceback" not in ended.stderr


ODD_KEYS = (
    "a/b",
    "/",
    "a b",
    "100%",
    "%2F",
    "#1",
    "a?b=c",
    "a+b",
    "ä/日本 😀",
    "a.b",
    "../x",
    "x/notes",
    "a;b&c=d",
    "{name}",
    "a\\b",
)


def test_keys_of_any_characters_are_found_by_their_encoded_paths(serving: Start) -> None:
    server = serving("--port", "0", str(SHELF))
    for key in ODD_KEYS:
        path = f"/files/{urllib.parse.quote(key, safe='')}"
        sent = json.dumps({"name": key, "text": "one"}).encode()
        assert server.send("GET", path).status == 404, key
        assert server.send("POST", "/files", sent, JSON).status == 201
        assert server.send("POST", "/files", sent, JSON).status == 409
        assert server.send("GET", path).json() == {"name": key, "text": "one"}
        assert server.send("PATCH", path, b'{"text": "two"}', JSON).json() == {"name": key, "text": "two"}
        assert server.send("GET", "/files").json() == [{"name": key, "text": "two"}]
        assert server.send("DELETE", path).status == 204
        assert server.send("GET", path).status == 404
