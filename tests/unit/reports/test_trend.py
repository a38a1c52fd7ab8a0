"""Comparisons say no more than counts can bear, and percentiles keep what is still open."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as some
from report_examples import alert, at, consultation

from alerts.reports.stages import percentile, stages
from alerts.reports.trend import NO_PAST, TOO_FEW_WORDS, dispersion, trend, trend_words

WEEK = (7.0, 7.0)


def test_few_posts_are_not_compared() -> None:
    assert trend((4,) * 7, (40,) * 7, days=WEEK) is None
    assert trend_words(None, 5) == TOO_FEW_WORDS
    assert trend_words(None, 0) == NO_PAST


def test_a_clear_rise_is_said_with_its_interval() -> None:
    found = trend((100,) * 7, (50,) * 7, days=WEEK)
    assert found is not None
    assert found.clear
    assert trend_words(found, 350) == "+100%（+76%～+127%）"


def test_clumps_widen_the_interval() -> None:
    even = trend((50,) * 7, (40,) * 7, days=WEEK)
    clumped = trend((290, 10, 10, 10, 10, 10, 10), (40,) * 7, days=WEEK)
    assert even is not None
    assert clumped is not None
    assert (even.clear, clumped.clear) == (True, False)
    assert trend_words(clumped, 280).startswith("无明显变化（−")


def test_months_of_unequal_length_are_compared_by_the_day() -> None:
    found = trend((10,) * 28, (10,) * 31, days=(28.0, 31.0))
    assert found is not None
    assert abs(found.change) < 1e-9


def test_the_interval_holds_what_it_promises() -> None:
    """Weeks of the same rate, with clumps: about 95 in 100 intervals contain no change."""
    chance = random.Random(3)

    def week() -> list[int]:
        return [sum(chance.random() < 0.5 for _ in range(40)) * chance.choice([1, 1, 2]) for _ in range(28)]

    found = [trend(week(), week(), days=(28.0, 28.0)) for _ in range(300)]
    assert sum(one is not None and not one.clear for one in found) >= 270


@given(some.lists(some.integers(0, 500), max_size=31))
def test_dispersion_is_never_below_that_of_independent_arrivals(days: list[int]) -> None:
    assert dispersion(days) >= 1


@given(some.lists(some.integers(0, 10**9), min_size=1), some.integers(0, 20), some.integers(1, 100))
def test_what_is_open_never_shortens_a_percentile(spans: list[int], waiting: int, percent: int) -> None:
    without, with_open = percentile(spans, 0, percent), percentile(spans, waiting, percent)
    assert without is not None
    assert with_open is None or with_open >= without


def test_stages_keep_open_ones_and_leave_replays_out() -> None:
    posts = [{"posted_at": 1_000, "received_at": 4_000, "indexed_at": 4_500}]
    alerts = [alert("甲", opened_at=at(10), acknowledged_at=at(10.5)), alert("乙", mode="replay"),
              alert("丙", acknowledged_at=0, state="firing"), alert("丁", acknowledged_at=0)]  # fmt: skip
    found = {one.name: one for one in stages(posts, alerts, [consultation(), consultation(id="二", statement=None)])}
    assert found["received"].spans == (3_000,)
    assert found["scored"].spans == (500,)
    assert (found["acknowledged"].spans, found["acknowledged"].waiting) == ((1_800_000,), 2), "over is not signed"
    assert (found["answered"].spans, found["answered"].waiting) == ((at(13.5) - at(10),), 1)
    assert found["consulted"].spans == (at(10.2) - at(10), at(10.2) - at(10))
