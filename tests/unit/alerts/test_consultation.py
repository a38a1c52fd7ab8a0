"""A consultation changes only by the table's moves, and ends only when people were answered."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from consultations import KNOWN, NO_PRESS, TO_ANSWER, TO_STATEMENT, a_consultation, after
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerts.consultation import DUTIES, STATES, Consultation
from alerts.consultation_moves import BY_NAME, MOVES, make, options
from alerts.consultation_view import allowed_moves, as_report, clocks, record, review_measures, timeline
from alerts.deadlines import HOUR
from alerts.grading import GRADES, lower
from alerts.history import FIRST_PREVIOUS, Entry, fault, sealed
from alerts.reports.kinds import FORMS
from streams.errors import Rejected

ROLES = ("officer", "analyst", "leader", "admin", "stranger")
SIGNERS = ("leader", "admin")


def refused(
    c: Consultation, move: str, data: dict[str, Any] | None = None, *, by: str = "li", role: str = "leader"
) -> str:
    """Return in which words a move is refused."""
    with pytest.raises(Rejected) as caught:
        make(c, move, by=by, role=role, data=data or {}, now=KNOWN + HOUR)
    return caught.value.detail


def test_every_state_has_a_way_in_and_only_known_states_are_named() -> None:
    reached = {state for move in MOVES for state in move.ways.values()}
    assert {state for move in MOVES for state in move.ways} | reached | {"assessing"} == set(STATES)
    assert len(BY_NAME) == len(MOVES)


def test_no_state_or_move_speaks_of_silence() -> None:
    """Nothing can be suppressed, removed or cooled: only answered."""
    words = " ".join([*STATES, *STATES.values(), *(f"{move.name} {move.title}" for move in MOVES)])
    assert not re.search(r"suppress|remov|delet|hid|cool|压|删|屏蔽|降温|平息", words)


def test_the_whole_way_from_opening_to_review() -> None:
    c = after(a_consultation(), TO_STATEMENT)
    assert (c.state, c.state_name) == ("stated", "已首次发声")
    c = after(c, TO_ANSWER)
    question = c.questions[0].id
    c = after(
        c,
        [
            ("answer_question", "li", "officer", {"question": question, "text": "今晚八点"}),
            ("verify", "wang", "officer", {"unit": "市政府督查室", "text": "入户抽查，已来水"}),
            ("close", "chen", "leader", {"text": "已恢复", **NO_PRESS}),
            ("review", "wang", "analyst", {
                "cause": "巡检不足", "lessons": "提前公告", "action": "更换老旧管道", "unit": "静宁县水务局",
                "due": KNOWN + 900 * HOUR,
            }),
        ],
    )  # fmt: skip
    assert (c.state, c.state_name, c.open) == ("closed", "已复盘", False)
    assert [step.number for step in c.steps] == list(range(1, c.revision + 1))
    assert [measure.kept for measure in review_measures(c, KNOWN + 25 * HOUR)] == [True, False, True]


def test_a_case_with_an_open_question_is_not_closed() -> None:
    c = after(a_consultation(), (*TO_STATEMENT, *TO_ANSWER))
    c = after(c, [("verify", "wang", "officer", {"unit": "督查室", "text": "已来水"})])
    assert "还有1个群众问题" in refused(c, "close", {"text": "已恢复", **NO_PRESS})
    unknown = {"question": c.questions[0].id, "text": "等检测结果", "until": KNOWN + 48 * HOUR}
    assert "须晚于现在" in refused(c, "not_yet_known", unknown | {"until": KNOWN})
    close = ("close", "chen", "leader", {"text": "已恢复", **NO_PRESS})
    c = after(c, [("not_yet_known", "li", "officer", unknown), close])
    assert c.state == "closed"


def test_a_signed_statement_can_be_noted_as_published_after_the_answer_was_and_not_be_forgotten() -> None:
    signed = after(a_consultation(), (*TO_STATEMENT[:-1], *TO_ANSWER))
    settled = ("answer_question", "li", "officer", {"question": signed.questions[0].id, "text": "今晚八点"})
    c = after(signed, [settled, ("verify", "wang", "officer", {"unit": "督查室", "text": "已来水"})])
    assert "还没有记录何时在哪里发布" in refused(c, "close", {"text": "已恢复", **NO_PRESS})
    c = after(c, [TO_STATEMENT[-1]])
    assert (c.state, c.statement and c.statement.published_at) == ("verified", c.updated_at)
    assert after(c, [("close", "chen", "leader", {"text": "已恢复", **NO_PRESS})]).state == "closed"


def test_a_press_conference_that_was_owed_is_recorded_or_its_absence_explained_before_closing() -> None:
    c = after(a_consultation(), (*TO_STATEMENT, *TO_ANSWER))
    settled = ("answer_question", "li", "officer", {"question": c.questions[0].id, "text": "今晚八点"})
    c = after(c, [settled, ("verify", "wang", "officer", {"unit": "督查室", "text": "已来水"})])
    assert "请写明理由" in refused(c, "close", {"text": "已恢复"})
    closed = after(c, [("close", "chen", "leader", {"text": "已恢复", **NO_PRESS})])
    assert NO_PRESS["no_press"] in closed.steps[-1].note
    press = ("hold_press", "li", "officer", {"held_at": KNOWN + HOUR, "unit": "县政府", "speaker": "副县长"})
    assert after(closed, [press], KNOWN + 9 * HOUR).press is not None
    assert after(after(c, [press], KNOWN + 9 * HOUR), [("close", "chen", "leader", {"text": "好"})]).state == "closed"
    small = after(a_consultation(grade="general"), (*TO_STATEMENT, *TO_ANSWER))
    small = after(small, [settled, ("verify", "wang", "officer", {"unit": "督查室", "text": "已来水"})])
    assert after(small, [("close", "chen", "leader", {"text": "好"})]).state == "closed", "none is owed"


def test_who_drafted_does_not_sign() -> None:
    c = after(a_consultation(), TO_STATEMENT[:3])
    assert refused(c, "sign_statement", by="li") == "拟稿人不能签发自己拟的稿。"
    assert "须由领导办理" in refused(c, "sign_statement", by="wang", role="officer")


def test_nothing_goes_out_unsigned_or_dated_before_its_signature() -> None:
    c = after(a_consultation(), TO_STATEMENT[:3])
    assert "还没有签发" in refused(c, "publish_statement", {"channel": "微博"})
    c = after(c, TO_STATEMENT[3:4])
    assert "不能早于签发时间" in refused(c, "publish_statement", {"channel": "微博", "published_at": KNOWN + 1})
    assert "不能晚于现在" in refused(c, "publish_statement", {"channel": "微博", "published_at": KNOWN + 9 * HOUR})


def test_a_new_draft_loses_the_old_signature() -> None:
    c = after(a_consultation(), (*TO_STATEMENT[:4], TO_STATEMENT[2]))
    assert c.statement is not None
    assert c.statement.signed_by == ""


def test_nothing_goes_out_without_a_confirmed_fact() -> None:
    c = after(a_consultation(), TO_STATEMENT[2:3])
    assert "没有已确认的事实" in refused(c, "sign_statement", by="chen")


def test_a_public_text_names_no_ones_identity_number() -> None:
    draft = {"text": "请持身份证 11010519491231002X 办理", "unit": "静宁县水务局"}
    c = after(a_consultation(), [TO_STATEMENT[0], ("draft_statement", "li", "officer", draft)])
    assert "身份证号" in refused(c, "sign_statement", by="chen")


def test_a_published_text_stays_and_its_correction_is_seen() -> None:
    c = after(a_consultation(), (*TO_STATEMENT, *TO_ANSWER))
    c = after(c, [("correct_answer", "chen", "leader", {"text": "减免时间应为三个月"})])
    assert c.answer is not None
    assert c.answer.text == TO_ANSWER[1][3]["text"]
    assert [one.text for one in c.answer.corrections] == ["减免时间应为三个月"]
    assert "不能" in refused(c, "draft_answer", {"text": "新的答复", "unit": "静宁县水务局"})


def test_a_question_is_kept_without_who_asked() -> None:
    c = after(a_consultation(), [("add_question", "li", "officer", {"text": "我的电话13800138000，何时来水？"})])
    assert "13800138000" not in c.questions[0].text
    assert "13800138000" not in c.steps[-1].note


def test_especially_serious_needs_the_competent_authority() -> None:
    data = {"grade": "special", "reason": "多人伤亡"}
    assert "不自行定级" in refused(a_consultation(), "regrade", data)
    c = after(a_consultation(), [("regrade", "chen", "leader", data | {"special_basis": "省应急厅 2025年第9号通报"})])
    assert c.grade == "special"


def test_a_lower_grade_or_a_longer_limit_is_a_leaders_to_confirm() -> None:
    data = {"grade": "general", "reason": "范围小"}
    assert refused(a_consultation(), "regrade", data, role="officer") == "下调等级须由领导确认。"
    same = {"grade": "major", "reason": "政策咨询", "emergency": False}
    assert "须由领导确认" in refused(a_consultation(), "regrade", same, role="officer")
    c = after(a_consultation(), [("regrade", "chen", "leader", same)])
    assert [limit.hours for limit in c.limits] == [48]


def test_the_remedy_is_checked_by_somebody_else_when_all_is_done() -> None:
    task = {"text": "更换阀门", "unit": "供水公司", "due": KNOWN + 99 * HOUR}
    c = after(a_consultation(), (*TO_STATEMENT, *TO_ANSWER, ("decide", "li", "officer", task)))
    assert "1项交办任务" in refused(c, "verify", {"unit": "督查室", "text": "好"})
    c = after(c, [("task_done", "li", "officer", {"task": c.tasks[0].id, "result": "已更换"})])
    assert "核验单位" in refused(c, "verify", {"unit": "静宁县水务局", "text": "好"})


def test_reopening_keeps_what_was_published() -> None:
    c = after(a_consultation(), (*TO_STATEMENT, *TO_ANSWER))
    c = after(c, [
        ("answer_question", "li", "officer", {"question": c.questions[0].id, "text": "今晚八点"}),
        ("verify", "wang", "officer", {"unit": "督查室", "text": "好"}),
        ("close", "chen", "leader", {"text": "结", **NO_PRESS}),
    ])  # fmt: skip
    first = c.answered_at
    c = after(c, [("reopen", "li", "officer", {"reason": "又停水"}), *TO_ANSWER[1:]])
    assert (c.state, len(c.earlier_answers), c.answered_at) == ("answered", 1, first)


@pytest.mark.parametrize(
    ("move", "data", "words"),
    [
        ("vanish", {}, "没有这种操作"),
        ("add_fact", {"text": "x", "confirmed": True}, "请填写来源"),
        ("add_fact", {"text": " ", "confirmed": True, "source": "x"}, "请填写事实"),
        ("add_fact", {"text": "字" * 5001, "confirmed": True, "source": "x"}, "过长"),
        ("add_fact", {"text": "x", "confirmed": "maybe", "source": "x"}, "是或否"),
        ("add_fact", {"text": "x", "confirmed": [], "source": "x"}, "是或否"),
        ("admit", {"text": "x", "poison": 1}, "没有“poison”这一项"),
        ("assign", {"unit": "x", "duty": "boss"}, "列出的选项"),
        ("assign", {"unit": "x", "duty": "assist"}, "先确定牵头单位"),
        ("answer_question", {"question": "none", "text": "x"}, "列出的选项"),
        ("set_meeting", {"meeting_at": "soon", "text": "x"}, "读不懂"),
        ("add_question", {"text": "x", "asked": "-1"}, "须为数字"),
        ("came", {"unit": "x"}, "列出的选项"),
        ("close", {"text": "x"}, "当前为“研判中”，不能“办结”"),
    ],
)
def test_a_wrong_move_is_refused_in_chinese(move: str, data: dict[str, Any], words: str) -> None:
    assert words in refused(a_consultation(), move, data)


def test_the_same_question_is_not_listed_twice() -> None:
    c = after(a_consultation(), TO_STATEMENT[1:2])
    assert refused(c, "add_question", {"text": "什么时候来水？"}) == "已有同样的问题。"


def test_clocks_show_their_basis_and_stop_when_met() -> None:
    c = a_consultation()
    first, press = clocks(c, KNOWN + 4 * HOUR)
    assert (first.left, first.colour, press.colour) == ("还剩1小时", "yellow", "fine")
    assert "80号" in first.basis
    c = after(c, TO_STATEMENT)
    assert clocks(c, KNOWN + 99 * HOUR)[0].colour == "met"
    held = {"held_at": KNOWN + HOUR, "unit": "县政府", "speaker": "副县长"}
    c = after(c, [("hold_press", "li", "officer", held)])
    assert [clock.colour for clock in clocks(c, KNOWN + 99 * HOUR)] == ["met", "met"]


def test_people_are_shown_what_they_may_do_and_what_still_blocks_it() -> None:
    c = after(a_consultation(), TO_STATEMENT[:3])
    shown = {choice.move.name: choice for choice in allowed_moves(c, "leader", by="li")}
    assert shown["sign_statement"].blocked == "拟稿人不能签发自己拟的稿。"
    other = {choice.move.name: choice.blocked for choice in allowed_moves(c, "leader", by="chen")}
    assert other["sign_statement"] == ""
    assert "close" not in shown
    assert "sign_statement" not in {choice.move.name for choice in allowed_moves(c, "officer", by="wang")}
    assert allowed_moves(c, "stranger") == []


def test_the_timeline_shows_the_matter_our_knowing_and_the_limits() -> None:
    events = timeline(after(a_consultation(), TO_STATEMENT))
    titles = [event.title for event in events]
    assert titles[:3] == ["发生", "获知", "发起会商"]
    assert [event.late for event in events if event.title.startswith("时限")] == [False, True]
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_the_record_can_be_printed_at_every_stage() -> None:
    c = a_consultation()
    for acts in ((), TO_STATEMENT, TO_ANSWER):
        c = after(c, acts)
        sections = record(c, KNOWN + HOUR)
        assert sections[0].title == "基本情况"
        assert all(section.blocks for section in sections)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_the_whole_record_is_printed_in_every_form(form: str) -> None:
    report = as_report(after(a_consultation(), (*TO_STATEMENT, *TO_ANSWER)), KNOWN + HOUR, unit="平凉市")
    assert len(FORMS[form][0](report)) > 1000


words = st.sampled_from(["停水", "检测合格", "更换管道", "今晚恢复"])
units = st.sampled_from(["静宁县水务局", "供水公司", "市政府督查室"])


class Life(RuleBasedStateMachine):
    """Anybody tries anything at any time: only listed moves succeed, guards hold, the history verifies."""

    def __init__(self) -> None:
        super().__init__()
        self.c = a_consultation()
        self.now = KNOWN
        self.chain: list[Entry] = []
        self.refusals: list[str] = []

    def given(self, data: st.DataObject, name: str) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for field in BY_NAME[name].fields:
            choices = sorted(options(self.c, field))
            if not field.required and data.draw(st.booleans()):
                continue
            if field.kind == "time":
                out[field.name] = self.now + data.draw(st.sampled_from([-HOUR, 0, HOUR, 90 * HOUR]))
            elif field.kind == "yes":
                out[field.name] = data.draw(st.booleans())
            elif field.kind == "count":
                out[field.name] = data.draw(st.integers(0, 99))
            elif field.kind in {"text", "long"}:
                out[field.name] = data.draw(units if field.name == "unit" else words)
            else:
                out[field.name] = data.draw(st.sampled_from(choices or ["none"]))
        return out

    @rule(data=st.data(), name=st.sampled_from(sorted(BY_NAME)), role=st.sampled_from(ROLES), by=st.sampled_from("abc"))
    def anybody_tries_anything(self, data: st.DataObject, name: str, role: str, by: str) -> None:
        self.attempt(name, role, by, self.given(data, name))

    @rule(data=st.data(), by=st.sampled_from("abc"))
    @precondition(lambda self: bool(allowed_moves(self.c, "leader")))
    def a_leader_does_what_is_shown(self, data: st.DataObject, by: str) -> None:
        names = [choice.move.name for choice in allowed_moves(self.c, "leader", by=by) if not choice.blocked]
        if names:
            name = data.draw(st.sampled_from(names))
            self.attempt(name, "leader", by, self.given(data, name))

    def attempt(self, name: str, role: str, by: str, given: dict[str, Any]) -> None:
        before, move = self.c, BY_NAME[name]
        self.now += 60_000
        try:
            after_ = make(before, name, by=by, role=role, data=given, now=self.now)
        except Rejected as error:
            self.refusals.append(error.detail)
            return
        assert move.ways[before.state] == after_.state
        assert role in move.roles
        if lower(after_.grade, before.grade):
            assert role in SIGNERS
        if after_.state == "closed" and before.state != "closed":
            assert not after_.unanswered
            assert all(task.done_at for task in after_.tasks)
            assert all(text.published_at for _, text in after_.public_texts if text is not after_.statement)
        self.c = after_
        data = {"record": msgspec.to_builtins(after_)}
        previous = self.chain[-1].hash if self.chain else FIRST_PREVIOUS
        self.chain.append(
            sealed(len(self.chain) + 1, previous, kind="move", subject=after_.id, by=by, at=self.now, data=data)
        )

    @invariant()
    def what_is_public_was_signed_by_somebody_else(self) -> None:
        for _, text in self.c.public_texts:
            if text.published_at:
                assert text.signed_by
                assert text.signed_by != text.drafted_by
                assert text.unit
                assert text.signed_at <= text.published_at

    @invariant()
    def it_is_whole(self) -> None:
        assert self.c.state in STATES
        assert self.c.grade in GRADES
        assert self.c.grade != "special" or self.c.special_basis
        assert sum(department.duty == "lead" for department in self.c.departments) <= 1
        assert all(department.duty in DUTIES for department in self.c.departments)
        assert msgspec.json.decode(msgspec.json.encode(self.c), type=Consultation) == self.c
        assert [step.at for step in self.c.steps] == sorted(step.at for step in self.c.steps)

    @invariant()
    def refusals_are_in_chinese(self) -> None:
        assert all(re.search(r"[\u4e00-\u9fff]", words) for words in self.refusals[-1:])

    def teardown(self) -> None:
        previous = FIRST_PREVIOUS
        for number, entry in enumerate(self.chain, 1):
            assert fault(number, previous, entry) == ""
            previous = entry.hash


TestLife = Life.TestCase
