"""Message pushes: who wrote is never read, entities never expand, whatever is pushed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Rejected
from streams.records import REASONS, Post
from streams.sources.wechat_push import LARGEST, push_post

CANARY = "canary-of-a-person"


def push(content: str = "医保缴费截止到哪天？", more: str = "", kind: str = "text") -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[gh_own]]></ToUserName><FromUserName><![CDATA[{CANARY}]]></FromUserName>"
        f"<CreateTime>1700000000</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>"
        f"<Content><![CDATA[{content}]]></Content><MsgId>9007199254740993123</MsgId>{more}</xml>"
    ).encode()


def test_a_text_becomes_a_post_without_who_wrote_it() -> None:
    assert push_post(push()) == Post(
        source="wechat",
        native_id="push:9007199254740993123",
        posted_at=1_700_000_000_000,
        text="医保缴费截止到哪天？",
        kind="message",
    )


def test_an_unknown_element_does_not_survive() -> None:
    nested = f"<Somebody><Content>{CANARY}</Content><Nick>{CANARY}</Nick></Somebody>"
    assert CANARY not in repr(push_post(push(more=nested)))


def test_personal_data_in_the_text_is_masked() -> None:
    post = push_post(push("请回电13912345678"))
    assert post is not None
    assert "13912345678" not in post.text


def test_a_message_from_an_article_names_it_as_its_comments_do() -> None:
    post = push_post(push(more="<MsgDataId>2247483650</MsgDataId><Idx>1</Idx>"))
    assert post is not None
    assert post.parent == "2247483650:0"


@pytest.mark.parametrize("kind", ["event", "image", "voice", "location", ""])
def test_what_is_no_text_is_no_post(kind: str) -> None:
    assert push_post(push(kind=kind)) is None


BOMB = b"""<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<xml><MsgType>text</MsgType><Content>&b;</Content><MsgId>1</MsgId><CreateTime>1700000000</CreateTime></xml>"""
FILE = b"""<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/hostname">]>
<xml><MsgType>text</MsgType><Content>&f;</Content><MsgId>1</MsgId><CreateTime>1700000000</CreateTime></xml>"""


@pytest.mark.parametrize("xml", [BOMB, FILE, BOMB.decode().removeprefix('<?xml version="1.0"?>').encode("utf-16")])
def test_a_document_that_declares_entities_is_refused(xml: bytes) -> None:
    with pytest.raises(Rejected, match="DOCTYPE"):
        push_post(xml)


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"", "not_a_page"),
        (b"<xml><MsgType>text</MsgType>", "not_a_page"),
        (b"{}", "not_a_page"),
        (b'<?xml version="1.0" encoding="nonsense"?><xml/>', "not_a_page"),
        (b"<xml>" + b"x" * LARGEST + b"</xml>", "too_large"),
        (push(" \u200b"), "empty"),
        (push().replace(b"9007199254740993123", b""), "field_missing"),
        (push().replace(b"1700000000", b"soon"), "bad_time"),
        (push(more="<MsgId>2</MsgId>"), "field_type"),
    ],
)
def test_a_broken_push_is_rejected_with_its_reason(xml: bytes, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        push_post(xml)
    assert caught.value.reason == reason
    assert CANARY not in str(caught.value)


@given(st.binary(max_size=300))
def test_whatever_is_pushed_is_a_post_or_rejected(data: bytes) -> None:
    for xml in (data, push().replace(b"1700000000", data), push()[: len(data)] + data):
        reason = ""
        try:
            push_post(xml)
        except Rejected as error:
            reason = error.reason
        assert reason in {"", *REASONS}
