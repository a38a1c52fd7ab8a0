"""How to reach Kafka: the same settings as arguments of each client, and what must be there before we start."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from streams.errors import Misconfigured, Unavailable
from streams.settings import KafkaSettings

LARGEST = 8 * 1024 * 1024
"""Bytes of the largest message; the topics are made to match (`streams.topics.Topic.max_message_bytes`)."""
ASK = 10.0
"""Seconds for one question to the broker."""
SCORE_GROUP = "score"
"""The consumer group of the scoring workers (behind the prefix); `huiying books` asks how far it has come."""


def _tls(settings: KafkaSettings) -> ssl.SSLContext | None:
    if "SSL" not in settings.kafka_security:
        return None
    try:
        return ssl.create_default_context(cafile=settings.kafka_ca or None)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"HUIYING_KAFKA_CA={settings.kafka_ca}: {error}") from error


def client_arguments(settings: KafkaSettings) -> dict[str, Any]:
    """Return brokers and security as arguments of kafka-python's and aiokafka's clients. Raises Misconfigured."""
    arguments: dict[str, Any] = {"bootstrap_servers": settings.bootstrap, "security_protocol": settings.kafka_security}
    tls = _tls(settings)
    if tls is not None:
        arguments["ssl_context"] = tls
    if settings.kafka_security.startswith("SASL"):
        arguments |= {
            "sasl_mechanism": settings.kafka_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password,
        }
    return arguments


def faust_arguments(settings: KafkaSettings) -> dict[str, Any]:
    """Return brokers and security as arguments of `faust.App`. Raises Misconfigured."""
    import faust  # noqa: PLC0415 - a second of import that only workers need

    arguments: dict[str, Any] = {"broker": [f"kafka://{host.strip()}" for host in settings.bootstrap.split(",")]}
    tls = _tls(settings)
    if settings.kafka_security.startswith("SASL"):
        arguments["broker_credentials"] = faust.SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password,
            mechanism=settings.kafka_mechanism,
            ssl_context=tls,
        )
    elif tls is not None:
        arguments["broker_credentials"] = faust.SSLCredentials(context=tls)
    return arguments


def knock(settings: KafkaSettings) -> None:
    """Raise Unavailable unless one of the brokers to ask first takes a connection: quicker than a client finds out."""
    trouble = "no address"
    for address in settings.bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), ASK):
                return
        except ValueError as error:
            raise Misconfigured(f"HUIYING_KAFKA: {address!r} is not host:port") from error
        except OSError as error:
            trouble = error.strerror or type(error).__name__
    raise Unavailable(f"Kafka at {settings.bootstrap} can't be reached: {trouble}")


def partitions(settings: KafkaSettings) -> dict[str, int]:
    """Return how many partitions each topic under our prefix has, by bare name. Raises Unavailable, Misconfigured."""
    from kafka import KafkaAdminClient  # noqa: PLC0415 - only at start
    from kafka.errors import KafkaError  # noqa: PLC0415

    knock(settings)
    try:
        admin = KafkaAdminClient(
            **client_arguments(settings), request_timeout_ms=int(ASK * 1000), bootstrap_timeout_ms=int(ASK * 1000)
        )
        try:
            names = [name for name in admin.list_topics() if name.startswith(settings.kafka_prefix)]
            rows = admin.describe_topics(names) if names else []
        finally:
            admin.close()
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {settings.bootstrap} can't be reached: {type(error).__name__}") from error
    return {
        row.get("name", row.get("topic")).removeprefix(settings.kafka_prefix): len(row["partitions"]) for row in rows
    }
