"""Rows of a CSV or JSONL file with a column `text`, whatever its encoding, mark between fields or compression.

The form is told by the content: gzip by its first bytes, JSONL by a brace, else CSV with comma, tab, semicolon or bar;
UTF-8 with or without a mark, UTF-16 with one, else GB18030. A row that can't be used is given with its reason.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO, cast

TEXT = "text"
FIELD_LIMIT = 4_000_000
"""Characters of one line or field; a longer one (or a quote that never ends) is a bad row."""
HEAD = 1 << 18
"""Bytes that tell the form of a file."""
MARKS = ",\t;|"


class Row(NamedTuple):
    """One row of input: its line, its fields, or why it can't be used."""

    line: int
    fields: dict[str, Any]
    reason: str = ""
    raw: str = ""


class Form(NamedTuple):
    """How a file is written. lines: JSONL."""

    zipped: bool
    encoding: str
    lines: bool


def form_of(src: Path) -> Form:
    """Tell the form of a file. Raises OSError, and ValueError if it is a broken gzip file or a JSON array."""
    with src.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        with whole_gzip():
            head = cast("BinaryIO", gzip.GzipFile(fileobj=raw) if zipped else raw).read(HEAD)
    encoding = _encoding(head)
    begins = head.decode(encoding, "replace").lstrip()[:1]
    if begins == "[":
        raise ValueError("it is one JSON array: write it as JSONL, one object a line")
    return Form(zipped, encoding, begins == "{")


@contextmanager
def whole_gzip() -> Iterator[None]:
    """Turn the errors of a broken gzip file into ValueError."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"the gzip file is broken or cut off ({error})") from error


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    decoded = head.decode("utf-8", "replace")
    wrong = decoded.count("\ufffd")
    other = sum(char > "\x7f" for char in decoded)
    if wrong <= 1 or wrong < other / 10:  # some bad bytes in UTF-8, which cost their rows only
        return "utf-8-sig"
    cut = next((head[: len(head) - n] for n in range(4) if _reads(head[: len(head) - n], "gb18030")), None)
    return "utf-8-sig" if cut is None else "gb18030"


def _reads(head: bytes, encoding: str) -> bool:
    try:
        head.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def reader(form: Form, raw: BinaryIO) -> TextIO:
    """Return a file's text; bytes that are no characters come as surrogates."""
    stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if form.zipped else raw
    errors = "surrogateescape" if form.encoding != "utf-16" else "replace"
    return io.TextIOWrapper(stream, encoding=form.encoding, errors=errors, newline="")


class _Lines:
    """Lines of a file of at most FIELD_LIMIT characters; `cut` says that the last one was longer."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(FIELD_LIMIT + 2):
            rest = line
            self.cut = len(line) > FIELD_LIMIT + 1
            while self.cut and rest and not rest.endswith(("\n", "\r")):
                rest = self._file.readline(FIELD_LIMIT)
            yield line


def rows(form: Form, file: TextIO) -> Iterator[Row]:
    """Return all rows. Raises ValueError for a CSV without a column `text`, with the columns that there are."""
    return _json_rows(_Lines(file)) if form.lines else _csv_rows(_Lines(file))


def _json_rows(lines: _Lines) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if lines.cut:
            yield Row(number, {}, "too_large", line[:1000])
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            yield Row(number, {}, "bad_row", line)
            continue
        yield _checked(number, fields, line) if isinstance(fields, dict) else Row(number, {}, "bad_row", line)


def _csv_rows(lines: _Lines) -> Iterator[Row]:
    table, names = _table(lines)
    while True:
        try:
            values = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(table.line_num, {}, "too_large" if "limit" in str(error) else "bad_row", str(error))
            continue
        line, raw = table.line_num, ",".join(values)
        if lines.cut:
            yield Row(line, {}, "too_large", raw[:1000])
        elif not values:
            continue
        elif len(values) != len(names):
            yield Row(line, {}, "bad_row", raw)
        else:
            yield _checked(line, dict(zip(names, values, strict=True)), raw)


def _table(lines: _Lines) -> tuple[Any, list[str]]:
    """Return the csv reader of the rows, and the names of the columns."""
    csv.field_size_limit(FIELD_LIMIT)
    source = iter(lines)
    first = next(source, "")
    table = csv.reader(chain([first], source), delimiter=_mark(first))
    try:
        names = _distinct(next(table, []))
    except csv.Error as error:
        raise ValueError(f"its first row can't be read ({error})") from error
    if TEXT not in names:
        there = ", ".join(names) or "none: the file is empty"
        raise ValueError(f"there is no column {TEXT!r}; the columns are {there[:300]}")
    return table, names


def columns(form: Form, file: TextIO) -> list[str]:
    """Return the names of all columns, in the order of their first appearance; of JSONL all rows are read for it."""
    if not form.lines:
        return _table(_Lines(file))[1]
    return list(dict.fromkeys(name for row in rows(form, file) for name in row.fields))


def _mark(first: str) -> str:
    def has_text(mark: str) -> bool:
        return any(name.strip().lower() == TEXT for name in next(csv.reader([first], delimiter=mark), []))

    return next((mark for mark in MARKS if has_text(mark)), ",")


def _distinct(names: list[str]) -> list[str]:
    """Return the names of columns, the second of a name with a number, ` Text ` as `text` where there is no `text`."""
    out: list[str] = []
    for given in names:
        name, count = given, 1
        if TEXT not in names and given.strip().lower() == TEXT:
            name = TEXT
        while name in out:
            count += 1
            name = f"{given}_{count}"
        out.append(name)
    return out


def _checked(line: int, fields: dict[str, Any], raw: str) -> Row:
    text = fields.get(TEXT)
    if text is None:
        return Row(line, {}, "field_missing", raw)
    if not isinstance(text, str):
        return Row(line, {}, "field_type", raw)
    if _is_broken(raw):
        return Row(line, {}, "bad_encoding", raw)
    return Row(line, fields)


def _is_broken(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
