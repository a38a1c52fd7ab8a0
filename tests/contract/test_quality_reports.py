"""阅评通报, 预警质量 and 覆盖与缺口 on the real Elasticsearch equal plain counts over the raw rows."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from statistics import mean
from typing import Any

import msgspec
import pytest
from console_city import ALERT
from console_fakes import ready
from report_texts import squeeze, texts
from review_examples import ALL, NOW, OTHER, UNIT, a_round, act, closed

from alerts.reports import bulletin, detection, sources
from alerts.reports.kinds import make_report, render
from alerts.reports.section_titles import SECTIONS
from alerts.reports.sections.demands import source_name
from alerts.reports.spans import parse_span
from alerts.reports.tree import Report, Table
from alerts.review import Reading
from alerts.review_rounds import reading
from alerts.reviews import reading_document, round_document
from alerts.store import document
from streams.clock import ms
from streams.elastic import Elastic, Op
from streams.settings import ElasticSettings
from streams.topics import ALERTS, BACKFILL, DEAD_LETTERS, GAPS, LIVE, NOTICES, PAGES, READINGS, REVIEWS, monthly

pytestmark = pytest.mark.engines
SPAN = parse_span("monthly", "2026-09")
HOUR, MINUTE = 3_600_000, 60_000
START, END = SPAN.window.start, SPAN.window.end


async def put(elastic: Elastic, rows: list[tuple[str, str, dict[str, Any]]]) -> None:
    """Store documents by index and id, so that they can be found."""
    for start in range(0, len(rows), 200):
        ops = [Op(index=index, id=id_, doc=doc) for index, id_, doc in rows[start : start + 200]]
        assert [one for one in await elastic.bulk(ops) if not one.ok] == []
    for index in {index for index, _, _ in rows}:
        await elastic.refresh(index)


def figure(made: Report, name: str) -> float | int | None:
    """Return a figure's value."""
    return next(one.value for one in made.figures() if one.name == name)


def titles(made: Report) -> tuple[str, ...]:
    """Return the titles of a report's sections, which templates may order."""
    return tuple(one.title for one in made.sections)


def table(made: Report, name: str) -> dict[str, tuple[Any, ...]]:
    """Return a table's rows by their first cell."""
    found = next(one for one in made.blocks() if isinstance(one, Table) and one.name == name)
    return {str(row[0]): row[1:] for row in found.rows}


def read_by_two(one: Reading, chance: Random) -> tuple[Reading, dict[str, str]]:
    """Return a reading that two have scored by chance and a third decided, and what stands."""
    first = {each.name: chance.choice(each.levels) for each in one.rubric.criteria}
    second = {name: level if chance.random() < 0.7 else ALL[name] for name, level in first.items()}
    both = act(act(one, "score", "qian", first), "score", "zhou", second)
    if both.state == "settled":
        return both, first
    decided = {name: second[name] for name in both.differing}
    return act(both, "decide", "li", {**decided, "reason": "见原文"}, role="leader"), {**first, **decided}


async def test_the_bulletin_says_what_readers_and_arbiters_said(elastic_settings: ElasticSettings) -> None:
    chance, few = Random(3), "崇信县民政局"
    units = [UNIT] * 20 + [OTHER] * 12 + [few] * 3
    items = [closed(number, unit) for number, unit in enumerate(units)]
    around = a_round(items, size=35)
    pairs = [read_by_two(drawn, chance) for one in items if (drawn := reading(around, one, one.lead)) is not None]
    told = msgspec.structs.replace(around, state="heard", told_at=ms(NOW))
    async with ready(elastic_settings) as elastic:
        none = await make_report("bulletin", "2026-09", elastic, NOW)
        assert "没有开展" in none.summary
        await put(elastic, [(REVIEWS.name, told.id, round_document(told))])
        await put(elastic, [(READINGS.name, one.id, reading_document(one)) for one, _ in pairs])
        made = await make_report("bulletin", "2026-09", elastic, NOW)
    weight = {"answers": 25, "facts": 20, "basis": 15, "tone": 10, "in_time": 10, "plain": 10, "personal": 10}
    part = {"yes": 1, "partly": 0.5, "no": 0}
    earned = [(one.unit, sum(weight[name] * part[level] for name, level in said.items())) for one, said in pairs]
    assert titles(made) == SECTIONS["bulletin"]
    assert (figure(made, "sample"), figure(made, "settled")) == (35, 35)
    assert figure(made, "points") == round(mean(points for _, points in earned), 1)
    by_unit = table(made, "units")
    assert by_unit[UNIT][:2] == (20, f"{mean(points for unit, points in earned if unit == UNIT):.1f}")
    assert by_unit[few] == ("<5", "—", "—")
    assert by_unit[OTHER] == ("未列", "—", "—"), "the total would give the small one away"
    for each in around.rubric.criteria:
        counted = {level: sum(said[each.name] == level for _, said in pairs) for level in each.levels}
        shown = dict(zip(("yes", "partly", "no"), table(made, "criteria")[each.title][:3], strict=True))
        for level, count in counted.items():
            assert shown[level] in (count, "<5" if 0 < count < 5 else "未列")
        agree = sum(one.scores[0].levels[each.name] == one.scores[1].levels[each.name] for one, _ in pairs)
        assert f"一致{agree / 35:.0%}" in table(made, "agreement")[each.title][1]
    said = str(msgspec.to_builtins(made))
    for hidden in ("qian", "zhou", "静宁县城关镇停水", *(one.item for one, _ in pairs)):
        assert hidden not in said


async def test_rules_are_as_good_as_staff_said(elastic_settings: ElasticSettings) -> None:
    chance = Random(5)
    alerts = []
    for number in range(60):
        opened = START - 2 * HOUR + chance.randrange(END - START)
        signed = opened + chance.randrange(1, 300) * MINUTE if chance.random() < 0.8 else 0
        alerts.append(msgspec.structs.replace(
            ALERT, id=f"a{number}", rule=chance.choice(("one", "two")), rule_title="", opened_at=opened,
            mode="live" if number % 6 else "replay", acknowledged_at=signed,
            verdict=chance.choice(("true", "true", "false", "late", "")),
        ))  # fmt: skip
    notices: list[dict[str, Any]] = [
        {"id": f"n{n}", "alert": "a1", "channel": chance.choice(("email", "wecom")), "kind": "opened",
         "state": "sent" if n % 4 else "failed", "at": START, "sent_at": START + chance.randrange(END - START)}
        for n in range(80)
    ]  # fmt: skip
    async with ready(elastic_settings) as elastic:
        await put(elastic, [(ALERTS.name, one.id, document(one)) for one in alerts])
        await put(elastic, [(NOTICES.name, one["id"], one) for one in notices])
        made = await make_report("detection", "2026-09", elastic, NOW)
    wanted = [one for one in alerts if one.mode == "live" and START <= one.opened_at < END]
    assert titles(made) == SECTIONS["detection"]
    assert figure(made, "alerts") == len(wanted)
    assert figure(made, "unsigned") == sum(not one.acknowledged_at for one in wanted)
    for rule in ("one", "two"):
        own = [one for one in wanted if one.rule == rule]
        row = table(made, "rules")[rule]
        right, false, late = (sum(one.verdict == said for one in own) for said in ("true", "false", "late"))
        assert row[:4] == (len(own), right, false, late)
        assert row[4].startswith(f"{(right + late) / (right + false + late):.0%}（")
        waits = sorted(one.acknowledged_at - one.opened_at for one in own if one.acknowledged_at)
        minutes = waits[(len(waits) + 1) // 2 - 1] // MINUTE
        assert row[5] == f"{f'{minutes // 60}小时' if minutes >= 60 else ''}{minutes % 60}分钟"
    sent = [one for one in notices if one["state"] == "sent"]
    assert {name: row[0] for name, row in table(made, "channels").items()} == {
        "电子邮件": sum(one["channel"] == "email" for one in sent),
        "企业微信群机器人": sum(one["channel"] == "wecom" for one in sent),
    }
    by_shift = [one["sent_at"] // (12 * HOUR) for one in sent]
    assert f"最多{max(by_shift.count(at) for at in set(by_shift))}条" in str(made)


async def test_coverage_is_what_arrived_beside_what_usually_does(elastic_settings: ElasticSettings) -> None:
    chance = Random(7)
    pages: list[dict[str, Any]] = []
    for hour in range(-28 * 24, 30 * 24):
        for source, rate in (("portal", 3), ("hotline", 2)):
            quiet = source == "hotline" and 240 <= hour < 300
            count = 0 if quiet else rate
            if count:
                pages.append({"source": source, "topic": LIVE.name, "received": count, "stored": count, "repeated": 0,
                              "rejected": 0, "late": 0, "at": START + hour * HOUR + chance.randrange(HOUR)})
    pages.append({**pages[-1], "topic": BACKFILL.name, "received": 9, "stored": 8, "repeated": 1, "at": START + HOUR})
    gap = {"id": "g1", "source": "hotline", "since": START + 240 * HOUR, "until": START + 300 * HOUR, "missing": 120.0,
           "found_at": START + 250 * HOUR}  # fmt: skip
    reasons = ("field_missing", "not_json")
    letters: list[dict[str, Any]] = [
        {"id": f"d{n}", "source": "portal", "origin": "x", "ref": "", "reason": chance.choice(reasons), "detail": "",
         "size": 1, "at": START + n * HOUR}
        for n in range(9)
    ]  # fmt: skip
    async with ready(elastic_settings) as elastic:
        await put(elastic, [(monthly(PAGES, one["at"]), f"p{n}", one) for n, one in enumerate(pages)])
        await put(elastic, [(GAPS.name, "g1", gap)])
        await put(elastic, [(monthly(DEAD_LETTERS, one["at"]), one["id"], one) for one in letters])
        made = await make_report("coverage", "2026-09", elastic, NOW)
    live = [one for one in pages if one["topic"] == LIVE.name and one["at"] >= START]
    rows = table(made, "sources")
    for source, rate in (("portal", 3), ("hotline", 2)):
        received = sum(one["received"] for one in live if one["source"] == source)
        usual = rate * 30 * 24
        assert rows[source_name(source)][:3] == (received, f"约{usual}", f"{received / usual:.0%}")
    assert rows[source_name("hotline")][3] == "2天12小时"
    assert rows[source_name("portal")][3] == "无"
    assert figure(made, "received") == sum(one["received"] for one in live)
    assert figure(made, "rejected") == 9
    assert sum(row[0] for row in table(made, "dead").values()) == 9
    assert table(made, "gaps")[source_name("hotline")][2] == "2天12小时"


def test_a_month_without_data_still_reports_and_every_form_says_the_same() -> None:
    empty = SPAN.window
    made = [
        bulletin.compose(bulletin.BulletinData(
            span=SPAN, window=empty, made_at=ms(NOW), unit="平凉市", round=None, readings=(), sources=())),
        detection.compose(detection.DetectionData(
            span=SPAN, window=empty, made_at=ms(NOW), unit="平凉市", rules=(), alerts=0, unsigned=0,
            load=detection.load_of([]), sources=())),
        sources.compose(sources.CoverageData(
            span=SPAN, window=empty, made_at=ms(NOW + timedelta(days=1)), unit="平凉市", rows=(), gaps=(), dead={},
            sources=())),
    ]  # fmt: skip
    for one in made:
        for form, said in texts({form: render(one, form) for form in ("html", "docx", "pdf")}).items():
            assert squeeze(one.title) in squeeze(said), form
            assert squeeze(one.sections[0].title) in squeeze(said), form
