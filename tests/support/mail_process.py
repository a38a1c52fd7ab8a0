"""One look of the mailing in a process of its own, so that it can be killed: `mail_process.py PREFIX PORT NOW`."""

from __future__ import annotations

import asyncio
import sys

from alerts.deliveries import Deliveries
from alerts.reports.settings import ReportSettings
from alerts.settings import MailSettings
from streams.clock import from_ms
from streams.elastic import Elastic
from streams.settings import ElasticSettings


async def look(url: str, prefix: str, port: int, now: int) -> None:
    """Send what waits."""
    settings = ElasticSettings(elasticsearch=url, elasticsearch_prefix=prefix)
    reports = ReportSettings(report_mail_to=sys.argv[5], report_mail_forms="pdf")
    async with Elastic(settings) as elastic:
        await Deliveries(elastic, reports, MailSettings(mail_host="127.0.0.1", mail_port=port)).look(from_ms(now))


if __name__ == "__main__":
    asyncio.run(look(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
