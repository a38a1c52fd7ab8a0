"""Jobs are due by Beijing time, once each, and caught up when missed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from alerts.deadlines import is_workday
from alerts.reports.kinds import KINDS
from alerts.reports.settings import ReportSettings
from alerts.schedule_job import LOOK_BACK, Job, Work, due, falls, last_due
from alerts.schedule_jobs import JOBS, jobs, periods
from streams.errors import Misconfigured


async def nothing(work: Work) -> str:
    return work.due.isoformat()


MORNING = Job(id="m", title="早", hour=8, minute=30, run=nothing)
MONDAYS = Job(id="w", title="周", hour=9, minute=0, run=nothing, weekdays="mon")


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "at"),
    [
        (utc(23, 0, 29), utc(22, 0, 30)),  # 8:29 in Beijing: still yesterday's
        (utc(23, 0, 30), utc(23, 0, 30)),  # on the minute
        (utc(23, 20), utc(23, 0, 30)),  # the next day in Beijing, before its 8:30
    ],
)
def test_a_daily_job_is_due_at_its_time_in_beijing(now: datetime, at: datetime) -> None:
    assert last_due(MORNING, now) == at


def test_monday_is_monday() -> None:
    """In APScheduler the weekday 1 is Tuesday; names cannot be misread. 2026-11-23 is a Monday."""
    assert last_due(MONDAYS, utc(25, 12)) == utc(23, 1)


def test_what_was_handled_is_not_due_again() -> None:
    assert due(MORNING, utc(23, 5), handled=utc(23, 0, 30)) is None
    assert due(MORNING, utc(24, 5), handled=utc(23, 0, 30)) == utc(24, 0, 30)


def test_many_missed_times_are_one() -> None:
    assert due(MORNING, utc(23, 5), handled=utc(17, 0, 30)) == utc(23, 0, 30)


def test_a_job_that_never_ran_is_due_at_once() -> None:
    assert due(MORNING, utc(23, 5), handled=None) == utc(23, 0, 30)
    assert due(MONDAYS, utc(23, 0), handled=None) == utc(16, 1)  # a week is within the look back


def test_the_table_is_sound() -> None:
    """Ids are unique, titles are Chinese, every job comes round within the look back, and weekdays are names."""
    assert len({job.id for job in JOBS}) == len(JOBS)
    for job in JOBS:
        assert any("一" <= character <= "龥" for character in job.title)
        assert last_due(job, utc(23, 5)) is not None
        assert job.weekdays == "*" or not any(character.isdigit() for character in job.weekdays)
        assert timedelta(0) < job.grace < LOOK_BACK


def test_every_kind_that_has_a_period_is_made_by_the_schedule() -> None:
    assert {kind for kind, one in KINDS.items() if one.of_day is not None} <= {job.id for job in JOBS}


@pytest.mark.parametrize(
    ("day", "weeks"),
    [
        (date(2026, 11, 23), ["2026-W47"]),  # an ordinary Monday
        (date(2026, 11, 24), []),
        (date(2026, 2, 24), ["2026-W07", "2026-W08"]),  # the Spring Festival took the whole week 8
        (date(2026, 10, 8), ["2026-W40"]),  # a Thursday, after the National Day
        (date(2026, 9, 28), ["2026-W39"]),
    ],
)
def test_a_week_is_reported_on_the_first_working_day_after_it(day: date, weeks: list[str]) -> None:
    assert periods("weekly", "week", day) == weeks
    assert falls("week", day) is bool(weeks)


def test_over_a_year_each_week_and_month_is_made_once_and_on_a_working_day() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    for kind, rhythm, many in (("weekly", "week", 52), ("bulletin", "month", 12)):
        made = [period for day in days if falls(rhythm, day) for period in periods(kind, rhythm, day)]  # type: ignore[arg-type]
        assert len(made) == len(set(made))
        assert abs(len(made) - many) <= 1
    assert not any(falls("week", day) for day in days if not is_workday(day))


def test_the_first_of_january_is_a_holiday_and_december_comes_on_the_first_working_day() -> None:
    monthly = next(job for job in JOBS if job.id == "monthly")
    assert last_due(monthly, datetime(2026, 1, 3, 12, tzinfo=UTC)) == datetime(2025, 12, 1, 1, 30, tzinfo=UTC)
    found = last_due(monthly, datetime(2026, 1, 5, 12, tzinfo=UTC))
    assert found is not None
    assert periods("monthly", "month", found.date()) == ["2025-12"]


def test_mornings_off_may_be_skipped_by_a_setting() -> None:
    daily = {job.id: job for job in jobs(ReportSettings(report_daily_workdays=True))}["daily"]
    sunday, monday = utc(22, 5), utc(23, 5)
    assert last_due(daily, sunday) == utc(20, 0, 30)
    assert last_due(daily, monday) == utc(23, 0, 30)
    assert last_due({job.id: job for job in jobs(ReportSettings())}["daily"], sunday) == utc(22, 0, 30)


def test_a_year_without_a_calendar_is_an_error_and_no_guess() -> None:
    weekly = next(job for job in JOBS if job.id == "weekly")
    with pytest.raises(Misconfigured, match="not 2035"):
        last_due(weekly, datetime(2035, 1, 8, 12, tzinfo=UTC))
    assert last_due(MORNING, datetime(2035, 1, 8, 12, tzinfo=UTC)) is not None
