"""A WeCom app (企业微信自建应用): it writes to each person by himself, with a token that is kept until it runs out."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from alerts.ack_link import AckLinks
from alerts.channels.base import Channel, NoReceiver, numbers, part, parts_of
from alerts.channels.codes import WECOM, Fate, answered, judged
from alerts.channels.web import JSON, TIMEOUT, ask, packed
from alerts.directory import Directory
from alerts.notices import Notice
from alerts.settings import WeComAppSettings
from streams.clock import Clock, SystemClock
from streams.errors import Refused

TEXT_BYTES = 2048
"""Longest text of an app's message, in bytes; what is over is cut off by WeCom without a word."""
EARLY = timedelta(minutes=5)
"""A token is fetched anew so long before it runs out."""
SAME_FOR = 1800
"""Seconds for which WeCom itself drops the same text to the same person: an answer that was lost tells nobody twice."""


class WeComApp(Channel):
    """Sends a notice as text to each receiver, in parts; delivery is errcode 0 with nobody among the invalid users."""

    name = "wecom_app"
    per_minute = 30

    def __init__(
        self,
        settings: WeComAppSettings,
        *,
        seconds: float = TIMEOUT,
        wall: Clock | None = None,
        links: AckLinks | None = None,
        book: Directory | None = None,
    ) -> None:
        """Keep the settings.

        seconds: how long to wait for an answer; wall: the machine's clock; links: for signing; book: officers' ids.
        """
        self._links, self._book = links, book or Directory()
        self._settings, self._seconds, self._wall = settings, seconds, wall or SystemClock()
        self._token: tuple[str, datetime] | None = None
        self._lock = asyncio.Lock()

    def pieces(self, notice: Notice) -> tuple[str, ...]:
        """Return each receiver (the notice's own by key, else the settings') with each part's number.

        Raises Refused if there is nobody to write to.
        """
        listed = (one.strip() for one in self._settings.wecom_app_to.split(",") if one.strip())
        people = self._book.reached(self.name, notice.to) or tuple(listed)
        if not people:
            raise Refused("nobody to write to: neither the rota nor HUIYING_WECOM_APP_TO has a user id")
        return tuple(
            f"{person} {key}"
            for person in dict.fromkeys(people)
            for key in numbers(len(self._parts(notice, person)))
        )

    async def send(self, notice: Notice, piece: str) -> None:
        """Deliver one part to one receiver. Raises Unavailable, Busy, NoReceiver or Refused."""
        person, _, key = piece.rpartition(" ")
        body = {
            "touser": self._book.address(self.name, person) or person,
            "msgtype": "text", "agentid": self._settings.wecom_app_agent,
            "text": {"content": part(self._parts(notice, person), key)},
            "enable_duplicate_check": 1, "duplicate_check_interval": SAME_FOR,
        }  # fmt: skip
        found = await self._asked(body)
        if WECOM.get(found["errcode"]) is Fate.TOKEN:
            self._token = None
            found = await self._asked(body)
        wrong = judged("wecom", WECOM, found["errcode"], found["errmsg"])
        if wrong:
            raise wrong
        if found.get("invaliduser"):
            raise NoReceiver("wecom knows no such user, or the app may not write to him")

    async def token(self) -> str:
        """Return a token that is good for a while; fetched only when the last one runs out."""
        async with self._lock:
            now = self._wall.now()
            if self._token is None or self._token[1] <= now:
                given = self._settings
                params = {"corpid": given.wecom_app_corp, "corpsecret": given.wecom_app_secret}
                url = f"{given.wecom_app_api.rstrip('/')}/cgi-bin/gettoken"
                found = answered("wecom", await ask("GET", url, params=params, seconds=self._seconds))
                wrong = judged("wecom", WECOM, found["errcode"], found["errmsg"])
                if wrong:
                    raise wrong
                lasts = timedelta(seconds=int(found.get("expires_in", 7200)))
                self._token = (str(found.get("access_token", "")), now + max(lasts - EARLY, lasts / 2))
            return self._token[0]

    async def _asked(self, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._settings.wecom_app_api.rstrip('/')}/cgi-bin/message/send"
        params = {"access_token": await self.token()}
        answer = await ask(
            "POST", url, params=params, content=packed(body), headers={"Content-Type": JSON}, seconds=self._seconds
        )
        return answered("wecom", answer)

    def _parts(self, notice: Notice, person: str) -> list[str]:
        """Return the parts; `<` is written wide, for its text reads `<a href=...>` as a link."""
        text = "\n".join([notice.subject, *notice.lines]).replace("<", "＜")
        sign = self._links.line(notice, person) if self._links else ""
        if sign:
            text += f"\n签收（仅限本人，请勿转发）：\n{sign}\n链接过期后请登录控制台签收。"
        return parts_of(text, TEXT_BYTES)
