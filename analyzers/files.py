"""Label a file: CSV or JSONL, gzipped or not, row by row in constant memory, no engines needed.

It and `filerows` are the only modules of the package that read and write files of the user's; they decide nothing.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO, cast

import msgspec

from analyzers.analysis import PAGE, Analysis, Reason, analyze, whys
from analyzers.filerows import TEXT, Form, Row, columns, form_of, reader, rows, whole_gzip
from analyzers.masking import mask
from analyzers.places import Gazetteer

COLUMNS = (
    "sentiment",
    "sentiment_p",
    "uncertain",
    "topic",
    "topic_p",
    "topic2",
    "county",
    "place",
    "intent",
    "urgent",
    "event_key",
    "masked",
)
"""What is written of each text, after the columns that pass through; the text itself is written masked only."""
WHY = "why"
"""Written too where it is asked for: a list of label, term and weight."""
SHOWN = 500
"""Characters of a bad row that are kept, masked."""

Progress = Callable[[int, int], None]
"""Told now and then: bytes read so far, bytes in all."""


class Counts(NamedTuple):
    """Rows read, and what became of them: read = written + rejected."""

    read: int
    written: int
    rejected: int


def analyze_file(
    src: Path,
    dst: Path,
    progress: Progress = lambda _done, _all: None,
    *,
    city: Gazetteer | None = None,
    why: bool = False,
) -> Counts:
    """Label every row of `src` into `dst`; what can't be read goes to `dst`.rejected with line and reason.

    Other columns pass through as they are; one that is called as a label is (`topic`) is written as `in_topic`. `dst`
    is JSONL if its name says so (.jsonl, .ndjson), else CSV, gzipped if it ends in .gz. It appears only when complete,
    and with it a new `dst`.rejected replaces the old one. Raises OSError, and ValueError if `src` can't be read as a
    whole or is `dst`.
    """
    if not src.is_file():
        raise ValueError("it is no regular file")
    if dst.exists() and src.samefile(dst):
        raise ValueError("--in and --out are the same file")
    form = form_of(src)
    kept = dst.with_name(dst.name + ".rejected")
    part, bad = dst.with_name(dst.name + ".part"), dst.with_name(dst.name + ".rejected.part")
    try:
        with whole_gzip():
            counts = _labelled(src, form, _Out(dst, part, bad, city, why=why), progress)
        part.replace(dst)
        if counts.rejected:
            bad.replace(kept)
        else:
            kept.unlink(missing_ok=True)
    finally:
        for left in (part, bad):
            with contextlib.suppress(OSError):
                left.unlink()
    return counts


class _Out(NamedTuple):
    dst: Path
    part: Path
    bad: Path
    city: Gazetteer | None
    why: bool

    @property
    def columns(self) -> tuple[str, ...]:
        return (*COLUMNS, WHY) if self.why else COLUMNS


def _labelled(src: Path, form: Form, out: _Out, progress: Progress) -> Counts:
    size = src.stat().st_size
    read = rejected = 0
    with ExitStack() as stack:
        raw = stack.enter_context(src.open("rb"))
        table = rows(form, stack.enter_context(reader(form, raw)))
        writer = _Writer(stack.enter_context(_open(out.part, out.dst)), out, lambda: _names(src, form))
        refused = stack.enter_context(out.bad.open("w", encoding="utf-8", newline="\n"))
        page: list[Row] = []
        for row in table:
            read += 1
            if row.reason:
                rejected += 1
                refused.write(_refused(row))
                continue
            page.append(row)
            if len(page) == PAGE:
                writer.page(page)
                page = []
                progress(raw.tell(), size)
        writer.page(page)
    progress(size, size)
    return Counts(read, read - rejected, rejected)


def _refused(row: Row) -> str:
    shown = mask(row.raw[:SHOWN].encode("utf-8", "replace").decode("utf-8")).text
    return json.dumps({"line": row.line, "reason": row.reason, "row": shown}, ensure_ascii=False) + "\n"


def _names(src: Path, form: Form) -> list[str]:
    with src.open("rb") as raw, reader(form, raw) as file:
        return columns(form, file)


class _Writer:
    """Writes pages. A CSV needs the names of all columns before the first row: `names` looks for them."""

    def __init__(self, file: TextIO, out: _Out, names: Callable[[], list[str]]) -> None:
        self._file = file
        self._out = out
        self._names = names
        self._csv: csv.DictWriter[str] | None = None
        self._renamed: dict[str, str] = {}
        if not _is_lines(out.dst):
            self._names_first()

    def _names_first(self) -> None:
        passed = [name for name in self._names() if name != TEXT]
        head = [*(self._name(name, passed) for name in passed), *self._out.columns]
        self._csv = csv.DictWriter(self._file, head, lineterminator="\n")
        self._csv.writeheader()

    def _name(self, name: str, beside: Any) -> str:
        """Return what a column that passes through is called: not as a label is, and not as another column."""
        new = name
        while new in self._out.columns or (new != name and new in beside):
            new = f"in_{new}"
        return new

    def page(self, page: list[Row]) -> None:
        """Write the labels of these rows."""
        judged = analyze([row.fields[TEXT] for row in page], self._out.city)
        reasons = whys(judged) if self._out.why else [None] * len(judged)
        for row, found, why in zip(page, judged, reasons, strict=True):
            record = {self._name(k, row.fields): v for k, v in row.fields.items() if k != TEXT}
            record |= labels(found, why)
            if self._csv is None:
                self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
            else:
                self._csv.writerow({k: _flat(v) for k, v in record.items()})


def labels(found: Analysis, why: Sequence[Reason] | None = None) -> dict[str, Any]:
    """Return what is written of one analysis, in the order of `COLUMNS`."""
    out: dict[str, Any] = {name: getattr(found, name) for name in COLUMNS}
    if why is not None:
        out[WHY] = [msgspec.structs.asdict(reason) for reason in why]
    return out


def _flat(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | int | float) or value is None else json.dumps(value, ensure_ascii=False)


def _is_lines(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson"))


@contextlib.contextmanager
def _open(part: Path, dst: Path) -> Iterator[TextIO]:
    """Open the output; what UTF-8 can't write (half a surrogate pair in another column) is written as its escape."""
    with part.open("wb") as raw:
        zipped = dst.name.lower().endswith(".gz")
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw, mode="wb", filename="")) if zipped else raw
        with io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file
