"""On a real Elasticsearch: what departs from the rota is kept once, listed while it matters, and never overwritten."""

from __future__ import annotations

from typing import Any

import pytest
from console_fakes import NOW, ready
from duty_people import PLAN, shift

from alerts.duty_changes import DutyChanges
from alerts.duty_store import ElasticDuty, change_of, kept
from alerts.history import History
from alerts.rota import Change
from streams.clock import ms
from streams.errors import Conflict, Rejected
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines
STAND_IN = Change(
    id="a1", kind="override", person="li", post="main", since=10, until=2_000, reason="补班", made_by="qian", made_at=3
)


async def test_a_stand_in_is_stored_once_and_listed_while_it_matters(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        duty = ElasticDuty(elastic)
        assert await duty.list(("override",)) == []
        assert await duty.save([(kept(STAND_IN), None)]) == [True]
        assert await duty.save([(kept(STAND_IN), None)]) == [False]
        assert [change_of(one) for one, _ in await duty.list(("override", "swap"), since=5)] == [STAND_IN]
        assert await duty.list(("override",), since=2_000) == []
        assert await duty.list(("swap",)) == []
        found = await duty.get("a1")
        assert found is not None
        await duty.put(*found)
        with pytest.raises(Conflict):
            await duty.put(*found)


async def test_a_swap_is_a_record_with_its_steps_in_the_history(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        duty = DutyChanges(elastic, History(elastic), PLAN)
        await duty.store.save([(kept(STAND_IN), None)])  # as a calendar file brings it: beside, without steps
        data = {"mine": shift("zhang"), "theirs": shift("li"), "reason": "家里有事"}
        made = await duty.ask("swap", data, by="zhang", role="officer", now=NOW)
        assert await duty.ask("swap", data, by="zhang", role="officer", now=NOW) == made
        yes: dict[str, Any] = {"by": "li", "role": "officer", "data": {}, "now": NOW, "seen": 1}
        await duty.move(made.id, "agree", **yes)
        with pytest.raises(Conflict, match="刚由其他同志更新"):
            await duty.move(made.id, "agree", **yes)
        done = await duty.move(made.id, "approve", by="zhao", role="leader", data={}, now=NOW)
        assert await duty.get(made.id) == done
        assert [(one.id, one.state) for one in (await duty.rota(ms(NOW))).changes] == [(made.id, "agreed")]
        with pytest.raises(Rejected):
            await duty.move(STAND_IN.id, "cancel", by="root", role="admin", data={"reason": "x"}, now=NOW)
        held = await duty.audit()
        assert (held.records, held.wrong) == (1, ())
        assert (await History(elastic).verify()).ok
        assert len(await History(elastic).latest(kind="duty.move")) == 3
