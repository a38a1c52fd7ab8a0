"""阅评 on the real Elasticsearch: drawn once by a seed that the history gives, scored, told, held to the history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from console_fakes import ready
from review_examples import ALL, NOW, OTHER, RUBRIC, UNIT, closed

from alerts.history import History
from alerts.ledgers import document
from alerts.review_sample import holds
from alerts.reviews import FRAME_KIND, ReviewService
from streams.elastic import Elastic, Op
from streams.errors import Conflict, Rejected
from streams.settings import ElasticSettings
from streams.topics import LEDGER, READINGS

pytestmark = pytest.mark.engines
LEADER: dict[str, Any] = {"by": "li", "role": "leader"}


async def filled(elastic: Elastic) -> ReviewService:
    """Return reviews of a city with thirty closed items of two units."""
    items = [closed(number, UNIT if number % 3 else OTHER) for number in range(30)]
    await elastic.bulk([Op(index=LEDGER.name, id=one.id, doc=document(one)) for one in items])
    await elastic.refresh(LEDGER.name)
    return ReviewService(elastic, History(elastic), RUBRIC)


async def test_a_month_is_drawn_once_from_a_frame_in_the_history(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        reviews = await filled(elastic)
        one = await reviews.draw("2026-09", size=12, by="sun", role="supervisor", now=NOW)
        assert (one.frame, len(one.sample), holds(one)) == (30, 12, True)
        written = [entry for entry in await reviews.history.of(one.id) if entry.kind == FRAME_KIND]
        assert [entry.hash for entry in written] == [one.seed]
        assert written[0].data["count"] == 30
        again = await reviews.draw("2026-09", size=20, by="li", role="leader", now=NOW + timedelta(hours=1))
        assert again == one
        readings = await reviews.of(one.id)
        assert {reading.item for reading in readings} == set(one.sample)
        with pytest.raises(Rejected, match="已办结且有答复"):
            await reviews.draw("2026-08", size=12, by="sun", role="supervisor", now=NOW)
        with pytest.raises(Rejected, match="以前的月份"):
            await reviews.draw("2026-11", size=12, by="sun", role="supervisor", now=NOW)


async def test_a_round_goes_its_whole_way_and_every_step_is_in_the_history(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        reviews = await filled(elastic)
        one = await reviews.draw("2026-09", size=10, by="sun", role="supervisor", now=NOW)
        for reading in await reviews.of(one.id):
            for reader in ("qian", "zhou"):
                levels = ALL if reader == "qian" or reading.unit == OTHER else {**ALL, "tone": "partly"}
                await reviews.read(reading.id, "score", by=reader, role="analyst", units=(), data=levels, now=NOW)
        with pytest.raises(Rejected, match="没有评定"):
            await reviews.move(one.id, "tell", now=NOW, **LEADER)
        waits = [reading for reading in await reviews.of(one.id) if reading.state == "differs"]
        assert {reading.unit for reading in waits} == {UNIT}
        with pytest.raises(Conflict, match="其他同志更新"):
            await reviews.read(
                waits[0].id, "decide", units=(), data={"tone": "yes", "reason": "原文平实"}, now=NOW, seen=1, **LEADER
            )
        for reading in waits:
            await reviews.read(
                reading.id, "decide", units=(), data={"tone": "yes", "reason": "原文平实"}, now=NOW, seen=2, **LEADER
            )
        told = await reviews.move(one.id, "tell", now=NOW, **LEADER)
        assert told.state == "heard"
        assert all(reading.heard for reading in await reviews.of(one.id))
        done = await reviews.move(one.id, "close", now=NOW + timedelta(days=6), **LEADER)
        assert done.state == "closed"
        with pytest.raises(Rejected, match="已定稿"):
            await reviews.read(waits[0].id, "example", units=(), data={"excerpt": "写明了时间。"}, now=NOW, **LEADER)
        assert (await reviews.audit()).wrong == ()
        assert (await reviews.history.verify()).ok
        held = await elastic.get(READINGS.name, waits[0].id)
        assert held is not None
        held.source["record"]["scores"][0]["levels"]["tone"] = "no"
        await elastic.put(READINGS.name, waits[0].id, held.source, refresh=True)
        assert any("与操作记录不符" in line for line in (await reviews.audit()).wrong)
