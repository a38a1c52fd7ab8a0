"""What changes from one rulebook to another, rule by rule in the words of those who approve it; a plain function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from alerts.alert import LEVELS
from alerts.evaluate import length
from alerts.measured import CHECKS, METRICS
from alerts.rulebook_words import DAYS, KINDS, PARTS
from alerts.rules import Rule

SPANS = frozenset({"window", "step", "recover", "pending", "usual_over"})
FIELDS: dict[str, str] = {
    "name": "代号", "title": "名称", "kind": "种类", "level": "级别", "reason": "设立理由", "key": "分别计算的范围",
    "window": "统计时段", "step": "判断间隔", "recover": "解除前的等待", "pending": "通知前的观察期",
    "clear": "解除线（报警线的几成）", "at_least": "至少条数", "times_usual": "平时的倍数", "usual_over": "对比的过去",
    "usual_at_least": "之前的最低条数", "share": "占比线", "score": "反常程度线", "owner": "负责人",
    "hours": "发出新预警的时间", "days": "发出新预警的日子", "inhibited_by": "由哪些规则代为通知",
    "seen_most": "过去最多出现条数", "words": "重点词", "metric": "系统指标", "max_threshold": "指标上限",
    "check": "检查事项", "by": "检查时间", "major": "提示重大的条件", "fires": "会报警的例子", "silent": "不报警的例子",
}  # fmt: skip
"""What people call each field of a rule."""
PARTS_SAID: dict[str, str] = {
    "count": "条数", "usual": "平时", "negative": "负面", "danger": "涉及安全", "sources": "渠道数", "text": "原文",
    "value": "数值", "time": "时间", "done": "已完成", "at_least": "至少条数",
}  # fmt: skip
VALUES: dict[str, Mapping[str, str]] = {
    "kind": KINDS, "level": LEVELS, "key": PARTS, "days": DAYS, "check": CHECKS,
    "metric": {name: metric.title for name, metric in METRICS.items()},
}  # fmt: skip
"""Words of the file that people call otherwise, by field."""


class Change(Struct, frozen=True, kw_only=True):
    """One field of a rule, before and after; field empty: the whole rule came (before empty) or went (after empty)."""

    rule: str
    title: str = ""
    field: str = ""
    before: str = ""
    after: str = ""

    def line(self) -> str:
        """Return the change in Chinese, on one line."""
        if not self.field:
            return f"新增规则 {self.rule}：{self.after}" if self.after else f"删除规则 {self.rule}：{self.before}"
        what = f"“{self.title}”（{self.rule}）{FIELDS[self.field]}"
        return f"{what}：{self.before or '（无）'} → {self.after or '（无）'}"


def changes(before: Sequence[Rule], after: Sequence[Rule]) -> tuple[Change, ...]:
    """Return what changes, in the order of the new rulebook and then of what went; order alone is no change."""
    old, new = ({rule.name: rule for rule in rules} for rules in (before, after))
    found: list[Change] = []
    for name, rule in new.items():
        if name not in old:
            found.append(Change(rule=name, after=rule.title))
            continue
        found += [
            Change(
                rule=name, title=rule.title, field=field, before=_said(field, then), after=_said(field, now)
            )
            for field in Rule.__struct_fields__
            if (then := getattr(old[name], field)) != (now := getattr(rule, field))
        ]
    found += [Change(rule=name, before=rule.title) for name, rule in old.items() if name not in new]
    return tuple(found)


def _said(field: str, value: Any) -> str:
    if value in (None, "", ()):
        return ""
    if field in SPANS:
        return length(value) if value else ""
    words = VALUES.get(field, {})
    if isinstance(value, tuple):
        return "、".join(words.get(one, one) for one in value)
    if isinstance(value, Struct):
        given = msgspec.structs.asdict(value)
        said = (f"{PARTS_SAID[name]}{_plain(one)}" for name, one in given.items() if one or name == "count")
        return "，".join(said)
    return _plain(words.get(str(value), value))


def _plain(value: Any) -> str:
    """Return a value as people write it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"{value:g}" if isinstance(value, float) else str(value)
