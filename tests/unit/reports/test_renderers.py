"""One tree, three forms: the same figures in all of them, real text, every glyph present, nothing read as markup."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as some
from lxml import html  # type: ignore[import-untyped]
from pypdf import PdfReader
from report_examples import ODD_TITLE, alert, busy_day, empty_day
from report_texts import squeeze, texts

from alerts.reports.daily import compose
from alerts.reports.glyphs import covered, printable
from alerts.reports.kinds import FORMS, filename, render
from alerts.reports.render_html import html_body, numeral
from alerts.reports.tree import Table, cell_text
from streams.errors import Misconfigured

REPORT = compose(busy_day())


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {form: render(REPORT, form) for form in FORMS}


def test_all_forms_carry_the_same_words_and_figures(files: dict[str, bytes]) -> None:
    wanted = [REPORT.title, REPORT.subtitle, REPORT.unit, REPORT.mark, REPORT.summary]
    wanted += [f"{figure.label}{figure.shown}{figure.unit}" for figure in REPORT.figures()]
    wanted += [squeeze(cell_text(c)) for b in REPORT.blocks() if isinstance(b, Table) for row in b.rows for c in row]
    for form, text in texts(files).items():
        assert [part for part in wanted if squeeze(part) not in text] == [], form


def tables_of_html(data: bytes) -> list[list[list[str]]]:
    tables = html.fromstring(data).xpath("//table")
    return [[[cell.text_content() for cell in row] for row in table.xpath("./tbody/tr")] for table in tables]


def tables_of_docx(data: bytes) -> list[list[list[str]]]:
    """Return all tables but the first, which holds the figures."""
    tables = docx.Document(BytesIO(data)).tables[1:]
    return [[[cell.text for cell in row.cells] for row in table.rows[1:]] for table in tables]


def test_every_table_reads_back_cell_by_cell(files: dict[str, bytes]) -> None:
    tables = [block for block in REPORT.blocks() if isinstance(block, Table)]
    wanted = [[[cell_text(cell) for cell in row] for row in table.rows] for table in tables]
    assert tables_of_docx(files["docx"]) == wanted
    assert tables_of_html(files["html"]) == wanted


def test_an_odd_title_stays_text(files: dict[str, bytes]) -> None:
    for form, text in texts(files).items():
        assert squeeze(ODD_TITLE) in text, form


def test_html_runs_nothing_and_fetches_nothing(files: dict[str, bytes]) -> None:
    tree = html.fromstring(files["html"])
    assert tree.xpath("//script|//iframe|//object|//link|//img[@src]|//@*[starts-with(name(), 'on')]") == []
    assert tree.xpath("//*[@style]") == []  # the console forbids inline styles
    assert b"url(" not in files["html"]
    assert len(tree.xpath("//svg")) == 2


def test_a_page_can_take_the_body_alone() -> None:
    body = html_body(REPORT)
    assert body.startswith("<article")
    assert "<style" not in body


def test_charts_are_labelled_in_chinese(files: dict[str, bytes]) -> None:
    labels = html.fromstring(files["html"]).xpath("//svg/@aria-label")
    assert labels[0] == "反映最集中的是11时至12时。"
    assert b"X-axis" not in files["html"]


def fonts_of(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for page in PdfReader(BytesIO(data)).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            found[str(font.get_object()["/BaseFont"])] = font.get_object()
    return found


def test_the_pdf_embeds_its_fonts_and_lacks_no_glyph(files: dict[str, bytes]) -> None:
    fonts = fonts_of(files["pdf"])
    assert {name.split("+")[1].split("-")[0] for name in fonts} == {"NotoSerifSC", "NotoSansSC"}
    for font in fonts.values():
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile3" in descriptor
        assert "/ToUnicode" in font


def test_a_character_without_a_glyph_is_marked_and_stops_nothing() -> None:
    """PDF/A is refused by the typesetter if any glyph is missing, so that it is made proves that none is."""
    odd = busy_day(alerts=(alert("一", title="停水🔴了\x00吗👨‍👩‍👧\u202e？䶮"),))
    files = {form: render(compose(odd), form) for form in FORMS}
    for form, text in texts(files).items():
        assert "停水〓了吗〓？䶮" in text, form


@given(some.text(max_size=60))
def test_whatever_is_printed_has_a_glyph(text: str) -> None:
    assert {ord(character) for character in printable(text)} <= covered()


def test_chinese_text_stays_as_it_is() -> None:
    text = "平凉市崆峒区：“供水、供气”（第12号）—— 3.5％ 〔电话〕①㎡〇镕䶮"
    assert printable(text) == text


def test_the_pdf_is_tagged_titled_and_repeatable(files: dict[str, bytes]) -> None:
    reader = PdfReader(BytesIO(files["pdf"]))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "zh-CN"
    assert reader.metadata is not None
    assert reader.metadata.title == f"{REPORT.title} {REPORT.subtitle}"
    box = reader.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)
    assert render(REPORT, "pdf") == files["pdf"]


def test_the_docx_has_the_standards_page_and_fonts(files: dict[str, bytes]) -> None:
    document = docx.Document(BytesIO(files["docx"]))
    section = document.sections[0]
    sizes = (section.page_width, section.page_height, section.top_margin, section.left_margin, section.right_margin)
    assert [round(size.mm) for size in sizes if size is not None] == [210, 297, 37, 28, 26]
    normal = document.styles["Normal"]
    assert normal.font.size.pt == 16
    assert normal.element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    assert document.styles["Heading 1"].element.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    assert section._sectPr.find(qn("w:docGrid")).get(qn("w:linePitch")) == "579"
    assert len(document.inline_shapes) == 2


def test_an_empty_day_renders_in_every_form() -> None:
    report = compose(empty_day())
    for form in FORMS:
        assert render(report, form)


def test_a_replaced_version_says_so_in_every_form() -> None:
    import msgspec

    replaced = msgspec.structs.replace(REPORT, version=2, changes=("群众反映：由380条改为383条",))
    files = {form: render(replaced, form) for form in FORMS}
    for form, text in texts(files).items():
        assert "本版替代第1版" in text, form
        assert "由380条改为383条" in text, form


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(Misconfigured, match="html, docx, pdf"):
        render(REPORT, "odt")


def test_names() -> None:
    assert filename(REPORT, "pdf") == "政务舆情日报 2026-11-22.pdf"
    assert [numeral(n) for n in (1, 10, 11, 20, 21)] == ["一", "十", "十一", "二十", "二十一"]
