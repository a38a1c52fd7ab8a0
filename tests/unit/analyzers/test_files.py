"""A file in, a labelled file out; bad rows are told apart and the rest goes on."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

from analyzers.files import COLUMNS, analyze_file


def test_a_csv_keeps_its_other_columns_and_never_the_raw_text(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text,topic\n1,电话13800138000停水,旧\n2,,旧\n", encoding="utf-8")
    counts = analyze_file(source, target)
    rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
    assert counts == (2, 2, 0)
    assert [row["id"] for row in rows] == ["1", "2"]
    assert rows[0]["in_topic"] == "旧"
    assert set(COLUMNS) <= set(rows[0])
    assert "13800138000" not in target.read_text(encoding="utf-8")
    assert not (tmp_path / "out.csv.rejected").exists()


def test_bad_rows_go_to_a_file_of_their_own_with_reasons(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl.gz", tmp_path / "out.jsonl"
    lines = [b'{"text":"a"}', b"{no", b'{"id":1}', b'{"text":5}', b'{"text":"\xff"}', b"", b'{"text":"b"}']
    source.write_bytes(gzip.compress(b"\n".join(lines)))
    assert analyze_file(source, target) == (6, 2, 4)
    refused = (tmp_path / "out.jsonl.rejected").read_text(encoding="utf-8").splitlines()
    reasons = [(row["line"], row["reason"]) for row in map(json.loads, refused)]
    assert reasons == [(2, "bad_row"), (3, "field_missing"), (4, "field_type"), (5, "bad_encoding")]


def test_a_csv_without_the_column_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,body\n1,x\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no column 'text'"):
        analyze_file(source, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_row_with_too_many_or_too_few_fields_is_bad(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text\n1,a,b\n2\n3,好\n", encoding="utf-8")
    assert analyze_file(source, target) == (3, 1, 2)
