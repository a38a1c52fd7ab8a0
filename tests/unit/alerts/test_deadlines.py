"""Limits in clock hours and working days, with the basis shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import deadlines
from alerts.deadlines import FIRST, HOUR, MINUTE, PRESS, RESPONSE
from streams.clock import BEIJING, ms
from streams.errors import Misconfigured


def at(text: str) -> int:
    """Return Beijing time as ms UTC."""
    return ms(datetime.fromisoformat(text).replace(tzinfo=BEIJING))


def test_a_serious_emergency_has_five_and_twenty_four_hours_and_anything_else_forty_eight() -> None:
    assert deadlines.limits("special") == deadlines.limits("major") == (FIRST, PRESS)
    assert deadlines.limits("larger") == deadlines.limits("general") == (RESPONSE,)
    assert deadlines.limits("major", emergency=False) == (RESPONSE,)
    assert [limit.hours for limit in (FIRST, PRESS, RESPONSE)] == [5, 24, 48]


def test_every_limit_names_its_document() -> None:
    assert "80号" in FIRST.basis
    assert all(document in PRESS.basis for document in ("80号", "61号"))
    assert "61号" in RESPONSE.basis


@pytest.mark.parametrize(
    ("known", "limit", "due"),
    [
        ("2026-11-20 22:30", FIRST, "2026-11-21 03:30"),  # through the night, into a Saturday
        ("2026-09-30 20:00", PRESS, "2026-10-01 20:00"),  # into the National Day holiday
        ("2026-02-16 09:00", RESPONSE, "2026-02-18 09:00"),  # through the Spring Festival
    ],
)
def test_clock_hours_run_through_nights_and_holidays(known: str, limit: deadlines.Limit, due: str) -> None:
    assert deadlines.due_at(limit, at(known)) == at(due)


@pytest.mark.parametrize(
    ("passed", "met", "colour", "words"),
    [
        (0, 0, "fine", "还剩5小时"),
        (3 * HOUR + 50 * MINUTE, 0, "yellow", "还剩1小时10分钟"),
        (5 * HOUR, 0, "yellow", "还剩不足1分钟"),
        (5 * HOUR + 1, 0, "red", "已逾期不足1分钟"),
        (31 * HOUR, 0, "red", "已逾期1天2小时"),
        (99 * HOUR, 4 * HOUR, "met", "已完成，提前1小时"),
        (99 * HOUR, 6 * HOUR, "met_late", "已完成，逾期1小时"),
    ],
)
def test_a_clock_says_how_it_stands(passed: int, met: int, colour: str, words: str) -> None:
    start = at("2026-11-23 08:00")
    due, now, done = start + 5 * HOUR, start + passed, start + met if met else 0
    assert deadlines.clock_colour(start, due, done, now) == colour
    assert deadlines.remaining(due, done, now) == words


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-11-23", True),  # a Monday
        ("2026-11-22", False),  # a Sunday
        ("2026-10-01", False),  # National Day, a Thursday
        ("2026-10-10", True),  # a Saturday that makes up for the holiday
        ("2026-02-14", True),  # a Saturday that makes up for the Spring Festival
    ],
)
def test_working_days_are_the_state_councils(day: str, works: bool) -> None:
    assert deadlines.is_workday(date.fromisoformat(day)) is works


def test_a_year_without_a_calendar_is_an_error_that_says_what_to_do() -> None:
    year = deadlines.calendar_years()[-1] + 1
    with pytest.raises(Misconfigured, match=rf"not {year}: upgrade the package `chinesecalendar`"):
        deadlines.workday_limit(at(f"{year - 1}-12-31 10:00"), 5, basis="本地设置")


@pytest.mark.parametrize(
    ("received", "days", "extension", "last", "yellow"),
    [
        ("2026-11-23 09:00", 5, 0, "2026-11-30", "2026-11-27"),  # a weekend lies between
        ("2026-11-23 23:59", 1, 0, "2026-11-24", "2026-11-23"),
        # 30 September, then 8, 9 and (a Saturday that makes up) 10 October, then Monday the 12th
        ("2026-09-29 09:00", 5, 0, "2026-10-12", "2026-10-10"),
        ("2026-11-23 09:00", 5, 5, "2026-12-07", "2026-12-04"),
        ("2026-11-21 12:00", 1, 0, "2026-11-23", "2026-11-20"),  # received on a Saturday
    ],
)
def test_working_day_limits_skip_days_off_and_warn_one_working_day_before(
    received: str, days: int, extension: int, last: str, yellow: str
) -> None:
    limit = deadlines.workday_limit(at(received), days, basis="本地设置", extension=extension)
    assert limit.last_day == date.fromisoformat(last)
    assert limit.yellow_from == at(f"{yellow} 00:00")
    assert limit.due == at(f"{last} 00:00") + 24 * HOUR - 1


def test_a_working_day_limit_is_yellow_the_working_day_before_and_red_the_day_after() -> None:
    limit = deadlines.workday_limit(at("2026-11-23 09:00"), 5, basis="本地设置（待平凉确认）")
    moments = ["2026-11-26 23:59", "2026-11-27 00:00", "2026-11-30 23:59", "2026-12-01 00:00"]
    assert [limit.colour(at(moment)) for moment in moments] == ["fine", "yellow", "yellow", "red"]
    assert [deadlines.workday_remaining(limit, at(moment)) for moment in moments] == [
        "还剩2个工作日", "还剩1个工作日", "今天到期", "已逾期1个工作日",
    ]  # fmt: skip
    assert limit.basis == "本地设置（待平凉确认）（5个工作日）"


@given(st.integers(0, 60), st.dates(date(2020, 1, 1), date(2026, 8, 1)))
def test_exactly_the_given_number_of_working_days_lies_in_a_limit(count: int, start: date) -> None:
    end = deadlines.add_workdays(start, count)
    assert deadlines.workdays_between(start, end) == count
    assert count == 0 or deadlines.is_workday(end)
    assert deadlines.workday_before(end) < end


@given(st.integers(0, 10**10))
def test_a_span_is_said_without_latin_letters(milliseconds: int) -> None:
    words = deadlines.span(milliseconds)
    assert words
    assert not any(c.isascii() and c.isalpha() for c in words)
    assert deadlines.due_at(FIRST, ms(datetime(2026, 1, 1, tzinfo=UTC))) == ms(
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=5)
    )
