"""A department changes the words around the figures, and nothing else: not a figure, not a gap, not the mark."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kind_examples import every_kind
from msgspec.structs import replace
from report_examples import busy_day, empty_day
from report_texts import squeeze, texts

from alerts.reports import daily
from alerts.reports.dressing import dress, dressed
from alerts.reports.kinds import KINDS, render
from alerts.reports.section_titles import SECTIONS
from alerts.reports.template import KEPT, Template, fault, looked_through, parse, template_of
from alerts.reports.tree import DRAFT, Report, content, decode, encode
from streams.errors import Misconfigured

EXAMPLE = Path(__file__).parents[3] / "deploy" / "report.example.yml"
BRIEF = daily.compose(busy_day())
REPORTS = [daily.compose(empty_day()), *every_kind().values()]


def test_the_shipped_example_dresses_every_kind_in_every_form(tmp_path: Path) -> None:
    (tmp_path / "common.yml").write_bytes(EXAMPLE.read_bytes())
    assert looked_through(tmp_path, {kind: SECTIONS.get(kind, ()) for kind in KINDS}) == ("common",)
    for made in REPORTS:
        done = dress(made, tmp_path, KINDS[made.kind].title)
        assert done.letterhead == "平凉市政务舆情工作专报"
        assert done.title == f"平凉市{KINDS[made.kind].title}"
        assert done.signature[0] == done.unit == "平凉市人民政府办公室"
        assert done.opening[0].startswith("市政府领导")
        assert done.closing == ("以上情况，请阅示。",)
        assert "模板有误" not in str(done)


def test_what_the_department_says_stands_in_all_forms(tmp_path: Path) -> None:
    (tmp_path / "common.yml").write_bytes(EXAMPLE.read_bytes())
    done = dress(BRIEF, tmp_path, "日报")
    for form, said in texts({form: render(done, form) for form in ("html", "docx", "pdf")}).items():
        for words in (done.letterhead, *done.opening, *done.closing, *done.signature, "数据范围与缺口"):
            assert squeeze(words) in squeeze(said), form


@pytest.mark.parametrize("made", REPORTS, ids=[f"{one.kind} {one.period[:10]}" for one in REPORTS])
def test_no_template_changes_a_figure_a_table_or_the_mark(made: Report, tmp_path: Path) -> None:
    (tmp_path / "common.yml").write_bytes(EXAMPLE.read_bytes())
    done = dress(made, tmp_path, "种类")
    assert list(done.figures()) == list(made.figures())
    assert list(done.blocks()) == list(made.blocks())
    assert (done.mark, done.id, done.sources) == (DRAFT, made.id, made.sources)


@given(st.lists(st.sampled_from(SECTIONS["daily"]), unique=True).map(tuple))
def test_whatever_is_left_out_the_first_page_and_the_sources_stay(order: tuple[str, ...]) -> None:
    titles = [one.title for one in dressed(BRIEF, Template(sections=order), "日报").sections]
    assert {"当日概况", *KEPT} <= set(titles)
    assert [one for one in titles if one in order] == list(order)
    assert len(set(titles)) == len(titles)
    assert set(titles) <= set(order) | {"当日概况", *KEPT} or not order


def test_an_empty_template_is_the_report_as_it_was_made() -> None:
    assert dressed(BRIEF, Template(), "日报") == BRIEF
    assert dress(BRIEF, None, "日报") is not None
    assert content(dress(BRIEF, None, "日报")) == content(BRIEF)
    assert decode(encode(dressed(BRIEF, Template(opening=("各单位：",)), "日报"))).opening == ("各单位：",)


def test_a_report_stored_before_templates_is_still_read() -> None:
    later = ("letterhead", "opening", "closing", "signature")
    assert decode({key: value for key, value in encode(BRIEF).items() if key not in later}) == BRIEF


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ ''.__class__.__mro__ }}", "only figures have parts"),
        ("{{ figures.__class__.__init__ }}", "only figures have parts"),
        ("{{ figures['posts'] }}", "only figures have parts"),
        ("{{ unit.format(1) }}", "call is not allowed"),
        ("{% for n in '0123456789' %}{{ n }}{% endfor %}", "for is not allowed"),
        ("{{ 'a' * 999999999 }}", "mul is not allowed"),
        ("{% include '/etc/passwd' %}", "include is not allowed"),
        ("{% import 'os' as os %}", "import is not allowed"),
        ("{% set unit = 'x' %}", "assign is not allowed"),
        ("{{ config }}", "unknown name config"),
        ("{{ unit|attr('x') }}", "filter attr is not allowed"),
        ("{{ unit|pprint }}", "filter pprint is not allowed"),
        ("{{ unit is callable }}", "test callable is not allowed"),
        ("{{ unit", "not Jinja"),
        ("平政办发〔2026〕12号", "no document number"),
        ("平政办发[2026]号", "no document number"),
        ("长" * 2001, "longer than 2000"),
        ("{{ unit|default('无') }}", ""),
    ],
)
def test_a_template_is_words_and_no_program(text: str, why: str) -> None:
    assert why in fault(text)
    assert bool(fault(text)) == bool(why)


def test_what_a_person_wrote_in_a_title_is_no_template() -> None:
    odd = replace(BRIEF, subtitle="{{ unit }}")
    assert dressed(odd, Template(title="{{ subtitle }}"), "日报").title == "{{ unit }}"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("daily.yml", "titel: x", "daily.yml: Object contains unknown field `titel`"),
        ("daily.yml", "title: [a]", "daily.yml: Expected `str`"),
        ("daily.yml", "title: 'a\n b: c: d", "daily.yml, line"),
        ("daily.yml", "title: '{{ nobody }}'", "daily.yml: '{{ nobody }}': unknown name nobody"),
        ("daily.yml", "sections: [当日概况, 当日概况]", "section 当日概况 is named twice"),
        ("daily.yml", "sections: [没有的节]", "daily.yml: no section is called 没有的节; there are 当日概况"),
        ("dayly.yml", "title: x", "dayly.yml: there is no such kind of report; there are daily"),
    ],
)
def test_a_mistake_is_said_in_one_line_and_the_report_comes_all_the_same(
    tmp_path: Path, name: str, text: str, why: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(Misconfigured) as error:
        looked_through(tmp_path, SECTIONS)
    assert why in str(error.value)
    assert "\n" not in str(error.value)
    done = dress(BRIEF, tmp_path, "日报")
    assert list(done.figures()) == list(BRIEF.figures())


def test_a_figure_that_the_report_lacks_is_a_warning_on_its_first_page(tmp_path: Path) -> None:
    (tmp_path / "daily.yml").write_text("opening: ['共{{ figures.nobody }}']", "utf-8")
    done = dress(BRIEF, tmp_path, "日报")
    first = str(done.sections[0].blocks[0])
    assert "报告模板有误" in first
    assert "huiying doctor" in first
    assert done.opening == ()


def test_a_folder_that_is_not_there_is_said() -> None:
    with pytest.raises(Misconfigured, match="there is no such folder"):
        template_of(Path("/nowhere/at/all"), "daily")
    assert "报告模板有误" in str(dress(BRIEF, Path("/nowhere/at/all"), "日报"))


def test_the_own_template_goes_over_the_common_one(tmp_path: Path) -> None:
    (tmp_path / "common.yml").write_text("unit: 甲\nclosing: [共同]\nheadings: {数据说明: 说明}", "utf-8")
    (tmp_path / "daily.yml").write_text("unit: 乙\nheadings: {当日概况: 概况}", "utf-8")
    found = template_of(tmp_path, "daily")
    assert (found.unit, found.closing, found.headings) == ("乙", ("共同",), {"数据说明": "说明", "当日概况": "概况"})
    assert template_of(tmp_path, "weekly").unit == "甲"


def test_the_known_titles_are_those_that_reports_have() -> None:
    assert set(SECTIONS) == set(KINDS)
    for made in REPORTS:
        assert tuple(one.title for one in made.sections) == SECTIONS[made.kind]


def test_yaml_that_makes_objects_is_refused() -> None:
    with pytest.raises(Misconfigured):
        parse("title: !!python/object/apply:os.system ['true']", "daily.yml")
