"""Settings: `HUIYING_*` environment variables over `huiying.toml` over defaults; one frozen value per part.

Each part is a frozen dataclass whose fields are made by `setting`; a field `kafka_port` is `HUIYING_KAFKA_PORT` in the
environment and `kafka_port` in the file. Unknown names are refused with the nearest known one.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from streams.errors import Misconfigured

PREFIX = "HUIYING_"
Part = TypeVar("Part")


def setting(default: Any, help: str, *, secret: bool = False) -> Any:  # noqa: A002 - reads as what it is
    """Declare one setting: its default, one line of help, and whether it is masked wherever it is shown."""
    return dataclasses.field(default=default, metadata={"help": help, "secret": secret})


@dataclass(frozen=True)
class KafkaSettings:
    """How to reach Kafka."""

    kafka: str = setting("", "outside Kafka, host:port[,host:port]; empty: the local broker on this machine")
    kafka_port: int = setting(19092, "port of the local broker (the next one is its controller's)")
    kafka_prefix: str = setting("", "put before every topic and group name")
    kafka_security: str = setting("PLAINTEXT", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")
    kafka_mechanism: str = setting("SCRAM-SHA-512", "SASL mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
    kafka_username: str = setting("", "SASL user")
    kafka_password: str = setting("", "SASL password", secret=True)
    kafka_ca: str = setting("", "file with the broker's CA certificate")
    kafka_partitions: int = setting(4, "partitions of topics that `huiying init` creates")
    kafka_replication: int = setting(1, "replicas of topics that `huiying init` creates")

    @property
    def bootstrap(self) -> str:
        """The brokers to ask first."""
        return self.kafka or f"127.0.0.1:{self.kafka_port}"


@dataclass(frozen=True)
class ElasticSettings:
    """How to reach Elasticsearch."""

    elasticsearch: str = setting("", "outside Elasticsearch, URL[,URL]; empty: the local node on this machine")
    elasticsearch_port: int = setting(19200, "port of the local node (the next one is its transport's)")
    elasticsearch_prefix: str = setting("huiying-", "put before every index and template name")
    elasticsearch_api_key: str = setting("", "API key, base64", secret=True)
    elasticsearch_username: str = setting("", "user, where there is no API key")
    elasticsearch_password: str = setting("", "password, where there is no API key", secret=True)
    elasticsearch_ca: str = setting("", "file with the cluster's CA certificate")
    elasticsearch_shards: int = setting(1, "primary shards of each index")
    elasticsearch_replicas: int = setting(0, "replicas of each index")
    elasticsearch_refresh: str = setting("1s", "how soon a stored opinion can be searched")

    @property
    def hosts(self) -> list[str]:
        """The nodes to ask."""
        if self.elasticsearch:
            return [host.strip() for host in self.elasticsearch.split(",")]
        return [f"http://127.0.0.1:{self.elasticsearch_port}"]

    @property
    def local(self) -> bool:
        """Whether all nodes are on this machine."""
        return all(urlsplit(host).hostname in {"127.0.0.1", "localhost", "::1"} for host in self.hosts)


@dataclass(frozen=True)
class WorkerSettings:
    """How the scoring worker behaves."""

    worker_retry_first: float = setting(1.0, "seconds before the first retry when Elasticsearch can't be reached")
    worker_retry_most: float = setting(30.0, "longest pause between retries, seconds")
    worker_late_after: int = setting(24 * 3600, "seconds after which an arriving post counts as late")
    worker_letters_most: int = setting(
        1000, "dead letters a minute that the worker itself makes before it holds and waits for a person; 0: no limit"
    )
    worker_stuck_after: int = setting(
        120, "seconds without movement, while messages wait, after which a worker ends itself to start afresh"
    )
    worker_metrics: str = setting("", "host:port at which a worker answers Prometheus; empty: nowhere")
    worker_future: int = setting(24 * 3600, "seconds a post may lie in the future before it is rejected")
    clock: str = setting("", "START,ANCHOR,SPEED,UNTIL of a scaled clock (the demo sets it); empty: none")


@dataclass(frozen=True)
class SourceSettings:
    """Which own accounts are polled, and by which way."""

    sources: str = setting("", "file with own, registered accounts (deploy/sources.example.toml); empty: none")
    weibo_relay: str = setting("", "https:// address of a relay to Weibo in your own network; empty: Weibo itself")
    wechat_relay: str = setting("", "the same for WeChat")

    @property
    def relays(self) -> dict[str, str]:
        """The relays by platform."""
        return {"weibo": self.weibo_relay, "wechat": self.wechat_relay}


def _convert(kind: str, name: str, value: Any) -> Any:
    try:
        if kind == "bool":
            if isinstance(value, bool):
                return value
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}[
                str(value).strip().lower()
            ]
        return {"int": int, "float": float, "str": str}[kind](value)
    except (KeyError, ValueError) as error:
        msg = f"{PREFIX}{name.upper()} must be of type {kind}, not {value!r}"
        raise Misconfigured(msg) from error


def load(parts: Sequence[type[Any]], environ: Mapping[str, str], file: Path | None = None) -> dict[type[Any], Any]:
    """Return one frozen value per part, from the environment over the file over the defaults.

    `HUIYING_TEST_*` is left to the test suite. Raises Misconfigured for an unknown name (with the nearest one), a wrong
    type or an unreadable file.
    """
    values: dict[str, Any] = {}
    if file is not None and file.exists():
        try:
            values |= tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            msg = f"{file}: {error}"
            raise Misconfigured(msg) from error
    for key, text in environ.items():
        if key.startswith(PREFIX) and not key.startswith(PREFIX + "TEST_"):
            values[key.removeprefix(PREFIX).lower()] = text
    fields = {field.name: (part, field) for part in parts for field in dataclasses.fields(part)}
    unknown = sorted(set(values) - set(fields))
    if unknown:
        near = difflib.get_close_matches(unknown[0], list(fields), n=1, cutoff=0.5)
        hint = f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""
        msg = f"unknown setting {PREFIX}{unknown[0].upper()}{hint}"
        raise Misconfigured(msg)
    given: dict[type[Any], dict[str, Any]] = {part: {} for part in parts}
    for name, value in values.items():
        part, field = fields[name]
        given[part][name] = _convert(str(field.type), name, value)
    return {part: part(**given[part]) for part in parts}


def shown(value: object) -> dict[str, str]:
    """Return a part's settings by name as they may be logged or shown: secrets masked."""
    out: dict[str, str] = {}
    for field in dataclasses.fields(cast("Any", value)):
        text = str(getattr(value, field.name))
        out[field.name] = "***" if field.metadata.get("secret") and text else text
    return out
