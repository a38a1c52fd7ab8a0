"""Pieces of one to three characters, hashed to buckets: the features of both linear models, one definition for all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BITS = 18
BUCKETS = 1 << BITS
ORDERS = (1, 2, 3)
_PRIMES = (np.uint32(2654435761), np.uint32(2246822519), np.uint32(3266489917))


def codes(text: str) -> NDArray[np.uint32]:
    """Return the code points of `text` with a border before and after it."""
    return np.frombuffer(f"\x02{text}\x03".encode("utf-32-le", "replace"), dtype=np.uint32)


def buckets(text: str) -> NDArray[np.uint32]:
    """Return the bucket of every piece, all of one order after those of another; never empty."""
    chars = codes(text)
    parts = []
    mixed = np.zeros(len(chars), dtype=np.uint32)
    for order in ORDERS:
        if len(chars) < order:
            break
        mixed = mixed[: len(chars) - order + 1] * _PRIMES[1] + chars[order - 1 :] * _PRIMES[0]
        spread = mixed ^ (mixed >> np.uint32(15))
        spread = spread * _PRIMES[2] + np.uint32(order)
        parts.append(spread >> np.uint32(32 - BITS))
    return np.concatenate(parts)


def piece(text: str, index: int) -> str:
    """Return the piece that the `index`-th bucket of `text` stands for, borders left out."""
    padded = f"\x02{text}\x03"
    for order in ORDERS:
        count = len(padded) - order + 1
        if index < count:
            return padded[index : index + order].strip("\x02\x03 ")
        index -= count
    return ""
