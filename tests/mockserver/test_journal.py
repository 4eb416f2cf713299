"""The journal: bounded, masked, safe to append to from several threads."""

import threading

from threadmock.mockserver.state.journal import MAX_BODY, MAX_EXCHANGES, Journal
from threadmock.specs.wire.messages import Request, Response


def test_only_the_last_exchanges_are_kept_and_their_numbers_go_on() -> None:
    journal = Journal()
    for number in range(MAX_EXCHANGES + 5):
        journal.note(Request("GET", f"/{number}"), Response(200), "p", "r", "")
    assert len(journal.entries) == MAX_EXCHANGES
    assert [journal.entries[0].number, journal.entries[-1].number] == [6, MAX_EXCHANGES + 5]


def test_of_a_large_body_only_the_beginning_is_kept() -> None:
    journal = Journal()
    journal.note(Request("POST", "/", body=b"a" * 10**6), Response(200, {}, b"b" * 10**6), "p", "r", "")
    entry = journal.entries[0]
    assert (len(entry.request.body), len(entry.answer)) == (MAX_BODY, MAX_BODY)
    assert entry.as_json()["body"] == "a" * MAX_BODY


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    journal = Journal()
    journal.note(Request("POST", "/", body=b"\xff\x00"), Response(200, {}, iter([b"x"])), "p", "r", "why")
    shown = journal.entries[0].as_json()
    assert (shown["body"], shown["answer"], shown["reason"]) == ("\\xff\x00", "(stream)", "why")


def test_credentials_are_masked_and_other_headers_are_not() -> None:
    journal = Journal()
    sent = {"authorization": "Bearer s", "cookie": "s", "x-api-key": "s", "x-my-token": "s", "accept": "a/b"}
    journal.note(Request("GET", "/", headers=sent), Response(200), "p", "r", "")
    assert journal.entries[0].as_json()["headers"] == {name: "***" if name != "accept" else "a/b" for name in sent}


def test_numbers_of_many_threads_are_distinct() -> None:
    journal = Journal()
    found: list[int] = []

    def work() -> None:
        for _ in range(MAX_EXCHANGES // 8):
            journal.note(Request("GET", "/"), Response(200), "p", "r", "")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [entry.number for entry in journal.entries]
    assert sorted(found) == list(range(1, MAX_EXCHANGES + 1))


def test_cleared_is_empty() -> None:
    journal = Journal()
    journal.note(Request("GET", "/"), Response(200), "p", "r", "")
    journal.clear()
    assert not journal.entries
