"""A report as DOCX, to be edited and sent up: page, grid, sizes and fonts of GB/T 9704-2012.

A4, margins 37/26/35/28 mm, 三号 (16 pt) text on 28.95 pt lines (22 a page), 二号 (22 pt) title. The fonts that the
standard names are named in the styles; a machine without them falls back (see docx_parts.FALLBACKS).
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from alerts.reports import docx_parts as parts
from alerts.reports.columns import TABLE_EM, across, widths
from alerts.reports.docx_parts import FANGSONG, HEITI, KAITI, TITLE, write
from alerts.reports.drawing import png
from alerts.reports.periods import made_words
from alerts.reports.render_html import numeral
from alerts.reports.tree import Block, Chart, Figures, Note, Paragraph, Report, Table, cell_text
from streams.clock import beijing

LINE = 28.95
"""Points a line: 225 mm of text height over 22 lines."""
TEXT_MM = 156
WHOLE_ROWS = 12
"""A table of up to so many rows stays on one page."""
INK, WARN, GREY, PALE = "1F3A5F", "9C2F24", "555555", "F3F6FA"
RED = "C00000"
"""Of a letterhead (发文机关标志) and the line under it, as GB/T 9704-2012 7.2.4 and 7.2.7 have them."""


def render_docx(report: Report) -> bytes:
    """Return the report as one DOCX file."""
    document = docx.Document()
    _page(document, report)
    _styles(document)
    _head(document, report)
    counts = {"table": 0, "chart": 0}
    for place, section in enumerate(report.sections, 1):
        document.add_heading(f"{numeral(place)}、{section.title}", level=1)
        for block in section.blocks:
            _block(document, block, counts)
    for text in report.closing:
        _text(document, text)
    for place, line in enumerate(report.signature):
        _signed(document, line, first=place == 0)
    parts.font_table(document)
    properties = document.core_properties
    properties.title, properties.author = f"{report.title} {report.subtitle}", report.unit
    properties.subject, properties.comments, properties.language = report.mark, "", "zh-CN"
    properties.created = properties.modified = beijing(report.made_at).replace(tzinfo=None)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Any, report: Report) -> None:
    section = document.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(25), Mm(25)
    parts.grid(section, LINE)
    section.different_first_page_header_footer = True
    document.settings.odd_and_even_pages_header_footer = True
    for header in (section.header, section.even_page_header):
        line = header.paragraphs[0]
        line.style = document.styles["Normal"]  # the Header style has tab stops of its own
        line.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_MM), WD_TAB_ALIGNMENT.RIGHT)
        write(line, f"{report.title}　{report.subtitle}\t{report.mark}", font=HEITI, size=9, colour=GREY)
    for footer, side in (
        (section.first_page_footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.paragraphs[0].alignment = side
        parts.page_number(footer.paragraphs[0], 14)


def _styles(document: Any) -> None:
    normal = document.styles["Normal"]
    parts.east_asian(normal.element, FANGSONG)
    normal.font.size = Pt(16)
    spacing = normal.paragraph_format
    spacing.space_before = spacing.space_after = Pt(0)
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE)
    for name, font, size in (("Title", TITLE, 22), ("Heading 1", HEITI, 16), ("Heading 2", KAITI, 16)):
        style = document.styles[name]
        parts.east_asian(style.element, font)
        style.font.size, style.font.bold, style.font.color.rgb = Pt(size), False, None
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
        style.paragraph_format.keep_with_next = True
    title = document.styles["Title"]
    for border in title.element.pPr.findall(qn("w:pBdr")):
        title.element.pPr.remove(border)
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.line_spacing = Pt(36)
    document.styles["Heading 1"].paragraph_format.first_line_indent = Pt(32)
    caption = document.styles["Caption"]
    parts.east_asian(caption.element, HEITI)
    caption.font.size, caption.font.bold, caption.font.color.rgb = Pt(12), False, None
    caption.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    caption.paragraph_format.line_spacing = Pt(22)


def _head(document: Any, report: Report) -> None:
    mark = document.add_paragraph()
    mark.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    write(mark, report.mark, font=HEITI, size=16, colour=WARN)
    if report.letterhead:
        head = document.add_paragraph()
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        head.paragraph_format.line_spacing = Pt(44)
        write(head, report.letterhead, font=TITLE, size=30, colour=RED)
        parts.borders(head._p.get_or_add_pPr(), bottom=(16, RED))  # noqa: SLF001 - python-docx has no words for it
    document.add_paragraph(report.title, style="Title")
    day = document.add_paragraph()
    day.alignment = WD_ALIGN_PARAGRAPH.CENTER
    write(day, report.subtitle, font=KAITI)
    line = document.add_paragraph()
    line.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_MM), WD_TAB_ALIGNMENT.RIGHT)
    line.paragraph_format.space_after = Pt(10)
    edition = f"（第{report.version}版）" if report.version > 1 else ""
    write(line, f"{report.unit}\t{made_words(report.made_at, report.window_from)} 成稿{edition}", size=14)
    parts.borders(line._p.get_or_add_pPr(), bottom=(12, INK))  # noqa: SLF001 - python-docx has no words for it
    if report.changes:
        _text(document, f"本版替代第{report.version - 1}版，有以下变动：", size=14)
        for change in report.changes:
            _text(document, f"· {change}", size=14)
    for text in report.opening:
        _text(document, text)


def _signed(document: Any, line: str, *, first: bool) -> None:
    """Write a line of the signature without a seal: below an empty line, 右空二字 (GB/T 9704-2012 7.3.5.2)."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.right_indent = Pt(2 * 16)
    paragraph.paragraph_format.space_before = Pt(LINE if first else 0)
    paragraph.paragraph_format.keep_together = True
    write(paragraph, line)


def _block(document: Any, block: Block, counts: dict[str, int]) -> None:
    if isinstance(block, Paragraph):
        _text(document, block.text)
    elif isinstance(block, Note):
        note = document.add_paragraph()
        parts.off_grid(note)
        note.paragraph_format.line_spacing = Pt(20)
        note.paragraph_format.space_before = note.paragraph_format.space_after = Pt(4)
        write(note, "提示　" if block.warn else "说明　", font=HEITI, size=12, colour=WARN if block.warn else GREY)
        write(note, block.text, size=12, colour=WARN if block.warn else GREY)
    elif isinstance(block, Figures):
        _figures(document, block)
    elif isinstance(block, Table):
        counts["table"] += 1
        _table(document, block, f"表{counts['table']}　{block.caption}")
    else:
        counts["chart"] += 1
        _chart(document, block, f"图{counts['chart']}　{block.caption}")


def _text(document: Any, text: str, size: float = 16) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.first_line_indent = Pt(2 * size)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    write(paragraph, text, size=0 if size == 16 else size)


def _figures(document: Any, block: Figures) -> None:
    beside = across(block)
    table = document.add_table(rows=-(-len(block.items) // beside), cols=beside)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    edge = (4, "C9D1DB")
    parts.borders(
        table._tbl.tblPr, top=edge, left=edge, bottom=edge, right=edge, insideH=edge, insideV=edge  # noqa: SLF001
    )  # fmt: skip
    changes = any(figure.change for figure in block.items)
    for place, figure in enumerate(block.items):
        cell = table.cell(place // beside, place % beside)
        label, number = cell.paragraphs[0], cell.add_paragraph()
        lines = [(label, 18), (number, 28)]
        write(label, figure.label, font=HEITI, size=11, colour=GREY)
        write(number, figure.shown, font=HEITI, size=20, colour=INK)
        write(number, f" {figure.unit}", size=11)
        if changes:
            lines.append((cell.add_paragraph(), 16))
            write(lines[-1][0], figure.change, size=10, colour=GREY)
        for paragraph, height in lines:
            paragraph.paragraph_format.line_spacing = Pt(height)
            parts.off_grid(paragraph)
            paragraph.paragraph_format.keep_with_next = place // beside < (len(block.items) - 1) // beside
    _after(document)


def _table(document: Any, block: Table, caption: str) -> None:
    document.add_paragraph(caption, style="Caption").paragraph_format.space_before = Pt(6)
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    table = document.add_table(rows=1 + len(block.rows), cols=len(block.columns))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    thick, thin = (12, "333333"), (4, "CDCDCD")
    parts.borders(table._tbl.tblPr, top=thick, bottom=thick, insideH=thin)  # noqa: SLF001
    together = len(block.rows) <= WHOLE_ROWS
    for place, width in enumerate(widths(block)):
        table.columns[place].width = Mm(TEXT_MM * width / TABLE_EM)
    parts.head_row(table.rows[0])
    contents = [[column.title for column in block.columns], *([cell_text(cell) for cell in row] for row in block.rows)]
    for line, (row, texts) in enumerate(zip(table.rows, contents, strict=True)):
        strong = line == 0 or line - 1 in block.strong
        for place, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            cell.width = table.columns[place].width
            paragraph = cell.paragraphs[0]
            parts.off_grid(paragraph)
            paragraph.paragraph_format.line_spacing = Pt(18)
            paragraph.paragraph_format.keep_with_next = line == 0 or (together and line < len(block.rows))
            if block.columns[place].number:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            write(paragraph, text, font=HEITI if strong else "", size=10.5)
            if line == 0:
                parts.borders(cell._tc.get_or_add_tcPr(), bottom=(6, "333333"))  # noqa: SLF001
            elif strong:
                parts.shade(cell, PALE)
    _after(document)


def _chart(document: Any, block: Chart, caption: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    paragraph.paragraph_format.keep_with_next = True
    picture = paragraph.add_run().add_picture(BytesIO(png(block.spec)), width=Mm(TEXT_MM - 10))
    parts.describe(picture, block.alt)
    document.add_paragraph(caption, style="Caption").paragraph_format.space_after = Pt(6)


def _after(document: Any) -> None:
    """Add a little space after a table, which has none of its own."""
    gap = document.add_paragraph()
    gap.paragraph_format.line_spacing = Pt(10)
    parts.off_grid(gap)
