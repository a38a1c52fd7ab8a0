"""Corrections: which labels there are, and how the gold set is counted."""

from __future__ import annotations

from alerts.corrections import LABELS, Correction, choices, figures, labelled
from analyzers.analysis import analyze


def gold(post: str, label: str, was: str, value: str) -> Correction:
    return Correction(post=post, label=label, was=was, value=value, unit="分析员", at=1)


def test_no_sentiment_can_be_corrected() -> None:
    assert "sentiment" not in LABELS
    assert choices("sentiment") == {}
    assert set(Correction.__struct_fields__) == {"post", "label", "was", "value", "unit", "at"}


def test_every_label_has_values_and_an_analysis_has_one_of_them() -> None:
    one = analyze(["静宁县西关街停水三天了，请尽快恢复供水"])[0]
    for label in LABELS:
        assert labelled(one, label) in choices(label), label


def test_the_figures_tell_what_was_right_when_stored_and_is_right_today() -> None:
    text = "静宁县西关街停水三天了，请尽快恢复供水"
    now = {label: labelled(analyze([text])[0], label) for label in LABELS}
    other = next(value for value in choices("topic") if value != now["topic"])
    rows = [
        (gold("p1", "topic", other, now["topic"]), text),  # was wrong, is right today
        (gold("p2", "topic", now["topic"], other), text),  # still wrong
        (gold("p1", "county", now["county"], now["county"]), text),
    ]
    county, topic = sorted(figures(rows), key=lambda one: one.label)
    assert (topic.rows, topic.stored, topic.today) == (2, 0, 1)
    assert topic.recalls == {now["topic"]: 1.0, other: 0.0}
    assert (county.rows, county.stored, county.today) == (1, 1, 1)


def test_no_gold_has_no_figures() -> None:
    assert figures([]) == []
