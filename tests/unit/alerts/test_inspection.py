"""督查: who records, who speaks for a unit, who decides an appeal; what holds afterwards; each step is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from memory_elastic import MemoryElastic

from alerts.appraisal import read_weights
from alerts.history import History
from alerts.inspection import MOVES, Inspection, make, opened
from alerts.inspections import InspectionService
from streams.clock import ms
from streams.elastic import Elastic
from streams.errors import Conflict, Rejected

WEIGHTS = read_weights("")
NOW = datetime(2026, 10, 20, 3, tzinfo=UTC)
FOUND: dict[str, Any] = {
    "unit": "县水务局", "finding": "wrong_fact", "where": "门户留言", "at": ms(NOW),
    "text": "答复的时间写错，电话13800000000",
}  # fmt: skip
OBJECTION = {"unit": "县水务局", "finding": "in_time", "period": "2026-10", "text": "系统停机两天，附证明"}


def found(**changes: Any) -> Inspection:
    return opened("reading", {**FOUND, **changes}, WEIGHTS, by="sun", role="supervisor", now=NOW)


def objection(**changes: Any) -> Inspection:
    return opened("figure", {**OBJECTION, **changes}, WEIGHTS, by="zhao", role="handler", now=NOW)


def move(one: Inspection, name: str, by: str, role: str, **data: Any) -> Inspection:
    return make(one, name, by=by, role=role, data=data, now=NOW + timedelta(hours=1))


def test_a_finding_keeps_the_points_of_the_day_it_was_recorded_and_no_personal_data() -> None:
    one = found()
    assert (one.effect, one.points, one.title) == ("deduct", 5.0, "县水务局：答复中的事实有误")
    assert "13800000000" not in str(one)
    assert found().id == one.id != found(unit="县教育局").id


@pytest.mark.parametrize("role", ["handler", "officer", "analyst", "leader", ""])
def test_only_supervisors_and_admins_record_findings(role: str) -> None:
    with pytest.raises(Rejected) as refused:
        opened("telephone", FOUND, WEIGHTS, by="x", role=role, now=NOW)
    assert "您的角色不能登记电话督查" in refused.value.detail


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"finding": "nothing"}, "请在列出的选项中选择"), ({"unit": ""}, "请填写被督查单位"),
        ({"at": ms(NOW) + 1}, "发现时间不能晚于现在"), ({"who": "甲"}, "没有“who”这一项"),
    ],
)  # fmt: skip
def test_a_finding_that_lacks_something_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Rejected) as refused:
        found(**changes)
    assert said in refused.value.detail


def test_an_upheld_appeal_takes_the_finding_back_and_a_refused_one_does_not() -> None:
    appealed = move(found(), "appeal", "zhao", "handler", text="当日已更正")
    assert (appealed.state, appealed.counts) == ("appealed", True)
    upheld = move(appealed, "decide", "qian", "admin", upheld="1", reason="属实")
    assert (upheld.state_name, upheld.counts, upheld.restored) == ("申诉成立", False, 5.0)
    refused = move(appealed, "decide", "qian", "admin", upheld="0", reason="更正在督查之后")
    assert (refused.state_name, refused.counts, refused.restored) == ("申诉不成立", True, 0.0)


@pytest.mark.parametrize("by", ["sun", "zhao"])
def test_neither_who_recorded_nor_who_appealed_decides(by: str) -> None:
    appealed = move(found(), "appeal", "zhao", "handler", text="当日已更正")
    with pytest.raises(Rejected) as refused:
        move(appealed, "decide", by, "admin", upheld="1", reason="属实")
    assert "登记人和申诉人以外" in refused.value.detail


def test_an_appeal_is_decided_by_supervisors_and_admins_with_a_reason() -> None:
    appealed = move(found(), "appeal", "zhao", "handler", text="当日已更正")
    for role in ("handler", "officer", "leader"):
        with pytest.raises(Rejected):
            move(appealed, "decide", "li", role, upheld="1", reason="属实")
    with pytest.raises(Rejected):
        move(appealed, "decide", "li", "supervisor", upheld="1")


def test_an_objection_to_a_figure_gives_points_back_as_the_decision_says() -> None:
    one = objection()
    assert (one.state, one.effect, one.counts) == ("appealed", "figure", False)
    assert objection().id == one.id != objection(period="2026-09").id
    upheld = move(one, "decide", "sun", "supervisor", upheld="1", reason="系统停机属实", restored="3")
    assert upheld.restored == 3.0
    with pytest.raises(Rejected) as refused:
        move(one, "decide", "sun", "supervisor", upheld="1", reason="系统停机属实")
    assert "请填写加回多少分" in refused.value.detail
    assert move(one, "decide", "sun", "supervisor", upheld="0", reason="已有备份", restored="9").restored == 0.0
    with pytest.raises(Rejected):
        objection(period="十月")


def test_a_remedy_lies_between_the_finding_and_now() -> None:
    one = found()
    assert move(one, "remedy", "zhao", "handler", text="已更正").corrected_at == ms(NOW + timedelta(hours=1))
    for at in (one.at - 1, ms(NOW + timedelta(hours=2))):
        with pytest.raises(Rejected):
            move(one, "remedy", "zhao", "handler", text="已更正", at=at)


def test_a_withdrawn_finding_counts_no_more_and_moves_no_more() -> None:
    gone = move(found(), "withdraw", "sun", "supervisor", reason="误登")
    assert not gone.counts
    for row in MOVES:
        with pytest.raises(Rejected):
            move(gone, row.name, "qian", "admin", reason="x", text="x", upheld="1")


async def test_each_step_is_in_the_history_and_two_at_once_are_not_lost() -> None:
    elastic = cast("Elastic", MemoryElastic())  # held to the real one by its contract tests
    service = InspectionService(elastic, History(elastic), WEIGHTS)
    made = await service.record("reading", FOUND, by="sun", role="supervisor", now=NOW)
    again = await service.record("reading", FOUND, by="sun", role="supervisor", now=NOW)
    assert (again.id, again.revision) == (made.id, 1)
    who: dict[str, Any] = {"by": "zhao", "role": "handler", "now": NOW}
    await service.move(made.id, "appeal", data={"text": "已更正"}, seen=1, **who)
    with pytest.raises(Conflict):
        await service.move(made.id, "remedy", data={"text": "已更正"}, seen=1, **who)
    assert [one.state for one in await service.list()] == ["appealed"]
    assert await service.list(["县教育局"]) == []
    held = await service.audit()
    assert (held.records, held.wrong) == (1, ())
