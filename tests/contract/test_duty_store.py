"""On a real Elasticsearch: what departs from the rota is kept once, listed while it matters, and never overwritten."""

from __future__ import annotations

import pytest
from console_fakes import ready

from alerts.duty_store import ElasticDuty, change_of, kept
from alerts.rota import Change
from streams.errors import Conflict
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
