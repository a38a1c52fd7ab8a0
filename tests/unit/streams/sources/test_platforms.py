"""Weibo and WeChat, read over real HTTP: nothing lost between pages, nobody who wrote is kept, only reading calls."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platforms import BIG, CANARY, SECRET, TOKEN, UID, Platform, cut, huge, says, wechat_error, wechat_item, weibo_error
from platforms import weibo_item as item

import streams.sources
from streams.errors import HuiyingError, Misconfigured
from streams.records import BadItem, Post
from streams.sources.base import TROUBLES, Away, Batch, Denied, Source
from streams.sources.calls import CALLS, HOSTS, Reader
from streams.sources.wechat import COUNT, AppToken, WeChat, numbers, ranges
from streams.sources.weibo import Access, Read, Weibo

NOW = datetime(2026, 5, 1, 8, 45, 0, tzinfo=UTC)


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    yield server
    server.stop()


def weibo(platform: Platform, read: Read = "comments_to_me", *, token: str = TOKEN, **more: Any) -> Weibo:
    reader = Reader("weibo", platform.url, seconds=more.pop("seconds", 10))
    return Weibo("own", read, Access(reader, UID, token, **more), pause=0)


def wechat(platform: Platform, *articles: str) -> WeChat:
    return WeChat("own", AppToken(Reader("wechat", platform.url), "wx1", SECRET), lambda: articles or ("7:0",))


async def walk(source: Source, checkpoint: str = "", most: int = 10_000) -> list[Batch]:
    out: list[Batch] = []
    try:
        async for batch in source.pages(checkpoint, NOW):
            out.append(batch)
            if len(out) == most:
                break
    finally:
        await source.aclose()
    return out


async def trouble(source: Source, checkpoint: str = "") -> Away | Denied:
    with pytest.raises((Away, Denied)) as caught:
        await walk(source, checkpoint)
    found = caught.value
    assert isinstance(found, Away | Denied)
    assert found.kind in TROUBLES
    for word in (CANARY, TOKEN, SECRET):
        assert word not in repr(caught.getrepr(chain=True, showlocals=False))
    return found


def ids(batches: list[Batch]) -> list[str]:
    return [one.native_id for batch in batches for one in batch.items if isinstance(one, Post)]


async def test_a_comment_keeps_its_text_time_and_post_and_nobody(platform: Platform) -> None:
    platform.items = [item(BIG + 1, "回复@某人: 路灯坏了，电话13912345678\u200b")]
    batches = await walk(weibo(platform))
    (post,) = batches[0].items
    assert post == Post(
        source="weibo", native_id=f"comment:{BIG + 1}", posted_at=1_306_860_625_000, kind="comment",
        text="回复@用户: 路灯坏了，电话〔电话〕", parent=f"status:{BIG + 7}",
    )  # fmt: skip
    assert CANARY not in repr(batches)


@pytest.mark.parametrize("read", ["comments_to_me", "comments_mentions", "statuses_mentions"])
async def test_every_list_is_read_whole_and_then_only_what_is_new(platform: Platform, read: Read) -> None:
    platform.items = [item(BIG + n) for n in range(1, 121)]
    batches = await walk(weibo(platform, read))
    assert len(set(ids(batches))) == len(ids(batches)) == 120
    assert await walk(weibo(platform, read), batches[-1].checkpoint) == []
    platform.items.append(item(BIG + 500))
    assert len(ids(await walk(weibo(platform, read), batches[-1].checkpoint))) == 1
    assert CANARY not in repr(batches)


@pytest.mark.parametrize("stop", [1, 2, 3])
async def test_a_walk_that_broke_off_goes_on_and_loses_nothing_that_came_meanwhile(
    platform: Platform, stop: int
) -> None:
    platform.items = [item(BIG + n) for n in range(1, 121)]
    first = await walk(weibo(platform), most=stop)
    platform.items += [item(BIG + n) for n in range(200, 330)]
    second = await walk(weibo(platform), first[-1].checkpoint)
    third = await walk(weibo(platform), second[-1].checkpoint)
    assert len(set(ids(first + second + third))) == 250


async def test_the_same_page_again_is_told_and_moves_no_mark(platform: Platform) -> None:
    platform.items = [item(BIG + n) for n in range(1, 121)]
    first = await walk(weibo(platform), most=1)
    platform.deaf_to_max = True
    assert (await trouble(weibo(platform), first[-1].checkpoint)).kind == "paging"
    platform.deaf_to_max = False
    assert len(set(ids(first + await walk(weibo(platform), first[-1].checkpoint)))) == 120


@pytest.mark.parametrize("status", ["", None, {}, {"id": 0}, {"deleted": "1"}])
async def test_a_deleted_parent_costs_nothing(platform: Platform, status: Any) -> None:
    platform.items = [item(BIG + 1, status=status, user="")]
    (post,) = (await walk(weibo(platform)))[0].items
    assert isinstance(post, Post)
    assert post.parent == ""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"created_at": ""}, "bad_time"),
        ({"created_at": "yesterday"}, "bad_time"),
        ({"text": "\u200b"}, "empty"),
        ({"text": None}, "empty"),
        ({"text": {"of": CANARY}}, "field_type"),
        ({"status": [CANARY]}, "field_type"),
        ({"text": "长" * 100_001}, "too_large"),
    ],
)
async def test_one_bad_comment_fails_alone(platform: Platform, more: dict[str, Any], reason: str) -> None:
    platform.items = [item(BIG + 1), item(BIG + 2, **more), item(BIG + 3)]
    batches = await walk(weibo(platform))
    bad = [one for batch in batches for one in batch.items if isinstance(one, BadItem)]
    assert [one.reason for one in bad] == [reason]
    assert len(ids(batches)) == 2
    assert CANARY not in repr(bad)


async def test_an_empty_list_in_its_other_form_is_an_end(platform: Platform) -> None:
    platform.faults = [says([])]
    assert await walk(weibo(platform)) == []


FAULTS = [
    (weibo_error(21327), "token"),
    (weibo_error(21332, 403), "token"),
    (weibo_error(10023, 403), "rate_limited"),
    (weibo_error(10022, 200), "rate_limited"),
    (weibo_error(10014, 403), "no_right"),
    (weibo_error(10001), "busy"),
    (says(b"<html>busy</html>"), "bad_answer"),
    (says(b'{"comments":'), "bad_answer"),
    (says({"total_number": 0}), "bad_answer"),
    (says({"comments": [{"text": CANARY}]}), "bad_answer"),
    (says({"comments": 3}), "bad_answer"),
    (says(b"[" * 100_000), "bad_answer"),
    (says(b"", 503), "busy"),
    (says(b"", 429, Retry_After="120"), "rate_limited"),
    (says(b"", 404), "wrong_address"),
    (says(b"", 302, Location="http://127.0.0.1:9/"), "wrong_address"),
    (says(b"", 200, Content_Encoding="gzip"), "bad_answer"),
    (huge, "bad_answer"),
    (cut, "unreachable"),
]


@pytest.mark.parametrize(("fault", "kind"), FAULTS)
async def test_a_bad_day_is_told_in_one_word_and_costs_nothing(platform: Platform, fault: Any, kind: str) -> None:
    platform.items = [item(BIG + n) for n in range(1, 81)]
    first = await walk(weibo(platform), most=1)
    platform.faults = [fault]
    assert (await trouble(weibo(platform), first[-1].checkpoint)).kind == kind
    assert len(set(ids(first + await walk(weibo(platform), first[-1].checkpoint)))) == 80


async def test_a_slow_answer_is_not_waited_for(platform: Platform) -> None:
    platform.faults = [platform.hang]
    source = weibo(platform, seconds=0.3)
    await source.access.token()
    assert (await trouble(source)).kind == "slow"


async def test_a_limit_by_the_hour_is_waited_out(platform: Platform) -> None:
    platform.faults = [weibo_error(10023, 403)]
    found = await trouble(weibo(platform))
    assert isinstance(found, Away)
    assert found.after == 15 * 60


async def test_a_token_of_another_account_reads_nothing(platform: Platform) -> None:
    platform.items, platform.uid = [item(BIG + 1)], "42"
    assert (await trouble(weibo(platform))).kind == "not_ours"
    assert platform.asked == [("GET", "/2/account/get_uid.json")]


async def test_an_expired_token_is_renewed_where_the_platform_lets_us(platform: Platform) -> None:
    platform.items, platform.token = [item(BIG + 1)], "the-new-one"
    renewal = {"client_id": "1", "client_secret": SECRET, "refresh_token": SECRET}
    assert (await trouble(weibo(platform))).kind == "token"
    assert len(ids(await walk(weibo(platform, renewal=renewal)))) == 1


async def test_an_articles_comments_are_read_whole_and_then_only_new_ones(platform: Platform) -> None:
    platform.articles[7, 0] = [wechat_item(n) for n in range(1, 121)]
    batches = await walk(wechat(platform))
    assert len(ids(batches)) == 120
    assert CANARY not in repr(batches)
    platform.articles[7, 0].insert(40, wechat_item(BIG + 3, "缴费窗口在哪？请打13912345678"))
    (new,) = await walk(wechat(platform), batches[-1].checkpoint)
    assert new.items == (
        Post(
            source="wechat", native_id=f"7:0:{BIG + 3}", kind="comment",
            posted_at=(1_700_000_000 + (BIG + 3) % 1000) * 1000,
            text="缴费窗口在哪？请打〔电话〕", parent="7:0",
        ),
    )  # fmt: skip


async def test_a_comment_of_another_openid_form_or_without_reply_is_read(platform: Platform) -> None:
    platform.articles[7, 0] = [{"user_comment_id": "3", "create_time": 1_700_000_000, "content": "在吗，想问个事"}]
    assert ids(await walk(wechat(platform))) == ["7:0:3"]


async def test_an_article_that_is_gone_stops_no_other(platform: Platform) -> None:
    platform.articles[9, 1] = [wechat_item(1)]
    assert ids(await walk(wechat(platform, "8:0", "9:1"))) == ["9:1:1"]


async def test_an_unreadable_comment_is_told_once(platform: Platform) -> None:
    platform.articles[7, 0] = [wechat_item(1), {"user_comment_id": [CANARY]}]
    batches = await walk(wechat(platform))
    assert [type(one) for one in batches[0].items] == [Post, BadItem]
    assert await walk(wechat(platform), batches[-1].checkpoint) == []
    assert CANARY not in repr(batches)


async def test_an_offset_that_is_not_heard_ends(platform: Platform) -> None:
    page = says({"errcode": 0, "total": 5000, "comment": [wechat_item(n) for n in range(COUNT)]})
    platform.faults = [page] * 50
    await walk(wechat(platform))
    assert len(platform.asked) < 6


@pytest.mark.parametrize("code", [40001, 42001, 40014])
async def test_a_token_that_is_over_is_fetched_anew_once(platform: Platform, code: int) -> None:
    platform.articles[7, 0] = [wechat_item(1)]
    platform.faults = [wechat_error(code)]
    assert len(ids(await walk(wechat(platform)))) == 1
    assert [json.loads(one["body"])["force_refresh"] for one in platform.tokens] == [False, True]
    platform.faults = [wechat_error(code)] * 2
    assert (await trouble(wechat(platform))).kind == "token"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (wechat_error(45009), "rate_limited"),
        (wechat_error(45011), "rate_limited"),
        (wechat_error(48001), "no_right"),
        (wechat_error(40164), "token"),
        (wechat_error(-1), "busy"),
        (wechat_error(99999), "busy"),
        (says(b"{}]"), "bad_answer"),
        (cut, "unreachable"),
    ],
)
async def test_an_errcode_with_http_200_is_seen(platform: Platform, fault: Any, kind: str) -> None:
    platform.faults = [fault]
    assert (await trouble(wechat(platform))).kind == kind


async def test_the_token_is_kept_until_shortly_before_its_end(platform: Platform) -> None:
    platform.articles[7, 0] = [wechat_item(n) for n in range(1, 121)]
    await walk(wechat(platform))
    assert len(platform.tokens) == 1


@given(st.sets(st.integers(0, 300)))
def test_ranges_keep_every_number(found: set[int]) -> None:
    assert numbers(ranges(found)) == found


def test_only_these_calls_can_be_made() -> None:
    """All read; the two POSTs to token endpoints and WeChat's way of asking for a list are the only ones that send."""
    assert {(HOSTS[one.platform], one.method, one.path) for one in CALLS.values()} == {
        ("https://api.weibo.com", "GET", "/2/account/get_uid.json"),
        ("https://api.weibo.com", "GET", "/2/comments/to_me.json"),
        ("https://api.weibo.com", "GET", "/2/comments/mentions.json"),
        ("https://api.weibo.com", "GET", "/2/statuses/mentions.json"),
        ("https://api.weibo.com", "POST", "/oauth2/access_token"),
        ("https://api.weixin.qq.com", "POST", "/cgi-bin/stable_token"),
        ("https://api.weixin.qq.com", "POST", "/cgi-bin/comment/list"),
    }


def test_no_source_has_another_way_out() -> None:
    """Only the one door imports anything that speaks to the network."""
    wire = {"httpx", "aiohttp", "requests", "urllib.request", "http.client", "socket", "urllib3", "subprocess"}
    found = set()
    for path in Path(streams.sources.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {path.name for name in names if name in wire or name.split(".")[0] in wire}
    assert found == {"calls.py"}


async def test_a_call_that_is_not_in_the_table_is_not_made(platform: Platform) -> None:
    reader = Reader("weibo", platform.url)
    with pytest.raises(KeyError):
        await reader.ask("weibo.create")
    with pytest.raises(Misconfigured):
        await reader.ask("wechat.comments")
    assert platform.asked == []


@pytest.mark.parametrize("base", ["http://api.example.cn", "ftp://127.0.0.9", "nonsense"])
def test_a_token_never_travels_unencrypted(base: str) -> None:
    with pytest.raises(HuiyingError, match="https"):
        Reader("weibo", base)
