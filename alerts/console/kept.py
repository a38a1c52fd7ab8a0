"""Checks of engines that take longer than a page may: asked again in the background, shown as they last were."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from alerts.console.parts import Check, Health
from streams.clock import monotonic

FRESH = 10.0
"""Seconds for which an answer is shown as it is; after that the next look asks anew, without waiting."""
OLD = 60.0
"""Seconds after which an answer is too old to be shown: whoever looks waits for a new one."""


class Kept:
    """A check whose last answer is kept; however many look, it is asked once at a time."""

    def __init__(self, check: Check, now: Callable[[], float] = monotonic) -> None:
        """Keep the check; nothing is asked yet. now: seconds that never run backwards."""
        self._check, self._now = check, now
        self._last: tuple[float, Health] | None = None
        self._asking: asyncio.Task[Health] | None = None

    async def __call__(self) -> Health:
        """Return how it is, at most a minute ago. Raises what the check raises."""
        age = self._now() - self._last[0] if self._last else OLD
        if self._last is not None and age < FRESH:
            return self._last[1]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        if self._last is not None and age < OLD:
            return self._last[1]
        return await asyncio.shield(self._asking)

    async def _ask(self) -> Health:
        try:
            health = await self._check()
        except BaseException:
            self._last = None  # what was well a moment ago is not shown as well now
            raise
        self._last = (self._now(), health)
        return health
