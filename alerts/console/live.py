"""Live pages: one pulse for all who watch, told to each browser by server-sent events.

The pulse looks at small counts only while somebody watches. A page that hears of a change asks for itself again and
puts its live parts in place, so that what is shown is always what the server renders, with its permissions and its log.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse

from alerts.console.security import COOKIE, Asked
from streams.clock import ms
from streams.errors import HuiyingError
from streams.topics import (
    ALERTS,
    CONSULTATIONS,
    DEAD_LETTERS,
    INSPECTIONS,
    LEDGER,
    OPINIONS,
    POLICIES,
    READINGS,
    REPLIES,
    REPORTS,
    pattern,
)

if TYPE_CHECKING:
    from alerts.console.parts import ConsoleParts

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks while somebody watches."""
TICK = 30.0
"""Seconds after which a page is told to look again anyway, so that 多久以前 stays true."""
WATCHERS = 500

TIMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "alerts": (ALERTS.name, ("updated_at", "acknowledged_at", "told_at")),
    "consultations": (CONSULTATIONS.name, ("updated_at",)),
    "ledger": (LEDGER.name, ("updated_at",)),
    "replies": (REPLIES.name, ("updated_at",)),
    "inspections": (INSPECTIONS.name, ("updated_at",)),
    "policies": (POLICIES.name, ("updated_at",)),
    "reviews": (READINGS.name, ("updated_at",)),
    "letters": (pattern(DEAD_LETTERS), ("at",)),
    "opinions": (pattern(OPINIONS), ("indexed_at",)),
    "reports": (REPORTS.name, ("made_at",)),
}
"""What is watched: by name, the index and the time fields whose highest values show a change."""


class Pulse:
    """Looks at the counts while somebody watches, and tells each watcher what has changed."""

    def __init__(self, parts: ConsoleParts) -> None:
        """Keep the parts; nothing runs until somebody watches."""
        self._parts = parts
        self._watchers: set[asyncio.Queue[dict[str, Any]]] = set()
        self._task: asyncio.Task[None] | None = None
        self._last: dict[str, str] = {}

    async def look(self) -> dict[str, str]:
        """Return a mark of each watched thing; a thing that can't be reached has the mark `down`."""
        marks: dict[str, str] = {}
        for name, (index, times) in TIMES.items():
            aggs = {time: {"max": {"field": time}} for time in times}
            body = {"size": 0, "track_total_hits": True, "aggs": aggs}
            try:
                found = await self._parts.documents.search(index, body)
            except HuiyingError:
                marks[name] = "down"
                continue
            last = [found.get("aggregations", {}).get(time, {}).get("value") for time in times]
            marks[name] = f"{found['hits']['total']['value']}@{last}"
        return marks

    async def _run(self) -> None:
        since = 0.0
        while self._watchers:
            marks = await self.look()
            changed = sorted(name for name, mark in marks.items() if self._last.get(name, mark) != mark)
            self._last = marks
            since += EVERY
            if changed or since >= TICK:
                since = 0.0
                for watcher in list(self._watchers):
                    if watcher.empty():
                        watcher.put_nowait({"changed": changed, "tick": not changed})
            await asyncio.sleep(EVERY)
        self._task = None

    def join(self) -> asyncio.Queue[dict[str, Any]]:
        """Begin to watch; the first watcher starts the pulse."""
        watcher: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=4)
        self._watchers.add(watcher)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="console-pulse")
        return watcher

    def leave(self, watcher: asyncio.Queue[dict[str, Any]]) -> None:
        """Stop watching."""
        self._watchers.discard(watcher)

    @property
    def full(self) -> bool:
        """Whether as many watch as one process should serve."""
        return len(self._watchers) >= WATCHERS

    async def stop(self) -> None:
        """End the pulse."""
        self._watchers.clear()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task


async def events(asked: Asked) -> Response:
    """Stream what has changed as server-sent events, until the browser leaves or the session ends."""
    pulse: Pulse = asked.request.app.state.pulse
    if pulse.full:
        return Response(status_code=503, headers={"retry-after": "30"})
    token = asked.request.cookies.get(COOKIE, "")

    async def stream() -> AsyncIterator[bytes]:
        watcher = pulse.join()
        try:
            yield b"retry: 3000\n\n" + _event("hello", {"now": asked.now})
            while True:
                told = await watcher.get()
                now = asked.parts.clock.now()
                if told["tick"]:
                    with suppress(HuiyingError):
                        if await asked.parts.accounts.who(token, asked.parts.wall.now(), seen=False) is None:
                            yield _event("out", {})
                            return
                yield _event("tick" if told["tick"] else "change", {"changed": told["changed"], "now": ms(now)})
        finally:
            pulse.leave(watcher)

    return StreamingResponse(
        stream(), media_type="text/event-stream", headers={"cache-control": "no-cache", "x-accel-buffering": "no"}
    )


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
