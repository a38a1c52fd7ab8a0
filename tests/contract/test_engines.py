"""The real engines, as `huiying up` runs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from deploy.engines.base import Node
from deploy.engines.java import Java, bundled, for_everyone, read
from deploy.engines.local import local_elasticsearch, local_kafka
from deploy.settings import EngineSettings, HomeSettings, is_root
from streams.errors import Unavailable
from streams.settings import ElasticSettings, KafkaSettings

pytestmark = pytest.mark.engines


def _topic(address: str, name: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(name, 1, 1, topic_configs={"max.message.bytes": str(8 << 20)})])
    admin.close()


def running(node: Node) -> None:
    """Start an engine and wait for it."""
    node.start()
    node.wait()


def _read_all(address: str, topic: str) -> list[bytes]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=address, auto_offset_reset="earliest", consumer_timeout_ms=5000, group_id=None
    )
    try:
        return [message.value for message in consumer]
    finally:
        consumer.close()


def test_kafka_carries_a_page_of_several_megabytes(kafka_settings: KafkaSettings) -> None:
    topic = kafka_settings.kafka_prefix + "pages"
    _topic(kafka_settings.bootstrap, topic)
    producer = KafkaProducer(bootstrap_servers=kafka_settings.bootstrap, max_request_size=8 << 20, acks="all")
    page = b"p" * (7 << 20)
    producer.send(topic, page).get(30)
    producer.close()
    assert _read_all(kafka_settings.bootstrap, topic) == [page]


def test_kafka_makes_no_topic_that_nobody_created(kafka_settings: KafkaSettings) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka_settings.bootstrap)
    consumer = KafkaConsumer(
        kafka_settings.kafka_prefix + "misspelt", bootstrap_servers=kafka_settings.bootstrap, consumer_timeout_ms=500
    )
    assert list(consumer) == []
    consumer.close()
    assert not [name for name in admin.list_topics() if name.startswith(kafka_settings.kafka_prefix)]
    admin.close()


@pytest.fixture
def our_java() -> Java:
    """The Java that comes with us, for machines that have none."""
    ours = bundled()
    assert ours is not None
    java = read(ours)
    assert java is not None
    return java


def test_kafka_keeps_what_it_acknowledged_when_it_is_killed_also_on_our_java(
    engine_home: HomeSettings, our_java: Java, new_port: Callable[[], int]
) -> None:
    settings = KafkaSettings(kafka_port=new_port())
    home = HomeSettings(home=engine_home.home + "/killed", cache=engine_home.cache)
    home.folder.mkdir(mode=0o755)
    java = for_everyone(our_java, home.cache_folder) if is_root() else our_java
    node = local_kafka(home, EngineSettings(), settings, java)
    try:
        node.start()
        node.wait()
        _topic(settings.bootstrap, "kept")
        producer = KafkaProducer(bootstrap_servers=settings.bootstrap, acks="all")
        for number in range(200):
            producer.send("kept", str(number).encode()).get(30)
        producer.close()
        node.kill()
        assert not node.answers()
        node.start()
        node.wait()
        assert _read_all(settings.bootstrap, "kept") == [str(number).encode() for number in range(200)]
    finally:
        node.stop()


def test_an_engine_that_cannot_start_says_why(
    engine_home: HomeSettings, engine_java: Java, new_port: Callable[[], int]
) -> None:
    home = HomeSettings(home=engine_home.home + "/broken", cache=engine_home.cache)
    home.folder.mkdir(mode=0o755)
    node = local_kafka(home, EngineSettings(kafka_heap="1m"), KafkaSettings(kafka_port=new_port()), engine_java)
    with pytest.raises(Unavailable, match="heap") as caught:
        running(node)
    assert "\n" not in str(caught.value)
    node.stop()


def test_elasticsearch_stores_and_finds(elastic_settings: ElasticSettings) -> None:
    with Elasticsearch(elastic_settings.hosts) as client:
        name = elastic_settings.elasticsearch_prefix + "stored"
        client.index(index=name, id="1", document={"text": "静宁县停水"}, refresh=True)
        found = client.search(index=name, query={"match_phrase": {"text": "停水"}})
        assert found["hits"]["total"]["value"] == 1


def test_elasticsearch_runs_on_the_java_that_comes_with_us(
    engine_home: HomeSettings, our_java: Java, new_port: Callable[[], int]
) -> None:
    assert not our_java.full  # else there is nothing to relax, and the relaxing can go
    home = HomeSettings(home=engine_home.home + "/ours", cache=engine_home.cache)
    home.folder.mkdir(mode=0o755)
    settings = ElasticSettings(elasticsearch_port=new_port())
    java = for_everyone(our_java, home.cache_folder) if is_root() else our_java
    node = local_elasticsearch(home, EngineSettings(), settings, java)
    try:
        node.start()
        node.wait()
        with Elasticsearch(settings.hosts) as client:
            client.index(index="kept", id="1", document={"a": 1})
        node.kill()
        node.start()
        node.wait()
        with Elasticsearch(settings.hosts) as client:
            assert client.get(index="kept", id="1")["_source"] == {"a": 1}
    finally:
        node.stop()
