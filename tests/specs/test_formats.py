"""Formats: ours and the fast engine's give one verdict, or the text is one of a few that we know of."""

import datetime
import re
import string

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import schema_of
from support.reading import reference_valid
from threadmock.specs.schemas.formats import FORMAT_CHECKER, checkers, read_date_time, write_date_time
from threadmock.specs.schemas.validation import Checker

# Texts on which the engines differ: such a value is no case, neither valid nor invalid.
DISAGREEMENTS = {
    ("date", "0000-01-01"),
    ("date-time", "0000-01-01T00:00:00Z"),
    ("email", '"a b"@c.d'),
    ("email", "é@b.c"),
    ("email", "a..b@c.d"),
    ("email", ".a@b.c"),
    ("email", "a@-b.c"),
}
UUID = "0189f7e4-7b3a-7c1d-8e2f-0123456789ab"
DATES = {
    "2024-02-29": True,
    "2000-02-29": True,
    "9999-12-31": True,
    "0001-01-01": True,
    "2023-02-29": False,
    "1900-02-29": False,
    "2024-00-10": False,
    "2024-13-10": False,
    "2024-01-00": False,
    "2024-04-31": False,
    "2024-1-01": False,
    "20240101": False,
    "2024-W01-1": False,
    "+2024-01-01": False,
    "10000-01-01": False,
    "2024-01-01\n": False,
    " 2024-01-01": False,
    "٢٠٢٤-01-01": False,
    "": False,
}
TIMES = {
    "12:00:00Z": True,
    "12:00:00z": True,
    "12:00:00.5Z": True,
    "12:00:00.123456789123Z": True,
    "12:00:00+00:00": True,
    "12:00:00-00:00": True,
    "12:00:00+23:59": True,
    "23:59:60Z": True,
    "22:59:60-01:00": True,
    "00:59:60+01:00": True,
    "12:59:60Z": False,
    "23:59:60+01:00": False,
    "23:59:61Z": False,
    "24:00:00Z": False,
    "12:60:00Z": False,
    "12:00:00": False,
    "12:00:00.Z": False,
    "12:00:00,5Z": False,
    "12:00Z": False,
    "12:00:00+0000": False,
    "12:00:00+24:00": False,
    "12:00:00+01:60": False,
    "12:00:00Z\n": False,
    "١٢:00:00Z": False,
}
VERDICTS = {
    "uuid": {
        UUID: True,
        UUID.upper(): True,
        "00000000-0000-0000-0000-000000000000": True,
        "ffffffff-ffff-ffff-ffff-ffffffffffff": True,
        UUID.replace("-", ""): False,
        f"{{{UUID}}}": False,
        f"urn:uuid:{UUID}": False,
        UUID + "\n": False,
        " " + UUID: False,
        UUID[:-1]: False,
        UUID + "0": False,
        UUID[:-1] + "g": False,
        UUID[:-1] + "０": False,
        UUID.replace("-", "_"): False,
        "0189f7e47-b3a-7c1d-8e2f-0123456789ab": False,
        "": False,
    },
    "uri": {
        "http://h/p?q#f": True,
        "mailto:a@b": True,
        "urn:uuid:1": True,
        "http://[::1]/": True,
        "a": False,
        "/x": False,
        "": False,
        "http://h/a b": False,
        "http://h/\u00e9": False,
        "http://h/%zz": False,
        "1:a": False,
    },
    "uri-reference": {
        "": True,
        "a": True,
        "/x?y#z": True,
        "//h/p": True,
        "a?b:c": True,
        "http://h": True,
        "#a#b": False,
        ":a": False,
        "a b": False,
        "\u00e9": False,
        "%4": False,
        "\\": False,
    },
    "date": DATES,
    "time": TIMES,
    "date-time": {
        **{f"{date}T00:00:00Z": verdict for date, verdict in DATES.items()},
        **{f"2024-01-01T{time}": verdict for time, verdict in TIMES.items()},
        "2016-12-31t23:59:60z": True,
        "2024-01-01 12:00:00Z": False,
        "2024-01-01_12:00:00Z": False,
        "2024-01-01": False,
        "2024-01-01T": False,
        "T": False,
    },
    "ipv4": {
        "1.2.3.4": True,
        "01.2.3.4": False,
        "256.1.1.1": False,
        "1.2.3": False,
        "１.2.3.4": False,
        "1.2.3.4\n": False,
    },
    "ipv6": {"::1": True, "::ffff:1.2.3.4": True, "1::1::1": False, "fe80::1%eth0": False, "::1\n": False},
    "email": {"a@b.c": True, "a@b": True, "a": False, "a@": False, "@b": False, "a@b@c": False, "a b@c": False},
}


def checker_of(name: str) -> Checker:
    return Checker(schema_of({"type": "string", "format": name}))


CHECKERS = {name: checker_of(name) for name in checkers}


# jsonschema-rs 0.60 reads the characters below "0" as digits, and knows the year 0000.
D = r"[0-9*+,\-./]"
SLOPPY = {
    "date": re.compile(rf"{D}{{4}}-{D}{{2}}-{D}{{2}}"),
    "time": re.compile(rf"{D}{{2}}:{D}{{2}}:{D}{{2}}(\.[0-9]+)?([zZ]|[+-]{D}{{2}}:{D}{{2}})"),
}
SLOPPY["date-time"] = re.compile(f"{SLOPPY['date'].pattern}[tT]{SLOPPY['time'].pattern}")


def same_verdict(name: str, text: str) -> bool:
    """Whether the engines agree, or differ in the way that we know of: the fast one takes a little more."""
    judge = CHECKERS[name]
    if judge.accepted(text) or judge.refused(text):
        return True
    return judge.valid(text) and name in SLOPPY and SLOPPY[name].fullmatch(text) is not None


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [(name, text, verdict) for name, table in VERDICTS.items() for text, verdict in table.items()],
    ids=ascii,
)
def test_both_engines_judge_a_text_as_the_standard_does(name, text, verdict):
    assert checkers[name](text) is verdict
    assert CHECKERS[name].accepted(text) is verdict
    assert CHECKERS[name].refused(text) is not verdict


@pytest.mark.parametrize(("name", "text"), sorted(DISAGREEMENTS), ids=ascii)
def test_a_text_that_the_engines_differ_on_is_no_case(name, text):
    judge = CHECKERS[name]
    assert judge.valid(text) is not reference_valid(judge, text)
    assert not judge.accepted(text)
    assert not judge.refused(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [("date", "2024-10-1/"), ("date-time", "2024-10-1/T12:00:00Z"), ("time", "12:00:0-Z"), *sorted(DISAGREEMENTS)],
    ids=ascii,
)
def test_a_verdict_is_given_where_both_engines_give_it(name, text):
    """Older releases of the fast engine take more than newer ones."""
    judge = CHECKERS[name]
    both = {judge.valid(text), reference_valid(judge, text)}
    assert judge.accepted(text) is (both == {True})
    assert judge.refused(text) is (both == {False})


def test_every_format_of_ours_has_verdicts_in_this_file():
    assert VERDICTS.keys() == checkers.keys()


dates = st.dates().map(datetime.date.isoformat)
times = st.builds(
    "{:02}:{:02}:{:02}{}{}".format,
    st.integers(0, 24),
    st.integers(0, 60),
    st.integers(0, 61),
    st.from_regex(r"(\.[0-9]{1,12})?", fullmatch=True),
    st.sampled_from(["Z", "z", ""])
    | st.builds("{}{:02}:{:02}".format, st.sampled_from("+-"), st.integers(0, 24), st.integers(0, 60)),
)
uuids = st.uuids().map(str) | st.uuids().map(lambda made: str(made).upper())
drawn = {
    "uuid": uuids,
    "date": dates,
    "time": times,
    "date-time": st.builds("{}{}{}".format, dates, st.sampled_from("Tt "), times),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
}


@st.composite
def damaged(draw, texts):
    """A text, often with one character gone, doubled or changed."""
    text = draw(texts)
    if not text or draw(st.booleans()):
        return text
    at = draw(st.integers(0, len(text) - 1))
    put = draw(st.sampled_from(["", "0", "9", "-", ":", "T", "Z", " ", "\n", ".", "a", "G", "٣", "\x00", text[at] * 2]))
    return text[:at] + put + text[at + 1 :]


@pytest.mark.parametrize("name", drawn)
def test_ours_and_the_fast_engine_agree_on_near_valid_texts(name):
    @given(damaged(drawn[name]))
    def agree(text):
        assert same_verdict(name, text)

    agree()


@given(st.sampled_from(sorted(drawn)), st.text(string.printable) | st.text())
def test_ours_and_the_fast_engine_agree_on_any_text(name, text):
    assert same_verdict(name, text)


@given(st.sampled_from(sorted(checkers)), st.none() | st.booleans() | st.integers() | st.lists(st.text()))
def test_a_format_says_nothing_of_what_is_no_text(name, value):
    assert FORMAT_CHECKER.conforms(value, name)
    assert jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid(value)


def test_an_unknown_format_is_an_annotation_for_both_engines():
    judge = checker_of("snowflake")
    assert judge.accepted("anything")


def test_no_format_is_asserted_by_accident():
    assert set(FORMAT_CHECKER.checkers) == set(checkers)


@given(st.datetimes(timezones=st.just(datetime.UTC)))
def test_a_written_date_time_reads_back_as_the_same_instant(moment):
    text = write_date_time(moment)
    assert CHECKERS["date-time"].accepted(text)
    assert read_date_time(text) == moment


@given(damaged(drawn["date-time"]))
def test_what_is_no_date_time_is_a_value_error_and_nothing_else(text):
    try:
        moment = read_date_time(text)
    except ValueError:
        return
    assert checkers["date-time"](text)
    assert moment.utcoffset() == datetime.timedelta(0)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-01-01T12:00:00Z", "2024-01-01T12:00:00+00:00"),
        ("2024-01-01t12:00:00z", "2024-01-01T12:00:00Z"),
        ("2024-01-01T14:00:00+02:00", "2024-01-01T12:00:00Z"),
        ("2024-01-01T12:00:00.5Z", "2024-01-01T12:00:00.500000Z"),
        ("2024-01-01T12:00:00.1234567891Z", "2024-01-01T12:00:00.123456Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59Z"),
    ],
)
def test_two_spellings_of_one_instant_are_equal(text, same):
    assert read_date_time(text) == read_date_time(same)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_an_instant_outside_the_calendar_is_a_value_error(text):
    with pytest.raises(ValueError, match="outside the years"):
        read_date_time(text)
