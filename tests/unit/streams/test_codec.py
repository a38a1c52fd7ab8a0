"""Pages: whatever the bytes are, each item is a post or a problem with a reason, and one bad post fails alone."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.codec import Decoded, decode_page, encode_page, reference
from streams.errors import Rejected
from streams.records import PAGE_POSTS_LIMIT, REASONS, SOURCES, TEXT_LIMIT, BadItem, Page, Post

NOW = 1_800_000_000_000
DAY = 86_400_000


def read(data: bytes) -> Decoded:
    return decode_page(data, now_ms=NOW, future_ms=DAY)


def page(*posts: Any, **more: Any) -> bytes:
    return json.dumps({"v": 1, "source": "portal", "posts": posts, **more}).encode()


def post(**fields: Any) -> dict[str, Any]:
    return {"source": "portal", "native_id": "1", "posted_at": NOW, "text": "停水"} | fields


def why(data: bytes) -> list[str]:
    return [problem.reason for problem in read(data).refused]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
posts = st.builds(
    Post,
    source=st.just("portal"),
    native_id=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20),
    posted_at=st.integers(946_684_800_000, NOW),
    text=texts.map(lambda text: "字" + text),
    title=texts,
    version=st.integers(0, 2**53 - 1),
    likes=st.integers(0, 2**53 - 1),
)
bad_items = st.builds(
    BadItem, ref=st.from_regex(r"[a-f0-9]{6}:[0-9]{1,4}", fullmatch=True), reason=st.sampled_from(sorted(REASONS)),
    detail=texts,
)  # fmt: skip
pages = st.builds(
    Page,
    source=st.just("portal"),
    posts=st.lists(posts, max_size=5).map(tuple),
    bad=st.lists(bad_items, max_size=3).map(tuple),
)


@given(pages)
def test_what_is_written_is_read_back(written: Page) -> None:
    found = read(encode_page(written))
    assert tuple(one for _, one in found.posts) == written.posts
    assert [(one.ref, one.reason, one.detail) for one in found.refused] == [
        (one.ref, one.reason, one.detail) for one in written.bad
    ]
    assert found.received == len(written.posts) + len(written.bad)


@given(pages)
def test_every_page_carries_its_version(written: Page) -> None:
    assert json.loads(encode_page(written))["v"] == 1


def total(data: bytes) -> None:
    """Either a page whose items are all accounted for, or one reason that we know."""
    try:
        found = read(data)
    except Rejected as error:
        if error.reason not in REASONS:
            pytest.fail(f"{error.reason} is no reason")
        return
    assert found.source in SOURCES
    assert {problem.reason for problem in found.refused} <= set(REASONS)
    places = [index for index, _ in found.posts] + [problem.index for problem in found.refused]
    assert sorted(places) == list(range(found.received))
    msgspec.json.encode(found)  # nothing in it that can't be stored


@given(st.binary(max_size=300))
def test_any_bytes_are_a_page_or_a_reason(data: bytes) -> None:
    total(data)


jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["v", "source", "posts", "bad", "x"]), jsons | st.just(1) | st.just("portal")))
def test_any_json_is_a_page_or_a_reason(value: Any) -> None:
    total(json.dumps(value).encode())


@given(st.lists(st.dictionaries(st.sampled_from([*Post.__struct_fields__, "x"]), jsons), max_size=4))
def test_any_posts_are_posts_or_problems(items: Any) -> None:
    data = page(*items)
    total(data)
    assert read(data).received == len(items)


@settings(max_examples=50)
@given(pages, st.integers(0, 2**32))
def test_damaged_pages_are_pages_or_reasons(written: Page, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(20):
        data = bytearray(encode_page(written))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at:]
                    data += b"]}"
                case 2:
                    data[at:at] = chance.choice([b'"', b"{", b"[[", b"\xff", b"\\ud800", b"\x00", b"1e999", b"null"])
                case _:
                    del data[at : at + chance.randint(1, 9)]
            if not data:
                break
        total(bytes(data))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_a_page"),
        (b"\xff\xfe{", "not_a_page"),
        (b"[]", "not_a_page"),
        (b"null", "not_a_page"),
        (b"{", "not_a_page"),
        (b"[" * 200_000, "not_a_page"),
        (b'{"v":1,"source":"portal","posts":' + b"[" * 200_000, "not_a_page"),
        (b'{"v":1}', "not_a_page"),
        (b'{"v":1,"source":"someone"}', "not_a_page"),
        (b'{"v":1,"source":"\xff\xff"}', "bad_encoding"),
        (b'{"v":2,"source":"portal","posts":[]}', "schema_version"),
        (b'{"v":0,"source":"portal","posts":[]}', "schema_version"),
        (page(*[1] * (PAGE_POSTS_LIMIT + 1)), "too_many"),
    ],
)
def test_what_is_no_page_has_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(data)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": ""}, "empty"),
        ({"text": " \u200b\n\u3000\ufeff"}, "empty"),
        ({"text": "字" * (TEXT_LIMIT + 1)}, "too_large"),
        ({"text": "长" * 1_700_000}, "too_large"),
        ({"posted_at": 32_472_144_000_000}, "future"),
        ({"posted_at": NOW + DAY + 1}, "future"),
        ({"posted_at": 0}, "too_old"),
        ({"posted_at": -(2**63)}, "too_old"),
        ({"posted_at": "2024-01-01"}, "field_type"),
        ({"text": None}, "field_type"),
        ({"kind": "song"}, "field_type"),
        ({"likes": -1}, "field_type"),
        ({"likes": 10**30}, "field_type"),
        ({"source": "weibo"}, "field_type"),
        ({"native_id": " "}, "field_missing"),
        ({"native_id": "9" * 600}, "too_large"),
        ({"text": "\ud800"}, "bad_encoding"),
    ],
)
def test_a_bad_post_fails_alone_with_its_reason(fields: dict[str, Any], reason: str) -> None:
    data = page(post(native_id="a"), post(**fields), post(native_id="c"))
    assert why(data) == [reason]
    assert [one.native_id for _, one in read(data).posts] == ["a", "c"]


def test_a_missing_field_is_named() -> None:
    (problem,) = read(page({"source": "portal", "native_id": "1", "posted_at": NOW})).refused
    assert (problem.reason, problem.detail) == ("field_missing", "text is missing")


def test_broken_utf_8_in_one_post_leaves_the_others() -> None:
    data = page(post(native_id="a"), post(text="X"), post(native_id="c")).replace(b'"X"', b'"\xff"')
    assert why(data) == ["bad_encoding"]
    assert len(read(data).posts) == 2


def test_a_post_nested_deeply_leaves_the_others() -> None:
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    assert len(read(page(post(native_id="a"), post(x=deep))).posts) == 2


def test_a_title_without_a_text_is_a_post() -> None:
    assert why(page(post(text="", title="停水"))) == []


def test_fields_that_we_have_not_are_dropped() -> None:
    canary = "canary-Kx7"
    data = page(post(**dict.fromkeys(("user", "openid", "phone", "avatar", "ip"), canary)))
    assert canary not in repr(read(data))
    assert len(read(data).posts) == 1


def test_no_detail_holds_any_of_the_input() -> None:
    canary = "canary静宁"
    hostile = [
        post(kind=canary), post(posted_at=canary), post(text=[canary]), post(source=canary), canary, [canary],
        {canary: canary}, post(likes=canary), post(native_id=canary * 99), post(native_id=canary, text=""),
    ]  # fmt: skip
    found = read(page(*hostile, bad=[{"ref": canary, "reason": canary, "detail": "x"}, canary]))
    assert len(found.refused) == len(hostile) + 2
    assert canary not in repr(found.refused)
    for data in (canary.encode(), json.dumps({"v": canary}).encode(), json.dumps({"v": 1, "source": canary}).encode()):
        with pytest.raises(Rejected) as caught:
            read(data)
        assert canary not in str(caught.value)


def test_an_item_that_its_source_refused_keeps_its_reason() -> None:
    (problem,) = read(page(bad=[{"ref": "abc:7", "reason": "bad_row", "detail": "3 columns"}])).refused
    assert (problem.index, problem.ref, problem.reason, problem.detail) == (0, "abc:7", "bad_row", "3 columns")


def test_half_a_character_can_not_be_written() -> None:
    half = Page(source="portal", posts=(Post(source="portal", native_id="1", posted_at=NOW, text="\ud83d"),))
    with pytest.raises(Rejected, match="bad_encoding"):
        encode_page(half)


def test_a_reference_is_a_plain_id_or_a_digest() -> None:
    assert reference("GD2024-0501_7:3") == "GD2024-0501_7:3"
    assert reference("") == ""
    assert "静宁" not in reference("静宁")
    assert reference("静宁") == reference("静宁") != reference("庄浪")
