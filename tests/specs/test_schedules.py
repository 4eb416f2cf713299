"""Schedules of cron: which texts are one, and the moment that comes next."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.specs.schemas.schedules import is_schedule, is_time_zone, next_moment, read_schedule

NOW = datetime.datetime(2026, 11, 30, 7, 14, 19, tzinfo=datetime.UTC)  # a Monday


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("*/5 * * * *", "2026-11-30T07:15:00"), ("@daily", "2026-12-01T00:00:00"), ("* * * * * *", "2026-11-30T07:14:20"), ("0 0 L * *", "2026-12-31T00:00:00"),
        ("0 0 * jan mon", "2027-01-04T00:00:00"), ("5-1 * * * *", "2026-11-30T07:15:00"), ("0 0 * * 7", "2026-12-06T00:00:00"), ("0 0 1,15 * *", "2026-12-01T00:00:00"),
        ("0 0 * * 5#2", "2026-12-11T00:00:00"), ("10/5 * * * *", "2026-11-30T07:15:00"), ("0 0 ? * *", "2026-12-01T00:00:00"), ("0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 13 * 5", "2026-12-04T00:00:00"),
    ],
)  # fmt: skip
def test_the_next_moment_is_the_one_that_the_vendors_server_gave(text: str, after: str) -> None:
    assert next_moment(text, NOW) == datetime.datetime.fromisoformat(f"{after}+00:00")


def test_the_clock_of_a_zone_counts() -> None:
    assert next_moment("0 1 * * *", NOW, "Asia/Tokyo").isoformat() == "2026-11-30T16:00:00+00:00"
    with pytest.raises(ValueError, match="no time zone"):
        next_moment("0 1 * * *", NOW, "Mars/X")
    assert (is_time_zone("Europe/Berlin"), is_time_zone("Mars/X"), is_time_zone("../x"), is_time_zone("")) == (True, False, False, False)  # fmt: skip


@pytest.mark.parametrize("text", ["", "nope", "* * * *", "61 * * * *", "*/0 * * * *", "H * * * *", "1-*/2 * * * *", "*-3 * * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 8", "0 0 * * 5#6", "1,,2 * * * *"])  # fmt: skip
def test_a_text_that_is_no_schedule_is_told_from_one(text: str) -> None:
    assert not is_schedule(text)
    with pytest.raises(ValueError, match=r"."):
        next_moment(text, NOW)


def test_a_schedule_that_no_day_fits_ends() -> None:
    assert is_schedule("0 0 30 2 *")
    with pytest.raises(ValueError, match="no day ever fits"):
        next_moment("0 0 30 2 *", NOW)


@given(st.integers(0, 59), st.integers(0, 23), st.integers(0, 86400 * 3650))
def test_a_moment_of_each_day_is_less_than_a_day_away(minute: int, hour: int, seconds: int) -> None:
    now = NOW + datetime.timedelta(seconds=seconds)
    found = next_moment(f"{minute} {hour} * * *", now)
    assert (found.minute, found.hour) == (minute, hour)
    assert datetime.timedelta() < found - now <= datetime.timedelta(days=1)


@given(st.text(alphabet="0123456789*/-,?L#@ abcmonjan", max_size=20))
def test_any_text_is_a_schedule_or_a_value_error(text: str) -> None:
    if is_schedule(text):
        assert read_schedule(text).minutes
