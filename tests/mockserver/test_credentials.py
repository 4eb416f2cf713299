"""Credentials, in three modes: off, present, one exact token."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.mockserver.pipeline.credentials import carrier, challenge, check_credentials, read_credential
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.contract import Operation, Security
from threadmock.specs.wire.messages import Request

BEARER = Security("b", "http", scheme="bearer")
BASIC = Security("c", "http", scheme="basic")
KEY = Security("k", "apiKey", "header", "X-Api-Key")
KEY_WITH_UNDERSCORE = Security("u", "apiKey", "header", "Api_Key")
KEY_IN_AUTHORIZATION = Security("a", "apiKey", "header", "Authorization")
KEY_IN_QUERY = Security("q", "apiKey", "query", "key")
KEY_IN_COOKIE = Security("s", "apiKey", "cookie", "sid")
OAUTH = Security("o", "oauth2")


def operation(*alternatives: tuple[Security, ...]) -> Operation:
    return Operation("POST", "/x", "x", "x", Rule("fixed"), security=alternatives)


def request(headers: dict[str, str] | None = None, query: str = "") -> Request:
    return Request("POST", "/x", query, headers or {})


@pytest.mark.parametrize(
    ("scheme", "headers", "query", "credential"),
    [
        (BEARER, {}, "", None),
        (BEARER, {"authorization": "Bearer t"}, "", "t"),
        (BEARER, {"authorization": "bearer   t "}, "", "t"),
        (BEARER, {"authorization": "Bearer"}, "", None),
        (BEARER, {"authorization": "Bearer "}, "", None),
        (BEARER, {"authorization": "t"}, "", None),
        (BEARER, {"authorization": "Basic dDp0"}, "", None),
        (BEARER, {"authorization": "Bearert"}, "", None),
        (BASIC, {"authorization": "Basic dDp0"}, "", "dDp0"),
        (BASIC, {"authorization": "Bearer t"}, "", None),
        (OAUTH, {"authorization": "Bearer t"}, "", "t"),
        (KEY, {"x-api-key": "t"}, "", "t"),
        (KEY, {"x-api-key": "Bearer t"}, "", "t"),
        (KEY, {"x-api-key": "  "}, "", None),
        (KEY, {"authorization": "t"}, "", None),
        (KEY_WITH_UNDERSCORE, {"api_key": "t"}, "", "t"),
        (KEY_WITH_UNDERSCORE, {"api-key": "t"}, "", "t"),
        (KEY_WITH_UNDERSCORE, {"api_key": "t", "api-key": "u"}, "", "t"),
        (KEY_WITH_UNDERSCORE, {"apikey": "t"}, "", None),
        (KEY_IN_AUTHORIZATION, {"authorization": "t"}, "", "t"),
        (KEY_IN_AUTHORIZATION, {"authorization": "Bearer t"}, "", "t"),
        (KEY_IN_AUTHORIZATION, {"authorization": "Bearer"}, "", None),
        (KEY_IN_QUERY, {}, "key=t&key=u", "t"),
        (KEY_IN_QUERY, {}, "key=%74", "t"),
        (KEY_IN_QUERY, {}, "key=", None),
        (KEY_IN_QUERY, {"key": "t"}, "", None),
        (KEY_IN_COOKIE, {"cookie": "a=b; sid=t"}, "", "t"),
        (KEY_IN_COOKIE, {"cookie": "xsid=t"}, "", None),
    ],
)
def test_where_a_credential_is_read(
    scheme: Security, headers: dict[str, str], query: str, credential: str | None
) -> None:
    assert read_credential(scheme, request(headers, query)) == credential
    assert (check_credentials(operation((scheme,)), request(headers, query), "present") is None) is bool(credential)


@pytest.mark.parametrize(
    ("auth", "sent", "accepted"),
    [
        ("off", None, True),
        ("off", "anything", True),
        ("present", None, False),
        ("present", "anything", True),
        ("right", None, False),
        ("right", "right", True),
        ("right", "wrong", False),
        ("right", "right ", True),
        ("right", "rightx", False),
        ("right", "RIGHT", False),
        ("right", "é", False),
    ],
)
def test_what_each_mode_takes(auth: str, sent: str | None, accepted: bool) -> None:
    headers = {"authorization": f"Bearer {sent}"} if sent else {}
    assert (check_credentials(operation((BEARER,)), request(headers), auth) is None) is accepted


def test_an_operation_that_asks_for_nothing_takes_everyone() -> None:
    assert check_credentials(operation(), request(), "right") is None


def test_an_empty_alternative_makes_credentials_optional() -> None:
    assert check_credentials(operation((BEARER,), ()), request(), "present") is None
    assert check_credentials(operation((), (BEARER,)), request(), "present") is None


def test_alternatives_are_either_and_schemes_of_one_are_both() -> None:
    both = operation((KEY, BEARER))
    either = operation((KEY,), (BEARER,))
    only_key = request({"x-api-key": "t"})
    assert check_credentials(both, only_key, "present") is not None
    assert check_credentials(either, only_key, "present") is None
    assert check_credentials(both, request({"x-api-key": "t", "authorization": "Bearer t"}), "t") is None


def test_a_refusal_tells_absent_from_wrong_and_names_the_place_not_the_secret() -> None:
    absent = check_credentials(operation((KEY,)), request(), "right")
    wrong = check_credentials(operation((KEY,)), request({"x-api-key": "hunter2"}), "right")
    assert absent
    assert wrong
    assert absent.reason != wrong.reason
    for refused in (absent, wrong):
        assert "X-Api-Key" in refused.reason
        assert "hunter2" not in refused.reason
        assert "right" not in refused.reason


def test_the_challenge_names_the_http_schemes_only() -> None:
    assert challenge(operation((BEARER,), (BASIC,))) == {"www-authenticate": "Basic, Bearer"}
    assert challenge(operation((KEY,))) == {}


def test_every_scheme_has_a_place_in_words() -> None:
    assert [carrier(scheme) for scheme in (BEARER, OAUTH, KEY, KEY_IN_QUERY)] == [
        "header Authorization",
        "header Authorization",
        "header X-Api-Key",
        "query key",
    ]


@given(st.text(), st.sampled_from([BEARER, BASIC, KEY, KEY_IN_AUTHORIZATION, KEY_IN_QUERY, KEY_IN_COOKIE]))
def test_no_credential_is_a_failure_and_none_passes_for_another(text: str, scheme: Security) -> None:
    sent = request({"authorization": text, "x-api-key": text, "cookie": text}, text)
    refused = check_credentials(operation((scheme,)), sent, "the right token")
    assert refused is not None or "the right token" in text


@pytest.mark.parametrize(("name", "path"), [("seekrflow", "/v1/threads"), ("lighton", "/api/v3/threads")])
def test_a_refused_request_is_401_in_the_providers_shape_and_changes_nothing(client: Any, name: str, path: str) -> None:
    asked = client(name, auth="right")
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic cmlnaHQ="}):
        told = asked.post(path, {}, headers=headers)
        assert told.status == 401
        assert list(told.json()) == ["detail"]
        assert told.headers.get("www-authenticate") == ("Bearer" if name == "lighton" else None)
    assert asked.get("/_mock/things").json()["count"] == 0
    assert asked.post(path, {}, headers={"authorization": "Bearer right"}).status in (200, 201)
