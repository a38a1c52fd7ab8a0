"""What every source is: pages of masked posts, each with what to remember once Kafka has it.

A source never remembers anything by itself: it is told where it was, and says with each batch where it then is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from analyzers.masking import mask_page
from streams.codec import BLANK, encode_page
from streams.errors import Refused, Rejected, Unavailable
from streams.records import PAGE_BYTES, PAGE_POSTS, TEXT_LIMIT, BadItem, Kind, Page, Post
from streams.sources.times import parse_time

T = TypeVar("T")
TROUBLES: dict[str, str] = {
    "unreachable": "连接不上",
    "slow": "应答超时",
    "busy": "平台繁忙",
    "bad_answer": "应答无法读取",
    "paging": "翻页没有前进",
    "rate_limited": "超过调用次数",
    "token": "授权过期或无效",  # nosec B105 - a message
    "not_ours": "授权不属于已登记的账号",
    "no_right": "没有权限",
    "wrong_address": "接口地址不对",
    "settings": "设置有误",
    "file": "文件无法读取",
    "kafka": "Kafka 不可用",
    "store": "Elasticsearch 不可用",
    "bug": "程序错误",
}
"""Why a source could not be read: the word that is stored and counted, and what people read."""
NATIVE = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


class Away(Unavailable):
    """A source that can't be read now; kind: a key of `TROUBLES`; after: seconds to leave it alone at least."""

    def __init__(self, kind: str, detail: str, *, after: float = 0.0) -> None:
        """Keep the kind apart from its detail, which holds nothing that the other side said."""
        super().__init__(detail)
        self.kind, self.after = kind, after


class Denied(Refused):
    """A source that a person must put right: token, right, address, file; kind: a key of `TROUBLES`."""

    def __init__(self, kind: str, detail: str) -> None:
        """Keep the kind apart from its detail, which holds nothing that the other side said."""
        super().__init__(detail)
        self.kind = kind


class Batch(Struct, frozen=True):
    """What one answer of a source held, in its order, and where the source is once Kafka has acknowledged it."""

    items: tuple[Post | BadItem, ...]
    checkpoint: str


class Source(Protocol):
    """One thing that is polled: one list of one own account, or one folder."""

    @property
    def name(self) -> str:
        """What it is called in logs, in health and in its checkpoint; the same after a restart."""
        ...

    @property
    def source(self) -> str:
        """A key of `streams.records.SOURCES`."""
        ...

    def pages(self, checkpoint: str, now: datetime) -> AsyncIterator[Batch]:
        """Yield what is new since the checkpoint (empty: everything). Raises Away or Denied."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


class Raw(Struct, frozen=True, kw_only=True):
    """The fields that are copied from an item, unmasked and unchecked: it lives until `posts_of` and no longer."""

    native_id: str
    when: str | int | float
    text: str
    title: str = ""
    parent: str = ""
    version: int = 0


def decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Return an answer as what it should be. Raises Away, without a word of it."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Away("bad_answer", "an answer that is not the documented JSON") from None


def posts_of(raws: Sequence[Raw | BadItem], *, source: str, kind: Kind) -> tuple[Post | BadItem, ...]:
    """Return items checked and masked, in order; what is wrong becomes a bad item without its text."""
    checked = [raw if isinstance(raw, BadItem) else _checked(raw) for raw in raws]
    texts = [text for one in checked if not isinstance(one, BadItem) for text in (one[0].text, one[0].title)]
    masked = iter([each.text for each in mask_page(texts)])
    out: list[Post | BadItem] = []
    for one in checked:
        if isinstance(one, BadItem):
            out.append(one)
            continue
        raw, at = one
        text, title = next(masked).strip(), next(masked).strip()
        out.append(
            Post(
                source=source, native_id=raw.native_id, posted_at=at, text=text, title=title, kind=kind,
                version=raw.version, parent=raw.parent,
            )
        )  # fmt: skip
    return tuple(out)


def _checked(raw: Raw) -> tuple[Raw, int] | BadItem:
    """Return an item with its event time (ms UTC), or why it is none."""
    try:
        _check(raw)
        return raw, parse_time(raw.when)
    except Rejected as error:
        ref = raw.native_id if NATIVE.fullmatch(raw.native_id) else ""
        return BadItem(ref=ref, reason=error.reason, detail=error.detail)


def _check(raw: Raw) -> None:
    if not NATIVE.fullmatch(raw.native_id):
        raise Rejected("field_missing", "no id that can be one")
    if len(raw.text) + len(raw.title) > TEXT_LIMIT:
        raise Rejected("too_large", f"{len(raw.text) + len(raw.title)} characters, at most {TEXT_LIMIT}")
    if BLANK.fullmatch(raw.text) and BLANK.fullmatch(raw.title):
        raise Rejected("empty", "neither text nor title")


class Packed(Struct, frozen=True):
    """A page as Kafka takes it, and the newest event time in it (ms UTC; 0: no post)."""

    data: bytes
    newest: int
    posts: int
    bad: int


def packed(source: str, items: Sequence[Post | BadItem]) -> Iterator[Packed]:
    """Yield items as pages of at most PAGE_POSTS items and about PAGE_BYTES."""
    page: list[Post | BadItem] = []
    size = 0
    for item in items:
        weight = 200 + (3 * (len(item.text) + len(item.title)) if isinstance(item, Post) else 0)
        if page and (len(page) >= PAGE_POSTS or size + weight > PAGE_BYTES):
            yield _packed(source, page)
            page, size = [], 0
        page.append(item)
        size += weight
    if page:
        yield _packed(source, page)


def _packed(source: str, items: Sequence[Post | BadItem]) -> Packed:
    posts = tuple(item for item in items if isinstance(item, Post))
    bad = tuple(item for item in items if isinstance(item, BadItem))
    return Packed(
        encode_page(Page(source=source, posts=posts, bad=bad)),
        max((post.posted_at for post in posts), default=0),
        len(posts),
        len(bad),
    )
