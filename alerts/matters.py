"""Matters (事件): recent opinions grouped by what they speak of, kept in the index `events`; people merge and split.

The grouping is done anew from what is stored whenever something changed, so it depends on which opinions there are and
on what people decided, not on the order of arrival. An opinion itself is not written; a matter names its opinions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from alerts.aside import Aside
from alerts.history import History
from analyzers.decisions import Decision, decided, touched
from analyzers.grouping import Grouper, Text
from streams.clock import monotonic, ms
from streams.elastic import Elastic, Op
from streams.errors import Rejected
from streams.records import digest
from streams.topics import DECISIONS, EVENTS, OPINIONS, pattern

READ = 5000
"""Opinions grouped at a time, the newest: about ten seconds of one core; a year of a city's portal has 4,300."""
FIELDS = ("id", "title", "text", "normal", "posted_at", "source", "county")
REST = 10.0
"""A grouping of 5,000 opinions takes about ten seconds: so it has a tenth of a core at most."""
TITLE = 40
REASON_MOST = 500


class Event(Struct, frozen=True, kw_only=True):
    """One matter of two or more opinions.

    title: the earliest one's masked title or first words; terms and weights: what holds it together; count: opinions;
    distinct: without copies; sources: opinions by source; decided: how many decisions of people made it so; current:
    whether the last grouping still had it; at: when it was last written; all times ms UTC.
    """

    id: str
    title: str
    terms: tuple[str, ...]
    weights: tuple[float, ...]
    county: str
    first: int
    last: int
    count: int
    distinct: int
    sources: dict[str, int]
    posts: tuple[str, ...]
    decided: int
    current: bool
    at: int


def events(rows: Iterable[Mapping[str, Any]], decisions: Sequence[Decision], at: int) -> list[Event]:
    """Return the matters of these opinions (fields `FIELDS`), as the machine groups them and people decided. Pure."""
    opinions = {row["id"]: row for row in rows}
    grouper = Grouper()
    texts: dict[str, Text] = {}
    for row in opinions.values():
        text = Text(id=row["id"], normal=row["normal"], at=row["posted_at"], county=row["county"])
        texts[text.id] = text
        grouper.remember(text)
    settled = (group.texts for group in grouper.settle())
    found = []
    for members in decided(settled, decisions):
        if len(members) < 2:
            continue
        group = grouper.described(sorted((texts[post] for post in members), key=lambda text: (text.at, text.id)))
        first = opinions[group.texts[0]]
        event = Event(
            id=digest("event", group.id),
            title=first["title"] or shortened(first["text"]),
            terms=tuple(term for term, _ in group.terms),
            weights=tuple(weight for _, weight in group.terms),
            county=group.county,
            first=group.first,
            last=group.last,
            count=len(group.texts),
            distinct=group.distinct,
            sources=dict(Counter(opinions[post]["source"] for post in group.texts)),
            posts=group.texts,
            decided=len(touched(group.texts, decisions)),
            current=True,
            at=at,
        )
        found.append(event)
    return sorted(found, key=lambda event: (-event.last, event.id))


def shortened(text: str) -> str:
    """Return a text's first words, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE else line[: TITLE - 1] + "…"


class Matters:
    """Matters in Elasticsearch. Every verb raises Unavailable or Refused when Elasticsearch does."""

    def __init__(self, elastic: Elastic, history: History, *, rest: float = REST) -> None:
        """Keep the gateway and the record. rest: how many times as long as a grouping took it rests after it."""
        self._rest = rest
        self._elastic = elastic
        self._history = history
        self._mark: tuple[int, int, int] | None = None
        self._rest_until = 0.0
        self._aside = Aside("groups matters")

    async def _grouped(self, rows: Sequence[Mapping[str, Any]], decisions: Sequence[Decision], at: int) -> list[Event]:
        """Group in a process of its own, which steps aside for others: in a thread it would slow the rules down."""
        began = monotonic()
        try:
            return await self._aside.run(events, rows, decisions, at)
        finally:
            self._rest_until = monotonic() + self._rest * (monotonic() - began)

    def close(self) -> None:
        """End the process that groups."""
        self._aside.close()

    async def refresh(self, now: datetime) -> int:
        """Group the newest opinions anew if any came or a person decided; return how many matters were written.

        After a grouping it rests ten times as long as that took, unless a person decides.
        """
        mark = await self._marked()
        decided_anew = self._mark is not None and mark[2] != self._mark[2]
        if mark == self._mark or (monotonic() < self._rest_until and not decided_anew):
            return 0
        await self._elastic.refresh(EVENTS.name)
        body = {
            "size": READ,
            "sort": [{"posted_at": {"order": "desc", "unmapped_type": "date"}}],
            "_source": list(FIELDS),
        }
        answer = await self._elastic.search(pattern(OPINIONS), body)
        rows = [hit["_source"] for hit in answer["hits"]["hits"]]
        decisions = await self.decisions()
        new = {event.id: event for event in await self._grouped(rows, decisions, ms(now))}
        written = 0
        known: dict[str, Event] = {}
        async for found in self._elastic.scan(EVENTS.name, {"term": {"current": True}}):
            known[found.id] = msgspec.convert(found.source, Event)
        gone = [msgspec.structs.replace(old, current=False, at=ms(now)) for id_, old in known.items() if id_ not in new]
        changed = [event for event in new.values() if _same(known.get(event.id)) != _same(event)]
        ops = [
            Op(index=EVENTS.name, id=event.id, doc=msgspec.to_builtins(event), kind="index")
            for event in [*changed, *gone]
        ]
        for outcome in await self._elastic.bulk(ops) if ops else []:
            if not outcome.ok:
                raise Rejected("refused_by_index", outcome.error)
            written += 1
        if ops:
            await self._elastic.refresh(EVENTS.name)
        self._mark = mark
        return written

    async def _marked(self) -> tuple[int, int, int]:
        """Return what changes when an opinion or a decision comes."""
        body = {"size": 0, "track_total_hits": True, "aggs": {"last": {"max": {"field": "indexed_at"}}}}
        answer = await self._elastic.search(pattern(OPINIONS), body)
        last = answer.get("aggregations", {}).get("last", {}).get("value")
        made = await self._elastic.count(DECISIONS.name, {"match_all": {}})
        return int(answer["hits"]["total"]["value"]), int(last or 0), made

    async def decisions(self) -> list[Decision]:
        """Return what people decided, oldest first."""
        found = [one async for one in self._elastic.scan(DECISIONS.name, {"match_all": {}})]
        return sorted(msgspec.convert(one.source, Decision) for one in found)

    async def get(self, event: str) -> Event | None:
        """Return a matter, or nothing."""
        found = await self._elastic.get(EVENTS.name, event)
        return msgspec.convert(found.source, Event) if found else None

    async def list(self, *, size: int = 200) -> list[Event]:
        """Return the current matters, the newest first."""
        body = {
            "size": size,
            "query": {"term": {"current": True}},
            "sort": [{"last": {"order": "desc", "unmapped_type": "date"}}, {"id": {"unmapped_type": "keyword"}}],
        }
        hits = (await self._elastic.search(EVENTS.name, body))["hits"]["hits"]
        return [msgspec.convert(hit["_source"], Event) for hit in hits]

    async def merge(self, events_: Sequence[str], *, by: str, reason: str, now: datetime) -> Decision:
        """Make matters one, by a person's word. Raises Rejected if there are not two, or no reason is given."""
        found = [event for one in dict.fromkeys(events_) if (event := await self.get(one)) is not None]
        if len(found) < 2:
            raise Rejected("not_two", "请选择另一个事件再合并。")
        posts = [post for event in found for post in event.posts]
        return await self._decide("merge", posts, found[0].id, by=by, reason=reason, now=now)

    async def split(self, event: str, posts: Sequence[str], *, by: str, reason: str, now: datetime) -> Decision:
        """Make some posts of a matter one of their own. Raises Rejected if they are none or all of it."""
        found = await self.get(event)
        if found is None or not posts or not set(posts) < set(found.posts):
            raise Rejected("not_some", "请勾选要拆出的信息：至少一条，但不能是全部。")
        return await self._decide("split", posts, event, by=by, reason=reason, now=now)

    async def _decide(
        self, kind: Literal["merge", "split"], posts: Sequence[str], event: str, *, by: str, reason: str, now: datetime
    ) -> Decision:
        if not reason.strip():
            raise Rejected("no_reason", "请写明理由。")
        decision = Decision(
            at=ms(now), kind=kind, posts=tuple(sorted(set(posts))), by=by, reason=reason.strip()[:REASON_MOST]
        )
        identity = digest("decision", kind, str(decision.at), by, *decision.posts)
        said = {"kind": kind, "posts": list(decision.posts), "reason": decision.reason}
        await self._history.append(f"matters.{kind}", event, by, now, said)
        await self._elastic.put(DECISIONS.name, identity, msgspec.to_builtins(decision), refresh=True)
        return decision


def _same(event: Event | None) -> Event | None:
    return msgspec.structs.replace(event, at=0) if event else None
