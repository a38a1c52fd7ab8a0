"""How much a token of the API may ask: a token bucket each, and never a queue; other tokens are not kept waiting."""

from __future__ import annotations

import math

from streams.clock import monotonic
from streams.gateway.limits import Bucket, Rate, filled, wait_of

SECONDS = 10.0
"""So many seconds' worth of requests a token that was quiet may ask at once."""
ROUNDING = 1e-9
"""Who waited as long as he was told is let in, though sums of fractions fall short of a whole."""
KEPT = 10_000
"""How many buckets are kept; the fullest go first, which loses nothing."""


class ApiRates:
    """The buckets of all tokens, in this process: a second console process has its own."""

    def __init__(self, each_second: float) -> None:
        """Let each token ask so often a second on average; 0 for no bound."""
        self.rate = Rate(each_second, max(1.0, SECONDS * each_second))
        self.buckets: dict[str, Bucket] = {}

    def enter(self, token: str, now: float | None = None) -> int:
        """Count a request and return 0, or return the seconds (whole, at least 1) after which it may come again.

        token: its id; now: monotonic seconds, by default the machine's.
        """
        if self.rate.each_second <= 0:
            return 0
        now = monotonic() if now is None else now
        bucket = filled(self.buckets.get(token), self.rate, now)
        if wait := wait_of(bucket, self.rate, 1.0 - ROUNDING):
            return max(1, math.ceil(wait))
        self.buckets[token] = Bucket(bucket.left - 1.0, bucket.at)
        if len(self.buckets) > KEPT:
            self._shrink(now)
        return 0

    def _shrink(self, now: float) -> None:
        fullest = sorted(self.buckets, key=lambda one: -filled(self.buckets[one], self.rate, now).left)
        for token in fullest[: KEPT // 2]:
            del self.buckets[token]
