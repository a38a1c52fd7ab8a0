"""Find many fixed terms in a page at once: a table of two-character beginnings, then a look in a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from analyzers.text import Codes, Page

_BITS = 16
_MIX = np.uint32(2654435761)
_MIX2 = np.uint32(0x9E3779B1)
_SHIFT = np.uint32(32 - _BITS)

Value = TypeVar("Value")


class Hit(NamedTuple, Generic[Value]):
    """A term found: where it starts in the page, the term, and what it stands for."""

    position: int
    term: str
    value: Value


def pairs(codes: Codes) -> NDArray[np.uint32]:
    """Return a hash of every two neighbours (full 32 bits, to be shifted down by the user)."""
    mixed: NDArray[np.uint32] = (codes[:-1] * _MIX2 + codes[1:]) * _MIX
    return mixed


class Terms(Generic[Value]):
    """Terms of two or more folded characters, each with a value; the longest at a place wins."""

    def __init__(self, terms: Mapping[str, Value]) -> None:
        self._mark = np.zeros(1 << _BITS, dtype=np.uint8)
        self._by_start: dict[str, list[tuple[str, Value]]] = {}
        for term in sorted(terms, key=len, reverse=True):
            self._by_start.setdefault(term[:2], []).append((term, terms[term]))
        for start in self._by_start:
            code = np.array([ord(start[0]), ord(start[1])], dtype=np.uint32)
            self._mark[pairs(code) >> _SHIFT] = 1

    def find(self, page: Page, hashed: NDArray[np.uint32] | None = None) -> list[Hit[Value]]:
        """Return all terms of the page in order, the longest at each place; they may overlap."""
        if len(page.codes) < 2:
            return []
        marks = self._mark.take((pairs(page.codes) if hashed is None else hashed) >> _SHIFT)
        whole, by_start = page.whole, self._by_start
        found: list[Hit[Value]] = []
        for position in np.flatnonzero(marks).tolist():
            for term, value in by_start.get(whole[position : position + 2], ()):
                if whole.startswith(term, position):
                    found.append(Hit(position, term, value))
                    break
        return found
