"""The real Kafka and Elasticsearch for tests: started once a run, or those that are named.

`HUIYING_TEST_KAFKA=host:port` and `HUIYING_TEST_ELASTICSEARCH=URL` name running ones. Each test gets settings with a
prefix of its own, and what it made under that prefix is removed after it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.engines.base import Node
from deploy.engines.java import Java
from deploy.engines.local import java_for, local_elasticsearch, local_kafka
from deploy.settings import EngineSettings, HomeSettings
from streams.settings import ElasticSettings, KafkaSettings


def free_port() -> int:
    """Return a port of loopback that is free, and whose next one is too."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no two free ports side by side")


@pytest.fixture(scope="session")
def engine_home() -> Iterator[HomeSettings]:
    """A data folder that every user can enter (Elasticsearch refuses root), with the machine's shared cache."""
    folder = Path(tempfile.mkdtemp(prefix="huiying-test-"))
    folder.chmod(0o755)
    yield HomeSettings(home=str(folder), cache=os.environ.get("HUIYING_TEST_CACHE", ""))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def engine_java(engine_home: HomeSettings) -> Java:
    """The Java that runs the engines."""
    return java_for(EngineSettings(), engine_home.cache_folder)


@contextmanager
def running(node: Node) -> Iterator[Node]:
    """Start an engine, wait for it, stop it."""
    try:
        node.start()
        node.wait(180)
        yield node
    finally:
        node.stop()


@pytest.fixture(scope="session")
def kafka_address(request: pytest.FixtureRequest) -> Iterator[str]:
    """host:port of a real broker."""
    named = os.environ.get("HUIYING_TEST_KAFKA", "")
    if named:
        yield named
        return
    home, java = request.getfixturevalue("engine_home"), request.getfixturevalue("engine_java")
    settings = KafkaSettings(kafka_port=free_port())
    with running(local_kafka(home, EngineSettings(), settings, java)):
        yield settings.bootstrap


@pytest.fixture(scope="session")
def elastic_address(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a real Elasticsearch."""
    named = os.environ.get("HUIYING_TEST_ELASTICSEARCH", "")
    if named:
        yield named
        return
    home, java = request.getfixturevalue("engine_home"), request.getfixturevalue("engine_java")
    settings = ElasticSettings(elasticsearch_port=free_port())
    with running(local_elasticsearch(home, EngineSettings(), settings, java)):
        yield settings.hosts[0]


def _prefix() -> str:
    return f"t{secrets.token_hex(5)}-"


@contextmanager
def _kafka(address: str) -> Iterator[KafkaSettings]:
    prefix = _prefix()
    yield KafkaSettings(kafka=address, kafka_prefix=prefix)
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        topics = [name for name in admin.list_topics() if name.startswith(prefix)]
        if topics:
            admin.delete_topics(topics)
    finally:
        admin.close()


def elastic_call(url: str, method: str = "GET") -> Any:
    """Ask Elasticsearch without our gateway."""
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
        return json.load(answer)


@contextmanager
def _elastic(address: str) -> Iterator[ElasticSettings]:
    prefix = _prefix()
    yield ElasticSettings(elasticsearch=address, elasticsearch_prefix=prefix)
    names = [row["index"] for row in elastic_call(f"{address}/_cat/indices/{prefix}*?format=json&h=index")]
    for name in names:
        elastic_call(f"{address}/{name}", "DELETE")
    templates = elastic_call(f"{address}/_index_template?filter_path=index_templates.name")
    for template in templates.get("index_templates", []):
        if template["name"].startswith(prefix):
            elastic_call(f"{address}/_index_template/{template['name']}", "DELETE")


@pytest.fixture
def kafka_settings(kafka_address: str) -> Iterator[KafkaSettings]:
    """A real Kafka, with a prefix that is this test's own."""
    with _kafka(kafka_address) as settings:
        yield settings


@pytest.fixture
def elastic_settings(elastic_address: str) -> Iterator[ElasticSettings]:
    """A real Elasticsearch, with a prefix that is this test's own."""
    with _elastic(elastic_address) as settings:
        yield settings


@pytest.fixture(scope="module")
def module_kafka_settings(kafka_address: str) -> Iterator[KafkaSettings]:
    """A real Kafka, with a prefix that is this module's own."""
    with _kafka(kafka_address) as settings:
        yield settings


@pytest.fixture(scope="module")
def module_elastic_settings(elastic_address: str) -> Iterator[ElasticSettings]:
    """A real Elasticsearch, with a prefix that is this module's own."""
    with _elastic(elastic_address) as settings:
        yield settings


@pytest.fixture(scope="session")
def new_port() -> Callable[[], int]:
    """Gives free ports of loopback."""
    return free_port
