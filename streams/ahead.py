"""Read an endless stream in batches: what is there already is taken together, and nothing that is there waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

LINGER = 0.002
"""Seconds that a batch waits for one more item: enough for what lies in a buffer, too short to be felt."""


class Ahead:
    """Reads one item ahead, so that it can say whether there is one; an async context manager."""

    def __init__(self, items: AsyncIterator[Any]) -> None:
        """Read from `items`, which nobody else may read."""
        self.items = items
        self.next: asyncio.Task[Any] | None = None
        self.ended = False

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give up the item that is waited for."""
        if self.next is not None:
            self.next.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                await self.next

    async def batch(
        self,
        most: int,
        until: asyncio.Task[Any] | None = None,
        *,
        weigh: Callable[[Any], int] = lambda _: 0,
        heavy: int = 1,
    ) -> list[Any]:
        """Return one to `most` items as soon as there are any; none when `until` is done first, or at the end.

        No more are taken once those taken weigh `heavy` together.
        At the end of the stream `ended` becomes true. Raises whatever the stream raises.
        """
        found: list[Any] = []
        weight = 0
        while len(found) < most and weight < heavy and not self.ended:
            if self.next is None:
                self.next = asyncio.ensure_future(anext(self.items))
            if found:
                await asyncio.wait({self.next}, timeout=LINGER)
                if not self.next.done():
                    break
            elif until is not None:
                await asyncio.wait({self.next, until}, return_when=asyncio.FIRST_COMPLETED)
                if not self.next.done():
                    break
            coming, self.next = self.next, None
            try:
                found.append(await coming)
                weight += weigh(found[-1])
            except StopAsyncIteration:
                self.ended = True
        return found
