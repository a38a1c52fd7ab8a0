"""A ledger and its replies over Elasticsearch in memory, and invented acts on them, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ledger_items import ACCEPT, ASSIGN, TABLE
from memory_elastic import MemoryElastic

from alerts.history import History
from alerts.ledger import Item
from alerts.ledgers import LedgerService
from alerts.ledgers import document as item_document
from alerts.replies import ReplyService
from alerts.reply import Answering
from streams.clock import from_ms
from streams.topics import LEDGER

WATER = "静宁县水务局"
TEXT = "您反映的停水问题，我局9月14日到城关镇查看，主管道破裂，9月15日18时前修好并恢复供水。静宁县水务局，张工负责。"
BEGIN: dict[str, Any] = {"kind": "final", "unit": WATER, "text": TEXT}
OUT: dict[str, Any] = {"channel": "政府门户“互动交流”"}
Act = tuple[str, str, str, dict[str, Any]]
TO_SIGNED: tuple[Act, ...] = (
    ("submit", "zhao", "handler", {}), ("pass", "qian", "handler", {"remark": "已核对"}),
    ("sign", "sun", "leader", {}),
)  # fmt: skip
PUBLISH: Act = ("publish", "zhao", "handler", OUT)


class Town:
    """One item that 静宁县水务局 handles, its replies, and a clock that a test moves."""

    def __init__(self, elastic: object = None) -> None:
        store: Any = elastic or MemoryElastic()
        self.elastic, self.history = store, History(store)
        self.ledger = LedgerService(store, self.history, TABLE)
        self.replies = ReplyService(store, self.history, self.ledger)
        self.now: datetime = from_ms(0)

    async def add(self, one: Item) -> Item:
        """Store an item as the intake does, and set the clock to its receipt."""
        await self.elastic.create(LEDGER.name, one.id, item_document(one), refresh=True)
        self.now = max(self.now, from_ms(one.updated_at))
        return one

    async def handled(self, one: Item) -> Item:
        """Store an item that its unit has signed for."""
        await self.add(one)
        for move, by, role, data in (ASSIGN, ACCEPT):
            one = await self.ledger.move(one.id, move, by=by, role=role, data=data, now=self.tick())
        return one

    def tick(self, minutes: int = 1) -> datetime:
        """Let minutes pass and return the time."""
        self.now += timedelta(minutes=minutes)
        return self.now

    async def begin(self, item: str, *, by: str = "zhao", role: str = "handler", **data: Any) -> Answering:
        """Begin a reply."""
        return await self.replies.begin(item, by=by, role=role, data={**BEGIN, **data}, now=self.tick())

    async def act(self, reply: str, *acts: Act) -> Answering:
        """Make moves of a reply, one a minute."""
        for move, by, role, data in acts:
            done = await self.replies.move(reply, move, by=by, role=role, data=data, now=self.tick())
        return done

    async def item(self, id_: str) -> Item:
        """Return an item as it stands."""
        found = await self.ledger.get(id_)
        assert found is not None
        return found
