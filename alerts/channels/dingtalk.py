"""A DingTalk group robot (钉钉自定义机器人), signed: the sign goes into the address, with the time in ms."""

from __future__ import annotations

import base64
import hashlib
import hmac

from alerts.channels.base import Channel, numbers, part, parts_of, plain
from alerts.channels.codes import DINGTALK, answered, judged
from alerts.channels.web import JSON, TIMEOUT, ask, packed
from alerts.notices import Notice
from streams.clock import Clock, SystemClock, ms

TEXT_BYTES = 18_000
"""Longest text of a part, in bytes: a robot takes 20,000 for the whole body (errcode 460101 above)."""


def sign(secret: str, timestamp: int) -> str:
    """Return the sign of a moment (ms UTC): HMAC-SHA256 by the secret over time and secret, base64."""
    text = f"{timestamp}\n{secret}"
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class DingTalk(Channel):
    """Sends a notice as markdown to one robot; long ones in numbered parts."""

    name = "dingtalk"
    per_minute = 20

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
        text = part(self._parts(notice), piece)
        body = {"msgtype": "markdown", "markdown": {"title": notice.subject[:100], "text": text}}
        params = {}
        if self._secret:
            now = ms(self._wall.now())
            params = {"timestamp": str(now), "sign": sign(self._secret, now)}
        answer = await ask(
            "POST", self._url, params=params, content=packed(body), headers={"Content-Type": JSON},
            seconds=self._seconds,
        )  # fmt: skip
        found = answered(self.name, answer)
        wrong = judged(self.name, DINGTALK, found["errcode"], found["errmsg"])
        if wrong:
            raise wrong

    @staticmethod
    def _parts(notice: Notice) -> list[str]:
        """Return the parts; a line feed alone is no new line in its markdown."""
        return parts_of("\n\n".join([f"#### {plain(notice.subject)}", *map(plain, notice.lines)]), TEXT_BYTES)
