"""(c) Faust, a post a message, with our analysis and bulk: `take` of 500."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import faust
from ours import judged, settings

from streams.elastic import Elastic
from streams.settings import ElasticSettings
from streams.storing import store

kafka, elastic = settings(sys.argv[1])
prefix = kafka["kafka_prefix"]
app = faust.App(prefix + "c", broker=f"kafka://{kafka['kafka']}", topic_disable_leader=True, topic_allow_declare=False,
                consumer_auto_offset_reset="earliest", table_standby_replicas=0)  # fmt: skip
topic = app.topic(prefix + "posts.live", value_type=bytes, value_serializer="raw", key_type=bytes, key_serializer="raw")
gateway = Elastic(ElasticSettings(**elastic))


@app.agent(topic)
async def scored(pages: Any) -> None:
    first = 0
    async for batch in pages.take(500, within=1.0):
        await store(gateway, await asyncio.to_thread(judged, batch, first))
        first += len(batch)


sys.argv[1:] = ["worker", "-l", "warn", "--without-web"]
app.main()
