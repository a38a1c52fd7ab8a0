"""All that a weekly or monthly report is made from: one value, so that composing it is a plain function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from alerts.alert import Alert
from alerts.consultation import Consultation
from alerts.reports.figures import Book, total_hits
from alerts.reports.periods import DAY_MS, Window
from alerts.reports.spans import Span
from alerts.reports.stages import Stage
from alerts.reports.tree import Source

Days = tuple[int, ...]


class SpanCounted(Struct, frozen=True, kw_only=True):
    """Distinct opinions of a window, by Beijing day; a dict's key is a source, topic or county code ('': not known)."""

    total: int = 0
    urgent: int = 0
    danger: int = 0
    late: int = 0
    days: Days = ()
    sources: dict[str, Days] = field(default_factory=dict)
    topics: dict[str, Days] = field(default_factory=dict)
    counties: dict[str, Days] = field(default_factory=dict)
    negative: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)


class SpanData(Struct, frozen=True, kw_only=True):
    """One week's or month's numbers and documents.

    window: what is covered; past, year: the span before and a year before, over as much of it; names: county code →
    name; made_at: ms UTC; sampled: of how many posts the times were read; gaps: in words;
    reviewed: consultations whose review has an action that is still open or was carried out in the span.
    """

    span: Span
    window: Window
    past_window: Window
    year_window: Window
    whole: bool
    made_at: int
    unit: str
    names: dict[str, str]
    now: SpanCounted
    past: SpanCounted
    year: SpanCounted
    alerts: tuple[Alert, ...]
    consultations: tuple[Consultation, ...]
    reviewed: tuple[Consultation, ...]
    stages: tuple[Stage, ...]
    sampled: int
    books: dict[str, Book]
    dead: int
    gaps: tuple[str, ...]
    sources: tuple[Source, ...]

    @property
    def words(self) -> tuple[str, str, str]:
        """What this span, the one before and that of a year before are called."""
        return ("本周", "上周", "去年同周") if self.span.kind == "weekly" else ("本月", "上月", "去年同月")

    @property
    def opened(self) -> tuple[Alert, ...]:
        """The alerts that opened in the window."""
        return tuple(alert for alert in self.alerts if alert.opened_at >= self.window.start)

    def county(self, code: str) -> str:
        """Return what people call a county, and what they call it when a text names none."""
        return self.names.get(code, code) if code else "未写明或未识别"


def days_in(window: Window) -> float:
    """Return how many days a window lasts."""
    return (window.end - window.start) / DAY_MS


def span_counted(answer: Mapping[str, Any], window: Window) -> SpanCounted:
    """Read the answer to `queries.by_day`; an answer without aggregations (no index yet) is zero of everything."""
    aggs = answer.get("aggregations") or {}

    def buckets(name: str) -> list[dict[str, Any]]:
        return list((aggs.get(name) or {}).get("buckets", []))

    def flagged(name: str) -> int:
        return int((aggs.get(name) or {}).get("doc_count", 0))

    def by_day(parent: Mapping[str, Any]) -> Days:
        counts = [0] * -(-(window.end - window.start) // DAY_MS)
        for bucket in (parent.get("days") or {}).get("buckets", []):
            counts[(int(bucket["key"]) - window.start) // DAY_MS] += bucket["doc_count"]
        return tuple(counts)

    return SpanCounted(
        total=total_hits(answer),
        urgent=flagged("urgent"),
        danger=flagged("danger"),
        late=flagged("late"),
        days=by_day(aggs),
        sources={bucket["key"]: by_day(bucket) for bucket in buckets("sources")},
        topics={bucket["key"]: by_day(bucket) for bucket in buckets("topics")},
        counties={bucket["key"]: by_day(bucket) for bucket in buckets("counties")},
        negative={bucket["key"]: int(bucket["negative"]["doc_count"]) for bucket in buckets("topics")},
        last={bucket["key"]: int(bucket["last"]["value"]) for bucket in buckets("sources")},
    )
