"""How good the burst detector is by the Numenta Anomaly Benchmark's own score, and how far that can be trusted.

python tests/bench/bench_burst.py [FOLDER] [--jitter N]      FOLDER: *.csv.gz (timestamp,value) and windows.json

Per file and in all, by NAB's three profiles, with one threshold for all files: the detector's own (FIRES), the best one
of the files, some between, and for each file the best one of the others. Then the same at FIRES on changed series
(thinned, scaled, begun later), with every figure of the method moved by about a fifth at random, and false alarms a
week on series without bursts, which need no folder. As in NAB the first 15 % of a series (750 rows at most) are
probation, in a window the earliest hit counts by a sigmoid, and others cost by their distance from the window before
(Lavin and Ahmad 2015).
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType

import numpy as np

from alerts import burst, burst_rare, burst_usual
from alerts.burst import Detector
from streams.clock import BEIJING, ms

PROFILES = {"standard": (0.11, 1.0), "low FP": (0.22, 1.0), "low FN": (0.11, 2.0)}
MOVED: tuple[tuple[ModuleType, str], ...] = (
    (burst_usual, "LEVEL"), (burst_usual, "CLIP"), (burst_usual, "COUNTS_PRIOR"), (burst_rare, "OVER"),
    (burst_rare, "APART"), (burst_rare, "LARGER"), (burst_rare, "MEMORY"), (burst_rare, "PRIOR_BURSTS"),
    (burst_rare, "PRIOR_SIZE"), (burst, "NOW"),
)  # fmt: skip
STEP = 300_000
WEEK = 7 * 86_400_000


class Series:
    """One file: times (ms), counts, and for each row its weight if flagged and the window that it is in (or -1)."""

    def __init__(self, times: list[datetime], counts: list[float], windows: list[tuple[datetime, datetime]]) -> None:
        """Weigh rows as NAB does; weights are of the standard profile."""
        self.times, self.counts = [ms(at.replace(tzinfo=BEIJING)) for at in times], counts
        self.moments, self.windows = times, windows
        ends = [(np.searchsorted(times, a), np.searchsorted(times, b, "right") - 1) for a, b in windows]  # type: ignore[call-overload]
        first = min(math.floor(0.15 * len(times)), 750)
        self.weights: list[tuple[float, int]] = []
        for row in range(len(times)):
            inside = next((number for number, (a, b) in enumerate(ends) if a <= row <= b), -1)
            if row < first:
                self.weights.append((0.0, -1))
            elif inside >= 0:
                a, b = ends[inside]
                self.weights.append((float(sigmoid((row - b - 1) / (b - a + 1)) / sigmoid(-1.0)), inside))
            else:
                past = [(row - b) / max(b - a, 1) for a, b in ends if b < row]
                self.weights.append((float(sigmoid(past[-1])) if past else -1.0, -1))

    def cut(self, rows: int) -> Series:
        """Return the series begun so many rows later."""
        return Series(self.moments[rows:], self.counts[rows:], self.windows)


def sigmoid(at: float) -> float:
    """Return NAB's scaled sigmoid: 1 early in a window, 0 at its end, -1 far after it."""
    return -1.0 if at > 3 else 2 / (1 + math.exp(5 * at)) - 1


def scores(times: list[int], counts: list[float]) -> list[float]:
    """Return a fresh detector's scores."""
    detector = Detector()
    return [detector.step(at, count).score for at, count in zip(times, counts, strict=True)]


def won(series: Series, found: list[float], threshold: float, profile: str = "standard") -> float:
    """Return what a file adds to the sum, from 0 (nothing found) to (1 + cost of a miss) a window."""
    alarm, miss = PROFILES[profile]
    best: dict[int, float] = {}
    cost = 0.0
    for (weight, window), score in zip(series.weights, found, strict=True):
        if score >= threshold and weight:
            if window < 0:
                cost += alarm * weight
            else:
                best[window] = max(best.get(window, -1.0), weight)
    return cost + sum(best.values()) + miss * len(best)


def score_of(files: list[tuple[Series, list[float]]], threshold: float, profile: str = "standard") -> float:
    """Return NAB's score of files at one threshold: 0 for nothing found, 100 for perfect."""
    most = sum(len(series.windows) for series, _ in files) * (1 + PROFILES[profile][1])
    return 100 * sum(won(series, found, threshold, profile) for series, found in files) / most


def best_of(files: list[tuple[Series, list[float]]], profile: str = "standard") -> float:
    """Return the threshold that is best for files."""
    grid = [math.exp(-math.exp(-step / 20)) for step in range(-30, 100)]
    return max(grid, key=lambda threshold: score_of(files, threshold, profile))


@contextmanager
def moved(chance: random.Random) -> Iterator[None]:
    """Move every figure of the method by about a fifth."""
    kept = [(module, name, getattr(module, name)) for module, name in MOVED]
    for module, name, value in kept:
        setattr(module, name, value * math.exp(chance.gauss(0, 0.2)))
    try:
        yield
    finally:
        for module, name, value in kept:
            setattr(module, name, value)


def read(folder: Path) -> dict[str, Series]:
    """Read the files that have windows."""
    when = datetime.fromisoformat
    found = {}
    for name, windows in sorted(json.loads((folder / "windows.json").read_text("utf-8")).items()):
        with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        spans = [(when(a.split(".")[0]), when(b.split(".")[0])) for a, b in windows]
        found[name] = Series([when(row["timestamp"]) for row in rows], [float(row["value"]) for row in rows], spans)
    return found


def quiet() -> None:
    """Print false alarms a week on series without bursts."""
    draw, weeks = np.random.default_rng(1), 10
    rows = 288 * 7 * weeks
    noon = 1 + 0.9 * np.sin(np.arange(rows) * math.tau / 288)
    laws = {f"Poisson, {day} a day": draw.poisson(day / 288, (3, rows)) for day in (0.5, 2, 5)}
    laws["negative binomial (spread 1), 2 a day"] = draw.poisson(draw.gamma(1.0, 2 / 288, (3, rows)))
    laws["Poisson, 20 a step"] = draw.poisson(20, (3, rows))
    laws["Poisson, 1000 a step"] = draw.poisson(1000, (3, rows))
    laws["negative binomial (spread 0.5), 20 a step"] = draw.poisson(draw.gamma(2.0, 10.0, (3, rows)))
    laws["Poisson, 2 by night to 38 by day"] = draw.poisson(20 * noon, (3, rows))
    times = [1_760_000_000_000 + row * STEP for row in range(rows)]
    for name, drawn in laws.items():
        said = [np.array(scores(times, list(map(float, one))))[750:] >= burst_rare.FIRES for one in drawn]
        print(f"quiet: {name:44} {np.mean([one.sum() for one in said]) / (weeks - 750 * STEP / WEEK):.2f} a week")


def main(folder: Path, jitter: int) -> None:
    """Print the table."""
    known = read(folder)
    files = {name: (series, scores(series.times, series.counts)) for name, series in known.items()}
    every = list(files.values())
    for profile in PROFILES:
        best = best_of(every, profile)
        print(f"{profile:9} FIRES {burst_rare.FIRES}: {score_of(every, burst_rare.FIRES, profile):.2f}   "
              f"best {best:.3f}: {score_of(every, best, profile):.2f}")  # fmt: skip
    grid = (0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
    print("standard  " + "  ".join(f"{threshold}: {score_of(every, threshold):.1f}" for threshold in grid))
    left = 0.0
    for name, one in files.items():
        threshold = best_of([other for key, other in files.items() if key != name])
        left += won(*one, threshold)
        print(f"{name:6} FIRES {score_of([one], burst_rare.FIRES):6.2f}   "
              f"threshold of the others {threshold:.3f}: {score_of([one], threshold):6.2f}")  # fmt: skip
    print(
        f"all, each by the threshold of the others: {50 * left / sum(len(one.windows) for one in known.values()):.2f}"
    )
    draw = np.random.default_rng(1)
    changed = {f"thinned to {share:.0%}": [
        (one, scores(one.times, list(map(float, draw.binomial(np.array(one.counts, int), share)))))
        for one in known.values()] for share in (0.5, 0.2, 0.05)}  # fmt: skip
    changed["times 3"] = [(one, scores(one.times, [3 * count for count in one.counts])) for one in known.values()]
    for rows in (100, 300):
        later = [one.cut(rows) for one in known.values()]
        changed[f"begun {rows} rows later"] = [(one, scores(one.times, one.counts)) for one in later]
    for what, found in changed.items():
        print(f"changed: {what:22} FIRES {score_of(found, burst_rare.FIRES):.2f}")
    chance, moves = random.Random(1), []
    for _ in range(jitter):
        with moved(chance):
            moves.append(score_of([(one, scores(one.times, one.counts)) for one in known.values()], burst_rare.FIRES))
    if moves:
        print(f"figures moved, {jitter} times: FIRES mean {np.mean(moves):.1f}, lowest {min(moves):.1f}")


if __name__ == "__main__":
    asked = sys.argv[1:]
    if asked:
        main(Path(asked[0]), int(asked[asked.index("--jitter") + 1]) if "--jitter" in asked else 12)
    quiet()
