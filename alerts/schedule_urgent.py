"""快报 by itself: within a look of the schedule after a person confirmed that an event is major, one page, once.

A grade stands on a consultation only when a person confirmed it. What is there already is left to people to make again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.reports.kinds import make_report
from alerts.reports.settings import ReportSettings
from alerts.reports.store import ReportStore
from streams.clock import ms
from streams.elastic import Elastic
from streams.topics import CONSULTATIONS

KIND = "urgent"
TITLE = "生成重大事件快报"
MAJOR = ("major", "special")
FRESH = timedelta(days=1)
"""What was confirmed longer ago needs no first page any more."""
MOST = 50


async def make_urgent(elastic: Elastic, settings: ReportSettings, now: datetime) -> list[str]:
    """Make the 快报 of each open consultation on a major event that has none; return a line for each.

    Raises what the gateway raises, after those before were made.
    """
    fresh = {"range": {"updated_at": {"gte": ms(now - FRESH), "format": "epoch_millis"}}}
    body = {
        "size": MOST, "_source": ["id", "title"],
        "query": {"bool": {"filter": [{"term": {"open": True}}, {"terms": {"grade": list(MAJOR)}}, fresh]}},
    }  # fmt: skip
    store, told = ReportStore(elastic), list[str]()
    for hit in (await elastic.search(CONSULTATIONS.name, body))["hits"]["hits"]:
        identity = str(hit["_source"]["id"])
        if await store.find(KIND, identity) is None:
            kept = await store.keep(await make_report(KIND, identity, elastic, now, settings))
            told.append(f"{kept.report.title} {kept.report.subtitle} 已生成")
    return told
