"""What Huiying measures of itself is what is stored, and a broker that is away fails one figure, not all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from ledger_items import item
from memory_counts import opinion
from stream import templates

from alerts.ledgers import document
from alerts.measures import ElasticMeasures
from streams.elastic import Elastic, Op
from streams.errors import Unavailable
from streams.settings import ElasticSettings
from streams.topics import LEDGER, NOTICES, OPINIONS, monthly

pytestmark = pytest.mark.engines
HOUR = 3_600_000
AT = 1_772_424_000_000


@pytest_asyncio.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as found:
        await found.install(templates())
        yield found


async def waiting() -> int:
    return 7


async def away() -> int:
    raise Unavailable("no broker")


async def test_a_fresh_system_has_nothing_that_waits_and_nothing_that_was_done(elastic: Elastic) -> None:
    here = ElasticMeasures(elastic, waiting)
    for metric in ("unanswered", "oldest_unanswered", "oldest_unsigned"):
        assert await here.figures(metric, AT, past=False) == {"": 0.0}
    assert await here.figures("source_silence", AT, past=False) == {}
    for check in ("daily_brief", "drill_came", "somebody_signed_in"):
        assert not await here.done(check, AT - HOUR, AT)


async def test_what_waits_is_counted_now_and_as_it_was(elastic: Elastic) -> None:
    here = ElasticMeasures(elastic, waiting)
    open_ = item(id_="o1", received_at=AT - 30 * HOUR, posted_at=AT - 30 * HOUR)
    done = {**document(item(id_="o2", received_at=AT - 50 * HOUR)), "unanswered": False, "answered_at": AT - 10 * HOUR}
    await elastic.bulk(
        [
            Op(index=LEDGER.name, id="a", doc=document(open_)),
            Op(index=LEDGER.name, id="b", doc=done),
        ]
    )
    await elastic.refresh(LEDGER.name)
    assert await here.figures("unanswered", AT, past=False) == {"": 1.0}
    assert await here.figures("oldest_unanswered", AT, past=False) == {"": 30.0}
    assert await here.figures("unanswered", AT - 20 * HOUR, past=True) == {"": 2.0}
    assert await here.figures("oldest_unanswered", AT - 20 * HOUR, past=True) == {"": 30.0}
    assert await here.figures("unanswered", AT - 40 * HOUR, past=True) == {"": 1.0}


async def test_the_silence_of_each_source_is_in_minutes_since_it_last_arrived(elastic: Elastic) -> None:
    here = ElasticMeasures(elastic, waiting)
    for number, (source, ago) in enumerate((("weibo", 90), ("weibo", 30), ("portal", 5))):
        one = opinion(f"p{number}", AT - ago * 60_000, source=source)
        await elastic.bulk([Op(index=monthly(OPINIONS, AT), id=one["id"], doc=one)])
    await elastic.refresh(monthly(OPINIONS, AT))
    assert await here.figures("source_silence", AT, past=False) == {"weibo": 30.0, "portal": 5.0}


async def test_a_drill_that_came_through_in_time_is_seen_and_one_that_waits_is_not(elastic: Elastic) -> None:
    here = ElasticMeasures(elastic, waiting)
    notice: dict[str, Any] = {"id": "n", "channel": "sms", "kind": "drill", "at": AT, "state": "pending", "sent_at": 0}
    await elastic.bulk([Op(index=NOTICES.name, id="n", doc=notice)])
    await elastic.refresh(NOTICES.name)
    assert not await here.done("drill_came", AT - HOUR, AT + HOUR)
    sent = {**notice, "id": "m", "state": "sent", "sent_at": AT + 1}
    await elastic.bulk([Op(index=NOTICES.name, id="m", doc=sent)])
    await elastic.refresh(NOTICES.name)
    assert await here.done("drill_came", AT - HOUR, AT + HOUR)
    assert not await here.done("drill_came", AT + 2, AT + HOUR)


async def test_a_broker_that_is_away_fails_its_own_figure_and_is_no_reason_to_look_again_at_all(
    elastic: Elastic,
) -> None:
    assert await ElasticMeasures(elastic, waiting).figures("waiting", AT, past=False) == {"": 7.0}
    with pytest.raises(LookupError, match="no broker"):
        await ElasticMeasures(elastic, away).figures("waiting", AT, past=False)
