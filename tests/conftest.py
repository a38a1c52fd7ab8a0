"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("huiying", deadline=None)  # machines are noisy: a slow moment is no failure
settings.load_profile("huiying")

pytest_plugins = ["engines"]  # tests/support/engines.py: the real Kafka and Elasticsearch
