"""How the ledger is counted and listed on the real Elasticsearch: what is overdue stays in front."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ledger_items import ACCEPT, ANSWER, ASSIGN, MONDAY, TABLE, Act, opinion

from alerts.history import History
from alerts.ledger import Item, item_id
from alerts.ledger_intake import LedgerIntake
from alerts.ledger_moves import CARRIED
from alerts.ledgers import Asked, LedgerService
from streams.clock import ManualClock, from_ms, ms
from streams.elastic import Elastic, Op
from streams.settings import ElasticSettings
from streams.topics import OPINIONS, monthly, pattern

pytestmark = pytest.mark.engines
TEMPLATES = Path(__file__).parents[2] / "deploy" / "index_templates"
PLACES = {"": "平凉市", "620826": "静宁县"}


@pytest.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as gateway:
        await gateway.install({path.stem: json.loads(path.read_text("utf-8")) for path in TEMPLATES.glob("*.json")})
        yield gateway


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(from_ms(MONDAY))


@pytest.fixture
def intake(elastic: Elastic) -> LedgerIntake:
    return LedgerIntake(elastic, TABLE, PLACES, 30)


@pytest.fixture
def ledger(elastic: Elastic) -> LedgerService:
    return LedgerService(elastic, History(elastic), TABLE)


async def stored(elastic: Elastic, *opinions: dict[str, Any]) -> None:
    ops = [Op(index=monthly(OPINIONS, one["posted_at"]), id=one["id"], doc=one, kind="index") for one in opinions]
    assert all(outcome.ok for outcome in await elastic.bulk(ops))
    await elastic.refresh(pattern(OPINIONS))


async def act(ledger: LedgerService, id_: str, one: Act, clock: ManualClock) -> Item:
    name, by, role, data = one
    now = clock.forward(minutes=1)
    if name in CARRIED:
        item = await ledger.get(id_)
        assert item is not None
        return await ledger.carry(item, name, by=by, role=role, data=data, now=now)
    return await ledger.move(id_, name, by=by, role=role, data=data, now=now)


async def test_overdue_open_items_always_count_and_are_listed_first(
    elastic: Elastic, intake: LedgerIntake, ledger: LedgerService, clock: ManualClock
) -> None:
    await stored(elastic, opinion("a"), opinion("b", intent="consult"), opinion("c", county="620802"))
    await intake.take(clock)
    for one in (ASSIGN, ACCEPT, ANSWER):
        await act(ledger, item_id("c"), one, clock)
    clock.time = from_ms(MONDAY) + timedelta(days=2)
    now = ms(clock.now())
    standing = await ledger.standing(Asked(), now)
    assert (standing.total, standing.unanswered, standing.overdue) == (3, 2, 1)
    assert standing.states == {"waiting": 2, "answered": 1}
    assert [one.opinion_ids[0] for one in await ledger.list(Asked(), now)] == ["b", "a", "c"]
    assert [one.id for one in await ledger.list(Asked(overdue=True), now)] == [item_id("b")]
    assert [one.id for one in await ledger.list(Asked(counties=("620802",)), now)] == [item_id("c")]
    assert [one.id for one in await ledger.list(Asked(units=("静宁县水务局",)), now)] == [item_id("c")]
