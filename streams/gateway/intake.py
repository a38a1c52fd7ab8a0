"""From a body to items that may travel: pure, by allow-list, masked; each item gets a verdict of its own.

A body is a page `{"source", "posts": [...]}`, a list of posts, one post, or NDJSON with a post a line. Fields that are
not in `Item` are dropped unread and unsaid (a sender's payload has many, and whoever wrote is among them): they reach
no log, no topic and no answer. No verdict holds any of the input's text.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from analyzers.masking import mask_page
from streams.codec import ITEM_BYTES, check, rejection
from streams.errors import Rejected
from streams.records import PAGE_POSTS_LIMIT, BadItem, Kind, Post
from streams.sources.base import NATIVE
from streams.sources.times import parse_time

HALF = b'{"text":"\xff"}'
"""Stands for an item with half a character in it: its own reading calls it bad_encoding."""


class Item(Struct, frozen=True, kw_only=True):
    """The fields that are read of a post: the allow-list."""

    native_id: str
    posted_at: str | int | float
    text: str = ""
    title: str = ""
    kind: Kind = "message"
    version: int = 0
    parent: str = ""
    likes: int = 0
    dislikes: int = 0
    source: str = ""


class Verdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one item. id: the post's, the same whenever the same native id comes again."""

    index: int
    status: str
    id: str = ""
    reason: str = ""
    detail: str = ""


class Opened(Struct, frozen=True):
    """A body's items, unread; the source that the body names, if it does; and a digest that names the body."""

    source: str
    items: tuple[Raw | bytes, ...]
    digest: str


class Taken(Struct, frozen=True):
    """Items that may travel, in order, with their verdicts."""

    items: tuple[Post | BadItem, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def accepted(self) -> int:
        """How many are posts."""
        return sum(isinstance(item, Post) for item in self.items)


class _Page(Struct):
    source: str = ""
    posts: list[Raw] | UnsetType = UNSET


_page = msgspec.json.Decoder(_Page)
_list = msgspec.json.Decoder(list[Raw])
_item = msgspec.json.Decoder(Item)


def digest_of(body: bytes) -> str:
    """Return what names a body where nothing of it may be kept."""
    return hashlib.sha256(body).hexdigest()[:24]


def opened(body: bytes, *, lines: bool) -> Opened:
    """Return a body's items; `lines`: it is NDJSON. Raises Rejected if it is none of the known forms, or too many."""
    name = digest_of(body)
    if lines:
        found: Sequence[Raw | bytes] = [line for line in body.split(b"\n") if line.strip()]
        source = _source_of(found[0]) if found else ""
    else:
        source, found = _json(body)
    if not found:
        raise Rejected("not_a_page", "no posts in it")
    if len(found) > PAGE_POSTS_LIMIT:
        raise Rejected("too_many", f"{len(found)} posts, at most {PAGE_POSTS_LIMIT}")
    return Opened(source, tuple(found), name)


def _json(body: bytes) -> tuple[str, Sequence[Raw | bytes]]:
    try:
        return _shaped(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        if b"\\u" in body:  # msgspec refuses all for half a character that is escaped; only one item need be lost
            with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
                return _salvaged(json.loads(body))
        found = rejection(error)
        raise Rejected("bad_encoding" if found.reason == "bad_encoding" else "not_a_page", found.detail) from None


def _shaped(body: bytes) -> tuple[str, Sequence[Raw | bytes]]:
    if body.lstrip()[:1] == b"[":
        return "", _list.decode(body)
    page = _page.decode(body)
    return page.source, [body] if page.posts is UNSET else page.posts


def _salvaged(value: Any) -> tuple[str, Sequence[Raw | bytes]]:
    source = ""
    if isinstance(value, dict):
        source = value.get("source", "") if isinstance(value.get("source"), str) else ""
        value = value.get("posts", [value])
    if not isinstance(value, list):
        raise Rejected("not_a_page", "posts is no list")
    return source, [_again(item) for item in value]


def _again(item: Any) -> bytes:
    try:
        return json.dumps(item, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return HALF


def _source_of(line: Raw | bytes) -> str:
    with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
        return _page.decode(line).source
    return ""


def judged(found: Opened, *, source: str, now_ms: int, future_ms: int) -> Taken:
    """Return each item as a masked post or a bad item, and a verdict; never raises for what an item holds."""
    read = [_read(raw, found, index, source, now_ms, future_ms) for index, raw in enumerate(found.items)]
    posts = [one for one in read if isinstance(one, Post)]
    masked = iter([each.text.strip() for each in mask_page([text for one in posts for text in (one.text, one.title)])])
    items: list[Post | BadItem] = []
    verdicts: list[Verdict] = []
    for index, one in enumerate(read):
        if isinstance(one, Post):
            safe = msgspec.structs.replace(one, text=next(masked), title=next(masked))
            items.append(safe)
            verdicts.append(Verdict(index=index, status="accepted", id=safe.id))
        else:
            items.append(one)
            verdicts.append(Verdict(index=index, status="rejected", reason=one.reason, detail=one.detail))
    return Taken(tuple(items), tuple(verdicts))


def _read(  # noqa: PLR0917 - called in one place
    raw: Raw | bytes, found: Opened, index: int, source: str, now_ms: int, future_ms: int
) -> Post | BadItem:
    """Return a post, checked but not masked yet, or a bad item that names it as well as may be."""
    ref = f"{found.digest}:{index}"
    try:
        item = _decoded(raw)
        ref = _named("native_id", item.native_id)
        if item.parent:
            _named("parent", item.parent)
        post = Post(
            source=item.source or source, native_id=item.native_id, posted_at=parse_time(item.posted_at),
            text=item.text, title=item.title, kind=item.kind, version=item.version, parent=item.parent,
            likes=item.likes, dislikes=item.dislikes,
        )  # fmt: skip
        check(post, source=source, now_ms=now_ms, future_ms=future_ms)
    except Rejected as error:
        return BadItem(ref=ref, reason=error.reason, detail=error.detail)
    return post


def _named(field: str, value: str) -> str:
    """Return an id that can be one; nothing else, such as a name, gets into a reference that is kept."""
    if not NATIVE.fullmatch(value):
        raise Rejected("field_type", f"{field} is not 1 to 128 letters, digits, . _ : -")
    return value


def _decoded(raw: Raw | bytes) -> Item:
    size = len(memoryview(raw))
    if size > ITEM_BYTES:
        raise Rejected("too_large", f"{size} bytes")
    try:
        return _item.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        reason = rejection(error)
        raise Rejected("field_type" if reason.reason == "not_a_page" else reason.reason, reason.detail) from None


def broken(reason: str, detail: str, name: str) -> BadItem:
    """Return a body that could not be read at all as one bad item: the books count it, nothing of it is kept."""
    return BadItem(ref=f"body:{name}", reason=reason, detail=detail)
