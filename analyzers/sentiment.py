"""Sentiment of a text in three classes, with calibrated probabilities and a band in which we say we are not sure.

Two steps. A linear model weighs pieces of one to three characters (`analyzers.linear`). A small network then reads
where in the text that weight lies — the writer's own words or a repost's (`//@`), the beginning, the end, the
strongest place — and how the text is marked ([表情], ?, !, #). Sentiment is a property of a text, never of a person,
and is shown to people only for groups of at least five.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers import linear, text

UNSURE = 0.6
"""Below this calibrated probability of the best class the label is marked uncertain (see the model card)."""
ROWS = 64
"""Texts the network reads at once: so few that the mathematics library starts no threads for it."""
EDGE = 12
"""Characters that count as beginning and end."""
_MODEL = Path(__file__).parent / "models" / "mood.npz"
_MARKS = "[?!#。…"

Floats = NDArray[np.float64]


class Network(NamedTuple):
    """One hidden layer of rectified units on standardised features; scores are already calibrated."""

    mean: Floats
    scale: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    def scores(self, features: Floats) -> Floats:
        """Return scores (texts, classes) before the softmax."""
        scaled = (features - self.mean) / self.scale
        out = [self._block(scaled[at : at + ROWS]) for at in range(0, len(scaled), ROWS)]
        return np.concatenate(out)

    def _block(self, scaled: Floats) -> Floats:
        scores: Floats = np.maximum(scaled @ self.hidden + self.hidden_bias, 0) @ self.out + self.out_bias
        return scores


@cache
def network() -> Network:
    """Return the network that comes with the program."""
    return load(_MODEL)


def load(path: Path) -> Network:
    """Read a network written by `save`; raises OSError or KeyError if the file is not one."""
    with np.load(path) as file:
        return Network(*(file[name] for name in Network._fields))


def save(path: Path, model: Network) -> None:
    """Write a network."""
    np.savez_compressed(path, **{name: getattr(model, name).astype(np.float32) for name in Network._fields})


@cache
def _marks() -> NDArray[np.uint8]:
    table = np.zeros((0x3100, len(_MARKS)), dtype=np.uint8)
    for column, mark in enumerate(_MARKS):
        table[ord(mark), column] = 1
    return table


def features(
    page: text.Page, scores: linear.Scores, head: linear.Head, scale: float, bias: NDArray[np.float32]
) -> Floats:
    """Return what the network reads of each text of a page: (texts, features).

    scores: of the linear model; head: its columns; scale, bias: of these columns.
    """
    bounds, pieces = scores.bounds, page.lengths + len(text.BORDER)
    ends = bounds + pieces
    parts = [rows[:, head.columns] for rows in scores.rows]
    total = parts[0].astype(np.int32) + parts[1] + parts[2]
    running = np.zeros((len(total) + 1, total.shape[1]), dtype=np.int64)
    np.cumsum(total, axis=0, out=running[1:])
    own = np.minimum(_own_ends(page, scores.owner, ends) + len(text.BORDER), ends)
    sums = [np.add.reduceat(part, bounds, axis=0, dtype=np.int32) * scores.root[:, None] for part in parts]
    whole = sum(sums) + bias / scale
    first, last = np.minimum(bounds + EDGE, ends), np.maximum(own - EDGE, bounds)
    regions = [
        (running[own] - running[bounds]) * _root(own - bounds),
        (running[ends] - running[own]) * _root(ends - own),
        (running[first] - running[bounds]) * np.float64(1),
        (running[own] - running[last]) * np.float64(1),
        np.maximum.reduceat(total, bounds, axis=0) * np.float64(1),
        np.minimum.reduceat(total, bounds, axis=0) * np.float64(1),
    ]
    codes = np.minimum(page.codes[: len(total)], 0x30FF)
    marks = np.add.reduceat(_marks().take(codes, axis=0), bounds, axis=0, dtype=np.int32)
    sizes = np.log(np.stack([pieces, np.maximum(own - bounds, 1)], axis=1))
    found: Floats = np.concatenate([np.hstack([*sums, whole, *regions]) * scale, sizes, np.minimum(marks, 20)], axis=1)
    return found


def _root(lengths: NDArray[np.int64]) -> Floats:
    root: Floats = (3.0 * np.maximum(lengths, 1))[:, None] ** -0.5
    return root


def _own_ends(page: text.Page, owner: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each text's own words end: at its first `//@`, or at its end."""
    own = ends.copy()
    codes = page.codes
    reposts = np.flatnonzero((codes[:-2] == 47) & (codes[1:-1] == 47) & (codes[2:] == 64))
    np.minimum.at(own, owner[reposts], reposts)
    return own
