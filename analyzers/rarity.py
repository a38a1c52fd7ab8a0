"""Rarity: the words of a text and how much each tells, learnt from the texts themselves on top of a shipped table.

The table (`models/common.json`) says how often words stand in civic messages, so that the first texts of a new
installation are not held together by 投诉 and 小区.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from msgspec import json

from analyzers import text

_TABLE = Path(__file__).parent / "models" / "common.json"
OPENING = 300
"""Characters of a text that are read: people say what it is about early."""
HEAD = 40
"""A term that begins this early weighs more: it stands in the title or the first clause."""
HEAD_WEIGHT = 1.6
PAIR_WEIGHT = 0.6
"""A pair of words weighs less: it says again what its words say, and a name in pieces would count many times."""
HEAVIEST = 40
"""Terms kept of a text."""
PRIOR = 1000.0
"""So many texts the shipped table counts for."""
COMMON = 0.12
"""Share of texts above which a term tells nothing: so high that in a small city a burst's words don't become common by
the burst itself (pairs of the silver issues: F1 0.77 at 0.03, 0.79 at 0.12)."""
RAREST = 5.0
"""Most that rarity counts, in nats: a name that only two texts have is no stronger than one that ten have."""
KINDS = frozenset(("市", "县", "区", "镇", "乡", "村", "街道"))
"""What areas are called after their names: where words are cut, they stand by themselves."""
_WORD = re.compile(r"[一-鿿]+|[a-z0-9]*[a-z一-鿿][a-z0-9一-鿿]*")


@cache
def _common() -> dict[str, float]:
    return json.decode(_TABLE.read_bytes(), type=dict[str, float])


def terms(normal: str) -> dict[str, float]:
    """Return the words of two or more characters and the pairs of adjacent words of a text's opening, with a weight."""
    found: dict[str, float] = {}
    pairs: dict[str, float] = {}
    before = ""
    at = 0
    for word in text.words(normal[:OPENING].encode("utf-8", "replace").decode()):
        if not _WORD.fullmatch(word):
            before = ""
        else:
            weight = HEAD_WEIGHT if at < HEAD else 1.0
            if len(word) > 1:
                found.setdefault(word, weight)
            if before and 3 <= len(before + word) <= 8:
                pairs.setdefault(before + word, weight * PAIR_WEIGHT)
            before = word
        at += len(word)
    return pairs | found


class Rarity:
    """How many texts hold each term. What it says depends on the texts learnt, not on their order."""

    def __init__(self, areas: frozenset[str] = frozenset()) -> None:
        """Begin with the shipped table. areas: names of counties and towns, which say where a matter is, not what."""
        self._areas = areas
        self._seen: Counter[str] = Counter()
        self._texts = 0

    def learn(self, found: Iterable[str]) -> None:
        """Count a text's terms."""
        self._texts += 1
        self._seen.update(found)

    def forget(self, found: Iterable[str]) -> None:
        """Take a text's terms out of the count."""
        self._texts -= 1
        for term in found:
            if self._seen[term] == 1:
                del self._seen[term]
            else:
                self._seen[term] -= 1

    def of(self, term: str) -> float:
        """Return ln(texts / texts with the term), at most `RAREST`; 0 for a term that is common, or only an area."""
        if self._only_areas(term):
            return 0.0
        share = (self._seen[term] + PRIOR * _common().get(term, 0.0)) / (self._texts + PRIOR)
        if share > COMMON:
            return 0.0
        return min(RAREST, -math.log(max(share, 1e-9)))

    def _only_areas(self, term: str) -> bool:
        """Say whether a term is an area's name, or pieces of such names: 静宁县, 静宁县城关镇, 市东华."""
        areas = self._areas
        return term in areas or any(
            (term[:at] in areas or term[:at] in KINDS) and (term[at:] in areas or term[at:] in KINDS)
            for at in range(1, len(term))
        )

    def weigh(self, found: Mapping[str, float], *, least: int = 1) -> dict[str, float]:
        """Return the heaviest terms of a text, of those that so many texts hold at least, as a vector.

        Its length is the root of the share of the text that these terms make, squares of weights summed: who shares a
        single weak word with others has little in common with them, and is not held by it as if he said nothing else.
        (On the silver issues F1 of pairs is 0.79 and 0.96 so; 0.79 and 0.95 with vectors of length one, at less
        precision.)
        """
        weighed = sorted(
            ((term, weight * rare) for term, weight in found.items() if (rare := self.of(term))),
            key=lambda item: (-item[1], item[0]),
        )
        held = [(term, weight) for term, weight in weighed if self._seen[term] >= least][:HEAVIEST]
        part, whole = (sum(weight * weight for _, weight in some) for some in (held, weighed[:HEAVIEST]))
        length = (part * max(whole, part)) ** 0.25 or 1.0
        return {term: weight / length for term, weight in held}
