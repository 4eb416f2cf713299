"""A finding as a pytest file that runs on its own: it fails as long as the finding holds."""

import json
import pprint
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadmock.contracts.replays.leftovers import KEY
from threadmock.specs.operations.path_templates import SLASH

_TAG = r"\d{8}T\d{6}-[0-9a-f]{12}"
"""The tag of the run that found it: what the test makes carries one of its own."""
_FOLDER = Path(__file__).resolve().parent
_OURS = re.compile(r"^from threadmock\.[\w.]+ import (?:\([^)]*\)|.*)\n", re.MULTILINE)
_HEAD = '''"""{title}

expected: {expected}
got:      {got}

This test fails as long as the finding holds. It needs pytest and nothing else:

    TARGET={target} pytest {name}

It writes only to things that it made, and removes them again; a warning names what stays. On another machine it is
skipped unless ALLOW_WRITES=1 is set, and ALLOW_RUNS=N where requests may start runs. A secret that was sent as header
Some-Name is read from the variable HEADER_SOME_NAME.
"""

# ruff: noqa
import concurrent.futures
import http.client
import ipaddress
import os
import secrets
import signal
import socket
import time
import urllib.parse
import warnings

import pytest
'''
_TAIL = r'''
# --- the finding, and how it is sent

TAG = time.strftime("%Y%m%dT%H%M%S-", time.gmtime()) + secrets.token_hex(6)
SAVED = json.loads(re.sub({tag}, TAG, {data}))
TARGET = os.environ.get("TARGET", {target})


def good(name):
    """The value of a credential on this server; None where the environment has none."""
    return os.environ.get("HEADER_" + re.sub(r"[^A-Z0-9]", "_", name.lstrip("?").upper()))


def credentials_of(forms):
    headers, query = {{}}, []
    for name, form in forms.items():
        value, how = good(name), form.get("how")
        if value is None or how not in ("good", "longer", "shorter"):
            value = form.get("value")
        elif how == "longer":
            value += "x"
        elif how == "shorter":
            value = value[:-1]
        if value is None:
            pytest.skip(f"needs HEADER_{{name.lstrip('?').upper()}}, for a credential that is {{how or 'good'}}")
        if name.startswith("?"):
            query.append(f"{{name[1:]}}={{value}}")
        else:
            headers[name] = value
    return headers, query


def encoded(path):
    """A path as it stands in the request line: each segment by itself, dot segments too."""
    return "/".join(
        part.replace(".", "%2E")
        if part in (".", "..")
        else "%2F".join(
            urllib.parse.quote(piece, safe="!$&'()*+,;=:@~", errors="surrogateescape") for piece in part.split({slash})
        )
        for part in path.split("/")
    )


def send(step, request):
    base = urllib.parse.urlsplit(TARGET)
    secure = base.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(base.hostname, base.port, timeout=20)
    headers, query = credentials_of(step["request"]["credentials"])
    query = "&".join(filter(None, (request["query"], *query)))
    address = base.path.rstrip("/") + encoded(request["path"]) + (f"?{{query}}" if query else "")
    began = time.monotonic()
    try:
        connection.request(request["method"], address, request["body"] or None, {{**request["headers"], **headers}})
        answer = connection.getresponse()
        body = b""
        most = step.get("events")
        while chunk := answer.read1(65536):
            body += chunk
            stream = {{"headers": {{"content-type": "text/event-stream"}}, "body": body}}
            enough = most is not None and len(events(stream)) >= most
            if enough or len(body) > 16 * 1024 * 1024 or time.monotonic() - began > 45:
                break
        received = {{name.lower(): value for name, value in answer.getheaders()}}
        return {{"status": answer.status, "headers": received, "body": body, "seconds": time.monotonic() - began}}
    except ConnectionRefusedError:
        pytest.skip(f"nobody listens at {{TARGET}}")
    except (OSError, http.client.HTTPException):
        return {{"status": None, "headers": {{}}, "body": b"", "seconds": time.monotonic() - began}}
    finally:
        connection.close()


LOCAL = ("localhost", "127.0.0.1", "::1")


def is_local():
    host = urllib.parse.urlsplit(TARGET).hostname
    try:
        return all(ipaddress.ip_address(each[4][0]).is_loopback for each in socket.getaddrinfo(host, None))
    except (OSError, ValueError):
        return host in LOCAL


def check(step, request, values):
    """The guard: what a request that may write names was made by this test, or made up by it."""
    names = step.get("writes")
    if names is None:
        return
    if not is_local() and os.environ.get("ALLOW_WRITES") != "1":
        pytest.skip(f"{{TARGET}} is not this machine: set ALLOW_WRITES=1 where it may be written to")
    was = {{str(values.saved[put["value"]]["was"]).lower(): put["value"] for put in step["puts"]}}
    for name in names:
        value = was.get(name.lower())
        if value is None:
            if not is_local():
                pytest.skip(f"{{request['method']}} {{request['path']}} names what this test did not make")
            continue
        source = values.saved[value]["from"]
        if source != "new" and not SAVED["steps"][int(source.partition(" ")[0])].get("makes"):
            pytest.skip(f"{{request['method']}} {{request['path']}} would write to what this test did not make")


def key_of(value, member):
    waiting = [value]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, dict):
            if isinstance(node.get(member), (str, int)) and not isinstance(node.get(member), bool):
                return node[member]
            waiting += node.values()
    return None


JSON = {{"content-type": "application/json"}}


def filled(template, text):
    return json.dumps(template).replace(json.dumps({key})[1:-1], text).encode()


def removal(makes, request, key, which):
    """The request that removes a thing, or reads it; None where there is none."""
    found = makes[which]
    if found is None:
        return None
    found = found if isinstance(found, dict) else {{"method": "GET", "path": found, "body": None}}
    known = dict(zip(makes["at"].split("/"), request["path"].split("/")))
    known["{{" + makes["own"] + "}}"] = str(key)
    path = "/".join(known.get(part, part) for part in found["path"].split("/"))
    body = b"" if found["body"] is None else filled(found["body"], str(key))
    return {{"method": found["method"], "path": path, "query": "", "headers": JSON if body else {{}}, "body": body}}


def swept(step):
    """The keys of things that carry the tag of this test: also those that a refused request made."""
    makes = step["makes"]
    sweep = makes.get("sweep")
    if not sweep or TAG not in json.dumps(step["request"]["body"].decode("utf-8", "replace")):
        return []
    asked = {{"method": sweep["method"], "path": sweep["path"], "query": "", "headers": JSON}}
    listed = parsed(send(step, {{**asked, "body": filled(sweep["body"], TAG)}})["body"])
    for name in (sweep["items"] or "").split(".") if sweep["items"] else ():
        listed = listed.get(name) if isinstance(listed, dict) else None
    items = listed if isinstance(listed, list) else []
    return [item[makes["key"]] for item in items if isinstance(item, dict) and TAG in json.dumps(item)]


def clean_up(sent):
    """Remove what was made, last made first, and see whether it is gone."""
    worn = [step["request"]["credentials"] for step, _, _ in sent]
    good = [each for each in worn if all(form.get("how") == "good" for form in each.values())]
    things = []
    for step, request, answer in reversed(sent):
        makes = step.get("makes")
        if makes is None:
            continue
        step = {{**step, "request": {{**request, "credentials": (good or worn)[0]}}}}
        accepted = 200 <= (answer["status"] or 0) < 300
        keys = [key_of(parsed(answer["body"]), makes["key"])] if accepted else []
        sent_body = parsed(request["body"])
        chosen = sent_body.get(makes["chosen"]) if isinstance(sent_body, dict) else None
        if isinstance(chosen, str) and UUID.fullmatch(chosen):
            keys.append(chosen)
        for key in keys + swept(step):
            if key is not None and str(key) not in [str(other) for _, _, other in things]:
                things.append((step, request, key))
    left = [text for text in (removed(*each) for each in things) if text]
    if left:
        warnings.warn("LEFT BEHIND on " + TARGET + ": " + "; ".join(left), stacklevel=1)


def removed(step, request, key):
    """Why a thing is not gone; nothing where it is."""
    makes = step["makes"]
    name = f"{{makes['resource']}} {{key}}"
    if not re.fullmatch(r"[\w.:~-]{{1,256}}", str(key)):
        return f"{{name[:80]!r}} can't stand in a path"
    remove, read = removal(makes, request, key, "remove"), removal(makes, request, key, "read")
    if remove is None:
        return f"nothing removes {{name}}"
    for _ in range(2):
        status = send(step, remove)["status"] or 0
        if status in (404, 410):
            return ""
        accepted = 200 <= status < 300
        if accepted and (read is None or makes["archives"]):
            return ""
        if read and send(step, read)["status"] in (404, 410):
            return ""
    return f"{{remove['method']}} of {{name}} was answered {{status}}, and it was not seen to be gone"


def test_{function}():
    runs = sum(bool(step.get("starts_run")) for step in SAVED["steps"])
    if runs > int(os.environ.get("ALLOW_RUNS") or 0) and not is_local():
        pytest.skip(f"{{runs}} requests may start a run on {{TARGET}}: set ALLOW_RUNS={{runs}}")
    sent, ends = [], signal.getsignal(signal.SIGTERM)
    if ends is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        found_again(sent)
    finally:
        try:
            clean_up(sent)
        finally:
            signal.signal(signal.SIGTERM, ends)


def found_again(sent):
    steps = SAVED["steps"]
    for step in steps:
        for part in ("request", "answer"):
            step[part]["body"] = unpack(step[part]["body"])
    values, answers, number = Values(SAVED["values"]), [], 0
    while number < len(steps):
        group = [step for step in steps[number:] if step.get("together", -1) == steps[number].get("together")]
        group = group or [steps[number]]
        time.sleep(min(group[0].get("wait", 0), 10))
        try:
            requests = [values.fill(step["request"], step["puts"]) for step in group]
        except LookupError as error:
            pytest.skip(str(error.args[0]))
        for step, request in zip(group, requests):
            check(step, request, values)
        with concurrent.futures.ThreadPoolExecutor(len(group)) as pool:
            # noted before they are sent: one that gets no answer may have made its thing, too
            places = [[step, request, {{"status": None, "body": b""}}] for step, request in zip(group, requests)]
            sent += places
            for place, answer in zip(places, pool.map(send, group, requests)):
                place[2] = answer
                answers.append(answer)
        for number in range(number, number + len(group)):
            values.learn(number, answers[number])
        number += 1
    state, why = still(SAVED, answers, values)
    if state == "undecided":
        pytest.skip(why)
    assert state == "gone", why
'''


def written_test(saved: Mapping[str, Any], name: str) -> str:
    """The text of the file. name: its own. Strings of the finding are data in it and never code."""
    finding = saved["finding"]
    target = saved["target"] or "http://127.0.0.1:4040"
    kept = {
        key: value for key, value in saved.items() if key in ("judged", "about", "several", "where", "values", "steps")
    }
    head = _HEAD.format(
        title=_comment(f"{finding['check']}: {finding['operation']} {finding['where']}".strip()),
        expected=_comment(finding["expected"]),
        got=_comment(finding["got"]),
        target=_comment(target),
        name=name,
    )
    function = re.sub(r"\W+", "_", f"{finding['check']}_{finding['operation']}", flags=re.ASCII)
    data = pprint.pformat(json.dumps(kept), width=110)
    words = {"data": data, "target": ascii(target), "tag": ascii(_TAG), "key": ascii(KEY), "slash": ascii(SLASH)}
    return head + _engine() + _TAIL.format(**words, function=function)


def _engine() -> str:
    """What `threadmock replay` itself uses."""
    texts = [(_FOLDER / f"{module}.py").read_text(encoding="utf-8") for module in ("substitution", "comparison")]
    return "\n\n".join(_OURS.sub("", text.partition('"""\n\n')[2]) for text in texts)


def _comment(text: str) -> str:
    """A text that can stand in a docstring: one line, in ASCII, with nothing that ends or escapes it."""
    return ascii(text[:300])[1:-1].replace("\\", "/").replace('"', "'")
