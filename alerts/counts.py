"""Counting distinct opinions for rules: a promise, kept by Elasticsearch (and by memory, in tests)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from alerts import queries
from alerts.alert import Key, Sample
from alerts.evaluate import Tally
from streams.elastic import Elastic
from streams.topics import OPINIONS, Index, pattern

SAMPLE_CHARACTERS = 120
LOOKED_AT = 5
"""So many texts are looked at for each sample: people copy one another."""


class Cell(Struct, frozen=True):
    """The tally of a key in one step of time (ms UTC)."""

    at: int
    key: Key
    tally: Tally


class Phrase(Struct, frozen=True, kw_only=True):
    """A phrase said unusually often: how many posts say it now, how many said it before, and which ones."""

    text: str
    count: int
    before: int
    ids: frozenset[str]
    sources: dict[str, int]


class Phrases(Struct, frozen=True, kw_only=True):
    """Unusual phrases of a window, with how many posts there are in it and in the past it was compared with."""

    now: int
    past: int
    found: tuple[Phrase, ...]


class Written(Struct, frozen=True, kw_only=True):
    """What tells whether posts speak of one matter: normal form, phrases, event time (ms UTC), source and county."""

    id: str
    normal: str
    terms: tuple[str, ...]
    posted_at: int
    source: str
    county: str


class Counts(Protocol):
    """What rules ask. Windows are [start, end) in ms UTC; raises Unavailable."""

    async def tallies(
        self, parts: Sequence[str], start: int, end: int, words: Sequence[str] = ()
    ) -> dict[Key, Tally]:
        """Return the tally of every key in a window of event time; with words, of the posts that say one of them."""
        ...

    async def cells(
        self, parts: Sequence[str], start: int, end: int, step: int, words: Sequence[str] = ()
    ) -> list[Cell]:
        """Return the tallies of every key by steps of event time."""
        ...

    async def spoken(  # noqa: PLR0917 - as `phrases`
        self, parts: Sequence[str], start: int, end: int, past: int, least: int, known: Sequence[Key] = ()
    ) -> dict[Key, Phrases]:
        """Return by key the phrases that at least so many of its posts say, with the key's own past to compare with.

        known: keys with a phrase, whose phrases are returned too if anybody says them, however few.
        """
        ...

    async def texts(
        self, key: Key, start: int, end: int, words: Sequence[str] = (), *, danger: bool = False
    ) -> tuple[str, ...]:
        """Return the normal forms of a key's newest posts in a window, to see which are copies of others."""
        ...

    async def phrases(self, start: int, end: int, past: int, least: int, known: Sequence[str] = ()) -> Phrases:
        """Return phrases said by at least so many posts, with the past from `past` to `start` to compare with.

        known: phrases that are returned too if anybody says them, however few.
        """
        ...

    async def written(self, start: int, end: int, most: int) -> list[Written]:
        """Return the newest posts of a window of event time, at most so many, to see which speak of one matter."""
        ...

    async def arrived(self, windows: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
        """Return how many opinions of each source arrived in each window of real time."""
        ...

    async def mark(self) -> tuple[int, int]:
        """Return how many opinions there are and when the last one was stored: what changes when anything does."""
        ...

    async def first(self, field: str) -> int:
        """Return when the first opinion was written (`posted_at`) or arrived (`received_at`); 0 if there is none."""
        ...

    async def samples(
        self, key: Key, start: int, end: int, size: int, words: Sequence[str] = (), *, danger: bool
    ) -> tuple[Sample, ...]:
        """Return the newest texts of a key that are not the same, cut to 120 characters."""
        ...


def merged(before: Tally | None, more: Tally) -> Tally:
    """Return two tallies of the same key as one."""
    if before is None:
        return more
    sources = dict(before.sources)
    for name, count in more.sources.items():
        sources[name] = sources.get(name, 0) + count
    words = dict(before.words)
    for name, count in more.words.items():
        words[name] = words.get(name, 0) + count
    return Tally(
        count=before.count + more.count,
        negative=before.negative + more.negative,
        danger=before.danger + more.danger,
        sources=sources,
        words=words,
    )


def cut(text: str) -> str:
    """Return a text's beginning, on one line, as a sample shows it."""
    line = " ".join(text.split())
    return line if len(line) <= SAMPLE_CHARACTERS else line[: SAMPLE_CHARACTERS - 1] + "…"


def distinct(opinions: Sequence[Mapping[str, Any]], size: int) -> tuple[Sample, ...]:
    """Return so many samples whose shown texts differ, in order."""
    found: dict[str, Sample] = {}
    for one in opinions:
        text = cut(one["text"])
        found.setdefault(text, Sample(id=one["id"], text=text, source=one["source"], posted_at=one["posted_at"]))
    return tuple(found.values())[:size]


def without_phrase(key: Key) -> Key:
    """Return the key of topic, county and source in which a phrase was said."""
    return Key(key.topic, key.county, key.source)


def _phrases(answer: Mapping[str, Any], before: Mapping[str, int]) -> tuple[Phrase, ...]:
    """Return the phrases of an answer; before: how many posts of the past said each."""
    return tuple(
        Phrase(
            text=one["key"],
            count=one["doc_count"],
            before=before.get(one["key"], 0),
            ids=frozenset(id_["key"] for id_ in one["ids"]["buckets"]),
            sources={source["key"]: source["doc_count"] for source in one["sources"]["buckets"]},
        )
        for one in _buckets(answer)
    )


def _buckets(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.get("aggregations", {}).get("phrases", {"buckets": []})["buckets"]
    return found


class ElasticCounts:
    """Counts asked from Elasticsearch."""

    def __init__(self, elastic: Elastic, index: Index = OPINIONS) -> None:
        """Keep the gateway. index: where the opinions lie; only a drill's lie elsewhere."""
        self.elastic, self.where = elastic, pattern(index)

    async def _keys(
        self, parts: Sequence[str], start: int, end: int, step: int, words: Sequence[str]
    ) -> AsyncIterator[Cell]:
        after: dict[str, Any] | None = None
        while True:
            body = queries.tallies(parts, start, end, after, step, words)
            answer = await self.elastic.search(self.where, body)
            keys = answer.get("aggregations", {}).get("keys", {"buckets": []})
            for found in keys["buckets"]:
                named = found["key"]
                tally = Tally(
                    count=found["doc_count"],
                    negative=found["negative"]["doc_count"],
                    danger=found["danger"]["doc_count"],
                    sources={named["source"]: found["doc_count"]},
                    words={
                        word: one["doc_count"]
                        for word, one in found.get("words", {"buckets": {}})["buckets"].items() if one["doc_count"]
                    },
                )
                yield Cell(int(named.get("at", start)), Key(**{part: named[part] for part in parts}), tally)
            after = keys.get("after_key")
            if not after or len(keys["buckets"]) < queries.PAGE:
                return

    async def tallies(
        self, parts: Sequence[str], start: int, end: int, words: Sequence[str] = ()
    ) -> dict[Key, Tally]:
        """Return the tally of every key in a window of event time; with words, of the posts that say one of them."""
        found: dict[Key, Tally] = {}
        async for cell in self._keys(parts, start, end, 0, words):
            found[cell.key] = merged(found.get(cell.key), cell.tally)
        return found

    async def cells(
        self, parts: Sequence[str], start: int, end: int, step: int, words: Sequence[str] = ()
    ) -> list[Cell]:
        """Return the tallies of every key by steps of event time, in order of time."""
        found: dict[tuple[int, Key], Tally] = {}
        async for cell in self._keys(parts, start, end, step, words):
            found[cell.at, cell.key] = merged(found.get((cell.at, cell.key)), cell.tally)
        return [Cell(at, key, tally) for (at, key), tally in sorted(found.items(), key=lambda item: item[0][0])]

    async def phrases(self, start: int, end: int, past: int, least: int, known: Sequence[str] = ()) -> Phrases:
        """Return phrases said by at least so many posts, with the past from `past` to `start` to compare with.

        known: phrases that are returned too if anybody says them, however few.
        """
        answer = await self.elastic.search(self.where, queries.candidates(start, end, past, least))
        now = answer["hits"]["total"]["value"]
        counts = {one["key"]: one["doc_count"] for one in _buckets(answer)}
        if not counts:
            return Phrases(now=now, past=0, found=())
        counts |= {text: 0 for text in known if text not in counts}
        answer = await self.elastic.search(self.where, queries.said(list(counts), past, start, by=False))
        before = {one["key"]: one["doc_count"] for one in _buckets(answer)}
        size = answer["hits"]["total"]["value"]
        often = {text: count / (before.get(text, 0) + 0.5) for text, count in counts.items()}
        unusual = sorted(often, key=lambda text: (-often[text], text))[: queries.PHRASES]
        asked = list(dict.fromkeys([*unusual, *known]))
        answer = await self.elastic.search(self.where, queries.said(asked, start, end, by=True))
        return Phrases(now=now, past=size, found=_phrases(answer, before))

    async def spoken(  # noqa: PLR0917 - as `phrases`
        self, parts: Sequence[str], start: int, end: int, past: int, least: int, known: Sequence[Key] = ()
    ) -> dict[Key, Phrases]:
        """Return by key the phrases that at least so many of its posts say, with the key's own past to compare with.

        known: keys with a phrase, whose phrases are returned too if anybody says them, however few.
        """
        said: dict[Key, list[str]] = {}
        after: dict[str, Any] | None = None
        while True:
            answer = await self.elastic.search(self.where, queries.spoken(parts, start, end, after, least))
            keys = answer.get("aggregations", {}).get("keys", {"buckets": []})
            for one in keys["buckets"]:
                if texts := [phrase["key"] for phrase in one["phrases"]["buckets"]]:
                    said[Key(**{part: one["key"][part] for part in parts})] = texts
            after = keys.get("after_key")
            if not after or len(keys["buckets"]) < queries.KEYS:
                break
        for key in known:
            said.setdefault(without_phrase(key), []).extend(key.phrase.split())
        found: dict[Key, Phrases] = {}
        for key, texts in said.items():
            asked = list(dict.fromkeys(texts))
            then = await self.elastic.search(self.where, queries.said(asked, past, start, by=False, key=key))
            now = await self.elastic.search(self.where, queries.said(asked, start, end, by=True, key=key))
            before = {one["key"]: one["doc_count"] for one in _buckets(then)}
            found[key] = Phrases(
                now=now["hits"]["total"]["value"], past=then["hits"]["total"]["value"], found=_phrases(now, before)
            )
        return found

    async def texts(
        self, key: Key, start: int, end: int, words: Sequence[str] = (), *, danger: bool = False
    ) -> tuple[str, ...]:
        """Return the normal forms of a key's newest posts in a window, to see which are copies of others."""
        answer = await self.elastic.search(self.where, queries.texts(key, start, end, words, danger=danger))
        return tuple(str(hit["_source"].get("normal", "")) for hit in answer["hits"]["hits"])

    async def written(self, start: int, end: int, most: int) -> list[Written]:
        """Return the newest posts of a window of event time, at most so many."""
        answer = await self.elastic.search(self.where, queries.written(start, end, most))
        return [msgspec.convert(hit["_source"], Written) for hit in answer["hits"]["hits"]]

    async def arrived(self, windows: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
        """Return how many opinions of each source arrived in each window of real time."""
        answer = await self.elastic.search(self.where, queries.arrived(windows))
        found = answer.get("aggregations", {}).get("windows", {"buckets": {}})["buckets"]
        named = [found.get(str(number), {}).get("sources", {}).get("buckets", []) for number in range(len(windows))]
        return [{one["key"]: one["doc_count"] for one in buckets} for buckets in named]

    async def mark(self) -> tuple[int, int]:
        """Return how many opinions there are and when the last one was stored."""
        answer = await self.elastic.search(self.where, queries.mark())
        last = answer.get("aggregations", {}).get("last", {}).get("value")
        return int(answer["hits"]["total"]["value"]), int(last or 0)

    async def first(self, field: str) -> int:
        """Return when the first opinion was written or arrived; 0 if there is none."""
        answer = await self.elastic.search(self.where, queries.first_post(field))
        value = answer.get("aggregations", {}).get("first", {}).get("value")
        return int(value) if value else 0

    async def samples(
        self, key: Key, start: int, end: int, size: int, words: Sequence[str] = (), *, danger: bool
    ) -> tuple[Sample, ...]:
        """Return the newest texts of a key that are not the same, cut to 120 characters."""
        answer = await self.elastic.search(
            self.where, queries.samples(key, start, end, size * LOOKED_AT, words, danger=danger)
        )
        return distinct([hit["_source"] for hit in answer["hits"]["hits"]], size)
