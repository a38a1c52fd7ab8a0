"""A week beside the briefs of its days gives no cell under 5 away: held to a plain search of all tables that fit."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alerts.reports.numbers import FEW, HIDDEN, LEAST, protect, small
from alerts.reports.overlap import given_away, inexact_rows, protect_over, withheld

MOST = LEAST + 9
"""As far as the plain search looks for a cell of which only the least is known: beyond, nothing new is found."""
Rows = dict[str, tuple[int, ...]]


def fitting(rows: Rows, exact: set[str]) -> list[dict[tuple[str, int], int]]:
    """Return all fillings of the withheld cells that agree with the days' totals and with the exact rows."""
    cells = withheld(rows)
    known = {(cell.row, cell.day) for cell in cells}
    days = range(len(next(iter(rows.values()))))
    found = []
    ways = product(*(range(cell.least, min(cell.most, max(MOST, cell.count + 4)) + 1) for cell in cells))
    for way in ways:
        table = {(row, day): rows[row][day] for row in rows for day in days}
        table.update({(cell.row, cell.day): count for cell, count in zip(cells, way, strict=True)})
        if all(sum(table[row, day] for row in rows) == sum(rows[row][day] for row in rows) for day in days) and all(
            sum(table[row, day] for day in days) == sum(rows[row]) for row in exact
        ):
            found.append({place: table[place] for place in known})
    return found


def certain(fits: list[dict[tuple[str, int], int]]) -> set[tuple[str, int]]:
    """Return the places that are the same in all."""
    return {place for place, count in fits[0].items() if all(fit[place] == count for fit in fits)}


TABLES = st.integers(2, 4).flatmap(
    lambda days: st.lists(
        st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 6, 9, 12]), min_size=days, max_size=days).map(tuple),
        min_size=2, max_size=4,
    )
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(TABLES)
def test_the_quick_look_finds_what_the_search_of_all_tables_finds(made: list[tuple[int, ...]]) -> None:
    rows: Rows = {f"r{place}": days for place, days in enumerate(made)}
    assume(0 < len(withheld(rows)) <= 5)
    for exact in (set(rows), {"r0"}, set[str]()):
        quick = {(cell.row, cell.day) for cell in given_away(withheld(rows), set(rows) - exact)}
        assert quick == certain(fitting(rows, exact))


@settings(max_examples=120, deadline=None)
@given(TABLES)
def test_no_day_and_no_week_under_five_can_be_computed_unless_the_briefs_alone_do(made: list[tuple[int, ...]]) -> None:
    rows: Rows = {f"r{place}": days for place, days in enumerate(made)}
    assume(0 < len(withheld(rows)) <= 5)
    told = protect_over(rows)
    exact = {row for row, shown in told.items() if isinstance(shown, int)}
    alone, together = fitting(rows, set()), fitting(rows, exact)
    assert certain(together) <= certain(alone)
    for row, days in rows.items():
        if small(sum(days)):
            places = [place for place in together[0] if place[0] == row]
            sums = {sum(fit[place] for place in places) for fit in together}
            assert len(sums) > 1 or len({sum(fit[place] for place in places) for fit in alone}) == 1
    for row, shown in told.items():
        assert shown == sum(rows[row]) or isinstance(shown, str)


def test_a_topic_with_one_small_day_shows_what_the_briefs_add_up_to() -> None:
    """23 in the week and 20 in six briefs would say that the seventh day has 3."""
    rows = {"供水": (5, 5, 0, 10, 0, 0, 3), "教育": (9, 9, 9, 9, 9, 9, 9), "交通": (8, 8, 8, 8, 8, 8, 8)}
    told = protect_over(rows)
    assert told["供水"] == "21条以上"
    assert [told["教育"], told["交通"]].count("61条以上") + [told["教育"], told["交通"]].count("53条以上") == 1
    assert protect({key: sum(days) for key, days in rows.items()})["供水"] == 23


def test_a_topic_with_many_small_days_keeps_its_exact_week() -> None:
    rows = {"供水": (2, 3, 1, 4, 2, 3, 2), "教育": (3, 1, 4, 2, 3, 2, 1), "交通": (30,) * 7}
    assert protect_over(rows)["供水"] == 17
    assert inexact_rows(rows, protect({key: sum(days) for key, days in rows.items()})) == frozenset()


@pytest.mark.parametrize("rows", [{}, {"a": ()}, {"a": (0, 0)}, {"a": (7, 9), "b": (12, 6)}])
def test_without_small_days_nothing_is_withheld(rows: Rows) -> None:
    assert protect_over(rows) == {key: sum(days) for key, days in rows.items()}


def test_four_days_of_one_each_are_not_said_to_be_under_five() -> None:
    rows = {"物业": (1, 1, 1, 1), "教育": (20, 30, 20, 30), "交通": (20, 20, 20, 20)}
    assert protect_over(rows)["物业"] == HIDDEN
    assert protect_over({"物业": (1, 1, 0, 1), "教育": (20, 30, 20, 30), "交通": (20,) * 4})["物业"] == FEW
