"""How much is taken: never more than the rate, never more places than there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gateway.limits import Bucket, Limits, Places, Rate, filled, wait_of
from streams.gateway.problems import Problem
from streams.gateway.settings import GatewaySettings


@given(
    st.floats(0.1, 1000), st.floats(1, 1000), st.lists(st.tuples(st.floats(0, 5), st.floats(0, 50)), max_size=60)
)
def test_no_more_is_taken_than_the_rate_allows(each: float, burst: float, asks: list[tuple[float, float]]) -> None:
    rate, bucket, now, taken = Rate(each, burst), None, 0.0, 0.0
    for passed, amount in asks:
        now += passed
        bucket = filled(bucket, rate, now)
        if wait_of(bucket, rate, amount) == 0:
            bucket = Bucket(bucket.left - amount, bucket.at)
            taken += amount
    assert taken <= burst + each * now + 1e-6 * (1 + taken)


@given(st.floats(0.1, 100), st.floats(1, 100), st.floats(-500, 0))
def test_who_waits_as_told_is_let_in(each: float, burst: float, debt: float) -> None:
    rate = Rate(each, burst)
    wait = wait_of(Bucket(debt, 0.0), rate, 1.0)
    assert filled(Bucket(debt, 0.0), rate, wait).left >= 1.0 - 1e-6


def test_time_that_runs_backwards_fills_nothing() -> None:
    assert filled(Bucket(1.0, 100.0), Rate(1.0, 5.0), 50.0) == Bucket(1.0, 100.0)


def test_a_large_page_is_taken_and_the_next_ones_wait_it_out() -> None:
    limits = Limits(GatewaySettings(gateway_posts=100.0))
    limits.enter("k", 0.0)
    limits.took("k", 0.0, posts=500, bad=0)
    with pytest.raises(Problem) as refused:
        limits.enter("k", 1.0)
    assert refused.value.wait == pytest.approx(2.0)
    limits.enter("k", 3.1)


def test_no_key_keeps_others_out() -> None:
    places = Places(4)
    with places.one("a"), places.one("a"):
        with pytest.raises(Problem, match="busy"), places.one("a"):
            pass
        with places.one("b"), places.one("c"), pytest.raises(Problem, match="busy"), places.one("d"):
            pass
    assert places.taken == {}
