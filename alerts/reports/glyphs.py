"""Which characters our fonts can print; all others become 〓, the printers' mark for a missing glyph.

Without this a single emoji in a title would stop a PDF: PDF/A allows no character without a glyph.
"""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn

from alerts.reports.tree import Report, decode, encode

MISSING = "〓"
SILENT = {"Cc", "Cf", "Cs", "Mn", "Me", "Co", "Cn"}
"""Kinds of characters that are dropped rather than marked: they show nothing by themselves."""


@lru_cache(maxsize=1)
def covered() -> frozenset[int]:
    """Return the code points that both fonts have."""
    serif, sans = pylopdf_fonts_zh_cn.serif_path(), pylopdf_fonts_zh_cn.sans_path()
    return frozenset(_code_points(Path(serif)) & _code_points(Path(sans)))


def printable(text: str) -> str:
    """Return a text of which every character has a glyph; runs of missing ones become one 〓."""
    have = covered()
    out: list[str] = []
    for character in text:
        if ord(character) in have:
            out.append(character)
        elif character in "\n\t":
            out.append(" ")
        elif unicodedata.category(character) not in SILENT and out[-1:] != [MISSING]:
            out.append(MISSING)
    return "".join(out)


def printable_report(report: Report) -> Report:
    """Return the report with every text printable."""
    return decode(_mapped(encode(report)))


def _mapped(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: _mapped(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(inner) for inner in value]
    return value


def _code_points(font: Path) -> set[int]:
    """Read the `cmap` table of an OpenType font, format 12 (segmented coverage of all planes)."""
    data = font.read_bytes()
    tables = {
        data[place : place + 4]: struct.unpack(">II", data[place + 8 : place + 16])
        for place in range(12, 12 + 16 * struct.unpack(">H", data[4:6])[0], 16)
    }
    start = tables[b"cmap"][0]
    count = struct.unpack(">H", data[start + 2 : start + 4])[0]
    for record in range(count):
        offset = struct.unpack(">I", data[start + 8 + 8 * record : start + 12 + 8 * record])[0]
        table = start + offset
        if struct.unpack(">H", data[table : table + 2])[0] == 12:
            groups = struct.unpack(">I", data[table + 12 : table + 16])[0]
            points: set[int] = set()
            for first, last, _ in struct.iter_unpack(">III", data[table + 16 : table + 16 + 12 * groups]):
                points.update(range(first, last + 1))
            return points
    msg = f"{font.name} has no cmap of format 12"
    raise ValueError(msg)
