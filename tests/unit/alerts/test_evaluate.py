"""A rule judges one key: what fires, against which bound, and what people read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Key, rank
from alerts.evaluate import Tally, bucket, evaluate, length, number, title, window_of
from alerts.rules import Example, Raise, Rule

HOUR = 3_600_000
AT = 1_767_225_600_000


def rule(**changed: Any) -> Rule:
    """Return a counting rule: 10 in two hours, four times the usual of a week."""
    given: dict[str, Any] = {
        "name": "many", "title": "集中反映", "kind": "count", "level": "larger", "reason": "", "window": 2 * HOUR,
        "step": HOUR // 6, "recover": HOUR, "at_least": 10, "times_usual": 4.0, "usual_over": 168 * HOUR,
        "fires": Example(count=10), "silent": Example(count=1),
    }  # fmt: skip
    return Rule(**{**given, **changed})


@pytest.mark.parametrize(
    ("count", "usual", "fires"),
    [(9, 0, False), (10, 0, True), (10, 2.5, True), (10, 2.6, False), (39, 10, False), (40, 10, True)],
)
def test_a_count_needs_its_floor_and_so_many_times_the_usual(count: int, usual: float, fires: bool) -> None:
    found = evaluate(rule(), Key(), Tally(count=count), usual, AT)
    assert (found is not None) == fires


@pytest.mark.parametrize(("count", "usual", "holds"), [(5, 0, True), (4, 0, False), (20, 10, True), (19, 10, False)])
def test_an_open_alert_holds_down_to_its_bound_to_clear_and_says_the_bound_to_raise(
    count: int, usual: float, holds: bool
) -> None:
    judge = rule(clear=0.5)
    assert evaluate(judge, Key(), Tally(count=count), usual, AT) is None
    found = evaluate(judge, Key(), Tally(count=count), usual, AT, stands=True)
    assert (found is not None) == holds
    if found:
        assert found.bound == max(10, 4 * usual)


@pytest.mark.parametrize(
    ("count", "usual", "fires"),
    [(9, 2, False), (10, 1.9, False), (10, 2, True), (10, 0, False), (40, 10, True), (39, 10, False)],
)
def test_a_spike_needs_a_floor_now_and_a_floor_before(count: int, usual: float, fires: bool) -> None:
    found = evaluate(rule(kind="spike", usual_at_least=2.0), Key(), Tally(count=count), usual, AT)
    assert (found is not None) == fires
    if found:
        assert "之前" in found.reason


@pytest.mark.parametrize(("sources", "fires"), [(1, False), (2, False), (3, True), (4, True)])
def test_a_spread_counts_sources_and_not_how_many_wrote(sources: int, fires: bool) -> None:
    spread = rule(kind="spread", at_least=3, times_usual=0.0, usual_over=0)
    found = evaluate(spread, Key(), Tally(count=500, sources=dict.fromkeys("abcd"[:sources], 1)), 0, AT)
    assert (found is not None) == fires
    if found:
        assert (found.value, found.bound) == (sources, 3)
        assert f"来自{sources}个渠道" in found.reason


@pytest.mark.parametrize(
    ("count", "negative", "fires"), [(19, 19, False), (20, 15, False), (20, 16, True), (100, 80, True), (0, 0, False)]
)
def test_a_share_needs_its_denominator(count: int, negative: int, fires: bool) -> None:
    share = rule(kind="share", level="general", at_least=20, share=0.8, times_usual=0.0, usual_over=0)
    found = evaluate(share, Key(), Tally(count=count, negative=negative), 0, AT)
    assert (found is not None) == fires
    if found:
        assert (found.value, found.bound, found.level) == (negative / count, 0.8, "general")


def test_danger_is_counted_apart_from_how_many_wrote() -> None:
    urgent = rule(kind="urgent", at_least=1, times_usual=0.0, usual_over=0)
    assert evaluate(urgent, Key(), Tally(count=500), 0, AT) is None
    found = evaluate(urgent, Key(), Tally(count=500, danger=1), 0, AT)
    assert found is not None
    assert found.value == 1
    assert "110、119、120" in found.reason


def test_quiet_is_nothing_where_usually_something_comes() -> None:
    quiet = rule(kind="quiet", key=("source",), at_least=6)
    assert evaluate(quiet, Key(), Tally(count=0), 5.9, AT) is None
    assert evaluate(quiet, Key(), Tally(count=1), 60, AT) is None
    assert evaluate(quiet, Key(), Tally(count=0), 6, AT) is not None


@pytest.mark.parametrize(
    ("count", "sources", "level"),
    [(39, 3, "larger"), (40, 2, "larger"), (40, 3, "major"), (90, 4, "major")],
)
def test_major_is_by_how_many_wrote_from_how_many_sources(count: int, sources: int, level: str) -> None:
    major = rule(major=Raise(at_least=40, sources=3))
    found = evaluate(major, Key(), Tally(count=count, sources=dict.fromkeys("abcd"[:sources], 1)), 0, AT)
    assert found is not None
    assert found.level == level


@given(
    kind=st.sampled_from(["count", "spike", "spread", "phrase", "urgent", "quiet"]),
    count=st.integers(0, 200),
    negative=st.integers(0, 200),
    danger=st.integers(0, 5),
    usual=st.floats(0, 100),
)
def test_tone_changes_neither_whether_nor_how_grave(
    kind: str, count: int, negative: int, danger: int, usual: float
) -> None:
    judge = rule(kind=kind, major=Raise(at_least=40))

    def judged(bad: int) -> Any:
        found = evaluate(judge, Key(), Tally(count=count, negative=bad, danger=danger), usual, AT)
        return found and (found.level, found.value, found.bound, found.reason)

    assert judged(0) == judged(min(negative, count))


@given(count=st.integers(10, 10_000), more=st.integers(0, 1000))
def test_more_posts_never_make_it_less_grave(count: int, more: int) -> None:
    judge = rule(major=Raise(at_least=40))
    fewer, many = (evaluate(judge, Key(), Tally(count=n, sources={"a": 1}), 1, AT) for n in (count, count + more))
    assert fewer is not None
    assert many is not None
    assert rank(many.level) >= rank(fewer.level)


@given(at=st.integers(1, 2 * AT))
def test_a_window_is_whole_steps_the_last_of_which_holds_the_moment(at: int) -> None:
    judge = rule()
    start, end = window_of(judge, at)
    assert end - start == judge.window
    assert end % judge.step == 0
    assert at <= end < at + judge.step
    assert bucket(at, judge.step) <= at


def test_a_reason_says_how_many_how_long_and_compared_with_what() -> None:
    found = evaluate(rule(), Key(), Tally(count=16, sources={"portal": 6, "hotline": 10}), 1.25, AT)
    assert found is not None
    assert found.reason == "最近2小时共16条不同留言，平时同样时长约1.2条，是平时的13倍；报警线10条；来自2个渠道。"
    first = evaluate(rule(), Key(), Tally(count=16), 0, AT)
    assert first is not None
    assert "此前7天没有同类留言" in first.reason


@pytest.mark.parametrize(
    ("span", "text"), [(14 * 24 * HOUR, "14天"), (36 * HOUR, "36小时"), (HOUR // 2, "30分钟"), (5000, "5秒")]
)
def test_spans_are_said_in_their_largest_whole_unit(span: int, text: str) -> None:
    assert length(span) == text


@pytest.mark.parametrize(("value", "text"), [(0.98, "1"), (1.25, "1.2"), (9.96, "10"), (12.4, "12"), (3, "3")])
def test_figures_have_no_needless_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_a_title_says_where_and_about_what() -> None:
    judge = rule()
    assert title(judge, Key("城乡建设", "620826")) == "静宁县·城乡建设 集中反映"
    assert title(judge, Key(source="portal")) == "政府门户 集中反映"
    assert title(judge, Key(phrase="水泥厂 扬尘")) == "“水泥厂 扬尘” 集中反映"
    assert title(judge, Key()) == "集中反映"
