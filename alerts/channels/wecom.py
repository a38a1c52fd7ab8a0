"""A WeCom group robot (企业微信群机器人): it answers HTTP 200 to everything, only `errcode` says what it did."""

from __future__ import annotations

from alerts.channels.base import parts_of
from alerts.channels.web import TIMEOUT, post
from alerts.notices import Notice
from streams.errors import Refused, Unavailable

MARKDOWN_BYTES = 4096
"""Longest markdown text of a robot, in bytes (errcode 40058 above; notes on peers, part B.6)."""
TRY_AGAIN = frozenset({-1, 45009, 45033})
"""-1: the system is busy; 45009: more than 20 a minute; 45033: too many at once."""


class WeCom:
    """Sends a notice as markdown to one robot; long ones in numbered parts."""

    name = "wecom"
    per_minute = 20

    def __init__(self, url: str, *, seconds: float = TIMEOUT) -> None:
        """Keep the robot's URL, which holds its key. seconds: how long to wait for an answer."""
        self._url, self._seconds = url, seconds

    async def send(self, notice: Notice) -> None:
        """Deliver a notice. Raises Unavailable or Refused."""
        text = "\n".join([f"**{notice.subject}**", *notice.lines])
        for part in parts_of(text, MARKDOWN_BYTES):
            body = {"msgtype": "markdown", "markdown": {"content": part}}
            answer = await post(self._url, body, seconds=self._seconds)
            try:
                found = answer.json()
                code, said = int(found["errcode"]), str(found.get("errmsg", ""))[:100]
            except (ValueError, KeyError, TypeError) as error:
                raise Unavailable("the robot's answer has no errcode") from error
            if code in TRY_AGAIN:
                raise Unavailable(f"the robot answered errcode {code}: {said}")
            if code:
                raise Refused(f"the robot answered errcode {code}: {said}")
