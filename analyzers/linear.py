"""Linear models over hashed pieces, several in one table, a page at a time.

score of a class = scale × Σ weights of the text's pieces / √pieces + bias; for topics the opening's own Σ / √pieces is
added with a weight, since it stands for the title. Probabilities are the softmax of the scores of one model. Weights
are whole numbers, so a sum is exact and the same on any machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers import grams, text

Floats = NDArray[np.float32]

OPENING = 30
"""So many pieces at a text's start stand for its title, where portals and hotlines put it."""
OPENING_WEIGHT = {"topic": 0.6}
"""How much the opening's own score counts beside the whole text's, by head (held out by groups, 0.6 beat 0 and 1)."""

LEADING = 4
"""Of so many first columns the score of each single piece is kept: the network of sentiment reads them."""


class Head(NamedTuple):
    """One model of the bank: its labels, in the order of its columns `first` to `first + len(labels)`."""

    name: str
    labels: tuple[str, ...]
    first: int

    @property
    def columns(self) -> slice:
        """Its columns in the table."""
        return slice(self.first, self.first + len(self.labels))


class Bank(NamedTuple):
    """tables: per order (buckets, columns) int16; scale, bias: (columns,) float32."""

    tables: tuple[NDArray[np.int16], ...]
    scale: Floats
    bias: Floats
    heads: tuple[Head, ...]

    def head(self, name: str) -> Head:
        """Return the model of this name; KeyError if there is none."""
        for each in self.heads:
            if each.name == name:
                return each
        raise KeyError(name)


class Scores(NamedTuple):
    """Scores of a page: (texts, columns), and the sums by order that they are made of.

    leading: the first LEADING columns of each piece, over all orders, and a row of zeros at the end;
    pairs: the bucket of each piece of two characters.
    """

    values: Floats
    sums: tuple[NDArray[np.int32], ...]
    leading: NDArray[np.int32]
    pairs: grams.Buckets
    owner: NDArray[np.int64]
    bounds: NDArray[np.int64]
    root: Floats


def score(bank: Bank, page: text.Page, paired: NDArray[np.uint32]) -> Scores:
    """Score every text of a page with every model of the bank."""
    bounds = page.starts - len(text.BORDER)
    pieces = page.lengths + len(text.BORDER)
    start = np.zeros((len(page), len(bank.scale)), dtype=np.int32)
    size = opening(pieces)
    cuts = np.column_stack([bounds, bounds + size]).ravel()
    buckets = grams.buckets(page.codes, paired)
    leading = np.zeros((len(buckets[0]) + 1, LEADING), dtype=np.int32)
    sums = []
    for table, bucket in zip(bank.tables, buckets, strict=True):
        rows = table.take(bucket, axis=0)  # one order at a time: the memory of one is used again for the next
        parts = np.add.reduceat(rows, cuts, axis=0, dtype=np.int32)
        start += parts[0::2]
        sums.append(parts[0::2] + parts[1::2])
        leading[:-1] += _leading(rows)
    total = sums[0] + sums[1] + sums[2]
    root = (pieces.astype(np.float32) * len(grams.ORDERS)) ** np.float32(-0.5)
    values = total * root[:, None] * bank.scale + bank.bias
    lead = (size.astype(np.float32) * len(grams.ORDERS)) ** np.float32(-0.5)
    for head in bank.heads:
        if head.name in OPENING_WEIGHT:
            more = lead * np.float32(OPENING_WEIGHT[head.name])
            values[:, head.columns] += start[:, head.columns] * more[:, None] * bank.scale[head.columns]
    owner = np.repeat(np.arange(len(page)), pieces)
    return Scores(values.astype(np.float32), tuple(sums), leading, buckets[1], owner, bounds, root)


def _leading(rows: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the first columns of rows: read as one word of 64 bits each, which is three times faster."""
    if rows.shape[1] % LEADING:
        thin = np.zeros((len(rows), LEADING), dtype=np.int16)
        thin[:, : rows.shape[1]] = rows[:, :LEADING]
        return thin
    return rows.view(np.int64)[:, 0].copy().view(np.int16).reshape(-1, LEADING)


def opening(pieces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many pieces of each text are its opening: never all of them, so that both parts hold one."""
    return np.minimum(pieces - 1, OPENING)


def softmax(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return probabilities of the columns, row by row."""
    power = np.exp(values - values.max(axis=1, keepdims=True))
    shares: NDArray[np.floating] = power / power.sum(axis=1, keepdims=True)
    return shares


def reasons(
    bank: Bank, scores: Scores, page: text.Page, column: NDArray[np.int64], han: NDArray[np.bool_]
) -> list[list[tuple[str, float]]]:
    """Return for each text the up to two pairs of characters that spoke most for its best label.

    column: of the label, for each text; han: where a pair of Chinese characters starts.
    """
    owner = scores.owner
    table = bank.tables[1]
    gain = table.ravel().take(scores.pairs.astype(np.int64) * table.shape[1] + column[owner])
    gain[~han[:-1]] = 0
    out: list[list[tuple[str, float]]] = [[] for _ in range(len(page))]
    factor = scores.root * bank.scale[column]
    for _ in range(2):
        top = np.maximum.reduceat(gain, scores.bounds)
        places = np.flatnonzero((gain == top[owner]) & (gain > 0))
        whose = owner[places]
        first = np.flatnonzero(np.diff(whose, prepend=-1))
        for place, index in zip(places[first].tolist(), whose[first].tolist(), strict=True):
            weight = round(float(gain[place] * factor[index]), 3)
            term = page.whole[place : place + 2]
            if weight > 0 and all(term != other for other, _ in out[index]):
                out[index].append((term, weight))
        for shift in (-1, 0, 1):
            gain[np.clip(places + shift, 0, len(gain) - 1)] = 0
    return out


def load(path: Path) -> Bank:
    """Read a bank written by `save`; raises OSError or KeyError if the file is not one."""
    with np.load(path) as file:
        heads, first = [], 0
        for name in file["heads"]:
            labels = tuple(str(each) for each in file[f"labels_{name}"])
            heads.append(Head(str(name), labels, first))
            first += len(labels)
        tables = []
        for order in grams.ORDERS:
            thin = file[f"table_{order}"]
            wide = np.zeros((grams.BUCKETS, file["scale"].size), dtype=np.int16)
            wide[file[f"rows_{order}"]] = thin
            tables.append(wide)
        return Bank(tuple(tables), file["scale"], file["bias"], tuple(heads))


def save(path: Path, bank: Bank) -> None:
    """Write a bank: only the rows of buckets that were seen, compressed."""
    parts: dict[str, NDArray[np.generic]] = {"scale": bank.scale, "bias": bank.bias}
    parts["heads"] = np.array([head.name for head in bank.heads])
    for head in bank.heads:
        parts[f"labels_{head.name}"] = np.array(head.labels)
    for order, table in zip(grams.ORDERS, bank.tables, strict=True):
        seen = np.flatnonzero(table.any(axis=1)).astype(np.uint32)
        parts[f"rows_{order}"] = seen
        parts[f"table_{order}"] = table[seen]
    np.savez_compressed(path, **parts)  # type: ignore[arg-type]
