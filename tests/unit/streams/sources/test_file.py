"""Files of rows: columns are recognised or mapped, broken rows are items with a reason, texts are masked."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.codec import decode_page
from streams.errors import Misconfigured
from streams.records import PAGE_BYTES, PAGE_POSTS, BadItem, Post
from streams.sources.file import Sheet, columns_from, item_of, mapped_columns, sheets
from streams.sources.rows import File, encoding_of

HEAD = "id,posted_at,title,body\n"
ROW = "1,2024-05-01 08:00:00,停水,静宁县停水了\n"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def items(
    path: Path, source: str = "portal", columns: dict[str, tuple[str, ...]] | None = None
) -> list[Post | BadItem]:
    file = File(path)
    rows = list(file.rows())
    names = next(list(row.values) for row in rows if not row.problem)
    found = mapped_columns(columns or {}, names, fixed=not file.json)
    return [item_of(file, row, found, source) for row in rows]


def pages(path: Path, **options: Any) -> list[Sheet]:
    return list(sheets(File(path), {}, "portal", **options))


def reasons(path: Path) -> list[str]:
    return [item.reason if isinstance(item, BadItem) else "" for item in items(path)]


def test_an_export_is_recognised(tmp_path: Path) -> None:
    (post,) = items(write(tmp_path / "a.csv", HEAD + ROW))
    assert post == Post(
        source="portal", native_id="1", posted_at=1_714_521_600_000, text="静宁县停水了", title="停水", kind="message"
    )


def test_chinese_headings_are_recognised(tmp_path: Path) -> None:
    (post,) = items(write(tmp_path / "a.csv", "编号,时间,标题,正文,点赞数\n7,2024年5月1日 8时0分,水,停水了,12\n"))
    assert isinstance(post, Post)
    assert (post.native_id, post.posted_at, post.likes) == ("7", 1_714_521_600_000, 12)


def test_columns_can_be_named_and_joined(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "何时,甲,乙\n2024-05-01,停水,三天了\n")
    (post,) = items(path, columns=columns_from("posted_at=何时,text=甲+乙"))
    assert isinstance(post, Post)
    assert post.text == "停水\n三天了"


@pytest.mark.parametrize(("text", "words"), [("when=x", "no field"), ("text", "OURS=THEIRS"), ("textt=x", "mean text")])
def test_a_wrong_map_is_refused_with_a_hint(text: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        columns_from(text)


def test_a_file_without_a_time_says_which_columns_it_has(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"posted_at=COLUMN.*foo"):
        pages(write(tmp_path / "a.csv", "foo,body\n1,2\n"))


def test_jsonl_is_read_with_or_without_gzip(tmp_path: Path) -> None:
    lines = "".join(
        json.dumps(row, ensure_ascii=False) + "\n"
        for row in (
            {"id": 2**60 + 1, "created_at": 1_714_521_600, "content": "停水", "user": {"name": "某人"}},
            {"id": 2, "created_at": "2024-05-01T00:00:00Z", "content": "没电", "likes": 3},
        )
    )
    plain = write(tmp_path / "a.jsonl", lines)
    packed = write(tmp_path / "b.jsonl.gz", gzip.compress(lines.encode()))
    assert items(plain, "weibo") == items(packed, "weibo")
    first, second = items(plain, "weibo")
    assert isinstance(first, Post)
    assert isinstance(second, Post)
    assert (first.native_id, first.posted_at, first.kind) == (str(2**60 + 1), second.posted_at, "post")
    assert second.likes == 3


def test_what_is_not_listed_is_never_read(tmp_path: Path) -> None:
    canary = "canary7Q"
    path = write(
        tmp_path / "a.csv",
        f"id,posted_at,body,user,phone,openid,ip,address\n1,2024-05-01,停水{',' + canary}{(',' + canary) * 4}\n",
    )
    (sheet,) = pages(path)
    assert canary.encode() not in sheet.data
    assert sheet.posts == 1


def test_which_columns_were_not_read_is_told(tmp_path: Path) -> None:
    head = "id,posted_at,title,body,reply,昵称\n"
    file = File(write(tmp_path / "a.csv", f"{head}1,2024-05-01 08:00:00,停水,停了,好的,某人\n"))
    assert len(list(sheets(file, {}, "portal"))) == 1
    assert file.unread == ("reply", "昵称")


def test_texts_are_masked_before_they_leave(tmp_path: Path) -> None:
    (sheet,) = pages(write(tmp_path / "a.csv", HEAD + "1,2024-05-01,请打13812345678,电话是13812345678\n"))
    assert b"13812345678" not in sheet.data


def test_broken_rows_are_items_with_their_reason_and_place(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        (
            HEAD + ROW + "2,不是时间,a,b\n3,,a,b\n4,2024-05-01,,\nshort\n5,2024-05-01,a,b,c,d\n"
            f"6,2024-05-01,a,{'长' * 100_001}\n7,2024-05-01,a,"
        ).encode()
        + b"\xff\xfe\n8,2024-05-01,a,b\n",
    )
    assert reasons(path) == ["", "bad_time", "bad_time", "empty", "bad_row", "bad_row", "too_large", "bad_encoding", ""]
    (sheet,) = pages(path)
    assert (sheet.posts, sheet.bad, sheet.row) == (2, 7, 9)
    digest = File(path).digest
    found = decode_page(sheet.data, now_ms=1_800_000_000_000, future_ms=0)
    assert [problem.ref for problem in found.refused] == [f"{digest}:{number}" for number in range(2, 9)]
    assert "长".encode() not in sheet.data


def test_broken_lines_of_jsonl_are_items_too(tmp_path: Path) -> None:
    good = b'{"id":1,"posted_at":"2024-05-01","text":"a"}\n'
    lines = good + b"{\n[1]\n\n" + b'{"text":"\xff"}\n' + b"[" * 5000 + b"\n" + b'{"text":"\\ud800"}\n' + good
    path = write(tmp_path / "a.jsonl", lines)
    assert reasons(path) == ["", "bad_row", "bad_row", "bad_encoding", "bad_row", "bad_row", ""]


def test_a_field_of_five_megabytes_costs_only_its_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEAD + f"1,2024-05-01,a,{'x' * 5_000_000}\n" + ROW)
    assert reasons(path) == ["too_large", ""]


def test_nul_bytes_are_dropped(tmp_path: Path) -> None:
    (post,) = items(write(tmp_path / "a.csv", HEAD + "1,2024-05-01,a,停\x00水\n"))
    assert isinstance(post, Post)
    assert post.text == "停水"


def test_a_byte_order_mark_is_no_part_of_the_first_heading(tmp_path: Path) -> None:
    (post,) = items(write(tmp_path / "a.csv", "\ufeff" + HEAD + ROW))
    assert isinstance(post, Post)
    assert post.native_id == "1"


def test_gbk_is_recognised(tmp_path: Path) -> None:
    (post,) = items(write(tmp_path / "a.csv", (HEAD + ROW).encode("gbk")))
    assert isinstance(post, Post)
    assert post.text == "静宁县停水了"


def test_a_few_broken_rows_do_not_make_a_file_gbk() -> None:
    lines = ["静宁县停水了，请尽快处理".encode() for _ in range(9)]
    lines[2] = "静宁县停水了".encode("gbk")
    assert encoding_of(b"\n".join(lines)) == "utf-8"


def test_utf_16_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="save it as UTF-8"):
        File(write(tmp_path / "a.csv", (HEAD + ROW).encode("utf-16")))


def test_a_gzip_file_that_breaks_off_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    content = gzip.compress((HEAD + "".join(f"{n},2024-05-01,a{n},{n * 7919 % 1013}\n" for n in range(9000))).encode())
    path = write(tmp_path / "a.csv.gz", content[: len(content) // 2])
    file = File(path)
    assert len(list(file.rows())) > 100
    assert "breaks off" in file.problem


def test_a_file_that_is_no_gzip_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="broken gzip"):
        File(write(tmp_path / "a.csv.gz", b"\x1f\x8brubbish and more rubbish"))


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert pages(write(tmp_path / "a.csv", b"")) == []


def test_an_unknown_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="there are weibo"):
        list(sheets(File(write(tmp_path / "a.csv", HEAD + ROW)), {}, "somewhere"))


def test_pages_are_bounded_by_count_and_bytes(tmp_path: Path) -> None:
    many = pages(write(tmp_path / "a.csv", HEAD + ROW * 250))
    assert [sheet.posts for sheet in many] == [PAGE_POSTS, PAGE_POSTS, 50]
    large = pages(write(tmp_path / "b.csv", HEAD + f"1,2024-05-01,a,{'长' * 90_000}\n" * 5))
    assert [sheet.posts for sheet in large] == [1] * 5
    assert all(len(sheet.data) < PAGE_BYTES for sheet in large)


def test_a_page_can_be_bounded_by_time(tmp_path: Path) -> None:
    rows = "".join(f"{n},2024-05-01 08:{n:02}:00,a,b\n" for n in range(30))
    path = write(tmp_path / "a.csv", HEAD + rows)
    assert [sheet.posts for sheet in pages(path, span_ms=9 * 60_000)] == [10, 10, 10]


def test_going_on_after_a_row_gives_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEAD + "".join(f"{n},2024-05-01,a,b\n" for n in range(1, 151)))
    (rest,) = pages(path, after=100)
    found = decode_page(rest.data, now_ms=1_800_000_000_000, future_ms=0)
    assert [post.native_id for _, post in found.posts] == [str(n) for n in range(101, 151)]


def test_a_row_without_an_id_gets_one_from_its_content(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "posted_at,body\n2024-05-01,停水\n2024-05-02,停水\n2024-05-01,停水\n")
    first, second, again = items(path)
    assert isinstance(first, Post)
    assert isinstance(second, Post)
    assert isinstance(again, Post)
    assert first.id == again.id != second.id


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.jsonl", "a.csv.gz"]))
def test_any_bytes_are_rows_or_one_clear_refusal(tmp_path: Path, rubbish: bytes, name: str) -> None:
    head = b'{"id":1,"posted_at":"2024-05-01","text":"a"}\n' if name == "a.jsonl" else HEAD.encode()
    path = write(tmp_path / name, head + rubbish)
    for sheet in pages(path):
        assert sheet.posts + sheet.bad > 0
