"""What the processes count for Prometheus: every metric is declared here, once, and the README's table is made of it.

No label ever holds anything of a post but its source: labels are kept for ever, and read by anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from streams.errors import Misconfigured

Kind = Literal["counter", "gauge", "histogram"]
SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
DELAYS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86_400.0)


class Metric(Struct, frozen=True, kw_only=True):
    """One metric: its name without `huiying_`, what it counts, and its labels."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS


METRICS: tuple[Metric, ...] = (
    Metric(name="posts", kind="counter", help="posts by what became of them: stored, repeated, rejected, late",
           labels=("source", "outcome")),
    Metric(name="pages", kind="counter", help="Kafka messages stored and acknowledged", labels=("topic",)),
    Metric(name="dead_letters", kind="counter", help="inputs rejected, by reason", labels=("reason",)),
    Metric(name="retries", kind="counter", help="times that stored pages waited and were tried again",
           labels=("error",)),
    Metric(name="stage_seconds", kind="histogram", help="seconds to score or to store a batch", labels=("stage",)),
    Metric(name="delay_seconds", kind="histogram", buckets=DELAYS,
           help="seconds from a page's arrival in Kafka to its storage", labels=("topic",)),
    Metric(name="lag_messages", kind="gauge", help="messages that wait in Kafka", labels=("topic", "partition")),
    Metric(name="last_progress_timestamp_seconds", kind="gauge", help="when it last stored or knowingly waited"),
    Metric(name="gateway_requests", kind="counter", help="requests to the intake, by what became of them",
           labels=("path", "outcome")),
    Metric(name="gateway_posts", kind="counter", help="items that Kafka acknowledged to the intake",
           labels=("source", "outcome")),
    Metric(name="gateway_busy", kind="gauge", help="requests that the intake handles now"),
    Metric(name="tellings", kind="counter", labels=("outcome", "reason"),
           help="what became of an alert's occasions: told, held back for now, or dropped, and why"),
    Metric(name="held", kind="gauge", help="1 while the worker waits for a person, for too many dead letters"),
)  # fmt: skip
_CLASSES = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}


class Metrics:
    """A process's own counts; each instance has a registry of its own, so tests don't meet in one."""

    def __init__(self, declared: Sequence[Metric] = METRICS) -> None:
        """Declare all."""
        self.registry = CollectorRegistry()
        self._known: Mapping[str, Counter | Gauge | Histogram] = {
            each.name: (
                Histogram(
                    f"huiying_{each.name}", each.help, each.labels, registry=self.registry, buckets=each.buckets
                )
                if each.kind == "histogram"
                else _CLASSES[each.kind](f"huiying_{each.name}", each.help, each.labels, registry=self.registry)
            )
            for each in declared
        }

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Count up."""
        metric = self._known[name]
        assert isinstance(metric, Counter)
        (metric.labels(**labels) if labels else metric).inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Say how it is now."""
        metric = self._known[name]
        assert isinstance(metric, Gauge)
        (metric.labels(**labels) if labels else metric).set(value)

    def took(self, name: str, seconds: float, **labels: str) -> None:
        """Enter a length of time."""
        metric = self._known[name]
        assert isinstance(metric, Histogram)
        (metric.labels(**labels) if labels else metric).observe(seconds)

    def serve(self, address: str) -> None:
        """Answer `GET /metrics` at `host:port` from a thread. Raises Misconfigured if that can't be."""
        host, _, port = address.rpartition(":")
        try:
            start_http_server(int(port), addr=host.strip("[]") or "127.0.0.1", registry=self.registry)
        except (ValueError, OverflowError, OSError) as error:
            raise Misconfigured(f"metrics at {address!r}: {error}; give host:port of a free port") from error
