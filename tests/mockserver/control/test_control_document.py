"""`/_mock/openapi.json`: it describes all of the control interface, and the suite verifies a running mock by it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.clients import Client, make_gateway
from support.paths import DATA
from threadmock.contracts import verify
from threadmock.mockserver import create_mock
from threadmock.mockserver.server.app import create_app
from threadmock.specs.loader import load

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
SERVED = (DATA / "helpline",)
HEADER = ["X-Threadmock-Control: 1"]


def document_of_mock(*sources: Any) -> Any:
    return Client(make_gateway(*sources)).get("/_mock/openapi.json").json()


def test_every_path_and_method_of_the_interface_is_in_it() -> None:
    app = create_app(make_gateway("langsmith"))
    served = {
        (method, PARAMETER.sub(r"{\1}", rule.rule.removeprefix("/_mock")))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/_mock/") and not rule.endpoint.startswith("page.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {
        (method.upper(), path) for path, item in document_of_mock("langsmith")["paths"].items() for method in item
    }
    assert described == served


def test_it_has_the_names_that_this_mock_knows(client: Callable[..., Client]) -> None:
    told = client(DATA / "things.yaml", "langsmith").get("/_mock/openapi.json")
    schemas = told.json()["components"]["schemas"]
    assert told.headers["content-type"] == "application/json"
    assert schemas["Provider"]["enum"] == ["things", "langsmith"]
    assert {"POST /things", "create_thing", "POST /threads"} <= set(schemas["Operation"]["enum"])
    assert "echo" in schemas["ScriptName"]["enum"]
    assert "trim" in schemas["Fault"]["enum"]


def test_it_says_whether_a_provider_has_to_be_named_and_which_of_them_take_a_text() -> None:
    alone, both = document_of_mock(DATA / "helpline"), document_of_mock(DATA / "helpline", DATA / "things.yaml")
    assert alone["components"]["schemas"]["Say"]["required"] == ["text"]
    assert both["components"]["schemas"]["Say"]["required"] == ["text", "provider"]
    assert both["components"]["schemas"]["SayProvider"]["enum"] == ["helpline"]
    assert both["components"]["parameters"]["ThreadProvider"]["required"] is True
    assert "/say" not in document_of_mock(DATA / "things.yaml")["paths"]


def test_every_change_asks_for_the_control_header_and_nothing_else_does() -> None:
    for item in document_of_mock("langsmith")["paths"].values():
        for method, operation in item.items():
            assert ("security" in operation) is (method != "get"), operation["operationId"]


@pytest.fixture
def served() -> Iterator[str]:
    with create_mock(*SERVED, seed=7, speed=0).serve() as url:
        yield url


def saved(folder: Path, document: Any) -> Path:
    path = folder / "control.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.slow
def test_a_running_mock_does_what_its_document_says(served: str, tmp_path: Path) -> None:
    path = saved(tmp_path, document_of_mock(*SERVED))
    assert load(path).left_out == ()
    report = verify(path, f"{served}/_mock", headers=HEADER, seed=1)
    assert [f"{finding.check} {finding.operation} {finding.where}" for finding in report.findings] == []
    # Of those a run can't know whether they are about what it made, how it is made, or which events are to come.
    untested = {each.operation for each in report.not_tested if not each.check}
    assert untested == {"forget_exchanges", "forget_next_answers", "events", "thread"}
    assert len(report.operations) == len(load(path).operations)


def test_a_document_that_says_something_else_is_found_out(served: str, tmp_path: Path) -> None:
    document = document_of_mock(*SERVED)
    shown = document["components"]["responses"]["Settings"]["content"]["application/json"]["schema"]
    shown["required"].append("volume")
    report = verify(saved(tmp_path, document), f"{served}/_mock", operations=["settings"], headers=HEADER, seed=1)
    assert {finding.check for finding in report.findings} == {"schema"}
