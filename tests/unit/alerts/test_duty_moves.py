"""Swaps, stand-ins and leave: who may ask, answer and approve; nothing holds before all agreed, nothing clashes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from console_fakes import NOW
from duty_people import AT, PLAN, shift

from alerts.duty_changes import document
from alerts.duty_moves import BY_NAME, MOVES, ask, make, shifts, words
from alerts.duty_store import Kept, change_of
from alerts.rota import Change, Rota
from alerts.rota_who import who
from streams.errors import Rejected

HOUR, DAY = 3_600_000, 86_400_000


def asked(kind: str, by: str, *, role: str = "officer", rota: Rota = PLAN, **data: Any) -> Change:
    return ask(rota, kind, {"reason": "家里有事", **data}, by=by, role=role, now=NOW)


def moved(change: Change, name: str, by: str, *, role: str = "officer", rota: Rota = PLAN, **data: Any) -> Change:
    return make(rota, change, name, by=by, role=role, data=data, now=NOW + timedelta(minutes=1))


def main_at(change: Change, at: int) -> list[str]:
    rota = msgspec.structs.replace(PLAN, changes=(change,))
    return [one.person for one in who(rota, at)["main"]]


def a_swap() -> Change:
    return asked("swap", "zhang", mine=shift("zhang"), theirs=shift("li"))


def test_a_swap_holds_once_the_other_agreed_and_a_leader_who_is_neither_approved() -> None:
    swap = a_swap()
    assert (swap.state, swap.person, swap.other) == ("asked", "zhang", "li")
    assert main_at(swap, swap.since) == ["zhang"]
    swap = moved(swap, "agree", "li")
    assert swap.state == "accepted"
    assert main_at(swap, swap.since) == ["zhang"]
    swap = moved(swap, "approve", "zhao", role="leader")
    assert (swap.state, swap.approver) == ("agreed", "zhao")
    assert main_at(swap, swap.since) == ["li"]
    assert main_at(swap, swap.other_since) == ["zhang"]
    assert [step.move for step in swap.steps] == ["ask", "agree", "approve"]
    assert [step.state for step in swap.steps] == ["asked", "accepted", "agreed"]


def test_where_the_rota_asks_for_no_approval_the_other_s_word_is_enough() -> None:
    free = msgspec.structs.replace(PLAN, approval=())
    assert moved(a_swap(), "agree", "li", rota=free).state == "agreed"


@pytest.mark.parametrize(
    ("name", "by", "role", "why"),
    [
        ("agree", "zhang", "officer", "须由对方本人答复"), ("agree", "wang", "officer", "须由对方本人答复"),
        ("refuse", "wang", "officer", "须由对方本人答复"), ("withdraw", "li", "officer", "只有申请人可以撤回"),
        ("approve", "zhao", "leader", "待对方同意"), ("cancel", "zhao", "leader", "待对方同意"),
        ("nothing", "li", "officer", "没有这种操作"), ("agree", "", "officer", "具名"),
    ],
)  # fmt: skip
def test_a_swap_that_was_asked_for_is_answered_by_the_other_person_alone(
    name: str, by: str, role: str, why: str
) -> None:
    data: dict[str, Any] = {"reason": "不便"} if name in {"refuse", "cancel"} else {}
    with pytest.raises(Rejected) as refused:
        moved(a_swap(), name, by, role=role, **data)
    assert why in refused.value.detail


def test_nobody_approves_his_own_change_and_an_officer_approves_none() -> None:
    swap = moved(a_swap(), "agree", "li")
    own = "不能批准自己"
    for by, role, why in (("li", "leader", own), ("zhang", "admin", own), ("wang", "officer", "须由领导")):
        with pytest.raises(Rejected) as refused:
            moved(swap, "approve", by, role=role)
        assert why in refused.value.detail
    assert moved(swap, "decline", "zhao", role="leader", reason="人手不足").state == "refused"


def test_an_admin_asks_and_answers_for_anybody() -> None:
    made = asked("swap", "root", role="admin", mine=shift("zhang"), theirs=shift("li"))
    assert moved(made, "agree", "root", role="admin").state == "accepted"
    assert moved(made, "refuse", "root", role="admin", reason="本人电话答复").decided_why == "本人电话答复"


def test_an_officer_asks_only_for_his_own_shifts_and_only_if_he_takes_turns() -> None:
    with pytest.raises(Rejected, match="本人的班次"):
        asked("swap", "wang", mine=shift("zhang"), theirs=shift("li"))
    with pytest.raises(Rejected) as refused:
        asked("swap", "stranger", mine=shift("zhang"), theirs=shift("li"))
    assert "不在排班表" in refused.value.detail
    with pytest.raises(Rejected, match="您的角色"):
        asked("swap", "zhang", role="handler", mine=shift("zhang"), theirs=shift("li"))


def test_a_stand_in_agrees_before_he_stands_in() -> None:
    made = asked("override", "zhang", shift=shift("zhang"), person="zhao")
    assert (made.state, made.other, made.post) == ("asked", "zhang", "main")
    assert main_at(made, made.since) == ["zhang"]
    for by in ("zhang", "li"):
        with pytest.raises(Rejected, match="对方本人"):
            moved(made, "agree", by)
    agreed = moved(made, "agree", "zhao", role="leader")
    assert agreed.state == "agreed"
    assert main_at(agreed, made.since) == ["zhao"]
    refused = moved(made, "refuse", "zhao", reason="出差")
    assert main_at(refused, made.since) == ["zhang"]


def test_what_fitted_when_it_was_asked_for_must_still_fit_when_it_is_agreed_to() -> None:
    made = asked("override", "zhang", shift=shift("zhang"), person="zhao")
    week = next(key for key, one in shifts(PLAN, AT).items() if (one.post, one.person) == ("leader", "qian"))
    other = asked("override", "qian", shift=week, person="zhao")
    busy = msgspec.structs.replace(PLAN, changes=(moved(other, "agree", "zhao"),))
    with pytest.raises(Rejected) as refused:
        moved(made, "agree", "zhao", rota=busy)
    assert "同时在" in refused.value.detail


def test_nobody_is_put_at_two_posts_at_once() -> None:
    with pytest.raises(Rejected) as refused:
        asked("override", "zhang", shift=shift("zhang"), person="qian")
    assert "同时在" in refused.value.detail


def test_leave_without_a_stand_in_holds_at_once_and_leaves_the_post_empty() -> None:
    off = asked("absence", "li", since=AT + HOUR, until=AT + 3 * HOUR)
    assert off.state == "agreed"
    assert main_at(off, AT + 2 * HOUR) == [""]
    with_other = asked("absence", "li", since=AT + HOUR, until=AT + 3 * HOUR, other="zhang")
    assert main_at(with_other, AT + 2 * HOUR) == ["li"]
    assert main_at(moved(with_other, "agree", "zhang"), AT + 2 * HOUR) == ["zhang"]


@pytest.mark.parametrize(
    ("since", "until", "other"),
    [(HOUR, HOUR, ""), (-5 * HOUR, -HOUR, ""), (HOUR, 61 * DAY, ""), (HOUR, 2 * HOUR, "li")],
)
def test_leave_that_makes_no_sense_is_refused(since: int, until: int, other: str) -> None:
    with pytest.raises(Rejected):
        asked("absence", "li", since=AT + since, until=AT + until, other=other)


def test_what_has_begun_is_ended_and_what_has_not_is_taken_back() -> None:
    begun = asked("absence", "li", since=AT - HOUR, until=AT + 3 * HOUR)
    ended = moved(begun, "cancel", "li", reason="提前返岗")
    assert (ended.state, ended.until) == ("agreed", AT + 60_000)
    assert main_at(ended, AT - 1) == [""]
    assert main_at(ended, AT + HOUR) == ["li"]
    later = asked("absence", "li", since=AT + HOUR, until=AT + 3 * HOUR)
    with pytest.raises(Rejected) as refused:
        moved(later, "cancel", "zhang", reason="不便")
    assert "由领导或系统管理员撤销" in refused.value.detail
    assert moved(later, "cancel", "zhao", role="leader", reason="重排").state == "withdrawn"


def test_what_is_decided_is_decided() -> None:
    done = moved(a_swap(), "withdraw", "zhang")
    for move in MOVES:
        given: dict[str, Any] = {"reason": "x"} if move.fields else {}
        with pytest.raises(Rejected) as refused:
            moved(done, move.name, "root", role="admin", **given)
        assert "当前为“已撤回”" in refused.value.detail


def test_the_watcher_reads_what_the_console_stores() -> None:
    swap = moved(a_swap(), "agree", "li")
    stored = document(swap)
    kept = msgspec.convert(stored, Kept)
    assert kept.open
    assert kept.until == max(swap.until, swap.other_until)
    assert msgspec.structs.replace(change_of(kept), steps=swap.steps) == swap
    assert msgspec.convert(stored["record"], Change) == swap
    assert "张甲" in words(PLAN, swap)
    assert set(BY_NAME) == {"agree", "refuse", "approve", "decline", "withdraw", "cancel"}
