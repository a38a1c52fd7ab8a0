"""Several units answer, each in its own name, and all on one set of facts."""

from __future__ import annotations

import pytest
from consultations import KNOWN, NO_PRESS, TO_ANSWER, TO_STATEMENT, Act, a_consultation, after

from alerts.consultation import Consultation
from alerts.consultation_moves import make
from alerts.consultation_view import review_measures, timeline
from alerts.deadlines import HOUR
from streams.errors import Rejected

ASSIST: Act = ("assign", "li", "officer", {"unit": "县教育局", "duty": "assist"})
SHEET: Act = ("agree_sheet", "chen", "leader", {})
SCHOOLS: Act = ("draft_unit_answer", "li", "officer", {"unit": "县教育局", "text": "各学校明日照常上课，已备水车。"})
SIGN: Act = ("sign_unit_answer", "chen", "leader", {"unit": "县教育局"})
OUT: Act = ("publish_unit_answer", "li", "officer", {"unit": "县教育局", "channel": "县教育局微信"})
FACT: Act = ("add_fact", "li", "officer", {"text": "抢修延至明早六点", "confirmed": True, "source": "供水公司"})
LEAD, DRAFT, SIGN_LEAD, OUT_LEAD = TO_ANSWER


def with_two_units() -> Consultation:
    return after(a_consultation(), (*TO_STATEMENT, LEAD, ASSIST))


def refused(c: Consultation, act: Act) -> str:
    name, by, role, data = act
    with pytest.raises(Rejected) as error:
        make(c, name, by=by, role=role, data=data, now=c.updated_at + 60_000)
    return error.value.detail


def go(c: Consultation, *acts: Act) -> Consultation:
    return after(c, acts, now=c.updated_at + 60_000)


def test_no_unit_answers_before_the_facts_are_agreed() -> None:
    c = with_two_units()
    assert "请先统一口径" in refused(c, SCHOOLS)
    assert [text.unit for text in go(c, SHEET, SCHOOLS).unit_answers] == ["县教育局"]


def test_a_sheet_holds_the_confirmed_facts_as_they_stood_and_says_what_is_not_known() -> None:
    unknown = {"text": "水质待检", "confirmed": False, "source": "县卫健局"}
    c = go(with_two_units(), ("add_fact", "li", "officer", unknown), SHEET)
    assert c.sheet is not None
    assert (c.sheet.number, c.sheet.known, c.sheet.unknown) == (1, ("主管破裂，抢修中",), ("水质待检",))
    assert "事实没有变化，仍以口径第1版为准" in refused(c, SHEET)
    assert "须由领导办理" in refused(go(c, FACT), ("agree_sheet", "li", "officer", {}))


def test_an_answer_on_a_sheet_that_no_longer_holds_is_neither_signed_nor_published() -> None:
    drafted = go(with_two_units(), SHEET, SCHOOLS)
    later = go(drafted, FACT, SHEET)
    assert "口径已更新为第2版" in refused(later, SIGN)
    assert "口径已更新为第2版" in refused(go(drafted, SIGN, FACT, SHEET), OUT)
    assert go(later, SCHOOLS, SIGN, OUT).unit_answers[0].published_at


def test_the_lead_department_is_held_to_the_sheet_too_once_there_is_one() -> None:
    c = go(with_two_units(), DRAFT, SHEET)
    assert "口径已更新为第1版" in refused(c, SIGN_LEAD)
    assert go(c, DRAFT, SIGN_LEAD, OUT_LEAD).state == "answered"


def test_who_drafted_a_unit_s_answer_does_not_sign_it_and_a_card_number_does_not_go_out() -> None:
    c = go(with_two_units(), SHEET, ("draft_unit_answer", "chen", "leader", SCHOOLS[3]))
    assert "拟稿人不能签发" in refused(c, SIGN)
    with_id = {"unit": "县教育局", "text": "联系人身份证11010519491231002X"}
    assert "身份证号" in refused(go(c, ("draft_unit_answer", "li", "officer", with_id)), SIGN)


def test_a_matter_is_not_closed_with_a_unit_s_answer_in_a_drawer() -> None:
    c = go(with_two_units(), SHEET, DRAFT, SIGN_LEAD, OUT_LEAD, SCHOOLS, SIGN)
    c = go(c, ("answer_question", "li", "officer", {"question": c.questions[0].id, "text": "今晚八点"}))
    c = go(c, ("verify", "li", "officer", {"unit": "县政府督查室", "text": "已恢复"}))
    close: Act = ("close", "chen", "leader", {"text": "已恢复供水", **NO_PRESS})
    assert refused(c, close) == "县教育局的答复还没有公开。"
    closed = go(c, OUT, close)
    assert closed.state == "closed"
    corrected = go(closed, ("correct_unit_answer", "chen", "leader", {"unit": "县教育局", "text": "时间为七点"}))
    assert corrected.unit_answers[0].corrections[0].text == "时间为七点"
    again = go(corrected, ("reopen", "li", "officer", {"reason": "再次停水"}))
    assert [text.unit for text in again.earlier_answers] == ["静宁县水务局", "县教育局"]


def test_the_first_published_text_of_any_unit_is_the_first_answer() -> None:
    c = after(a_consultation(), (*TO_STATEMENT[:2], LEAD, ASSIST, SHEET, SCHOOLS, SIGN, OUT))
    assert c.answered_at == c.unit_answers[0].published_at > 0


def test_the_five_axes_propose_a_grade_and_a_person_confirms_it() -> None:
    axes = {"safety": "imminent", "reach": "community", "vulnerable": "some", "overdue": "none"}
    c = go(a_consultation(grade="larger"), ("assess", "li", "officer", axes))
    assert c.assessment is not None
    assert (c.assessment.grade, c.grade) == ("major", "larger")
    assert "建议定为重大：安全健康：已有伤病或险情迫近" in c.assessment.reason
    assert c.assessment.inputs.questions == 0
    assert "列出的选项" in refused(c, ("assess", "li", "officer", {**axes, "reach": "anger"}))


def test_an_action_of_a_review_is_followed_to_its_end() -> None:
    c = go(with_two_units(), DRAFT, SIGN_LEAD, OUT_LEAD)
    c = go(c, ("answer_question", "li", "officer", {"question": c.questions[0].id, "text": "今晚八点"}))
    c = go(c, ("verify", "li", "officer", {"unit": "县政府督查室", "text": "已恢复"}))
    c = go(c, ("close", "chen", "leader", {"text": "完", **NO_PRESS}))
    action = {"cause": "老化", "lessons": "早换", "action": "更换主管", "unit": "供水公司", "due": KNOWN + 900 * HOUR}
    c = go(c, ("review", "li", "officer", action))
    done = go(c, ("action_done", "li", "officer", {"action": "0", "result": "已更换三公里"}))
    assert done.reviews[0].result == "已更换三公里"
    assert "改进措施落实" in [event.title for event in timeline(done)]
    (kept,) = (one for one in review_measures(done, KNOWN + 1000 * HOUR) if one.title.startswith("改进措施"))
    assert kept.kept
    assert "列出的选项" in refused(done, ("action_done", "li", "officer", {"action": "0", "result": "x"}))
