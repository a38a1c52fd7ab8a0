"""When a job of the schedule is due: by Beijing time, and where it says so on the State Council's working days.

Plain functions of values. A year whose holidays nobody has published is an error, and never a guess.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Literal

from apscheduler.triggers.cron import CronTrigger
from msgspec import Struct

from alerts.deadlines import is_workday, workday_before
from alerts.reports.settings import ReportSettings
from streams.clock import BEIJING, beijing
from streams.elastic import Elastic

LOOK_BACK = timedelta(days=45)
"""How far back a job that never ran is looked for: longer than from one month's first working day to the next one's."""
Rhythm = Literal["", "working", "week", "month"]


class Work(Struct, frozen=True, kw_only=True):
    """What a job may use; `due` is the moment it was meant for, `now` the clock's."""

    elastic: Elastic
    settings: ReportSettings
    due: datetime
    now: datetime


class Job(Struct, frozen=True, kw_only=True):
    """A job: its Chinese title, when it is due, how late it may still run, and what it does (returning one line).

    weekdays: `mon`…`sun`, `mon-fri` or `*`, by name, because in APScheduler the number 1 is Tuesday, not Monday.
    days: of the month, `1` or `*`; first: how late it may be on a system on which it never ran.
    rhythm: by the working calendar: only on working days, or on the first one after a week's or a month's end.
    """

    id: str
    title: str
    hour: int
    minute: int
    run: Callable[[Work], Awaitable[str]]
    weekdays: str = "*"
    days: str = "*"
    rhythm: Rhythm = ""
    grace: timedelta = timedelta(days=7)
    first: timedelta = timedelta(days=7)

    @property
    def trigger(self) -> CronTrigger:
        """When the job is due, in Beijing time, holidays aside."""
        return CronTrigger(
            hour=self.hour, minute=self.minute, day_of_week=self.weekdays, day=self.days, timezone=BEIJING
        )


def days_since(day: date) -> list[date]:
    """Return the days from the last working day before `day` up to the day before it; raises Misconfigured."""
    first = workday_before(day)
    return [first + timedelta(days=n) for n in range((day - first).days)]


def ended_since(rhythm: Rhythm, day: date) -> list[date]:
    """Return the last days of the weeks or months that ended since the working day before `day`, the oldest first."""
    over = {"week": lambda one: one.weekday() == 6, "month": lambda one: (one + timedelta(days=1)).day == 1}
    return [one for one in days_since(day) if rhythm in over and over[rhythm](one)]


def falls(rhythm: Rhythm, day: date) -> bool:
    """Say whether a job of a rhythm falls on a Beijing day; raises Misconfigured for a year without a calendar."""
    if not rhythm:
        return True
    return is_workday(day) and (rhythm == "working" or bool(ended_since(rhythm, day)))


def last_due(job: Job, now: datetime) -> datetime | None:
    """Return the latest moment up to `now` at which the job was due, within `LOOK_BACK`; None if there is none.

    Raises Misconfigured where the working calendar is asked and lacks the year.
    """
    trigger, moments = job.trigger, list[datetime]()
    moment = trigger.get_next_fire_time(None, now - LOOK_BACK)
    while moment is not None and moment <= now:
        moments.append(moment)
        moment = trigger.get_next_fire_time(moment, moment + timedelta(seconds=1))
    return next((one for one in reversed(moments) if falls(job.rhythm, beijing(one).date())), None)


def due(job: Job, now: datetime, *, handled: datetime | None) -> datetime | None:
    """Return the moment for which the job must run now, given the last one handled; missed ones are one."""
    latest = last_due(job, now)
    return None if latest is None or (handled is not None and latest <= handled) else latest
