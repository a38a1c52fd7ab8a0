"""Make every weight in `analyzers/models` from the development data: `train(data_dir, out_dir, progress)`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec import json
from numpy.typing import NDArray
from scipy import sparse

from analyzers import linear
from analyzers import sentiment as sentiment_
from analyzers.labels import SENTIMENTS
from analyzers.training import civic, data, features, fit, places, seeds, topics

Progress = Callable[[str], None]
Ints = NDArray[np.int64]
MOODS = tuple(SENTIMENTS)
FOLDS = 4
C_SENTIMENT = 1.0
C_TELLING = 0.3
"""Of the two linear models of sentiment, which err differently (see `fitted_mood`): held out by groups on
`sentiment_dev`, the mean of both with the network on it had 0.816 / 0.794, the better one alone 0.814 / 0.792, and
support vectors with C = 0.3, as it was before, 0.811 / 0.788."""
C_CIVIC = 0.1
C_DOMAIN = 0.1
CIVIC_TEMPERATURE = 2.5
DOMAIN_TEMPERATURE = 3.0
"""Weak labels can't calibrate themselves: these factors keep the civic heads from being surer than they may be."""


class Head(NamedTuple):
    """A trained head, with held-out scores of its own rows."""

    name: str
    labels: tuple[str, ...]
    fitted: fit.Fitted
    held_out: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    truth: np.ndarray[tuple[int], np.dtype[np.int64]]


def train(data_dir: Path, out_dir: Path, progress: Progress = lambda _: None) -> dict[str, float]:
    """Train all models from `data_dir` into `out_dir`; the same data gives the same weights.

    Returns held-out accuracies by model. Raises OSError if a data file is missing, ImportError without the extra
    `train` (scikit-learn, scipy).
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    progress("places")
    places.write(
        places.build(data_dir / "places_adcodes.csv", "620800", data_dir / "places_pingliang.txt"),
        out_dir / "places.json",
    )
    write_seeds(out_dir)
    progress("sentiment: reading")
    mood = sentiment(data_dir, out_dir, progress)
    progress("topics: reading")
    topic = topics.train(data_dir, progress)
    heads = [(mood.name, mood.labels, mood.fitted), ("topic", topics.TRAINED, topic.fitted)]
    linear.save(out_dir / "bank.npz", fit.pack([*heads, *civic_heads(data_dir, progress)]))
    progress("done")
    return {"sentiment": float((mood.held_out.argmax(axis=1) == mood.truth).mean()), "topic": right(topic)}


def train_topics(data_dir: Path, out_dir: Path, progress: Progress = lambda _: None) -> dict[str, float]:
    """Train only the topics, and leave every other weight in `out_dir` as it is; else as `train`."""
    write_seeds(out_dir)
    progress("topics: reading")
    topic = topics.train(data_dir, progress)
    path = out_dir / "bank.npz"
    linear.save(path, fit.replaced(linear.load(path), "topic", topic.fitted))
    progress("done")
    return {"topic": right(topic)}


def write_seeds(out_dir: Path) -> None:
    """Write the seed terms as the judge reads them."""
    (out_dir / "seeds.json").write_bytes(json.format(json.encode(seeds.table()), indent=0))


def right(head: topics.Head) -> float:
    """Return the share of raw rows that are right, held out."""
    return float((head.raw.scores.argmax(axis=1) == head.raw.truth).mean())


def sentiment(data_dir: Path, out_dir: Path, progress: Progress) -> Head:
    """Train sentiment on Weibo rows: the linear model, and the network on its held-out scores."""
    rows = data.sentiment(data_dir)
    matrix = features.counts(rows.texts)
    labels = np.array([MOODS.index(each) for each in rows.labels])
    fold = data.folds(data.groups(rows.texts), FOLDS)
    progress(f"sentiment: {len(labels)} rows")
    read = np.zeros((0, 0))
    for each in range(FOLDS):
        train_rows, test_rows = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
        part = fitted_mood(matrix[train_rows], labels[train_rows])
        seen = features.read(fit.pack([("sentiment", MOODS, part)]), [rows.texts[i] for i in test_rows.tolist()])
        read = read if read.size else np.zeros((len(labels), seen.shape[1]))
        read[test_rows] = seen
        progress(f"sentiment: fold {each + 1} of {FOLDS}")
    fitted = fitted_mood(matrix, labels)
    scores = np.zeros((len(labels), len(MOODS)))
    for each in range(FOLDS):
        scores[fold == each] = fit.network(read[fold != each], labels[fold != each]).scores(read[fold == each])
    warm = fit.temperature(scores, labels)
    net = fit.network(read, labels)
    sentiment_.save(out_dir / "mood.npz", net._replace(out=net.out * warm, out_bias=net.out_bias * warm))
    return Head("sentiment", MOODS, fitted, scores, labels)


def fitted_mood(matrix: features.Matrix, labels: Ints) -> fit.Fitted:
    """Fit the mean of support vectors on counts × idf and on counts × idf × how much each bucket tells."""
    plain = fit.fit(matrix, labels, len(MOODS), C_SENTIMENT)
    tells = fit.ratios(matrix, labels, len(MOODS))
    telling = fit.fit(matrix @ sparse.diags(tells), labels, len(MOODS), C_TELLING).on(tells)
    return fit.together((plain, telling), matrix)


def civic_heads(data_dir: Path, progress: Progress) -> list[tuple[str, tuple[str, ...], fit.Fitted]]:
    """Train the mood of civic texts, on messages whose matter leaves no doubt, and what tells them from other posts.

    Returns the heads `civic` (moods) and `domain` (social, civic).
    """
    weak = civic.weak_moods(data_dir)
    progress(f"civic: {len(weak.labels)} weakly marked messages")
    matrix = features.counts(weak.texts)
    labels = np.array([MOODS.index(each) for each in weak.labels])
    mood = fit.fit(matrix, labels, len(MOODS), C_CIVIC)._replace(temperature=CIVIC_TEMPERATURE)
    social = data.sentiment(data_dir)
    both = sparse.vstack([features.counts(social.texts), matrix]).tocsr()
    which = np.concatenate([np.zeros(len(social.texts), dtype=np.int64), np.ones(len(labels), dtype=np.int64)])
    domain = fit.fit(both, which, 2, C_DOMAIN)._replace(temperature=DOMAIN_TEMPERATURE)
    return [("civic", MOODS, mood), ("domain", ("social", "civic"), domain)]
