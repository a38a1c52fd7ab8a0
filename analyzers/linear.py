"""A linear model over hashed pieces: weights × counts / √pieces, softmax, and the pieces that decided."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers import grams


class Model(NamedTuple):
    """weights: (buckets, classes) float32; bias: (classes,); classes: labels in the order of the columns."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    classes: tuple[str, ...]

    def probabilities(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
        """Return probabilities of the classes, and per piece weights with their scale, for `why`."""
        each = self.weights[grams.buckets(text)]
        scale = float(len(each)) ** -0.5
        score = each.sum(axis=0) * scale + self.bias
        power = np.exp(score - score.max())
        return power / power.sum(), each, scale


def load(path: Path) -> Model:
    """Read a model written by `save`; raises OSError or KeyError if the file is not one."""
    with np.load(path) as file:
        return Model(file["weights"].astype(np.float32), file["bias"], tuple(str(each) for each in file["classes"]))


def save(path: Path, model: Model) -> None:
    """Write a model, weights as float16, compressed."""
    np.savez_compressed(
        path, weights=model.weights.astype(np.float16), bias=model.bias, classes=np.array(model.classes)
    )


def top(text: str, gains: NDArray[np.float32], scale: float, count: int = 3) -> tuple[tuple[str, float], ...]:
    """Return up to `count` different pieces with the highest gain that are at least two characters long."""
    found: dict[str, float] = {}
    for index in np.argsort(-gains)[: 8 * count]:
        term = grams.piece(text, int(index))
        if len(term) < 2 or gains[index] <= 0 or any(term in other or other in term for other in found):
            continue
        found[term] = round(float(gains[index]) * scale, 3)
        if len(found) == count:
            break
    return tuple(found.items())
