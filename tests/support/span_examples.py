"""Invented weeks and months for tests: rows as the worker stores them, and a plain count over them."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from alerts.reports.periods import DAY_MS, Window

Row = dict[str, Any]


def rows(window: Window, count: int, *, seed: int = 7, prefix: str = "p") -> list[Row]:
    """Return invented opinions spread over a window, unevenly, with small groups among them."""
    chance = random.Random(seed)
    made: list[Row] = []
    for number in range(count):
        posted = window.start + int((window.end - window.start) * chance.random() ** 1.3)
        received = posted + chance.randrange(1_000, 90_000)
        made.append({
            "id": f"{prefix}{number}",
            "source": chance.choices(["weibo", "hotline", "portal", "board"], [40, 40, 20, 1])[0],
            "kind": "message", "text": "演示", "normal": "演示", "posted_at": posted, "received_at": received,
            "indexed_at": received + chance.randrange(200, 4_000), "late": chance.random() < 0.05,
            "sentiment": chance.choice(["neg", "neu", "pos"]),
            "topic": chance.choices(["教育", "供水供气供暖", "交通出行", "其他", "物业管理"], [30, 40, 20, 9, 1])[0],
            "county": chance.choice(["620826", "620802", ""]), "intent": "help",
            "urgent": chance.random() < 0.2, "danger": False,
        })  # fmt: skip
    return made


def within(all_rows: list[Row], window: Window) -> list[Row]:
    """Return the rows whose event time lies in a window."""
    return [row for row in all_rows if window.start <= row["posted_at"] < window.end]


def by_day(some: list[Row], window: Window, field: str = "") -> dict[str, tuple[int, ...]]:
    """Return how many rows lie on each day of the window, by a field (or together, under an empty key)."""
    days = -(-(window.end - window.start) // DAY_MS)
    found: dict[str, Counter[int]] = {}
    for row in some:
        found.setdefault(str(row[field]) if field else "", Counter())[(row["posted_at"] - window.start) // DAY_MS] += 1
    return {key: tuple(count[day] for day in range(days)) for key, count in found.items()}
