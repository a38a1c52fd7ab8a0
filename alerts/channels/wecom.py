"""A WeCom group robot (企业微信群机器人): it answers HTTP 200 to everything, only `errcode` says what it did."""

from __future__ import annotations

from alerts.channels.base import Channel, numbers, part, parts_of, plain
from alerts.channels.codes import WECOM, answered, judged
from alerts.channels.web import TIMEOUT, post
from alerts.notices import Notice

MARKDOWN_BYTES = 4096
"""Longest markdown text of a robot, in bytes (errcode 40058 above; notes on peers, part B.6)."""


class WeCom(Channel):
    """Sends a notice as markdown to one robot; long ones in numbered parts."""

    name = "wecom"
    per_minute = 20

    def __init__(self, url: str, *, seconds: float = TIMEOUT) -> None:
        """Keep the robot's URL, which holds its key. seconds: how long to wait for an answer."""
        self._url, self._seconds = url, seconds

    def pieces(self, notice: Notice) -> tuple[str, ...]:
        """Return the parts' numbers."""
        return numbers(len(self._parts(notice)))

    async def send(self, notice: Notice, piece: str) -> None:
        """Deliver one part. Raises Unavailable, Busy or Refused."""
        body = {"msgtype": "markdown", "markdown": {"content": part(self._parts(notice), piece)}}
        found = answered(self.name, await post(self._url, body, seconds=self._seconds))
        wrong = judged(self.name, WECOM, found["errcode"], found["errmsg"])
        if wrong:
            raise wrong

    @staticmethod
    def _parts(notice: Notice) -> list[str]:
        return parts_of("\n".join([f"**{plain(notice.subject)}**", *map(plain, notice.lines)]), MARKDOWN_BYTES)
