"""Pages to bytes and back: strict, by allow-list, and one bad post fails alone.

Whatever the bytes are, `decode_page` returns a page's posts and problems, or raises Rejected with a reason of
`streams.records.REASONS`. Fields that `Post` does not have are dropped here, before anything is logged or stored.
No detail of a problem holds any of the input's text.
"""

from __future__ import annotations

import contextlib
import json
import re

import msgspec
from msgspec import Raw, Struct

from streams.errors import Rejected
from streams.records import (
    PAGE_POSTS_LIMIT,
    REASONS,
    SCHEMA_VERSION,
    SOURCES,
    STATUSES,
    TEXT_LIMIT,
    BadItem,
    Page,
    Post,
    digest,
)

TOO_OLD = 946_684_800_000
"""2000-01-01 UTC in ms: an earlier post is a broken time."""
ITEM_BYTES = 12 * TEXT_LIMIT + 65_536
"""A longer item can't hold a text within TEXT_LIMIT even if every character is escaped; it is not decoded."""
ID_LIMIT = 512
"""Characters of a native id (Elasticsearch's own limit is 512 bytes for ids; ours are digests of these)."""
COUNT_LIMIT = 2**53
DETAIL_LIMIT = 200
PLAIN = re.compile(r"[A-Za-z0-9_.:/#-]{1,128}")
BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\x00]*")


class Envelope(Struct):
    """A page with its items unread. The version is checked before the items are looked at."""

    v: int
    source: str
    posts: list[Raw] = []
    bad: list[Raw] = []


class _Written(Struct):
    """A page as it is written: with its version, always."""

    v: int
    source: str
    posts: tuple[Post, ...]
    bad: tuple[BadItem, ...]


class Problem(Struct, frozen=True, kw_only=True):
    """An item that was rejected: its place in the page (posts first, then bad items), why, and where it came from.

    told: its source could not read it, and said so.
    """

    index: int
    reason: str
    detail: str
    ref: str = ""
    size: int = 0
    told: bool = False


class Decoded(Struct, frozen=True, kw_only=True):
    """What a page held: good posts with their place, and problems. Together they are all of its items."""

    source: str
    posts: tuple[tuple[int, Post], ...]
    refused: tuple[Problem, ...]

    @property
    def received(self) -> int:
        """How many items the page carried."""
        return len(self.posts) + len(self.refused)


_encoder = msgspec.json.Encoder()
_envelope = msgspec.json.Decoder(Envelope)
_post = msgspec.json.Decoder(Post)
_bad = msgspec.json.Decoder(BadItem)


def encode_page(page: Page) -> bytes:
    """Return a page as UTF-8 JSON. Raises Rejected (bad_encoding) for text that is no Unicode (lone surrogates)."""
    try:
        return _encoder.encode(_Written(v=page.v, source=page.source, posts=page.posts, bad=page.bad))
    except UnicodeEncodeError as error:
        raise Rejected("bad_encoding", "the text holds half a character") from error


def rejection(error: Exception) -> Rejected:
    """Return why bytes could not be read, in words that hold nothing of the input."""
    if isinstance(error, RecursionError):
        return Rejected("field_type", "nested too deep")
    line = str(error)
    found = re.search(r"missing required field `(\w+)`", line)
    if found:
        return Rejected("field_missing", f"{found[1]} is missing")
    if isinstance(error, UnicodeError) or "utf-8" in line.lower() or "surrogate" in line.lower():
        return Rejected("bad_encoding", "not valid UTF-8")
    if isinstance(error, msgspec.ValidationError):
        where = re.search(r"`\$\.(\w+)", line)
        return Rejected("field_type", f"{where[1]} has the wrong type" if where else "not an object of known fields")
    return Rejected("not_a_page", "not valid JSON")


def decode_page(data: bytes, *, now_ms: int, future_ms: int) -> Decoded:
    """Return what a message holds; `future_ms` is how far a post may lie ahead of `now_ms` (UTC).

    Raises Rejected when it is no page at all: not JSON, no source of ours, a version that we don't know, too many.
    """
    envelope = _opened(data)
    if envelope.v != SCHEMA_VERSION:
        raise Rejected("schema_version", f"this worker knows version {SCHEMA_VERSION}")
    if envelope.source not in SOURCES:
        raise Rejected("not_a_page", "its source is not one of ours")
    if len(envelope.posts) + len(envelope.bad) > PAGE_POSTS_LIMIT:
        raise Rejected("too_many", f"{len(envelope.posts) + len(envelope.bad)} items, at most {PAGE_POSTS_LIMIT}")
    posts: list[tuple[int, Post]] = []
    problems: list[Problem] = []
    for index, raw in enumerate(envelope.posts):
        size = len(memoryview(raw))
        ref = ""
        try:
            post = _read(raw, size)
            ref = reference(post.native_id)
            check(post, source=envelope.source, now_ms=now_ms, future_ms=future_ms)
        except Rejected as error:
            problems.append(Problem(index=index, reason=error.reason, detail=error.detail, ref=ref, size=size))
        else:
            posts.append((index, post))
    for index, raw in enumerate(envelope.bad, start=len(envelope.posts)):
        problems.append(_told(index, raw))
    return Decoded(source=envelope.source, posts=tuple(posts), refused=tuple(problems))


def _opened(data: bytes) -> Envelope:
    try:
        return _envelope.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        if b"\\u" in data:
            with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError, TypeError, AttributeError):
                return _salvaged(data)
        found = rejection(error)
        reason = "bad_encoding" if found.reason == "bad_encoding" else "not_a_page"
        raise Rejected(reason, found.detail) from error


def _salvaged(data: bytes) -> Envelope:
    """Read a page in which half a character is escaped: msgspec refuses all of it, but only one item need be lost."""

    def raw(item: object) -> Raw:
        try:
            return Raw(_encoder.encode(item))
        except UnicodeEncodeError:
            return Raw(b'{"text":"\xff"}')  # what the item's own reading will call bad_encoding

    page = json.loads(data)
    lists = {name: [raw(item) for item in page.pop(name)] for name in ("posts", "bad") if name in page}
    envelope = msgspec.convert(page, Envelope)
    return Envelope(envelope.v, envelope.source, **lists)


def _read(raw: Raw, size: int) -> Post:
    if size > ITEM_BYTES:
        raise Rejected("too_large", f"{size} bytes")
    try:
        return _post.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        found = rejection(error)
        raise Rejected("field_type" if found.reason == "not_a_page" else found.reason, found.detail) from error


def _told(index: int, raw: Raw) -> Problem:
    """Read an item that its source already rejected; what it says is checked like everything else."""
    size = len(memoryview(raw))
    try:
        item = _bad.decode(raw) if size <= ITEM_BYTES else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        item = None
    if item is None or item.reason not in REASONS:
        return Problem(index=index, reason="field_type", detail="an unreadable bad item", size=size)
    return Problem(
        index=index, reason=item.reason, detail=item.detail[:DETAIL_LIMIT], ref=reference(item.ref), size=size,
        told=True,
    )  # fmt: skip


def reference(native_id: str) -> str:
    """Return what a dead letter may say of where it came from: a plain id as it is, anything else as a digest."""
    if not native_id or PLAIN.fullmatch(native_id):
        return native_id
    return digest("ref", native_id)


def check(post: Post, *, source: str, now_ms: int, future_ms: int) -> None:
    """Raise Rejected if a post can't be stored as it is: the checks that types don't make."""
    if post.source != source:
        raise Rejected("field_type", "source is not that of its page")
    if not post.native_id.strip():
        raise Rejected("field_missing", "native_id is empty")
    if len(post.native_id) > ID_LIMIT or len(post.parent) > ID_LIMIT:
        raise Rejected("too_large", f"native_id or parent of more than {ID_LIMIT} characters")
    size = len(post.text) + len(post.title)
    if size > TEXT_LIMIT:
        raise Rejected("too_large", f"{size} characters, at most {TEXT_LIMIT}")
    if BLANK.fullmatch(post.text) and BLANK.fullmatch(post.title):
        raise Rejected("empty", "neither text nor title")
    if post.status and post.status not in STATUSES:
        raise Rejected("field_type", f"status is none of {', '.join(STATUSES)}")
    if post.posted_at > now_ms + future_ms:
        raise Rejected("future", f"posted_at is more than {future_ms // 1000} s ahead")
    if post.posted_at < TOO_OLD:
        raise Rejected("too_old", "posted_at is before 2000")
    if not (0 <= post.likes < COUNT_LIMIT and 0 <= post.dislikes < COUNT_LIMIT and 0 <= post.version < COUNT_LIMIT):
        raise Rejected("field_type", "likes, dislikes or version is out of range")
