"""From Elasticsearch's answers to plain numbers; nothing is suppressed here, nothing is shown from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from alerts.reports.periods import HOUR_MS, Window

Answer = Mapping[str, Any]


class Counted(Struct, frozen=True, kw_only=True):
    """What people wrote in a window: distinct opinions by event time.

    hours: one count an hour of the window; negative: by topic; concerns: (topic, county code) → count;
    last: source → ms UTC of its latest post; source_hours: source → one count an hour.
    """

    total: int = 0
    urgent: int = 0
    danger: int = 0
    late: int = 0
    hours: tuple[int, ...] = ()
    sources: dict[str, int] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    negative: dict[str, int] = field(default_factory=dict)
    counties: dict[str, int] = field(default_factory=dict)
    concerns: dict[tuple[str, str], int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    source_hours: dict[str, tuple[int, ...]] = field(default_factory=dict)


class Book(Struct, frozen=True, kw_only=True):
    """What became of one source's posts: received = stored + repeated + rejected."""

    received: int = 0
    stored: int = 0
    repeated: int = 0
    rejected: int = 0

    @property
    def balanced(self) -> bool:
        """Whether nothing is missing."""
        return self.received == self.stored + self.repeated + self.rejected


def counted(answer: Answer, window: Window) -> Counted:
    """Read the answer to `queries.opinions`; an answer without aggregations (no index yet) is zero of everything."""
    aggs = answer.get("aggregations") or {}
    sources = _buckets(aggs, "sources")
    topics = _buckets(aggs, "topics")
    return Counted(
        total=total_hits(answer),
        urgent=_count(aggs, "urgent"),
        danger=_count(aggs, "danger"),
        late=_count(aggs, "late"),
        hours=_hours(aggs, window),
        sources={bucket["key"]: bucket["doc_count"] for bucket in sources},
        topics={bucket["key"]: bucket["doc_count"] for bucket in topics},
        negative={bucket["key"]: _count(bucket, "negative") for bucket in topics},
        counties={bucket["key"]: bucket["doc_count"] for bucket in _buckets(aggs, "counties")},
        concerns={
            (topic["key"], county["key"]): county["doc_count"]
            for topic in topics
            for county in _buckets(topic, "counties")
            if topic["key"] and county["key"]
        },
        last={bucket["key"]: int(bucket["last"]["value"]) for bucket in sources if bucket["last"]["value"] is not None},
        source_hours={bucket["key"]: _hours(bucket, window) for bucket in sources},
    )


def booked(answer: Answer) -> dict[str, Book]:
    """Read the answer to `queries.books`: source → its book."""
    return {
        bucket["key"]: Book(**{name: int(bucket[name]["value"]) for name in Book.__struct_fields__})
        for bucket in _buckets(answer.get("aggregations") or {}, "sources")
    }


def by_key(answer: Answer, name: str) -> dict[str, int]:
    """Read a terms aggregation: key → count."""
    return {bucket["key"]: bucket["doc_count"] for bucket in _buckets(answer.get("aggregations") or {}, name)}


def documents(answer: Answer) -> list[dict[str, Any]]:
    """Return the documents of an answer, in its order."""
    return [hit["_source"] for hit in (answer.get("hits") or {}).get("hits", [])]


def total_hits(answer: Answer) -> int:
    """Return how many documents match."""
    return int(((answer.get("hits") or {}).get("total") or {}).get("value", 0))


def silences(hours: tuple[int, ...], *, first: int = 8, last: int = 22, least: int = 4) -> list[tuple[int, int]]:
    """Return stretches [from, to) of `least` or more hours of the day without any post, between `first` and `last`."""
    found: list[tuple[int, int]] = []
    start = first
    for hour in range(first, min(last, len(hours)) + 1):
        ends = hour == min(last, len(hours)) or hours[hour] > 0
        if ends:
            if hour - start >= least:
                found.append((start, hour))
            start = hour + 1
    return found


def median(values: list[int]) -> int | None:
    """Return the middle value (the lower of two), None of nothing."""
    return sorted(values)[(len(values) - 1) // 2] if values else None


def _buckets(aggs: Answer, name: str) -> list[dict[str, Any]]:
    return list((aggs.get(name) or {}).get("buckets", []))


def _count(aggs: Answer, name: str) -> int:
    return int((aggs.get(name) or {}).get("doc_count", 0))


def _hours(aggs: Answer, window: Window) -> tuple[int, ...]:
    counts = [0] * -(-(window.end - window.start) // HOUR_MS)
    for bucket in _buckets(aggs, "hours"):
        counts[(int(bucket["key"]) - window.start) // HOUR_MS] += bucket["doc_count"]
    return tuple(counts)
