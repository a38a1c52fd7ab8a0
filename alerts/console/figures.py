"""The console's own small figures: freshness of sources, today's count, dead letters, and the books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.console.words import DAY, HOUR
from streams.records import REASONS, SOURCES
from streams.topics import DEAD_LETTERS, OPINIONS, PAGES, pattern

OPINION_INDEX = pattern(OPINIONS)
LETTER_INDEX = pattern(DEAD_LETTERS)
PAGE_INDEX = pattern(PAGES)


@dataclass(frozen=True)
class Source:
    """How fresh a source is: when its last text was received and written (ms UTC), how many in the last day."""

    key: str
    name: str
    received_at: int
    posted_at: int
    day: int
    state: str

    @property
    def words(self) -> str:
        """The state in Chinese."""
        return {"fresh": "正常", "quiet": "较久无来信", "never": "未接入"}[self.state]


def freshness_body(now: int) -> dict[str, Any]:
    """Return the search for each source's last text and its count of the last 24 hours."""
    return {
        "size": 0,
        "aggs": {
            "source": {
                "terms": {"field": "source", "size": 20},
                "aggs": {
                    "received": {"max": {"field": "received_at"}},
                    "posted": {"max": {"field": "posted_at"}},
                    "day": {"filter": {"range": {"posted_at": {"gte": now - DAY, "format": "epoch_millis"}}}},
                },
            }
        },
    }


def freshness(answer: Mapping[str, Any], now: int, quiet_ms: int) -> list[Source]:
    """Return every known source in its order, also those that never sent anything ("other" only if it did)."""
    found = {b["key"]: b for b in answer.get("aggregations", {}).get("source", {}).get("buckets", [])}
    out: list[Source] = []
    for key, name in SOURCES.items():
        bucket = found.get(key)
        if bucket is None:
            if key != "other":
                out.append(Source(key, name, 0, 0, 0, "never"))
            continue
        received = int(bucket["received"]["value"] or 0)
        state = "quiet" if now - received > quiet_ms else "fresh"
        posted = int(bucket["posted"]["value"] or 0)
        out.append(Source(key, name, received, posted, int(bucket["day"]["doc_count"]), state))
    return out


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
