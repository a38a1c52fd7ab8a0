"""No count of 1 to 4 can be read, or computed from what stands beside it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from alerts.reports.numbers import FEW, HIDDEN, change, change_words, in_words, protect, share, shown, span_words

COUNTS = some.dictionaries(some.sampled_from("甲乙丙丁戊"), some.integers(0, 30), min_size=1)


@given(COUNTS)
def test_no_cell_from_1_to_4_is_shown(counts: dict[str, int]) -> None:
    assert not [key for key, cell in protect(counts).items() if isinstance(cell, int) and 0 < cell < 5]


@given(COUNTS)
def test_what_is_shown_is_true(counts: dict[str, int]) -> None:
    for key, cell in protect(counts).items():
        assert cell == counts[key] if isinstance(cell, int) else cell in {FEW, HIDDEN}
        assert cell != FEW or 0 < counts[key] < 5


@given(COUNTS)
@example({"甲": 1, "乙": 5})
@example({"甲": 1, "乙": 5, "丙": 5})
@example({"甲": 4, "乙": 4, "丙": 5})
def test_the_total_does_not_give_a_small_cell_away(counts: dict[str, int]) -> None:
    """A reader who knows the total and how cells are suppressed finds at least two values for each small cell."""
    total = sum(counts.values())
    if total < 5:
        return
    cells = protect(counts)
    left = total - sum(cell for cell in cells.values() if isinstance(cell, int))
    few = [key for key, cell in cells.items() if cell == FEW]
    hidden = [key for key, cell in cells.items() if cell == HIDDEN]
    ways: dict[str, set[int]] = {key: set() for key in few}
    for values in product(range(1, 5), repeat=len(few)):
        rest = left - sum(values)
        # hidden cells are 5 or more where others are shown as `<5`
        if (hidden and rest >= 5 * len(hidden)) or (not hidden and rest == 0):
            for key, value in zip(few, values, strict=True):
                ways[key].add(value)
    assert all(len(found) > 1 for found in ways.values())


def test_a_single_small_cell_takes_another_with_it() -> None:
    assert protect({"甲": 3, "乙": 40, "丙": 9}) == {"甲": FEW, "乙": 40, "丙": HIDDEN}


def test_others_of_five_hide_nothing_so_the_small_one_is_not_named_small() -> None:
    assert protect({"甲": 1, "乙": 5}) == {"甲": HIDDEN, "乙": HIDDEN}


def test_two_small_cells_hide_each_other() -> None:
    assert protect({"甲": 3, "乙": 2, "丙": 9}) == {"甲": FEW, "乙": FEW, "丙": 9}


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (2, 4, "—"),  # a group below five has no share
        (0, 5, "0%"),
        (3, 5, "—"),
        (3, 40, "<13%"),  # never 8%, from which 3 could be computed
        (38, 40, ">87%"),
        (20, 40, "50%"),
        (40, 40, "100%"),
    ],
)
def test_a_share_shows_no_small_count(part: int, whole: int, words: str) -> None:
    assert share(part, whole) == words


def test_changes_are_given_only_between_shown_counts() -> None:
    assert [change(7, 5), change(5, 7), change(6, 6)] == ["+2", "-2", "持平"]
    assert [change(FEW, 7), change(7, HIDDEN)] == ["—", "—"]


def test_a_small_count_in_a_sentence_is_said_in_words() -> None:
    assert [in_words(n) for n in (0, 4, FEW, 5, HIDDEN)] == ["0条", "不足5条", "不足5条", "5条", "若干条"]


def test_a_rate_needs_thirty_on_both_days() -> None:
    assert change_words(60, 30) == "较前一日增加30（+100%）"
    assert change_words(60, 29) == "较前一日增加31"
    assert change_words(3, 40) == "数量少，不与前一日比较"
    assert change_words(40, 40) == "与前一日持平"


def test_spans_read_as_people_say_them() -> None:
    assert [span_words(n * 60_000) for n in (0, 1, 60, 61, 1500)] == [
        "不足1分钟", "1分钟", "1小时", "1小时1分钟", "1天1小时",
    ]  # fmt: skip
    assert shown(4) == FEW
    assert shown(0) == "0"
