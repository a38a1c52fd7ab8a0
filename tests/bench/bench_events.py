"""How well and how fast messages are grouped: `python tests/bench/bench_events.py DATA_DIR [ORDERS]` prints the card's.

ORDERS random orders and the reversed one are compared with the order of time; each takes as long as the first.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from analyzers.copies import copies, sketch
from analyzers.training.events import agreement, grouped, score, silver, stream


def main(data_dir: Path, orders: int) -> None:
    """Print everything."""
    texts = stream(data_dir)
    began = time.perf_counter()
    online, settled, groups = grouped(texts)
    print(f"{len(texts)} messages in {time.perf_counter() - began:.1f} s, {len(groups)} groups,", end=" ")
    print(f"{sum(len(group.texts) > 1 for group in groups)} of two or more")
    same = copies([sketch(text.normal) for text in texts])
    print(f"copies: {sum(at != first for at, first in enumerate(same))} messages repeat an earlier one")
    for votes in (1, 2):
        for name, found in (("as they come", online), ("settled", settled)):
            one = score(found, *silver(data_dir, votes))
            each = ", ".join(f"{issue} {value:.2f}" for issue, value in one.recalls.items())
            print(
                f"| {votes} | {name} | {one.precision:.3f} | {one.precision_within:.3f} | {one.recall:.3f} "
                f"| {one.f1:.3f} | {one.cubed_precision:.3f} | {one.cubed_recall:.3f} | {each} |"
            )
    tried = [texts[::-1], *(random.Random(seed).sample(texts, len(texts)) for seed in range(orders))]
    rough: list[tuple[float, float]] = []
    exact: list[tuple[float, float]] = []
    for order in tried:
        first, then, _ = grouped(order)
        rough.append(agreement(online, first))
        exact.append(agreement(settled, then))
    for name, found_ in (("as they come", rough), ("settled", exact)):
        print(f"{len(tried)} orders, {name}: least adjusted Rand {min(a for a, _ in found_):.4f},", end=" ")
        print(f"least F1 of pairs {min(b for _, b in found_):.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
