"""Train the seven labelled topics, and score every row by a model that has not seen it or its near-duplicates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analyzers import analysis, linear, places
from analyzers import topics as topics_
from analyzers.found import found_in
from analyzers.labels import LABELLED_TOPICS, TOPICS
from analyzers.text import fold_page
from analyzers.training import data, features, fit

TRAINED = TOPICS[:LABELLED_TOPICS]
FOLDS = 4
C = 1.0
RAW_WEIGHT = 3.0
"""Raw rows are few and look like what comes in: each counts as so many segmented ones."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Scored(NamedTuple):
    """One set's texts, their topics by number, and scores of models that have not seen them."""

    texts: list[str]
    truth: Ints
    scores: Floats


class Head(NamedTuple):
    """The trained head, and the held-out scores of the raw and of the segmented rows."""

    fitted: fit.Fitted
    raw: Scored
    segmented: Scored


def train(
    data_dir: Path, progress: Callable[[str], None], *, grouped: bool = True, split: int = data.SEED
) -> Head:
    """Train on raw and segmented rows; the same data gives the same weights.

    grouped: rows that share an opening are held out together; else each row by itself, as a random split does.
    split: seed of the folds; settings were chosen with the default one, so figures to be shown need another.
    """
    raw, segmented, tree = data.topics_raw(data_dir), data.topics_segmented(data_dir), data.taxonomy(data_dir, TRAINED)
    texts = raw.texts + segmented.texts
    sizes = [len(raw.texts), len(segmented.texts), len(tree.texts)]
    matrix = features.counts(texts + tree.texts, linear.OPENING_WEIGHT["topic"])
    truth = np.array([TRAINED.index(each) for each in raw.labels + segmented.labels + tree.labels])
    weight = np.repeat([RAW_WEIGHT, 1.0, 1.0], sizes)
    progress(f"topics: {sizes[1]} segmented rows, {sizes[0]} raw rows, {sizes[2]} paths of the taxonomy")
    fold = data.folds(data.groups(texts) if grouped else np.arange(len(texts)), FOLDS, split)
    fold = np.concatenate([fold, np.full(sizes[2], -1)])  # the taxonomy is never asked about
    scores = np.zeros((len(texts), len(TRAINED)))
    for each in range(FOLDS):
        rows, out = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
        scores[out] = fitted(matrix[rows], truth[rows], weight[rows]).margins(matrix[out])
        progress(f"topics: fold {each + 1} of {FOLDS}")
    raw_, rest = slice(0, sizes[0]), slice(sizes[0], len(texts))
    warm = fit.temperature(scores[raw_], truth[raw_])
    return Head(
        fitted(matrix, truth, weight)._replace(temperature=warm),
        Scored(raw.texts, truth[raw_], scores[raw_]),
        Scored(segmented.texts, truth[rest], scores[rest]),
    )


def fitted(matrix: features.Matrix, labels: Ints, weight: Floats) -> fit.Fitted:
    """Fit support vectors on counts × idf × how much each tells, classes balanced."""
    share = np.bincount(labels, minlength=len(TRAINED)) * len(TRAINED) / len(labels)
    tells = fit.ratios(matrix, labels, len(TRAINED), weight)
    return fit.fit(matrix @ sparse.diags(tells), labels, len(TRAINED), C, weight / share[labels]).on(tells)


def labelled(scored: Scored, warm: float) -> tuple[list[str], Floats]:
    """Return what `analyze` would call each text, seed terms and 其他 included, with these scores as the model's.

    warm: the temperature of the scores. Also returns the probabilities.
    """
    scores = scored.scores * warm
    terms = analysis.terms_of(places.default())
    judge = topics_.Judge(terms)
    out: list[topics_.About] = []
    for at in range(0, len(scored.texts), 100):
        page = fold_page(scored.texts[at : at + 100])
        found = found_in(page, terms.find(page), len(terms.names))
        out += judge.judge(scores[at : at + 100], found)
    return [each.label for each in out], np.array([each.p for each in out])
