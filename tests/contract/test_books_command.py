"""`huiying books` on real engines, when they don't balance: one answer for programs, one line for people, exit 1."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from stream import templates

from streams.elastic import Elastic
from streams.settings import ElasticSettings, KafkaSettings
from streams.topics import PAGES, monthly

pytestmark = pytest.mark.engines


async def test_unequal_books_are_one_document_and_an_exit_code(
    elastic_settings: ElasticSettings, kafka_settings: KafkaSettings
) -> None:
    counted = {"received": 3, "stored": 1, "repeated": 0, "rejected": 0}
    line = {"source": "portal", "topic": "posts.live", "at": 1, **counted}
    async with Elastic(elastic_settings) as elastic:
        await elastic.install(templates())
        await elastic.create(monthly(PAGES, 1), "one", line, refresh=True)
    environment = os.environ | {
        "HUIYING_ELASTICSEARCH": elastic_settings.elasticsearch,
        "HUIYING_ELASTICSEARCH_PREFIX": elastic_settings.elasticsearch_prefix,
        "HUIYING_KAFKA": kafka_settings.kafka,
        "HUIYING_KAFKA_PREFIX": kafka_settings.kafka_prefix,
    }
    command = [sys.executable, "-P", "-m", "deploy", "books", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)  # noqa: ASYNC221 - nothing else runs here
    found = json.loads(done.stdout)
    assert "error" not in found, done
    assert (found["balanced"], found["all"]["received"], found["all"]["stored"]) == (False, 3, 1)
    assert (done.returncode, done.stderr.strip()) == (
        1, "huiying: the books do not balance: please keep the data folder and report this",
    )  # fmt: skip
