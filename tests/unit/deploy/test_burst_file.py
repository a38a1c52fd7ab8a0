"""Scoring a file of counts: liberal in what it reads, one clear line for what it can't, and all or nothing."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from deploy.burst_file import burst_file
from streams.errors import Misconfigured

ROWS = "timestamp,value\n2026-05-01 08:00:00,3\n2026-05-01 08:05:00,4\n"


def written(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))


def test_rows_come_back_as_they_were_with_a_score(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("timestamp,note,value\n2026-05-01 08:00,a,3\n2026-05-01 08:05,b,4\n", encoding="utf-8")
    assert burst_file(source, out) == 2
    assert [row["note"] for row in written(out)] == ["a", "b"]
    assert all(0 <= float(row["anomaly_score"]) <= 1 for row in written(out))


def test_gzip_is_read_and_written(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv.gz", tmp_path / "out.csv.gz"
    source.write_bytes(gzip.compress(ROWS.encode()))
    assert burst_file(source, out) == 2
    assert gzip.decompress(out.read_bytes()).decode().startswith("timestamp,value,anomaly_score\n")


@pytest.mark.parametrize(
    "times",
    [
        ("2026-05-01T08:00:00Z", "2026-05-01T08:05:00Z"),
        ("2026/5/1 8:00", "2026/5/1 9:00"),
        ("1777593600", "1777593900"),
        ("1777593600000", "1777593900000"),
        ("2026-05-01", "2026-05-02"),
        ("2026-05-01 08:05:00.000000", "2026-05-01 08:00:00.000000"),
        ("2026-05-01 08:00", "2026-05-01 08:00"),
    ],
)
def test_times_may_have_many_forms_steps_and_orders(tmp_path: Path, times: tuple[str, str]) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"\ufeffTime,Count\r\n{times[0]},3\r\n{times[1]},4.5\r\n", encoding="utf-8")
    assert burst_file(source, out) == 2
    assert [row["Count"] for row in written(out)] == ["3", "4.5"]


def test_an_empty_value_is_unknown_and_not_zero(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(ROWS + "2026-05-01 08:10:00,\n", encoding="utf-8")
    assert burst_file(source, out) == 3
    assert written(out)[-1]["anomaly_score"] == "0.000000"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "it is empty"),
        ("a,b\n1,2\n", "no column timestamp"),
        ("timestamp,b\n1,2\n", "no column value"),
        (ROWS + "soon,3\n", "line 4: 'soon' is no time"),
        (ROWS + "2026-05-01 08:10:00,many\n", "line 4: 'many' is no number"),
        (ROWS + "2026-05-01 08:10:00,inf\n", "line 4: 'inf' is no number"),
        (ROWS + "2026-05-01 08:10:00\n", "line 4: 1 fields where the header has 2"),
        ("timestamp,value,anomaly_score\n", "has a column anomaly_score already"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line_and_leaves_the_old_file(tmp_path: Path, content: str, says: str) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(content, encoding="utf-8")
    out.write_text("old", encoding="utf-8")
    with pytest.raises(Misconfigured, match=says) as error:
        burst_file(source, out)
    assert "\n" not in str(error.value)
    assert out.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00timestamp", gzip.compress(ROWS.encode(), mtime=0)[:-9]])
def test_what_is_no_whole_text_is_refused(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    with pytest.raises(Misconfigured, match="no whole CSV file"):
        burst_file(source, tmp_path / "out.csv")


def test_a_file_is_never_written_over_itself(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(ROWS, encoding="utf-8")
    with pytest.raises(Misconfigured, match="same file"):
        burst_file(source, source)
