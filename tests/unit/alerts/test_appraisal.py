"""The weights of 督查考核: the shipped file is right, and a wrong one is refused whole, with one line that says why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.appraisal import SHIPPED, load_weights, read_weights
from streams.errors import Misconfigured

TEXT = SHIPPED.read_text("utf-8")


def test_the_shipped_weights_are_right_and_have_vetoes_deductions_and_bonus() -> None:
    weights = read_weights("")
    assert sum(row.points for row in weights.indicators.values()) == 100
    assert min(len(weights.vetoes), len(weights.deductions), len(weights.bonus)) >= 3
    assert (weights.pass_from, weights.bonus_from, weights.bonus_most) == (60, 80, 20)
    assert {weights.effect_of(name) for name in weights.findings} == {"deduct", "veto", "bonus"}
    assert weights.effect_of("nothing") == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points: 25", "points: 24", "sum to 99, not 100"),
        ("  in_time:", "  satisfied:", "satisfaction alone may not be graded"),
        ("  in_time:", "  negative:", "counts of critical posts may not be graded"),
        ("  in_time:", "  sentiment:", "tone may not be graded"),
        ("  in_time:", "  speed:", "there is none; known: in_time"),
        ("allow: 0.05", "full: 0.05", "give `allow`"),
        ("full: 0.9", "full: 9", "a share between 0 and 1, not 9"),
        ("least: 5", "least: 4", "5 or more"),
        ("pass_from: 60", "pass_from: 90", "at most `bonus_from`"),
        ("bonus_most: 20", "bonus_most: 200", "from 0 to 100"),
        ("  forced: {title: 强制点赞、评论、转发}", "  forced: {title: 强制点赞, points: 5}", "a veto has no points"),
        ("  early:", "  forged:", "stands under two"),
        ("  early:", "  negative:", "counts of critical posts"),
        ("errors: [wrong_fact, leak]", "errors: [wrong]", "wrong is not under `deductions`"),
        ("no_remedy: {title: 要求整改未按期整改, points: 5}", "no_remedy: {title: 要求, points: -5}", "above 0"),
        ("pass_from: 60", "passfrom: 60", "unknown field `passfrom`"),
        ("indicators:", "indicators: [", "appraisal:"),
    ],
)
def test_a_wrong_file_is_refused_with_one_line(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(Misconfigured, match=re.escape(said)) as refused:
        load_weights(TEXT.replace(old, new))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="HUIYING_REPORT_APPRAISAL="):
        read_weights(str(tmp_path / "none.yml"))
