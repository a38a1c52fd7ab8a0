"""The same text has one key."""

from __future__ import annotations

from analyzers.analysis import analyze


def test_texts_that_differ_in_blanks_and_width_have_one_key() -> None:
    first, second, third = analyze(["小区停水三天，没人管！", "小区停水三天,没人管!", "学校门口堵车"])
    assert first.event_key == second.event_key != third.event_key
