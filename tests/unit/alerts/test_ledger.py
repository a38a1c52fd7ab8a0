"""Every message has an item; it changes only by the table's moves, and what is owed to the asker can't be shortened."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_items import ACCEPT, ANSWER, ASSIGN, CLOSE, FIRST, MONDAY, TABLE, Act, after, item
from msgspec.structs import replace

from alerts.accounts import ROLES
from alerts.ledger import OPEN, RESULTS, SATISFACTION, STATES, Item, item_id
from alerts.ledger_intake import title_of
from alerts.ledger_moves import BY_HAND, MOVES, carried, make
from alerts.ledger_table import load_table
from alerts.ledgers import document
from streams.clock import BEIJING, from_ms, ms
from streams.errors import Misconfigured, Rejected

DAY = 86_400_000


def refused(one: Item, act: Act, now: int = 0) -> str:
    name, by, role, data = act
    with pytest.raises(Rejected) as error:
        make(one, name, table=TABLE, by=by, role=role, data=data, now=now or one.updated_at + 60_000)
    return error.value.detail


def handled() -> Item:
    return after(item(), (ASSIGN, ACCEPT))


def test_a_message_becomes_one_item_with_a_unit_and_a_limit_that_a_person_confirms() -> None:
    one = item()
    assert (one.id, one.state) == (item_id("o1"), "waiting")
    assert (one.suggested, one.limit) == ("静宁县住房和城乡建设局", "complaint")
    given = after(one, (ASSIGN,))
    assert (given.lead, given.state_name, given.units) == ("静宁县水务局", "待签收", ("静宁县水务局",))


def test_a_sharper_text_gets_the_same_unit_and_limit_as_a_mild_one() -> None:
    mild, sharp = item(text="麻烦问一下，停水三天了，什么时候恢复？"), item(text="停水三天了！！你们管不管！")
    for name in ("suggested", "limit", "due", "basis"):
        assert getattr(mild, name) == getattr(sharp, name)


def test_danger_and_urgency_come_before_what_the_message_wants() -> None:
    assert item(danger=True, urgent=True).limit == "danger"
    assert item(urgent=True).limit == "urgent"
    assert item(intent="consult").limit == "consult"
    assert item(intent="").limit == "help"


def test_the_whole_way_from_receipt_to_the_call_back() -> None:
    survey: Act = ("survey", "wang", "officer", {"satisfaction": "satisfied", "solved": True})
    one = after(handled(), (FIRST, ANSWER, CLOSE, survey))
    assert (one.state, one.result, one.surveys[0].satisfaction) == ("closed", "solved", "satisfied")
    assert 0 < one.first_reply_at < one.answered_at < one.closed_at
    assert [step.move for step in one.steps] == ["assign", "accept", "first_reply", "answer", "close", "survey"]
    assert [reply.final for reply in one.replies] == [False, True]
    assert not one.late


@pytest.mark.parametrize(
    ("received", "limit", "due", "why"),
    [
        ("2026-09-14T09:00", "complaint", "2026-09-22T23:59", "seven working days; Sunday the 20th is worked"),
        ("2026-09-28T09:00", "help", "2026-10-10T23:59", "over National Day; Saturday the 10th is worked"),
        ("2026-10-09T18:00", "consult", "2026-10-10T23:59", "a make-up Saturday is a working day"),
        ("2026-11-20T23:00", "consult", "2026-11-23T23:59", "a Friday night's question is due on Monday"),
        ("2026-10-03T23:30", "danger", "2026-10-04T01:30", "two hours run through night and holiday"),
        ("2026-10-03T23:30", "concern", "2026-10-05T23:30", "so do forty-eight"),
    ],
)
def test_limits_run_by_their_own_calendar(received: str, limit: str, due: str, why: str) -> None:
    at = ms(datetime.fromisoformat(received).replace(tzinfo=BEIJING))
    assigned: Act = ("assign", "wang", "officer", {"lead": "甲局", "limit": limit})
    one = after(item(received_at=at, posted_at=at), [assigned], at)
    assert from_ms(one.due).astimezone(BEIJING).isoformat()[:16] == due, why
    assert TABLE.limits[limit].basis in one.basis


def test_an_extension_is_given_once_before_the_limit_by_a_supervisor_and_the_asker_is_told() -> None:
    one = handled()
    ask: dict[str, Any] = {"days": "3", "reason": "需要采购配件", "told": "已电话告知"}
    assert "您的角色不能" in refused(one, ("extend", "zhao", "handler", ask))
    assert "请填写怎样告知了诉求人" in refused(one, ("extend", "li", "supervisor", {**ask, "told": ""}))
    assert "1至10个工作日" in refused(one, ("extend", "li", "supervisor", {**ask, "days": "11"}))
    longer = after(one, [("extend", "li", "supervisor", ask)])
    assert from_ms(longer.due).astimezone(BEIJING).isoformat()[:10] == "2026-09-28"
    assert "延长3个" in longer.basis
    assert "已经延期一次" in refused(longer, ("extend", "li", "supervisor", ask))
    assert "已经逾期，不能再延期" in refused(one, ("extend", "li", "supervisor", ask), one.due + 1)
    urgent = after(item(urgent=True), [("assign", "wang", "officer", {"lead": "甲局", "limit": "urgent"})])
    assert "按小时计时，不能延期" in refused(urgent, ("extend", "li", "supervisor", ask))


def test_working_days_of_a_pause_do_not_count_and_nothing_is_paused_once_it_is_overdue() -> None:
    one = handled()
    pause: Act = ("pause", "li", "supervisor", {"reason": "等待第三方检测"})
    still = after(one, [pause])
    assert still.state_name == "暂停计时"
    assert not still.overdue(one.due + DAY)
    told = after(still, [ANSWER])
    assert (told.state, told.paused) == ("answered", False), "what went out ends the pause"
    on = make(still, "resume", table=TABLE, by="li", role="supervisor", data={}, now=MONDAY + 3 * DAY)
    assert from_ms(on.due).astimezone(BEIJING).isoformat()[:10] == "2026-09-28"
    assert "暂停3个不计" in on.basis
    assert "已经逾期" in refused(one, pause, one.due + 1)



def test_a_limit_is_made_longer_with_a_reason_only_and_shorter_without() -> None:
    urgent = item(urgent=True)
    longer = ("assign", "w", "officer", {"lead": "甲局", "limit": "complex"})
    assert "长，请写明理由" in refused(urgent, longer)
    said = after(urgent, [(*longer[:3], {**longer[3], "longer": "并非停水，是咨询水价"})])
    assert said.limit == "complex"
    assert "并非停水，是咨询水价" in said.steps[-1].note
    assert after(item(), [("assign", "w", "officer", {"lead": "甲局", "limit": "urgent"})]).limit == "urgent"


def test_what_is_overdue_stays_so_until_it_is_answered_and_then_was_late() -> None:
    one = handled()
    assert not one.overdue(one.due)
    assert one.overdue(one.due + 1)
    assert after(one, [FIRST], one.due).overdue(one.due + DAY), "an answer on the way does not stop the clock"
    late = after(one, [ANSWER], one.due + 1)
    assert (late.late, late.overdue(one.due + DAY)) == (True, False)
    waiting = item()
    longer: Act = ("assign", "w", "officer", {"lead": "甲局", "limit": "complex"})
    assert "不能再改时限" in refused(waiting, longer, waiting.due + 1)


def test_a_wrongly_chosen_unit_gives_it_back_soon_and_the_limit_goes_on() -> None:
    one = handled()
    back = after(one, [("give_back", "zhao", "handler", {"reason": "不属本单位职责", "better": "静宁县住建局"})])
    assert (back.state, back.lead, back.suggested, back.due) == ("waiting", "", "静宁县住建局", one.due)
    assert "已超过2个工作日" in refused(one, ("give_back", "zhao", "handler", {"reason": "晚了"}), MONDAY + 3 * DAY)
    assert "已经答复过" in refused(after(one, [FIRST]), ("give_back", "zhao", "handler", {"reason": "不想办"}))


def test_a_key_message_is_answered_only_by_what_its_own_leader_signed() -> None:
    flag: Act = ("flag", "wang", "officer", {"leader": "chen", "reason": "影响全县"})
    one = after(handled(), [flag])
    assert "须先由 chen 亲自签发" in refused(one, ANSWER)
    assert "须先由 chen 亲自签发" in refused(one, (*ANSWER[:3], {**ANSWER[3], "signed_by": "other"}))
    signed = {**ANSWER[3], "signed_by": "chen", "signed_at": MONDAY}
    done = after(one, [(*ANSWER[:3], signed)])
    assert (done.state, done.key_signed_at) == ("answered", MONDAY)
    assert "不能“领导签发”" in refused(one, ("sign_key", "chen", "leader", {}))


def test_what_went_out_is_kept_as_a_note_where_its_move_is_not_possible() -> None:
    one = after(item(), [ASSIGN])
    told = carried(one, "answer", table=TABLE, by="zhao", role="handler", data=ANSWER[3], now=one.updated_at)
    assert (told.state, told.answered_at, told.steps[-1].move) == ("assigned", 0, "note_reply")
    other = carried(handled(), "answer", table=TABLE, by="z", role="handler", data=ANSWER[3], now=MONDAY, round_=3)
    assert (other.state, len(other.replies)) == ("handling", 1), "it belongs to another handling"


def test_a_reply_noted_by_hand_before_is_corrected_by_hand_and_one_with_a_record_in_its_record() -> None:
    plain = {name: ANSWER[3][name] for name in ("text", "channel", "unit")}
    one = after(handled(), [ANSWER])
    assert "在“答复”里起草更正" in refused(one, ("correct", "zhao", "handler", plain))
    old = replace(one, replies=(replace(one.replies[0], record=""),))
    assert len(after(old, [("correct", "zhao", "handler", plain), CLOSE]).replies) == 2


def test_what_was_not_done_as_asked_is_closed_only_with_a_reason_and_a_way_to_a_review() -> None:
    one = after(handled(), [ANSWER])
    for result in ("partly", "not_adopted", "not_accepted"):
        assert "须写明理由和复核途径" in refused(one, ("close", "wang", "officer", {"result": result}))
    why = "规划已定，可向信访局申请复查"
    closed = after(one, [("close", "wang", "officer", {"result": "not_adopted", "reason": why})])
    assert closed.result_reason.startswith("规划已定")


def test_opened_again_it_gets_a_new_limit_and_the_first_round_stays_on_record() -> None:
    one = after(handled(), [ANSWER, CLOSE])
    again = after(one, [("reopen", "wang", "officer", {"reason": "又停水了"})], MONDAY + 20 * DAY)
    assert (again.state_name, again.answered_at, len(again.rounds)) == ("重新办理", 0, 1)
    assert again.rounds[0].answered_at == one.answered_at
    assert again.due > MONDAY + 20 * DAY


def test_personal_data_does_not_enter_by_a_reply() -> None:
    data = {**ANSWER[3], "text": "已联系您本人，电话13900000000，修好了。"}
    one = after(handled(), [("answer", "zhao", "handler", data)])
    assert "13900000000" not in one.replies[0].text


def test_a_year_without_a_published_calendar_is_said_and_stops_nothing() -> None:
    at = ms(datetime(2026, 12, 30, 9, tzinfo=BEIJING))
    one = item(received_at=at, posted_at=at)
    assert (one.due, one.overdue(at + 400 * DAY)) == (0, False)
    assert "期限待定" in one.basis
    assert "2027" in one.basis


def test_the_table_is_refused_with_what_is_wrong() -> None:
    for text, words in (
        ("limits: [", "ledger table"),
        ("{limits: {a: {title: 甲, basis: 乙}}, units: [], kinds: {}}", "either hours or workdays"),
        ("{limits: {a: {title: 甲, basis: 乙, hours: 2}}, units: [], kinds: {danger: a, urgent: a}}", "lacks `else`"),
        ("{limits: {}, units: [], kinds: {danger: a, urgent: a, else: a}}", "not in `limits`: a"),
    ):
        with pytest.raises(Misconfigured, match=words):
            load_table(text)


def test_an_item_s_title_is_short_and_of_one_line() -> None:
    assert title_of("停水\n第二行") == "停水"
    assert title_of("字" * 50) == "字" * 39 + "…"
    assert title_of("", "") == "（没有文字）"


GIVEN: dict[str, list[dict[str, Any]]] = {
    "assign": [{"lead": "甲局", "limit": name} for name in ("help", "urgent", "complex")],
    **{
        name: [{"text": "已修好", "channel": "门户", "unit": "甲局", "record": "r", "signed_by": by} for by in "ab"]
        for name in ("first_reply", "answer", "corrected", "note_reply")
    },
    "correct": [{"text": "更正", "channel": "门户", "unit": "甲局"}],
    "flag": [{"leader": "b", "reason": "重要"}],
    "extend": [{"days": "5", "reason": "难", "told": "已告知"}],
    "urge": [{"text": "请抓紧"}],
    "close": [{"result": name, "reason": "可申请复查"} for name in RESULTS],
    "survey": [{"satisfaction": name, "solved": False} for name in SATISFACTION],
    "merge": [{"into": "x", "reason": "同一事"}],
    "absorb": [{"item": "y", "opinions": "o2 o3"}],
    "link": [{"consultation": "c"}],
}
ACTS = st.tuples(
    st.sampled_from([move.name for move in MOVES]), st.sampled_from(sorted(ROLES)), st.sampled_from("abc"),
    st.integers(0, 5 * DAY), st.integers(0, 9),
)  # fmt: skip


@given(st.lists(ACTS, max_size=25))
def test_whatever_anybody_tries_only_listed_moves_happen_and_nothing_owed_is_lost(acts: list[Any]) -> None:
    one, now = item(), MONDAY
    for name, role, by, wait, pick in acts:
        now += wait
        choices = GIVEN.get(name, [{"reason": "理由"}])
        data = choices[pick % len(choices)] if name not in {"accept", "resume"} else {}
        before, move = one, next(move for move in MOVES if move.name == name)
        with suppress(Rejected):
            one = make(before, name, table=TABLE, by=by, role=role, data=data, now=now)
        if one is before:
            continue
        assert role in move.roles
        assert one.state == move.ways[before.state]
        assert one.steps[:-1] == before.steps
        assert set(before.opinion_ids) <= set(one.opinion_ids)
        assert one.replies[: len(before.replies)] == before.replies
        if before.overdue(one.updated_at) and name not in {"answer", "merge"}:
            assert one.overdue(one.updated_at) or name == "dismiss", name
        assert document(one)["revision"] == len(one.steps)
    assert one.state in STATES
    assert one.open == (one.state in OPEN)
    assert msgspec.json.decode(msgspec.json.encode(one), type=Item) == one


def test_no_move_hides_an_item_or_closes_one_without_an_answer() -> None:
    ends = {move.name: (start, end) for move in BY_HAND for start, end in move.ways.items() if end == "closed" != start}
    assert ends == {"close": ("answered", "closed")}
    assert not {"delete", "remove", "hide"} & {move.name for move in MOVES}
