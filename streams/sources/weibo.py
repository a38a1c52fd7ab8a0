"""Weibo: comments to own accounts' posts, and comments and posts that mention them (API v2, newest first).

A walk goes from the newest down to the newest of the walk before, page by page by `max_id`, so that nothing shifts
between pages; only a walk that has come to its end moves the mark. What wrote, where and with what is never copied.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from streams.clock import beijing
from streams.records import BadItem, Kind, digest
from streams.sources.base import Away, Batch, Denied, Raw, decoded, posts_of
from streams.sources.calls import Answer, Reader

Read = Literal["comments_to_me", "comments_mentions", "statuses_mentions"]
COUNT = 50
"""Items of a page, the most that the platform gives."""
PAUSE = 1.0
"""Seconds between two pages: a test account has 150 calls an hour, a walk seldom has two pages."""
EXPIRED = frozenset({21314, 21315, 21316, 21317, 21319, 21327, 21332})
"""Tokens that are used up, expired, revoked or no token."""
LIMITED = frozenset({10004, 10022, 10023, 10024})
"""Too many calls by this address or account; counted by the clock hour."""
NO_RIGHT = frozenset({10005, 10006, 10007, 10014, 10015, 10016, 10017, 21301, 21321})
"""The application may not make this call, or not so."""


class _Above(Struct):
    """The post that a comment stands below: its id, and nothing else."""

    id: int | str = 0
    idstr: str = ""


class _Item(Struct):
    """What is copied from a comment or a post. Not copied: user, geo, annotations, source, pictures, replies."""

    id: int | str = 0
    idstr: str | None = ""
    mid: int | str | None = ""
    created_at: str | None = ""
    text: str | None = ""
    status: _Above | str | None = None


class _Answer(Struct):
    """Items unread: one that can't be read fails alone."""

    comments: list[msgspec.Raw] | None = None
    statuses: list[msgspec.Raw] | None = None


class _Error(Struct):
    """The platform's code; what it says in words is not read."""

    error_code: int | str = 0


class _Whose(Struct):
    uid: int | str = 0


class _Token(Struct):
    access_token: str = ""


class Walk(Struct, frozen=True):
    """Where a walk is: everything up to `since` is done; this walk began at `top` and has come down to `below`."""

    since: int = 0
    top: int = 0
    below: int = 0


class Access:
    """The token of one own account: checked to be its own before its first use, renewed where the platform lets us."""

    def __init__(self, reader: Reader, uid: str, token: str, *, renewal: dict[str, str] | None = None) -> None:
        """Keep the token. renewal: `client_id`, `client_secret`, `refresh_token` where the platform gave one."""
        self.reader, self.uid, self.value, self.renewal = reader, uid, token, renewal
        self.known = False

    async def token(self) -> str:
        """Return the token, known to belong to the registered account. Raises Away, Denied (not_ours)."""
        if not self.known:
            answer = await self.reader.ask("weibo.uid", query={"access_token": self.value})
            _refuse(answer)
            found = str(decoded(_whose, answer.body).uid)
            if found != self.uid:
                raise Denied("not_ours", "the token belongs to another account than the registered one")
            self.known = True
        return self.value

    async def renew(self) -> None:
        """Fetch a new token. Raises Denied (token) where only a person can: by authorising anew."""
        self.known = False
        if self.renewal is None:
            raise Denied("token", "the token has expired; authorise the account anew and put the new token in the file")
        answer = await self.reader.ask("weibo.token", form={**self.renewal, "grant_type": "refresh_token"})
        _refuse(answer)
        self.value = decoded(_token, answer.body).access_token
        if not self.value:
            raise Denied("token", "the platform gave no new token; authorise the account anew")


class Weibo:
    """One list of one own account."""

    source = "weibo"

    def __init__(self, account: str, read: Read, access: Access, *, pause: float = PAUSE) -> None:
        """Take the account's label, which list to read, and its token. pause: seconds between pages."""
        self.name, self.read, self.access, self.pause = f"weibo:{account}:{read}", read, access, pause
        self.kind: Kind = "post" if read == "statuses_mentions" else "comment"

    async def pages(self, checkpoint: str, now: datetime) -> AsyncIterator[Batch]:
        """Yield what is newer than the walk before, newest first. Raises Away, Denied."""
        walk = decoded(_walk, checkpoint.encode()) if checkpoint else Walk()
        while True:
            raws = await self._page(walk, now)
            read = [_raw(raw, self.kind, parent=self.read == "comments_to_me") for raw in raws]
            ids = [number for number, _ in read if number]
            if raws and not ids:  # where it lies in the list can't be known, so neither what is below it
                raise Away("bad_answer", f"{self.read}: a page without any id")
            fresh = {number for number in ids if number > walk.since and (not walk.below or number < walk.below)}
            if fresh:
                at = Walk(walk.since, max(walk.top, *fresh), min(fresh))
                yield self._batch([one for number, one in read if number in fresh or not number], at)
                walk = at
                await asyncio.sleep(self.pause)
                continue
            again = bool(walk.below) and any(number >= walk.below for number in ids)
            left = [one for number, one in read if not number or (again and number > walk.top)]
            if left:
                yield self._batch(left, walk)
            if again:  # what lies below was not seen, so the mark stays where it is
                raise Away("paging", f"{self.read}: the same page came again")
            if walk.top:
                yield self._batch([], Walk(since=walk.top))
            return

    def _batch(self, raws: list[Raw | BadItem], walk: Walk) -> Batch:
        return Batch(posts_of(raws, source=self.source, kind=self.kind), msgspec.json.encode(walk).decode())

    async def _page(self, walk: Walk, now: datetime) -> list[msgspec.Raw]:
        query = {"count": str(COUNT), "page": "1", "since_id": str(walk.since)}
        if walk.below:
            query["max_id"] = str(walk.below - 1)
        for last in (False, True):
            try:
                query["access_token"] = await self.access.token()
                answer = await self.access.reader.ask(f"weibo.{self.read}", query=query)
                _refuse(answer, now)
            except Denied as error:
                if error.kind != "token" or last:
                    raise
                await self.access.renew()
            else:
                break
        if answer.body.strip() == b"[]":  # what it says instead of an empty list
            return []
        found = decoded(_answer, answer.body)
        lists = found.statuses if self.kind == "post" else found.comments
        if lists is None:
            raise Away("bad_answer", f"{self.read}: an answer without its list")
        return lists

    async def aclose(self) -> None:
        """Close connections."""
        await self.access.reader.aclose()


_walk = msgspec.json.Decoder(Walk)
_answer = msgspec.json.Decoder(_Answer)
_error = msgspec.json.Decoder(_Error)
_above = msgspec.json.Decoder(_Above)
_item = msgspec.json.Decoder(_Item)
_whose = msgspec.json.Decoder(_Whose)
_token = msgspec.json.Decoder(_Token)


def _refuse(answer: Answer, now: datetime | None = None) -> None:
    """Raise what the platform's code means; one table for all calls."""
    code = 0
    if answer.body.lstrip()[:1] == b"{":
        try:
            code = int(decoded(_error, answer.body).error_code)
        except (ValueError, Away):
            code = 0
    if answer.status == 200 and not code:
        return
    said = f"Weibo answered code {code}, HTTP {answer.status}"
    if code in EXPIRED or (answer.status == 401 and not code):
        raise Denied("token", said)
    if code in LIMITED:
        rest = 3600.0 - (beijing(now).minute * 60 + beijing(now).second) if now else 600.0
        raise Away("rate_limited", said, after=rest)
    if code in NO_RIGHT or (answer.status == 403 and not code):
        raise Denied("no_right", f"{said}; the application needs the right to this call")
    raise Away("busy" if code else "bad_answer", said)


def _raw(raw: msgspec.Raw, kind: Kind, *, parent: bool) -> tuple[int, Raw | BadItem]:
    """Return an item's number for paging (0: none) and what is copied of it."""
    try:
        item = _item.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _unread(raw)
    number = next((int(text) for text in _ids(item.id, item.idstr, item.mid)), 0)
    above = item.status if parent and isinstance(item.status, _Above) else _Above()
    prefix = "status" if kind == "post" else "comment"
    over = next(_ids(above.id, above.idstr), "")
    return number, Raw(
        native_id=f"{prefix}:{number}" if number else "",
        when=item.created_at or "",
        text=item.text or "",
        parent=f"status:{over}" if over else "",
    )


def _unread(raw: msgspec.Raw) -> tuple[int, BadItem]:
    """Return an item that can't be read: with its id if at least that is there, so that the walk goes on below it."""
    try:
        number = next((int(text) for text in _ids(_above.decode(raw).id)), 0)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        number = 0
    ref = str(number or digest("weibo", bytes(raw).hex()))
    return number, BadItem(ref=ref, reason="field_type", detail="an item that is not the documented JSON")


def _ids(*values: int | str | None) -> Iterator[str]:
    """Yield those that are ids: whole numbers above 0 of up to 20 digits, as text."""
    for value in values:
        text = str(value or "").strip()
        if text.isascii() and text.isdigit() and 0 < int(text[:21]) < 10**20:
            yield text
