"""A week and a month in four forms: the same figures in all of them, workbook included."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
import python_calamine
from msgspec.structs import replace
from report_examples import at, consultation
from report_texts import squeeze, texts
from week_examples import MONTH, WEEK, data

from alerts.consultation import Review
from alerts.reports.kinds import render
from alerts.reports.overlap import given_away, withheld
from alerts.reports.sections.demands import source_name, topic_name
from alerts.reports.span import compose
from alerts.reports.span_data import Days, SpanCounted
from alerts.reports.spans import Span
from alerts.reports.stages import stages
from alerts.reports.tree import Report, Table, cell_text


def sheets(report: Report) -> dict[str, list[list[Any]]]:
    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(render(report, "xlsx")))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def as_text(cell: Any) -> str:
    return cell_text(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)


def test_all_four_forms_carry_the_same_figures_and_tables() -> None:
    for span in (WEEK, MONTH):
        report = compose(data(span))
        tables = [block for block in report.blocks() if isinstance(block, Table)]
        wanted = [report.title, report.subtitle, report.mark, report.summary]
        wanted += [f"{figure.label}{figure.shown}{figure.unit}" for figure in report.figures()]
        wanted += [cell_text(cell) for table in tables for row in table.rows for cell in row]
        files = {form: render(report, form) for form in ("html", "docx", "pdf")}
        for form, text in texts(files).items():
            assert [part for part in wanted if squeeze(part) not in text] == [], form
        book = sheets(report)
        first = [[as_text(cell) for cell in row] for row in book.pop("主要数字")]
        assert [row[:3] for row in first[5 : 5 + len(list(report.figures()))]] == [
            [figure.label, figure.shown, figure.unit] for figure in report.figures()
        ]
        assert first[2][0] == report.mark
        book.pop("数据来源与查询")
        for table, sheet in zip(tables, book.values(), strict=True):
            assert [[as_text(cell) for cell in row] for row in sheet[1:]] == [
                [cell_text(cell) for cell in row] for row in table.rows
            ]


def test_a_title_that_begins_like_a_formula_stays_text() -> None:
    cells = [cell for sheet in sheets(compose(data())).values() for row in sheet for cell in row]
    assert "=静宁县供水反映突增" in cells


def test_few_posts_of_a_year_before_are_not_compared() -> None:
    report = compose(data())
    table = next(block for block in report.blocks() if isinstance(block, Table) and block.name == "topics")
    assert {row[4] for row in table.rows} <= {"样本过少，不作比较", "—"}
    assert "%" in str(table.rows[-1][3])


def test_the_first_section_says_how_far_the_data_can_be_trusted() -> None:
    first = str(compose(data()).sections[0])
    assert "各渠道最新一条" in first
    assert "数据缺口1处" in first
    assert "没有发现数据缺口" in str(compose(data(gaps=())).sections[0])


def test_overdue_limits_stay_in_the_denominator() -> None:
    """The statement came in time, the press conference never: one of two."""
    figure = next(figure for figure in compose(data()).figures() if figure.name == "in_time")
    assert (figure.value, figure.change) == (1, "到期2项")
    assert consultation().answered_at == at(13.5)


def test_actions_promised_in_reviews_are_followed_until_they_are_carried_out() -> None:
    due = WEEK.window.end - 3_600_000
    promised = Review(cause="老化", lessons="早换", action="更换主管", unit="供水公司", due=due, by="a", at=due - 9)
    carried_out = replace(promised, action="公布电话", done_at=due - 1, result="已公布")
    long_done = replace(promised, action="旧措施", done_at=WEEK.window.start - 1)
    matter = consultation(state="closed", reviews=(promised, carried_out, long_done))
    (table,) = (one for one in compose(data(reviewed=(matter,))).blocks() if getattr(one, "name", "") == "actions")
    assert isinstance(table, Table)
    assert [(row[1], row[4]) for row in table.rows] == [("更换主管", "逾期未落实"), ("公布电话", "已落实")]
    assert table.strong == (0,)


def test_a_span_without_anything_reports_and_says_so() -> None:
    nothing = SpanCounted(days=(0,) * 7)
    waits = stages((), (), ())
    report = compose(data(now=nothing, past=nothing, year=nothing, alerts=(), consultations=(), stages=waits))
    assert "没有收到群众反映" in report.summary
    assert "不能据此认为没有诉求" in report.summary
    for form in ("html", "docx", "pdf", "xlsx"):
        assert render(report, form)


def test_the_workbook_is_repeatable() -> None:
    report = compose(data())
    assert render(report, "xlsx") == render(report, "xlsx")


def printed(
    told: dict[str, Days], called: Callable[[str], str], report: Report, name: str
) -> Iterator[tuple[str, Any, int]]:
    """Yield the rows of a printed table: what they are called, what they show, what they count."""
    found = next(block for block in report.blocks() if isinstance(block, Table) and block.name == name)
    shown = {row[0]: row[1] for row in found.rows}
    for key, days in told.items():
        yield called(key), shown[called(key)], sum(days)


@pytest.mark.parametrize("span", [WEEK, MONTH])
def test_a_printed_count_is_the_raw_one_or_no_more_than_it_and_no_day_follows_from_it(span: Span) -> None:
    given = data(span)
    report = compose(given)
    for name, rows, called in (
        ("topics", given.now.topics, topic_name), ("sources", given.now.sources, source_name),
        ("counties", given.now.counties, given.county),
    ):  # fmt: skip
        inexact = set()
        for label, shown, count in printed(rows, called, report, name):
            if isinstance(shown, str):
                inexact.add(label)
                least = re.match(r"(\d+)条以上", shown)
                assert (5 <= int(least[1]) <= count) if least else shown in {"<5", "未列"}
            else:
                assert shown == count
        cells = withheld(rows)
        alone = given_away(cells, rows)
        assert set(given_away(cells, {key for key in rows if called(key) in inexact})) <= set(alone)
