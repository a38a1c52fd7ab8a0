"""Copies: which texts are the same text again, a repost of it, or the same with a few words changed.

A text is known by the least hashes of its four-character pieces; two texts are copies if enough of these agree. Being
a copy is passed on (a copy of a copy is a copy), so the order of the texts changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from zlib import crc32

KEPT = 64
"""Hashes kept of a text: the share of pieces that two texts have in common is then known to about 0.06."""
LOOKED_UP = 8
"""Of these, so many are looked up: two texts that share 0.7 of their pieces meet with probability over 0.999."""
ALIKE = 0.7
"""Least share of pieces in common. On a year of a portal's messages 0.7 keeps follow-ups of one writer apart."""
SHORT = 4
_REPOST = re.compile(r"//\s*@[^:：\n]{0,40}[:：]")
_SAID = re.compile(r"[\w]+")


def core(normal: str) -> str:
    """Return what a text itself says: the longest part of a chain of reposts, letters and digits only."""
    parts = ("".join(_SAID.findall(part)) for part in _REPOST.split(normal))
    return max(parts, key=len)


def sketch(normal: str) -> tuple[int, ...]:
    """Return the least hashes of a text's four-character pieces, in order; of a shorter text, its own."""
    said = core(normal)
    pieces = {said[at : at + SHORT] for at in range(len(said) - SHORT + 1)} or ({said} if said else set())
    return tuple(sorted(crc32(piece.encode("utf-8", "surrogatepass")) for piece in pieces)[:KEPT])


def resemblance(one: Sequence[int], other: Sequence[int]) -> float:
    """Return about which share of pieces two texts have in common, from their sketches; 0 to 1."""
    both = sorted({*one, *other})[:KEPT]
    if not both:
        return 0.0
    shared = set(one) & set(other)
    return sum(1 for each in both if each in shared) / len(both)


def copies(sketches: Sequence[tuple[int, ...]]) -> list[int]:
    """Return for each text the place of the first text that it is a copy of (its own, if of none)."""
    first = list(range(len(sketches)))

    def root(at: int) -> int:
        while first[at] != at:
            first[at] = first[first[at]]
            at = first[at]
        return at

    for one, other in _meeting(sketches):
        a, b = root(one), root(other)
        if a != b and resemblance(sketches[one], sketches[other]) >= ALIKE:
            first[max(a, b)] = min(a, b)
    return [root(at) for at in range(len(sketches))]


def _meeting(sketches: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Yield pairs of texts that share one of their very least hashes; each text meets at most 50 a hash."""
    holders: dict[int, list[int]] = {}
    for at, each in enumerate(sketches):
        for least in each[:LOOKED_UP]:
            before = holders.setdefault(least, [])
            for other in before[-50:]:
                yield other, at
            before.append(at)
