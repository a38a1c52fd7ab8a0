"""Score a file of counts: `timestamp,value` in, the same rows and `anomaly_score` out, row by row in constant memory.

Times are read as everywhere in Huiying (`streams.sources.times`): ISO, dates with slashes or in Chinese, RFC 2822, or
seconds or milliseconds since 1970; without a zone Beijing time. Rows are judged in the order of the file, as sorting
would be looking ahead: a row that is earlier than one above it is judged as if it came at the same time as that one. A
row that is missing is unknown and not zero, and so is an empty value, whose score is 0.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from alerts.burst import Detector
from streams.errors import Misconfigured, Rejected
from streams.sources.times import parse_time

SCORE = "anomaly_score"
TIMES = ("timestamp", "time", "date", "datetime", "at", "时间", "日期")
VALUES = ("value", "count", "n", "数量", "条数")
UNKNOWN = ("", "nan", "null", "none", "na", "n/a", "-")
HUGE = 1e15


def burst_file(source: Path, out: Path, detector: Detector | None = None) -> int:
    """Write `source` with scores to `out`, gzipped if it ends in .gz, and return how many rows there are.

    `out` appears only when it is complete. Raises Misconfigured with the line of what can't be read.
    """
    if not source.is_file():
        raise Misconfigured(f"{source}: it is no regular file")
    if out.exists() and source.samefile(out):
        raise Misconfigured("--in and --out are the same file")
    part = out.with_name(out.name + ".part")
    rows = 0
    try:
        with _reading(source) as lines, _writing(part, zipped=out.suffix == ".gz") as file:
            writer = csv.writer(file, lineterminator="\n")
            for row in scored(lines, detector or Detector()):
                writer.writerow(row)
                rows += 1
        part.replace(out)
    except Misconfigured as error:
        raise Misconfigured(f"{source}: {error}") from error
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, csv.Error) as error:
        raise Misconfigured(f"{source}: it is no whole CSV file in UTF-8 ({error}); write it again as one") from error
    except OSError as error:
        raise Misconfigured(f"{error.filename or source}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return rows - 1


def scored(lines: Iterable[str], detector: Detector) -> Iterator[list[str]]:
    """Yield the header and then each row with its score; raises Misconfigured with the line of what can't be read."""
    reader = csv.reader(lines)
    names = next(reader, None)
    if names is None:
        raise Misconfigured("it is empty; its first line must name the columns timestamp and value")
    when, value = _column(names, TIMES), _column(names, VALUES)
    if SCORE in names:
        raise Misconfigured(f"it has a column {SCORE} already; remove it")
    yield [*names, SCORE]
    for row in reader:
        if not row:
            continue
        if len(row) != len(names):
            raise Misconfigured(f"line {reader.line_num}: {len(row)} fields where the header has {len(names)}")
        try:
            at = parse_time(row[when])
        except Rejected as error:
            raise Misconfigured(f"line {reader.line_num}: {row[when]!r} is no time such as 2026-05-01 08:00") from error
        count = _number(row[value], reader.line_num)
        score = 0.0 if count is None else detector.step(at, count).score
        yield [*row, f"{score:.6f}"]


def _column(names: Sequence[str], known: Sequence[str]) -> int:
    plain = [name.strip().lower() for name in names]
    for name in known:
        if name in plain:
            return plain.index(name)
    raise Misconfigured(f"it has no column {known[0]}; its first line must name the columns timestamp and value")


def _number(text: str, line: int) -> float | None:
    if text.strip().lower() in UNKNOWN:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not abs(found) <= HUGE:
        raise Misconfigured(f"line {line}: {text!r} is no number up to {HUGE:.0e}; write a count, or nothing")
    return found


@contextmanager
def _reading(source: Path) -> Iterator[TextIO]:
    with source.open("rb") as raw:
        zipped = raw.peek(2)[:2] == b"\x1f\x8b"
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if zipped else raw
        with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as file:
            yield file


@contextmanager
def _writing(part: Path, *, zipped: bool) -> Iterator[TextIO]:
    with part.open("wb") as raw:
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0)) if zipped else raw
        with io.TextIOWrapper(stream, encoding="utf-8", newline="") as file:
            yield file
        if zipped:
            stream.close()
