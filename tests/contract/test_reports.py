"""Reports on the real Elasticsearch: figures equal a plain count, kept once, replaced with a list of what changed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from report_examples import alert

from alerts.reports.daily import gather, windows
from alerts.reports.kinds import make_report
from alerts.reports.settings import ReportSettings
from alerts.reports.store import ReportStore
from alerts.schedule import Schedule, states
from alerts.schedule_job import Job, Work
from streams.clock import ManualClock, ms
from streams.elastic import Elastic, Op
from streams.records import digest
from streams.settings import ElasticSettings
from streams.topics import ALERTS, OPINIONS, PAGES, REPORTS, monthly, pattern

pytestmark = pytest.mark.engines
TEMPLATES = Path(__file__).parents[2] / "deploy" / "index_templates"
DAY = date(2026, 11, 1)  # the day before lies in another month, so in another index
NOW = datetime(2026, 11, 2, 0, 31, tzinfo=UTC)
HOUR = 3_600_000


def opinion(number: int, chance: random.Random, posted_at: int) -> dict[str, Any]:
    """Return an invented opinion as it is indexed."""
    return {
        "id": f"p{number}", "source": chance.choice(["weibo", "hotline", "portal"]), "kind": "message", "text": "演示",
        "normal": "演示", "posted_at": posted_at, "received_at": posted_at, "indexed_at": posted_at,
        "late": chance.random() < 0.1, "sentiment": chance.choice(["neg", "neu", "pos"]),
        "topic": chance.choice(["教育", "供水供气供暖", "其他"]), "county": chance.choice(["620826", "620802", ""]),
        "intent": "help", "urgent": chance.random() < 0.2, "danger": False,
    }  # fmt: skip


@pytest.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as gateway:
        await gateway.install({path.stem: json.loads(path.read_text("utf-8")) for path in TEMPLATES.glob("*.json")})
        yield gateway


async def fill(elastic: Elastic, count: int = 400) -> list[dict[str, Any]]:
    """Store opinions over three days around the day, and one page's books."""
    chance = random.Random(7)
    start = windows(DAY, NOW)[0].start - 24 * HOUR
    made = [opinion(number, chance, start + chance.randrange(72 * HOUR)) for number in range(count)]
    ops = [Op(index=monthly(OPINIONS, doc["posted_at"]), id=doc["id"], doc=doc) for doc in made]
    at = start + 30 * HOUR
    book = {"source": "weibo", "received": 9, "stored": 6, "repeated": 2, "rejected": 1, "at": at}
    ops.append(Op(index=monthly(PAGES, at), id="posts.live-0-1", doc=book))
    outcomes = await elastic.bulk(ops)
    assert [outcome for outcome in outcomes if not outcome.ok] == []
    await elastic.refresh(pattern(OPINIONS))
    await elastic.refresh(pattern(PAGES))
    return made


async def test_figures_equal_a_plain_count_over_the_raw_posts(elastic: Elastic) -> None:
    made = await fill(elastic)
    data = await gather(elastic, DAY, NOW, unit="某市")
    for counted, window in ((data.today, data.window), (data.past, windows(DAY, NOW)[1])):
        posts = [post for post in made if window.start <= post["posted_at"] < window.end]
        assert counted.total == len(posts)
        assert counted.urgent == sum(post["urgent"] for post in posts)
        assert counted.late == sum(post["late"] for post in posts)
        assert counted.sources == Counter(post["source"] for post in posts)
        assert counted.topics == Counter(post["topic"] for post in posts)
        assert counted.counties == Counter(post["county"] for post in posts)
        assert counted.negative == {
            topic: sum((post["topic"], post["sentiment"]) == (topic, "neg") for post in posts)
            for topic in counted.topics
        }
        assert counted.concerns == Counter((p["topic"], p["county"]) for p in posts if p["county"])
        assert counted.hours == tuple(
            sum(post["posted_at"] // HOUR == window.start // HOUR + hour for post in posts) for hour in range(24)
        )
    assert data.books["weibo"].balanced
    assert data.names["620826"] == "静宁县"


async def test_a_cluster_without_any_index_reports_an_empty_day(elastic: Elastic) -> None:
    report = await make_report("daily", DAY.isoformat(), elastic, NOW)
    assert "没有收到群众反映" in report.summary


async def test_making_a_report_twice_is_making_it_once(elastic: Elastic) -> None:
    await fill(elastic)
    store = ReportStore(elastic)
    first = await store.keep(await make_report("daily", DAY.isoformat(), elastic, NOW))
    again = await store.keep(await make_report("daily", DAY.isoformat(), elastic, NOW + timedelta(hours=3)))
    assert (first.outcome, again.outcome) == ("made", "unchanged")
    assert again.report.made_at == first.report.made_at
    await elastic.refresh(REPORTS.name)
    assert await elastic.count(REPORTS.name, {"match_all": {}}) == 1


async def test_late_posts_make_a_version_that_lists_what_changed(elastic: Elastic) -> None:
    await fill(elastic)
    store = ReportStore(elastic)
    first = (await store.keep(await make_report("daily", DAY.isoformat(), elastic, NOW))).report
    late = opinion(9999, random.Random(1), windows(DAY, NOW)[0].start + HOUR)
    await elastic.create(monthly(OPINIONS, late["posted_at"]), late["id"], late, refresh=True)
    kept = await store.keep(await make_report("daily", DAY.isoformat(), elastic, NOW + timedelta(hours=2)))
    assert (kept.outcome, kept.report.version) == ("superseded", 2)
    total = next(figure.value for figure in first.figures() if figure.name == "posts")
    assert isinstance(total, int)
    assert f"群众反映：由{total}条改为{total + 1}条" in kept.report.changes
    assert [report.version for report in await store.versions("daily", DAY.isoformat())] == [2, 1]
    assert [line.version for line in await store.latest()] == [2]


async def test_a_run_that_was_cut_off_is_ended_by_the_next(elastic: Elastic) -> None:
    """The old version was set aside, the new one was not written."""
    from alerts.reports.store import document, version_id

    store = ReportStore(elastic)
    first = (await store.keep(await make_report("daily", DAY.isoformat(), elastic, NOW))).report
    await elastic.create(REPORTS.name, version_id("daily", first.period, 1), document(first, current=False))
    await fill(elastic)
    kept = await store.keep(await make_report("daily", DAY.isoformat(), elastic, NOW))
    assert kept.report.version == 2
    assert len(await store.versions("daily", first.period)) == 2


async def test_alerts_of_the_day_and_older_open_ones_are_listed(elastic: Elastic) -> None:
    import msgspec

    start = windows(DAY, NOW)[0].start
    cases = {
        "new": (start + HOUR, "resolved"), "open": (start - 50 * HOUR, "firing"),
        "done": (start - 50 * HOUR, "resolved"), "next": (start + 25 * HOUR, "firing"),
    }  # fmt: skip
    for name, (opened, state) in cases.items():
        one = alert(name, opened_at=opened, acknowledged_at=0, state=state)
        await elastic.create(ALERTS.name, digest("alert", name), msgspec.to_builtins(one), refresh=True)
    data = await gather(elastic, DAY, NOW, unit="某市")
    assert {one.id for one in data.alerts} == {"new", "open"}


class Flaky:
    """A job that fails so many times, then works, and remembers when it ran."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.ran: list[datetime] = []

    async def run(self, work: Work) -> str:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("故障")
        self.ran.append(work.due)
        return "好"

    def job(self) -> Job:
        return Job(id="flaky", title="演示", hour=8, minute=30, run=self.run)


async def test_a_due_job_runs_once_however_often_one_looks_and_restarts(elastic: Elastic) -> None:
    flaky, clock = Flaky(0), ManualClock(NOW)
    for _ in range(3):
        await Schedule(elastic, clock, ReportSettings(), [flaky.job()]).look()
    assert len(flaky.ran) == 1
    clock.forward(days=3)  # nobody was there for three days: one run, for the latest
    ran = await Schedule(elastic, clock, ReportSettings(), [flaky.job()]).look()
    assert [one.outcome for one in ran] == ["done"]
    assert ms(flaky.ran[-1]) == ms(datetime(2026, 11, 5, 0, 30, tzinfo=UTC))


async def test_a_failed_job_is_seen_rests_and_is_tried_again(elastic: Elastic) -> None:
    flaky, clock = Flaky(1), ManualClock(NOW)
    schedule = Schedule(elastic, clock, ReportSettings(), [flaky.job()])
    assert [one.outcome for one in await schedule.look()] == ["failed"]
    state = (await states(elastic, [flaky.job()]))[0]
    assert (state.finished, "故障" in state.detail) == (False, True)
    assert await schedule.look() == []  # it rests
    clock.forward(minutes=6)
    assert [one.outcome for one in await schedule.look()] == ["done"]
    assert (await states(elastic, [flaky.job()]))[0].finished


async def test_a_year_without_a_calendar_fails_where_people_see_it_and_holds_up_no_other_job(elastic: Elastic) -> None:
    monday = Job(id="w", title="周", hour=9, minute=0, run=Flaky(0).run, rhythm="week")
    clock = ManualClock(datetime(2035, 1, 8, 4, tzinfo=UTC))
    schedule = Schedule(elastic, clock, ReportSettings(), [monday, Flaky(0).job()])
    assert {one.job: one.outcome for one in await schedule.look()} == {"w": "failed", "flaky": "done"}
    state = (await states(elastic, [monday]))[0]
    assert (state.troubled, "not 2035" in state.detail, state.position) == (True, True, 0)
    assert await schedule.look() == []  # it rests


async def test_after_days_off_the_morning_makes_the_briefs_of_all_of_them(elastic: Elastic) -> None:
    await fill(elastic)  # 1 November 2026 is a Sunday, 2 November a Monday
    ran = await Schedule(elastic, ManualClock(NOW), ReportSettings(report_daily_workdays=True)).look()
    told = next(one.detail for one in ran if one.job == "daily")
    assert [day in told for day in ("2026-10-30", "2026-10-31", "2026-11-01")] == [True] * 3


async def test_the_clock_makes_yesterdays_brief(elastic: Elastic) -> None:
    await fill(elastic)
    ran = await Schedule(elastic, ManualClock(NOW), ReportSettings()).look()
    assert next(one.detail for one in ran if one.job == "daily") == "政务舆情日报 2026-11-01 已生成"
    assert [line.period for line in await ReportStore(elastic).latest("daily")] == ["2026-11-01"]
