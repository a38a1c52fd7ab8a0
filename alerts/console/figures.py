"""The console's own small figures: liveliness of sources, today's count, dead letters, and the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.console.words import DAY, HOUR
from alerts.source_health import STATES, Pulse
from streams.records import REASONS, SOURCES
from streams.topics import DEAD_LETTERS, OPINIONS, PAGES, pattern

OPINION_INDEX = pattern(OPINIONS)
LETTER_INDEX = pattern(DEAD_LETTERS)
PAGE_INDEX = pattern(PAGES)


@dataclass(frozen=True)
class Source:
    """How lively a source is: when its last text arrived (ms UTC), how many in a day, and how many that usually are."""

    key: str
    name: str
    received_at: int
    day: int
    usual_day: float
    state: str
    words: str


def sources(pulses: Sequence[Pulse]) -> list[Source]:
    """Return every source as people see it."""
    return [
        Source(
            one.source, SOURCES.get(one.source, one.source), one.since, one.day, one.usual_day, one.state, _words(one)
        )
        for one in pulses
    ]


def _words(pulse: Pulse) -> str:
    missing = f"，约少{pulse.expected:.0f}条" if pulse.state == "quiet" and pulse.expected >= 1 else ""
    return STATES[pulse.state] + missing


def today_body(since: int, until: int) -> dict[str, Any]:
    """Return the search for today's texts by hour, urgent ones among them, and for the same hours of yesterday."""
    day = {"range": {"posted_at": {"gte": since, "lt": until + 1, "format": "epoch_millis"}}}
    before = {"range": {"posted_at": {"gte": since - DAY, "lt": until - DAY + 1, "format": "epoch_millis"}}}
    return {
        "size": 0,
        "query": {"range": {"posted_at": {"gte": since - DAY, "lt": until + 1, "format": "epoch_millis"}}},
        "aggs": {
            "today": {
                "filter": day,
                "aggs": {
                    "urgent": {"filter": {"term": {"urgent": True}}},
                    "hours": {
                        "date_histogram": {
                            "field": "posted_at", "fixed_interval": "1h", "min_doc_count": 0,
                            "extended_bounds": {"min": since, "max": since + DAY - HOUR},
                        }
                    },
                    "topics": {"terms": {"field": "topic", "size": 6}},
                },
            },
            "before": {"filter": before},
        },
    }  # fmt: skip


def letters_body(now: int) -> dict[str, Any]:
    """Return the search for the dead letters of the last 24 hours by reason."""
    return {
        "size": 0,
        "track_total_hits": True,
        "query": {"range": {"at": {"gte": now - DAY, "format": "epoch_millis"}}},
        "aggs": {"reason": {"terms": {"field": "reason", "size": 20}}},
    }


def reasons(answer: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return reasons of dead letters as (word, Chinese, count), most first."""
    buckets = answer.get("aggregations", {}).get("reason", {}).get("buckets", [])
    return [(b["key"], REASONS.get(b["key"], b["key"]), int(b["doc_count"])) for b in buckets]


@dataclass(frozen=True)
class Book:
    """One source's account: everything received is stored, repeated or rejected."""

    key: str
    name: str
    received: int
    stored: int
    repeated: int
    rejected: int

    @property
    def gap(self) -> int:
        """What is missing; 0 if the book balances."""
        return self.received - self.stored - self.repeated - self.rejected


def books_body() -> dict[str, Any]:
    """Return the search that adds up the books per source."""
    sums = {name: {"sum": {"field": name}} for name in ("received", "stored", "repeated", "rejected")}
    return {"size": 0, "aggs": {"source": {"terms": {"field": "source", "size": 50}, "aggs": sums}}}


def books(answer: Mapping[str, Any]) -> list[Book]:
    """Return the books of all sources that sent something, known ones first and in order."""
    found = {str(b["key"]): b for b in answer.get("aggregations", {}).get("source", {}).get("buckets", [])}
    keys = [key for key in SOURCES if key in found] + sorted(set(found) - set(SOURCES))

    def figure(key: str, name: str) -> int:
        return int(found[key][name]["value"] or 0)

    return [
        Book(
            key, SOURCES.get(key, "无法识别来源" if key in {"", "?"} else key), figure(key, "received"),
            figure(key, "stored"), figure(key, "repeated"), figure(key, "rejected"),
        )
        for key in keys
    ]  # fmt: skip


def total(rows: list[Book]) -> Book:
    """Return the sum of all books."""
    return Book(
        "", "合计", sum(r.received for r in rows), sum(r.stored for r in rows), sum(r.repeated for r in rows),
        sum(r.rejected for r in rows),
    )  # fmt: skip
