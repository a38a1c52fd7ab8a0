"""`huiying init` on the real engines, and a worker that starts before it or before Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from stream import Chain, templates, until

from deploy.init import connection, make_topics
from streams.broker import partitions
from streams.elastic import Elastic
from streams.errors import Misconfigured, Unavailable
from streams.settings import ElasticSettings, KafkaSettings
from streams.topics import TOPICS
from streams.worker import check_elastic, check_kafka

pytestmark = pytest.mark.engines


def test_topics_are_made_once_as_the_table_says(kafka_settings: KafkaSettings) -> None:
    with pytest.raises(Misconfigured, match="huiying init"):
        check_kafka(kafka_settings)
    assert make_topics(kafka_settings) == [topic.name for topic in TOPICS]
    assert make_topics(kafka_settings) == []
    assert partitions(kafka_settings) == {topic.name: kafka_settings.kafka_partitions for topic in TOPICS}
    check_kafka(kafka_settings)
    admin = KafkaAdminClient(**connection(kafka_settings))
    name = kafka_settings.kafka_prefix + TOPICS[0].name
    found = str(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)]))
    admin.close()
    assert str(TOPICS[0].max_message_bytes) in found
    assert str(TOPICS[0].retention_ms) in found


def test_fewer_partitions_than_asked_for_are_said(kafka_settings: KafkaSettings) -> None:
    make_topics(replace(kafka_settings, kafka_partitions=1))
    with pytest.raises(Misconfigured, match=r"posts\.live has 1"):
        make_topics(kafka_settings)


def test_no_kafka_is_one_clear_line() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 can't be reached") as caught:
        make_topics(KafkaSettings(kafka="127.0.0.1:1"))
    assert "\n" not in str(caught.value)


async def test_missing_templates_are_said(elastic_settings: ElasticSettings) -> None:
    with pytest.raises(Misconfigured, match="huiying init"):
        await check_elastic(elastic_settings)
    async with Elastic(elastic_settings) as elastic:
        await elastic.install(templates())
        await elastic.install(templates())
    await check_elastic(elastic_settings)


def test_a_worker_without_kafka_waits_and_says_so_until_it_is_told_to_stop(
    elastic_settings: ElasticSettings, new_port: Callable[[], int], tmp_path: Path
) -> None:
    chain = Chain(KafkaSettings(kafka=f"127.0.0.1:{new_port()}"), elastic_settings, tmp_path)
    worker = chain.work()
    until(lambda: chain.said("can't be reached"), 40, "a line about Kafka")
    assert worker.poll() is None
    assert "Traceback" not in chain.log.read_text("utf-8")
    worker.terminate()
    worker.wait(10)
    chain.stop()


def test_templates_of_the_stream_fit_the_real_node(elastic_settings: ElasticSettings) -> None:
    async def install() -> set[str]:
        async with Elastic(elastic_settings) as elastic:
            await elastic.install(templates())
            return await elastic.templates()

    assert set(templates()) <= asyncio.run(install())
