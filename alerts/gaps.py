"""Stretches in which a source sent nothing though it usually does: found, ended, and said where numbers are shown."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from alerts.source_health import HOUR, WEEKS, Past, Pulse, judge, past_of
from streams.clock import beijing
from streams.elastic import Elastic, Version
from streams.records import SOURCES, digest
from streams.topics import GAPS, LIVE, PAGES, pattern

log = logging.getLogger("huiying.watch")
DAY = 24 * HOUR
PAST_FOR = HOUR
"""What is usual is asked again after so long (ms)."""
SHOWN = 20
SEEN_FOR, SEEN_BACK, SEEN_MOST = 30_000, 31 * DAY, 100
"""A notice's gaps are read anew after so long, so far back (ms), at most so many."""
POSTS = {"sum": {"field": "received"}}


class Gap(Struct, frozen=True, kw_only=True):
    """A source's silence. since: the last arrival before it; until: the first one after it (0: it lasts).

    missing: posts that usually come in the time; found_at: when it was noticed. Times in ms UTC.
    """

    id: str
    source: str
    since: int
    until: int
    missing: float
    found_at: int


def words(gap: Gap) -> str:
    """Return a gap in Chinese, in Beijing time."""
    name = SOURCES.get(gap.source, gap.source)
    end = f"{beijing(gap.until):%m月%d日%H:%M}" if gap.until else "现在"
    about = f"，平时约{gap.missing:.0f}条" if gap.missing >= 1 else ""
    return f"{name} {beijing(gap.since):%m月%d日%H:%M}至{end}没有收到内容{about}"


def short(gap: Gap) -> str:
    """Return a gap in as few words as a notice has room for, in Beijing time."""
    name = SOURCES.get(gap.source, gap.source)
    end = f"至{beijing(gap.until):%m月%d日 %H:%M}" if gap.until else "起"
    return f"{name}{beijing(gap.since):%m月%d日 %H:%M}{end}没有来件"


class GapsSeen:
    """The gaps that notices name, asked once in half a minute however many notices there are."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self._elastic, self._asked = elastic, 0
        self._known: list[Gap] = []

    async def over(self, since: int, until: int, source: str = "") -> tuple[str, ...]:
        """Return the gaps that reach into [since, until) (ms UTC), of one source or all, the longest first."""
        if not 0 <= until - self._asked < SEEN_FOR:
            body = overlapping(until - SEEN_BACK, until + SEEN_FOR)
            answer = await self._elastic.search(GAPS.name, {**body, "size": SEEN_MOST, "sort": [{"since": "desc"}]})
            self._asked, self._known = until, gaps_of(answer)
        mine = [
            gap for gap in self._known
            if gap.since < until and (not gap.until or gap.until > since) and source in {"", gap.source}
        ]  # fmt: skip
        return tuple(short(gap) for gap in sorted(mine, key=lambda gap: (gap.since, gap.source)))


def overlapping(since: int, until: int) -> dict[str, Any]:
    """Return the search for gaps that reach into [since, until) (ms UTC), the longest since first."""
    lasts = {"bool": {"should": [{"range": {"until": {"gt": since}}}, {"term": {"until": 0}}]}}
    return {
        "query": {"bool": {"filter": [{"range": {"since": {"lt": until}}}, lasts]}},
        "sort": [{"since": "asc"}],
        "size": SHOWN,
    }


def gaps_of(answer: Mapping[str, Any]) -> list[Gap]:
    """Return the gaps of an answer."""
    return [Gap(**hit["_source"]) for hit in answer["hits"]["hits"]]


def gap_words(answer: Mapping[str, Any]) -> list[str]:
    """Return the gaps of an answer in Chinese."""
    return [words(gap) for gap in gaps_of(answer)]


def _arrived(since: int) -> dict[str, Any]:
    """Return the search over the books for live arrivals by source: last, first, and posts by hour since a moment."""
    by_hour = {"date_histogram": {"field": "at", "fixed_interval": "1h", "min_doc_count": 1}, "aggs": {"posts": POSTS}}
    recent = {"filter": {"range": {"at": {"gte": since, "format": "epoch_millis"}}}}
    return {
        "size": 0,
        "query": {"term": {"topic": LIVE.name}},
        "aggs": {
            "source": {
                "terms": {"field": "source", "size": 20},
                "aggs": {
                    "last": {"max": {"field": "at"}},
                    "first": {"min": {"field": "at"}},
                    "hours": {**recent, "aggs": {"by": by_hour}},
                },
            }
        },
    }


def _latest(now: int) -> dict[str, Any]:
    body = _arrived(now - DAY)
    by = body["aggs"]["source"]["aggs"]
    by["day"] = {"filter": by.pop("hours")["filter"], "aggs": {"posts": POSTS}}
    return body


class SourceHealth:
    """Looks at all sources, and keeps the gaps."""

    def __init__(self, elastic: Elastic, patience: int) -> None:
        """patience: ms of silence after which a source with too short a past is called quiet."""
        self.elastic, self.patience = elastic, patience
        self.known: dict[str, Past | None] = {}
        self.known_at = 0

    async def pulses(self, now: int) -> list[Pulse]:
        """Return how each known source is ("other" only if it ever sent). Raises Unavailable."""
        if now - self.known_at >= PAST_FOR or not self.known_at or now < self.known_at:
            answer = await self.elastic.search(pattern(PAGES), _arrived(now - WEEKS * 7 * DAY))
            self.known = {
                one["key"]: past_of(
                    {int(b["key"]): int(b["posts"]["value"]) for b in one["hours"]["by"]["buckets"]},
                    int(one["first"]["value"] or now), now,
                )
                for one in _buckets(answer)
            }  # fmt: skip
            self.known_at = now
        there = {one["key"]: one for one in _buckets(await self.elastic.search(pattern(PAGES), _latest(now)))}
        return [
            judge(
                source, last=int(there[source]["last"]["value"] or 0) if source in there else 0,
                day=int(there[source]["day"]["posts"]["value"]) if source in there else 0,
                past=self.known.get(source), now=now, patience=self.patience,
            )
            for source in SOURCES
            if source in there or source != "other"
        ]  # fmt: skip

    async def look(self, now: int) -> list[Gap]:
        """Open a gap for each source that went quiet, end those of sources that came back; return what changed."""
        found = await self.elastic.search(GAPS.name, {"query": {"term": {"until": 0}}, "size": 100})
        lasting = {gap.source: gap for gap in gaps_of(found)}
        changed: list[Gap] = []
        for pulse in await self.pulses(now):
            gap = lasting.get(pulse.source)
            if pulse.state == "quiet" and gap is None:
                opened = Gap(
                    id=digest("gap", pulse.source, str(pulse.since)), source=pulse.source, since=pulse.since, until=0,
                    missing=round(pulse.expected, 1), found_at=now,
                )  # fmt: skip
                changed.append(opened)
                log.warning("%s went quiet: about %.0f posts are missing", pulse.source, pulse.expected)
            elif gap is not None and (pulse.since > gap.since or round(pulse.expected) > round(gap.missing)):
                until = await self._back(gap) if pulse.since > gap.since else 0
                missing = gap.missing if until else round(pulse.expected, 1)
                changed.append(Gap(id=gap.id, source=gap.source, since=gap.since, until=until, missing=missing,
                                   found_at=gap.found_at))  # fmt: skip
                if until:
                    log.warning("%s came back", pulse.source)
        for gap in changed:
            await self._keep(gap)
        return changed

    async def _back(self, gap: Gap) -> int:
        """Return when the first post after the beginning of a gap arrived."""
        after = [{"term": {"source": gap.source}}, {"term": {"topic": LIVE.name}},
                 {"range": {"at": {"gt": gap.since, "format": "epoch_millis"}}}]  # fmt: skip
        body = {"size": 0, "query": {"bool": {"filter": after}}, "aggs": {"at": {"min": {"field": "at"}}}}
        answer = await self.elastic.search(pattern(PAGES), body)
        return int(answer.get("aggregations", {}).get("at", {}).get("value") or 0)

    async def _keep(self, gap: Gap) -> Version:
        doc = {"id": gap.id, "source": gap.source, "since": gap.since, "until": gap.until, "missing": gap.missing,
               "found_at": gap.found_at}  # fmt: skip
        return await self.elastic.put(GAPS.name, gap.id, doc, refresh=True)


def _buckets(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = answer.get("aggregations", {}).get("source", {}).get("buckets", [])
    return found
