"""A WeChat message push (XML) to a post: who wrote is never read, documents with a DOCTYPE are refused unread.

The shape is that of developers.weixin.qq.com, message push, plain or already decrypted: `MsgType, CreateTime (s),
Content, MsgId`, and `MsgDataId, Idx` where somebody wrote from an article (Idx starts at 1 there, at 0 in comments).
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from analyzers.masking import mask
from streams.codec import BLANK
from streams.errors import Rejected
from streams.records import Post
from streams.sources.times import parse_time

LARGEST = 64 * 1024
"""Bytes of one push; a text message has at most 2,048 bytes of content."""
KEPT = frozenset({"MsgType", "CreateTime", "Content", "MsgId", "MsgDataId", "Idx"})
"""The elements that are read. `FromUserName` (who wrote), places, pictures and voices are not among them."""


def push_post(xml: bytes) -> Post | None:
    """Return a pushed text message as a masked post; None for what is no text (an event, a picture, a place).

    WeChat sends the same message up to four times: its `MsgId` makes the same id. Raises Rejected.
    """
    values = _kept(xml)
    if values.get("MsgType") != "text":
        return None
    native, text = values.get("MsgId", ""), values.get("Content", "").strip()
    if not (native.isascii() and native.isdigit()):
        raise Rejected("field_missing", "MsgId is missing")
    if BLANK.fullmatch(text):
        raise Rejected("empty", "no text")
    return Post(
        source="wechat",
        native_id=f"push:{native}",
        posted_at=parse_time(values.get("CreateTime", "")),
        text=mask(text).text,
        kind="message",
        parent=_parent(values),
    )


def _parent(values: dict[str, str]) -> str:
    """Return the article from which somebody wrote, named as its comments name it."""
    article, place = values.get("MsgDataId", ""), values.get("Idx", "1") or "1"
    if not (article.isascii() and article.isdigit() and place.isascii() and place.isdigit()):
        return ""
    return f"{article[:32]}:{max(0, int(place[:4]) - 1)}"


def _kept(xml: bytes) -> dict[str, str]:
    """Return the texts of the kept elements below the root; all others are passed over unread."""
    if len(xml) > LARGEST:
        raise Rejected("too_large", f"{len(xml)} bytes, at most {LARGEST}")
    parts: dict[str, list[str]] = {}
    path: list[str] = []

    def start(name: str, _: Any) -> None:
        path.append(name)
        if len(path) == 2 and name in KEPT and name in parts:
            raise Rejected("field_type", f"{name} is there twice")
        if len(path) == 2 and name in KEPT:
            parts[name] = []

    def words(data: str) -> None:
        if len(path) == 2 and path[1] in KEPT:
            parts[path[1]].append(data)

    def doctype(*_: Any) -> None:
        raise Rejected("not_a_page", "an XML document with a DOCTYPE")

    parser = expat.ParserCreate()  # entities are declared in a DOCTYPE only, and its beginning ends the reading
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = words
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Rejected("not_a_page", "not XML that can be read") from None  # expat's words could hold the input's
    return {name: "".join(words).strip() for name, words in parts.items()}
