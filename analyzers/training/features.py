"""Texts to sparse counts of hashed pieces, by the very functions that run in production."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analyzers import grams, linear, sentiment, text
from analyzers.terms import pairs

Matrix: TypeAlias = Any
"""scipy.sparse.csr_matrix, which ships no types."""


def counts(texts: list[str], opening: float = 0.0) -> Matrix:
    """Return (texts, buckets of all orders) counts / √pieces: what `linear.score` multiplies with its weights.

    opening: the head's `linear.OPENING_WEIGHT`.
    """
    blocks = [_block(texts[at : at + 200], opening) for at in range(0, len(texts), 200)]
    return sparse.vstack(blocks).tocsr()


def _block(texts: list[str], opening: float) -> Matrix:
    page = text.fold_page(texts)
    pieces = page.lengths + len(text.BORDER)
    owner = np.repeat(np.arange(len(page)), pieces)
    columns, rows = [], []
    for order, bucket in enumerate(grams.buckets(page.codes, pairs(page.codes))):
        columns.append(bucket.astype(np.int64) + order * grams.BUCKETS)
        rows.append(owner)
    size = linear.opening(pieces)
    inside = np.arange(len(owner)) - np.repeat(page.starts - len(text.BORDER), pieces) < size[owner]
    whole, lead = ((each.astype(np.float32) * len(grams.ORDERS)) ** np.float32(-0.5) for each in (pieces, size))
    values = np.tile(whole[owner] + np.where(inside, np.float32(opening) * lead[owner], 0), len(grams.ORDERS))
    shape = (len(page), grams.SIZE)
    return sparse.coo_matrix((values, (np.concatenate(rows), np.concatenate(columns))), shape=shape).tocsr()


def idf(matrix: Matrix, least: int = 2) -> NDArray[np.float32]:
    """Return ln((1 + n) / (1 + df)) + 1 per bucket, 0 for buckets in fewer than `least` texts."""
    df = matrix.getnnz(axis=0)
    weights: NDArray[np.float32] = np.where(df >= least, np.log((1 + matrix.shape[0]) / (1 + df)) + 1, 0).astype(
        np.float32
    )
    return weights


def read(bank: linear.Bank, texts: list[str]) -> NDArray[np.float64]:
    """Return what the network of sentiment reads of each text, given the linear model's bank."""
    head = bank.head("sentiment")
    blocks = []
    for at in range(0, len(texts), 100):
        page = text.fold_page(texts[at : at + 100])
        scores = linear.score(bank, page, pairs(page.codes))
        blocks.append(sentiment.features(page, scores, head, float(bank.scale[0]), bank.bias[head.columns]))
    return np.concatenate(blocks)
