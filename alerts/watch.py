"""The loop of `huiying watch`: rules evaluated every few seconds, and beside it each channel's notices delivered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from alerts.matters import Matters
from alerts.service import Service
from alerts.settings import WatchSettings
from streams.clock import Clock, ms
from streams.errors import HuiyingError, Retryable

LONGEST_PAUSE = 30.0
DELIVER_EVERY = 1.0
ABANDON_EVERY = 60.0
LOOK_EVERY = 60.0
log = logging.getLogger("huiying.watch")


async def run(
    service: Service,
    clock: Clock,
    settings: WatchSettings,
    *,
    matters: Matters | None = None,
    look: Callable[[], Awaitable[object]] | None = None,
    also: Mapping[str, Callable[[], Awaitable[object]]] | None = None,
) -> None:
    """Evaluate and deliver until cancelled; what can't be reached is asked again after growing pauses.

    look: looks at the sources, once a minute; also: what else is done once a minute, by name. Each channel has a loop
    of its own, so that one that hangs keeps no other waiting. Raises Misconfigured.
    """
    log.info("watching %d rules every %.1f s", len(service.rules), settings.watch_every)
    outbox = service.outbox
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(again("rules", lambda: service.tick(clock.now()), settings.watch_every))
            group.create_task(again("escalation", lambda: service.climbing.look(ms(clock.now())), settings.watch_every))
            if matters is not None:
                group.create_task(again("matters", lambda: matters.refresh(clock.now()), settings.events_every))
            if look is not None:
                group.create_task(again("sources", look, LOOK_EVERY))
            for name, work in (also or {}).items():
                group.create_task(again(name, work, LOOK_EVERY))
            group.create_task(again("notices", outbox.abandon, ABANDON_EVERY))
            for name in outbox.every:
                group.create_task(again(f"notices by {name}", partial(outbox.deliver, name, clock), DELIVER_EVERY))
    except* HuiyingError as failed:
        first = failed.exceptions[0]
    else:
        return
    raise first  # one error with one line, as the command line shows it


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
            log.warning("%s: going on again; failed tries: %d", what, failures)
            failures = 0
        await asyncio.sleep(every)
