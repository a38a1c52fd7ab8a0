"""What python-docx has no words for: east-asian fonts, page numbers, borders, shading, repeated head rows."""

from __future__ import annotations

from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

LATIN = "Times New Roman"
FANGSONG = "仿宋_GB2312"
HEITI = "黑体"
KAITI = "楷体_GB2312"
TITLE = "方正小标宋简体"

FALLBACKS = {FANGSONG: "仿宋", KAITI: "楷体", TITLE: "宋体", HEITI: "黑体"}
"""What a machine without the named font should take; Word reads it from the font table (`w:altName`)."""

FREE = {FANGSONG: "Noto Serif SC", KAITI: "Noto Serif SC", TITLE: "Noto Serif SC", HEITI: "Noto Sans SC"}


def east_asian(element: Any, name: str, latin: str = LATIN) -> None:
    """Set a style's or run's fonts: `name` for Chinese, `latin` for letters and digits."""
    fonts = element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:ascii"), latin)
    fonts.set(qn("w:hAnsi"), latin)
    fonts.set(qn("w:eastAsia"), name)
    # punctuation such as “ and — is Chinese here
    fonts.set(qn("w:hint"), "eastAsia")


def write(paragraph: Any, text: str, *, font: str = "", size: float = 0, colour: str = "", bold: bool = False) -> Any:
    """Add a run; empty arguments leave it to the paragraph's style."""
    run = paragraph.add_run(text)
    if font:
        east_asian(run._r, font)  # noqa: SLF001 - python-docx has no words for it
    if size:
        run.font.size = Pt(size)
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)
    if bold:
        run.bold = True
    return run


def element(tag: str, **attributes: str) -> Any:
    """Return a `w:` element with `w:` attributes."""
    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def grid(section: Any, pitch: float) -> None:
    """Set the section's line grid: `pitch` points a line."""
    properties = section._sectPr  # noqa: SLF001 - the same
    for old in properties.findall(qn("w:docGrid")):
        properties.remove(old)
    properties.append(element("docGrid", type="lines", linePitch=str(round(pitch * 20))))


def off_grid(paragraph: Any) -> None:
    """Let a paragraph have its own line height, where the page's grid would stretch it."""
    paragraph._p.get_or_add_pPr().append(element("snapToGrid", val="0"))  # noqa: SLF001 - the same


def page_number(paragraph: Any, size: float) -> None:
    """Write `— 1 —` with the page's own number."""
    write(paragraph, "— ", size=size)
    run = write(paragraph, "", size=size)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        if kind:
            run._r.append(element("fldChar", fldCharType=kind))  # noqa: SLF001
        else:
            instruction = element("instrText")
            instruction.text = text
            run._r.append(instruction)  # noqa: SLF001
    write(paragraph, " —", size=size)


def borders(properties: Any, **edges: tuple[int, str]) -> None:
    """Set borders of a paragraph (`pPr`), cell (`tcPr`) or table (`tblPr`): edge=(eighths of a point, colour)."""
    names = {"pPr": "pBdr", "tcPr": "tcBorders", "tblPr": "tblBorders"}
    box = element(names[properties.tag.rsplit("}", 1)[1]])
    for edge in ("top", "left", "bottom", "right", "insideH", "insideV"):
        if edge in edges:
            size, colour = edges[edge]
            space = {"space": "3"} if box.tag.endswith("pBdr") else {}
            box.append(element(edge, val="single" if size else "nil", sz=str(size), color=colour, **space))
    properties.append(box)


def shade(cell: Any, colour: str) -> None:
    """Fill a cell."""
    cell._tc.get_or_add_tcPr().append(element("shd", val="clear", color="auto", fill=colour))  # noqa: SLF001


def head_row(row: Any) -> None:
    """Repeat a row on every page, and keep it whole."""
    properties = row._tr.get_or_add_trPr()  # noqa: SLF001
    properties.append(element("cantSplit"))
    properties.append(element("tblHeader"))


def describe(picture: Any, text: str) -> None:
    """Say in words what a picture shows."""
    picture._inline.docPr.set("descr", text)  # noqa: SLF001


def font_table(document: Any) -> None:
    """Name the fallbacks of the fonts that a machine may lack."""
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            entries = "".join(
                f'<w:font w:name="{name}"><w:altName w:val="{FALLBACKS[name]},{FREE[name]}"/><w:charset w:val="86"/>'
                '<w:family w:val="auto"/></w:font>'
                for name in FALLBACKS
            )
            part._blob = part.blob.replace(b"</w:fonts>", f"{entries}</w:fonts>".encode())  # noqa: SLF001
