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
    """Return 1 + the column of each mark by character, 0 for what is none; the last also stands for all above."""
    table = np.zeros(0x3100, dtype=np.uint8)
    for column, mark in enumerate(_MARKS, start=1):
        table[ord(mark)] = column
    return table


def features(
    page: text.Page, scores: linear.Scores, head: linear.Head, scale: float, bias: NDArray[np.float32]
) -> Floats:
    """Return what the network reads of each text of a page: (texts, features).

    scores: of the linear model; head: its columns, among the leading ones; scale, bias: of these columns.
    """
    bounds, pieces = scores.bounds, page.lengths + len(text.BORDER)
    ends = bounds + pieces
    total = scores.leading[:-1]
    own = np.minimum(_own_ends(page, scores.owner, ends) + len(text.BORDER), ends)
    sums = [each[:, head.columns] * scores.root[:, None] for each in scores.sums]
    whole = sum(sums) + bias / scale
    said = sum(each[:, head.columns] for each in scores.sums)
    passed_on = _passed_on(scores.leading, own, ends)[:, head.columns]
    regions = [
        (said - passed_on) * _root(own - bounds),
        passed_on * _root(ends - own),
        _summed(scores.leading, bounds, np.minimum(bounds + EDGE, ends))[:, head.columns] * np.float64(1),
        _summed(scores.leading, np.maximum(own - EDGE, bounds), own)[:, head.columns] * np.float64(1),
        np.maximum.reduceat(total, bounds, axis=0)[:, head.columns] * np.float64(1),
        np.minimum.reduceat(total, bounds, axis=0)[:, head.columns] * np.float64(1),
    ]
    column = _marks().take(page.codes[: len(total)], mode="clip")
    places = np.flatnonzero(column)
    marked = scores.owner[places] * len(_MARKS) + (column[places] - 1)
    marks = np.bincount(marked, minlength=len(bounds) * len(_MARKS)).reshape(len(bounds), len(_MARKS))
    sizes = np.log(np.stack([pieces, np.maximum(own - bounds, 1)], axis=1))
    found: Floats = np.concatenate([np.hstack([*sums, whole, *regions]) * scale, sizes, np.minimum(marks, 20)], axis=1)
    return found


def _passed_on(leading: NDArray[np.int32], own: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sums of what each text only passes on: few texts do."""
    out = np.zeros((len(own), leading.shape[1]), dtype=np.int64)
    some = np.flatnonzero(own < ends)
    if len(some):
        cuts = np.column_stack([own[some], ends[some]]).ravel()
        out[some] = np.add.reduceat(leading, cuts, axis=0, dtype=np.int64)[::2]
    return out


def _summed(leading: NDArray[np.int32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sums of stretches of up to EDGE pieces."""
    places = starts[:, None] + np.arange(EDGE)
    places[places >= ends[:, None]] = len(leading) - 1  # the row of zeros
    summed: NDArray[np.int64] = leading.take(places, axis=0).sum(axis=1, dtype=np.int64)
    return summed


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
