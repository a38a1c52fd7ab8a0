"""Invented closed items, a round and its readings, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ledger_items import ACCEPT, ANSWER, ASSIGN, CLOSE, after, item
from msgspec.structs import replace

from alerts import review_moves, review_rounds
from alerts.ledger import Item
from alerts.reports.spans import parse_span
from alerts.review import Reading, Round
from alerts.review_rounds import Standing, drawn, reading
from alerts.review_rubric import load_rubric
from streams.clock import BEIJING
from streams.errors import Conflict

RUBRIC = load_rubric((Path(__file__).parents[2] / "deploy" / "rubric.yml").read_text("utf-8"))
NOW = datetime(2026, 10, 8, 9, tzinfo=BEIJING)
ALL: dict[str, str] = {one.name: "yes" for one in RUBRIC.criteria}
UNIT = "静宁县水务局"
OTHER = "庄浪县教育局"


def closed(number: int, unit: str = UNIT, text: str = "9月16日我局抢修队换好主管，已恢复供水。") -> Item:
    """Return an item that was answered by a unit and closed."""
    assign = (*ASSIGN[:3], {**ASSIGN[3], "lead": unit})
    answer = (*ANSWER[:3], {**ANSWER[3], "unit": unit, "text": text})
    return after(item(id_=f"o{number}"), (assign, ACCEPT, answer, CLOSE))


def frame(items: Sequence[Item]) -> dict[str, list[str]]:
    """Return a frame of items by unit."""
    found: dict[str, list[str]] = {}
    for one in items:
        found.setdefault(one.replies[-1].unit, []).append(one.id)
    return found


def a_round(items: Sequence[Item], size: int = 10, seed: str = "s" * 64) -> Round:
    """Return a round drawn from items."""
    span = parse_span("monthly", "2026-09")
    return drawn(span, frame(items), RUBRIC, seed=seed, size=size, by="sun", role="supervisor", now=NOW)


def a_reading(unit: str = UNIT) -> Reading:
    """Return one drawn reply that nobody has scored."""
    one = closed(1, unit)
    made = reading(a_round([one]), one, unit)
    assert made is not None
    return made


def act(
    one: Reading, name: str, by: str, data: Mapping[str, Any], *, role: str = "analyst", units: tuple[str, ...] = ()
) -> Reading:
    """Return a reading after one move."""
    return review_moves.make(one, name, by=by, role=role, units=units, data=data, now=NOW)


def scored(one: Reading, first: Mapping[str, str] = {}, second: Mapping[str, str] = {}) -> Reading:
    """Return a reading that two have scored, all 做到 but what is given."""
    return act(act(one, "score", "qian", {**ALL, **first}), "score", "zhou", {**ALL, **second})


class MemoryReviews:
    """One round `x` with one reading `x`, in memory."""

    def __init__(self, one: Round, held: Reading) -> None:
        self.one, self.held = replace(one, id="x"), replace(held, id="x", round="x")

    async def list(self) -> Sequence[Round]:
        return [self.one]

    async def get(self, id_: str) -> Round | None:
        return self.one if id_ == "x" else None

    async def of(self, round_: str) -> Sequence[Reading]:
        return [self.held] if round_ == "x" else []

    async def reading(self, id_: str) -> Reading | None:
        return self.held if id_ == "x" else None

    async def draw(self, period: str, *, size: int, by: str, role: str, now: datetime) -> Round:
        del period
        return drawn(
            parse_span("monthly", "2026-09"), {}, RUBRIC, seed="", size=size, by=by, role=role, now=now
        )

    async def move(self, id_: str, name: str, *, by: str, role: str, now: datetime, seen: int | None = None) -> Round:
        del id_, seen
        standing = Standing(states={self.held.state: 1}, expected=1)
        self.one = review_rounds.make(self.one, name, standing, by=by, role=role, now=now)
        return self.one

    async def read(
        self, id_: str, name: str, *, by: str, role: str, units: tuple[str, ...], data: Mapping[str, Any],
        now: datetime, seen: int | None = None,
    ) -> Reading:  # fmt: skip
        del id_
        if seen is not None and seen != self.held.revision:
            raise Conflict("moved on")
        self.held = review_moves.make(self.held, name, by=by, role=role, units=units, data=data, now=now)
        return self.held


def reviews() -> MemoryReviews:
    """Return a round whose one reply, of 静宁县水务局, nobody has scored."""
    return MemoryReviews(a_round([closed(1)]), a_reading())


def evil_reviews(evil: str) -> MemoryReviews:
    """Return a round in which every word that people write is an attack."""
    one = scored(replace(a_reading(), heard=True), {"tone": "no", "remark": evil})
    one = act(one, "decide", "li", {"tone": "no", "reason": evil}, role="leader")
    one = act(one, "appeal", "zhao", {"reason": evil}, role="handler", units=(UNIT,))
    one = act(one, "answer", "sun", {"outcome": "changed", "tone": "yes", "answer": evil}, role="supervisor")
    words = {"title": evil, "question": evil, "reply": evil, "unit": evil, "channel": evil, "example": evil}
    around = a_round([closed(1)])
    stratum = replace(around.strata[0], unit=evil)
    return MemoryReviews(replace(around, title=evil, drawn_by=evil, strata=(stratum,)), replace(one, **words))
