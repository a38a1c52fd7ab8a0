"""A file in, a labelled file out; bad rows are told apart and the rest goes on."""

from __future__ import annotations

import csv
import gzip
import io
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
    with pytest.raises(ValueError, match="no column 'text'; the columns are id, body"):
        analyze_file(source, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_row_with_too_many_or_too_few_fields_is_bad(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text\n1,a,b\n2\n3,好\n", encoding="utf-8")
    assert analyze_file(source, target) == (3, 1, 2)


def rows_of(path: Path) -> list[dict[str, str]]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))


@pytest.mark.parametrize(
    "written",
    [
        "id,text\n1,静宁县停水\n".encode(),
        "\ufeffid,text\r\n1,静宁县停水\r\n".encode(),
        "id,text\n1,静宁县停水\n".encode("gb18030"),
        "id,text\n1,静宁县停水\n".encode("utf-16"),
        "id\ttext\n1\t静宁县停水\n".encode(),
        "id;text\n1;静宁县停水\n".encode(),
        'id," Text "\n1,"静宁县停水"\n'.encode(),
        '{"id":1,"text":"静宁县停水"}\n'.encode(),
        gzip.compress("id,text\n1,静宁县停水\n".encode("gb18030")),
    ],
    ids=["plain", "windows", "gb18030", "utf-16", "tabs", "semicolons", "spaced", "jsonl", "gzip"],
)
def test_a_file_is_read_however_it_is_written(tmp_path: Path, written: bytes) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.csv.gz"
    source.write_bytes(written)
    assert analyze_file(source, target) == (1, 1, 0)
    (row,) = rows_of(target)
    assert (row["id"], row["county"], row["masked"]) == ("1", "620826", "静宁县停水")


def test_no_column_is_lost_whatever_it_is_called(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("topic,in_topic,label,label,text,\n甲,乙,丙,丁,停水,戊\n", encoding="utf-8")
    analyze_file(source, target)
    (row,) = rows_of(target)
    passed = {name: value for name, value in row.items() if name not in COLUMNS}
    assert passed == {"in_in_topic": "甲", "in_topic": "乙", "label": "丙", "label_2": "丁", "": "戊"}
    assert "text" not in row


def test_a_csv_of_jsonl_has_the_columns_of_all_rows(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.csv"
    source.write_text('{"text":"停水","a":1}\n' * 600 + '{"text":"停电","b":[1,true]}\n', encoding="utf-8")
    analyze_file(source, target)
    found = rows_of(target)
    assert (found[0]["a"], found[0]["b"]) == ("1", "")
    assert (found[-1]["a"], found[-1]["b"]) == ("", "[1, true]")


def test_quoted_lines_stay_in_one_row_and_their_order(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_text('id,text\n1,"停水,\n三天\r\n了"\n2,"他说""好"""\n3,\n', encoding="utf-8", newline="")
    assert analyze_file(source, target) == (3, 3, 0)
    found = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in found] == ["1", "2", "3"]
    assert "三天" in found[0]["masked"]


def test_a_line_or_field_without_end_costs_itself_only(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"id,text\n1,停水\n2,{'长' * 5_000_000}\n3,停电\n", encoding="utf-8")
    assert analyze_file(source, target) == (3, 2, 1)
    assert [row["id"] for row in rows_of(target)] == ["1", "3"]
    long, deep = "长" * 5_000_000, '{"a":' * 99_000
    source.write_text(f'{{"text":"a"}}\n{{"text":"{long}"}}\n{deep}\n{{"text":"b"}}\n', encoding="utf-8")
    assert analyze_file(source, target) == (4, 2, 2)
    refused = (tmp_path / "out.csv.rejected").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["reason"] for line in refused] == ["too_large", "bad_row"]


def test_half_a_character_in_another_column_stops_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id":"\\ud83d","text":"停水\\ud83d"}\n', encoding="utf-8")
    assert analyze_file(source, target) == (1, 1, 0)
    assert json.loads(target.read_text(encoding="utf-8"))["id"] == "\ud83d"


@pytest.mark.parametrize(
    ("name", "written", "says"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", "标题,内容\n".encode("gb18030"), "columns are 标题, 内容"),
        ("a.json", b'[{"text":"a"}]', "JSONL"),
        ("a.csv.gz", gzip.compress(b"text\n" + b"a\n" * 90_000)[:-9], "broken or cut off"),
    ],
)
def test_a_file_that_can_not_be_read_leaves_what_was_there(
    tmp_path: Path, name: str, written: bytes, says: str
) -> None:
    source, target = tmp_path / name, tmp_path / "out.csv"
    source.write_bytes(written)
    target.write_text("before", encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        analyze_file(source, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "out.csv"])
    assert target.read_text(encoding="utf-8") == "before"


def test_a_file_is_never_written_over_itself(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("text\n停水\n", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(source)
    with pytest.raises(ValueError, match="the same file"):
        analyze_file(source, tmp_path / "link.csv")
    assert source.read_text(encoding="utf-8") == "text\n停水\n"


def test_a_header_alone_gives_a_header_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text\n", encoding="utf-8")
    assert analyze_file(source, target) == (0, 0, 0)
    assert target.read_text(encoding="utf-8") == ",".join(("id", *COLUMNS)) + "\n"


def test_why_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text,why\n静宁县停水,因为\n", encoding="utf-8")
    analyze_file(source, target, why=True)
    (row,) = rows_of(target)
    assert row["in_why"] == "因为"
    assert {"label": "静宁县", "term": "静宁县", "weight": 1.0} in json.loads(row["why"])
