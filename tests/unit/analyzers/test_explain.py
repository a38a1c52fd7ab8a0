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
