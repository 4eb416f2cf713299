"""`Mock.settings`, `.next` and `.expect`: the control interface for tests in this process."""

from typing import Any

import pytest
from threadmock.mockserver import Mock, create_mock
from threadmock.specs.errors import SpecError
from werkzeug.test import Client


@pytest.fixture
def mock() -> Mock:
    return create_mock("langsmith", seed=7, speed=0)


def test_settings_are_shown_and_changed(mock: Mock) -> None:
    assert mock.settings()["script"] == "echo"
    assert mock.settings(script="tool", clock={"at": "2026-01-31T09:00:00Z", "frozen": True})["script"] == "tool"
    made = Client(mock.wsgi).post("/threads", json={}).get_json()
    assert made["created_at"].startswith("2026-01-31T09:00:00")
    mock.reset(settings=True)
    assert (mock.settings()["script"], mock.settings()["clock"]["frozen"]) == ("echo", False)


def test_the_next_answer_is_given_once(mock: Mock) -> None:
    assert mock.next("POST /threads", status=503, times=1)["number"] == 1
    client = Client(mock.wsgi)
    assert [client.post("/threads", json={}).status_code for _ in range(2)] == [503, 200]


def test_what_came_is_counted_and_what_did_not_is_told(mock: Mock) -> None:
    Client(mock.wsgi).post("/threads", json={"metadata": {"user": "b"}})
    assert mock.expect("POST /threads") == 1
    assert mock.expect(path="/nowhere", times={"exactly": 0}) == 0
    with pytest.raises(AssertionError) as raised:
        mock.expect("POST /threads", body={"metadata": {"user": "a"}})
    assert str(raised.value).splitlines() == [
        "POST /threads: at least 1 expected, 0 came as described.",
        "  1. POST /threads 200: body.metadata.user: 'b', not 'a'",
    ]
    with pytest.raises(AssertionError, match=r"exactly 2 expected, 1 came as described"):
        mock.expect("POST /threads", times={"exactly": 2})


def test_where_nothing_came_that_is_said(mock: Mock) -> None:
    with pytest.raises(AssertionError, match=r"Nothing else came"):
        mock.expect("POST /threads")


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda mock: mock.settings(script="tol"), "tool"),
        (lambda mock: mock.next("POST /thread", status=503), "POST /threads"),
        (lambda mock: mock.next("POST /threads", stats=503), "status"),
        (lambda mock: mock.expect(), "operation"),
        (lambda mock: mock.expect("POST /threads", bdy={}), "body"),
    ],
)
def test_what_can_not_be_done_is_an_error_with_the_nearest_word(mock: Mock, call: Any, word: str) -> None:
    with pytest.raises(SpecError, match=word):
        call(mock)
