"""How much a key may send: token buckets, and places for requests that are handled at once. Never a queue."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from streams.gateway.problems import Problem
from streams.gateway.settings import GatewaySettings


class Rate(Struct, frozen=True):
    """So many a second, and so many at once."""

    each_second: float
    burst: float


class Bucket(Struct, frozen=True):
    """What is left (may be a debt, below 0), and when that was so (monotonic seconds)."""

    left: float
    at: float


def filled(bucket: Bucket | None, rate: Rate, now: float) -> Bucket:
    """Return the bucket as it is now; a new one is full. Time that runs backwards fills nothing."""
    if bucket is None:
        return Bucket(rate.burst, now)
    passed = max(0.0, now - bucket.at)
    return Bucket(min(rate.burst, bucket.left + passed * rate.each_second), max(now, bucket.at))


def wait_of(bucket: Bucket, rate: Rate, needed: float) -> float:
    """Return the seconds until `needed` are there (0: they are)."""
    if bucket.left >= needed:
        return 0.0
    return (needed - bucket.left) / rate.each_second if rate.each_second > 0 else math.inf


class Limits:
    """The buckets of all keys. Requests are counted before they are read, posts and bad items when they are known.

    What is known only afterwards may run into debt: the request that did so is taken, and the next ones wait.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        """Nobody has sent anything."""
        requests, posts, bad = settings.gateway_requests, settings.gateway_posts, settings.gateway_bad / 60
        self.rates = {
            "requests": Rate(requests, max(1.0, 2 * requests)),
            "posts": Rate(posts, max(1.0, 2 * posts)),
            "bad": Rate(bad, max(1.0, 60 * bad)),
        }
        self.buckets: dict[tuple[str, str], Bucket] = {}

    def enter(self, key: str, now: float) -> None:
        """Count a request. Raises Problem (rate, too_many_bad) with the seconds to wait."""
        for what, kind in (("bad", "too_many_bad"), ("posts", "rate"), ("requests", "rate")):
            needed = 1.0 if what == "requests" else 0.0
            bucket = filled(self.buckets.get((key, what)), self.rates[what], now)
            wait = wait_of(bucket, self.rates[what], needed)
            if wait > 0:
                raise Problem(kind, wait=min(wait, 3600.0))
            self.buckets[key, what] = Bucket(bucket.left - needed, bucket.at)

    def took(self, key: str, now: float, *, posts: int, bad: int) -> None:
        """Count what a request held."""
        for what, count in (("posts", posts + bad), ("bad", bad)):
            bucket = filled(self.buckets.get((key, what)), self.rates[what], now)
            self.buckets[key, what] = Bucket(bucket.left - count, bucket.at)


class Places:
    """Requests that are handled at once: so many in all, half of them for one key, so that none keeps others out."""

    def __init__(self, most: int) -> None:
        """All places are free."""
        self.most, self.most_of_one = max(1, most), max(1, most // 2)
        self.taken: dict[str, int] = {}

    @property
    def busy(self) -> int:
        """How many places are taken."""
        return sum(self.taken.values())

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """Take a place for the block. Raises Problem (busy) at once if there is none."""
        if self.busy >= self.most or self.taken.get(key, 0) >= self.most_of_one:
            raise Problem("busy", f"{self.busy} requests are being handled", wait=1.0)
        self.taken[key] = self.taken.get(key, 0) + 1
        try:
            yield
        finally:
            self.taken[key] -= 1
            if not self.taken[key]:
                del self.taken[key]
