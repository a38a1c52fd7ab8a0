"""Metrics are declared once, and no label can hold anything of a person or a text."""

from __future__ import annotations

import urllib.request

import pytest
from engines import free_port
from prometheus_client import generate_latest

from streams.errors import Misconfigured
from streams.metrics import METRICS, Metrics

ALLOWED = {"source", "outcome", "topic", "partition", "reason", "error", "path", "stage"}


def test_labels_are_of_a_short_list_none_of_which_is_free_text() -> None:
    assert {label for metric in METRICS for label in metric.labels} <= ALLOWED


def test_counts_are_read_over_http() -> None:
    metrics, port = Metrics(), free_port()
    metrics.add("posts", 3, source="weibo", outcome="stored")
    metrics.set("held", 1)
    metrics.took("stage_seconds", 0.02, stage="score")
    metrics.serve(f"127.0.0.1:{port}")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert 'huiying_posts_total{outcome="stored",source="weibo"} 3.0' in text
    assert "huiying_held 1.0" in text
    assert text == generate_latest(metrics.registry).decode()


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:no", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(Misconfigured, match="host:port"):
        Metrics().serve(address)
