"""One look of the schedule in a process of its own, so that it can be killed: `make_process.py URL PREFIX NOW`."""

from __future__ import annotations

import asyncio
import sys

from alerts.reports.settings import ReportSettings
from alerts.schedule import Schedule
from streams.clock import ManualClock, from_ms
from streams.elastic import Elastic
from streams.settings import ElasticSettings


async def look(url: str, prefix: str, now: int) -> None:
    """Make what is due."""
    async with Elastic(ElasticSettings(elasticsearch=url, elasticsearch_prefix=prefix)) as elastic:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await Schedule(elastic, ManualClock(from_ms(now)), ReportSettings()).look()


if __name__ == "__main__":
    asyncio.run(look(sys.argv[1], sys.argv[2], int(sys.argv[3])))
