"""Findings are gathered by cause: one fault is one finding, and two faults never become one."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.contracts.checks import checks
from threadmock.contracts.checks.acceptance import refusal_words
from threadmock.contracts.checks.check import WEIGHTS, check
from threadmock.contracts.checks.echo import contrast
from threadmock.contracts.checks.finding import CaseRecord, Finding, cause
from threadmock.contracts.engine.causes import gather
from threadmock.contracts.scenarios import scenarios


def found(name, got, where="", status=200, **more):
    """A finding of that check. label: of its case; size: of its body; operation: its slug."""
    size = more.pop("size", 10)
    record = CaseRecord(
        more.pop("label", f"a case at {where}"), "valid", "coverage", more.pop("method", "POST"), "http://127.0.0.1/a",
        body="x" * size, body_size=size, status=status, answer=more.pop("answer", ""),
    )  # fmt: skip
    base = Finding(name, "create", "failure", "documented", where, "one", got, "", record)
    return dataclasses.replace(base, **more)


def causes(*findings, resources=None):
    return gather([(finding, 1) for finding in findings], resources or {})


REFUSED = "status 422 for a valid request"
TAKEN = "status 201 for a taken key, policy refuse"
ONE_CAUSE = {
    "a body that is refused whole, and with all but each member": (
        *(found("valid_accepted", REFUSED, f"/{name}", 422, label=f"all but {name}") for name in "abcdef"),
        found("valid_accepted", REFUSED, status=422, label="maximal body"),
    ),
    "a body that is refused whichever of many members varies": [
        found("valid_accepted", REFUSED, f"/{name}", 422, label=f"{name} text: emoji") for name in "abcdef"
    ],
    "nothing is validated": [found("invalid_refused", "status 200: it was accepted", f"/{name}") for name in "abcdef"],
    "the form of errors, in every status and place": (
        found("schema", 'required: "detail" is a required property', "/detail", 422),
        found("schema", 'required: "detail" is a required property', "/detail", 401),
        found("schema", 'type: "no" is not of type "array"', "/detail/0/loc", 422),
    ),
    "a taken key that overwrites": (
        found("taken", TAKEN, status=201),
        found("taken", "title of the existing thing: another text came back", "/title", 201),
        found("taken", "shelf of the existing thing: another text came back", "/shelf", 201),
        found("generated_taken", TAKEN, status=201),
        found("generated_taken", "title of the existing thing: another text came back", "/title", 201),
        found("survives_many", TAKEN, status=201),
        found("one_winner", "several successes at one moment", "/id", 201),
        found("key_spelling", "status 201 for a taken key in upper case", "/id", 201, severity="unconfirmed"),
    ),
    "texts that are trimmed, wherever they stand": [
        found("echo", f"{name}: the text came back without the blanks around it", f"/{name}") for name in "abc"
    ],
    "a redirect with every status": [
        found("redirects", f"status {status}, a redirect to another host", status=status) for status in (200, 401, 422)
    ],
    "any credential will do": (
        found("credentials", "status 200 with wrong credentials", "credentials"),
        found("broken_credentials", "status 200 for another scheme", "credentials"),
        found("broken_credentials", "status 201 for a scheme without a token", "credentials", 201),
    ),
    "what scenarios make of a status that nobody documents": (
        found("documented_status", "status 202, which is not documented", status=202),
        found("taken", "status 202 for a taken key, policy return", status=202),
        found("repeat", "status 202 for a request that worked before", status=202),
    ),
    "what a scenario makes of a crash": (
        found("no_server_error", "status 500", status=500),
        found("gone_after_delete", "status 500 for what was deleted", status=500),
    ),
    "a failure, and the same on an assumption": (
        found("malformed_refused", "status 200: it was accepted"),
        found("malformed_refused", "status 200: it was accepted", severity="unconfirmed"),
    ),
    "a stream that is not framed": (
        found("framing", "it ends within an event: '{}'"),
        found("stream_order", "a stream without any event"),
        found("failing", "no event at all"),
    ),
    "an event that nobody knows": (
        found("event_names", "an event 'unheard-of'"),
        found("stream_order", "an event 'unheard-of' first"),
        found("failing", "an event 'unheard-of' at the end"),
    ),
    "a list without a limit": (found("paging", "125 items"), found("default_limit", "more items")),
    "a list that holds no list": (
        found("schema", 'required: "items" is a required property', "/items", answer='{"things": 1}'),
        found("list_contains", "the list lacks it"),
        found("paging", "a thing on no page"),
    ),
}


@pytest.mark.parametrize("findings", ONE_CAUSE.values(), ids=ONE_CAUSE)
def test_one_fault_is_one_finding(findings):
    (cause,) = causes(*findings)
    assert cause.count == len(findings)
    assert cause.finding.severity == "failure"
    assert sum(count for _, count in cause.all) == len(findings)


TWO_CAUSES = {
    "two members": (
        found("valid_accepted", REFUSED, "/title", 422),
        found("valid_accepted", REFUSED, "/metadata", 422),
    ),
    "two operations": (found("time", "made: lies in the future"), found("time", "made: another", operation="list")),
    "two reasons": (
        found("valid_accepted", f"{REFUSED}: the text is too long", "/title", 422),
        found("valid_accepted", f"{REFUSED}: no such member", "/title", 422),
    ),
    "two statuses": (
        found("valid_accepted", REFUSED, status=422),
        found("valid_accepted", "status 409 for a valid request", status=409),
    ),
    "an answer and an error that do not fit": (
        found("schema", "required: a is missing", "/a"),
        found("schema", "required: a is missing", "/a", 422),
    ),
    "two members of an answer": (found("schema", "required: a", "/a"), found("schema", "required: b", "/b")),
    "a lenient policy that refuses, and a strict one that does not": (
        found("taken", "status 409 for a taken key, policy return", status=409),
        found("taken", TAKEN, status=201),
    ),
    "an order that is wrong, and things that stay": (
        found("order", "another order", operation="list"),
        found("gone_after_delete", "the list holds what was deleted", operation="list"),
    ),
    "a filter that does nothing, and a form that is off": (
        found("filters", "the list holds what does not match, by query.shelf", operation="list"),
        found("schema", 'format: "x" is not a "date-time"', "/made", operation="list"),
    ),
    "a lost update, and a model that finds what was deleted": (
        found("update_visible", "title: another text came back, in a read", "/title", operation="read"),
        found("state_machine", "the list holds it", operation="list"),
    ),
    "an event that nobody knows, and one that comes last": (
        found("event_names", "an event 'unheard-of'"),
        found("stream_order", "an event 'opened' after one that ends the run"),
    ),
    "a crash, and a wrong value with a status of its own": (
        found("no_server_error", "status 500", status=500),
        found("update_visible", "title: another text came back, in a read", "/title"),
    ),
}


@pytest.mark.parametrize("findings", TWO_CAUSES.values(), ids=TWO_CAUSES)
def test_two_faults_are_two_findings(findings):
    assert len(causes(*findings, resources={"create": "thing", "list": "thing", "read": "thing"})) == 2


def test_no_member_is_blamed_where_all_of_them_fail():
    (cause,) = causes(*ONE_CAUSE["a body that is refused whole, and with all but each member"])
    assert (cause.where, cause.places) == ("", ())
    (cause,) = causes(*ONE_CAUSE["a body that is refused whichever of many members varies"])
    assert (cause.where, cause.places) == ("", ())


def test_the_member_whose_value_is_refused_is_blamed_for_the_whole_body_too():
    findings = [found("valid_accepted", REFUSED, f"/{name}", 422, label=f"all but {name}", size=90) for name in "abc"]
    findings.append(found("valid_accepted", REFUSED, status=422, label="maximal body", size=99))
    (cause,) = causes(*findings, found("valid_accepted", REFUSED, "/ttl", 422, label="only ttl", size=9))
    assert (cause.where, cause.places, cause.count) == ("/ttl", ("/ttl",), 5)


def test_a_plain_request_that_is_refused_leaves_nobody_to_blame():
    plain = found("valid_accepted", REFUSED, status=422, label="minimal body", size=2)
    (cause,) = causes(plain, found("valid_accepted", REFUSED, "/title", 422, size=20))
    assert cause.where == ""


def test_the_root_is_what_is_shown_and_the_rest_is_listed_by_check():
    (cause,) = causes(*reversed(ONE_CAUSE["a taken key that overwrites"]))
    assert cause.finding.check == "taken"
    assert {finding.check for finding, _ in cause.consequences} == {
        "generated_taken",
        "survives_many",
        "one_winner",
        "key_spelling",
    }


def test_what_is_seen_in_another_operation_follows_where_both_are_about_one_resource():
    root = found("update_visible", "title: another text came back, in a read", "/title", operation="read")
    shown = found("update_visible", "title: another text came back, in a list", "/title", operation="list")
    assert len(causes(root, shown, resources={"read": "thing", "list": "thing"})) == 1
    assert len(causes(root, shown, resources={"read": "thing", "list": "other"})) == 2


NAMES = ("schema", "taken", "echo", "valid_accepted", "state_machine", "credentials", "no_server_error", "answers")
anything = st.builds(
    found,
    st.sampled_from(NAMES),
    st.text(max_size=30),
    st.sampled_from(["", "/a", "/b", "/c/0/d"]),
    st.sampled_from([None, 200, 404, 422, 500]),
    operation=st.sampled_from(["create", "read"]),
    severity=st.sampled_from(["failure", "unconfirmed"]),
)


@given(st.lists(st.tuples(anything, st.integers(1, 9)), max_size=12), st.randoms())
def test_nothing_is_lost_whatever_was_found_and_in_whatever_order(findings, random):
    made = gather(findings, {"create": "thing", "read": "thing"})
    assert sum(cause.count for cause in made) == sum(count for _, count in findings)
    assert {f.key for cause in made for f, _ in cause.all} == {finding.key for finding, _ in findings}
    failed = {finding.operation for finding, _ in findings if finding.severity == "failure"}
    assert bool(failed) == any(cause.finding.severity == "failure" for cause in made)
    assert all(cause.kind and cause.statuses for cause in made)


def test_every_check_has_a_weight_and_a_headline_of_its_own():
    for known in (*checks.values(), *scenarios.values()):
        assert known.weight in WEIGHTS
        assert known.headline, known.name


def test_a_weight_that_is_none_is_refused_by_name():
    with pytest.raises(ValueError, match="data, state, status, shape, style, not 'heavy'"):
        check(name="own", asserts="it holds", source="here", weight="heavy")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"detail": "Too long"}, "Too long"),
        (
            {"detail": [{"loc": ["body", "a"], "msg": "Input is long", "type": "too_long", "input": "mine"}]},
            "Input is long; too_long",
        ),
        ({"error": {"code": "E1", "message": "No"}}, "No; E1"),
        ([], ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_the_reason_of_a_refusal_is_what_its_messages_say(answer, words):
    assert refusal_words(answer) == words


@pytest.mark.parametrize("sent", ["MiXeD 7", "Ωmega", "a.b.c"])
def test_what_a_refusal_repeats_of_the_request_is_no_reason(sent):
    """A message that names what was sent, bare or in quotes, is one reason; another message is another."""
    answer = {"detail": f"Label {sent} found in ({sent!r}, 'x', '{sent}\\x00', 7). Labels hold no NUL."}
    words = refusal_words(answer, [sent, "label"])
    assert cause(words) == cause(refusal_words({"detail": "Label … found in ('y',). Labels hold no NUL."}))
    assert cause(words) != cause(
        refusal_words({"detail": f"Label {sent} found in ({sent!r}). Labels are texts."}, [sent])
    )


def test_where_a_long_message_is_cut_off_is_no_other_reason():
    rest = "The form is: " + "minute hour day " * 20
    one, other = (refusal_words({"detail": f"Bad schedule: {each}. {rest}"}) for each in ("'schedule-text'", "'…'"))
    assert cause(one) == cause(other) != cause(refusal_words({"detail": f"Bad zone: 'x'. {rest}"}))


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C"], exclude_characters="'\"`…"), max_size=9),
        min_size=1,
        max_size=40,
    )
)
def test_a_message_that_lists_what_was_sent_is_one_reason_however_much_that_is(labels):
    """Also where it is cut off in the middle of the list."""
    assert (
        cause(refusal_words({"detail": f"Bad label found in ({', '.join(map(repr, labels))}"}))
        == "Bad label found in …"
    )


@pytest.mark.parametrize(
    ("sent", "got", "text"),
    [
        ("a" * 300, "a" * 100, 'sent "…aaaaaaaaaaaaaaa'),
        ("ab", "b", 'sent "ab", got "b"'),
        (1, "1", 'sent 1, got "1"'),
        ([1, 2], [1], "sent an array of 2 items, got an array of 1 item"),
        (True, False, "sent true, got false"),
    ],
)
def test_two_values_are_told_in_short_from_where_they_part(sent, got, text):
    assert contrast(sent, got).startswith(text)
    assert len(contrast("x" * 100_000, "y" * 100_000)) < 200
    assert "of 300 characters" in contrast("a" * 300, "a" * 100)


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_two_values_make_no_difference_to_the_cause(sent, got):
    assert cause(f"title: another text came back ({contrast(sent, got)}), in a read") == (
        "title: another text came back, in a read"
    )
