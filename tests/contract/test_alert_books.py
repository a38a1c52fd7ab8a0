"""The alerts' half of the books, on a real Elasticsearch."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from city import MONDAY, RULEBOOK, Phone
from memory_counts import MemoryCounts, opinion

from alerts.books import AlertBooks, alert_books, outcome
from alerts.outbox import Outbox
from alerts.rulebook import load_rulebook
from alerts.service import Service
from alerts.store import AlertStore, NoticeStore
from deploy.templates import FOLDER
from streams.clock import ManualClock, ms
from streams.elastic import Elastic
from streams.errors import Refused
from streams.settings import ElasticSettings
from streams.topics import ALERTS

pytestmark = pytest.mark.engines
NAMES = ("alerts", "notices", "checkpoints")


@pytest_asyncio.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    """An empty Elasticsearch."""
    async with Elastic(elastic_settings) as elastic:
        await elastic.install({name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in NAMES})
        yield elastic


async def test_sent_kept_back_failed_and_waiting_alerts_add_up(elastic: Elastic) -> None:
    clock = ManualClock(MONDAY)
    phone, counts = Phone(clock), MemoryCounts()
    outbox = Outbox(NoticeStore(elastic), [phone], wall=clock)
    service = Service(load_rulebook(RULEBOOK), counts, AlertStore(elastic), outbox)
    assert (await alert_books(elastic)).balanced
    counts.add(*(opinion(f"old-{n}", ms(MONDAY - timedelta(days=9))) for n in range(20)))
    await service.replay(MONDAY - timedelta(days=10), MONDAY - timedelta(days=8))
    for number, county in enumerate(("620821", "620822", "620823")):
        counts.add(opinion(f"danger-{number}", ms(MONDAY) - 1, county=county, danger=True))
    phone.refusals = [Refused("93000")]
    await service.tick(clock.now())
    waiting = await alert_books(elastic)
    assert (waiting.alerts, waiting.waiting, waiting.suppressed) == (4, 3, {"backfill": 1})
    await outbox.deliver("wecom", clock)
    books = await alert_books(elastic)
    assert (books.alerts, books.sent, books.suppressed, books.failed, books.waiting) == (4, 2, {"backfill": 1}, 1, 0)
    assert books.channels == {"all": {"suppressed": 2}, "wecom": {"sent": 2, "failed": 1}}
    assert books.balanced


async def test_an_alert_of_which_nobody_was_told_makes_the_books_unequal(elastic: Elastic) -> None:
    clock = ManualClock(MONDAY)
    counts = MemoryCounts([opinion("danger", ms(MONDAY) - 1, danger=True)])
    outbox = Outbox(NoticeStore(elastic), [Phone(clock)], wall=clock)
    service = Service(load_rulebook(RULEBOOK), counts, AlertStore(elastic), outbox)
    await service.tick(clock.now())
    (alert,) = await service.alerts()
    stray: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(alert, id="stray"))
    await elastic.create(ALERTS.name, "stray", stray, refresh=True)
    assert not (await alert_books(elastic)).balanced


@pytest.mark.parametrize(
    ("states", "result"),
    [
        ({("sent", "console")}, "sent"),
        ({("sent", "console"), ("failed", "email")}, "failed"),
        ({("sent", "console"), ("failed", "email"), ("sent", "wecom")}, "sent"),
        ({("sent", "console"), ("failed", "email"), ("sending", "wecom")}, "waiting"),
        ({("pending", "console")}, "waiting"),
        ({("suppressed", "all")}, "suppressed"),
        (set(), "none"),
    ],
)
def test_reaching_one_person_is_enough_and_the_console_alone_is_not(states: set[tuple[str, str]], result: str) -> None:
    assert outcome(states) == result


def test_books_are_balanced_only_if_every_alert_is_accounted_for() -> None:
    books = AlertBooks(alerts=3, sent=1, suppressed={"backfill": 1}, failed=0, waiting=0, channels={})
    assert not books.balanced
    assert msgspec.structs.replace(books, failed=1).balanced
