"""A week and a month with something of everything, for tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from report_examples import alert, consultation
from span_examples import by_day, rows

from alerts.reports.periods import Window
from alerts.reports.span_data import SpanCounted, SpanData
from alerts.reports.spans import before, month_of, week_of, year_before
from alerts.reports.stages import stages

WEEK, MONTH = week_of(date(2026, 11, 22)), month_of(date(2026, 11, 22))


def counted(window: Window, count: int, seed: int) -> SpanCounted:
    some = rows(window, count, seed=seed)
    return SpanCounted(
        total=len(some), urgent=sum(row["urgent"] for row in some), days=by_day(some, window).get("", ()),
        sources=by_day(some, window, "source"), topics=by_day(some, window, "topic"),
        counties=by_day(some, window, "county"), last={row["source"]: row["posted_at"] for row in some},
    )  # fmt: skip


def data(span: Any = WEEK, **changes: Any) -> SpanData:
    alerts = (alert("甲", level="major", title="=静宁县供水反映突增", count=126),
              alert("乙", acknowledged_at=0, state="firing"))  # fmt: skip
    given: dict[str, Any] = {
        "span": span, "window": span.window, "past_window": before(span).window,
        "year_window": year_before(span).window, "whole": True, "made_at": span.window.end + 12 * 3_600_000,
        "unit": "某市政务舆情回应", "names": {"620826": "静宁县", "620802": "崆峒区"},
        "now": counted(span.window, 420, 1), "past": counted(before(span).window, 300, 2),
        "reviewed": (), "year": counted(year_before(span).window, 20, 3), "alerts": alerts,
        "consultations": (consultation(),),
        "stages": stages(rows(span.window, 420, seed=1), alerts, (consultation(),)), "sampled": 420, "books": {},
        "dead": 2, "gaps": ("微信 11月17日08:00至11月17日11:00没有收到内容，平时约30条",), "sources": (),
    }  # fmt: skip
    return SpanData(**{**given, **changes})
