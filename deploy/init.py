"""What `huiying init` makes: topics and index templates. Doing it again changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from deploy.templates import index_templates
from streams.broker import client_arguments, partitions
from streams.elastic import Elastic
from streams.errors import Misconfigured, Unavailable
from streams.settings import KafkaSettings
from streams.topics import TOPICS, Topic


def make_topics(settings: KafkaSettings) -> list[str]:
    """Create the topics that are missing and return their bare names.

    Raises Unavailable if Kafka can't be reached, Misconfigured if it refuses, or if a topic has fewer partitions than
    `HUIYING_KAFKA_PARTITIONS` (more are never added: the key of a source would change its partition).
    """
    there = partitions(settings)
    small = [f"{t.name} has {there[t.name]}" for t in TOPICS if 0 < there.get(t.name, 0) < settings.kafka_partitions]
    if small:
        raise Misconfigured(
            f"{', '.join(small)} partitions, HUIYING_KAFKA_PARTITIONS asks for {settings.kafka_partitions}; "
            "lower it, or add partitions with Kafka's own tools"
        )
    missing = [topic for topic in TOPICS if topic.name not in there]
    if missing:
        _create(settings, missing)
    return [topic.name for topic in missing]


def _create(settings: KafkaSettings, topics: list[Topic]) -> None:
    try:
        admin = KafkaAdminClient(**client_arguments(settings))
        try:
            admin.create_topics([_new(settings, topic) for topic in topics])
        finally:
            admin.close()
    except TopicAlreadyExistsError:
        return  # another `init` was quicker
    except OSError as error:
        raise Unavailable(f"Kafka at {settings.bootstrap} can't be reached: {type(error).__name__}") from error
    except KafkaError as error:
        if error.retriable:
            raise Unavailable(f"Kafka at {settings.bootstrap}: {error}") from error
        raise Misconfigured(f"Kafka at {settings.bootstrap} makes no topics: {error}") from error


def _new(settings: KafkaSettings, topic: Topic) -> NewTopic:
    return NewTopic(
        settings.kafka_prefix + topic.name,
        settings.kafka_partitions,
        settings.kafka_replication,
        topic_configs={
            "retention.ms": str(topic.retention_ms),
            "max.message.bytes": str(topic.max_message_bytes),
            "cleanup.policy": "delete",
            # the demo's clock may run hours ahead of the broker's, which by default takes one
            "message.timestamp.after.max.ms": str(2**63 - 1),
        },
    )


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """Return brokers and security as arguments of kafka-python's clients. Raises Misconfigured."""
    return client_arguments(settings)


async def init(kafka: KafkaSettings, elastic: Elastic) -> None:
    """Make topics and templates; what is there already stays. Raises Unavailable, Refused, Misconfigured."""
    await asyncio.to_thread(make_topics, kafka)
    await install_templates(elastic)


async def install_templates(elastic: Elastic) -> list[str]:
    """Install every index template (again, if it is there) and return the bare names. Raises Unavailable, Refused."""
    templates = index_templates()
    await elastic.install(templates)
    return sorted(templates)
