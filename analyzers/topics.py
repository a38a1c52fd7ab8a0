"""First-level topic of a text: a trained model for seven topics, seed terms for the other eight, 其他 when unsure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, json

from analyzers.labels import LABELLED_TOPICS, OTHER, TOPICS

SURE = 0.36
"""Below this probability of the best topic, and without a seed term, the answer is 其他."""
TITLE = 24
"""Seed terms among the first characters count double: where portals and hotlines put the title."""
_SEEDS = Path(__file__).parent / "models" / "seeds.json"
_TRAINED = TOPICS[:LABELLED_TOPICS]


class Seeds(Struct, frozen=True):
    """terms: term → (topic, weight); second: term → (topic, second-level topic)."""

    terms: dict[str, tuple[str, float]]
    second: dict[str, tuple[str, str]]


class About(NamedTuple):
    """label, p: the best topic (or 其他); second, second_p: the next; sub: second level; terms: deciding seeds."""

    label: str
    p: float
    second: str
    second_p: float
    sub: str
    terms: tuple[tuple[str, float], ...]


@cache
def seeds() -> Seeds:
    """Return the seed terms of the eight topics without labelled rows, and the terms of second-level topics."""
    return json.decode(_SEEDS.read_bytes(), type=Seeds)


def terms() -> frozenset[str]:
    """Return every term that `judge` looks for."""
    return frozenset(seeds().terms) | frozenset(seeds().second)


def judge(shares: Sequence[float], found: Sequence[tuple[int, str]]) -> About:
    """Judge one text: `shares` of the trained topics, and (place, term) of seed terms found in it.

    Seeds of one topic with weight w claim the share w / (w + 2) of the text; the trained shares keep the rest.
    """
    table = seeds()
    votes: dict[str, float] = {}
    seen: dict[str, float] = {}
    for place, term in found:
        entry = table.terms.get(term)
        if entry is not None:
            weight = entry[1] * (2 if place < TITLE else 1)
            votes[entry[0]] = votes.get(entry[0], 0.0) + max(0.0, weight - seen.get(term, 0.0))
            seen[term] = max(weight, seen.get(term, 0.0))
    claimed = {topic: weight / (weight + 2) for topic, weight in votes.items()}
    rest = 1.0
    if claimed:
        total = sum(claimed.values())
        most = max(claimed.values())
        claimed = {topic: share * most / total for topic, share in claimed.items()}
        rest = 1 - most
    ranked = sorted(
        [*claimed.items(), *((topic, share * rest) for topic, share in zip(_TRAINED, shares, strict=True))],
        key=lambda each: -each[1],
    )
    (label, p), (second, second_p) = ranked[0], ranked[1]
    if p < SURE:
        return About(OTHER, 1 - p, label, p, "", ())
    deciding = sorted(((term, w) for term, w in seen.items() if table.terms[term][0] == label), key=lambda e: -e[1])
    return About(label, p, second, second_p, _second_level(label, found), tuple(deciding[:3]))


def _second_level(label: str, found: Sequence[tuple[int, str]]) -> str:
    counted: dict[str, int] = {}
    for place, term in found:
        topic, sub = seeds().second.get(term, ("", ""))
        if topic == label:
            counted[sub] = counted.get(sub, 0) + (2 if place < TITLE else 1) * len(term)
    return max(counted, key=lambda sub: counted[sub]) if counted else ""
