"""Dead letters up to a limit a minute; past it the worker holds still and says so, instead of draining a topic.

A source that changed its form, or a fault of ours, would else turn every post into a dead letter before anybody looks.
A hold is one document of the index `checkpoints`; a person ends it (`huiying dead-letters resume`, or the console).
"""

from __future__ import annotations

from collections import deque

from msgspec import Struct

from streams.elastic import Elastic
from streams.errors import Misconfigured
from streams.topics import CHECKPOINTS

ID = "hold-score"
MINUTE_MS = 60_000
FREE_MS = 3_600_000
"""How long nothing is held after a person has said to go on."""


class Held(Misconfigured):
    """A person must look before more dead letters are made; nothing is lost meanwhile."""


class Hold(Struct, frozen=True):
    """A hold as it is kept: since when (ms UTC), why, and until when nothing is held (ms UTC, 0 while it lasts)."""

    at: int
    why: str
    free_until: int = 0

    @property
    def lasts(self) -> bool:
        """Whether the workers stand still."""
        return self.free_until == 0


async def read(elastic: Elastic) -> Hold | None:
    """Return the latest hold, over or not. Raises Unavailable, Refused."""
    found = await elastic.get(CHECKPOINTS.name, ID)
    return None if found is None else Hold(found.source["at"], found.source["detail"], found.source["position"])


async def write(elastic: Elastic, hold: Hold) -> None:
    """Keep a hold. Raises Unavailable, Refused."""
    doc = {
        "what": "hold", "name": "score", "position": hold.free_until, "finished": not hold.lasts, "detail": hold.why,
        "at": hold.at,
    }  # fmt: skip
    await elastic.put(CHECKPOINTS.name, ID, doc, refresh=True)


async def resume(elastic: Elastic, now_ms: int) -> Hold | None:
    """End a hold, for FREE_MS without a limit; return it as it was, or nothing if there was none."""
    hold = await read(elastic)
    if hold is not None and hold.lasts:
        await write(elastic, Hold(hold.at, hold.why, now_ms + FREE_MS))
        return hold
    return None


class Limit:
    """Counts dead letters of the last minute, and asks to hold when there would be more than `most` (0: no limit)."""

    def __init__(self, most: int) -> None:
        """Begin with an empty minute."""
        self.most = most
        self.minute: deque[tuple[int, int]] = deque()
        self.counted: deque[str] = deque(maxlen=64)

    def exceeded(self, name: str, letters: int, now_ms: int) -> bool:
        """Say whether these letters of the message `name` are too many; if not, count them (once a message)."""
        if not self.most or not letters or name in self.counted:
            return False
        while self.minute and self.minute[0][0] <= now_ms - MINUTE_MS:
            self.minute.popleft()
        if sum(count for _, count in self.minute) + letters > self.most:
            return True
        self.minute.append((now_ms, letters))
        self.counted.append(name)
        return False

    async def check(self, elastic: Elastic, name: str, letters: int, now_ms: int) -> None:
        """Raise Held if these letters are too many and nobody has said to go on. Raises Unavailable, Refused."""
        if not self.exceeded(name, letters, now_ms):
            return
        hold = await read(elastic)
        if hold is not None and now_ms < hold.free_until:
            return
        why = f"more than {self.most} dead letters within a minute, the last from {name}"
        if hold is None or not hold.lasts:
            await write(elastic, Hold(now_ms, why))
        raise Held(
            f"{why}: nothing more is read until a person has looked. See `huiying dead-letters list`, mend the source, "
            "then `huiying dead-letters resume`"
        )
