"""How a round's sample is drawn: by a seed, a minimum for each unit, the rest in proportion; anybody can draw it again.

Each item's place in the draw is SHA-256 of seed and id: it depends on nothing else, so an item more or less in the
frame moves no other one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from alerts.review import Round, Stratum


def place(seed: str, item: str) -> str:
    """Return an item's place in the draw."""
    return hashlib.sha256(f"{seed}\n{item}".encode()).hexdigest()


def shares(frame: Mapping[str, int], size: int, least: int) -> dict[str, int]:
    """Return how many to draw of each unit: `least` (or all it has), then the rest in proportion to what is left.

    The sample is larger than `size` where the minima demand it, and smaller where the frame is; largest remainders,
    ties by the unit's name.
    """
    taken = {unit: min(count, least) for unit, count in frame.items()}
    left = {unit: count - taken[unit] for unit, count in frame.items()}
    rest, room = max(0, size - sum(taken.values())), sum(left.values())
    if not rest or not room:
        return taken
    rest = min(rest, room)
    exact = {unit: rest * count / room for unit, count in left.items()}
    for unit, part in exact.items():
        taken[unit] += int(part)
    over = rest - sum(int(part) for part in exact.values())
    for unit in sorted(exact, key=lambda name: (int(exact[name]) - exact[name], name))[:over]:
        taken[unit] += 1
    return taken


def draw(frame: Mapping[str, Sequence[str]], seed: str, *, size: int, least: int) -> tuple[Stratum, ...]:
    """Return the sample of each unit, in the order of the draw. frame: ids by unit."""
    count = shares({unit: len(ids) for unit, ids in frame.items()}, size, least)
    return tuple(
        Stratum(
            unit=unit, frame=tuple(sorted(ids)),
            drawn=tuple(sorted(ids, key=lambda item: place(seed, item))[: count[unit]]),
        )
        for unit, ids in sorted(frame.items())
    )  # fmt: skip


def holds(one: Round) -> bool:
    """Say whether the recorded sample is the one that the recorded seed draws from the recorded frame."""
    frame = {stratum.unit: stratum.frame for stratum in one.strata}
    return draw(frame, one.seed, size=one.size, least=one.least) == one.strata
