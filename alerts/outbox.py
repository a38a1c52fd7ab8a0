"""The outbox: notices are stored, sent, and what became of them is stored; nothing is lost, and nobody is told twice.

Two senders never send the same notice: who writes `sending` first sends it. One that stays `sending` for a minute is
unknown (its sender died) and is sent again with the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

import msgspec

from alerts import queries
from alerts.channels.base import Channel
from alerts.notices import SENDING_MS, Notice
from streams.clock import Clock, ms
from streams.elastic import Elastic, Version
from streams.errors import Conflict, HuiyingError, Retryable
from streams.topics import NOTICES

FIRST_PAUSE_MS = 2_000
LONGEST_PAUSE_MS = 300_000
AT_ONCE = 50
log = logging.getLogger("huiying.notices")


def pause(tries: int) -> int:
    """Return how long to wait after so many tries, ms: 2 s doubled each time, five minutes at most."""
    return min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << max(0, min(tries - 1, 20)))


class Outbox:
    """Stored notices and the channels they go through."""

    def __init__(self, elastic: Elastic, channels: Sequence[Channel], *, tries: int = 6) -> None:
        """Keep the gateway and the channels; tries: how often a notice is tried before it counts as failed."""
        self.elastic, self.tries = elastic, tries
        self.channels = {channel.name: channel for channel in channels}

    @property
    def names(self) -> tuple[str, ...]:
        """The channels a notice goes to."""
        return tuple(self.channels)

    async def add(self, notice: Notice) -> None:
        """Store a notice that is to be sent; one that is there already stays as it is."""
        try:
            await self.elastic.create(NOTICES.name, notice.id, msgspec.to_builtins(notice), refresh=True)
        except Conflict:
            return

    async def deliver(self, clock: Clock) -> int:
        """Send the notices whose turn it is; return how many were delivered. Raises Unavailable of the store."""
        answer = await self.elastic.search(NOTICES.name, queries.waiting(ms(clock.now()), AT_ONCE))
        sent = 0
        for hit in answer["hits"]["hits"]:
            notice = msgspec.convert(hit["_source"], Notice)
            sent += await self._send(notice, Version(hit["_seq_no"], hit["_primary_term"]), clock)
        return sent

    async def _send(self, notice: Notice, version: Version, clock: Clock) -> bool:
        tries = notice.tries + 1
        now = ms(clock.now())
        taken = msgspec.structs.replace(notice, state="sending", tries=tries, next_at=now + SENDING_MS)
        try:
            version = await self._put(taken, version)
        except Conflict:
            return False  # another sender has it
        after = await self._tried(taken, clock)
        try:
            await self._put(after, version)
        except Conflict:
            log.warning("notice %s was changed by another sender while it was sent", notice.id)
        return after.state == "sent"

    async def _tried(self, notice: Notice, clock: Clock) -> Notice:
        """Send once and return what became of it."""
        channel = self.channels.get(notice.channel)
        if channel is None:
            return msgspec.structs.replace(notice, state="failed", error="this channel is no longer set up")
        try:
            await channel.send(notice)
        except Retryable as error:
            if notice.tries < self.tries:
                log.warning("%s: %s; trying again", notice.channel, error)
                return _waiting(notice, str(error), clock.now())
            return _failed(notice, f"{error}; tried {notice.tries} times")
        except HuiyingError as error:
            return _failed(notice, str(error))
        except Exception as error:  # noqa: BLE001 - a bug in one channel must not stop the others
            return _failed(notice, type(error).__name__)
        return msgspec.structs.replace(notice, state="sent", sent_at=ms(clock.now()), error="")

    async def _put(self, notice: Notice, version: Version) -> Version:
        return await self.elastic.put(
            NOTICES.name, notice.id, msgspec.to_builtins(notice), version=version, refresh=True
        )


def _waiting(notice: Notice, error: str, now: datetime) -> Notice:
    next_at = ms(now) + pause(notice.tries)
    return msgspec.structs.replace(notice, state="pending", error=error[:300], next_at=next_at)


def _failed(notice: Notice, error: str) -> Notice:
    log.error("%s: notice %s was not delivered: %s", notice.channel, notice.id, error)
    return msgspec.structs.replace(notice, state="failed", error=error[:300])
