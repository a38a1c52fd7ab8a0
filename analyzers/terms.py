"""Find many fixed terms in a page at once: marks of two-character beginnings, then signatures by length, in numpy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.text import Codes, Page

_BITS = 17
_MIX = np.uint32(2654435761)
_MIX2 = np.uint32(0x9E3779B1)
_SHIFT = np.uint32(32 - _BITS)
_TURN = np.uint32(0x01000193)

Ints = NDArray[np.int64]


class Hits(NamedTuple):
    """Terms found, in order of the page: where each starts, and its number in `Terms.names`."""

    position: Ints
    ident: Ints


class _Length(NamedTuple):
    bit: np.uint64
    offsets: tuple[int, ...]
    signatures: Codes
    idents: Ints


def pairs(codes: Codes) -> NDArray[np.uint32]:
    """Return a hash of every two neighbours (full 32 bits, to be shifted down by the user)."""
    mixed: NDArray[np.uint32] = (codes[:-1] * _MIX2 + codes[1:]) * _MIX
    return mixed


class Terms:
    """A fixed set of folded terms of two or more characters; the longest at a place wins, and they may overlap.

    A term is told by a signature of 32 bits: among thousands of terms one wrong hit is expected per some hundred
    thousand candidates, so who acts on a single hit looks at the text again (`at`).
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self.names = tuple(sorted({term for term in terms if len(term) > 1}))
        self._mark = np.zeros(1 << _BITS, dtype=np.uint64)  # a bit for each length that begins so
        by_length: dict[int, list[tuple[int, int]]] = {}
        for ident, term in enumerate(self.names):
            paired = pairs(np.array([ord(char) for char in term], dtype=np.uint32))
            self._mark[paired[0] >> _SHIFT] |= _bit(len(term))
            offsets = _offsets(len(term))
            value = _signature(paired, np.zeros(1, dtype=np.int64), offsets)
            by_length.setdefault(len(term), []).append((int(value[0]), ident))
        self._lengths: list[_Length] = []
        for length in sorted(by_length, reverse=True):
            rows = sorted(by_length[length])
            signatures = np.array([value for value, _ in rows], dtype=np.uint32)
            idents = np.array([ident for _, ident in rows])
            self._lengths.append(_Length(_bit(length), _offsets(length), signatures, idents))

    def find(self, page: Page, hashed: NDArray[np.uint32] | None = None) -> Hits:
        """Return all terms of the page."""
        if not self.names or not len(page):
            return Hits(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        paired = pairs(page.codes) if hashed is None else hashed
        marks = self._mark.take(paired >> _SHIFT)
        left = np.flatnonzero(marks)
        marks = marks[left]
        positions, idents = [], []
        for bit, offsets, signatures, known in self._lengths:
            some = np.flatnonzero(marks & bit)
            inside = left[some]
            if offsets[-1]:
                inside = inside[: np.searchsorted(inside, len(paired) - offsets[-1])]
            values = _signature(paired, inside, offsets)
            place = np.searchsorted(signatures, values)
            place[place == len(signatures)] = 0
            hit = signatures[place] == values
            if hit.any():
                positions.append(inside[hit])
                idents.append(known[place[hit]])
                marks[some[: len(hit)][hit]] = 0
        if not positions:
            return Hits(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        position, ident = np.concatenate(positions), np.concatenate(idents)
        order = np.argsort(position)
        return Hits(position[order], ident[order])

    def table(self, values: dict[str, int], missing: int = -1) -> Ints:
        """Return an array by number of term, of a value for each term that has one."""
        return np.array([values.get(name, missing) for name in self.names], dtype=np.int64)


def _bit(length: int) -> np.uint64:
    return np.uint64(1) << np.uint64(min(length, 63))


def _offsets(length: int) -> tuple[int, ...]:
    return tuple(sorted({*range(0, length - 1, 2), length - 2}))


def _signature(paired: NDArray[np.uint32], places: Ints, offsets: tuple[int, ...]) -> NDArray[np.uint32]:
    value = paired[places]
    for offset in offsets[1:]:
        value = (value ^ (value >> np.uint32(15))) * _TURN + paired[places + offset]
    return value
