"""The Faust application of the scoring worker; made by a function, so that importing this does nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import faust

from streams.broker import LARGEST, SCORE_GROUP, faust_arguments
from streams.settings import KafkaSettings

PARTITION_FETCH = 1024 * 1024
"""Bytes fetched from a partition at once: about ten pages of 100 posts."""


def make_app(settings: KafkaSettings, datadir: Path | None = None) -> Any:
    """Return the application with the settings that keep every message (notes/faust.md §1.12, §6).

    Raw bytes, no tables, no web server, no topics made by Faust; a failing agent ends the process, which is started
    again by its supervisor and gets the same page again. Raises Misconfigured.
    """
    return faust.App(
        settings.kafka_prefix + SCORE_GROUP,
        id_format="{id}",
        **faust_arguments(settings),
        processing_guarantee="at_least_once",
        agent_supervisor="mode.CrashingSupervisor",
        # these two count messages, and a message is a page of 100 posts
        stream_buffer_maxsize=64,
        broker_max_poll_records=64,
        consumer_max_fetch_size=PARTITION_FETCH,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        broker_session_timeout=10.0,  # a killed worker's partitions wait this long
        broker_heartbeat_interval=2.0,
        producer_acks=-1,
        producer_max_request_size=LARGEST,
        stream_wait_empty=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        table_standby_replicas=0,
        web_enabled=False,
        datadir=str(datadir or tempfile.gettempdir()),  # Faust wants one; without tables it writes nothing there
        key_serializer="raw",
        value_serializer="raw",
    )
