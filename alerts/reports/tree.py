"""One content tree of a report: data that is stored, compared and rendered to HTML, DOCX and PDF.

Everything a reader sees is in the tree as it is shown, small counts already suppressed: no renderer counts anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from streams.records import digest

DRAFT = "待审签"
"""The mark of what no named person has signed yet; every report of ours is one."""

Cell = str | int | float


class Source(Struct, frozen=True, kw_only=True):
    """Where figures came from: an index, a query, and a window of event time [window_from, window_to), ms UTC."""

    name: str
    title: str
    index: str
    window_from: int
    window_to: int
    query: dict[str, Any]


class Figure(Struct, frozen=True, kw_only=True):
    """One number with its label.

    name: stable key; value: the number, None where it is suppressed or unknown; shown: what people read in its place,
    such as `<5`; unit: 条, 件, 分钟; change: words on the day before; source: the name of a `Source`.
    """

    name: str
    label: str
    value: float | int | None
    shown: str
    unit: str
    change: str = ""
    source: str = ""


class Figures(Struct, frozen=True, kw_only=True, tag="figures"):
    """A row of figures that are read together."""

    items: tuple[Figure, ...]


class Paragraph(Struct, frozen=True, kw_only=True, tag="paragraph"):
    """Running text."""

    text: str


class Note(Struct, frozen=True, kw_only=True, tag="note"):
    """A remark on how to read what stands above; `warn` for what a reader must not overlook."""

    text: str
    warn: bool = False


class Column(Struct, frozen=True, kw_only=True):
    """A column: its title, whether it holds numbers, and its share of the width."""

    title: str
    number: bool = False
    width: float = 1.0


class Table(Struct, frozen=True, kw_only=True, tag="table"):
    """A table; `strong` are the indices of rows that stand out; the first `keys` columns say what a row is about."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    strong: tuple[int, ...] = ()
    keys: int = 1
    source: str = ""


class Chart(Struct, frozen=True, kw_only=True, tag="chart"):
    """A Vega-Lite chart; `alt` says in words what it shows."""

    name: str
    caption: str
    spec: dict[str, Any]
    alt: str
    source: str = ""


Block = Paragraph | Figures | Note | Table | Chart


class Section(Struct, frozen=True, kw_only=True):
    """A numbered part of a report."""

    title: str
    blocks: tuple[Block, ...]


class Report(Struct, frozen=True, kw_only=True):
    """A report as data.

    kind: a key of `alerts.reports.kinds.KINDS`; period: as `2026-11-22`; made_at: ms UTC; version: 1 for the first,
    higher for one that replaces an earlier one, whose differences `changes` lists; mark: `DRAFT`, or a signer's mark.
    letterhead, opening, closing, signature: a department's own words around the figures (`alerts.reports.template`).
    """

    kind: str
    period: str
    title: str
    subtitle: str
    unit: str
    window_from: int
    window_to: int
    made_at: int
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    summary: str = ""
    mark: str = DRAFT
    version: int = 1
    changes: tuple[str, ...] = ()
    letterhead: str = ""
    opening: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The report's id, from kind and period: making it twice is making it once."""
        return report_id(self.kind, self.period)

    def blocks(self) -> Iterator[Block]:
        """Yield every block in reading order."""
        for section in self.sections:
            yield from section.blocks

    def figures(self) -> Iterator[Figure]:
        """Yield every figure in reading order."""
        for block in self.blocks():
            if isinstance(block, Figures):
                yield from block.items


def report_id(kind: str, period: str) -> str:
    """Return the id of a report, 24 hex characters."""
    return digest("report", kind, period)


def content(report: Report) -> str:
    """Return a digest of what the report says, without when it was made and what it replaced."""
    # once through plain values, as a stored report has been, so that a width of 2 and of 2.0 are the same
    plain = decode(encode(msgspec.structs.replace(report, made_at=0, version=0, changes=())))
    return digest("report-content", msgspec.json.encode(plain, order="deterministic").decode())


def encode(report: Report) -> dict[str, Any]:
    """Return the tree as plain JSON values."""
    built: dict[str, Any] = msgspec.to_builtins(report)
    return built


def decode(data: Any) -> Report:
    """Return the tree from plain JSON values; raises msgspec.ValidationError on anything else."""
    return msgspec.convert(data, Report)


def cell_text(cell: Cell) -> str:
    """Return a cell as people read it: whole numbers plain, others with one decimal."""
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


Form = Literal["html", "docx", "pdf", "xlsx"]
