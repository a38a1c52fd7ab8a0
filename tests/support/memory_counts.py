"""Counts over opinions that lie in memory: keeps the promises that `tests/contract/test_counts.py` holds for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from alerts.alert import Key, Sample
from alerts.counts import LOOKED_AT, Cell, Phrase, Phrases, Written, distinct, merged, without_phrase
from alerts.evaluate import Tally, bucket
from alerts.queries import COMPARED

Opinion = Mapping[str, Any]
DEFAULTS: dict[str, Any] = {
    "source": "hotline", "topic": "城乡建设", "county": "620826", "sentiment": "neu", "danger": False, "terms": [],
    "text": "路灯不亮，请修一下。",
}  # fmt: skip


def opinion(name: str, at: int, **fields: Any) -> dict[str, Any]:
    """Return an invented opinion, written and arrived at a moment (ms UTC)."""
    return {"id": name, "posted_at": at, "received_at": at, "indexed_at": at, **DEFAULTS, **fields}


class MemoryCounts:
    """Distinct opinions by id, counted without an index."""

    def __init__(self, opinions: Sequence[Opinion] = ()) -> None:
        self.opinions: dict[str, Opinion] = {one["id"]: one for one in opinions}

    def add(self, *opinions: Opinion) -> None:
        """Store opinions; one that is there stays as it is."""
        for one in opinions:
            self.opinions.setdefault(one["id"], one)

    def within(self, start: int, end: int, field: str = "posted_at") -> list[Opinion]:
        """Return the opinions of a window."""
        return [one for one in self.opinions.values() if start <= one[field] < end]

    def saying(self, start: int, end: int, words: Sequence[str]) -> list[Opinion]:
        """Return the opinions of a window that say one of these words, if any are given."""
        return [one for one in self.within(start, end) if not words or any(word in normal(one) for word in words)]

    async def tallies(
        self, parts: Sequence[str], start: int, end: int, words: Sequence[str] = ()
    ) -> dict[Key, Tally]:
        found: dict[Key, Tally] = {}
        for one in self.saying(start, end, words):
            key = Key(**{part: one[part] for part in parts})
            found[key] = merged(found.get(key), tally(one, words))
        return found

    async def cells(
        self, parts: Sequence[str], start: int, end: int, step: int, words: Sequence[str] = ()
    ) -> list[Cell]:
        found: dict[tuple[int, Key], Tally] = {}
        for one in self.saying(start, end, words):
            place = bucket(one["posted_at"], step), Key(**{part: one[part] for part in parts})
            found[place] = merged(found.get(place), tally(one, words))
        return [Cell(at, key, count) for (at, key), count in sorted(found.items(), key=lambda item: item[0][0])]

    async def phrases(self, start: int, end: int, past: int, least: int, known: Sequence[str] = ()) -> Phrases:
        now, before = self.within(start, end), self.within(past, start)
        counted = Counter(term for one in now for term in set(one["terms"]))
        earlier = Counter(term for one in before for term in set(one["terms"]))
        whole = len(now) + len(before)
        unusual = {
            # what is said no more often than before is not unusual: the index leaves it out too
            term for term, count in counted.items()
            if count >= least and count * whole > (count + earlier[term]) * len(now)
        }  # fmt: skip
        if not unusual:
            return Phrases(now=len(now), past=0, found=())
        found = []
        for term in counted:
            if term not in unusual and term not in known:
                continue
            found.append(_phrase(term, now, earlier[term]))
        return Phrases(now=len(now), past=len(before), found=tuple(found))

    async def spoken(  # noqa: PLR0917 - as the promise has it
        self, parts: Sequence[str], start: int, end: int, past: int, least: int, known: Sequence[Key] = ()
    ) -> dict[Key, Phrases]:
        now, before = ([], []) if not parts else (self.within(start, end), self.within(past, start))
        asked = {without_phrase(key) for key in known}
        found: dict[Key, Phrases] = {}
        here, then = by_key(parts, now), by_key(parts, before)
        for key in {*here, *asked}:
            mine, theirs = here.get(key, []), then.get(key, [])
            counted = Counter(term for one in mine for term in set(one["terms"]))
            open_ = {word for each in known if without_phrase(each) == key for word in each.phrase.split()}
            wanted = [term for term, count in counted.items() if count >= least or term in open_]
            if wanted or key in asked:
                earlier = Counter(term for one in theirs for term in set(one["terms"]))
                found[key] = Phrases(
                    now=len(mine), past=len(theirs), found=tuple(_phrase(t, mine, earlier[t]) for t in wanted)
                )
        return found

    async def texts(
        self, key: Key, start: int, end: int, words: Sequence[str] = (), *, danger: bool = False
    ) -> tuple[str, ...]:
        return tuple(normal(one) for one in self.fitting(key, start, end, words, danger=danger)[:COMPARED])

    def fitting(
        self, key: Key, start: int, end: int, words: Sequence[str], *, danger: bool
    ) -> list[Opinion]:
        """Return the opinions of a key in a window, the newest first."""
        fits = [
            one for one in self.saying(start, end, words)
            if all(not part or one[name] == part
                   for name, part in (("topic", key.topic), ("county", key.county), ("source", key.source)))
            and (not key.phrase or set(key.phrase.split()) & set(one["terms"]))
            and (not danger or one["danger"])
        ]  # fmt: skip
        return sorted(fits, key=lambda one: (-one["posted_at"], one["id"]))

    async def written(self, start: int, end: int, most: int) -> list[Written]:
        newest = sorted(self.within(start, end), key=lambda one: (-one["posted_at"], one["id"]))[:most]
        return [
            Written(id=one["id"], normal=normal(one), terms=tuple(one["terms"]), posted_at=one["posted_at"],
                    source=one["source"], county=one["county"])
            for one in newest
        ]  # fmt: skip

    async def arrived(self, windows: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
        return [
            dict(Counter(str(one["source"]) for one in self.within(start, end, "received_at")))
            for start, end in windows
        ]

    async def mark(self) -> tuple[int, int]:
        return len(self.opinions), max((int(one["indexed_at"]) for one in self.opinions.values()), default=0)

    async def first(self, field: str) -> int:
        return min((int(one[field]) for one in self.opinions.values()), default=0)

    async def samples(
        self, key: Key, start: int, end: int, size: int, words: Sequence[str] = (), *, danger: bool
    ) -> tuple[Sample, ...]:
        return distinct(self.fitting(key, start, end, words, danger=danger)[: size * LOOKED_AT], size)


def by_key(parts: Sequence[str], opinions: Sequence[Opinion]) -> dict[Key, list[Opinion]]:
    """Return opinions by their keys."""
    found: dict[Key, list[Opinion]] = {}
    for one in opinions:
        found.setdefault(Key(**{part: one[part] for part in parts}), []).append(one)
    return found


def normal(one: Opinion) -> str:
    """Return an opinion's normal form."""
    return str(one.get("normal", one["text"])).lower()


def tally(one: Opinion, words: Sequence[str] = ()) -> Tally:
    """Return the tally of one opinion."""
    return Tally(
        count=1, negative=int(one["sentiment"] == "neg"), danger=int(one["danger"]), sources={str(one["source"]): 1},
        words={word: 1 for word in words if word in normal(one)},
    )  # fmt: skip


def _phrase(term: str, now: Sequence[Opinion], before: int) -> Phrase:
    saying = [one for one in now if term in one["terms"]]
    return Phrase(
        text=term, count=len(saying), before=before, ids=frozenset(one["id"] for one in saying),
        sources=dict(Counter(str(one["source"]) for one in saying)),
    )  # fmt: skip
