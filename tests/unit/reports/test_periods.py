"""Days are Beijing's, written as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from alerts.reports.daily import windows
from alerts.reports.periods import (
    clock_words,
    day_window,
    day_words,
    made_words,
    moment_words,
    parse_day,
    window_words,
    yesterday,
)  # fmt: skip
from streams.clock import ms
from streams.errors import Misconfigured

DAY = date(2026, 11, 22)
MIDNIGHT = ms(datetime(2026, 11, 21, 16, tzinfo=UTC))
HOUR = 3_600_000


def test_a_day_runs_from_midnight_to_midnight_in_beijing() -> None:
    window = day_window(DAY)
    assert (window.start, window.end) == (MIDNIGHT, MIDNIGHT + 24 * HOUR)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 22, 15, 59, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), date(2026, 11, 22)),  # past midnight in Beijing
    ],
)
def test_yesterday_is_beijings(now: datetime, day: date) -> None:
    assert yesterday(now) == day


def test_a_day_that_lasts_is_compared_with_the_same_hours() -> None:
    now = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    covered, past = windows(DAY, now)
    assert covered.end == ms(now)
    assert (past.start, past.end) == (covered.start - 24 * HOUR, covered.end - 24 * HOUR)


def test_a_day_that_has_not_begun_is_refused() -> None:
    with pytest.raises(Misconfigured, match="has not begun"):
        windows(DAY, datetime(2026, 11, 21, 15, 59, tzinfo=UTC))


def test_words() -> None:
    assert day_words(DAY) == "2026年11月22日（星期日）"
    assert moment_words(MIDNIGHT + 9 * HOUR) == "11月22日 09:00"
    assert clock_words(MIDNIGHT + 9 * HOUR, DAY) == "09:00"
    assert clock_words(MIDNIGHT - HOUR, DAY) == "11月21日 23:00"
    assert window_words(MIDNIGHT, MIDNIGHT + 24 * HOUR) == "2026年11月22日 00:00 至 24:00"
    assert window_words(MIDNIGHT, MIDNIGHT + 18 * HOUR) == "2026年11月22日 00:00 至 18:00"
    assert window_words(MIDNIGHT, MIDNIGHT + 48 * HOUR) == "2026年11月22日 00:00 至 2026年11月24日 00:00"


def test_a_day_is_written_one_way() -> None:
    assert parse_day("2026-11-22") == DAY
    with pytest.raises(Misconfigured, match="2026-11-22"):
        parse_day("22.11.2026")


def test_a_report_that_is_made_in_another_year_says_so() -> None:
    made = day_window(date(2026, 1, 5)).start
    assert made_words(made, day_window(date(2025, 12, 1)).start) == "2026年1月5日 00:00"
    assert made_words(made, day_window(date(2026, 1, 4)).start) == "1月5日 00:00"
