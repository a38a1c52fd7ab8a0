"""Near-duplicates and events: which texts are the same, and which speak of the same thing.

`keys` needs no memory: near-identical texts share a key. `Grouper` keeps open events and puts each new text to the
one it shares most with — rare terms, place and nearness in time — and says what they share. A person can merge and
split; that is remembered and outranks every later guess.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analyzers import text

_MIXES = (np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35))
DAY = 86_400_000


def keys(page: text.Page, paired: NDArray[np.uint32]) -> list[str]:
    """Return for each text a short key that near-identical texts share: the two least hashes of its pieces.

    Two texts that share the fraction s of their four-character pieces have the same key with probability s².
    """
    if not len(page):
        return []
    bounds = page.starts - len(text.BORDER)
    four = (paired[:-2] * _MIXES[0]) ^ (paired[2:] * _MIXES[1])
    last = page.starts + page.lengths - 1
    last = last[last < len(four)]
    least = []
    for mix in _MIXES:
        spread = (four ^ (four >> np.uint32(13))) * mix
        spread[last] = 0xFFFFFFFF  # these reach into the next text
        least.append(np.minimum.reduceat(spread, bounds).tolist())
    return [f"{first:08x}{second:08x}" for first, second in zip(*least, strict=True)]


class Settings(Struct, frozen=True, kw_only=True):
    """When a text joins an event. Chosen on `portal_stream_hot_issues_silver`, see the model card.

    threshold: least score, in nats of rarity; phrases: least number of separate phrases shared; window: days since the
    event's last text; common: share of texts above which a piece says nothing; opening: characters of a text read.
    """

    threshold: float = 6.0
    phrases: int = 2
    window: int = 60
    common: float = 0.03
    opening: int = 160


class Joined(NamedTuple):
    """Where a text went: the event's id, whether it is new, the score, and the reasons (shared terms, place, days)."""

    event: str
    new: bool
    score: float
    shared: tuple[str, ...]
    place: str
    days: float


class _Event(Struct):
    id: str
    terms: Counter[str]
    size: int
    place: str
    last: int
    members: list[str]


class Grouper:
    """Puts texts into events, one at a time, in order of arrival; holds state, does no I/O."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._seen: Counter[str] = Counter()
        self._texts = 0
        self._events: dict[str, _Event] = {}
        self._by_term: dict[str, set[str]] = {}
        self._home: dict[str, str] = {}
        self._apart: set[frozenset[str]] = set()

    def add(self, post: str, normal: str, *, place: str = "", at: int = 0) -> Joined:
        """Put one text (its id, normal form, place path, event time in ms) into an event; the same id twice is once."""
        if post in self._home:
            event = self._events[self._home[post]]
            return Joined(event.id, False, 1.0, (), event.place, 0.0)
        terms = self._terms(normal)
        best = Joined("", True, 0.0, (), "", 0.0)
        for ident in self._candidates(terms):
            joined = self._score(self._events[ident], terms, place, at)
            if joined.score > best.score and not self._split_from(post, ident):
                best = joined
        if best.score < self._settings.threshold:
            best = Joined(post, True, best.score, (), place, 0.0)
            self._events[post] = _Event(post, Counter(), 0, place, at, [])
        self._join(self._events[best.event], post, terms, at)
        return best

    def merge(self, kept: str, gone: str) -> None:
        """Make two events one, by a person's word; KeyError if there is none of that id."""
        into, out = self._events[kept], self._events.pop(gone)
        for post in out.members:
            self._home[post] = kept
        for term in out.terms:
            self._by_term[term].discard(gone)
            self._by_term[term].add(kept)
        into.terms += out.terms
        into.size += out.size
        into.last = max(into.last, out.last)
        into.members += out.members

    def split(self, event: str, posts: Sequence[str]) -> str:
        """Take posts out of an event into one of their own, by a person's word; they are never put together again.

        Returns the id of the new event. KeyError if there is no such event, ValueError if a post is not in it.
        """
        old = self._events[event]
        if not posts or any(post not in old.members for post in posts) or len(posts) == len(old.members):
            raise ValueError("a split takes some, not all, of the event's own posts")
        stay = [post for post in old.members if post not in posts]
        ident = posts[0] if posts[0] != event else f"{posts[0]}+"
        fresh = _Event(ident, Counter(old.terms), len(posts), old.place, old.last, list(posts))
        self._apart |= {frozenset((a, b)) for a in posts for b in stay}
        old.members, old.size = stay, len(stay)
        self._events[fresh.id] = fresh
        for post in posts:
            self._home[post] = fresh.id
        for term in fresh.terms:
            self._by_term.setdefault(term, set()).add(fresh.id)
        return fresh.id

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Return all events with their posts in order of arrival."""
        return {event.id: tuple(event.members) for event in self._events.values()}

    def _split_from(self, post: str, ident: str) -> bool:
        return any(frozenset((post, member)) in self._apart for member in self._events[ident].members)

    def _terms(self, normal: str) -> dict[str, tuple[float, int]]:
        """Return the pieces of a text that are not common, with rarity ln(texts / texts with it) and place."""
        places: dict[str, int] = {}
        for place, piece in pieces(normal[: self._settings.opening]):
            places.setdefault(piece, place)
        self._texts += 1
        self._seen.update(places.keys())
        most = max(5.0, self._settings.common * self._texts)
        return {
            piece: (math.log((self._texts + 100) / self._seen[piece]), place)
            for piece, place in places.items()
            if self._seen[piece] <= most
        }

    def _candidates(self, terms: Iterable[str]) -> list[str]:
        counted: Counter[str] = Counter(ident for t in terms for ident in self._by_term.get(t, ()))
        return [ident for ident, _ in counted.most_common(20)]

    def _score(self, event: _Event, terms: dict[str, tuple[float, int]], place: str, at: int) -> Joined:
        """Score the phrases (runs of pieces side by side) that a text shares with what an event keeps saying."""
        nothing = Joined(event.id, False, 0.0, (), "", 0.0)
        days = max(0.0, (at - event.last) / DAY)
        elsewhere = place and event.place and place.partition("/")[0] != event.place.partition("/")[0]
        if days > self._settings.window or elsewhere:
            return nothing
        size = event.size
        shared = sorted(
            (where, piece, rare * event.terms[piece] / size)
            for piece, (rare, where) in terms.items()
            if event.terms[piece] > (1 if size > 2 else 0)
        )
        phrases: list[tuple[float, str]] = []
        end = -9
        for where, piece, value in shared:
            if where <= end:
                best, phrase = phrases[-1]
                phrases[-1] = (max(best, value), phrase + piece[end - where + 1 :] if where + 3 > end else phrase)
            else:
                phrases.append((value, piece))
            end = where + 2
        phrases.sort(reverse=True)
        if len(phrases) < self._settings.phrases:
            return nothing
        score = sum(value for value, _ in phrases[:5])
        return Joined(event.id, False, score, tuple(phrase for _, phrase in phrases[:5]), event.place, days)

    def _join(self, event: _Event, post: str, terms: dict[str, tuple[float, int]], at: int) -> None:
        event.terms.update(terms.keys())
        event.size += 1
        event.last = max(event.last, at)
        event.members.append(post)
        self._home[post] = event.id
        for term in terms:
            self._by_term.setdefault(term, set()).add(event.id)


def pieces(normal: str) -> list[tuple[int, str]]:
    """Return the three-character pieces of the Chinese runs of a text, with their places."""
    return [(at + i, run[i : i + 3]) for at, run in text.han_runs(normal) for i in range(len(run) - 2)]
