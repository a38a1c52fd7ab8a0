"""What all tests share."""

from __future__ import annotations

pytest_plugins = ["engines"]  # tests/support/engines.py: the real Kafka and Elasticsearch
