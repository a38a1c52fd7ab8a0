"""An explanation shows every step and no personal data."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from analyzers.explain import as_text, explain


def test_every_step_is_shown_and_no_value_of_a_mask() -> None:
    one = explain("静宁县停水三天,电话13800138000")
    shown = as_text(one)
    assert [span.kind for span in one.masks] == ["phone"]
    assert "13800138000" not in shown
    for word in ("脱敏文本", "规范文本", "分词", "情感", "主题", "静宁县", "停水", "依据"):
        assert word in shown


def test_a_named_deadline_is_shown_with_its_moment() -> None:
    posted = datetime(2026, 11, 23, 16, 30, tzinfo=timezone(timedelta(hours=8)))
    shown = as_text(explain("请三天内答复,12月1日前修好", posted))
    assert "文中提到的期限：三天内（至11月26日16:30）、12月1日前（至12月1日）" in shown
    assert "文中提到的期限：三天内\n" in as_text(explain("请三天内答复"))


def test_masks_and_terms_are_placed_in_the_original() -> None:
    raw = "静宁县&nbsp;停\u200b水三天，&lt;电话１３８ 0013 8000&gt;"
    one = explain(raw)
    (mark,) = one.masks
    assert raw[mark.source_start : mark.source_end] == "１３８ 0013 8000"
    by_term = {ground.term: ground.places for ground in one.grounds}
    assert [raw[start:end] for start, end in by_term["停水"]] == ["停\u200b水"]
    assert [raw[start:end] for start, end in by_term["静宁县"]] == ["静宁县"]
    shown = as_text(one)
    assert f"脱敏项：电话 原文第{mark.source_start + 1}至{mark.source_end}字" in shown
    assert "停水（2） 原文第10至12字" in shown


def test_a_term_that_stands_often_is_placed_three_times_and_counted() -> None:
    assert "紧急 ← 停水 原文第1至2、3至4、5至6字等4处" in as_text(explain("停水停水停水停水"))
