"""One invented report of every kind, made without engines, for tests of the forms."""

from __future__ import annotations

import random
from datetime import date

import msgspec
from effect_examples import item, rows
from handing_over import a_handover, an_item
from matter_examples import report as of_matter
from msgspec.structs import replace
from report_examples import alert, busy_day
from review_examples import ALL, NOW, OTHER, UNIT, a_round, closed, scored
from week_examples import MONTH as THE_MONTH
from week_examples import data as of_span

from alerts.appraisal import read_weights
from alerts.gaps import Gap
from alerts.inspection import opened
from alerts.quality import quality
from alerts.reports import appraisal, bulletin, daily, detection, effect, handover, sources, span
from alerts.reports.cases import read
from alerts.reports.effect_data import EffectData, Totals, totals
from alerts.reports.effect_span import before, month_span, year_before
from alerts.reports.figures import Book
from alerts.reports.spans import Span, month_of, parse_span
from alerts.reports.stages import stages
from alerts.reports.tree import Report, Source
from alerts.review_rounds import reading
from streams.clock import from_ms, ms

MONTH = month_span(month_of(date(2026, 10, 5)))
SEPTEMBER = parse_span("monthly", "2026-09")
UNITS = "某市"
SOURCES = (Source(name="ledger", title="台账", index="ledger", window_from=0, window_to=1, query={}),)
WEIGHTS = read_weights("")
HOUR = 3_600_000


def _totals(of: Span, count: int, seed: int) -> Totals:
    read_ = [read({"record": msgspec.to_builtins(item(row))}) for row in rows(of.window, count, seed=seed)]
    return totals(read_, of.window, of.window.end, {})


def of_effect() -> Report:
    """Return an evaluation."""
    return effect.compose(EffectData(
        span=MONTH, window=MONTH.window, whole=True, made_at=MONTH.window.end, unit=UNITS,
        names={"620826": "静宁县", "620802": "崆峒区"}, now=_totals(MONTH, 400, 5), past=_totals(before(MONTH), 300, 6),
        year=totals((), year_before(MONTH).window, 0, {}), posts=of_span().now, past_posts=of_span().past,
        stages=stages((), (), ()), sampled=0, books={}, dead=0, gaps=("微信停了三小时",), after=(), sources=SOURCES,
    ))  # fmt: skip


def of_appraisal() -> Report:
    """Return an appraisal with a finding."""
    seen = from_ms(MONTH.window.end - 24 * HOUR)
    given = {"unit": "水务局", "finding": "wrong_fact", "where": "门户", "at": ms(seen), "text": "日期有误"}
    return appraisal.compose(appraisal.AppraisalData(
        span=MONTH, window=MONTH.window, made_at=MONTH.window.end, unit=UNITS, totals=_totals(MONTH, 400, 5),
        policies=(), found=(opened("reading", given, WEIGHTS, by="sun", role="supervisor", now=seen),),
        weights=WEIGHTS, gaps=(), sources=SOURCES,
    ))  # fmt: skip


def of_bulletin() -> Report:
    """Return a bulletin of a round that is finished."""
    items = [closed(number, unit) for number, unit in enumerate([UNIT] * 9 + [OTHER] * 6)]
    around = replace(a_round(items, size=15), state="told", told_at=ms(NOW))
    drawn = [made for one in items if (made := reading(around, one, one.lead)) is not None]
    chance = random.Random(3)
    read_ = []
    for one in drawn:
        same = {name: chance.choice(["yes", "yes", "partly"]) for name in ("basis", "tone")}
        read_.append(scored(one, same, same))
    assert set(ALL) >= {"basis", "tone"}
    return bulletin.compose(bulletin.BulletinData(
        span=SEPTEMBER, window=SEPTEMBER.window, made_at=ms(NOW), unit=UNITS, round=around, readings=tuple(read_),
        sources=SOURCES,
    ))  # fmt: skip


def of_detection() -> Report:
    """Return the quality of a month's alerts."""
    window, alerts = SEPTEMBER.window, []
    for number in range(20):
        at = window.start + number * 20 * HOUR
        verdict = "false" if not number % 4 else "true"
        alerts.append(alert(f"a{number}", opened_at=at, acknowledged_at=at + 3 * HOUR // 2, verdict=verdict))
    return detection.compose(detection.DetectionData(
        span=SEPTEMBER, window=window, made_at=ms(NOW), unit=UNITS, rules=quality(alerts), alerts=20, unsigned=0,
        load=detection.load_of([("email", one.opened_at) for one in alerts]), sources=SOURCES,
    ))  # fmt: skip


def of_coverage() -> Report:
    """Return a month's coverage with a gap."""
    window = SEPTEMBER.window
    gap = Gap(id="g", source="hotline", since=window.start + HOUR, until=window.start + 61 * HOUR, missing=120.0,
              found_at=window.start + 9 * HOUR)  # fmt: skip
    covered = tuple(
        sources.Covered(source=name, received=count, usual=1400.0, last=window.end - HOUR, silent=silent,
                        book=Book(received=count, stored=count))
        for name, count, silent in (("portal", 1432, 0), ("hotline", 1203, 60 * HOUR), ("board", 3, 0))
    )  # fmt: skip
    return sources.compose(sources.CoverageData(
        span=SEPTEMBER, window=window, made_at=ms(NOW), unit=UNITS, rows=covered, gaps=(gap,),
        dead={"not_json": 7, "field_missing": 2}, sources=SOURCES,
    ))  # fmt: skip


def every_kind() -> dict[str, Report]:
    """Return a report of each kind by its name."""
    shift = a_handover(an_item("静宁县停水集中反映"), an_item("校车晚点反映增多"))
    return {
        "daily": daily.compose(busy_day()), "weekly": span.compose(of_span()),
        "monthly": span.compose(of_span(THE_MONTH)), "effect": of_effect(), "appraisal": of_appraisal(),
        "bulletin": of_bulletin(), "detection": of_detection(), "coverage": of_coverage(),
        "handover": handover.compose(shift, now=shift.until, unit=UNITS),
        **{kind: of_matter(kind) for kind in ("urgent", "special", "minutes")},
    }  # fmt: skip
