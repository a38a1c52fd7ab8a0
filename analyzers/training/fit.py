"""Fit linear heads on hashed counts, calibrate them on held-out scores, and pack them into one bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC

from analyzers import grams, linear, sentiment
from analyzers.training import features
from analyzers.training.data import SEED

STEPS = 24_000
"""Whole-number steps from 0 to the largest weight of a column: an int16, with room."""


SMOOTH = 1.0
"""Mean counts a class added to every bucket, spread as the classes are, so that rare pieces tell less."""


class Fitted(NamedTuple):
    """weights: (buckets of all orders, classes), bias, and the temperature that calibrates them."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    temperature: float

    def margins(self, matrix: features.Matrix) -> NDArray[np.float64]:
        """Return scores before the softmax."""
        scores: NDArray[np.float64] = (matrix @ self.weights + self.bias) * self.temperature
        return scores

    def on(self, tells: NDArray[np.float64]) -> Fitted:
        """Return the same model for counts, given that it was fitted on counts × `tells`."""
        return self._replace(weights=self.weights * tells[:, None])


def fit(
    matrix: features.Matrix,
    labels: NDArray[np.int64],
    classes: int,
    c: float,
    weight: NDArray[np.float64] | None = None,
) -> Fitted:
    """Fit one-against-rest support vectors on counts × idf, scaled to unit mean length."""
    by = features.idf(matrix)
    scaled = matrix @ sparse.diags(by)
    length = float(np.sqrt(scaled.multiply(scaled).sum(axis=1)).mean())
    model = LinearSVC(C=c, random_state=SEED, max_iter=400)
    model.fit(scaled / length, labels, sample_weight=weight)
    found = np.zeros((classes, matrix.shape[1]))
    bias = np.full(classes, -9.0)
    coefficients, intercepts = model.coef_, model.intercept_
    if classes == 2:  # one row speaks for both
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.array([-intercepts[0], intercepts[0]])
    found[model.classes_] = coefficients * by / length
    bias[model.classes_] = intercepts
    return Fitted(found.T, bias, 1.0)


def ratios(
    matrix: features.Matrix, labels: NDArray[np.int64], classes: int, weight: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return per bucket how much it tells: the root mean square over classes of log (share in it / share elsewhere).

    Support vectors on counts × idf × this are NB-SVM (Wang and Manning 2012).
    """
    counted = matrix if weight is None else sparse.diags(weight) @ matrix
    more = SMOOTH * classes * float(counted.data.mean())
    total = np.asarray(counted.sum(axis=0)).ravel()
    squares = np.zeros(matrix.shape[1])
    for one in range(classes):
        inside = np.asarray(counted[labels == one].sum(axis=0)).ravel()
        size = inside.sum() / total.sum()
        squares += np.log((inside / size + more) / ((total - inside) / (1 - size) + more)) ** 2
    return np.sqrt(squares / classes)


def together(models: Sequence[Fitted], matrix: features.Matrix) -> Fitted:
    """Return the mean of linear models, each scaled so that its scores of `matrix` vary by 1: again a linear model."""
    sizes = np.array([1 / float(each.margins(matrix).std()) / len(models) for each in models])
    weights = np.tensordot(sizes, np.stack([each.weights for each in models]), axes=1)
    return Fitted(weights, sizes @ np.stack([each.bias for each in models]), 1.0)


def temperature(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the factor on the scores that makes their softmax likeliest (Guo et al. 2017, temperature scaling)."""

    def loss(factor: float) -> float:
        scaled = scores * factor
        shifted = scaled - scaled.max(axis=1, keepdims=True)
        return float(-(shifted[np.arange(len(labels)), labels] - np.log(np.exp(shifted).sum(axis=1))).mean())

    return float(optimize.minimize_scalar(loss, bounds=(0.1, 20), method="bounded").x)


def pack(heads: Sequence[tuple[str, Sequence[str], Fitted]]) -> linear.Bank:
    """Return the bank of these heads, weights rounded to whole numbers, columns padded to a multiple of eight."""
    columns = sum(len(labels) for _, labels, _ in heads)
    wide = -(-columns // 8) * 8
    table = np.zeros((grams.SIZE, wide), dtype=np.int16)
    scale, bias = np.zeros(wide, dtype=np.float32), np.zeros(wide, dtype=np.float32)
    made, first = [], 0
    for name, labels, fitted in heads:
        part = slice(first, first + len(labels))
        weights = fitted.weights * fitted.temperature
        step = np.abs(weights).max() / STEPS
        table[:, part] = np.rint(weights / step).astype(np.int16)
        scale[part] = step
        bias[part] = fitted.bias * fitted.temperature
        made.append(linear.Head(name, tuple(labels), first))
        first += len(labels)
    tables = tuple(table[i * grams.BUCKETS : (i + 1) * grams.BUCKETS] for i in range(len(grams.ORDERS)))
    return linear.Bank(tables, scale, bias, tuple(made))


def replaced(bank: linear.Bank, name: str, fitted: Fitted) -> linear.Bank:
    """Return the bank with one head fitted anew and all other columns as they were; KeyError if it has no such head."""
    head = bank.head(name)
    mine = pack([(name, head.labels, fitted)])
    columns, width = head.columns, slice(0, len(head.labels))
    for table, new in zip(bank.tables, mine.tables, strict=True):
        table[:, columns] = new[:, width]
    bank.scale[columns], bank.bias[columns] = mine.scale[width], mine.bias[width]
    return bank


def network(seen: NDArray[np.float64], labels: NDArray[np.int64]) -> sentiment.Network:
    """Fit three small networks (seeds fixed, early stopping) and lay them side by side as one, scores averaged."""
    mean, scale = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-6)
    shape = {"hidden_layer_sizes": (24,), "alpha": 1.0, "max_iter": 80, "early_stopping": True}
    made = [MLPClassifier(**shape, random_state=SEED + i).fit((seen - mean) / scale, labels) for i in range(3)]
    return sentiment.Network(
        mean,
        scale,
        np.hstack([each.coefs_[0] for each in made]),
        np.concatenate([each.intercepts_[0] for each in made]),
        np.vstack([each.coefs_[1] for each in made]) / len(made),
        sum(each.intercepts_[1] for each in made) / len(made),
    )
