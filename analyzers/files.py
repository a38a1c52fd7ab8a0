"""Label a file: CSV or JSONL, gzipped or not, row by row in constant memory, no engines needed.

The only module of the package that reads and writes files of the user's; it decides nothing.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from analyzers.analysis import PAGE, Analysis, analyze
from analyzers.masking import mask
from analyzers.places import Gazetteer

TEXT = "text"
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
FIELD_LIMIT = 4_000_000
"""Characters of one field; a longer one (or a quote that never ends) is a bad row."""
SHOWN = 500
"""Characters of a bad row that are kept, masked."""

Progress = Callable[[int, int], None]
"""Told now and then: bytes read so far, bytes in all."""


class Counts(NamedTuple):
    """Rows read, and what became of them: read = written + rejected."""

    read: int
    written: int
    rejected: int


class Row(NamedTuple):
    """One row of input: its line, its fields, or why it can't be used."""

    line: int
    fields: dict[str, Any]
    reason: str = ""
    raw: str = ""


def analyze_file(
    src: Path, dst: Path, progress: Progress = lambda _done, _all: None, *, city: Gazetteer | None = None
) -> Counts:
    """Label every row of `src` into `dst`; what can't be read goes to `dst`.rejected with line and reason.

    The form is told by the names: .jsonl (or .ndjson) or CSV, with .gz if gzipped. `dst` appears only when complete;
    a `dst`.rejected of an earlier run is replaced or removed. Raises OSError, and ValueError if `src` is a CSV
    without a column `text`.
    """
    size = src.stat().st_size
    part, refused = dst.with_name(dst.name + ".part"), dst.with_name(dst.name + ".rejected")
    read = written = rejected = 0
    with ExitStack() as stack:
        raw = stack.enter_context(src.open("rb"))
        rows = _rows(src, stack.enter_context(_reader(src, raw)))
        out = _Writer(stack.enter_context(_writer(part, dst)), lines=_is_lines(dst), city=city)
        bad = stack.enter_context(refused.open("w", encoding="utf-8", newline="\n"))
        page: list[Row] = []
        for row in rows:
            read += 1
            if row.reason:
                rejected += 1
                shown = mask(row.raw[:SHOWN]).text
                bad.write(json.dumps({"line": row.line, "reason": row.reason, "row": shown}, ensure_ascii=False) + "\n")
                continue
            page.append(row)
            if len(page) == PAGE:
                written += out.page(page)
                page = []
                progress(raw.tell(), size)
        written += out.page(page)
        out.finish()
    part.replace(dst)
    if not rejected:
        refused.unlink()
    progress(size, size)
    return Counts(read, written, rejected)


class _Writer:
    def __init__(self, file: TextIO, *, lines: bool, city: Gazetteer | None) -> None:
        self._file = file
        self._lines = lines
        self._city = city
        self._csv: csv.DictWriter[str] | None = None

    def page(self, rows: list[Row]) -> int:
        """Write the labels of these rows; return how many."""
        for row, found in zip(rows, analyze([row.fields[TEXT] for row in rows], self._city), strict=True):
            record = {(f"in_{k}" if k in COLUMNS else k): v for k, v in row.fields.items() if k != TEXT}
            record |= labels(found)
            if self._lines:
                self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
                continue
            if self._csv is None:
                self._csv = csv.DictWriter(self._file, list(record), lineterminator="\n", extrasaction="ignore")
                self._csv.writeheader()
            self._csv.writerow({k: _flat(v) for k, v in record.items()})
        return len(rows)

    def finish(self) -> None:
        """Write at least the names of the columns."""
        if not self._lines and self._csv is None:
            csv.writer(self._file, lineterminator="\n").writerow(COLUMNS)


def labels(found: Analysis) -> dict[str, Any]:
    """Return what is written of one analysis, in the order of `COLUMNS`."""
    return {name: getattr(found, name) for name in COLUMNS}


def _flat(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | int | float) or value is None else json.dumps(value, ensure_ascii=False)


def _is_lines(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson"))


def _reader(src: Path, raw: Any) -> TextIO:
    stream = gzip.GzipFile(fileobj=raw) if src.suffix == ".gz" else raw
    return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _writer(part: Path, dst: Path) -> TextIO:
    if dst.suffix == ".gz":
        return gzip.open(part, "wt", encoding="utf-8", newline="")
    return part.open("w", encoding="utf-8", newline="")


def _rows(src: Path, file: TextIO) -> Iterator[Row]:
    return _json_rows(file) if _is_lines(src) else _csv_rows(src, file)


def _json_rows(file: TextIO) -> Iterator[Row]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError:
            yield Row(number, {}, "bad_row", _plain(line))
            continue
        yield _checked(number, fields, line) if isinstance(fields, dict) else Row(number, {}, "bad_row", _plain(line))


def _csv_rows(src: Path, file: TextIO) -> Iterator[Row]:
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(file)
    names = next(reader, None)
    if names is None or TEXT not in names:
        raise ValueError(f"{src.name} has no column {TEXT!r}")
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(reader.line_num, {}, "too_large" if "limit" in str(error) else "bad_row", str(error))
            continue
        if not values:
            continue
        if len(values) != len(names):
            yield Row(reader.line_num, {}, "bad_row", _plain(",".join(values)))
            continue
        yield _checked(reader.line_num, dict(zip(names, values, strict=True)), ",".join(values))


def _checked(line: int, fields: dict[str, Any], raw: str) -> Row:
    text = fields.get(TEXT)
    if text is None:
        return Row(line, {}, "field_missing", _plain(raw))
    if not isinstance(text, str):
        return Row(line, {}, "field_type", _plain(raw))
    if _is_broken(raw):
        return Row(line, {}, "bad_encoding", _plain(raw))
    return Row(line, fields)


def _is_broken(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
