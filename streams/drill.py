"""A drill's test post (演练): it travels as every live post does, and is stored where nothing counts or searches.

It is told by the key of its Kafka message, which no source has. The worker stores it in `drills`, never in `opinions`,
and gives it no line in the books unless it was rejected; then the line is of the source `drill`.
"""

from __future__ import annotations

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.broker import client_arguments
from streams.codec import encode_page
from streams.errors import Unavailable
from streams.records import DRILL, Page, Post
from streams.settings import KafkaSettings
from streams.topics import LIVE

SOURCE = "other"
"""A page must name a source; the worker puts `drill` in its place."""
TEXT = "【演练】这是一条测试留言，不是群众来信：某小区停水，请核实。本条只用于检查从接收到通知的全程，无需处置。"
TIMEOUT_MS = 20_000


def drill_post(at: int) -> Post:
    """Return the test post of a drill that began at a moment (ms UTC); the same one for the same moment."""
    return Post(source=SOURCE, native_id=f"drill-{at}", posted_at=at, text=TEXT)


async def send(kafka: KafkaSettings, at: int) -> None:
    """Send a drill's post to Kafka and wait until all replicas have it; twice changes nothing. Raises Unavailable."""
    producer = AIOKafkaProducer(**client_arguments(kafka), acks="all", request_timeout_ms=TIMEOUT_MS)
    try:
        await producer.start()
        page = encode_page(Page(source=SOURCE, posts=(drill_post(at),)))
        await producer.send_and_wait(kafka.kafka_prefix + LIVE.name, page, key=DRILL.encode())
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {kafka.bootstrap} took no drill: {type(error).__name__}") from error
    finally:
        await producer.stop()
