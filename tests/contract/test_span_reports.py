"""Reports on weeks, months and consultations on the real Elasticsearch equal a plain count over the raw rows."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from report_examples import alert, consultation
from span_examples import Row, by_day, rows, within

from alerts.consultation import Review
from alerts.consultations import document
from alerts.reports.kinds import make_report
from alerts.reports.periods import DAY_MS, Window
from alerts.reports.settings import ReportSettings
from alerts.reports.span import compose, gather
from alerts.reports.spans import Span, before, month_of, week_of, year_before
from alerts.reports.stages import percentile
from alerts.reports.store import ReportStore
from alerts.reports.tree import Table
from alerts.schedule import Schedule
from streams.clock import ManualClock, ms
from streams.elastic import Elastic, Op
from streams.errors import Misconfigured
from streams.records import digest
from streams.settings import ElasticSettings
from streams.topics import ALERTS, CONSULTATIONS, OPINIONS, REPORTS, monthly, pattern

pytestmark = pytest.mark.engines
SUPPORT = Path(__file__).parents[1] / "support"
TEMPLATES = Path(__file__).parents[2] / "deploy" / "index_templates"
NOW = datetime(2026, 11, 2, 1, 31, tzinfo=UTC)  # a Monday, 9:31 in Beijing
MONTH = month_of(date(2026, 10, 5))
WEEK = week_of(date(2026, 10, 28))


@pytest.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as gateway:
        await gateway.install({path.stem: json.loads(path.read_text("utf-8")) for path in TEMPLATES.glob("*.json")})
        yield gateway


async def fill(elastic: Elastic) -> list[Row]:
    """Store opinions of a month, of the one before, and of a year before."""
    made = [
        *rows(MONTH.window, 900, prefix="a"), *rows(before(MONTH).window, 500, seed=8, prefix="b"),
        *rows(year_before(MONTH).window, 300, seed=9, prefix="c"),
    ]  # fmt: skip
    ops = [Op(index=monthly(OPINIONS, row["posted_at"]), id=row["id"], doc=row) for row in made]
    outcomes = await elastic.bulk(ops)
    assert [outcome for outcome in outcomes if not outcome.ok] == []
    await elastic.refresh(pattern(OPINIONS))
    return made


@pytest.mark.parametrize("span", [MONTH, WEEK], ids=["month", "week"])
async def test_every_count_equals_a_plain_count_over_the_raw_rows(elastic: Elastic, span: Span) -> None:
    made = await fill(elastic)
    data = await gather(elastic, span, NOW, unit="某市")
    for counted, window in (
        (data.now, span.window), (data.past, before(span).window), (data.year, year_before(span).window),
    ):  # fmt: skip
        raw = within(made, window)
        assert counted.total == len(raw)
        assert counted.urgent == sum(row["urgent"] for row in raw)
        assert counted.late == sum(row["late"] for row in raw)
        assert counted.days == by_day(raw, window)[""]
        assert counted.sources == by_day(raw, window, "source")
        assert counted.topics == by_day(raw, window, "topic")
        assert counted.counties == by_day(raw, window, "county")
        assert counted.last == {
            source: max(row["posted_at"] for row in raw if row["source"] == source) for source in counted.sources
        }
    raw = within(made, span.window)
    received = sorted(row["received_at"] - row["posted_at"] for row in raw)
    stage = data.stages[0]
    assert sorted(stage.spans) == received
    assert percentile(stage.spans, 0, 50) == statistics.median_low(received)


async def test_no_count_from_one_to_four_is_shown_and_the_total_gives_none_away(elastic: Elastic) -> None:
    made = await fill(elastic)
    report = compose(await gather(elastic, WEEK, NOW, unit="某市"))
    raw = within(made, WEEK.window)
    few = [source for source in {row["source"] for row in raw} if 0 < sum(r["source"] == source for r in raw) < 5]
    assert few  # or this promise would say nothing
    table = next(block for block in report.blocks() if isinstance(block, Table) and block.name == "sources")
    counts = [row[1] for row in table.rows]
    assert not [count for count in counts if isinstance(count, int) and 0 < count < 5]
    assert sum(isinstance(count, str) for count in counts) >= 2  # a single one could be computed from the total


async def test_alerts_of_the_span_are_counted_and_open_ones_stay_in_the_denominator(elastic: Elastic) -> None:
    at = MONTH.window.start
    cases = {"先": (at + 1_000, at + 61_000), "后": (at + 2_000, 0), "早": (at - 5_000_000, at - 4_000_000)}
    for name, (opened, seen) in cases.items():
        one = alert(name, opened_at=opened, acknowledged_at=seen, state="acknowledged" if seen else "firing")
        await elastic.create(ALERTS.name, digest("alert", name), msgspec.to_builtins(one), refresh=True)
    data = await gather(elastic, MONTH, NOW, unit="某市")
    acknowledged = next(stage for stage in data.stages if stage.name == "acknowledged")
    assert (len(data.alerts), len(data.opened)) == (3, 2)
    assert (acknowledged.spans, acknowledged.waiting) == ((60_000,), 1)
    assert percentile(acknowledged.spans, acknowledged.waiting, 90) is None  # it falls on the open one


async def test_an_open_action_of_an_old_review_is_in_every_report_until_it_is_carried_out(elastic: Elastic) -> None:
    then = WEEK.window.start - 40 * DAY_MS
    promised = Review(cause="老化", lessons="早换", action="更换主管", unit="供水公司", due=then, by="a", at=then)
    done = replace(promised, action="公布电话", done_at=then, result="已公布")
    for name, reviews in (("有", (promised, done)), ("无", (done,))):
        one = consultation(id=digest("c", name), opened_at=then, closed_at=then, state="closed", reviews=reviews)
        await elastic.create(CONSULTATIONS.name, one.id, document(one), refresh=True)
    data = await gather(elastic, WEEK, NOW, unit="某市")
    assert data.consultations == ()
    assert [one.id for one in data.reviewed] == [digest("c", "有")]


@pytest.mark.parametrize(("kind", "period"), [("weekly", "2026-W44"), ("monthly", "2026-10")])
async def test_a_span_without_data_reports_and_says_so(elastic: Elastic, kind: str, period: str) -> None:
    report = await make_report(kind, period, elastic, NOW)
    assert "没有收到群众反映" in report.summary


async def test_the_clock_makes_last_week_and_last_month_once(elastic: Elastic) -> None:
    await fill(elastic)
    for _ in range(2):
        await Schedule(elastic, ManualClock(NOW), ReportSettings()).look()
    made = {(line.kind, line.period): line.version for line in await ReportStore(elastic).latest()}
    assert made[("weekly", "2026-W44")] == made[("monthly", "2026-10")] == 1


def making(settings: ElasticSettings) -> subprocess.Popen[bytes]:
    """Start a look of the schedule in a process of its own."""
    program = [sys.executable, str(SUPPORT / "make_process.py"), settings.elasticsearch, settings.elasticsearch_prefix]
    return subprocess.Popen([*program, str(ms(NOW))], stdout=subprocess.PIPE)


async def test_killed_while_making_each_report_is_there_once_after_all(
    elastic: Elastic, elastic_settings: ElasticSettings
) -> None:
    """Four kills between the first question and the last write of a monthly morning, then one whole look."""
    await fill(elastic)
    dice = random.Random(3)
    for _ in range(4):
        with making(elastic_settings) as process:
            assert process.stdout is not None
            assert await asyncio.to_thread(process.stdout.readline) == b"ready\n"
            await asyncio.sleep(dice.random() * 1.5)
            process.send_signal(signal.SIGKILL)
    await Schedule(elastic, ManualClock(NOW), ReportSettings()).look()
    made = [(one.kind, one.version) for one in await ReportStore(elastic).latest()]
    assert sorted(made) == [("daily", 1), ("monthly", 1), ("weekly", 1)]
    assert await elastic.count(REPORTS.name, {"match_all": {}}) == 3


async def test_posts_that_come_late_for_a_week_make_a_version_that_lists_what_changed(elastic: Elastic) -> None:
    await fill(elastic)
    clock, store = ManualClock(NOW), ReportStore(elastic)
    await Schedule(elastic, clock, ReportSettings()).look()
    clock.forward(hours=2)  # 11:31: the look for what came late
    await Schedule(elastic, clock, ReportSettings()).look()
    first = await store.find("weekly", "2026-W44")
    assert first is not None
    assert first.version == 1, "nothing came late"
    late = [
        {**row, "indexed_at": ms(clock.now())}
        for row in rows(WEEK.window, 40, seed=99, prefix="late") if row["posted_at"] < WEEK.window.end
    ]  # fmt: skip
    await elastic.bulk([Op(index=monthly(OPINIONS, row["posted_at"]), id=row["id"], doc=row) for row in late])
    await elastic.refresh(pattern(OPINIONS))
    clock.forward(days=1)
    await Schedule(elastic, clock, ReportSettings()).look()
    again = await store.find("weekly", "2026-W44")
    assert again is not None
    assert again.version == 2
    assert any(line.startswith("群众反映：由") for line in again.changes)
    clock.forward(days=1)
    await Schedule(elastic, clock, ReportSettings()).look()
    assert [one.version for one in await store.versions("weekly", "2026-W44")] == [2, 1]


async def test_a_new_system_reports_no_week_before_it_was_there_and_catches_up_later(elastic: Elastic) -> None:
    clock = ManualClock(datetime(2026, 10, 29, 4, tzinfo=UTC))  # a Thursday
    await Schedule(elastic, clock, ReportSettings()).look()
    assert await ReportStore(elastic).latest("weekly") == []
    clock.forward(days=7)  # nobody was there on Monday, nor on the 1st
    await Schedule(elastic, clock, ReportSettings()).look()
    assert [line.period for line in await ReportStore(elastic).latest("weekly")] == ["2026-W44"]
    assert [line.period for line in await ReportStore(elastic).latest("monthly")] == ["2026-10"]


async def test_a_report_on_a_consultation_counts_the_posts_of_its_topic_and_place(elastic: Elastic) -> None:
    made = await fill(elastic)
    known = MONTH.window.start + 5 * DAY_MS
    one = consultation(id=digest("consultation", "x"), known_at=known, closed_at=known + 4 * DAY_MS, state="closed")
    await elastic.create(CONSULTATIONS.name, one.id, document(one), refresh=True)
    window = Window(start=known - DAY_MS, end=known + 4 * DAY_MS)
    raw = [row for row in within(made, window) if (row["topic"], row["county"]) == ("供水供气供暖", "620826")]
    assert len(raw) >= 5
    for kind in ("special", "urgent", "minutes"):
        report = await make_report(kind, one.id, elastic, NOW)
        assert one.title in report.summary
        kept = [(await ReportStore(elastic).keep(report)).outcome for _ in range(2)]
        assert kept == ["made", "unchanged"]
    figure = next(f for f in (await make_report("special", one.id, elastic, NOW)).figures() if f.name == "posts")
    assert figure.value == len(raw)


async def test_a_brief_note_is_refused_for_a_lesser_event_and_for_none(elastic: Elastic) -> None:
    one = consultation(id=digest("consultation", "y"), grade="larger")
    await elastic.create(CONSULTATIONS.name, one.id, document(one), refresh=True)
    with pytest.raises(Misconfigured, match="较大"):
        await make_report("urgent", one.id, elastic, NOW)
    with pytest.raises(Misconfigured, match="no consultation"):
        await make_report("minutes", "nobody", elastic, NOW)
