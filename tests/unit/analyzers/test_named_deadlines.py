"""A deadline that a text names is told with its moment, and decides nothing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.analysis import analyze
from analyzers.named_deadlines import named

BEIJING = timezone(timedelta(hours=8))
POSTED = datetime(2026, 11, 23, 16, 30, tzinfo=BEIJING)  # a Monday


@pytest.mark.parametrize(
    ("text", "said", "by"),
    [
        ("请三天内答复", "三天内", "2026-11-26T16:30"),
        ("希望48小时之内恢复供水", "48小时之内", "2026-11-25T16:30"),
        ("十五日内给书面答复", "十五日内", "2026-12-08T16:30"),
        ("两周内修好", "两周内", "2026-12-07T16:30"),
        ("半个月内解决", "半个月内", "2026-12-08T16:30"),
        ("三个月内办结", "三个月内", "2027-02-23T16:30"),
        ("一年内交房", "一年内", "2027-11-23T16:30"),
        ("本月底前发工资", "本月底前", "2026-12-01T00:00"),
        ("月底前发工资", "月底前", "2026-12-01T00:00"),
        ("年底前完工", "年底前", "2027-01-01T00:00"),
        ("本周内答复", "本周内", "2026-11-30T00:00"),
        ("下月底前搬走", "下月底前", "2027-01-01T00:00"),
        ("12月1日之前答复", "12月1日之前", "2026-12-02T00:00"),
        ("12月1日18时前答复", "12月1日18时前", "2026-12-01T18:00"),
        ("1月5日前交房", "1月5日前", "2027-01-06T00:00"),
        ("2027年3月1日前交房", "2027年3月1日前", "2027-03-02T00:00"),
        ("报名截止11月30日", "截止11月30日", "2026-12-01T00:00"),
        ("25号之前缴费", "25号之前", "2026-11-26T00:00"),
        ("5号之前缴费", "5号之前", "2026-12-06T00:00"),
        ("明天下班前回电话", "明天下班前", "2026-11-25T00:00"),
        ("今天之内处理", "今天之内", "2026-11-24T00:00"),
        ("五个工作日内答复", "五个工作日内", None),
        ("春节前发工资", "春节前", None),
        ("2月30日前答复", "2月30日前", None),
    ],
)
def test_a_deadline_is_found_with_its_moment(text: str, said: str, by: str | None) -> None:
    (found,) = named(text, POSTED)
    assert (found.text, text[found.start : found.end]) == (said, said)
    assert found.by == (None if by is None else datetime.fromisoformat(by).replace(tzinfo=BEIJING))


@pytest.mark.parametrize(
    "text",
    [
        "停水三天了",
        "最近三天内停水两次",
        "三个月内已经反映多次",
        "小区内前面的路坏了",
        "三天前就反映过",
        "年前的事情",
        "他今天去了市内",
        "",
    ],
)
def test_what_is_told_of_is_no_deadline(text: str) -> None:
    assert named(text, POSTED) == ()


def test_without_a_time_of_the_post_the_words_are_told_alone() -> None:
    first, second = named("请三天内答复,12月1日前修好")
    assert (first.text, first.by, second.text, second.by) == ("三天内", None, "12月1日前", None)


@given(st.text(alphabet="0123456789一二两三十半百个天日号周月年内前底末截止至到期小时之以今明 ,", max_size=40))
def test_no_text_breaks_it_and_spans_do_not_overlap(text: str) -> None:
    end = 0
    for one in named(text, POSTED):
        assert text[one.start : one.end] == one.text
        assert one.start >= end
        end = one.end


@pytest.mark.parametrize("said", ["请三天内答复", "限今天之内处理", "请在12月1日前修好", "月底前解决"])
def test_a_deadline_that_is_demanded_changes_no_label(said: str) -> None:
    plain, asked = analyze(["小区路灯坏了", f"小区路灯坏了,{said}"])
    assert (plain.intent, plain.urgent, plain.danger) == (asked.intent, asked.urgent, asked.danger)
