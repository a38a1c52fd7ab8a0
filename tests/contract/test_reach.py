"""Consultations in memory, on which the tests of reach rest, keep the real ones' promises; a user's reach is stored."""

from __future__ import annotations

from typing import Any

import pytest
from console_fakes import NOW, QUICK, ready
from consultations import NO_PRESS, a_consultation
from ledger_items import TABLE, MemoryLedger
from reaching import JINGNING, MemoryConsultations, an_alert, the_items

from alerts.accounts import Accounts, ElasticAccounts, Recusal
from alerts.consultations import ConsultationService, StoreLink
from alerts.history import History
from alerts.ledgers import Asked, LedgerService, document
from alerts.store import AlertStore
from streams.clock import ms
from streams.errors import Conflict, Rejected
from streams.settings import ElasticSettings
from streams.topics import LEDGER

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("kind", ["memory", "real"])
async def test_consultations_are_listed_moved_once_and_refused_alike(
    kind: str, elastic_settings: ElasticSettings
) -> None:
    async with ready(elastic_settings) as elastic:
        service: Any = MemoryConsultations(a_consultation())
        identity = "c1"
        if kind == "real":
            store = AlertStore(elastic)
            service = ConsultationService(elastic, History(elastic), StoreLink(store))
            alert = an_alert("a1", JINGNING)
            await store.create(alert)
            opened = await service.open_from_alert(
                alert, by="li", grade="major", reason="影响全县", known_at=alert.opened_at, now=NOW
            )
            identity = opened.id
        assert [one.id for one in await service.list()] == [identity]
        act: dict[str, Any] = {"by": "li", "role": "officer", "now": NOW}
        fact = {"text": "抢修中", "confirmed": True, "source": "水务局"}
        moved = await service.move(identity, "add_fact", data=fact, seen=1, **act)
        assert (moved.revision, moved.facts[0].text) == (2, "抢修中")
        assert await service.get(identity) == moved
        with pytest.raises(Conflict):
            await service.move(identity, "admit", data={"text": "晚了"}, seen=1, **act)
        with pytest.raises(Rejected):
            await service.move(identity, "close", data={"text": "好", **NO_PRESS}, **act)
        with pytest.raises(Rejected):
            await service.move("none", "admit", data={"text": "晚了"}, **act)
        assert await service.get("none") is None


@pytest.mark.parametrize("kind", ["memory", "real"])
async def test_items_are_found_within_reach_moved_once_and_refused_alike(
    kind: str, elastic_settings: ElasticSettings
) -> None:
    async with ready(elastic_settings) as elastic:
        kept = list(the_items())
        service: Any = MemoryLedger(*kept)
        if kind == "real":
            service = LedgerService(elastic, History(elastic), TABLE)
            for one in kept:
                await elastic.create(LEDGER.name, one.id, document(one), refresh=True)
        now = kept[0].updated_at
        for asked, found in (
            (Asked(), {"l1", "l2"}), (Asked(counties=(JINGNING,)), {"l1"}), (Asked(units=("静宁县水务局",)), {"l1"}),
            (Asked(units=("",)), set()), (Asked(filters={"state": "waiting"}), {"l2"}),
        ):  # fmt: skip
            assert {one.id for one in await service.list(asked, now)} == found
            assert (await service.standing(asked, now)).total == len(found)
        act: dict[str, Any] = {"by": "zhao", "role": "handler", "now": NOW, "data": {"reason": "错派"}}
        moved = await service.move("l1", "give_back", seen=kept[0].revision, **act)
        assert await service.get("l1") == moved
        with pytest.raises(Conflict):
            await service.move("l1", "give_back", seen=kept[0].revision, **act)
        with pytest.raises(Rejected):
            await service.move("none", "give_back", **act)
        assert await service.get("none") is None


async def test_a_user_s_reach_and_recusals_are_stored(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        accounts = Accounts(ElasticAccounts(elastic), hasher=QUICK)
        await accounts.create(username="zhao", name="赵明", role="handler", by="", now=NOW, units=["静宁县水务局"])
        await accounts.set_reach("zhao", units=["静宁县水务局", "静宁县水务局"], counties=[JINGNING])
        await accounts.set_outside("zhao", "u-1")
        for number in (1, 2):
            await accounts.recuse("zhao", Recusal(subject="a1", reason=f"亲属{number}", by="zhao", at=ms(NOW)))
        found = await ElasticAccounts(elastic).user("zhao")
        assert found is not None
        assert (found[0].units, found[0].counties, found[0].outside) == (("静宁县水务局",), (JINGNING,), "u-1")
        assert [one.reason for one in found[0].recusals] == ["亲属2"]
        await accounts.create(username="qian", name="钱进", role="officer", by="", now=NOW)
        with pytest.raises(Rejected):
            await accounts.set_outside("qian", "u-1")
