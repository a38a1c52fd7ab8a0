"""WeChat: readers' comments on an own official account's articles (`comment/list`).

The platform says no order and gives places by offset, so each reading goes through an article's whole list; what was
read before is known by its comment numbers, kept as ranges. Who wrote (`openid`) is never copied.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from streams.clock import monotonic
from streams.records import BadItem, digest
from streams.sources.base import Away, Batch, Denied, Raw, decoded, posts_of
from streams.sources.calls import Reader

log = logging.getLogger("huiying.collect")
COUNT = 49
"""Comments of a page: 50 is refused (errcode 88010)."""
PAGES = 2000
"""Pages of one article; an article has seldom more than a hundred comments."""
EARLY = 300.0
"""Seconds before its end at which a token is fetched anew."""
STALE = frozenset({40001, 40014, 41001, 42001})
"""The token is wrong or over: fetch a new one, once."""
LIMITED = frozenset({45009, 45011})
"""Too many calls today, or just now. Both come with HTTP 200."""
NO_TOKEN = frozenset({40002, 40013, 40125, 40164, 41002, 41004, 40243})
"""Wrong app id or secret, or this address is not in the account's list of addresses: only a person can help."""
NO_RIGHT = frozenset({48001, 48004, 50001, 50002})
GONE = frozenset({88000, 88001, 88002, 88008})
"""This article has no comments to read: closed, deleted, restricted."""


class _Comment(Struct):
    """What is copied from a comment. Not copied: openid, reply."""

    user_comment_id: int | str = 0
    create_time: int | str | None = 0
    content: str | None = ""


class _Answer(Struct):
    """Comments unread: one that can't be read fails alone. `errmsg` is not read: it could hold anything."""

    errcode: int = 0
    total: int | str | None = 0
    comment: list[msgspec.Raw] | None = None


class _Token(Struct):
    errcode: int = 0
    access_token: str = ""
    expires_in: float = 0


_comment = msgspec.json.Decoder(_Comment)
_answer = msgspec.json.Decoder(_Answer)
_token = msgspec.json.Decoder(_Token)
_state = msgspec.json.Decoder(dict[str, str])


class AppToken:
    """The access token of one official account, kept until shortly before its end.

    The stable token is asked for, because it stays valid beside those that the account's other systems fetch.
    """

    def __init__(self, reader: Reader, app_id: str, app_secret: str) -> None:
        """Keep id and secret; nothing is asked yet."""
        self.reader, self.app_id, self.app_secret = reader, app_id, app_secret
        self.value, self.until = "", 0.0

    async def get(self, *, anew: bool = False) -> str:
        """Return a token that is valid now. Raises Away, Denied (token)."""
        if anew or monotonic() >= self.until:
            body = {
                "grant_type": "client_credential", "appid": self.app_id, "secret": self.app_secret,
                "force_refresh": anew,
            }  # fmt: skip
            answer = await self.reader.ask("wechat.token", json=body)
            _status(answer.status)
            found = decoded(_token, answer.body)
            _refuse(found.errcode)
            if not found.access_token:
                raise Away("bad_answer", "an answer without a token")
            self.value, self.until = found.access_token, monotonic() + found.expires_in - EARLY
        return self.value


class WeChat:
    """The comments on the articles of one own account."""

    source = "wechat"

    def __init__(self, account: str, token: AppToken, articles: Callable[[], Sequence[str]]) -> None:
        """Take the account's label, its token, and what gives its articles now, each as `msg_data_id:index`."""
        self.name, self.token, self.articles = f"wechat:{account}:comments", token, articles

    async def pages(self, checkpoint: str, now: datetime) -> AsyncIterator[Batch]:
        """Yield comments that were not read before, article by article. Raises Away, Denied."""
        del now
        before = decoded(_state, checkpoint.encode()) if checkpoint else {}
        articles = self.articles()
        state = {article: before.get(article, "") for article in articles}
        for article in articles:
            known = numbers(state[article])
            walked: set[int] = set()
            for page in range(PAGES):
                raws, whole = await self._page(article, page * COUNT)
                read = [_raw(raw, article) for raw in raws]
                fresh = [one for number, one in read if number not in known]
                here = {number for number, _ in read if number}
                known |= here
                if fresh:
                    state[article] = ranges(known)
                    items = posts_of(fresh, source=self.source, kind="comment")
                    yield Batch(items, msgspec.json.encode(state).decode())
                if not raws or here <= walked or (len(raws) < COUNT and page * COUNT + len(raws) >= whole):
                    break  # past the end, the same page again, or plainly the last one
                walked |= here

    async def _page(self, article: str, begin: int) -> tuple[list[msgspec.Raw], int]:
        """Return a page's comments unread, and how many the platform counts; none for an article without comments."""
        ident, _, index = article.partition(":")
        body = {"msg_data_id": int(ident), "index": int(index or 0), "begin": begin, "count": COUNT, "type": 0}
        for last in (False, True):
            query = {"access_token": await self.token.get(anew=last)}
            answer = await self.token.reader.ask("wechat.comments", query=query, json=body)
            _status(answer.status)
            found = decoded(_answer, answer.body)
            if found.errcode not in STALE or last:
                break
        if found.errcode in GONE:
            log.info("%s: article %s has no comments to read (errcode %d)", self.name, article, found.errcode)
            return [], 0
        _refuse(found.errcode)
        total = str(found.total or 0)
        return found.comment or [], int(total) if total.isascii() and total.isdigit() else 0

    async def aclose(self) -> None:
        """Close connections."""
        await self.token.reader.aclose()


def _status(status: int) -> None:
    if status != 200:
        raise Denied("no_right", f"WeChat answered HTTP {status}")


def _refuse(code: int) -> None:
    """Raise what an errcode means; one table for all calls."""
    said = f"WeChat answered errcode {code}"
    if code in LIMITED:
        raise Away("rate_limited", said, after=3600.0 if code == 45009 else 60.0)
    if code in STALE | NO_TOKEN:
        raise Denied("token", f"{said}; check app id, secret and the account's list of addresses")
    if code in NO_RIGHT:
        raise Denied("no_right", f"{said}; the account lacks the right to this call")
    if code:
        raise Away("busy", said)


def _raw(raw: msgspec.Raw, article: str) -> tuple[int, Raw | BadItem]:
    """Return a comment's number in its article (0: none) and what is copied of it."""
    try:
        found = _comment.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        ref = digest("wechat", article, bytes(raw).hex())
        mark = int(ref[:12], 16)  # it too is told once, and not at every reading
        return mark, BadItem(ref=ref, reason="field_type", detail="a comment that is not the documented JSON")
    text = str(found.user_comment_id or 0).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0
    return number, Raw(
        native_id=f"{article}:{number}" if number else "",
        when=found.create_time or "",
        text=found.content or "",
        parent=article,
    )


def ranges(found: Iterable[int]) -> str:
    """Return numbers as `1-500,502`: what a checkpoint keeps."""
    out: list[list[int]] = []
    for number in sorted(found):
        if out and number == out[-1][1] + 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


def numbers(text: str) -> set[int]:
    """Return the numbers of `ranges`."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found
