"""Exports: what stands in a file, what never does, and that no spreadsheet runs a cell of it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from alerts import exports

HEAD = exports.Head(
    asked={"检索词": "=停水", "来源": ""}, at=1_778_549_400_000, index="opinions-*", total=7, rows=2, version="9"
)
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "=cmd|' /C calc'!A0"]


def stored(text: str) -> dict[str, object]:
    return {
        "id": "p1", "source": "weibo", "posted_at": 1_778_549_400_000, "text": text, "topic": "民政", "likes": 3,
        "urgent": True, "danger": False, "sentiment": "neg", "sentiment_p": 0.9, "author": "某人", "model": "m1",
    }  # fmt: skip


def rows(*texts: str) -> list[dict[str, object]]:
    return [exports.row(stored(text), {"source": lambda key: {"weibo": "微博"}[key]}) for text in texts]


def test_a_row_has_no_sentiment_and_nobody_who_wrote_it() -> None:
    found = rows("停水")[0]
    assert list(found) == list(exports.COLUMNS)
    assert not {"sentiment", "sentiment_p", "author"} & set(found)
    assert (found["source"], found["posted_at"], found["urgent"], found["danger"]) == (
        "微博", "2026-05-12 09:30:00", "是", "",
    )  # fmt: skip


def test_personal_data_that_an_older_rule_let_through_is_masked_in_the_file() -> None:
    assert "13900000000" not in str(rows("请打13900000000"))


@pytest.mark.parametrize("form", exports.FORMS)
def test_every_form_says_what_was_asked_when_of_which_index_by_which_version(form: str) -> None:
    data = exports.MAKERS[form](HEAD, rows("停水", "路灯"))
    if form == "xlsx":
        lines = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("说明").to_python()
        text = str(lines)
    else:
        text = data.decode("utf-8-sig")
    for word in ("=停水", "2026-05-12 09:30:00", "opinions-*", "huiying 9", "符合条件7条", "只导出前2条"):
        assert word in text, word
    assert "来源：" not in text


@pytest.mark.parametrize("text", EVIL)
def test_no_cell_of_a_csv_begins_as_a_formula(text: str) -> None:
    data = exports.as_csv(HEAD, rows(text)).decode("utf-8-sig")
    for line in csv.reader(io.StringIO(data)):
        for cell in line:
            assert not cell.lstrip(" ").startswith(tuple(exports.FORMULA)), cell


@pytest.mark.parametrize("text", [*EVIL, "https://example.org/x", "0012"])
def test_a_cell_of_a_workbook_is_the_text_itself_and_no_formula_or_link(text: str) -> None:
    import zipfile

    data = exports.as_xlsx(HEAD, rows(text))
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    table = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert table[1][list(exports.COLUMNS).index("likes")] == 3


@given(st.lists(st.text(max_size=30), max_size=5))
def test_every_line_of_jsonl_is_json_and_comes_back_as_it_was(texts: list[str]) -> None:
    made = rows(*texts)
    first, *rest = exports.as_jsonl(HEAD, made).decode().splitlines()
    assert json.loads(first)["export"]["index"] == "opinions-*"
    assert [json.loads(line) for line in rest] == made


@given(st.text(max_size=40))
def test_a_text_of_any_characters_makes_a_workbook_and_a_csv_of_one_row(text: str) -> None:
    found = rows(text)
    book = CalamineWorkbook.from_filelike(io.BytesIO(exports.as_xlsx(HEAD, found)))
    assert len(book.get_sheet_by_index(0).to_python()) == 2
    data = exports.as_csv(HEAD, found).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(data, newline="")))[-1][0] == "p1"
