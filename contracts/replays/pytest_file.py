"""A finding as a pytest file that runs on its own: it fails as long as the finding holds."""

import json
import pprint
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent
_OURS = re.compile(r"^from threadmock\.[\w.]+ import (?:\([^)]*\)|.*)\n", re.MULTILINE)
_HEAD = '''"""{title}

expected: {expected}
got:      {got}

This test fails as long as the finding holds. It needs pytest and nothing else:

    TARGET={target} pytest {name}

A secret that was sent as header Some-Name is read from the variable HEADER_SOME_NAME.
"""

# ruff: noqa
import concurrent.futures
import http.client
import os
import time
import urllib.parse

import pytest
'''
_TAIL = '''
# --- the finding, and how it is sent

SAVED = json.loads({data})
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


def send(step, request):
    base = urllib.parse.urlsplit(TARGET)
    secure = base.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(base.hostname, base.port, timeout=20)
    headers, query = credentials_of(step["request"]["credentials"])
    path = "/".join(
        part.replace(".", "%2E") if part in (".", "..") else urllib.parse.quote(part, safe="!$&'()*+,;=:@~")
        for part in request["path"].split("/")
    )
    query = "&".join(filter(None, (request["query"], *query)))
    address = base.path.rstrip("/") + path + (f"?{{query}}" if query else "")
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


def test_{function}():
    steps = SAVED["steps"]
    for step in steps:
        for part in ("request", "answer"):
            step[part]["body"] = unpack(step[part]["body"])
    values, answers, number = Values(SAVED["values"]), [], 0
    while number < len(steps):
        group = [step for step in steps[number:] if step.get("together", -1) == steps[number].get("together")]
        group = group or [steps[number]]
        time.sleep(min(group[0].get("wait", 0), 10))
        requests = [values.fill(step["request"], step["puts"]) for step in group]
        with concurrent.futures.ThreadPoolExecutor(len(group)) as pool:
            answers += pool.map(send, group, requests)
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
    return head + _engine() + _TAIL.format(data=data, target=ascii(target), function=function)


def _engine() -> str:
    """What `threadmock replay` itself uses."""
    texts = [(_FOLDER / f"{module}.py").read_text(encoding="utf-8") for module in ("substitution", "comparison")]
    return "\n\n".join(_OURS.sub("", text.partition('"""\n\n')[2]) for text in texts)


def _comment(text: str) -> str:
    """A text that can stand in a docstring: one line, in ASCII, with nothing that ends or escapes it."""
    return ascii(text[:300])[1:-1].replace("\\", "/").replace('"', "'")
