"""The outbox: notices are stored, sent, and what became of them is stored; nothing is lost, and nobody is told twice.

Two senders never send the same notice: who writes `sending` first sends it. One that stays `sending` for a minute is
unknown (its sender died) and is sent again with the same id, without the pieces that were delivered. What a channel
can't deliver goes by the next of the fallback chain, and says so. Pauses are by the machine's clock, in the demo too.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from alerts.channels.base import Busy, Channel, NoReceiver
from alerts.manager import Reason
from alerts.moot import moot
from alerts.notices import SENDING_MS, Notice, first_notice_id
from alerts.store import Notices, Standing
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
        self,
        notices: Notices,
        channels: Sequence[Channel],
        *,
        tries: int = 6,
        wall: Clock | None = None,
        fallback: Sequence[str] = (),
        names: Sequence[str] | None = None,
        alert: Callable[[str], Awaitable[Standing | None]] | None = None,
    ) -> None:
        """Keep the notices' store and the channels.

        tries: how often a channel tries a notice before it gives up; wall: the clock of pauses, the machine's;
        fallback: the channels that take its place then, each after the one before; names: those that every notice goes
        to, by default all that are no fallback; alert: gives an alert as it stands, so that what has lost its point
        meanwhile is not sent.
        """
        self._alert = alert
        self.notices, self.tries, self.wall = notices, tries, wall or SystemClock()
        self.channels = {channel.name: channel for channel in channels}
        self.fallback = tuple(fallback)
        self.names = tuple(name for name in self.channels if name not in self.fallback) if names is None else (*names,)
        """The channels every notice goes to."""
        self._lately: dict[str, deque[int]] = {name: deque() for name in self.channels}
        self._rests: dict[str, int] = dict.fromkeys(self.channels, 0)

    @property
    def every(self) -> tuple[str, ...]:
        """All channels, those too that only take another's place."""
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
        """Give up notices that wait for a channel which is no longer set up; return how many."""
        lost = await self.notices.lost(self.every)
        for notice, version in lost:
            try:
                await self.notices.put(self._given_up(notice, "this channel is no longer set up"), version)
            except Conflict:
                continue  # somebody who has the channel sends it
        return len(lost)

    async def _send(self, notice: Notice, version: Version, clock: Clock) -> bool:
        try:
            if notice.kind == Reason.RESOLVED and not await self._told(notice, version):
                return False
            if not await self._wanted(notice, version):
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

    async def _wanted(self, notice: Notice, version: Version) -> bool:
        """Say whether a notice has still a point; keep back one that has none."""
        found = await self._alert(notice.alert) if self._alert and notice.alert else None
        why = moot(notice, found[0] if found else None)
        if why:
            await self.notices.put(msgspec.structs.replace(notice, state="suppressed", reason=why), version)
            log.info("%s: notice %s of %s is not sent any more: %s", notice.by, notice.id, notice.kind, why)
        return not why

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
        channel = self.channels[notice.by]
        try:
            pieces = channel.pieces(notice)
        except HuiyingError as error:
            return self._given_up(notice, str(error)), version
        left = [piece for piece in pieces if piece not in {*notice.done, *notice.refused}]
        for place, piece in enumerate(left):
            if not self._room(notice.by):
                free = self._free(notice.by)
                return msgspec.structs.replace(notice, state="pending", tries=notice.tries - 1, next_at=free), version
            notice = await self._tried(notice, piece)
            if notice.state != "sending":
                return notice, version
            if place < len(left) - 1:
                notice = msgspec.structs.replace(notice, next_at=ms(self.wall.now()) + SENDING_MS)
                version = await self.notices.put(notice, version)
        if not notice.done:
            return self._given_up(notice, notice.error), version
        said = notice.error if notice.via else ""
        if notice.refused:
            said = f"{len(notice.refused)} of {len(pieces)} receivers: {notice.error}"
        return msgspec.structs.replace(notice, state="sent", sent_at=ms(clock.now()), error=said[:300]), version

    async def _tried(self, notice: Notice, piece: str) -> Notice:
        """Send a piece once; return the notice, still `sending` if the next piece may go."""
        self._lately[notice.by].append(ms(self.wall.now()))
        try:
            await self.channels[notice.by].send(notice, piece)
        except NoReceiver as error:
            return msgspec.structs.replace(notice, refused=(*notice.refused, piece), error=str(error)[:300])
        except Retryable as error:
            rest = int(error.rest * 1000) if isinstance(error, Busy) else 0
            self._rests[notice.by] = max(self._rests[notice.by], ms(self.wall.now()) + rest if rest else 0)
            if notice.tries < self.tries:
                log.warning("%s: %s; trying again", notice.by, error)
                return _waiting(notice, str(error), self.wall.now(), rest)
            return self._given_up(notice, f"{error}; tried {notice.tries} times")
        except HuiyingError as error:
            return self._given_up(notice, str(error))
        except Exception as error:  # noqa: BLE001 - a bug in one channel must not stop the others
            return self._given_up(notice, type(error).__name__)
        return msgspec.structs.replace(notice, done=(*notice.done, piece))

    def _given_up(self, notice: Notice, error: str) -> Notice:
        """Return a notice that its channel can't deliver: the next one takes its place, or it has failed.

        Only forward along the chain, and never to a channel that gets the notice by itself anyway.
        """
        gave_up = (*notice.gave_up, notice.by)
        place = self.fallback.index(notice.by) + 1 if notice.by in self.fallback else 0
        for name in self.fallback[place:]:
            if name in self.channels and name not in self.names and name != notice.channel:
                log.warning("%s: notice %s was not delivered: %s; %s takes over", notice.by, notice.id, error, name)
                return msgspec.structs.replace(
                    notice, state="pending", via=name, gave_up=gave_up, error=error[:300], tries=0, next_at=0, done=(),
                    refused=(),
                )  # fmt: skip
        log.error("%s: notice %s was not delivered: %s", notice.by, notice.id, error)
        return msgspec.structs.replace(notice, state="failed", gave_up=gave_up, error=error[:300])


def _waiting(notice: Notice, error: str, now: datetime, rest: int) -> Notice:
    next_at = ms(now) + max(rest, pause(notice.tries))
    return msgspec.structs.replace(notice, state="pending", error=error[:300], next_at=next_at)
