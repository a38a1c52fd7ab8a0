"""What reports ask Elasticsearch: pure query bodies over windows of event time."""

from __future__ import annotations

from typing import Any

from alerts.reports.periods import DAY_MS, HOUR_MS, Window

Body = dict[str, Any]

ROWS = 500
"""Most alerts or consultations that one report lists."""


def _within(field: str, window: Window) -> Body:
    return {"range": {field: {"gte": window.start, "lt": window.end, "format": "epoch_millis"}}}


def _hours(field: str, window: Window) -> Body:
    # offset: buckets start where the window starts, whatever the zone
    return {"histogram": {"field": field, "interval": HOUR_MS, "offset": window.start % HOUR_MS, "min_doc_count": 1}}


def opinions(window: Window) -> Body:
    """Ask for all counts of opinions whose event time lies in the window."""
    yes: dict[str, Body] = {name: {"filter": {"term": {name: True}}} for name in ("urgent", "danger", "late")}
    return {
        "size": 0,
        "track_total_hits": True,
        "query": _within("posted_at", window),
        "aggs": {
            **yes,
            "hours": _hours("posted_at", window),
            "sources": {
                "terms": {"field": "source", "size": 50},
                "aggs": {"hours": _hours("posted_at", window), "last": {"max": {"field": "posted_at"}}},
            },
            "topics": {
                "terms": {"field": "topic", "size": 50, "missing": ""},
                "aggs": {
                    "negative": {"filter": {"term": {"sentiment": "neg"}}},
                    # the concerns: topic × county; both lists are short, so nothing is cut off
                    "counties": {"terms": {"field": "county", "size": 100}},
                },
            },
            "counties": {"terms": {"field": "county", "size": 100, "missing": ""}},
        },
    }


def by_day(window: Window) -> Body:
    """Ask for counts of opinions by Beijing day of the window: together, and by source, topic and county."""
    days: Body = {
        "histogram": {
            "field": "posted_at", "interval": DAY_MS, "offset": window.start % DAY_MS, "min_doc_count": 1,
        }
    }  # fmt: skip
    yes: dict[str, Body] = {name: {"filter": {"term": {name: True}}} for name in ("urgent", "danger", "late")}
    return {
        "size": 0,
        "track_total_hits": True,
        "query": _within("posted_at", window),
        "aggs": {
            **yes,
            "days": days,
            "sources": {
                "terms": {"field": "source", "size": 50},
                "aggs": {"days": days, "last": {"max": {"field": "posted_at"}}},
            },
            "topics": {
                "terms": {"field": "topic", "size": 50, "missing": ""},
                "aggs": {"days": days, "negative": {"filter": {"term": {"sentiment": "neg"}}}},
            },
            "counties": {"terms": {"field": "county", "size": 100, "missing": ""}, "aggs": {"days": days}},
        },
    }


def times(window: Window, most: int) -> Body:
    """Ask for the three times of `most` opinions of the window: the first by id, so that the same ones come again."""
    return {
        "size": most,
        "track_total_hits": False,
        "query": _within("posted_at", window),
        "sort": [{"id": {"order": "asc", "unmapped_type": "keyword"}}],
        "_source": ["posted_at", "received_at", "indexed_at"],
    }


def alerts(window: Window) -> Body:
    """Ask for the alerts opened in the window, and those opened before that were still open when it began."""
    still = {
        "bool": {
            "filter": [{"range": {"opened_at": {"lt": window.start, "format": "epoch_millis"}}}],
            "must_not": [{"term": {"state": "resolved"}}],
        }
    }
    return {
        "size": ROWS,
        "track_total_hits": True,
        "query": {"bool": {"should": [_within("opened_at", window), still], "minimum_should_match": 1}},
        "sort": [{"opened_at": {"order": "asc", "unmapped_type": "date"}}],
    }


def consultations(window: Window) -> Body:
    """Ask for consultations opened in the window, and earlier ones that are not closed or closed in it."""
    earlier = {
        "bool": {
            "filter": [{"range": {"opened_at": {"lt": window.start, "format": "epoch_millis"}}}],
            "must_not": [{"term": {"state": "closed"}}],
        }
    }
    asked = [_within("opened_at", window), _within("closed_at", window), earlier]
    return {
        "size": ROWS,
        "track_total_hits": True,
        "query": {"bool": {"should": asked, "minimum_should_match": 1}},
        "sort": [{"opened_at": {"order": "asc", "unmapped_type": "date"}}],
    }


def review_actions(window: Window) -> Body:
    """Ask for consultations with an action of a review that is still open, or was carried out in the window."""
    asked = [{"range": {"action_due": {"gt": 0, "format": "epoch_millis"}}}, _within("action_done_at", window)]
    return {
        "size": ROWS,
        "track_total_hits": True,
        "query": {"bool": {"should": asked, "minimum_should_match": 1}},
        "sort": [{"closed_at": {"order": "asc", "unmapped_type": "date"}}],
    }


def books(window: Window) -> Body:
    """Ask what became of the posts in pages that were read in the window (time of reading, not of writing)."""
    sums: Body = {name: {"sum": {"field": name}} for name in ("received", "stored", "repeated", "rejected")}
    return {
        "size": 0,
        "query": _within("at", window),
        "aggs": {"sources": {"terms": {"field": "source", "size": 50, "missing": ""}, "aggs": sums}},
    }


def dead_letters(window: Window) -> Body:
    """Ask for the dead letters of the window by reason (time of rejection)."""
    return {
        "size": 0,
        "track_total_hits": True,
        "query": _within("at", window),
        "aggs": {"reasons": {"terms": {"field": "reason", "size": 50}}},
    }


def notices(window: Window) -> Body:
    """Ask what became of the notices of the window, by channel."""
    return {
        "size": 0,
        "track_total_hits": True,
        "query": _within("at", window),
        "aggs": {"states": {"terms": {"field": "state", "size": 20}}},
    }
