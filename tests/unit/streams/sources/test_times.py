"""Times as sources write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.clock import BEIJING, ms
from streams.errors import Rejected
from streams.sources.times import parse_time

MAY = ms(datetime(2024, 5, 1, 8, 30, tzinfo=BEIJING))


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01 08:30:00", "2024-05-01T08:30:00", "2024-05-01 08:30", "2024/5/1 8:30", "2024/5/1 8:30:00",
        "2024.05.01 08:30", "2024年5月1日 8时30分", "2024年05月01日08时30分00秒", "2024-05-01T00:30:00Z",
        "2024-05-01T08:30:00+08:00", "2024-05-01T00:30:00.000Z", "2024-04-30 20:30:00 -0400",
        "Wed May 01 08:30:00 +0800 2024", "Wed, 01 May 2024 00:30:00 +0000", " 2024-05-01 08:30:00 ",
        str(MAY), str(MAY // 1000), f"{MAY // 1000}.0",
    ],
)  # fmt: skip
def test_every_way_of_writing_a_time_is_the_same_time(text: str) -> None:
    assert parse_time(text) == MAY


@pytest.mark.parametrize("number", [MAY, MAY // 1000, MAY / 1000, float(MAY)])
def test_a_number_is_seconds_or_milliseconds(number: float) -> None:
    assert parse_time(number) == MAY


def test_a_day_without_a_time_is_its_beginning_in_beijing() -> None:
    assert parse_time("2024-05-01") == ms(datetime(2024, 4, 30, 16, tzinfo=UTC))


@pytest.mark.parametrize(
    "value",
    ["", "不是时间", "2024-13-01", "2024-02-30 08:00", "25:00", "2024-05-01 25:00", "-", None, [], {}, True, "１" * 40],
)
def test_what_is_no_time_is_rejected(value: object) -> None:
    with pytest.raises(Rejected, match="bad_time"):
        parse_time(value)


@given(st.text(max_size=40) | st.floats() | st.integers())
def test_anything_is_a_time_or_rejected(value: object) -> None:
    try:
        assert isinstance(parse_time(value), int)
    except Rejected as error:
        if error.reason != "bad_time":
            raise
