"""The evaluation on the real Elasticsearch equals a plain count over the raw rows, for a month and for any days."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from effect_examples import Row, first_replies, item, plain, rows
from msgspec.structs import replace
from report_examples import consultation
from span_examples import rows as opinions

from alerts.appraisal import read_weights
from alerts.consultation import PublicText
from alerts.consultations import document as consultation_document
from alerts.history import History
from alerts.inspections import InspectionService
from alerts.ledgers import document
from alerts.reports.after import after_effects
from alerts.reports.effect import gather
from alerts.reports.effect_span import before, month_span, parse
from alerts.reports.kinds import make_report
from alerts.reports.periods import DAY_MS
from alerts.reports.settings import ReportSettings
from alerts.reports.spans import Span, month_of
from alerts.reports.store import ReportStore
from alerts.reports.tree import Table
from alerts.schedule import Schedule
from streams.clock import ManualClock, from_ms, ms
from streams.elastic import Elastic, Op
from streams.errors import Misconfigured
from streams.records import digest
from streams.settings import ElasticSettings
from streams.topics import CONSULTATIONS, EVENTS, LEDGER, OPINIONS, monthly, pattern

pytestmark = pytest.mark.engines
TEMPLATES = Path(__file__).parents[2] / "deploy" / "index_templates"
NOW = datetime(2026, 11, 2, 1, 45, tzinfo=UTC)  # 9:45 in Beijing
MONTH = month_span(month_of(date(2026, 10, 5)))
DAYS = parse("2026-10-03..2026-10-17")


@pytest.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as gateway:
        await gateway.install({path.stem: json.loads(path.read_text("utf-8")) for path in TEMPLATES.glob("*.json")})
        yield gateway


async def fill(elastic: Elastic) -> list[Row]:
    """Store items of a month and of the one before; the matter that repeats is one that no item stands in."""
    made = [*rows(MONTH.window, 500), *rows(before(MONTH).window, 300, seed=9, prefix="j")]
    ops = [Op(index=LEDGER.name, id=row["id"], doc=document(item(row))) for row in made]
    for start in range(0, len(ops), 200):  # aiohttp warns of bodies over 1 MB
        assert [outcome for outcome in await elastic.bulk(ops[start : start + 200]) if not outcome.ok] == []
    await elastic.refresh(LEDGER.name)
    return made


@pytest.mark.parametrize("span", [MONTH, DAYS], ids=["month", "days"])
async def test_every_figure_equals_a_plain_count_over_the_raw_rows(elastic: Elastic, span: Span) -> None:
    made = await fill(elastic)
    data = await gather(elastic, span, NOW, unit="某市")
    for told, window in ((data.now, span.window), (data.past, before(span).window)):
        counts = {name: value for name, value in vars(told.whole).items() if isinstance(value, int)}
        counts.pop("no_limit")
        assert counts == plain(made, window, told.cut)
        took, waits = first_replies(made, window, told.cut)
        assert (sorted(told.whole.spans["first_reply"]), told.whole.waiting["first_reply"]) == (took, waits)
    assert data.now.cut - span.window.end == data.past.cut - before(span).window.end
    report = await make_report("effect", span.name, elastic, NOW)
    shown = next(block for block in report.blocks() if isinstance(block, Table) and block.name == "rates")
    expected = plain(made, span.window, data.now.cut)
    answered = next(row for row in shown.rows if row[0] == "答复率")
    assert answered[1:3] == (f"{expected['answered'] / expected['valid']:.0%}", expected["valid"])


async def test_a_message_of_a_matter_that_stood_before_it_counts_as_repeated(elastic: Elastic) -> None:
    made = await fill(elastic)
    inside = [row for row in made if MONTH.window.start <= row["received"] < MONTH.window.end]
    again = [row for row in inside if row["fate"] == "valid"][:7]
    doc = {"id": "m", "posts": ["opener", *(f"o{row['id']}" for row in again)], "first": MONTH.window.start - 1,
           "current": True}  # fmt: skip
    await elastic.put(EVENTS.name, "m", doc, refresh=True)
    data = await gather(elastic, MONTH, NOW, unit="某市")
    assert data.now.whole.repeated == plain(made, MONTH.window, data.now.cut)["repeated"] + len(again)


async def test_on_the_first_working_day_the_clock_makes_all_that_is_monthly_once(elastic: Elastic) -> None:
    await fill(elastic)
    clock = ManualClock(datetime(2026, 11, 2, 1, 56, tzinfo=UTC))  # a Monday; the 1st was a Sunday
    for _ in range(2):
        await Schedule(elastic, clock, ReportSettings()).look()
    for kind in ("effect", "appraisal", "bulletin", "detection", "coverage"):
        assert {(one.period, one.version) for one in await ReportStore(elastic).latest(kind)} == {("2026-10", 1)}


async def test_an_appraisal_is_made_anew_with_what_was_decided_on_an_appeal(elastic: Elastic) -> None:
    await fill(elastic)
    inspections = InspectionService(elastic, History(elastic), read_weights(""))
    seen = from_ms(MONTH.window.end - DAY_MS)
    found = {"unit": "水务局", "finding": "wrong_fact", "where": "门户", "at": ms(seen), "text": "日期有误"}
    one = await inspections.record("reading", found, by="sun", role="supervisor", now=seen)
    store, versions = ReportStore(elastic), []
    acts = (("appeal", "zhao", {"text": "已更正"}), ("decide", "qian", {"upheld": "1", "reason": "属实"}))
    for name, by, data in acts:
        report = await make_report("appraisal", "2026-10", elastic, NOW)
        versions.append((await store.keep(report)).report)
        await inspections.move(one.id, name, by=by, role="admin", data=data, now=NOW)
    versions.append((await store.keep(await make_report("appraisal", "2026-10", elastic, NOW))).report)
    told = [next(b for b in report.blocks() if isinstance(b, Table) and b.name == "scores") for report in versions]
    cost = [next(row[4] for row in table.rows if row[0] == "水务局") for table in told]
    assert cost == [5.0, 5.0, 0.0]
    assert versions[-1].version == 3
    assert any("督查扣分" in line for line in versions[-1].changes)
    assert (await inspections.audit()).wrong == ()


async def test_an_appraisal_with_wrong_weights_is_refused(elastic: Elastic, tmp_path: Path) -> None:
    file = tmp_path / "weights.yml"
    file.write_text("indicators: {satisfied: {points: 100, full: 1.0}}", "utf-8")
    with pytest.raises(Misconfigured, match="satisfaction alone"):
        await make_report("appraisal", "2026-10", elastic, NOW, ReportSettings(report_appraisal=str(file)))


async def test_what_changed_after_a_statement_equals_a_plain_count_over_the_raw_rows(elastic: Elastic) -> None:
    said = MONTH.window.start + 10 * DAY_MS
    statement = PublicText(text="正在抢修", unit="县水务局", drafted_by="a", drafted_at=said, published_at=said)
    one = consultation(id=digest("consultation", "z"), known_at=said - DAY_MS, opened_at=said - DAY_MS,
                       statement=statement, topic="供水供气供暖", county="620826", questions=())  # fmt: skip
    await elastic.create(CONSULTATIONS.name, one.id, consultation_document(one), refresh=True)
    posts = [
        {**row, "intent": intent}
        for row, intent in zip(opinions(MONTH.window, 3_000), ["help", "complaint", "thanks"] * 1_000, strict=True)
    ]
    for start in range(0, len(posts), 500):
        batch = posts[start : start + 500]
        ops = [Op(index=monthly(OPINIONS, row["posted_at"]), id=row["id"], doc=row) for row in batch]
        assert [outcome for outcome in await elastic.bulk(ops) if not outcome.ok] == []
    await elastic.refresh(pattern(OPINIONS))
    near = [row for row in posts if abs(row["posted_at"] - said) <= 3 * DAY_MS and row["intent"] != "thanks"]
    own = [row for row in near if (row["topic"], row["county"]) == ("供水供气供暖", "620826")]
    again = [row["id"] for row in own[::3]]
    await elastic.put(EVENTS.name, "w", {"id": "w", "posts": ["opener", *again], "first": 1, "last": said,
                                         "current": True}, refresh=True)  # fmt: skip
    answers = [said - 1, said + 1, said + DAY_MS, said + 4 * DAY_MS, 0]
    items = [
        {**row, "received": said - DAY_MS, "first": said, "answered": at, "closed": 0, "fate": "valid", "earlier": None}
        for row, at in zip(rows(MONTH.window, 5), answers, strict=True)
    ]
    for row in items:
        linked = replace(item(row), consultation=one.id)
        await elastic.put(LEDGER.name, linked.id, document(linked), refresh=True)
    (found,) = await after_effects(elastic, one, ms(NOW))
    for side, wanted in ((found.before, range(-3 * DAY_MS, 0)), (found.after, range(3 * DAY_MS))):
        inside = [row for row in near if row["posted_at"] - said in wanted]
        mine = [row for row in inside if row in own]
        assert side.messages == len(mine) > 20
        assert side.repeated == sum(row["id"] in again for row in mine)
        assert side.like == sum(row["topic"] == "供水供气供暖" and row["county"] != "620826" for row in inside)
    assert found.items == (4, 2)
    report = await make_report("effect", MONTH.name, elastic, NOW)
    tables = {block.name: block for block in report.blocks() if isinstance(block, Table)}
    assert one.title in str(tables["after"])
