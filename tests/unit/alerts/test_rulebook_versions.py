"""A rulebook is changed by two people: one proposes with a reason, another decides, once; every rule has its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.measured import MEASURED
from alerts.rulebook import load_rulebook
from alerts.rulebook_versions import decided, in_use, mark_of, of_file, proposed
from alerts.rulebook_words import KINDS as WORDS
from alerts.rulebook_words import condition
from alerts.rules import KINDS, Rule
from streams.errors import Conflict, Rejected

DEPLOY = Path(__file__).parents[3] / "deploy"
TEXT = (DEPLOY / "rulebook.yml").read_text("utf-8")
RULES = load_rulebook(TEXT) + load_rulebook((DEPLOY / "rulebook.examples.yml").read_text("utf-8"))
ASKED = proposed(TEXT, by="wang", note="  少 误报 ", at=5)


def test_a_proposal_names_who_why_and_the_hash_of_its_text() -> None:
    assert (ASKED.state, ASKED.by, ASKED.note, ASKED.mark) == ("proposed", "wang", "少 误报", mark_of(TEXT))
    assert proposed(TEXT.replace("\n", "\r\n"), by="wang", note="改", at=6).mark == ASKED.mark


@pytest.mark.parametrize(
    ("text", "note", "said"),
    [
        (TEXT, " ", "为什么修改"), (TEXT, "字" * 201, "为什么修改"), (TEXT, "请打13812345678", "个人信息"),
        ("rules: []", "改", "规则手册有错误"), (TEXT + "#" * 100_001, "改", "不能超过"),
    ],
)  # fmt: skip
def test_what_is_no_rulebook_or_has_no_reason_is_not_kept(text: str, note: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        proposed(text, by="wang", note=note, at=5)
    assert said in refused.value.detail


@pytest.mark.parametrize(
    ("decision", "by", "reason", "said"),
    [
        ("approve", "wang", "好", "另一个人"), ("refuse", "wang", "不好", "另一个人"), ("refuse", "li", " ", "理由"),
        ("withdraw", "li", "", "提出修改的人"), ("burn", "li", "", "批准、不批准或撤回"),
        ("approve", "li", "请打13812345678", "个人信息"),
    ],
)  # fmt: skip
def test_nobody_decides_on_his_own_and_a_refusal_has_a_reason(decision: str, by: str, reason: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        decided(ASKED, decision, by=by, reason=reason, at=9)
    assert said in refused.value.detail


def test_a_decision_is_made_once_by_name() -> None:
    after = decided(ASKED, "approve", by="li", reason="", at=9)
    assert (after.state, after.decided_by, after.decided_at) == ("applied", "li", 9)
    for decision in ("approve", "refuse", "withdraw"):
        with pytest.raises(Conflict):
            decided(after, decision, by="zhao", reason="再议", at=10)
    assert decided(ASKED, "withdraw", by="wang", reason="", at=9).state == "withdrawn"


def test_the_last_approved_version_is_in_use_whatever_was_proposed_later() -> None:
    first = of_file(TEXT, at=1, first=True)
    after = decided(ASKED, "approve", by="li", reason="", at=9)
    refused = decided(proposed(TEXT, by="li", note="改", at=20), "refuse", by="wang", reason="不必", at=21)
    assert in_use([]) is None
    assert in_use([refused, first]) == first
    assert in_use([refused, first, after]) == after


def test_a_file_with_a_mistake_is_kept_with_what_is_wrong_and_never_in_use() -> None:
    wrong = of_file("rules: []", at=1, first=True)
    assert (wrong.state, wrong.by) == ("invalid", "")
    assert wrong.problem
    assert in_use([wrong]) is None
    with pytest.raises(Conflict):
        decided(wrong, "approve", by="li", reason="", at=9)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_in_chinese_when_it_fires(rule: Rule) -> None:
    text = condition(rule)
    assert "最近" in text or rule.kind in MEASURED
    assert text.endswith("。")
    assert not set("abcdefghijklmnopqrstuvwxyz_") & set(text)


def test_every_kind_has_a_name_for_people() -> None:
    assert set(WORDS) == set(KINDS)
