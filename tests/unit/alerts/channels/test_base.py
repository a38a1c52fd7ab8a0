"""Long texts go in parts that receivers take, and nothing of them is lost."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.base import parts_of

NUMBER = re.compile(r"（(\d+)/(\d+)）$")


def test_a_short_text_is_one_part_as_it_is() -> None:
    assert parts_of("短", 100) == ["短"]


def test_lines_stay_whole_where_they_fit() -> None:
    text = "\n".join(f"第{n}行" + "字" * 10 for n in range(10))
    parts = parts_of(text, 200)
    assert all(part.startswith("第") for part in parts)
    assert [NUMBER.search(part)[1] for part in parts if NUMBER.search(part)] == [str(n + 1) for n in range(len(parts))]  # type: ignore[index]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=900), st.integers(60, 400))
def test_every_part_fits_by_bytes_and_nothing_is_lost(text: str, most: int) -> None:
    parts = parts_of(text, most)
    assert all(len(part.encode()) <= most for part in parts)
    bare = [NUMBER.sub("", part) for part in parts] if len(parts) > 1 else parts
    kept = re.sub(r"\s", "", "".join(bare))
    assert kept == re.sub(r"\s", "", text)


def test_a_text_of_one_endless_line_is_cut_between_characters() -> None:
    parts = parts_of("灾" * 5000, 4096)
    assert sum(part.count("灾") for part in parts) == 5000
    assert all(len(part.encode()) <= 4096 for part in parts)
