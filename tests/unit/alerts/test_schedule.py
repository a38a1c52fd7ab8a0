"""Jobs are due by Beijing time, once each, and caught up when missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.schedule import JOBS, LOOK_BACK, Job, Work, due, last_due


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
