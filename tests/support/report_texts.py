"""The words of a report's files, read back as a program of another maker would."""

from __future__ import annotations

import re
from io import BytesIO

import docx
from lxml import html  # type: ignore[import-untyped]
from pypdf import PdfReader


def squeeze(text: str) -> str:
    """Drop what line breaks and justification add."""
    return re.sub(r"\s+", "", text)


def docx_text(data: bytes) -> str:
    document = docx.Document(BytesIO(data))
    parts = [paragraph.text for paragraph in document.paragraphs]
    parts += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join(parts)


def texts(files: dict[str, bytes]) -> dict[str, str]:
    pdf = "\n".join(page.extract_text() for page in PdfReader(BytesIO(files["pdf"])).pages)
    return {
        "html": squeeze(html.fromstring(files["html"]).text_content()),
        "docx": squeeze(docx_text(files["docx"])),
        "pdf": squeeze(pdf),
    }
