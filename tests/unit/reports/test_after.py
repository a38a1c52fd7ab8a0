"""答复前后: open questions are what counts; small groups are not compared; less writing is never a success."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from report_examples import at, consultation

from alerts.consultation import Question
from alerts.reports.after import LONGEST, After, Side, like_filter, lines, moments, open_at, remark
from alerts.reports.periods import HOUR_MS
from alerts.reports.sections.after_blocks import after_all, after_of

PLENTY = After(
    name="首次发声", at=at(13.5), length=LONGEST, like="同一主题其他县（市、区）的诉求", questions=(9, 3, 6, 1),
    items=(40, 12), before=Side(messages=200, repeated=60, like=300), after=Side(messages=90, repeated=20, like=310),
)  # fmt: skip


def told(one: After) -> dict[str, tuple[str, str, str]]:
    return {what: (before, later, compared) for what, before, later, compared in lines(one)}


def test_nothing_linked_is_not_nothing_unanswered() -> None:
    assert told(PLENTY)["关联台账未答复（件）"][:2] == ("40", "12")
    assert told(replace(PLENTY, items=None))["关联台账未答复（件）"] == ("未关联", "未关联", "请先在台账中关联本会商")


def test_a_question_is_open_until_it_is_answered_and_not_yet_known_is_no_answer() -> None:
    asked = (
        Question(id="1", text="何时恢复", asked=9, at=1, answer="今晚", answered_at=5),
        Question(id="2", text="水质", asked=9, at=2, unknown="检测中", until=99),
        Question(id="3", text="补偿", asked=9, at=6),
    )
    assert [open_at(asked, moment) for moment in (0, 1, 4, 5, 6)] == [0, 1, 2, 1, 2]


def test_the_first_text_that_came_out_is_looked_at_and_nothing_before_there_is_one() -> None:
    one = consultation()
    assert moments(one) == [("首次发声", at(13.5))]
    assert one.statement is not None
    assert moments(replace(one, statement=None)) == []
    later = replace(one.statement, published_at=at(20))
    assert moments(replace(one, answer=later)) == [("首次发声", at(13.5)), ("公开答复", at(20))]


@pytest.mark.parametrize(
    ("topic", "county", "words"), [("甲", "1", "其他县"), ("甲", "", "其他主题"), ("", "1", "其他县")]
)
def test_a_matter_is_compared_with_messages_like_it(topic: str, county: str, words: str) -> None:
    assert words in like_filter(topic, county)[0]


def test_open_questions_are_counted_on_both_sides_with_what_was_answered_and_raised() -> None:
    assert told(PLENTY)["未答复的问题（个）"] == ("9", "3", "其间答复6个，新提出1个")


def test_fewer_messages_are_told_and_never_called_a_success() -> None:
    assert told(PLENTY)["同主题同地区诉求（条）"] == ("200", "90", "只列数量，增减不作为成效")
    assert "反映减少不等于解决，也不作为成效" in remark(PLENTY)
    for word in ("负面", "好转", "下降", "平息", "成功"):
        assert word not in str(lines(PLENTY)) + remark(PLENTY)


def test_the_share_against_like_messages_has_an_interval() -> None:
    before, later, compared = told(PLENTY)["占比（与同一主题其他县（市、区）的诉求合计）"]
    assert (before, later) == ("40%", "22%")  # 200 of 500, 90 of 400 (22.5 %)
    assert compared.startswith("−17.5点（−23.")


def test_small_numbers_are_not_compared_and_those_under_five_not_shown() -> None:
    few = replace(PLENTY, before=Side(messages=12, repeated=3, like=40), after=Side(messages=3, repeated=1, like=2))
    rows = told(few)
    assert rows["同主题同地区诉求（条）"] == ("12", "<5", "样本太少，不作比较")
    assert rows["其中重复反映（条）"] == ("<5", "<5", "样本太少，不作比较")
    assert rows["占比（与同一主题其他县（市、区）的诉求合计）"][2] == "样本太少，不作比较"


def test_a_share_of_repeats_that_gives_a_small_count_away_is_not_compared() -> None:
    one = replace(PLENTY, after=Side(messages=90, repeated=2, like=310))
    assert told(one)["其中重复反映（条）"] == ("60条以上", "<5", "样本太少，不作比较")


def test_soon_after_an_answer_messages_are_not_compared_yet() -> None:
    early = replace(PLENTY, length=5 * HOUR_MS)
    assert set(told(early)) == {"未答复的问题（个）", "关联台账未答复（件）"}
    assert "尚不能比较" in remark(early)


def test_a_report_has_it_for_each_consultation_and_says_where_there_is_none() -> None:
    assert "没有首次发声" in str(after_all(()))
    assert "尚未对外发布" in str(after_of(()))
    section = after_all(((consultation(), (PLENTY,)),))
    assert "静宁县城区停水" in str(section)
    assert "各取72小时" in str(section)
