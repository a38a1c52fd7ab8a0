"""(e) Ceilings: Elasticsearch taking ready documents in the same requests, two under way; aiokafka reading pages."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time

from ours import judged

from deploy.init import make_topics
from deploy.templates import FOLDER
from streams.elastic import Elastic
from streams.settings import ElasticSettings, KafkaSettings
from streams.storing import store

which, kafka, elastic, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
pages = sys.stdin.buffer.read().splitlines()
prefix = f"bench{secrets.token_hex(4)}-"


async def documents() -> float:
    """Return posts a second that Elasticsearch takes when nothing has to be judged."""
    ready = [judged(pages[at : at + 5], at) for at in range(0, len(pages), 5)]
    async with Elastic(ElasticSettings(elasticsearch=elastic, elasticsearch_prefix=prefix)) as gateway:
        names = ("opinions", "rejected", "pages")
        await gateway.install({n: json.loads((FOLDER / f"{n}.json").read_text("utf-8")) for n in names})
        await store(gateway, ready[0])
        start = time.monotonic()
        left = iter(ready[1:])

        async def feed() -> None:
            for one in left:
                await store(gateway, one)

        await asyncio.gather(feed(), feed())
        rate = (count - 500) / (time.monotonic() - start)
        for name in names:
            await gateway.drop(f"{name}-*")
    return rate


async def reading() -> float:
    """Return posts a second that aiokafka reads."""
    from aiokafka import AIOKafkaConsumer
    from kafka import KafkaAdminClient, KafkaProducer

    topic = prefix + "posts.live"
    make_topics(KafkaSettings(kafka=kafka, kafka_prefix=prefix, kafka_partitions=1))
    producer = KafkaProducer(bootstrap_servers=kafka, linger_ms=20, max_request_size=8_000_000)
    for page in pages:
        producer.send(topic, page)
    producer.flush()
    producer.close()
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    seen, start = 0, time.monotonic()
    while seen < len(pages):
        for batch in (await consumer.getmany(timeout_ms=1000)).values():
            seen += len(batch)
    rate = count / (time.monotonic() - start)
    await consumer.stop()
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(prefix)])
    admin.close()
    return rate


print(asyncio.run(documents() if which == "e1" else reading()))
