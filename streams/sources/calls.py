"""Every call that Huiying can make to a platform, and the one door through which they go.

All of them read; two fetch a token. There is no other way out: only this file of the sources imports an HTTP client,
and it takes nothing but a row of `CALLS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from msgspec import Struct

from streams.errors import Misconfigured
from streams.sources.base import Away, Denied

SECONDS = 30.0
"""For one whole answer; the platforms answer in well under one."""
LARGEST = 8 * 1024 * 1024
"""Bytes of one answer; 50 comments with everything around them have about 200 KB."""
LONGEST_REST = 3600.0


class Call(Struct, frozen=True):
    """One call of one platform."""

    platform: Literal["weibo", "wechat"]
    method: Literal["GET", "POST"]
    path: str


CALLS: dict[str, Call] = {
    "weibo.uid": Call("weibo", "GET", "/2/account/get_uid.json"),
    "weibo.comments_to_me": Call("weibo", "GET", "/2/comments/to_me.json"),
    "weibo.comments_mentions": Call("weibo", "GET", "/2/comments/mentions.json"),
    "weibo.statuses_mentions": Call("weibo", "GET", "/2/statuses/mentions.json"),
    "weibo.token": Call("weibo", "POST", "/oauth2/access_token"),
    "wechat.token": Call("wechat", "POST", "/cgi-bin/stable_token"),
    "wechat.comments": Call("wechat", "POST", "/cgi-bin/comment/list"),
}
HOSTS = {"weibo": "https://api.weibo.com", "wechat": "https://api.weixin.qq.com"}


class Answer(Struct, frozen=True):
    """What came back, unread."""

    status: int
    body: bytes


class Reader:
    """Makes the calls of one platform; nothing of an address, a token or an answer is ever in an error."""

    def __init__(self, platform: str, base: str = "", *, seconds: float = SECONDS) -> None:
        """Prepare. base: a relay in one's own network instead of the platform's host. Raises Misconfigured."""
        self.platform, self.seconds, self.base = platform, seconds, (base or HOSTS[platform]).rstrip("/")
        parts = urlsplit(self.base)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise Misconfigured(f"the relay of {platform} must be https://, or on this machine")
        self._client: httpx.AsyncClient | None = None

    async def ask(
        self, name: str, *, query: Mapping[str, str] | None = None, json: Any = None, form: Any = None
    ) -> Answer:
        """Make a call of `CALLS` and return its answer, whatever its status below 500. Raises Away, Denied."""
        call = CALLS[name]
        if call.platform != self.platform:
            raise Misconfigured(f"{name} is no call of {self.platform}")
        if self._client is None:
            # whole answers of any length are never held: they are counted as they come, as they come on the wire
            self._client = httpx.AsyncClient(headers={"Accept-Encoding": "identity"}, timeout=self.seconds)
        try:
            async with (
                asyncio.timeout(self.seconds),
                self._client.stream(
                    call.method, self.base + call.path, params=query, json=json, data=form
                ) as answer,
            ):
                _look(answer)
                body = bytearray()
                async for piece in answer.aiter_raw():
                    body += piece
                    if len(body) > LARGEST:
                        raise Away("bad_answer", f"{name} answered more than {LARGEST} bytes")
                return Answer(answer.status_code, bytes(body))
        except (TimeoutError, httpx.TimeoutException):
            raise Away("slow", f"{name} did not answer within {self.seconds:.0f} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise Away("unreachable", f"{name}: {type(error).__name__}") from None  # its words hold the address

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _look(answer: httpx.Response) -> None:
    """Raise what a status alone says; 400, 401 and 403 come with a code of the platform's, which says more."""
    status = answer.status_code
    if status == 429:
        raise Away("rate_limited", "HTTP 429", after=_rest(answer.headers.get("Retry-After", "")))
    if status >= 500:
        raise Away("busy", f"HTTP {status}")
    if 300 <= status < 400 or status in {404, 405, 410}:
        raise Denied("wrong_address", f"HTTP {status}: this call is not there; see the relay's address, if one is set")
    if answer.headers.get("Content-Encoding", "identity") not in {"", "identity"}:
        raise Away("bad_answer", "an answer packed against our asking")


def _rest(value: str) -> float:
    return min(float(value), LONGEST_REST) if value.isascii() and value.isdigit() else 60.0
