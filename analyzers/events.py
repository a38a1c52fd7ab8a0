"""The near-duplicate key of `analyze`: cheap, without memory. Grouping by matter is `analyzers.grouping`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers import text

_MIXES = (np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35))


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
