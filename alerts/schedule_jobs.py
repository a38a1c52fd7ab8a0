"""The one table of scheduled reports: what is made, when, and for which days, weeks or months.

A weekly or monthly report is made on the first working day after its week or month; where a holiday swallows a whole
week, the next working day makes both. Reports have ids of kind and period, so that a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from alerts.reports.kinds import KINDS, make_report
from alerts.reports.periods import yesterday
from alerts.reports.settings import ReportSettings
from alerts.reports.store import ReportStore
from alerts.reports.tree import Report
from alerts.schedule_job import Job, Rhythm, Work, days_since, ended_since
from alerts.schedule_urgent import KIND, TITLE, make_urgent
from streams.clock import beijing
from streams.topics import OPINIONS, pattern


async def make_latest(work: Work) -> str:
    """Make the brief of the day before `due`, or of all since the last working day where mornings off are skipped."""
    last = [yesterday(work.due)]
    if work.settings.report_daily_workdays:
        last = days_since(beijing(work.due).date())
    return "；".join([await keep(work, day.isoformat()) for day in last])


async def make_interim(work: Work) -> str:
    """Make the brief of the day of `due` as it stands; the next morning's replaces it."""
    return await keep(work, beijing(work.due).date().isoformat())


def of_ended(kind: str, rhythm: Rhythm) -> Callable[[Work], Awaitable[str]]:
    """Return what makes a kind of report for each week or month that ended since the last working day."""

    async def run(work: Work) -> str:
        return "；".join([await keep(work, period, kind) for period in periods(kind, rhythm, beijing(work.due).date())])

    return run


def periods(kind: str, rhythm: Rhythm, day: date) -> list[str]:
    """Return the periods that a kind is made for on a working day; raises Misconfigured without a calendar."""
    of_day = KINDS[kind].of_day
    assert of_day is not None, kind  # only kinds with periods stand in the table
    return [of_day(last) for last in ended_since(rhythm, day)]


async def check_late(work: Work) -> str:
    """Make the briefs of the last three days again, and the last week's and month's where posts came late for them.

    What came late makes new versions that list what changed; the rest changes nothing.
    """
    store = ReportStore(work.elastic)
    told: list[str] = []
    for kind in ("weekly", "monthly"):
        period = KINDS[kind].latest(work.due)
        stored = await store.find(kind, period)
        if stored is not None and await came_late(work, stored):
            told.append(await keep(work, period, kind))
    for back in range(3):
        period = (yesterday(work.due) - timedelta(days=back)).isoformat()
        if await store.find("daily", period) is not None:
            told.append(await keep(work, period))
    return "；".join(told) or "没有可核对的报告"


async def came_late(work: Work, report: Report) -> bool:
    """Say whether posts of a report's time were stored after it was made."""
    span = {"gte": report.window_from, "lt": report.window_to, "format": "epoch_millis"}
    after = {"gt": report.made_at, "format": "epoch_millis"}
    query = {"bool": {"filter": [{"range": {"posted_at": span}}, {"range": {"indexed_at": after}}]}}
    return bool(await work.elastic.count(pattern(OPINIONS), query))


async def keep(work: Work, period: str, kind: str = "daily") -> str:
    """Make a report and store it, unless the same is stored; return one line of what came of it."""
    report = await make_report(kind, period, work.elastic, work.now, work.settings)
    kept = await ReportStore(work.elastic).keep(report)
    words = {"made": "已生成", "unchanged": "无变化", "superseded": f"已更新为第{kept.report.version}版"}
    return f"{report.title} {period} {words[kept.outcome]}"


def _monthly(kind: str, title: str, minute: int) -> Job:
    return Job(
        id=kind, title=f"生成上月{title}", hour=9, minute=minute, run=of_ended(kind, "month"), rhythm="month",
        grace=timedelta(days=28), first=timedelta(days=2),
    )  # fmt: skip


JOBS: tuple[Job, ...] = (
    Job(id="daily", title="生成前一日舆情日报", hour=8, minute=30, run=make_latest),
    Job(id="daily-late", title="核对近三日日报和上期周报、月报的晚到数据", hour=10, minute=30, run=check_late),
    Job(
        id="daily-interim", title="生成当日舆情日报（截至18时）", hour=18, minute=0, run=make_interim,
        grace=timedelta(hours=5),
    ),
    # a system that was set up on a Thursday has no week or month to report on yet
    Job(
        id="weekly", title="生成上周舆情周报", hour=9, minute=0, run=of_ended("weekly", "week"), rhythm="week",
        first=timedelta(days=2),
    ),
    _monthly("monthly", "舆情月报", 30),
    _monthly("effect", "回应效果评估", 35),
    _monthly("appraisal", "督查考核", 40),
    _monthly("bulletin", "答复阅评通报", 45),
    _monthly("detection", "预警质量报告", 50),
    _monthly("coverage", "数据覆盖与缺口报告", 55),
)  # fmt: skip
"""All jobs, in the order in which they run when several are due."""


async def _urgent(work: Work) -> str:
    return "；".join(await make_urgent(work.elastic, work.settings, work.now))


URGENT = Job(id=KIND, title=TITLE, hour=0, minute=0, run=_urgent)
"""What the schedule does at every look, whatever the hour; it stands here to be seen like the others."""


def jobs(settings: ReportSettings) -> Sequence[Job]:
    """Return the table as the settings want it: with daily briefs on all mornings, or on working days only."""
    if not settings.report_daily_workdays:
        return JOBS
    return [replace(job, rhythm="working") if job.id in {"daily", "daily-interim"} else job for job in JOBS]
