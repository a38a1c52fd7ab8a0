"""Rows of a file, one by one: CSV, JSONL or a spreadsheet, gzip or not, UTF-8 or GBK, whatever is broken in them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from streams.errors import Misconfigured
from streams.records import BadItem
from streams.sources.workbook import is_workbook, rows_of

SAMPLE = 65_536
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one line; a longer one is cut there, and its row is refused."""
LONGEST_FIELD = 8 * 1024 * 1024


class Row(msgspec.Struct, frozen=True):
    """A row by column name, or why it could not be read; `number` counts rows from 1, `read` bytes of the file."""

    number: int
    values: dict[str, Any]
    problem: tuple[str, str] | None
    read: int


class File:
    """A file of rows. `digest` is of its content: what a replay remembers it by, whatever it is called."""

    def __init__(self, path: Path, encoding: str = "") -> None:
        """Look at the file: its size, digest, packing, encoding and form. Raises Misconfigured if it can't be read."""
        self.path = path
        self.problem = ""
        self.unread: tuple[str, ...] = ()  # columns that nothing is made of, once the first row is read
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                self.digest = hashlib.file_digest(file, "sha256").hexdigest()[:24]
                file.seek(0)
                head = file.read(8)
            self.packed, self.workbook = head.startswith(b"\x1f\x8b"), is_workbook(head)
            sample = b"" if self.workbook else self._sample()
        except OSError as error:
            raise Misconfigured(f"{path} can't be read: {error.strerror or error}") from error
        if sample[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise Misconfigured(f"{path} is UTF-16; save it as UTF-8 (in a spreadsheet: CSV UTF-8)")
        self.encoding = encoding or encoding_of(sample)
        stem = path.name.removesuffix(".gz").lower()
        self.json = stem.endswith((".jsonl", ".ndjson", ".json")) or sample.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{"

    def _open(self) -> tuple[IO[bytes], IO[bytes]]:
        raw = self.path.open("rb")
        return raw, cast("IO[bytes]", gzip.open(raw)) if self.packed else raw

    def _sample(self) -> bytes:
        raw, file = self._open()
        with raw, file:
            try:
                return file.read(SAMPLE)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise Misconfigured(f"{self.path} is a broken gzip file: {error}") from error

    def rows(self) -> Iterator[Row]:
        """Yield every row from the first one; if the file breaks off, `problem` says so after the last whole row."""
        if self.workbook:
            yield from self._sheet()
            return
        raw, file = self._open()
        with raw, file:
            yield from self._json(file, raw) if self.json else self._csv(file, raw)

    def _lines(self, file: IO[bytes]) -> Iterator[str]:
        first = True
        while True:
            try:
                line = file.readline(LONGEST_LINE)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                self.problem = f"the gzip file breaks off: {error}"
                return
            if not line:
                return
            text = line.decode(self.encoding, "surrogateescape")
            yield text.removeprefix("\ufeff") if first else text
            first = False

    def _json(self, file: IO[bytes], raw: IO[bytes]) -> Iterator[Row]:
        for number, line in enumerate(self._lines(file), 1):
            problem: tuple[str, str] | None = None
            values: Any = None
            if not line.strip():
                continue
            if broken(line):
                problem = ("bad_encoding", f"not valid {self.encoding}")
            else:
                try:
                    values = msgspec.json.decode(line)
                except (msgspec.MsgspecError, ValueError, RecursionError):
                    values = None
                if not isinstance(values, dict):
                    problem = ("bad_row", "not a JSON object")
            yield Row(number, values if problem is None else {}, problem, raw.tell())

    def _csv(self, file: IO[bytes], raw: IO[bytes]) -> Iterator[Row]:
        csv.field_size_limit(LONGEST_FIELD)
        reader = csv.reader(self._lines(file))
        try:
            header = [name.strip() for name in next(reader, [])]
        except csv.Error as error:
            raise Misconfigured(f"{self.path} has no header that can be read: {error}") from error
        number = 0
        while True:
            problem: tuple[str, str] | None = None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells, problem = [], ("bad_row", "a field of more than 8 MB, or a broken quote")
            if not cells and problem is None:
                continue
            number += 1
            if problem is None and len(cells) != len(header):
                problem = ("bad_row", f"{len(cells)} columns, the header has {len(header)}")
            elif problem is None and any(broken(cell) for cell in cells):
                problem = ("bad_encoding", f"not valid {self.encoding}")
            values = dict(zip(header, cells, strict=True)) if problem is None else {}
            yield Row(number, values, problem, raw.tell())

    def _sheet(self) -> Iterator[Row]:
        rows = rows_of(self.path)
        header = [name.strip() for name in next(rows, [])]
        for number, cells in enumerate(rows, 1):
            values: dict[str, Any] = {}
            for name, cell in zip(header, cells, strict=True):
                values.setdefault(name, cell)
            yield Row(number, values, None, self.size)

    def ref(self, number: int) -> str:
        """Return how a dead letter names a row of this file."""
        return f"{self.digest}:{number}"

    def bad(self, row: Row) -> BadItem:
        """Return a row that could not be read as an item of a page."""
        reason, detail = row.problem or ("bad_row", "")
        return BadItem(ref=self.ref(row.number), reason=reason, detail=detail)


def broken(text: str) -> bool:
    """Say whether a text holds bytes that its encoding has not, or half characters."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def encoding_of(sample: bytes) -> str:
    """Return what a file's beginning is written in: utf-8, or gb18030 if most lines can only be that.

    Counted by lines, so that a broken row does not turn a UTF-8 file into a GBK one.
    """
    lines = [line for line in sample.splitlines()[: None if len(sample) < SAMPLE else -1] if not line.isascii()]
    good = {code: sum(_decodes(line, code) for line in lines) for code in ("utf-8", "gb18030")}
    return "gb18030" if good["gb18030"] > good["utf-8"] and good["utf-8"] < len(lines) / 2 else "utf-8"


def _decodes(line: bytes, code: str) -> bool:
    try:
        line.decode(code)
    except UnicodeDecodeError:
        return False
    return True
