"""One order that comes by another door than `POST /v1/posts`: read, masked, limited and sent as every post is."""

from __future__ import annotations

import msgspec

from streams.clock import monotonic
from streams.errors import Rejected
from streams.gateway.intake import Opened, judged
from streams.gateway.limits import Limits
from streams.gateway.sending import Sink
from streams.gateway.settings import GatewaySettings
from streams.records import Post
from streams.sources.base import packed


class Single:
    """The way in for single orders of one source; each sender has its own limits."""

    def __init__(self, sink: Sink, settings: GatewaySettings, *, source: str, future_ms: int) -> None:
        """Keep the way to Kafka and how much a sender may send."""
        self.sink, self.source, self.future_ms = sink, source, future_ms
        self.seconds, self.limits = settings.gateway_acknowledge, Limits(settings)

    async def take(self, sender: str, native_id: str, *, title: str, text: str, now: int) -> Post:
        """Return the post that an order of `now` (ms UTC) became, once Kafka has it.

        Raises Rejected if its words can't be taken, Problem for too much at once, Unavailable while Kafka is away.
        """
        self.limits.enter(sender, monotonic())
        item = {"native_id": native_id, "posted_at": now, "kind": "order", "title": title, "text": text}
        found = Opened(self.source, (msgspec.Raw(msgspec.json.encode(item)),), "")
        taken = judged(found, source=self.source, now_ms=now, future_ms=self.future_ms)
        post = taken.items[0]
        if not isinstance(post, Post):
            raise Rejected(post.reason, post.detail)
        self.limits.took(sender, monotonic(), posts=1, bad=0)
        await self.sink.send(self.source, list(packed(self.source, taken.items)), self.seconds)
        return post
