"""A policy and its interpretation: organised, signed and published together, or it is seen that they were not."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.policies import document, findings
from alerts.policy import Policy
from alerts.policy_checks import copied, overdue, rate, standing, warnings
from alerts.policy_moves import MOVES, make, opened
from streams.clock import BEIJING, ms
from streams.errors import Rejected

NOW = datetime(2026, 9, 28, 9, 0, tzinfo=BEIJING)  # a Monday
DOCUMENT = (
    "一、补贴对象为具有本市户籍、从事养老护理工作满一年的人员。"
    "二、补贴标准为每人每月三百元，由民政部门按季度发放。"
)
PLAIN = (
    "为什么出台：护理员一直不够。谁可以领：在本市养老机构干满一年的护理员。与以前不同：以前没有这项补贴。怎样申请：到所在"
    "机构填表，十个工作日内办好。主要内容和咨询电话见文末。"
)
PLAN: dict[str, Any] = {"form": "questions", "channel": "市政府网站", "interpreter": "局长", "outline": "怎么领"}
LINKS: dict[str, Any] = {"document_link": "市政府网站", "interpretation_link": "市政府网站"}


def policy() -> Policy:
    return opened(title="养老护理员补贴办法", unit="市民政局", by="wang", role="officer", now=NOW)


def moved(
    p: Policy, name: str, *, by: str = "wang", role: str = "officer", when: datetime = NOW, **data: Any
) -> Policy:
    return make(p, name, by=by, role=role, data=data, now=when)


def written(interpretation: str = PLAIN, document: str = DOCUMENT) -> Policy:
    return moved(moved(policy(), "plan", **PLAN), "write", document=document, interpretation=interpretation)


def signed() -> Policy:
    return moved(written(), "sign", by="li", role="leader")


def alone() -> Policy:
    return moved(signed(), "publish_alone", document_link="市政府网站", reason="解读视频还在制作")


def test_a_document_without_a_plan_or_an_interpretation_is_not_signed() -> None:
    with pytest.raises(Rejected, match="没有解读方案，不予审签"):
        moved(policy(), "sign", by="li", role="leader")
    planned = moved(policy(), "plan", **PLAN)
    with pytest.raises(Rejected, match="没有解读材料，不予审签"):
        moved(moved(planned, "write", document=DOCUMENT), "sign", by="li", role="leader")
    assert signed().state == "signed"


def test_a_compressed_copy_is_signed_with_a_reason_only() -> None:
    copy = written(DOCUMENT[:60])
    with pytest.raises(Rejected, match=r"像是压缩稿而不是解读.*请写明理由"):
        moved(copy, "sign", by="li", role="leader")
    signed_ = moved(copy, "sign", by="li", role="leader", remark="全文不足百字，口语解读另录视频")
    assert "口语解读另录视频" in signed_.steps[-1].note


def test_only_a_leader_who_did_not_write_it_signs() -> None:
    with pytest.raises(Rejected, match="须由领导办理"):
        moved(written(), "sign")
    with pytest.raises(Rejected, match="审签人不能是起草人"):
        moved(written(), "sign", by="wang", role="leader")


def test_personal_data_does_not_go_out() -> None:
    with pytest.raises(Rejected, match="有身份证号，请先删去"):
        moved(written(document=f"{DOCUMENT}张三，身份证11010519491231002X"), "sign", by="li", role="leader")


def test_published_together_and_alone_are_told_apart() -> None:
    both = moved(signed(), "publish", **LINKS)
    assert (both.state_name, standing(both, ms(NOW))) == ("已同步公开", "together")
    later = NOW + timedelta(days=1)
    after = moved(alone(), "interpret", when=later, interpretation_link="市政府网站")
    assert (after.state_name, standing(after, ms(later))) == ("文件和解读均已公开", "in_time")


@pytest.mark.parametrize(
    ("public", "last"),
    [
        ("2026-09-28", "2026-10-08"),  # 29 and 30 September, then the holiday until the 7th
        ("2026-09-30", "2026-10-10"),  # the 10th, a Saturday, is worked
        ("2026-11-20", "2026-11-25"),  # over a weekend
    ],
)
def test_the_limit_is_three_working_days_after_the_document(public: str, last: str) -> None:
    at = datetime.fromisoformat(f"{public}T15:00").replace(tzinfo=BEIJING)
    p = replace(alone(), document_at=ms(at))
    end = ms(datetime.fromisoformat(f"{last}T23:59").replace(tzinfo=BEIJING))
    assert p.limit is not None
    assert p.limit.last_day.isoformat() == last
    assert standing(p, end) == "soon"
    assert standing(p, end + 60_000) == "late"
    assert overdue([p], end + 60_000) == [p]
    (found,) = findings([p], end + 60_000).values()
    assert found.reason.startswith("市民政局的文件已于")
    assert found.value == 1


def test_what_is_overdue_stays_in_the_denominator() -> None:
    late = ms(NOW) + 30 * 86_400_000
    exempt = moved(policy(), "exempt", by="li", role="leader", reason="内部管理规定")
    released = moved(exempt, "release", document_link="市政府网站")
    found = rate([alone(), moved(signed(), "publish", **LINKS), released, policy()], late)
    assert (found.needing, found.together, found.overdue, found.share) == (2, 1, 1, 0.5)


def test_a_compressed_copy_is_no_interpretation() -> None:
    assert copied(DOCUMENT, DOCUMENT[:40]) == 1
    assert copied(DOCUMENT, PLAIN) == 0
    assert any("像是压缩稿" in line for line in warnings(written(DOCUMENT[5:])))
    assert warnings(written(PLAIN)) == ()


def test_what_an_interpretation_leaves_out_is_said() -> None:
    short = written("本办法主要内容如下：" + "每月三百元。" * 10)
    (lacking,) = (line for line in warnings(short) if "没有看到" in line)
    assert "怎样办理" in lacking
    assert "主要内容" not in lacking


def test_a_form_that_is_wrong_is_refused_in_one_chinese_sentence() -> None:
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "请填写解读形式"),
        ({**PLAN, "form": "dance"}, "请在列出的选项中选择解读形式"),
        ({"x": 1}, "没有“x”"),
    )
    for data, words in wrong:
        with pytest.raises(Rejected, match=words):
            moved(policy(), "plan", **data)
    with pytest.raises(Rejected, match="公开时间不能晚于现在"):
        moved(signed(), "publish", **LINKS, at=ms(NOW) + 60_000)


DATA: dict[str, dict[str, Any]] = {
    "plan": PLAN,
    "write": {"document": DOCUMENT, "interpretation": PLAIN},
    "exempt": {"reason": "内部"},
    "publish": LINKS,
    "publish_alone": {"document_link": "网站", "reason": "迟"},
    "release": {"document_link": "网站"},
    "interpret": {"interpretation_link": "网站"},
    "correct": {"text": "更正"},
    "sign": {},
}
ACTS = st.tuples(st.sampled_from([move.name for move in MOVES]), st.sampled_from(["officer", "leader"]))


@given(st.lists(ACTS, max_size=12))
def test_whatever_people_try_nothing_is_public_that_was_not_signed_by_another(acts: list[tuple[str, str]]) -> None:
    p = policy()
    for name, role in acts:
        before, row = p, next(move for move in MOVES if move.name == name)
        with suppress(Rejected):
            p = moved(p, name, by=role, role=role, **DATA[name])
        if p is before:
            continue
        assert p.state == row.ways[before.state]
        assert p.steps[:-1] == before.steps
        assert document(p)["revision"] == len(p.steps)
    if p.document_at:
        assert p.signed_by == "leader"
        assert p.exempt_reason or (p.plan and p.interpretation and p.written_by != p.signed_by)
