"""Pieces of one to three characters, hashed to buckets: the features of both linear models, one definition for all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.terms import pairs
from analyzers.text import Codes

BITS = 18
BUCKETS = 1 << BITS
ORDERS = (1, 2, 3)
SIZE = BUCKETS * len(ORDERS)
_DOWN = np.uint32(32 - BITS)
_MIX = np.uint32(2246822519)
_MIX2 = np.uint32(3266489917)

Buckets = NDArray[np.uint32]


def buckets(codes: Codes, paired: NDArray[np.uint32] | None = None) -> list[Buckets]:
    """Return for each order the bucket of the piece that starts at each character (see `text.BORDER` for the edges).

    All are two shorter than the page: what starts in the closing border belongs to no text.
    """
    two = pairs(codes) if paired is None else paired
    three = ((two[:-1] ^ (two[:-1] >> np.uint32(15))) * _MIX + codes[2:]) * _MIX2
    return [(codes[:-2] * _MIX2) >> _DOWN, two[:-1] >> _DOWN, three >> _DOWN]
