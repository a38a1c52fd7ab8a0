"""A city other than the shipped one: its file named in the settings, its places in what the real worker stores."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from another_city import write_places
from stream import Chain, write_csv

from streams.elastic import Elastic
from streams.settings import ElasticSettings, KafkaSettings

pytestmark = pytest.mark.engines


@pytest.fixture
def chain(kafka_settings: KafkaSettings, elastic_settings: ElasticSettings, tmp_path: Path) -> Iterator[Chain]:
    """Topics and templates of this test's own."""
    chain = Chain(replace(kafka_settings, kafka_partitions=1), elastic_settings, tmp_path)
    chain.prepare()
    yield chain
    chain.stop()


def test_the_worker_stores_the_places_of_the_city_that_the_settings_name(chain: Chain) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("HUIYING_")}
    environ |= {
        "HUIYING_HOME": str(chain.folder / "home"),
        "HUIYING_PLACES": str(write_places(chain.folder)),
        "HUIYING_KAFKA": chain.kafka.bootstrap,
        "HUIYING_KAFKA_PREFIX": chain.kafka.kafka_prefix,
        "HUIYING_ELASTICSEARCH": ",".join(chain.elastic.hosts),
        "HUIYING_ELASTICSEARCH_PREFIX": chain.elastic.elasticsearch_prefix,
    }
    with chain.log.open("ab") as log:
        command = [sys.executable, "-P", "-m", "deploy", "work"]
        chain.processes.append(subprocess.Popen(command, stdout=log, stderr=log, env=environ))
    rows = [
        ["1", "2024-05-01 08:00:00", "来信", "青禾县青禾镇石磨坪村停水三天"],
        ["2", "2024-05-01 08:01:00", "来信", "静宁县城关镇停水三天"],
    ]
    chain.replay(write_csv(chain.folder / "may.csv", rows))
    assert chain.settled(2).total.stored == 2

    async def stored() -> dict[str, tuple[str, str]]:
        async with Elastic(chain.elastic) as elastic:
            await elastic.refresh("opinions-*")
            hits = (await elastic.search("opinions-*", {"query": {"match_all": {}}}))["hits"]["hits"]
        return {one["_source"]["text"][3:6]: (one["_source"]["county"], one["_source"]["place"]) for one in hits}

    assert asyncio.run(stored()) == {"青禾县": ("990121", "青禾县/青禾镇/石磨坪村"), "静宁县": ("", "")}
