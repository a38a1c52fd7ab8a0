"""A webhook of one's own: each notice as JSON, with the notice's id as idempotency key, signed where a secret is set.

A receiver checks `X-Huiying-Signature`: `sha256=` and the hex HMAC-SHA256 by the secret over the value of
`X-Huiying-Timestamp` (seconds), a line feed, and the body's bytes; it refuses what is older than a few minutes. `to`
lists by the receiver's own names those of the notice's people who have one in the rota, so that it can pass it on.
"""

from __future__ import annotations

import hashlib
import hmac

from alerts.channels.base import Channel
from alerts.channels.web import JSON, TIMEOUT, ask, packed
from alerts.directory import Directory
from alerts.notices import Notice
from streams.clock import Clock, SystemClock, ms


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the header's value for a body that is sent at a moment (s UTC)."""
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}\n".encode() + body, hashlib.sha256).hexdigest()


class Webhook(Channel):
    """Posts a notice as JSON; a 2xx answer is delivery."""

    name = "webhook"
    per_minute = 0

    def __init__(
        self,
        url: str,
        secret: str = "",
        *,
        seconds: float = TIMEOUT,
        wall: Clock | None = None,
        book: Directory | None = None,
    ) -> None:
        """Keep the URL, which may hold a key.

        seconds: how long to wait for an answer; wall: the machine's clock; book: how the receiver knows the officers.
        """
        self._url, self._secret, self._seconds, self._wall = url, secret, seconds, wall or SystemClock()
        self._book = book or Directory()

    async def send(self, notice: Notice, piece: str) -> None:
        """Deliver a notice. Raises Unavailable, Busy or Refused."""
        del piece
        body = packed({
            "id": notice.id, "alert": notice.alert, "kind": notice.kind, "at": notice.at,
            "subject": notice.subject, "text": "\n".join(notice.lines),
            "to": [self._book.address(self.name, key) for key in self._book.reached(self.name, notice.to)],
        })  # fmt: skip
        headers = {"Content-Type": JSON, "Idempotency-Key": notice.id}
        if self._secret:
            now = ms(self._wall.now()) // 1000
            headers |= {"X-Huiying-Timestamp": str(now), "X-Huiying-Signature": signature(self._secret, now, body)}
        await ask("POST", self._url, content=body, headers=headers, seconds=self._seconds)
