"""Thinning a flood of log lines: the first few of a kind, then how many more there were. A plain function of time.

Faust writes 75 lines a second while its broker is away (notes/engines.md); a person needs the first and a count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

VARYING = re.compile(r"0x[0-9a-f]+|\d+")
KINDS = 500  # kinds of lines remembered at once: bounds the memory of a flood in which every line differs


@dataclass
class Kind:
    """One kind of line in its current window: when that began (s), and how many were let through and held back."""

    began: float
    passed: int = 0
    held: int = 0


@dataclass
class Thinner:
    """Lets `first` lines of a kind through in each `window` (s), and says afterwards how many it held back."""

    first: int = 5
    window: float = 30.0
    kinds: dict[str, Kind] = field(default_factory=dict)

    def feed(self, line: str, now: float) -> Iterator[str]:
        """Yield what to write when this line comes at `now` (seconds, monotonic)."""
        yield from self.due(now)
        key = VARYING.sub("#", line)[:200]
        kind = self.kinds.get(key)
        if kind is None:
            if len(self.kinds) >= KINDS:
                yield from self.end()
            kind = self.kinds[key] = Kind(now)
        if kind.passed < self.first:
            kind.passed += 1
            yield line
        else:
            kind.held += 1

    def due(self, now: float) -> Iterator[str]:
        """Yield the counts of windows that are over, and forget them."""
        for key in [key for key, kind in self.kinds.items() if now - kind.began >= self.window]:
            yield from self._count(key, self.kinds.pop(key))

    def end(self) -> Iterator[str]:
        """Yield all counts that are left, and forget them."""
        for key in list(self.kinds):
            yield from self._count(key, self.kinds.pop(key))

    @staticmethod
    def _count(key: str, kind: Kind) -> Iterator[str]:
        if kind.held:
            yield f"… {kind.held} more lines like: {key[:120]}"
