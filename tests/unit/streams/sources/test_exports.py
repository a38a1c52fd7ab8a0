"""Exports of back offices: spreadsheets and usual columns; people's columns are never read, a newer status is newer."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbooks import xlsx

from streams.errors import Misconfigured
from streams.sources.file import sheets
from streams.sources.presets import PRESETS
from streams.sources.rows import File
from streams.sources.workbook import rows_of

CANARY = "canary7391"
ORDER = ["工单编号", "受理时间", "工单标题", "工单内容", "回复时间", "办结时间", "来电人", "联系电话", "被反映人"]


def posts(path: Path, like: str = "hotline", source: str = "hotline", **given: tuple[str, ...]) -> list[dict[str, Any]]:
    pages = [json.loads(sheet.data) for sheet in sheets(File(path), given, source, like=like)]
    assert CANARY not in repr(pages)
    return [post for page in pages for post in page["posts"]]


def order(number: str, replied: str = "", closed: str = "") -> list[str]:
    return [number, "2026-05-01 08:00", "停水", "静宁县停水，回电13912345678", replied, closed, CANARY, CANARY, CANARY]


def test_a_spreadsheet_of_orders_is_read_without_anybody_in_it(tmp_path: Path) -> None:
    rows = [["2026年5月工单"], ORDER, order("620800202605010001"), [None], order("2", "2026-05-02", "2026-05-03 10:00")]
    first, second = posts(xlsx(tmp_path / "a.xlsx", rows))
    assert first["native_id"] == "620800202605010001"
    assert (first["title"], first["kind"]) == ("停水", "order")
    assert first["text"] == "静宁县停水，回电〔电话〕"
    assert "version" not in first
    assert second["version"] == 1_777_773_600_000  # the newest of its times


def test_a_newer_status_has_a_newer_version(tmp_path: Path) -> None:
    found = [
        posts(xlsx(tmp_path / f"{n}.xlsx", [ORDER, order("1", *times)]))[0].get("version", 0)
        for n, times in enumerate([(), ("2026-05-02",), ("2026-05-02", "2026-05-03")])
    ]
    assert found == sorted(set(found))


def test_numbers_and_times_in_cells_are_as_they_read(tmp_path: Path) -> None:
    rows = [["留言编号", "留言时间", "标题", "内容"], [12345, 1777593600, "水", "停水了"]]
    (post,) = posts(xlsx(tmp_path / "a.xlsx", rows), "board", "board")
    assert (post["native_id"], post["posted_at"]) == ("12345", 1_777_593_600_000)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_reads_its_first_columns_from_a_csv_too(tmp_path: Path, name: str) -> None:
    fields = PRESETS[name].fields
    values = {"posted_at": "2026-05-01 08:00:00", "version": "2026-05-02 08:00:00", "likes": "3", "dislikes": "1"}
    head = [names[0] for names in fields.values()]
    path = tmp_path / "a.csv"
    path.write_text(",".join([*head, "姓名"]) + "\n" + ",".join([*(values.get(f, f"{f}7") for f in fields), CANARY]))
    (post,) = posts(path, name, PRESETS[name].source)
    assert (post["native_id"], post["version"]) == ("native_id7", 1_777_680_000_000)


def test_an_export_without_its_own_ids_is_refused_unless_they_are_named(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["号", "受理时间", "工单内容"], ["5", "2026-05-01", "停水了"]])
    with pytest.raises(Misconfigured, match="native_id"):
        posts(path)
    assert posts(path, native_id=("号",))[0]["native_id"] == "5"


def test_an_unknown_preset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="hotline"):
        posts(xlsx(tmp_path / "a.xlsx", [ORDER, order("1")]), "hotlne")


def test_no_column_about_a_person_is_in_a_preset() -> None:
    people = ["caller", "phone", "contact", "reflect", "label", "姓名", "电话", "用户", "来电人", "被反映", "评价"]
    names = [name for one in PRESETS.values() for columns in one.fields.values() for name in columns]
    assert [name for name in names if any(word in name.lower() for word in people)] == []


def test_entities_in_a_spreadsheet_never_expand(tmp_path: Path) -> None:
    doctype = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    path = xlsx(tmp_path / "a.xlsx", [ORDER, order("1")], doctype)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).replace("停水".encode(), b"&f;&a;"))
    try:
        found = posts(tmp_path / "b.xlsx")
    except Misconfigured:
        found = []
    host = Path("/etc/hostname").read_text("utf-8").strip() if Path("/etc/hostname").exists() else "localhost"
    assert "haha" not in repr(found)
    assert host not in repr(found)


def test_a_spreadsheet_that_unpacks_to_too_much_is_not_opened(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [ORDER, *[order(str(n)) for n in range(200)]])
    with pytest.raises(Misconfigured, match="split"):
        next(rows_of(path, largest=10_000))
    assert len(list(rows_of(path))) == 201


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(8, 2500), noise=st.binary(max_size=40), at=st.integers(4, 2500))
def test_a_broken_spreadsheet_is_refused_and_nothing_else(tmp_path: Path, cut: int, noise: bytes, at: int) -> None:
    path = xlsx(tmp_path / "a.xlsx", [ORDER, order("1")])
    data = path.read_bytes()
    path.write_bytes((data[:at] + noise + data[at + len(noise) :])[: cut if cut % 2 else None])
    said = ""
    try:
        posts(path)
    except Misconfigured as error:
        said = str(error)
    assert CANARY not in said
