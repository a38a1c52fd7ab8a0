"""Search bodies for rules: pure, over distinct opinions in event time; only features that every Elasticsearch has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.alert import Key
from alerts.rules import PARTS

Body = dict[str, Any]
NO_VIA: Body = {"bool": {"should": [{"term": {"via": ""}}, {"bool": {"must_not": [{"exists": {"field": "via"}}]}}]}}
"""Notices that go by their own channel; those of an earlier version have no such field."""
PAGE = 1000
CANDIDATES = 1000
PHRASES = 200
"""Phrases looked at in one evaluation, the most unusual first."""
IDS = 300
KEYS = 200
SPOKEN = 100
"""Phrases of a key that are looked at for new ones, those most said first."""
COMPARED = 500
"""So many posts of a key, the newest, are compared for copies."""
ANY = Key()


def within(start: int, end: int, field: str = "posted_at") -> Body:
    """Return the filter of a window, [start, end) in ms UTC."""
    return {"range": {field: {"gte": start, "lt": end, "format": "epoch_millis"}}}


def of_key(key: Key) -> list[Body]:
    """Return the filters of a key's parts that are set; a phrase is any of its words."""
    filters: list[Body] = [{"term": {part: getattr(key, part)}} for part in PARTS if getattr(key, part)]
    if key.phrase:
        filters.append({"terms": {"terms": key.phrase.split()}})
    return filters


def saying(words: Sequence[str]) -> list[Body]:
    """Return the filter of the posts that say one of these words, as they stand in the text; none for no words."""
    return [{"bool": {"should": [_says(word) for word in words], "minimum_should_match": 1}}] if words else []


def _says(word: str) -> Body:
    return {"match_phrase": {"normal": word}}


def tallies(  # noqa: PLR0917 - the parts of one question
    parts: Sequence[str],
    start: int,
    end: int,
    after: Mapping[str, Any] | None,
    step: int = 0,
    words: Sequence[str] = (),
) -> Body:
    """Ask for counts by the parts of a key and by source, and by steps of time if `step` (ms); page by page.

    words: only posts that say one of these, and how many say which.
    """
    sources: list[Body] = [{name: {"terms": {"field": name}}} for name in dict.fromkeys([*parts, "source"])]
    if step:
        sources.insert(0, {"at": {"date_histogram": {"field": "posted_at", "fixed_interval": f"{step}ms"}}})
    composite: Body = {"size": PAGE, "sources": sources}
    each: Body = {
        "negative": {"filter": {"term": {"sentiment": "neg"}}},
        "danger": {"filter": {"term": {"danger": True}}},
    }
    if words:
        each["words"] = {"filters": {"filters": {word: _says(word) for word in words}}}
    if after:
        composite["after"] = dict(after)
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": [within(start, end), *saying(words)]}},
        "aggs": {"keys": {"composite": composite, "aggs": each}},
    }


def spoken(parts: Sequence[str], start: int, end: int, after: Mapping[str, Any] | None, least: int) -> Body:
    """Ask for the phrases that at least so many posts of each key say in a window; page by page of keys."""
    composite: Body = {"size": KEYS, "sources": [{name: {"terms": {"field": name}}} for name in parts]}
    if after:
        composite["after"] = dict(after)
    said: Body = {"field": "terms", "size": SPOKEN, "shard_size": 20 * SPOKEN, "min_doc_count": least}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": [within(start, end)]}},
        "aggs": {"keys": {"composite": composite, "aggs": {"phrases": {"terms": said}}}},
    }


def texts(key: Key, start: int, end: int, words: Sequence[str], *, danger: bool) -> Body:
    """Ask for the normal forms of the newest posts of a key in a window, to see which are copies of others."""
    filters = [within(start, end), *of_key(key), *saying(words)]
    if danger:
        filters.append({"term": {"danger": True}})
    return {
        "size": COMPARED,
        "track_total_hits": False,
        "_source": ["normal"],
        "query": {"bool": {"filter": filters}},
        "sort": [{"posted_at": "desc"}, {"id": "asc"}],
    }


def candidates(start: int, end: int, past: int, least: int) -> Body:
    """Ask for phrases that may be said unusually often in [start, end), against [past, end), and for the past's size.

    Their counts in the past can't be trusted: an index (a month) where nobody says a phrase now does not report it.
    """
    return {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": [within(start, end)]}},
        "aggs": {
            "phrases": {
                "significant_terms": {
                    "field": "terms",
                    "size": CANDIDATES,
                    "min_doc_count": least,
                    "background_filter": within(past, end),
                },
            }
        },
    }


def said(texts: Sequence[str], start: int, end: int, *, by: bool, key: Key = ANY) -> Body:
    """Ask how many posts of [start, end) say each of these phrases and, with `by`, which posts and sources."""
    one: Body = {"terms": {"field": "terms", "size": max(1, len(texts)), "include": list(texts)}}
    if by:
        one["aggs"] = {
            "ids": {"terms": {"field": "id", "size": IDS}},
            "sources": {"terms": {"field": "source", "size": 20}},
        }
    return {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": [within(start, end), *of_key(key)]}},
        "aggs": {"phrases": one},
    }


def written(start: int, end: int, most: int) -> Body:
    """Ask for the newest posts of a window, with what tells whether they speak of one matter."""
    return {
        "size": most,
        "track_total_hits": False,
        "_source": ["id", "normal", "terms", "posted_at", "source", "county"],
        "query": {"bool": {"filter": [within(start, end)]}},
        "sort": [{"posted_at": {"order": "desc", "unmapped_type": "date"}}, {"id": {"unmapped_type": "keyword"}}],
    }


def arrived(windows: Sequence[tuple[int, int]]) -> Body:
    """Ask how many opinions of each source arrived in each window of real time."""
    whole = within(min(start for start, _ in windows), max(end for _, end in windows), "received_at")
    named = {str(number): within(start, end, "received_at") for number, (start, end) in enumerate(windows)}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": [whole]}},
        "aggs": {
            "windows": {
                "filters": {"filters": named},
                "aggs": {"sources": {"terms": {"field": "source", "size": 50}}},
            }
        },
    }


def mark() -> Body:
    """Ask how many opinions there are and when the last one was stored."""
    return {"size": 0, "track_total_hits": True, "aggs": {"last": {"max": {"field": "indexed_at"}}}}


def first_post(field: str = "posted_at") -> Body:
    """Ask when the first opinion was written, or arrived."""
    return {"size": 0, "track_total_hits": False, "aggs": {"first": {"min": {"field": field}}}}


def samples(
    key: Key, start: int, end: int, size: int, words: Sequence[str] = (), *, danger: bool
) -> Body:
    """Ask for the newest texts of a key in a window that say one of these words, if any are given."""
    filters = [within(start, end), *of_key(key), *saying(words)]
    if danger:
        filters.append({"term": {"danger": True}})
    return {
        "size": size,
        "track_total_hits": False,
        "_source": ["id", "text", "source", "posted_at"],
        "query": {"bool": {"filter": filters}},
        "sort": [{"posted_at": "desc"}, {"id": "asc"}],
    }


OLDEST_FIRST: list[Body] = [{"opened_at": "asc"}, {"id": "asc"}]
MOST_AT_ONCE = 10_000
"""So many documents come in one answer; more only page by page."""


def oldest_first(query: Body, size: int) -> Body:
    """Ask for what matches, with versions, the oldest first."""
    return {"size": size, "seq_no_primary_term": True, "query": query, "sort": OLDEST_FIRST}


def open_alerts(mode: str) -> Body:
    """Return the query of the alerts that are not resolved."""
    return {"bool": {"filter": [{"term": {"mode": mode}}], "must_not": [{"term": {"state": "resolved"}}]}}


def opened_since(since: int) -> Body:
    """Return the query of the live alerts that opened after a moment (ms UTC)."""
    opened = {"range": {"opened_at": {"gt": since, "format": "epoch_millis"}}}
    return {"bool": {"filter": [{"term": {"mode": "live"}}, opened]}}


def unsigned_alerts(since: int) -> Body:
    """Ask for live alerts that are over though nobody signed, changed after a moment, or whose proposal is open."""
    forgotten: Body = {"bool": {"filter": [{"term": {"acknowledged_at": 0}}, {"range": {"updated_at": {"gt": since}}}]}}
    owed: Body = {"bool": {"should": [forgotten, {"term": {"consultation": "proposed"}}], "minimum_should_match": 1}}
    return {"bool": {"filter": [{"term": {"mode": "live"}}, {"term": {"state": "resolved"}}, owed]}}


def untold_alerts() -> Body:
    """Return the query of the alerts whose notices are not all stored."""
    return {"bool": {"filter": [{"exists": {"field": "untold"}}], "must_not": [{"term": {"untold": ""}}]}}


def told_since(channel: str, since: int) -> Body:
    """Ask whose single notices a channel was given after a moment (ms UTC)."""
    return {
        "size": 10_000,
        "track_total_hits": False,
        "_source": ["alert"],
        "query": {
            "bool": {
                "filter": [
                    {"term": {"channel": channel}},
                    {"range": {"at": {"gt": since, "format": "epoch_millis"}}},
                ],
                "must_not": [{"term": {"state": "suppressed"}}, {"term": {"alert": ""}}],
            }
        },
    }


def by(channel: str) -> Body:
    """Return the query of the notices that go by a channel: its own, or those whose place it took."""
    own = {"bool": {"filter": [{"term": {"channel": channel}}, NO_VIA]}}
    return {"bool": {"should": [{"term": {"via": channel}}, own], "minimum_should_match": 1}}


def lost(channels: Sequence[str], size: int) -> Body:
    """Ask for the notices that wait for a channel which is not among these."""
    return {
        "size": size,
        "seq_no_primary_term": True,
        "query": {
            "bool": {
                "filter": [{"terms": {"state": ["pending", "sending"]}}],
                "must_not": [by(channel) for channel in channels],
            }
        },
    }


def waiting(channel: str, now: int, size: int) -> Body:
    """Ask for the notices of a channel whose turn it is."""
    return {
        "size": size,
        "seq_no_primary_term": True,
        "query": {
            "bool": {
                "filter": [
                    by(channel),
                    {"terms": {"state": ["pending", "sending"]}},
                    {"range": {"next_at": {"lte": now, "format": "epoch_millis"}}},
                ]
            }
        },
        "sort": [{"next_at": "asc"}, {"at": "asc"}, {"id": "asc"}],
    }
