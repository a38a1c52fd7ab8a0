"""How good the models are, beside what people use today: one run, one table (`huiying evaluate`)."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC
from snownlp import SnowNLP

from analyzers import linear
from analyzers.analysis import analyze
from analyzers.copies import copies, sketch
from analyzers.labels import SENTIMENTS
from analyzers.training import baselines, civic, data, events, topics

Labels = NDArray[np.str_]
MOODS = tuple(SENTIMENTS)
SPLIT = data.SEED + 1
"""Seed of the folds on which topics are measured: not the folds with which their settings were chosen."""


class Row(Struct, frozen=True):
    """One model on one set; recalls: per class; calibration: expected calibration error in ten bins.

    -1 stands for a figure that the task hasn't.
    """

    task: str
    data: str
    model: str
    rows: int
    accuracy: float
    macro_f1: float
    calibration: float
    recalls: dict[str, float]
    others: dict[str, float] = {}
    """Figures that only this task has, by name."""


def evaluate(data_dir: Path, progress: Callable[[str], None] = lambda _: None) -> list[Row]:
    """Measure every model on sets that it has not seen; seeds are fixed, so the table is the same every time.

    Raises OSError if a data file is missing, ImportError without the extra `train`.
    """
    tasks = (_sentiment, _portal, _topics, _events)
    return [row for task in tasks for row in task(data_dir, progress)]


def as_text(rows: list[Row]) -> str:
    """Return the table in Markdown."""
    head = "| task | data | model | rows | accuracy | macro-F1 | calibration error | recall, or as named |"
    lines = [head, "|---" * 8 + "|"]
    for row in rows:
        named = ", ".join(f"{name} {value:.3f}" for name, value in {**row.recalls, **row.others}.items())
        measured = ((row.accuracy, 4), (row.macro_f1, 4), (row.calibration, 3))
        shown = (f"{value:.{places}f}" if value >= 0 else "–" for value, places in measured)
        figures = f"{row.rows} | {' | '.join(shown)} | {named}"
        lines.append(f"| {row.task} | {row.data} | {row.model} | {figures} |")
    return "\n".join(lines)


def calibration_error(p: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error in ten equal bins of the best class's probability."""
    bins = np.minimum((p * 10).astype(int), 9)
    gaps = (abs(p[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist()))
    return float(sum(gaps))


def _row(
    task: str, name: str, model: str, truth: Labels, found: Labels, *, p: NDArray[np.float64] | None = None
) -> Row:
    right = truth == found
    recalls = {label: float((found[truth == label] == label).mean()) for label in sorted(set(truth.tolist()))}
    error = -1.0 if p is None else calibration_error(p, right)
    score = float(f1_score(truth, found, average="macro", labels=sorted(set(truth.tolist()))))
    return Row(task, name, model, len(truth), float(right.mean()), score, error, recalls)


def _ours(texts: list[str]) -> tuple[Labels, NDArray[np.float64], NDArray[np.bool_]]:
    found = analyze(texts)
    return (
        np.array([one.sentiment for one in found]),
        np.array([one.sentiment_p for one in found]),
        np.array([not one.uncertain for one in found]),
    )


def _sentiment(data_dir: Path, progress: Callable[[str], None]) -> list[Row]:
    rows = data.read(data_dir / "sentiment_devtest.csv.gz")
    texts, truth = [row["text"] for row in rows], np.array([row["label"] for row in rows])
    name = "sentiment_devtest"
    found, p, sure = _ours(texts)
    out = [_row("sentiment", name, "huiying", truth, found, p=p)]
    out.append(_row("sentiment", f"{name}, not uncertain", "huiying", truth[sure], found[sure], p=p[sure]))
    known, plain = data.sentiment(data_dir), data.sentiment(data_dir, name)
    progress("sentiment: support vectors on characters")
    out.append(_row("sentiment", name, "tf-idf + linear svm", truth, _svm(known, plain.texts)))
    progress("sentiment: Bayes on our words")
    bayes = baselines.Bayes.fit(known.texts, known.labels)
    out.append(_row("sentiment", name, "snownlp's bayes, retrained", truth, np.array(bayes.labels_of(plain.texts))))
    progress("sentiment: SnowNLP")
    out.append(_row("sentiment", name, "snownlp", truth, _snow(texts)))
    out.append(_row("sentiment", name, "majority", truth, np.full(len(truth), "pos")))
    return out


def _portal(data_dir: Path, progress: Callable[[str], None]) -> list[Row]:
    gold = civic.marked()
    by_id = {row["id"]: f"{row['title']}\n{row['body']}" for row in data.read(data_dir / "portal_stream.csv.gz")}
    texts = [by_id[row["id"]] for row in gold]
    truth, wish = np.array([row["sentiment"] for row in gold]), np.array([row["intent"] for row in gold])
    polite = np.array([row["polite"] == "1" for row in gold])
    found, p, _ = _ours(texts)
    out = [_row("sentiment", "portal, marked by hand", "huiying", truth, found, p=p)]
    slice_ = "of these: complaints politely put"
    out.append(_row("sentiment", slice_, "huiying", truth[polite], found[polite], p=p[polite]))
    progress("portal: SnowNLP")
    snow = _snow(texts)
    out.append(_row("sentiment", "portal, marked by hand", "snownlp", truth, snow))
    out.append(_row("sentiment", slice_, "snownlp", truth[polite], snow[polite]))
    out.append(_row("sentiment", "portal, marked by hand", "majority", truth, np.full(len(truth), "neg")))
    intents = np.array([one.intent for one in analyze(texts)])
    out.append(_row("intent", "portal, marked by hand", "huiying", wish, intents))
    return out


def _topics(data_dir: Path, progress: Callable[[str], None]) -> list[Row]:
    names = np.array(topics.TRAINED)
    out: list[Row] = []
    for grouped, held_out in ((True, "held out by groups"), (False, "held out at random")):
        head = topics.train(data_dir, progress, grouped=grouped, split=SPLIT)
        for data_, scored in (("topic_dev_raw", head.raw), ("topic_dev_segmented", head.segmented)):
            truth, found = names[scored.truth], names[scored.scores.argmax(axis=1)]
            shares = linear.softmax(scored.scores * head.fitted.temperature).max(axis=1)
            name = f"{data_}, {held_out}"
            out.append(_row("topic", name, "huiying, seven topics", truth, found, p=shares))
            labels, p = topics.labelled(scored, head.fitted.temperature)
            out.append(_row("topic", name, "huiying, as analyze says", truth, np.array(labels), p=p))
    segmented, raw = data.topics_segmented(data_dir), data.topics_raw(data_dir)
    progress("topics: support vectors on characters")
    truth = np.array(raw.labels)
    out.append(_row("topic", "topic_dev_raw", "tf-idf + linear svm", truth, _svm(segmented, raw.texts)))
    out.append(_row("topic", "topic_dev_raw", "majority", truth, np.full(len(truth), names[0])))
    fold, guessed = data.folds(np.arange(len(segmented.texts)), topics.FOLDS, SPLIT), np.array(segmented.labels)
    for each in range(topics.FOLDS):
        sides = (fold != each, fold == each)
        known, asked = (data.Rows(*(np.array(part)[at].tolist() for part in segmented)) for at in sides)
        guessed[fold == each] = _svm(known, asked.texts)
    name = "topic_dev_segmented, held out at random"
    out.append(_row("topic", name, "tf-idf + linear svm", np.array(segmented.labels), guessed))
    return out


def _events(data_dir: Path, progress: Callable[[str], None]) -> list[Row]:
    """Return pairs that are together by right, of known issues, and how little the order of arrival changes.

    Precision counts a pair of an issue's message with any other as wrong; the issues are the four of the silver list.
    """
    texts = events.stream(data_dir)
    progress(f"events: {len(texts)} messages in order of time")
    online, settled, _ = events.grouped(texts)
    alone = dict(zip((text.id for text in texts), copies([sketch(text.normal) for text in texts]), strict=True))
    orders = {"reversed": texts[::-1], "random": random.Random(data.SEED).sample(texts, len(texts))}  # noqa: S311
    same: list[tuple[float, float]] = []
    for name, order in orders.items():
        progress(f"events: {name} order")
        first, then, _ = events.grouped(order)
        same.append((events.agreement(online, first)[0], events.agreement(settled, then)[0]))
    rand = [min(each) for each in zip(*same, strict=True)]
    least = "least adjusted Rand of two other orders"
    found: list[tuple[str, events.Labels, dict[str, float]]] = [
        ("huiying, settled", settled, {least: rand[1]}),
        ("huiying, as they come", online, {least: rand[0]}),
        ("copies only", alone, {}),
    ]
    out: list[Row] = []
    for votes in (1, 2):
        truth, unsure = events.silver(data_dir, votes)
        name = "hot issues (silver)" + (", two votes and more" if votes == 2 else "")
        for model, labels, more in found:
            one = events.score(labels, truth, unsure)
            pairs = {"precision of pairs": one.precision, "recall of pairs": one.recall, "F1 of pairs": one.f1}
            out.append(Row("events", name, model, len(truth), -1.0, -1.0, -1.0, {}, pairs | more))
    return out


def _svm(known: data.Rows, texts: list[str]) -> Labels:
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    model = LinearSVC(C=1.0, random_state=data.SEED).fit(vectors.fit_transform(known.texts), known.labels)
    return np.array(model.predict(vectors.transform(texts)))


def _snow(texts: list[str]) -> Labels:
    """Return SnowNLP's mood: its positive share above 0.6, below 0.4, or between."""
    shares = [SnowNLP(text).sentiments if text.strip() else 0.5 for text in texts]
    return np.array(["pos" if share > 0.6 else "neg" if share < 0.4 else "neu" for share in shares])
