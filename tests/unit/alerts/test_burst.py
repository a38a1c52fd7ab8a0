"""The burst detector: scores stay in [0, 1], never look ahead, survive any counts, and say a burst once."""

from __future__ import annotations

import math
import pickle
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.burst import Detector
from alerts.burst_rare import FIRES
from alerts.burst_usual import kind_of

MINUTE = 60_000
START = 1_760_000_000_000

counts = st.lists(
    st.one_of(st.integers(0, 5), st.integers(0, 10**12), st.floats(-1e15, 1e15, allow_nan=False)), max_size=120
)
gaps = st.sampled_from([5 * MINUTE, 5 * MINUTE, 0, -60 * MINUTE, 60 * MINUTE, 40 * 86_400_000])


def scores(values: list[float], steps: list[int] | None = None) -> list[float]:
    detector, at, found = Detector(), START, []
    for number, value in enumerate(values):
        found.append(detector.step(at, value).score)
        at += steps[number] if steps else 5 * MINUTE
    return found


def poisson(chance: random.Random, mean: float) -> int:
    at, events = chance.expovariate(mean), 0
    while at < 1:
        at, events = at + chance.expovariate(mean), events + 1
    return events


@given(st.lists(st.tuples(st.one_of(st.integers(0, 9), st.floats(-1e15, 1e15, allow_nan=False)), gaps), max_size=150))
def test_scores_stay_between_0_and_1_whatever_comes(rows: list[tuple[float, int]]) -> None:
    found = scores([value for value, _ in rows], [gap for _, gap in rows])
    assert all(0.0 <= score <= 1.0 for score in found)


@given(counts, st.integers(0, 120))
def test_the_score_of_a_prefix_is_the_prefix_of_the_scores(values: list[float], cut: int) -> None:
    assert scores(values[:cut]) == scores(values)[:cut]


def test_zeros_for_ever_are_no_burst() -> None:
    assert max(scores([0.0] * 3000)) < FIRES


def test_memory_stays_constant() -> None:
    detector, chance, sizes = Detector(), random.Random(1), []
    for number in range(6000):
        detector.step(START + number * 5 * MINUTE, chance.randrange(40) * 1.5)
        if number in {2000, 5999}:
            sizes.append(len(pickle.dumps(detector)))
    assert sizes[1] <= sizes[0] * 1.05


@pytest.mark.parametrize("mean", [0.3, 20.0])
def test_a_burst_is_said_when_it_comes_and_again_only_while_it_grows(mean: float) -> None:
    chance = random.Random(7)
    values = [float(poisson(chance, mean)) for _ in range(14 * 288)]
    at = 10 * 288
    for number in range(at, at + 36):
        values[number] = 12 * mean + 10
    said = [number for number, score in enumerate(scores(values)) if score >= FIRES and number >= 2 * 288]
    assert any(at <= number <= at + 2 for number in said)
    assert sum(at <= number <= at + 36 for number in said) <= 4
    assert sum(at + 36 < number <= at + 200 for number in said) <= 1


def test_a_busy_noon_each_day_is_no_burst() -> None:
    chance = random.Random(3)
    values = [float(poisson(chance, 20 * (1 + 0.9 * math.sin(number * math.tau / 288)))) for number in range(21 * 288)]
    assert sum(score >= FIRES for score in scores(values)[2 * 288 :]) <= 1


@pytest.mark.parametrize("mean", [2 / 288, 20.0])
def test_a_quiet_series_stays_quiet(mean: float) -> None:
    chance = random.Random(5)
    values = [float(poisson(chance, mean)) for _ in range(28 * 288)]
    assert sum(score >= FIRES for score in scores(values)) <= 2


def test_a_second_burst_is_found_after_a_first_one() -> None:
    chance = random.Random(11)
    values = [float(poisson(chance, 10.0)) for _ in range(20 * 288)]
    for start in (10 * 288, 15 * 288):
        values[start : start + 12] = [300.0] * 12
    found = scores(values)
    assert all(max(found[start : start + 3]) >= FIRES for start in (10 * 288, 15 * 288))


def test_a_holiday_is_like_a_sunday_and_a_make_up_day_like_a_friday() -> None:
    days = {"2025-10-01": 20362, "2025-10-11": 20372, "2025-10-14": 20375}
    assert [kind_of(day) for day in days.values()] == [6, 4, 1]


def test_days_far_away_have_their_plain_day_of_the_week() -> None:
    assert [kind_of(day) for day in (4, 10**9, -(10**9))] == [0, (10**9 + 3) % 7, (-(10**9) + 3) % 7]
