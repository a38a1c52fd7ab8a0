"""LibreOffice opens every DOCX and XLSX of every kind of report without repair, and finds its words again.

It is not installed by the tests' set-up (half a gigabyte): where it lacks, these are reported as not run, with the
command that installs it.
"""

from __future__ import annotations

import posixpath
import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from kind_examples import every_kind
from lxml import etree  # type: ignore[import-untyped]
from pypdf import PdfReader
from report_examples import empty_day
from report_texts import squeeze

from alerts.reports import daily
from alerts.reports.kinds import KINDS, render
from alerts.reports.tree import Report, Table, cell_text

OFFICE = shutil.which("soffice") or ""
WHOLE = bool(OFFICE) and all((Path(OFFICE).resolve().parent / f"lib{part}lo.so").exists() for part in ("sw", "sc"))
REPORTS: dict[str, Report] = {**every_kind(), "daily without data": daily.compose(empty_day())}
needs_office = pytest.mark.skipif(
    not WHOLE, reason="no LibreOffice Writer and Calc: apt-get install libreoffice-writer-nogui libreoffice-calc-nogui"
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Let LibreOffice open all files at once and write each as PDF; return the PDFs by their names."""
    folder = tmp_path_factory.mktemp("office")
    for name, made in REPORTS.items():
        for form in ("docx", "xlsx"):
            (folder / f"{name} {form}.{form}").write_bytes(render(made, form))
    profile = f"-env:UserInstallation=file://{folder}/profile"
    files = [str(path) for path in sorted(folder.glob("*.*x"))]
    done = subprocess.run(
        [OFFICE, "--headless", profile, "--convert-to", "pdf", "--outdir", str(folder / "out"), *files],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stdout + done.stderr, done.stdout + done.stderr
    return {path.stem: path for path in (folder / "out").glob("*.pdf")}


def test_there_is_an_example_of_every_kind() -> None:
    assert set(KINDS) <= set(REPORTS)


@needs_office
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", REPORTS)
def test_libreoffice_opens_what_people_edit_and_finds_all_its_words(name: str, opened: dict[str, Path]) -> None:
    made = REPORTS[name]
    said = squeeze("".join(page.extract_text() for page in PdfReader(opened[f"{name} docx"]).pages))
    for section in made.sections:
        assert squeeze(section.title) in said
    for figure in made.figures():
        assert squeeze(figure.label) in said
        assert squeeze(figure.shown) in said
    sheets = squeeze("".join(page.extract_text() for page in PdfReader(opened[f"{name} xlsx"]).pages))
    for table in (block for block in made.blocks() if isinstance(block, Table)):
        for row in table.rows:
            assert squeeze(cell_text(row[0]))[:8] in sheets


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("form", ["docx", "xlsx"])
def test_each_part_of_an_office_file_is_sound_xml_and_declared(name: str, form: str) -> None:
    with zipfile.ZipFile(BytesIO(render(REPORTS[name], form))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(set(names)) == len(names)
        types = etree.fromstring(archive.read("[Content_Types].xml"))
        declared = {node.get("PartName", "").lstrip("/") for node in types} | {
            node.get("Extension") for node in types
        }
        for part in names:
            if part.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(part))
            assert part == "[Content_Types].xml" or part in declared or part.rsplit(".", 1)[-1] in declared, part
        for rels in (part for part in names if part.endswith(".rels")):
            base = Path(rels).parent.parent
            for one in etree.fromstring(archive.read(rels)):
                target = one.get("Target")
                if one.get("TargetMode") != "External":
                    path = target.lstrip("/") if target.startswith("/") else str(base / target)
                    assert posixpath.normpath(path) in names, f"{rels} names {target}"


@pytest.mark.parametrize("name", REPORTS)
def test_a_pdf_is_read_strictly_tagged_and_with_all_its_fonts_and_words(name: str) -> None:
    made = REPORTS[name]
    reader = PdfReader(BytesIO(render(made, "pdf")), strict=True)
    said = squeeze("".join(page.extract_text() for page in reader.pages))
    for figure in made.figures():
        assert squeeze(figure.label) in said
        assert squeeze(figure.shown) in said
    for table in (block for block in made.blocks() if isinstance(block, Table)):
        assert all(squeeze(cell_text(cell))[:6] in said for row in table.rows for cell in row), table.name
    root: Any = reader.trailer["/Root"].get_object()
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"].startswith("zh")
    assert "/StructTreeRoot" in root
    assert b"<pdfaid:part>2</pdfaid:part>" in root["/Metadata"].get_object().get_data()
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources.get("/Font", {}).values():
            (below,) = font.get_object()["/DescendantFonts"]
            described = below.get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(described), "the font is inside"
            assert "/ToUnicode" in font.get_object(), "its text can be copied"
