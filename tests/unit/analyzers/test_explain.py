"""An explanation shows every step and no personal data."""

from __future__ import annotations

from analyzers.explain import as_text, explain


def test_every_step_is_shown_and_no_value_of_a_mask() -> None:
    one = explain("静宁县停水三天,电话13800138000")
    shown = as_text(one)
    assert [span.kind for span in one.masks] == ["phone"]
    assert "13800138000" not in shown
    for word in ("脱敏文本", "规范文本", "分词", "情感", "主题", "静宁县", "停水", "依据"):
        assert word in shown
