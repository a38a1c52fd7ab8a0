"""The weights are there, small, explained, and read the same on every page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import analyzers
from analyzers import analysis
from analyzers.analysis import analyze

MODELS = Path(analyzers.__file__).parent / "models"


def test_all_weights_together_are_at_most_30_megabytes() -> None:
    assert sum(path.stat().st_size for path in MODELS.iterdir()) <= 30_000_000


def test_every_trained_file_has_a_card_that_names_data_licence_limits_and_date() -> None:
    cards = "".join(path.read_text(encoding="utf-8") for path in MODELS.glob("*.md"))
    for path in MODELS.iterdir():
        assert path.name in cards or path.suffix == ".md"
    for word in ("## Data", "## Licence", "## Limits", "Date:"):
        assert word in cards


def test_the_bank_holds_the_heads_that_are_read() -> None:
    bank = analysis.bank()
    assert {head.name for head in bank.heads} == {"sentiment", "topic", "civic", "domain"}
    assert all(np.isfinite(bank.bias))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(alphabet="停水噪音请问感谢静宁县,。!?@1 a[泪]", max_size=30), min_size=2, max_size=5))
def test_a_text_is_judged_the_same_alone_and_among_others(texts: list[str]) -> None:
    assert analyze(texts) == [analyze([each])[0] for each in texts]
