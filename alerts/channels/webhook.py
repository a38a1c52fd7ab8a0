"""A webhook of one's own: each notice as JSON, with the notice's id as idempotency key."""

from __future__ import annotations

from alerts.channels.base import Channel
from alerts.channels.web import TIMEOUT, post
from alerts.notices import Notice


class Webhook(Channel):
    """Posts a notice as JSON; a 2xx answer is delivery."""

    name = "webhook"
    per_minute = 0

    def __init__(self, url: str, *, seconds: float = TIMEOUT) -> None:
        """Keep the URL, which may hold a key. seconds: how long to wait for an answer."""
        self._url, self._seconds = url, seconds

    async def send(self, notice: Notice, piece: str) -> None:
        """Deliver a notice. Raises Unavailable or Refused."""
        del piece
        body = {
            "id": notice.id, "alert": notice.alert, "kind": notice.kind, "at": notice.at,
            "subject": notice.subject, "text": "\n".join(notice.lines),
        }  # fmt: skip
        await post(self._url, body, seconds=self._seconds)
