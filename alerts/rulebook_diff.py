"""What changes from one rulebook to another, rule by rule and in the words of the file; a plain function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from alerts.evaluate import length
from alerts.rules import Rule

SPANS = frozenset({"window", "step", "recover", "pending", "usual_over"})


class Change(Struct, frozen=True, kw_only=True):
    """One field of a rule, before and after; field empty: the whole rule came (before empty) or went (after empty)."""

    rule: str
    field: str = ""
    before: str = ""
    after: str = ""

    def line(self) -> str:
        """Return the change in Chinese, on one line."""
        if not self.field:
            return f"新增规则 {self.rule}：{self.after}" if self.after else f"删除规则 {self.rule}：{self.before}"
        return f"{self.rule}.{self.field}：{self.before or '（无）'} → {self.after or '（无）'}"


def changes(before: Sequence[Rule], after: Sequence[Rule]) -> tuple[Change, ...]:
    """Return what changes, in the order of the new rulebook and then of what went; order alone is no change."""
    old, new = ({rule.name: rule for rule in rules} for rules in (before, after))
    found: list[Change] = []
    for name, rule in new.items():
        if name not in old:
            found.append(Change(rule=name, after=rule.title))
            continue
        found += [
            Change(rule=name, field=field, before=_said(field, then), after=_said(field, now))
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
    if isinstance(value, tuple):
        return "、".join(value)
    if isinstance(value, Struct):
        return msgspec.json.encode(value).decode()
    return f"{value:g}" if isinstance(value, float) else str(value)
