"""The schedule: one table of jobs by Beijing time, run once each, caught up when missed, failures visible.

A job's time is judged by the given `Clock`, which in the demo runs faster than the machine's: APScheduler looks every
few seconds of real time, and `due` says which jobs' times have come since they last ran. Where each job has come is a
document in `checkpoints`, so a restart forgets nothing, and jobs do the same thing once however often they run.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from msgspec import Struct

from alerts.deliveries import Deliveries
from alerts.reports.kinds import KINDS, make_report
from alerts.reports.periods import yesterday
from alerts.reports.settings import ReportSettings
from alerts.reports.store import ReportStore
from streams.clock import BEIJING, Clock, SystemClock, beijing, from_ms, ms
from streams.elastic import Elastic
from streams.errors import Retryable
from streams.records import digest
from streams.topics import CHECKPOINTS

log = logging.getLogger(__name__)

LOOK_EVERY = 20.0
LOOK_EVERY_SCALED = 1.0
"""Seconds of real time between two looks, by the machine's clock and by a faster one."""
RETRY_AFTER = timedelta(minutes=5)
"""How long a failed job rests before it is tried again."""
LOOK_BACK = timedelta(days=32)
"""How far back a job that never ran is looked for: more than a month, so that monthly jobs are found."""


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
    """

    id: str
    title: str
    hour: int
    minute: int
    run: Callable[[Work], Awaitable[str]]
    weekdays: str = "*"
    days: str = "*"
    grace: timedelta = timedelta(days=7)
    first: timedelta = timedelta(days=7)

    @property
    def trigger(self) -> CronTrigger:
        """When the job is due, in Beijing time."""
        return CronTrigger(
            hour=self.hour, minute=self.minute, day_of_week=self.weekdays, day=self.days, timezone=BEIJING
        )


class Ran(Struct, frozen=True, kw_only=True):
    """What became of a due job: `done`, `failed` (it is tried again) or `missed` (too late to make sense)."""

    job: str
    due: datetime
    outcome: str
    detail: str


async def make_latest(work: Work) -> str:
    """Make the brief of the day before `due`, unless the same is stored already."""
    return await _keep(work, KINDS["daily"].latest(work.due))


async def make_interim(work: Work) -> str:
    """Make the brief of the day of `due` as it stands; the next morning's replaces it."""
    return await _keep(work, beijing(work.due).date().isoformat())


async def make_weekly(work: Work) -> str:
    """Make the report of the week before `due`, unless the same is stored already."""
    return await _keep(work, KINDS["weekly"].latest(work.due), "weekly")


async def make_monthly(work: Work) -> str:
    """Make the report of the month before `due`, unless the same is stored already."""
    return await _keep(work, KINDS["monthly"].latest(work.due), "monthly")


async def make_effect(work: Work) -> str:
    """Make the evaluation of the month before `due`, unless the same is stored already."""
    return await _keep(work, KINDS["effect"].latest(work.due), "effect")


async def make_appraisal(work: Work) -> str:
    """Make the appraisal of the month before `due`, unless the same is stored already."""
    return await _keep(work, KINDS["appraisal"].latest(work.due), "appraisal")


async def check_late(work: Work) -> str:
    """Make the briefs of the last three days again: posts that came late make new versions, others change nothing."""
    store = ReportStore(work.elastic)
    told: list[str] = []
    for back in range(3):
        period = (yesterday(work.due) - timedelta(days=back)).isoformat()
        if await store.find("daily", period) is not None:
            told.append(await _keep(work, period))
    return "；".join(told) or "没有可核对的日报"


JOBS: tuple[Job, ...] = (
    Job(id="daily", title="生成前一日舆情日报", hour=8, minute=30, run=make_latest),
    Job(id="daily-late", title="核对近三日日报的晚到数据", hour=10, minute=30, run=check_late),
    Job(
        id="daily-interim", title="生成当日舆情日报（截至18时）", hour=18, minute=0, run=make_interim,
        grace=timedelta(hours=5),
    ),
    # a system that was set up on a Thursday has no week or month to report on yet
    Job(
        id="weekly", title="生成上周舆情周报", hour=9, minute=0, run=make_weekly, weekdays="mon",
        first=timedelta(days=2),
    ),
    Job(
        id="monthly", title="生成上月舆情月报", hour=9, minute=30, run=make_monthly, days="1",
        grace=timedelta(days=28), first=timedelta(days=2),
    ),
    Job(
        id="effect", title="生成上月回应效果评估", hour=9, minute=40, run=make_effect, days="1",
        grace=timedelta(days=28), first=timedelta(days=2),
    ),
    Job(
        id="appraisal", title="生成上月督查考核", hour=9, minute=50, run=make_appraisal, days="1",
        grace=timedelta(days=28), first=timedelta(days=2),
    ),
)  # fmt: skip
"""All jobs, in the order in which they run when several are due."""


def last_due(job: Job, now: datetime) -> datetime | None:
    """Return the latest moment up to `now` at which the job was due, within `LOOK_BACK`; None if there is none."""
    trigger, found = job.trigger, None
    moment = trigger.get_next_fire_time(None, now - LOOK_BACK)
    while moment is not None and moment <= now:
        found = moment
        moment = trigger.get_next_fire_time(moment, moment + timedelta(seconds=1))
    return found


def due(job: Job, now: datetime, *, handled: datetime | None) -> datetime | None:
    """Return the moment for which the job must run now, given the last one handled; missed ones are one."""
    latest = last_due(job, now)
    return None if latest is None or (handled is not None and latest <= handled) else latest


class Schedule:
    """The jobs, and where each has come."""

    def __init__(
        self, elastic: Elastic, clock: Clock, settings: ReportSettings, jobs: Sequence[Job] = JOBS,
        deliveries: Deliveries | None = None,
    ) -> None:  # fmt: skip
        """Look at `jobs` by `clock`; keep their state in `elastic`; mail what was made, if there is a list."""
        self.deliveries = deliveries
        self.elastic = elastic
        self.clock = clock
        self.settings = settings
        self.jobs = tuple(jobs)

    async def look(self) -> list[Ran]:
        """Run every job that is due, one after the other; never raises for a job's failure.

        Raises Unavailable when the jobs' state can't be read.
        """
        ran: list[Ran] = []
        for job in self.jobs:
            done = await self._look_at(job)
            if done is not None:
                ran.append(done)
        if self.deliveries is not None:
            await self.deliveries.look(self.clock.now())
        return ran

    async def serve(self, stop: asyncio.Event) -> None:
        """Look at once and then every few seconds, until `stop` is set."""
        seconds = LOOK_EVERY if isinstance(self.clock, SystemClock) else LOOK_EVERY_SCALED
        scheduler = AsyncIOScheduler(timezone=BEIJING)
        scheduler.add_job(
            self._look_quietly, "interval", seconds=seconds, id="look", max_instances=1, coalesce=True,
            misfire_grace_time=None,
        )  # fmt: skip
        await self._look_quietly()
        scheduler.start()
        try:
            await stop.wait()
        finally:
            scheduler.shutdown(wait=False)

    async def _look_quietly(self) -> None:
        try:
            await self.look()
        except Retryable as error:
            log.warning("schedule: waiting for the next look: %s", error)
        except Exception:
            # the schedule outlives whatever befalls one look; the next one tries again
            log.exception("schedule: could not look at the jobs; trying again")

    async def _look_at(self, job: Job) -> Ran | None:
        now = self.clock.now()
        found = await self.elastic.get(CHECKPOINTS.name, checkpoint_id(job.id))
        state = found.source if found is not None else {}
        handled = from_ms(state["position"]) if state.get("position") else None
        moment = due(job, now, handled=handled)
        if moment is None:
            return None
        resting = not state.get("finished", True) and now - from_ms(state["at"]) < RETRY_AFTER
        if resting:
            return None
        if handled is None and now - moment > min(job.first, job.grace):  # a new system has missed nothing
            await self._remember(Ran(job=job.id, due=moment, outcome="missed", detail="系统启用之前"), handled)
            return None
        ran = await self._run(job, moment, now)
        await self._remember(ran, handled)
        return ran

    async def _run(self, job: Job, moment: datetime, now: datetime) -> Ran:
        if now - moment > job.grace:
            log.warning("schedule: %s of %s missed: too late", job.id, moment.isoformat())
            return Ran(job=job.id, due=moment, outcome="missed", detail="已过可补做的时间")
        try:
            detail = await job.run(Work(elastic=self.elastic, settings=self.settings, due=moment, now=now))
        except Exception as error:
            # a job's failure must be seen, and must not end the schedule
            log.exception("schedule: %s of %s failed; trying again in %s", job.id, moment.isoformat(), RETRY_AFTER)
            return Ran(job=job.id, due=moment, outcome="failed", detail=f"{type(error).__name__}: {error}"[:500])
        log.info("schedule: %s of %s done: %s", job.id, moment.isoformat(), detail)
        return Ran(job=job.id, due=moment, outcome="done", detail=detail)

    async def _remember(self, ran: Ran, handled: datetime | None) -> None:
        failed = ran.outcome == "failed"
        reached = handled if failed else ran.due
        document = {
            "what": "job",
            "name": ran.job,
            "position": ms(reached) if reached is not None else 0,
            "finished": not failed,
            "detail": ran.detail,
            "at": ms(self.clock.now()),
        }
        await self.elastic.put(CHECKPOINTS.name, checkpoint_id(ran.job), document, refresh=True)


class JobState(Struct, frozen=True, kw_only=True):
    """A job as people see it: its Chinese title, last moment handled (ms UTC, 0: never), whether it went well, when."""

    id: str
    title: str
    position: int
    finished: bool
    detail: str
    at: int


async def states(elastic: Elastic, jobs: Sequence[Job] = JOBS) -> list[JobState]:
    """Return how every job stands, for the console and `huiying doctor`."""
    found = await elastic.mget([(CHECKPOINTS.name, checkpoint_id(job.id)) for job in jobs])
    sources = [one.source if one is not None else {} for one in found]
    return [
        JobState(
            id=job.id, title=job.title, position=source.get("position", 0), finished=source.get("finished", True),
            detail=source.get("detail", ""), at=source.get("at", 0),
        )
        for job, source in zip(jobs, sources, strict=True)
    ]  # fmt: skip


def checkpoint_id(job: str) -> str:
    """Return the id of the document that says where a job has come."""
    return digest("job", job)


async def run(
    elastic: Elastic, clock: Clock, settings: ReportSettings | None = None, stop: asyncio.Event | None = None,
    deliveries: Deliveries | None = None,
) -> None:  # fmt: skip
    """Run the schedule until `stop` is set (or for ever): `huiying clock`."""
    settings, stop = settings or ReportSettings(), stop or asyncio.Event()
    if not settings.report_jobs:
        log.warning("schedule: scheduled reports are switched off (HUIYING_REPORT_JOBS)")
        await stop.wait()
        return
    await Schedule(elastic, clock, settings, deliveries=deliveries).serve(stop)


async def _keep(work: Work, period: str, kind: str = "daily") -> str:
    report = await make_report(kind, period, work.elastic, work.now, work.settings)
    kept = await ReportStore(work.elastic).keep(report)
    words = {"made": "已生成", "unchanged": "无变化", "superseded": f"已更新为第{kept.report.version}版"}
    return f"{report.title} {period} {words[kept.outcome]}"
