"""What the intake is given, and what it keeps between requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from streams.clock import Clock, SystemClock
from streams.gateway.auth import Seen
from streams.gateway.keys import Keys
from streams.gateway.limits import Limits, Places
from streams.gateway.sending import Sink
from streams.gateway.settings import GatewaySettings
from streams.gateway.wechat import Account
from streams.metrics import Metrics

T = TypeVar("T")
THREADS = 2
"""Bodies that are read at once: with it, what unpacked JSON takes in memory is bounded."""


@dataclass
class GatewayParts:
    """Everything from outside, and the little that is remembered.

    clock: that of event times (the demo's day has its own); wall: that of signatures and of who may send.
    """

    settings: GatewaySettings
    keys: Keys
    sink: Sink
    clock: Clock
    future_ms: int
    accounts: Mapping[str, Account] = field(default_factory=dict)
    wall: Clock = field(default_factory=SystemClock)
    metrics: Metrics = field(default_factory=Metrics)
    seen: Seen = field(default_factory=Seen)

    def __post_init__(self) -> None:
        """Nothing was sent yet."""
        self.limits, self.places = Limits(self.settings), Places(self.settings.gateway_busy)
        self.threads = ThreadPoolExecutor(THREADS, "intake")

    @contextmanager
    def place(self, key: str) -> Iterator[None]:
        """Take a place for the block, and say how many are taken. Raises Problem (busy)."""
        try:
            with self.places.one(key):
                self.metrics.set("gateway_busy", self.places.busy)
                yield
        finally:
            self.metrics.set("gateway_busy", self.places.busy)

    async def apart(self, work: Callable[[], T]) -> T:
        """Do work beside the loop, which goes on answering."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)
