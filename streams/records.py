"""The values that travel: frozen, and without any field that could hold a person.

A `Page` is what one Kafka message carries. `Post` is one text by one person, without the person.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from msgspec import Struct

SCHEMA_VERSION = 1
PAGE_POSTS = 100
PAGE_BYTES = 500_000
PAGE_POSTS_LIMIT = 500
TEXT_LIMIT = 100_000
"""Characters of one text; longer ones are dead letters (the longest real order seen in development data has 6,000)."""

Kind = Literal["post", "comment", "message", "order"]

SOURCES: dict[str, str] = {
    "weibo": "微博",
    "wechat": "微信",
    "portal": "政府门户",
    "hotline": "12345热线",
    "board": "留言板",
    "other": "其他",
}
"""Known sources and what people call them."""

DRILL = "drill"
"""The key of a drill's Kafka message, and the source under which it is stored: no source of posts has it."""

STATUSES: dict[str, str] = {
    "received": "已受理",
    "assigned": "已派单",
    "returned": "已退回",
    "answered": "已答复",
    "closed": "已办结",
}
"""How far an order or message is at its source, where the source says so; "" is not known. Free text is not kept."""

REASONS: dict[str, str] = {
    "not_a_page": "整包无法读取",
    "schema_version": "版本不认识",
    "field_missing": "缺少必填项",
    "field_type": "字段类型不对",
    "too_large": "内容过大",
    "too_many": "一包条数过多",
    "empty": "没有正文",
    "future": "时间在未来",
    "too_old": "时间过早",
    "bad_time": "时间无法读取",
    "bad_row": "表格行无法读取",
    "bad_encoding": "编码无法读取",
    "not_analysed": "无法分析",
    "refused_by_index": "索引拒收",
}
"""Why an input was rejected: the word that is stored and counted, and what people read."""


class Post(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One text by one person, without the person.

    source: a key of `SOURCES`; native_id: the source's own id; posted_at: event time, ms UTC;
    version: ms UTC at which the source showed this state (0: unknown) — a higher one replaces a lower one;
    status: a key of `STATUSES`, or "" where it is not known; parent: the native id of our own article or post that it
    comments on; likes, dislikes: counts, of the text.
    """

    source: str
    native_id: str
    posted_at: int
    text: str
    title: str = ""
    kind: Kind = "message"
    version: int = 0
    parent: str = ""
    likes: int = 0
    dislikes: int = 0
    status: str = ""

    @property
    def id(self) -> str:
        """The id of this post everywhere: from source and native id, so doing it twice is doing it once."""
        return post_id(self.source, self.native_id)


class BadItem(Struct, frozen=True, kw_only=True):
    """An item that its source could not read: it travels in the page, so that the books count it.

    ref: where it was (file digest and row, or a native id), never its text; reason: a key of `REASONS`.
    """

    ref: str
    reason: str
    detail: str


class Page(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one Kafka message carries: 1 to 500 posts of one source, and the items that the source could not read."""

    v: int = SCHEMA_VERSION
    source: str
    posts: tuple[Post, ...] = ()
    bad: tuple[BadItem, ...] = ()


class DeadLetter(Struct, frozen=True, kw_only=True):
    """An input that was rejected: where it came from and why.

    Its text is not kept: the origin says where to read it again. origin: `topic-partition-offset` or
    `topic-partition-offset#index`; size: bytes, where known; at: ms UTC.
    """

    id: str
    source: str
    origin: str
    ref: str
    reason: str
    detail: str
    size: int
    at: int


def digest(*parts: str) -> str:
    """Return 24 hex characters from the parts' content: the form of every id that Huiying makes."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def post_id(source: str, native_id: str) -> str:
    """Return a post's id from its source and native id."""
    return digest("post", source, native_id)
