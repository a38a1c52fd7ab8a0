"""Invented items of the ledger, for tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from alerts.fields import refusal
from alerts.ledger import Item
from alerts.ledger_intake import new_item
from alerts.ledger_moves import BY_HAND, carried, make
from alerts.ledger_table import load_table
from alerts.ledgers import Asked, Standing
from streams.clock import BEIJING, ms
from streams.errors import Conflict

TABLE = load_table((Path(__file__).parents[2] / "deploy" / "ledger.yml").read_text("utf-8"))
MONDAY = ms(datetime(2026, 9, 14, 9, tzinfo=BEIJING))
Act = tuple[str, str, str, dict[str, Any]]
ASSIGN: Act = ("assign", "wang", "officer", {"lead": "静宁县水务局", "limit": "complaint"})
ACCEPT: Act = ("accept", "zhao", "handler", {})
FIRST: Act = (
    "first_reply", "zhao", "handler",
    {"text": "已派人查看，周三前答复。", "channel": "门户", "unit": "静宁县水务局", "record": "r1"},
)  # fmt: skip
ANSWER: Act = (
    "answer", "zhao", "handler",
    {"text": "管道已修好，恢复供水。", "channel": "门户", "unit": "静宁县水务局", "record": "r1"},
)  # fmt: skip
CLOSE: Act = ("close", "wang", "officer", {"result": "solved"})


def opinion(id_: str = "o1", **changes: Any) -> dict[str, Any]:
    """Return a stored message as the index has it."""
    return {
        "id": id_, "source": "portal", "kind": "message", "title": "", "text": "静宁县城关镇停水三天了，什么时候恢复？",
        "posted_at": MONDAY, "received_at": MONDAY, "indexed_at": MONDAY, "topic": "城乡建设", "county": "620826",
        "place": "620826", "intent": "complaint", "urgent": False, "danger": False, "parent": "", **changes,
    }  # fmt: skip


def item(**changes: Any) -> Item:
    """Return the item of a message just received."""
    return new_item(opinion(**changes), TABLE, MONDAY, "静宁县")


def after(one: Item, acts: Iterable[Act], now: int = 0) -> Item:
    """Return an item after some moves, one a minute."""
    for name, by, role, data in acts:
        now = (now or one.updated_at) + 60_000
        one = make(one, name, table=TABLE, by=by, role=role, data=data, now=now)
    return one


class MemoryLedger:
    """The ledger as it stands in memory; held to the real one by `tests/contract/test_ledger.py`."""

    def __init__(self, *kept: Item) -> None:
        self.kept = {one.id: one for one in kept}
        self.table = TABLE

    def _wanted(self, asked: Asked, now: int) -> list[Item]:
        def fits(one: Item) -> bool:
            return (
                all(getattr(one, name) == value for name, value in asked.filters.items())
                and (not asked.units or bool(set(asked.units) & set(one.units)))
                and (not asked.counties or one.county in asked.counties)
                and (one.open or not asked.open)
                and (not asked.key or bool(one.key_leader))
                and (not asked.overdue or one.overdue(now))
                and (not asked.soon or one.soon(now))
            )

        return [one for one in self.kept.values() if fits(one)]

    async def list(self, asked: Asked, now: int, *, limit: int = 200, skip: int = 0) -> list[Item]:
        rows = sorted(self._wanted(asked, now), key=lambda one: (not one.unanswered, one.due))
        return rows[skip : skip + limit]

    async def standing(self, asked: Asked, now: int) -> Standing:
        rows = self._wanted(asked, now)
        return Standing(
            total=len(rows), states=Counter(one.state for one in rows), unanswered=sum(one.unanswered for one in rows),
            overdue=sum(one.overdue(now) for one in rows), soon=sum(one.soon(now) for one in rows),
            key=sum(bool(one.key_leader) and one.open for one in rows), late=sum(one.late for one in rows),
        )  # fmt: skip

    async def get(self, id_: str) -> Item | None:
        return self.kept.get(id_)

    async def move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Item:  # fmt: skip
        before = self.kept.get(id_)
        if before is None or move not in {one.name for one in BY_HAND}:
            raise refusal("没有这份台账记录。")
        if seen is not None and seen != before.revision:
            raise Conflict("moved on")
        self.kept[id_] = make(before, move, table=TABLE, by=by, role=role, data=data, now=now)
        return self.kept[id_]

    async def carry(
        self, item: Item, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime | int,
        round_: int = -1,
    ) -> Item:  # fmt: skip
        before = self.kept[item.id]
        if item.revision != before.revision:
            raise Conflict("moved on")
        self.kept[item.id] = carried(before, move, table=TABLE, by=by, role=role, data=data, now=now, round_=round_)
        return self.kept[item.id]
