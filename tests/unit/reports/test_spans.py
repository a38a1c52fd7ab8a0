"""Weeks and months are Beijing's, tile time without gaps, and have names that lead back to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from alerts.reports.spans import (
    Span,
    before,
    covered,
    latest_span,
    month_of,
    parse_span,
    same_part,
    week_of,
    year_before,
)  # fmt: skip
from streams.errors import Misconfigured

DAYS = some.dates(date(2001, 2, 1), date(2098, 12, 31))


@given(DAYS, some.sampled_from([week_of, month_of]))
def test_a_day_lies_in_its_span_whose_name_leads_back_and_which_meets_the_one_before(
    day: date, of: Callable[[date], Span]
) -> None:
    span = of(day)
    assert span.first <= day < span.after
    assert parse_span(span.kind, span.name) == span
    assert before(span).after == span.first
    assert before(span).window.end == span.window.start


@given(DAYS)
def test_the_week_of_a_year_before_has_the_same_weekdays(day: date) -> None:
    assert year_before(week_of(day)).first == week_of(day).first - timedelta(days=364)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("weekly", "2025-W53"), ("weekly", "2026-11"), ("monthly", "2026-13"), ("monthly", "0001-01"), ("weekly", "")],
)
def test_what_names_no_span_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Misconfigured, match="written like"):
        parse_span(kind, text)


def test_spans_are_written_as_people_write_them() -> None:
    assert week_of(date(2026, 11, 22)).words == "2026年11月16日至22日（第47周）"
    assert week_of(date(2026, 12, 31)).words == "2026年12月28日至2027年1月3日（第53周）"
    assert month_of(date(2026, 2, 3)).words == "2026年2月"


def test_the_latest_whole_span_is_judged_in_beijing() -> None:
    monday = datetime(2026, 11, 1, 17, tzinfo=UTC)  # 1 o'clock on Monday the 2nd in Beijing
    assert latest_span("weekly", monday).name == "2026-W44"
    assert latest_span("monthly", monday).name == "2026-10"


def test_one_that_lasts_is_compared_with_as_much_of_the_one_before() -> None:
    month = month_of(date(2026, 11, 1))
    window = covered(month, datetime(2026, 11, 9, 16, tzinfo=UTC))
    past = same_part(before(month), window, whole=False)
    assert past.end - past.start == window.end - window.start == 9 * 86_400_000
    assert same_part(before(month), month.window, whole=True) == before(month).window
    with pytest.raises(Misconfigured, match="not begun"):
        covered(month, datetime(2026, 10, 31, 15, tzinfo=UTC))
