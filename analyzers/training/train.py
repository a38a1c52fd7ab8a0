"""Make every weight in `analyzers/models` from the development data: `train(data_dir, out_dir, progress)`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec import json
from scipy import sparse

from analyzers import linear
from analyzers import sentiment as sentiment_
from analyzers.labels import LABELLED_TOPICS, SENTIMENTS, TOPICS
from analyzers.training import civic, data, features, fit, places, seeds

Progress = Callable[[str], None]
MOODS = tuple(SENTIMENTS)
TRAINED = TOPICS[:LABELLED_TOPICS]
FOLDS = 4
C_SENTIMENT = 0.3
C_TOPIC = 1.0
C_CIVIC = 0.1
C_DOMAIN = 0.1
CIVIC_TEMPERATURE = 2.5
DOMAIN_TEMPERATURE = 3.0
"""Weak labels can't calibrate themselves: these factors keep the civic heads from being surer than they may be."""
RAW_WEIGHT = 3.0
"""Raw civic rows are few and look like what comes in: each counts as so many segmented ones."""


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
    (out_dir / "seeds.json").write_bytes(json.format(json.encode(seeds.table()), indent=0))
    progress("sentiment: reading")
    mood = sentiment(data_dir, out_dir, progress)
    progress("topics: reading")
    topic = topics(data_dir, progress)
    heads = [(head.name, head.labels, head.fitted) for head in (mood, topic)]
    linear.save(out_dir / "bank.npz", fit.pack([*heads, *civic_heads(data_dir, progress)]))
    progress("done")
    return {h.name: float((h.held_out.argmax(axis=1) == h.truth).mean()) for h in (mood, topic)}


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
        part = fit.fit(matrix[train_rows], labels[train_rows], len(MOODS), C_SENTIMENT)
        seen = features.read(fit.pack([("sentiment", MOODS, part)]), [rows.texts[i] for i in test_rows.tolist()])
        read = read if read.size else np.zeros((len(labels), seen.shape[1]))
        read[test_rows] = seen
        progress(f"sentiment: fold {each + 1} of {FOLDS}")
    fitted = fit.fit(matrix, labels, len(MOODS), C_SENTIMENT)
    scores = np.zeros((len(labels), len(MOODS)))
    for each in range(FOLDS):
        scores[fold == each] = fit.network(read[fold != each], labels[fold != each]).scores(read[fold == each])
    warm = fit.temperature(scores, labels)
    net = fit.network(read, labels)
    sentiment_.save(out_dir / "mood.npz", net._replace(out=net.out * warm, out_bias=net.out_bias * warm))
    return Head("sentiment", MOODS, fitted, scores, labels)


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


def topics(data_dir: Path, progress: Progress) -> Head:
    """Train the seven labelled topics on segmented rows and raw ones; held-out scores are of the raw rows."""
    raw, segmented = data.topics_raw(data_dir), data.topics_segmented(data_dir)
    matrix, plain = features.counts(segmented.texts), features.counts(raw.texts)
    labels = np.array([TRAINED.index(each) for each in segmented.labels])
    truth = np.array([TRAINED.index(each) for each in raw.labels])
    progress(f"topics: {len(labels)} segmented rows, {len(truth)} raw rows")
    grouped = data.groups(raw.texts + segmented.texts)
    scores = np.zeros((len(truth), len(TRAINED)))
    fold = data.folds(grouped, FOLDS)
    mine, theirs = fold[: len(truth)], fold[len(truth) :]
    for each in range(FOLDS):
        train_rows = sparse.vstack([matrix[theirs != each], plain[mine != each]]).tocsr()
        known = np.concatenate([labels[theirs != each], truth[mine != each]])
        weight = np.concatenate([np.ones(int((theirs != each).sum())), np.full(int((mine != each).sum()), RAW_WEIGHT)])
        scores[mine == each] = fit.fit(train_rows, known, len(TRAINED), C_TOPIC, weight).margins(plain[mine == each])
        progress(f"topics: fold {each + 1} of {FOLDS}")
    fitted = fit.fit(
        sparse.vstack([matrix, plain]).tocsr(),
        np.concatenate([labels, truth]),
        len(TRAINED),
        C_TOPIC,
        np.concatenate([np.ones(len(labels)), np.full(len(truth), RAW_WEIGHT)]),
    )
    return Head("topic", TRAINED, fitted._replace(temperature=fit.temperature(scores, truth)), scores, truth)
