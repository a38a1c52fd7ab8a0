"""The ledger on the real Elasticsearch: items made once from stored messages, moved by people, held to the history."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from console_fakes import NOW, ready
from ledger_items import TABLE, MemoryLedger, item
from opinions import AT, opinion
from reply_items import OUT, TO_SIGNED, WATER, Town

from alerts.counts import ElasticCounts
from alerts.history import History
from alerts.ledger_intake import LedgerIntake
from alerts.ledger_watch import watch_ledger
from alerts.ledgers import Asked, LedgerService
from alerts.outbox import Outbox
from alerts.replies import Asked as Replies
from alerts.service import Service
from alerts.store import AlertStore, NoticeStore
from streams.clock import ManualClock, ms
from streams.elastic import Elastic
from streams.errors import Conflict, Rejected
from streams.settings import ElasticSettings
from streams.topics import LEDGER

pytestmark = pytest.mark.engines
OFFICER: dict[str, Any] = {"by": "wang", "role": "officer", "now": NOW}
GIVEN = {"lead": "静宁县水务局", "limit": "complaint", "longer": "属投诉，按投诉办理"}
WANTED = {"source": "portal", "kind": "message", "parent": ""}
"""As the worker stores a message: with an empty parent."""


async def stored(elastic: Elastic, *ops: Any) -> tuple[LedgerService, LedgerIntake]:
    await elastic.bulk(list(ops))
    await elastic.refresh("*")
    intake = LedgerIntake(elastic, TABLE, {"": "平凉市", "620826": "静宁县"}, 30)
    return LedgerService(elastic, History(elastic), TABLE), intake


async def test_each_message_that_wants_an_answer_becomes_one_item_however_often_it_is_read(
    elastic_settings: ElasticSettings,
) -> None:
    async with ready(elastic_settings) as elastic:
        ledger, intake = await stored(
            elastic, opinion(1, "停水了，什么时候恢复？", **WANTED),
            opinion(2, "路灯不亮", **WANTED | {"source": "hotline"}),
            opinion(3, "谢谢", **WANTED | {"intent": "thanks"}), opinion(4, "微博上的话"),
            opinion(6, "文章下的评论", **WANTED | {"parent": "article-1"}),
            opinion(5, "去年的事", **WANTED | {"posted_at": AT - 400 * 86_400_000}),
        )  # fmt: skip
        assert [await intake.take(ManualClock(NOW)) for _ in range(3)] == [2, 0, 0]
        items = await ledger.list(Asked(), ms(NOW))
        assert {item.text for item in items} == {"停水了，什么时候恢复？", "路灯不亮"}
        assert {item.suggested for item in items} == {"静宁县住房和城乡建设局"}
        assert all(item.due > item.received_at for item in items)
        moved = await ledger.move(items[0].id, "assign", data=GIVEN, **OFFICER)
        assert await intake.take(ManualClock(NOW)) == 0
        assert await ledger.get(moved.id) == moved
        known = await ledger.standing(Asked(filters={"state": "waiting"}), ms(NOW))
        assert (known.total, known.unanswered, known.overdue) == (1, 1, 0)
        assert (await ledger.standing(Asked(), ms(NOW) + 30 * 86_400_000)).overdue == 2


@pytest.mark.parametrize("kind", ["memory", "real"])
async def test_items_are_found_counted_moved_once_and_refused_alike(
    kind: str, elastic_settings: ElasticSettings
) -> None:
    async with ready(elastic_settings) as elastic:
        real, intake = await stored(elastic, *(opinion(n, f"停水了{n}", **WANTED) for n in (1, 2)))
        await intake.take(ManualClock(NOW))
        one, other = await real.list(Asked(), ms(NOW))
        service: Any = real if kind == "real" else MemoryLedger(one, other)
        one = await service.move(one.id, "assign", data=GIVEN, seen=0, **OFFICER)
        with pytest.raises(Conflict):
            await service.move(one.id, "accept", data={}, seen=0, **OFFICER)
        for refused in (("absorb", {"item": "x"}), ("close", {"result": "solved"})):
            with pytest.raises(Rejected):
                await service.move(one.id, refused[0], data=refused[1], **OFFICER)
        out = {"text": "已派人查看", "channel": "门户", "unit": GIVEN["lead"], "record": "r1"}
        noted = await service.carry(other, "first_reply", data=out, **OFFICER)
        assert (noted.state, noted.first_reply_at, noted.steps[-1].move) == ("waiting", 0, "note_reply")
        with pytest.raises(Conflict):
            await service.carry(other, "first_reply", data=out, **OFFICER)
        late = max(one.due, other.due) + 1
        asked: list[tuple[Asked, int, set[str]]] = [
            (Asked(), ms(NOW), {one.id, other.id}), (Asked(overdue=True), ms(NOW), set()),
            (Asked(overdue=True), late, {one.id, other.id}), (Asked(filters={"state": "waiting"}), late, {other.id}),
            (Asked(units=("静宁县水务局", "甲局")), late, {one.id}), (Asked(units=("",)), late, set()),
            (Asked(counties=("620826",)), late, {one.id, other.id}), (Asked(counties=("620825",)), late, set()),
            (Asked(key=True), late, set()), (Asked(open=True), late, {one.id, other.id}),
            (Asked(open=True, filters={"state": "closed"}), late, set()),
            (Asked(soon=True), one.due, {i.id for i in (one, other) if i.soon(one.due)}),
        ]  # fmt: skip
        for want, now, found in asked:
            assert {item.id for item in await service.list(want, now)} == found, want
            counted = await service.standing(want, now)
            assert counted.total == len(found)
        known = await service.standing(Asked(), late)
        assert (known.overdue, known.unanswered, dict(known.states)) == (2, 2, {"assigned": 1, "waiting": 1})


async def test_of_two_who_act_at_once_one_wins_and_the_other_is_told(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        ledger, intake = await stored(elastic, opinion(1, "停水了", **WANTED))
        await intake.take(ManualClock(NOW))
        (item,) = await ledger.list(Asked(), ms(NOW))
        acts = [
            ledger.move(item.id, "assign", data={**GIVEN, "lead": unit}, seen=0, **OFFICER) for unit in ("甲局", "乙局")
        ]
        outcomes = await asyncio.gather(*acts, return_exceptions=True)
        (lost,) = [one for one in outcomes if isinstance(one, BaseException)]
        assert isinstance(lost, Conflict)
        assert "刚由其他同志更新" in str(lost)
        after = await ledger.get(item.id)
        assert after is not None
        assert after.revision == 1
        held = await ledger.audit()
        assert (held.records, held.wrong) == (1, ())
        assert (await History(elastic).verify()).ok


async def test_overdue_items_are_an_alert_of_their_unit_until_the_last_is_answered(
    elastic_settings: ElasticSettings,
) -> None:
    async with ready(elastic_settings) as elastic:
        ledger, intake = await stored(elastic, *(opinion(n, f"停水了{n}", **WANTED) for n in (1, 2)))
        service = Service((), ElasticCounts(elastic), AlertStore(elastic), Outbox(NoticeStore(elastic), ()))
        clock = ManualClock(NOW)
        await intake.take(clock)
        items = await ledger.list(Asked(), ms(NOW))
        for item in items:
            await ledger.move(item.id, "assign", data=GIVEN, **OFFICER)
        await watch_ledger(ledger, service, clock)
        assert await service.alerts() == []
        clock.forward(days=30)
        for _ in range(2):
            await watch_ledger(ledger, service, clock)
        (late,) = await service.alerts()
        assert (late.rule, late.state, late.county, late.value) == ("ledger_overdue", "firing", "620826", 2)
        answer = {"text": "已修好", "channel": "门户", "unit": "静宁县水务局", "record": "r1"}
        for number, item in enumerate(items, 1):
            moved = await ledger.move(item.id, "accept", data={}, **OFFICER | {"now": clock.now()})
            await ledger.carry(moved, "answer", data=answer, **OFFICER | {"now": clock.now()})
            await watch_ledger(ledger, service, clock)
            (now,) = await service.alerts()
            assert (now.id, now.state) == (late.id, "firing" if number == 1 else "resolved")


async def test_messages_of_the_same_matter_are_merged_and_none_is_lost(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        ledger, intake = await stored(elastic, *(opinion(n, f"停水了{n}", **WANTED) for n in (1, 2)))
        await intake.take(ManualClock(NOW))
        one, other = await ledger.list(Asked(), ms(NOW))
        with pytest.raises(Rejected) as refused:
            await ledger.move(one.id, "merge", data={"into": "nowhere", "reason": "同一件事"}, **OFFICER)
        assert "没有要并入的那一件" in refused.value.detail
        gone = await ledger.move(one.id, "merge", data={"into": other.id, "reason": "同一件事"}, **OFFICER)
        both = await ledger.get(other.id)
        assert both is not None
        assert (gone.state, gone.merged_into) == ("merged", other.id)
        assert set(both.opinion_ids) == {*one.opinion_ids, *other.opinion_ids}
        assert both.merged == (one.id,)
        assert (await ledger.audit()).wrong == ()


async def test_what_is_changed_behind_the_history_is_found(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        ledger, intake = await stored(elastic, opinion(1, "停水了", **WANTED))
        await intake.take(ManualClock(NOW))
        (item,) = await ledger.list(Asked(), ms(NOW))
        await ledger.move(item.id, "assign", data=GIVEN, **OFFICER)
        found = await elastic.get(LEDGER.name, item.id)
        assert found is not None
        found.source["record"]["due"] += 86_400_000
        await elastic.put(LEDGER.name, item.id, found.source, refresh=True)
        assert "可能被改动" in (await ledger.audit()).wrong[0]


async def test_a_reply_goes_out_on_the_real_engine_and_its_item_is_answered_once(
    elastic_settings: ElasticSettings,
) -> None:
    async with ready(elastic_settings) as elastic:
        town = Town(elastic)
        one = await town.handled(item())
        r = await town.begin(one.id)
        await town.act(r.id, *TO_SIGNED)
        acts = [
            town.replies.move(r.id, move, by="wang", role="officer", data=data, now=town.now, seen=4)
            for move, data in (("publish", OUT), ("withdraw", {"reason": "情况有变"}))
        ]
        outcomes = await asyncio.gather(*acts, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes].count(Conflict) == 1
        (r,) = await town.replies.of(one.id)
        assert (r.state == "published") == ((await town.item(one.id)).state == "answered")
        assert await town.replies.carry_missing(ms(town.now)) == 0
        assert await town.replies.standing(Replies(units=(WATER,))) == {r.state: 1}
        assert await town.replies.list(Replies(state=r.state)) == [r]
        assert ((await town.replies.audit()).wrong, (await town.ledger.audit()).wrong) == ((), ())
