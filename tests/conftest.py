"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("huiying", deadline=None)  # machines are noisy: a slow moment is no failure
settings.load_profile("huiying")

pytest_plugins = ["engines"]  # tests/support/engines.py: the real Kafka and Elasticsearch

#: Folders whose tests share something that runs: with several processes (`pytest -n 2`) each stays in one of them, so
#: that the engines and the product start once. All other tests go to whoever is free.
TOGETHER = ("contract", "system")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share engines, and those that share the product, in one process each."""
    here = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        if folder in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(folder))
