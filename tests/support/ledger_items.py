"""Invented items of the ledger, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from alerts.ledger import Item
from alerts.ledger_intake import new_item
from alerts.ledger_moves import make
from alerts.ledger_table import load_table
from streams.clock import BEIJING, ms

TABLE = load_table((Path(__file__).parents[2] / "deploy" / "ledger.yml").read_text("utf-8"))
MONDAY = ms(datetime(2026, 9, 14, 9, tzinfo=BEIJING))
Act = tuple[str, str, str, dict[str, Any]]
ASSIGN: Act = ("assign", "wang", "officer", {"lead": "静宁县水务局", "limit": "complaint"})
ACCEPT: Act = ("accept", "zhao", "handler", {})
FIRST: Act = (
    "first_reply", "zhao", "handler", {"text": "已派人查看，周三前答复。", "channel": "门户", "unit": "静宁县水务局"}
)  # fmt: skip
ANSWER: Act = (
    "answer", "zhao", "handler", {"text": "管道已修好，恢复供水。", "channel": "门户", "unit": "静宁县水务局"}
)  # fmt: skip
CLOSE: Act = ("close", "wang", "officer", {"result": "solved"})


def opinion(id_: str = "o1", **changes: Any) -> dict[str, Any]:
    """Return a stored message as the index has it."""
    return {
        "id": id_, "source": "portal", "kind": "message", "title": "", "text": "静宁县城关镇停水三天了，什么时候恢复？",
        "posted_at": MONDAY, "received_at": MONDAY, "indexed_at": MONDAY, "topic": "城乡建设", "county": "620826",
        "place": "620826", "intent": "complaint", "urgent": False, "danger": False, **changes,
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
