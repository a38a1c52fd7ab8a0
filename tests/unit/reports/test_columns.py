"""A printed table's columns share its width by what stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.reports.columns import KEPT, PADDING, TABLE_EM, across, breadth, widths
from alerts.reports.tree import Column, Figure, Figures, Table

TEXT = st.text(alphabet="水务局教育2天14小时%—.", max_size=40)


def table(columns: tuple[Column, ...], *rows: tuple[str, ...]) -> Table:
    return Table(name="t", caption="表", columns=columns, rows=rows, source="s")


@given(st.lists(st.tuples(TEXT, TEXT, st.floats(0.5, 4), TEXT), min_size=1, max_size=9))
def test_the_widths_fill_the_line_and_leave_no_column_without_room(given_: list[tuple[str, str, float, str]]) -> None:
    columns = tuple(Column(title=title, width=width) for title, _, width, _ in given_)
    made = widths(table(columns, tuple(cell for _, cell, _, _ in given_), tuple(cell for *_, cell in given_)))
    assert sum(made) == pytest.approx(TABLE_EM)
    assert min(made) > 0


def test_a_span_of_time_stays_in_one_line_though_its_column_was_declared_narrow() -> None:
    columns = (Column(title="单位", width=4), *(Column(title="答复率", number=True, width=1),) * 6,
               Column(title="首次答复中位", number=True, width=1))  # fmt: skip
    made = widths(table(columns, ("静宁县水务局", *("67%",) * 6, "14小时32分钟")))
    assert made[-1] >= breadth("14小时32分钟") + PADDING
    assert made[0] >= breadth("静宁县水务局") + PADDING


def test_sentences_give_way_to_names_when_all_is_too_much() -> None:
    columns = (Column(title="单位"), Column(title="依据"), Column(title="处理"), Column(title="来源"))
    long = "二十五分，达到百分之百不扣分，" * 3
    made = widths(table(columns, ("庄浪县教育局", long, long, "台账")))
    assert made[0] >= breadth("庄浪县教育局") + PADDING
    assert made[1] > KEPT


@pytest.mark.parametrize(
    ("shown", "beside"),
    [(("45", "45", "45", "85.9"), 4), (("62%",) * 6, 3), (("2天22小时",) * 4, 3), (("9",) * 5, 3), (("9",) * 7, 4)],
)
def test_no_figure_stands_alone_where_four_fit_beside_each_other(shown: tuple[str, ...], beside: int) -> None:
    one = Figure(name="f", label="件数", value=1, shown="1", unit="件", source="s")
    assert across(Figures(items=tuple(replace(one, shown=text) for text in shown))) == beside
