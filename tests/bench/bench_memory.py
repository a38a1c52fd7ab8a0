"""Whether memory stays flat: resident memory of each process while posts stream in at half of the highest rate.

python tests/bench/bench_memory.py [--minutes 30] [--warm 5] [--rate 1200]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from pathlib import Path

from kafka import KafkaProducer

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]

from bench_delay import Load  # noqa: E402 - the path is set above
from product import data_folder, running  # noqa: E402

NAMES = ("work", "watch", "desk", "clock", "gateway")
EVERY = 5.0


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=1200.0)
    args = parser.parse_args()
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in NAMES}
    with data_folder("memory") as home, running("up", home) as product:
        load = Load(KafkaProducer(bootstrap_servers=product.kafka, acks="all", linger_ms=5))
        processes = {name: product.child(name) for name in NAMES}
        sending = threading.Thread(target=load.run, args=(args.rate,), daemon=True)
        start = time.monotonic()
        sending.start()
        while time.monotonic() - start < args.minutes * 60:
            time.sleep(EVERY)
            for name, process in processes.items():
                seen[name].append((time.monotonic() - start, process.memory_info().rss / 2**20))
        load.stop.set()
        sending.join()
        stored = product.received()
    print(f"{stored} posts in {args.minutes:.0f} minutes; MB, medians of minutes; growth after {args.warm:.0f} minutes")
    print(f"{'':10}{'first':>8}{'warm':>8}{'last':>8}{'most':>8}{'growth':>9}")
    worst = 0.0
    for name, points in seen.items():
        first, warm, last = (
            statistics.median(mb for at, mb in points if low <= at < low + 60)
            for low in (0.0, args.warm * 60, args.minutes * 60 - 60)
        )
        growth = last / warm - 1
        worst = max(worst, growth)
        print(f"{name:10}{first:8.0f}{warm:8.0f}{last:8.0f}{max(mb for _, mb in points):8.0f}{growth:9.1%}")
    print(f"most growth {worst:.1%} (most 5 %): {'met' if worst < 0.05 else 'NOT MET'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
