"""The checks of a reply before it is signed (invented texts)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.reply_checks import FAULTS, check, explains, overlap, substance

QUESTION = "幸福路的路灯坏了两个月, 晚上漆黑一片, 什么时候能修好?"
GOOD = (
    "您好! 幸福路路灯不亮的原因是地下电缆被施工挖断。市政管理所3月4日到现场查看, 已更换电缆120米, "
    "剩余6盏路灯由市政管理所在3月20日前修好。"
)


def _kinds(draft: str) -> set[str]:
    return {fault.kind for fault in check(QUESTION, draft)}


def test_a_reply_that_says_why_what_who_and_when_has_no_fault() -> None:
    assert check(QUESTION, GOOD) == ()
    assert explains(GOOD)


@pytest.mark.parametrize(
    "draft",
    [
        "网友好! 感谢关注! 2031年1月2日",
        "您好! 路灯一事我们已批转城管部门酌情办理。",
        "市民朋友, 您好! 来件收到, 现交由路灯所研究, 待核实后再反馈。2031年5月6日",
        "",
    ],
)
def test_a_greeting_or_a_forwarding_alone_does_not_explain(draft: str) -> None:
    assert not explains(draft)
    assert "substance" in _kinds(draft)


def test_a_forwarding_followed_by_what_was_found_explains() -> None:
    assert explains("您的问题已转交市政管理所。" + GOOD)


def test_a_reply_about_something_else_does_not_answer_what_was_asked() -> None:
    other = "校区划分方案已经公布, 小学新生报名从8月1日开始, 请携带户口簿和房产证到学校办理。"
    assert _kinds(other) == {"question"}


def test_personal_data_is_shown_where_it_stands_in_the_draft() -> None:
    number = "13812345678"
    draft = f"{GOOD}请与张某联系: {number}。"
    places = [draft[fault.start : fault.end] for fault in check(QUESTION, draft) if fault.kind == "personal"]
    assert number in places


def test_a_reply_without_a_date_is_told_so() -> None:
    assert "dates" in _kinds("幸福路路灯不亮的原因是地下电缆被施工挖断, 市政管理所已更换电缆, 路灯已经亮了。")


def test_a_promise_without_a_day_is_shown_and_one_with_a_day_is_not() -> None:
    assert "deadline" in _kinds(GOOD + "我所将尽快修好其余路灯。")
    assert "deadline" not in _kinds(GOOD + "我所将抓紧在4月2日前修好其余路灯。")


@pytest.mark.parametrize(
    ("words", "name"),
    [("此事不属于我局职责", "推诿"), ("后果由你自行承担", "生硬"), ("我局高度重视", "官话")],
)
def test_the_tone_is_named_with_its_place(words: str, name: str) -> None:
    draft = f"{GOOD}{words}。"
    (fault,) = [fault for fault in check(QUESTION, draft) if fault.kind == "tone"]
    assert fault.reason.startswith(name)
    assert draft[fault.start : fault.end] in words


def test_a_question_without_terms_is_answered_by_anything() -> None:
    assert overlap("?", GOOD) == 1.0


@given(st.text(max_size=200), st.text(max_size=200))
def test_every_fault_is_of_a_known_kind_has_a_reason_and_lies_within_the_draft(question: str, draft: str) -> None:
    for fault in check(question, draft):
        assert fault.kind in FAULTS
        assert fault.reason
        assert 0 <= fault.start <= fault.end <= len(draft)
    assert 0 <= substance(draft) <= len(draft)
