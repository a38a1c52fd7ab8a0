"""A Feishu group robot (飞书自定义机器人), signed: the sign goes into the body, with the time in seconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from alerts.channels.base import Channel, numbers, part, parts_of
from alerts.channels.codes import FEISHU, answered, judged
from alerts.channels.web import TIMEOUT, post
from alerts.notices import Notice
from streams.clock import Clock, SystemClock, ms

TEXT_BYTES = 12_000
"""Longest text of a part, in bytes: a robot takes 20 KB for the whole body, in which each line has its own brackets."""


def sign(secret: str, timestamp: int) -> str:
    """Return the sign of a moment (s UTC): HMAC-SHA256 over nothing, by time and secret as the key, base64."""
    return base64.b64encode(hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


class Feishu(Channel):
    """Sends a notice as rich text (post) to one robot; it reads no markdown, so nothing a stranger wrote is a link."""

    name = "feishu"
    per_minute = 100

    def __init__(
        self, url: str, secret: str = "", *, seconds: float = TIMEOUT, wall: Clock | None = None
    ) -> None:
        """Keep the robot's URL and its secret. seconds: how long to wait for an answer; wall: the machine's clock."""
        self._url, self._secret, self._seconds, self._wall = url, secret, seconds, wall or SystemClock()

    def pieces(self, notice: Notice) -> tuple[str, ...]:
        """Return the parts' numbers."""
        return numbers(len(self._parts(notice)))

    async def send(self, notice: Notice, piece: str) -> None:
        """Deliver one part. Raises Unavailable, Busy or Refused."""
        rows = [[_run(line)] for line in part(self._parts(notice), piece).splitlines() if line]
        post_ = {"zh_cn": {"title": notice.subject[:200], "content": rows}}
        body: dict[str, Any] = {"msg_type": "post", "content": {"post": post_}}
        if self._secret:
            now = ms(self._wall.now()) // 1000
            body = {"timestamp": str(now), "sign": sign(self._secret, now), **body}
        found = answered(self.name, await post(self._url, body, seconds=self._seconds), code="code", said="msg")
        wrong = judged(self.name, FEISHU, found["errcode"], found["errmsg"])
        if wrong:
            raise wrong

    @staticmethod
    def _parts(notice: Notice) -> list[str]:
        return parts_of("\n".join(notice.lines), TEXT_BYTES)


def _run(line: str) -> dict[str, str]:
    if line.startswith(("http://", "https://")):
        return {"tag": "a", "text": "打开控制台", "href": line.partition("（")[0]}
    return {"tag": "text", "text": line}
