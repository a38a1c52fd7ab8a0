"""A token that asks too often is told when it may come again, and nobody else waits for it."""

from __future__ import annotations

import dataclasses
import math

import httpx
import pytest
from console_fakes import NOW
from hypothesis import given
from hypothesis import strategies as st
from programs import OneToken
from reaching import a_city

from alerts.console.api_rate import KEPT, SECONDS, ApiRates
from alerts.console.app import make_app
from alerts.console.settings import ConsoleSettings


@given(st.floats(0.1, 100), st.lists(st.floats(0, 2), max_size=60))
def test_no_token_asks_more_than_its_rate_allows(rate: float, pauses: list[float]) -> None:
    rates, now, taken = ApiRates(rate), 0.0, 0
    for pause in pauses:
        now += pause
        wait = rates.enter("one", now)
        taken += not wait
        if wait:
            assert not rates.enter("one", now + wait), "after the wait that was told it is let in"
            taken += 1
            now += wait
    assert taken <= max(1.0, SECONDS * rate) + rate * now + 1e-6


def test_one_token_keeps_no_other_waiting() -> None:
    rates = ApiRates(1.0)
    while not rates.enter("loud", 0.0):
        continue
    assert rates.enter("loud", 0.0) == 1
    assert not rates.enter("quiet", 0.0)


def test_no_bound_counts_nothing() -> None:
    rates = ApiRates(0.0)
    assert not any(rates.enter("one", 0.0) for _ in range(1000))
    assert not rates.buckets


def test_forgetting_forgets_who_was_quiet() -> None:
    rates = ApiRates(1.0)
    while not rates.enter("loud", 0.0):
        continue
    for number in range(KEPT + 10):
        rates.enter(f"n{number}", 0.0)
    assert len(rates.buckets) <= KEPT
    assert rates.enter("loud", 0.0)


@pytest.mark.parametrize(
    ("path", "told"), [("/api/v1/alerts", "too_many"), ("/open311/v2/requests.json", "请求过于频繁")]
)
async def test_too_many_requests_are_answered_with_429_and_when_to_come_again(path: str, told: str) -> None:
    city = dataclasses.replace(a_city(tokens=OneToken("zhao")), settings=ConsoleSettings(console_api_requests=0.1))
    await city.accounts.create(username="zhao", name="赵明", role="admin", by="", now=NOW)
    headers = {"authorization": "Bearer right"}
    transport = httpx.ASGITransport(app=make_app(city))
    async with httpx.AsyncClient(transport=transport, base_url="http://console", headers=headers) as client:
        first, second = [await client.get(path) for _ in range(2)]
        assert first.status_code != 429
        assert second.status_code == 429
        assert told in second.text
        if "/api/" in path:
            assert 1 <= int(second.headers["retry-after"]) <= math.ceil(1 / 0.1)
