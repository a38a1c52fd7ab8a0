"""What a rule says, in Chinese, for people who never see the rulebook's file."""

from __future__ import annotations

from alerts.evaluate import length, number
from alerts.measured import CHECKS, MEASURED, METRICS
from alerts.rules import Rule

PARTS = {"topic": "领域", "county": "区县", "source": "渠道"}
KINDS = {
    "count": "数量", "spike": "突增", "spread": "多渠道", "phrase": "同一事项", "share": "负面占比",
    "urgent": "人身安全", "quiet": "渠道静默", "burst": "数量反常", "new_term": "新词", "new_event": "新事件",
    "blacklist": "重点词", "metric_aggregation": "系统指标", "schedule": "按时检查",
}  # fmt: skip
"""What people call each kind of rule."""
DAYS = {"every": "每天", "workdays": "工作日", "daysoff": "休息日"}
WORDS = 6


def condition(rule: Rule) -> str:
    """Return when a rule fires, in one Chinese sentence."""
    if rule.kind in MEASURED:
        return f"{_measured(rule)}{_more(rule)}。"
    by = "、".join(PARTS[part] for part in rule.key)
    each = f"按{by}分别计算，" if by else ""
    return f"{each}最近{length(rule.window)}{_what(rule)}{_more(rule)}。"


def _measured(rule: Rule) -> str:
    """Return what is measured, or must be done by when."""
    if rule.kind == "schedule":
        return f"{DAYS[rule.days]}{rule.by}检查：此前{length(rule.window)}内没有“{CHECKS[rule.check]}”"
    metric = METRICS[rule.metric]
    each = "按渠道分别计算，" if metric.by_source else ""
    return f"{each}{metric.title}超过{number(rule.max_threshold)}{metric.unit}"


def _what(rule: Rule) -> str:  # noqa: PLR0911 - one for each kind
    least, past = f"{rule.at_least}条", length(rule.usual_over) if rule.usual_over else ""
    times = f"{number(rule.times_usual)}倍"
    if rule.kind == "spike":
        return (
            f"不同留言达到{least}，且是之前{past}同样时长的{times}以上（同样时长不足{number(rule.usual_at_least)}条时不算）"
        )
    if rule.kind == "burst":
        return f"不同留言达到{least}，且与过去{past}自己的规律（时段、星期、节假日）相比反常程度达到{rule.score:g}"
    if rule.kind == "new_term":
        few = f"只有{rule.seen_most}条以下" if rule.seen_most else "没有人"
        return f"说到同一个新词的不同留言（转发、抄送的只算一条）达到{least}，而过去{past}{few}这样说"
    if rule.kind == "new_event":
        return f"说同一件事的不同留言（不分渠道和地区，转发、抄送的只算一条）达到{least}"
    if rule.kind == "blacklist":
        more = f"等{len(rule.words)}个" if rule.words[WORDS:] else ""
        return f"说到重点词（{'、'.join(rule.words[:WORDS])}{more}）的不同留言达到{least}"
    if rule.kind == "spread":
        return f"来自{rule.at_least}个以上渠道"
    if rule.kind == "share":
        return f"不同留言达到{least}，且负面占{rule.share:.0%}以上（只提示人工查看，不定级别）"
    if rule.kind == "urgent":
        return f"有{least}以上涉及人身安全"
    if rule.kind == "quiet":
        return f"没有收到任何留言，而前{past}同一时段一般有{least}以上"
    words = "用同样的词说同一件事的留言" if rule.kind == "phrase" else "不同留言"
    return f"{words}达到{least}" + (f"，且是过去{past}平时的{times}以上" if rule.times_usual else "")


def _more(rule: Rule) -> str:
    text = f"；低于报警线{length(rule.recover)}后解除"
    if rule.clear < 1:
        text += f"（报警后降到报警线的{rule.clear:.0%}以下才算低于）"
    if rule.hours or (rule.days != "every" and rule.kind != "schedule"):
        text += f"；只在{DAYS[rule.days]}{rule.hours}发出新预警"
    if rule.pending:
        text += f"；持续{length(rule.pending)}才通知"
    if rule.major is not None:
        text += f"；达到{rule.major.at_least}条、{rule.major.sources}个渠道以上提示为重大"
    return text
