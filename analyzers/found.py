"""Terms found in the texts of a page, as arrays: what the judges of intent and topic count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.terms import Hits, Ints
from analyzers.text import Page

TITLE = 24
"""Terms among the first characters of the matter count double: where portals and hotlines put the title.

The matter begins with the first term of any kind (a fault, a place, a topic), for no tone is a term: greetings or
insults before it move nothing out of the title.
"""
MOST = 3
Texts = Sequence[str]


class Found(NamedTuple):
    """Per hit: its text, its place there, the number of its term, if it is in the title, if the first of its term."""

    owner: Ints
    place: Ints
    ident: Ints
    title: NDArray[np.bool_]
    first: NDArray[np.bool_]


def found_in(page: Page, hits: Hits, terms: int) -> Found:
    """Return the hits of a page by text; `terms` is how many terms there are."""
    owner = page.owner(hits.position)
    place = hits.position - page.starts[owner]
    first = np.zeros(len(owner), dtype=np.bool_)
    first[np.unique(owner * terms + hits.ident, return_index=True)[1]] = True
    begins = np.zeros(len(page), dtype=np.int64)
    some, at = np.unique(owner, return_index=True)  # hits are in order of the page: the first is where a text's begin
    begins[some] = place[at]
    return Found(owner, place, hits.ident, place - begins[owner] < TITLE, first)


def top_terms(
    count: int,
    names: Sequence[str],
    *,
    owner: Ints,
    ident: Ints,
    weight: NDArray[np.float64],
    deciding: NDArray[np.bool_],
) -> list[tuple[tuple[str, float], ...]]:
    """Return for each of `count` texts the up to three deciding terms of most weight."""
    out: list[tuple[tuple[str, float], ...]] = [()] * count
    owner, ident, weight = owner[deciding], ident[deciding], weight[deciding]
    order = np.lexsort((-weight, owner))
    for index, term, value in zip(owner[order].tolist(), ident[order].tolist(), weight[order].tolist(), strict=True):
        if len(out[index]) < MOST:
            out[index] = (*out[index], (names[term], value))
    return out
