"""The schedule: jobs run once each, caught up when missed, failures visible.

A job's time is judged by the given `Clock`, which in the demo runs faster than the machine's: APScheduler looks every
few seconds of real time, and `due` says which jobs' times have come since they last ran. Where each job has come is a
document in `checkpoints`, so a restart forgets nothing, and jobs do the same thing once however often they run.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from msgspec import Struct

from alerts import report_alarm
from alerts.deliveries import Deliveries
from alerts.notices import Notice
from alerts.outbox import Outbox
from alerts.reports.settings import ReportSettings
from alerts.schedule_job import Job, Work, due
from alerts.schedule_jobs import JOBS, URGENT, jobs
from alerts.schedule_urgent import KIND, make_urgent
from streams.clock import BEIJING, Clock, SystemClock, from_ms, ms
from streams.elastic import Elastic
from streams.errors import Misconfigured, Retryable
from streams.records import digest
from streams.topics import CHECKPOINTS

log = logging.getLogger(__name__)

LOOK_EVERY = 20.0
LOOK_EVERY_SCALED = 1.0
"""Seconds of real time between two looks, by the machine's clock and by a faster one."""
TOO_LATE = "已过可补做的时间"
FRESH_TROUBLE = timedelta(days=1)
"""How long what failed is still told of."""
RETRY_AFTER = timedelta(minutes=5)
"""How long a failed job rests before it is tried again."""

class Ran(Struct, frozen=True, kw_only=True):
    """What became of a due job: `done`, `failed` (it is tried again) or `missed` (too late to make sense)."""

    job: str
    due: datetime
    outcome: str
    detail: str


class Schedule:
    """The jobs, and where each has come."""

    def __init__(
        self, elastic: Elastic, clock: Clock, settings: ReportSettings, table: Sequence[Job] | None = None,
        *, deliveries: Deliveries | None = None, outbox: Outbox | None = None, urgent: bool = False,
    ) -> None:  # fmt: skip
        """Look at the jobs of `table` (all there are) by `clock`; keep their state in `elastic`; send what was made.

        outbox: takes the alarms of what failed; urgent: make the 快报 of major events as well.
        """
        self.deliveries, self.outbox, self.urgent = deliveries, outbox, urgent
        self._urgent_failed = True  # as it may have been before this process: the first look settles it
        self.elastic = elastic
        self.clock = clock
        self.settings = settings
        self.jobs = tuple(jobs(settings) if table is None else table)

    async def look(self) -> list[Ran]:
        """Run every job that is due, one after the other; never raises for a job's failure.

        Raises Unavailable when the jobs' state can't be read.
        """
        ran: list[Ran] = []
        for job in self.jobs:
            done = await self._look_at(job)
            if done is not None:
                ran.append(done)
        if self.urgent:
            ran += await self._urgent(self.clock.now())
        if self.deliveries is not None:
            await self.deliveries.look(self.clock.now())
        if self.outbox is not None:
            await self._alarm(self.outbox, self.clock.now())
        return ran

    async def _urgent(self, now: datetime) -> list[Ran]:
        """Make the 快报 that are missing; a failure is remembered as a job's is, and tried again at the next look."""
        try:
            told = await make_urgent(self.elastic, self.settings, now)
        except Exception as error:
            log.exception("schedule: a 快报 was not made; trying again at the next look")
            ran = Ran(job=KIND, due=now, outcome="failed", detail=f"{type(error).__name__}: {error}"[:500])
        else:
            self._urgent_failed, failed = False, self._urgent_failed
            if not told and not failed:
                return []
            ran = Ran(job=KIND, due=now, outcome="done", detail="；".join(told) or "无待生成的快报")
        self._urgent_failed = ran.outcome == "failed"
        await self._remember(ran, None)
        return [ran]

    async def _alarm(self, outbox: Outbox, now: datetime) -> None:
        """Have told what was not made or did not arrive in the last day; looking again tells nobody twice."""
        notices: list[Notice] = []
        for state in await states(self.elastic, (*self.jobs, URGENT)):
            if state.troubled and state.at >= ms(now - FRESH_TROUBLE):
                notices += report_alarm.of_job(state.title, state.detail, state.at, outbox.names)
        if self.deliveries is not None:
            for one in await self.deliveries.troubled(now - FRESH_TROUBLE):
                notices += report_alarm.of_delivery(one, outbox.names)
        await outbox.add(notices)

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
        resting = not state.get("finished", True) and now - from_ms(state["at"]) < RETRY_AFTER
        if resting:
            return None
        try:
            moment = due(job, now, handled=handled)
        except Misconfigured as error:  # a year without a calendar: nobody guesses, everybody sees it
            log.warning("schedule: %s can't be timed: %s", job.id, error)
            ran = Ran(job=job.id, due=now, outcome="failed", detail=str(error))
            await self._remember(ran, handled)
            return ran
        if moment is None:
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
            return Ran(job=job.id, due=moment, outcome="missed", detail=TOO_LATE)
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

    @property
    def troubled(self) -> bool:
        """Whether somebody should look: it failed, or came too late to be made."""
        return not self.finished or self.detail == TOO_LATE


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
    *, deliveries: Deliveries | None = None, outbox: Outbox | None = None,
) -> None:  # fmt: skip
    """Run the schedule until `stop` is set (or for ever): `huiying clock`."""
    settings, stop = settings or ReportSettings(), stop or asyncio.Event()
    if not settings.report_jobs:
        log.warning("schedule: scheduled reports are switched off (HUIYING_REPORT_JOBS)")
        await stop.wait()
        return
    await Schedule(elastic, clock, settings, deliveries=deliveries, outbox=outbox, urgent=True).serve(stop)

