"""The loop of `huiying watch`: rules evaluated every few seconds, notices delivered beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from alerts.service import Service
from alerts.settings import WatchSettings
from streams.clock import Clock
from streams.errors import Retryable

LONGEST_PAUSE = 30.0
DELIVER_EVERY = 0.5
log = logging.getLogger("huiying.watch")


async def run(service: Service, clock: Clock, settings: WatchSettings) -> None:
    """Evaluate and deliver until cancelled; what can't be reached is asked again after growing pauses."""
    log.info("watching %d rules every %.1f s", len(service.rules), settings.watch_every)
    async with asyncio.TaskGroup() as group:
        group.create_task(again("rules", lambda: service.tick(clock.now()), settings.watch_every))
        group.create_task(again("notices", lambda: service.outbox.deliver(clock), DELIVER_EVERY))


async def again(what: str, work: Callable[[], Awaitable[object]], every: float) -> None:
    """Do some work every so many seconds for ever; a passing failure is logged once a try and the pause doubles."""
    failures = 0
    while True:
        try:
            await work()
        except Retryable as error:
            failures += 1
            wait = min(LONGEST_PAUSE, every * 2 ** min(failures, 10))
            log.warning("%s: waiting %.1f s (try %d): %s", what, wait, failures, error)
            await asyncio.sleep(wait)
            continue
        if failures:
            log.warning("%s: going on after %d failed tries", what, failures)
            failures = 0
        await asyncio.sleep(every)
