"""The outbox: notices are stored, sent, and what became of them is stored; nothing is lost, and nobody is told twice.

Two senders never send the same notice: who writes `sending` first sends it. One that stays `sending` for a minute is
unknown (its sender died) and is sent again with the same id, without the pieces that were delivered. Pauses are by the
machine's clock, also in the demo.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime

import msgspec

from alerts.channels.base import Busy, Channel, NoReceiver
from alerts.manager import Reason
from alerts.notices import SENDING_MS, Notice, first_notice_id
from alerts.store import Notices
from streams.clock import Clock, SystemClock, ms
from streams.elastic import Version
from streams.errors import Conflict, HuiyingError, Retryable

FIRST_PAUSE_MS = 2_000
LONGEST_PAUSE_MS = 300_000
AT_ONCE = 50
MINUTE_MS = 60_000
log = logging.getLogger("huiying.notices")


def pause(tries: int) -> int:
    """Return how long to wait after so many tries, ms: 2 s doubled each time, five minutes at most."""
    return min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << max(0, min(tries - 1, 20)))


class Outbox:
    """Stored notices and the channels they go through."""

    def __init__(
        self, notices: Notices, channels: Sequence[Channel], *, tries: int = 6, wall: Clock | None = None
    ) -> None:
        """Keep the notices' store and the channels.

        tries: how often a notice is tried before it counts as failed; wall: the clock of pauses, the machine's.
        """
        self.notices, self.tries, self.wall = notices, tries, wall or SystemClock()
        self.channels = {channel.name: channel for channel in channels}
        self._lately: dict[str, deque[int]] = {name: deque() for name in self.channels}
        self._rests: dict[str, int] = dict.fromkeys(self.channels, 0)

    @property
    def names(self) -> tuple[str, ...]:
        """The channels a notice goes to."""
        return tuple(self.channels)

    async def add(self, notices: Sequence[Notice]) -> None:
        """Store notices that are to be sent; one that is there already stays as it is. Raises Unavailable, Rejected."""
        await self.notices.add(notices)

    async def deliver(self, channel: str, clock: Clock) -> int:
        """Send a channel's notices whose turn it is; return how many were delivered. Raises Unavailable of the store.

        clock: the city's, for when a notice was delivered.
        """
        room = self._room(channel)
        if not room:
            return 0
        due = await self.notices.due(channel, ms(self.wall.now()), room)
        return sum([await self._send(notice, version, clock) for notice, version in due])

    def _room(self, channel: str) -> int:
        """Return how many pieces a channel takes now: receivers drop what is more than they allow in a minute."""
        now = ms(self.wall.now())
        if now < self._rests[channel]:
            return 0
        most, lately = self.channels[channel].per_minute, self._lately[channel]
        while lately and lately[0] <= now - MINUTE_MS:
            lately.popleft()
        return max(0, min(AT_ONCE, most - len(lately))) if most else AT_ONCE

    def _free(self, channel: str) -> int:
        """Return when a channel takes the next piece, ms UTC."""
        lately = self._lately[channel]
        return max(self._rests[channel], lately[0] + MINUTE_MS if lately else 0)

    async def abandon(self) -> int:
        """Let notices fail that wait for a channel which is no longer set up; return how many."""
        lost = await self.notices.lost(self.names)
        for notice, version in lost:
            try:
                await self.notices.put(_failed(notice, "this channel is no longer set up"), version)
            except Conflict:
                continue  # somebody who has the channel sends it
        return len(lost)

    async def _send(self, notice: Notice, version: Version, clock: Clock) -> bool:
        try:
            if notice.kind == Reason.RESOLVED and not await self._told(notice, version):
                return False
            now = ms(self.wall.now())
            taken = msgspec.structs.replace(
                notice, state="sending", tries=notice.tries + 1, next_at=now + SENDING_MS
            )
            version = await self.notices.put(taken, version)
        except Conflict:
            return False  # another sender has it
        try:
            after, version = await self._pieces(taken, version, clock)
            await self.notices.put(after, version)
        except Conflict:
            log.warning("notice %s was changed by another sender while it was sent", notice.id)
            return False
        return after.state == "sent"

    async def _told(self, notice: Notice, version: Version) -> bool:
        """Say whether whoever is to hear of the end heard of the beginning; wait for that, or keep the end back."""
        first = await self.notices.get(first_notice_id(notice.alert, notice.channel))
        if first is None or first.state == "sent":
            return True
        if first.state in {"failed", "suppressed"}:
            after = msgspec.structs.replace(notice, state="suppressed", reason="never_told")
        else:
            after = msgspec.structs.replace(notice, next_at=ms(self.wall.now()) + FIRST_PAUSE_MS)
        await self.notices.put(after, version)
        return False

    async def _pieces(self, notice: Notice, version: Version, clock: Clock) -> tuple[Notice, Version]:
        """Send what was not delivered yet, piece by piece, storing each; return what became of it. Raises Conflict."""
        channel = self.channels[notice.channel]
        try:
            pieces = channel.pieces(notice)
        except HuiyingError as error:
            return _failed(notice, str(error)), version
        left = [piece for piece in pieces if piece not in {*notice.done, *notice.refused}]
        for place, piece in enumerate(left):
            if not self._room(notice.channel):
                free = self._free(notice.channel)
                return msgspec.structs.replace(notice, state="pending", tries=notice.tries - 1, next_at=free), version
            notice = await self._tried(notice, piece)
            if notice.state != "sending":
                return notice, version
            if place < len(left) - 1:
                notice = msgspec.structs.replace(notice, next_at=ms(self.wall.now()) + SENDING_MS)
                version = await self.notices.put(notice, version)
        if not notice.done:
            return _failed(notice, notice.error), version
        said = f"{len(notice.refused)} of {len(pieces)} receivers: {notice.error}" if notice.refused else ""
        return msgspec.structs.replace(notice, state="sent", sent_at=ms(clock.now()), error=said[:300]), version

    async def _tried(self, notice: Notice, piece: str) -> Notice:
        """Send a piece once; return the notice, still `sending` if the next piece may go."""
        self._lately[notice.channel].append(ms(self.wall.now()))
        try:
            await self.channels[notice.channel].send(notice, piece)
        except NoReceiver as error:
            return msgspec.structs.replace(notice, refused=(*notice.refused, piece), error=str(error)[:300])
        except Retryable as error:
            rest = int(error.rest * 1000) if isinstance(error, Busy) else 0
            self._rests[notice.channel] = max(self._rests[notice.channel], ms(self.wall.now()) + rest if rest else 0)
            if notice.tries < self.tries:
                log.warning("%s: %s; trying again", notice.channel, error)
                return _waiting(notice, str(error), self.wall.now(), rest)
            return _failed(notice, f"{error}; tried {notice.tries} times")
        except HuiyingError as error:
            return _failed(notice, str(error))
        except Exception as error:  # noqa: BLE001 - a bug in one channel must not stop the others
            return _failed(notice, type(error).__name__)
        return msgspec.structs.replace(notice, done=(*notice.done, piece))


def _waiting(notice: Notice, error: str, now: datetime, rest: int) -> Notice:
    next_at = ms(now) + max(rest, pause(notice.tries))
    return msgspec.structs.replace(notice, state="pending", error=error[:300], next_at=next_at)


def _failed(notice: Notice, error: str) -> Notice:
    log.error("%s: notice %s was not delivered: %s", notice.channel, notice.id, error)
    return msgspec.structs.replace(notice, state="failed", error=error[:300])
