"""How the console says times, and how found words are marked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from alerts.console import charts, words
from alerts.console.words import DAY, HOUR, MINUTE
from streams.clock import ms

NOW = ms(datetime(2026, 5, 12, 1, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("length", "said"),
    [(0, "0秒"), (59_000, "59秒"), (MINUTE, "1分钟"), (HOUR, "1小时"), (3 * HOUR + 20 * MINUTE, "3小时20分"),
     (DAY, "1天"), (2 * DAY + 5 * HOUR, "2天5小时")],
)  # fmt: skip
def test_a_span_is_said_in_two_units_at_most(length: int, said: str) -> None:
    assert words.span(length) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [(NOW, "刚刚"), (NOW - 5 * MINUTE, "5分钟前"), (NOW + 2 * HOUR, "2小时后"), (NOW - 3 * DAY, "3天前")],
)
def test_a_time_is_said_by_how_long_ago_it_was(at: int, said: str) -> None:
    assert words.ago(at, NOW) == said


def test_a_time_is_shown_in_beijing_time_as_short_as_its_distance_allows() -> None:
    assert words.stamp(NOW, NOW) == "09:30"
    assert words.stamp(NOW - DAY, NOW) == "05-11 09:30"
    assert words.stamp(NOW - 400 * DAY, NOW) == "2025-04-07 09:30"


def test_a_limit_presses_when_a_fifth_is_left_and_is_over_when_it_has_passed() -> None:
    start, due = NOW, NOW + 5 * HOUR
    assert words.pressure(start, due, NOW) == "fine"
    assert words.pressure(start, due, due - 59 * MINUTE) == "soon"
    assert words.pressure(start, due, due + 1) == "over"
    assert words.left(due, due - HOUR) == "还剩 1小时"
    assert words.left(due, due + HOUR) == "已超 1小时"


def test_a_forms_time_is_read_as_beijing_time() -> None:
    assert words.read_time("2026-05-12T09:30") == NOW
    assert words.read_time(words.for_field(NOW)) == NOW
    assert words.read_time("明天") is None


def test_found_words_are_marked_whatever_their_width_or_case() -> None:
    assert words.marked("停水ＡＢ了", ["ab"]) == Markup("停水<mark>ＡＢ</mark>了")


def test_marking_never_lets_markup_through() -> None:
    assert "<script>" not in words.marked("<script>停水</script>", ["停水", "<"])


@given(st.text(), st.lists(st.text(max_size=4), max_size=3))
def test_marking_changes_nothing_of_the_text(text: str, phrases: list[str]) -> None:
    shown = words.marked(text, phrases)
    assert Markup(shown.replace("<mark>", "").replace("</mark>", "")).unescape() == Markup.escape(text).unescape()


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=100))
def test_a_chart_keeps_every_bar_inside_its_frame(values: list[float]) -> None:
    drawn = charts.columns([charts.Bar(NOW + i * HOUR, v) for i, v in enumerate(values)], title="图")
    assert drawn.count("<rect") == len(values)
    assert 'height="-' not in drawn
    assert 'y="-' not in drawn


def test_a_chart_without_data_says_so() -> None:
    assert "没有数据" in charts.columns([], title="图")
