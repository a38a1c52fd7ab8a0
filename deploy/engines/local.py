"""The two local engines, made from settings."""

from __future__ import annotations

import os
from pathlib import Path

from deploy.engines.elasticsearch import Elasticsearch
from deploy.engines.java import Java, bundled, find, for_everyone, of_machine
from deploy.engines.kafka import Kafka
from deploy.settings import EngineSettings, HomeSettings, is_root
from streams.settings import ElasticSettings, KafkaSettings


def java_for(engines: EngineSettings, cache: Path) -> Java:
    """Return the Java that runs the engines. Raises Misconfigured if there is none that fits."""
    java = find(engines.java, of_machine(os.environ), bundled())
    return for_everyone(java, cache) if is_root() else java


def local_kafka(home: HomeSettings, engines: EngineSettings, kafka: KafkaSettings, java: Java) -> Kafka:
    """Return the local broker, not started, with its data in the home folder."""
    run = home.folder / "kafka"
    return Kafka(run, kafka.kafka_port, java=java, cache=home.cache_folder, heap=engines.kafka_heap)


def local_elasticsearch(
    home: HomeSettings, engines: EngineSettings, elastic: ElasticSettings, java: Java
) -> Elasticsearch:
    """Return the local node, not started, with its data in the home folder."""
    run = home.folder / "elasticsearch"
    heap = engines.elasticsearch_heap
    return Elasticsearch(run, elastic.elasticsearch_port, java=java, cache=home.cache_folder, heap=heap)
