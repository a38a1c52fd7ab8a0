"""Reports on one consultation say what its record says, the 快报 on one page, in all forms alike."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from matter_examples import COUNTED, NOW, report, rich
from msgspec.structs import replace
from pypdf import PdfReader
from report_examples import at, consultation
from report_texts import squeeze, texts

from alerts.consultation import Fact, Question, Remark
from alerts.reports.kinds import filename, render
from alerts.reports.matter import KINDS, compose
from alerts.reports.span_data import SpanCounted
from alerts.reports.tree import DRAFT, Table, cell_text
from streams.clock import ms


@pytest.mark.parametrize("kind", KINDS)
def test_all_forms_carry_the_same_words_and_figures(kind: str) -> None:
    made = report(kind)
    wanted = [made.title, made.subtitle, DRAFT]
    wanted += [f"{figure.label}{figure.shown}{figure.unit}" for figure in made.figures()]
    wanted += [cell_text(c) for b in made.blocks() if isinstance(b, Table) for row in b.rows for c in row]
    for form, text in texts({form: render(made, form) for form in ("html", "docx", "pdf")}).items():
        assert [part for part in wanted if squeeze(part) not in text] == [], form


def test_a_brief_note_is_one_page_however_much_there_is_to_say() -> None:
    long = "城区主供水管网因施工挖断而大面积停水" * 8
    facts = tuple(Fact(id=str(n), text=long, confirmed=n % 2 == 0, source="甲", by="z", at=at(10)) for n in range(20))
    asked = tuple(Question(id=str(n), text=long, asked=n, at=at(10)) for n in range(20))
    statement = rich().statement
    assert statement is not None
    full = rich(title=long, facts=facts, questions=asked)
    for one in (rich(), full):
        made = report("urgent", one)
        assert len(PdfReader(BytesIO(render(made, "pdf"))).pages) == 1
    assert "另有18项" in str(report("urgent", full))


def test_a_brief_note_says_how_far_the_first_statement_is() -> None:
    first = rich().statement
    assert first is not None
    signed = replace(first, published_at=0, signed_by="chen", signed_at=at(12))
    assert "已签发，待发布" in str(report("urgent", rich(statement=signed)))
    assert "已拟稿，待签发" in str(report("urgent", rich(statement=replace(signed, signed_by="", signed_at=0))))


@pytest.mark.parametrize("kind", KINDS)
def test_no_member_of_staff_is_named_and_no_small_count_is_shown(kind: str) -> None:
    few = SpanCounted(total=3, urgent=2, days=(0, 3))
    made = str(report(kind, counted=few))
    assert "zhang" not in made
    assert "officer" not in made
    assert "相关反映3条" not in made
    assert "紧急求助2条" not in made


def test_minutes_hold_what_people_ask_and_what_we_got_wrong_and_nobody_misses_a_meeting_to_come() -> None:
    one = rich(wrongs=(Remark(text="停水前没有公告", by="li", at=at(11)),))
    made = report("minutes", one)
    assert one.questions
    for said in (one.questions[0].text, f"我方失误：{one.wrongs[0].text}"):
        assert said in str(made)
    ahead = report("minutes", rich(next_meeting_at=ms(NOW) + 3_600_000))
    units = next(block for block in ahead.blocks() if isinstance(block, Table) and block.name == "units")
    assert [row[2] for row in units.rows] == ["未通知", "到会", "已通知"]


def test_an_overdue_task_stands_out_and_absence_is_said() -> None:
    made = report("minutes")
    tables = {block.name: block for block in made.blocks() if isinstance(block, Table)}
    assert (tables["tasks"].rows[0][4], tables["tasks"].strong) == ("已逾期，尚未办结", (0,))
    assert [row[2] for row in tables["units"].rows] == ["未通知", "到会", "未到会"]


def test_what_nobody_wrote_is_not_made_up() -> None:
    bare = consultation(questions=(), statement=None)
    assert "系统不代拟" in str(report("special", bare))
    assert "尚未议定事项" in str(report("minutes", bare))
    assert "尚未拟首次发声" in str(report("urgent", bare))


def test_a_file_is_named_by_the_matter() -> None:
    assert filename(report("minutes"), "docx") == "会商纪要 静宁县城区停水.docx"
    assert report("minutes").id != report("special").id
    later = compose("minutes", rich(), COUNTED, (), now=NOW + timedelta(hours=1), unit="某市")
    assert later.id == report("minutes").id
