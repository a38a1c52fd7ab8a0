"""Consultations on the real Elasticsearch: opened once, moved by one at a time, held to the history."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from consultations import KNOWN, TO_ANSWER, TO_STATEMENT

from alerts.alert import Alert
from alerts.consultation import Consultation
from alerts.consultations import ConsultationService, StoreLink, document
from alerts.deadlines import HOUR
from alerts.history import Entry, History
from alerts.store import AlertStore
from streams.clock import from_ms
from streams.elastic import Elastic
from streams.errors import Conflict, Rejected, Unavailable
from streams.settings import ElasticSettings
from streams.topics import ALERTS, CONSULTATIONS, HISTORY

TEMPLATES = Path(__file__).parents[2] / "deploy" / "index_templates"
NOW = from_ms(KNOWN + HOUR)
ALERT = Alert(
    id="a1", rule="count", rule_title="数量", level="major", topic="供水", county="620826", title="静宁县供水预警",
    reason="一小时内 30 条", opened_at=KNOWN, updated_at=KNOWN, last_firing_at=KNOWN, window_from=KNOWN - HOUR,
    window_to=KNOWN, value=30.0, bound=10.0, count=30, total=30, peak=30.0, sources={"weibo": 30},
)  # fmt: skip
pytestmark = pytest.mark.engines


class Links:
    """Remembers what was linked."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []

    async def link_consultation(self, alert_id: str, consultation_id: str, *, now: Any) -> None:
        del now
        self.made.append((alert_id, consultation_id))


class Stopping(History):
    """A history that goes away before it writes, as when the machine stops between the two writes."""

    async def append(self, *_: object) -> Entry:
        raise Unavailable("stopped")


@pytest.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    names = (ALERTS.name, CONSULTATIONS.name, HISTORY.name)
    templates = {name: json.loads((TEMPLATES / f"{name}.json").read_text("utf-8")) for name in names}
    async with Elastic(elastic_settings) as gateway:
        await gateway.install(templates)
        yield gateway


@pytest.fixture
def service(elastic: Elastic) -> ConsultationService:
    return ConsultationService(elastic, History(elastic), Links())


async def opened(service: ConsultationService) -> Consultation:
    return await service.open_from_alert(
        ALERT, by="li", grade="major", reason="影响全县", known_at=KNOWN, occurred_at=KNOWN - HOUR, now=NOW
    )


async def test_an_alert_opens_one_consultation_however_often_it_is_asked(service: ConsultationService) -> None:
    first = await opened(service)
    assert await opened(service) == first == await service.get(first.id)
    assert isinstance(service.alerts, Links)
    assert set(service.alerts.made) == {("a1", first.id)}
    assert [entry.by for entry in await service.records.history.of(first.id)] == ["li"]


async def test_the_alert_says_which_consultation_it_opened(elastic: Elastic) -> None:
    store = AlertStore(elastic)
    await store.create(ALERT)
    service = ConsultationService(elastic, History(elastic), StoreLink(store))
    c = await opened(service)
    await opened(service)
    found = await store.get(ALERT.id)
    assert found is not None
    assert found[0].consultation == c.id
    assert found[0].opened_at == ALERT.opened_at


async def test_every_step_of_a_whole_way_is_in_the_history(service: ConsultationService) -> None:
    c = await opened(service)
    for move, by, role, data in (*TO_STATEMENT, *TO_ANSWER):
        c = await service.move(c.id, move, by=by, role=role, data=data, now=NOW, seen=c.revision)
    assert c.state == "answered"
    kept = [entry.data["step"]["move"] for entry in await service.records.history.of(c.id)]
    assert kept == [step.move for step in c.steps]
    assert (await service.records.history.verify()).ok
    assert (await service.audit()).wrong == ()


async def test_of_two_at_once_one_wins_and_the_other_is_told(service: ConsultationService) -> None:
    c = await opened(service)
    acts = [
        service.move(c.id, "admit", by=by, role="officer", data={"text": f"失误{by}"}, now=NOW, seen=c.revision)
        for by in ("li", "wang")
    ]
    done = await asyncio.gather(*acts, return_exceptions=True)
    told = [one for one in done if isinstance(one, Conflict)]
    assert len(told) == 1
    assert "请刷新" in str(told[0])
    after = await service.get(c.id)
    assert after is not None
    assert len(after.wrongs) == 1


async def test_who_looked_at_an_older_record_is_told(service: ConsultationService) -> None:
    c = await opened(service)
    await service.move(c.id, "admit", by="li", role="officer", data={"text": "晚了"}, now=NOW)
    with pytest.raises(Conflict, match="请刷新"):
        await service.move(c.id, "admit", by="wang", role="officer", data={"text": "也晚了"}, now=NOW, seen=c.revision)


async def test_a_step_that_a_stopped_machine_left_out_is_written_by_the_next(
    service: ConsultationService, elastic: Elastic
) -> None:
    c = await opened(service)
    stopping = ConsultationService(elastic, Stopping(elastic), Links())
    with pytest.raises(Unavailable):
        await stopping.move(c.id, "admit", by="li", role="officer", data={"text": "晚了"}, now=NOW)
    assert "第2步不在操作记录中" in (await service.audit()).wrong[0]
    await service.move(c.id, "admit", by="li", role="officer", data={"text": "又晚了"}, now=NOW)
    assert [entry.data["revision"] for entry in await service.records.history.of(c.id)] == [1, 2, 3]
    assert (await service.audit()).wrong == ()


async def test_a_record_changed_behind_our_back_is_named(service: ConsultationService, elastic: Elastic) -> None:
    c = await opened(service)
    doc = document(c)
    doc["record"]["grade_reason"] = "另一个理由"
    await elastic.put(CONSULTATIONS.name, c.id, doc, refresh=True)
    assert "可能被改动" in (await service.audit()).wrong[0]


async def test_open_ones_are_listed_first(service: ConsultationService) -> None:
    first = await opened(service)
    second = await service.open_by_hand(
        title="西大街积水", by="li", grade="general", reason="一处", known_at=KNOWN, now=NOW
    )
    assert {c.id for c in await service.list(open_only=True)} == {first.id, second.id}
    assert len(await service.list()) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grade": "special"}, "不自行定级"),
        ({"grade": "huge"}, "选择等级"),
        ({"reason": " "}, "写明理由"),
        ({"known_at": KNOWN + 2 * HOUR}, "不能晚于现在"),
        ({"occurred_at": KNOWN + 1}, "不能晚于获知时间"),
        ({"role": "stranger"}, "您的角色"),
        ({"title": ""}, "事项名称"),
    ],
)
async def test_what_can_not_be_opened_says_why(
    service: ConsultationService, changes: dict[str, Any], words: str
) -> None:
    good: dict[str, Any] = {
        "title": "西大街积水", "by": "li", "grade": "general", "reason": "一处", "known_at": KNOWN, "now": NOW,
    }  # fmt: skip
    with pytest.raises(Rejected) as caught:
        await service.open_by_hand(**{**good, **changes})
    assert words in caught.value.detail


async def test_a_move_on_nothing_is_refused(service: ConsultationService) -> None:
    with pytest.raises(Rejected) as caught:
        await service.move("none", "admit", by="li", role="officer", data={"text": "x"}, now=NOW)
    assert "没有这份会商记录" in caught.value.detail
