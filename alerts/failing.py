"""A rule that can't be judged is an alert of its own: its old alerts stay as they are, and the other rules go on."""

from __future__ import annotations

from alerts.alert import Key
from alerts.evaluate import Finding, Tally, window_of
from alerts.rules import MINUTE, Example, Rule

FAILED = Rule(
    name="rule_failed", title="规则无法判断", kind="quiet", level="larger", key=(),
    reason="一条规则运行出错，它管的事不会再预警，必须有人知道", window=10 * MINUTE, step=10 * MINUTE,
    recover=10 * MINUTE, fires=Example(count=0), silent=Example(count=1),
)  # fmt: skip
"""No row of a rulebook: what it finds comes from the watcher itself."""


def failing(rule: Rule, what: str, at: int) -> Finding:
    """Return the finding that a rule could not be judged at a moment (ms UTC). what: the error's name."""
    return Finding(
        rule=FAILED, key=Key(phrase=rule.title), at=at, window_from=window_of(FAILED, at)[0], value=1.0, bound=1.0,
        usual=0.0, tally=Tally(count=0), level=FAILED.level,
        reason=f"规则“{rule.title}”（{rule.name}）运行出错（{what}），暂停判断，其他规则照常；请联系系统管理员。",
    )  # fmt: skip
