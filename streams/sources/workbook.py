"""A spreadsheet (XLSX, XLS, ODS) as rows of text, its first sheet: what back offices export.

The library is Rust and builds no XML tree, so that no entity expands. A file that unpacks to more than LARGEST is
refused before it is opened. Whole numbers come as digits (a number cell holds 15 exactly; longer ids must be text
cells), times as `2026-05-01 08:00:00`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import python_calamine

from streams.errors import Misconfigured

LARGEST = 512 * 1024 * 1024
"""Bytes of all parts unpacked; a year of a hotline's orders has about 100 MB."""
MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How XLSX and ODS (zip) and XLS (OLE) begin."""
BROKEN = (
    python_calamine.CalamineError, zipfile.BadZipFile, OSError, LookupError, ValueError, NotImplementedError,
    RuntimeError,
)  # fmt: skip
"""What either library raises on a file that is no spreadsheet, or one that is encrypted."""
HEAD_CELLS = 2
"""Filled cells that make a row the header: exports put a title, in one cell, before it."""


def is_workbook(head: bytes) -> bool:
    """Say whether a file that begins so is a spreadsheet."""
    return head.startswith(MAGIC)


def rows_of(path: Path, largest: int = LARGEST) -> Iterator[list[str]]:
    """Yield the header and then each row that is not empty; largest: bytes unpacked. Raises Misconfigured."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as file:
                size = sum(part.file_size for part in file.infolist())
            if size > largest:
                raise Misconfigured(f"{path} unpacks to {size >> 20} MiB, at most {largest >> 20}; split it")
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
    except BROKEN as error:
        raise Misconfigured(f"{path} is no spreadsheet that can be read: {type(error).__name__}") from None
    begun = False
    for row in rows:
        cells = [_text(cell) for cell in row]
        filled = sum(bool(cell.strip()) for cell in cells)
        begun = begun or filled >= HEAD_CELLS
        if begun and filled:
            yield cells


def _text(cell: Any) -> str:
    if isinstance(cell, bool) or cell is None:
        return "" if cell is None else str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
