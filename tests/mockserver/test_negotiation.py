"""Which media type and status: `Accept` and `Prefer`, as tables."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.mockserver.pipeline.negotiation import NOTHING, Preference, choose_media, read_preference
from threadmock.specs.contract import Media, Reply

JSON = Media("application/json", None)
XML = Media("application/xml", None)
REPLY = Reply("200", {"application/json": JSON, "application/xml": XML})


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json;charset=utf-8", JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        ("application/xml", XML),
        ("application/xml, application/json;q=0.5", XML),
        ("application/json;q=0, */*", XML),
        ("text/html", None),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
        ("application/pdf, image/png", None),
        ("text/*", None),
        ("json", None),
        ("application/json;q=x", JSON),
    ],
)
def test_which_media_an_accept_header_leads_to(accept: str | None, chosen: Media | None) -> None:
    assert choose_media(REPLY, accept) == (chosen, chosen is not None)


@pytest.mark.parametrize("reply", [None, Reply("204", {})])
def test_a_reply_without_content_is_always_acceptable(reply: Reply | None) -> None:
    assert choose_media(reply, "text/html") == (None, True)


@given(st.text())
def test_no_accept_header_is_a_failure(accept: str) -> None:
    media, served = choose_media(REPLY, accept)
    assert (media is not None) is served


@pytest.mark.parametrize(
    ("header", "preference"),
    [
        (None, NOTHING),
        ("", NOTHING),
        ("code", NOTHING),
        ("respond-async, wait=10", NOTHING),
        ("code=409", Preference("409")),
        ("Code = 409", Preference("409")),
        ('code="409"', Preference("409")),
        ("example=basic", Preference("", "basic")),
        ('example="a b"', Preference("", "a b")),
        ("code=200; example=basic", Preference("200", "basic")),
        ('wait=1, code=422, example="x"', Preference("422", "x")),
        ("code=", NOTHING),
        ("code=abc", Preference("abc")),
    ],
)
def test_what_a_prefer_header_says(header: str | None, preference: Preference) -> None:
    assert read_preference(header) == preference


@given(st.text())
def test_no_prefer_header_is_a_failure(header: str) -> None:
    assert isinstance(read_preference(header), Preference)


@pytest.mark.parametrize(
    ("name", "path", "headers"),
    [("langsmith", "/threads", {}), ("lighton", "/api/v3/threads", {"authorization": "Bearer k"})],
)
def test_an_accept_header_that_can_not_be_served_is_406_and_nothing_is_created(
    client: Any, name: str, path: str, headers: dict[str, str]
) -> None:
    asked = client(name)
    told = asked.post(path, {}, headers={**headers, "accept": "text/html"})
    assert told.status == 406
    assert "application/json" in told.body.decode()
    assert asked.get("/_mock/things").json()["count"] == 0
    assert asked.post(path, {}, headers={**headers, "accept": "text/html, */*;q=0.1"}).status in (200, 201)
