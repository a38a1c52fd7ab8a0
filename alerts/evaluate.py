"""Rules over tallies: plain functions of values. A finding says what fired, against which bound, and why in Chinese."""

from __future__ import annotations

import math

from msgspec import Struct

from alerts.alert import Key, Level
from alerts.burst_rule import of_example
from alerts.measured import MEASURED, said
from alerts.rules import Example, Rule
from analyzers.places import county_name
from streams.records import SOURCES


class Tally(Struct, frozen=True, kw_only=True):
    """Distinct opinions of a key in a window: how many, how many negative or dangerous, by source, by watched word."""

    count: int
    negative: int = 0
    danger: int = 0
    sources: dict[str, int] = {}
    words: dict[str, int] = {}


class Finding(Struct, frozen=True, kw_only=True):
    """A rule's judgement on one key: it fires, with this value against this bound."""

    rule: Rule
    key: Key
    at: int
    window_from: int
    value: float
    bound: float
    usual: float
    tally: Tally
    level: Level
    reason: str


WORDS_SAID = 4


def bucket(at: int, step: int) -> int:
    """Return the start of the step that holds a moment, ms."""
    return at - at % step


def window_of(rule: Rule, at: int) -> tuple[int, int]:
    """Return a rule's window at a moment: whole steps, the last one being that which holds the moment."""
    end = bucket(at - 1, rule.step) + rule.step
    return end - rule.window, end


def evaluate(  # noqa: C901, PLR0917 - a branch for each kind; rows of a table test
    rule: Rule, key: Key, tally: Tally, usual: float, at: int, stands: bool = False, score: float = 0.0
) -> Finding | None:
    """Judge one key of a rule at a moment (ms UTC).

    usual: posts expected in a window by the past, 0 if unknown; stands: an alert is open, so the bound to clear holds;
    score: what the burst detector says of the window; or what was measured, of a check 1 for what is not done.
    """
    part = rule.clear if stands else 1.0
    start, _ = window_of(rule, at)
    value, bound = float(tally.count), float(rule.at_least)
    if rule.kind in {"count", "phrase"}:
        bound = max(bound, rule.times_usual * usual)
        fires = tally.count >= bound * part
    elif rule.kind == "spike":
        bound = max(bound, rule.times_usual * usual)
        fires = usual >= rule.usual_at_least and tally.count >= bound * part
    elif rule.kind == "spread":
        value = float(len(tally.sources))
        fires = value >= bound * part
    elif rule.kind == "share":
        value, bound = (tally.negative / tally.count if tally.count else 0.0), rule.share
        fires = tally.count >= rule.at_least and value >= bound * part
    elif rule.kind == "burst":
        enough = tally.count >= bound * part and tally.count > usual
        fires = enough and (stands or score >= rule.score)
    elif rule.kind == "new_term":
        fires = tally.count >= bound and (stands or usual <= rule.seen_most)
    elif rule.kind in {"blacklist", "new_event"}:
        fires = tally.count >= bound * part
    elif rule.kind in MEASURED:
        value, bound = score, rule.max_threshold if rule.metric else 1.0
        fires = score > bound * part if rule.metric else bool(score)
    elif rule.kind == "urgent":
        value = float(tally.danger)
        fires = tally.danger >= rule.at_least
    else:
        fires = tally.count == 0 and usual >= rule.at_least
    if not fires:
        return None
    level: Level = rule.level
    if rule.major is not None and tally.count >= rule.major.at_least and len(tally.sources) >= rule.major.sources:
        level = "major"
    return Finding(
        rule=rule, key=key, at=at, window_from=start, value=value, bound=bound, usual=usual, tally=tally, level=level,
        reason=said(rule, value) if rule.kind in MEASURED else reason(rule, tally, usual, level),
    )  # fmt: skip


def tried(rule: Rule, example: Example) -> Finding | None:
    """Judge a rule's own example."""
    names = list(SOURCES)[: max(1, example.sources)]
    words = [word for word in rule.words if word in example.text]
    tally = Tally(
        count=example.count if words or not rule.words else 0,
        negative=example.negative,
        danger=example.danger,
        sources=dict.fromkeys(names, 1) if example.count else {},
        words=dict.fromkeys(words, example.count),
    )
    score = of_example(rule, example) if rule.kind == "burst" else example.value
    if rule.kind == "schedule":
        score = float(not example.done and example.time >= rule.by)
    return evaluate(rule, Key(), tally, example.usual, rule.window, score=score)


def length(span: int) -> str:
    """Return a span in Chinese, in its largest whole unit."""
    for unit, name in ((86_400_000, "天"), (3_600_000, "小时"), (60_000, "分钟")):
        if span >= unit and not span % unit:
            return f"{span // unit}{name}"
    return f"{span // 1000}秒"


def number(value: float) -> str:
    """Return a figure without needless digits."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def reason(rule: Rule, tally: Tally, usual: float, level: str) -> str:  # noqa: C901, PLR0911 - one for each kind
    """Say in one Chinese sentence what fired and compared with what."""
    over = length(rule.window)
    if rule.kind == "quiet":
        return f"最近{over}没有收到任何留言，前几天同一时段一般有{number(usual)}条以上。"
    if rule.kind == "share":
        share = tally.negative / tally.count
        part = f"最近{over}共{tally.count}条，其中负面占{share:.0%}，达到{rule.share:.0%}的提示线"
        return f"{part}（至少{rule.at_least}条才计算），请人工查看。"
    if rule.kind == "urgent":
        return f"最近{over}有{tally.danger}条涉及人身安全，请立即核实；涉及生命危险请同时联系110、119、120。"
    if rule.kind == "spread":
        many = len(tally.sources)
        return f"最近{over}共{tally.count}条不同留言，来自{many}个渠道，达到{rule.at_least}个渠道的报警线。"
    text = f"最近{over}共{tally.count}条不同留言"
    if rule.kind in {"new_term", "new_event", "blacklist"}:
        return text + _by_words(rule, tally, usual)
    if rule.kind == "burst":
        known = f"按过去{length(rule.usual_over)}的规律（时段、星期、节假日）"
        much = f"一般不超过{number(math.ceil(usual))}条" if usual < 1 else f"一般约{number(usual)}条"
        return f"{text}，{known}{much}，明显反常；报警线：至少{rule.at_least}条，且反常程度达到{rule.score:g}。"
    if rule.usual_over:
        if usual > 0:
            before = f"之前{length(rule.usual_over)}内" if rule.kind == "spike" else "平时"
            text += f"，{before}同样时长约{number(usual)}条，是{before[:2]}的{number(tally.count / usual)}倍"
        else:
            text += f"，此前{length(rule.usual_over)}没有同类留言"
    text += f"；报警线{number(max(rule.at_least, rule.times_usual * usual))}条"
    if len(tally.sources) > 1:
        text += f"；来自{len(tally.sources)}个渠道"
    if level == "major" and rule.major is not None:
        text += f"；已达到重大提示线（{rule.major.at_least}条、{rule.major.sources}个渠道以上）"
    return text + "。"


def _by_words(rule: Rule, tally: Tally, usual: float) -> str:
    if rule.kind == "new_term":
        before = f"只有{number(usual)}条" if usual else "没有人"
        line = f"此前{length(rule.usual_over)}{before}这样说；报警线{rule.at_least}条。"
        return f"说到同一个新词（转发、抄送的只算一条），{line}"
    if rule.kind == "new_event":
        many = f"，来自{len(tally.sources)}个渠道" if len(tally.sources) > 1 else ""
        return f"说的是同一件事（转发、抄送的只算一条）{many}；报警线{rule.at_least}条。"
    words = sorted(tally.words.items(), key=lambda one: (-one[1], one[0]))
    which = "、".join(f"“{word}”{count}条" for word, count in words[:WORDS_SAID])
    return f"说到重点词：{which}{'等' if words[WORDS_SAID:] else ''}；报警线{rule.at_least}条，请人工核实。"


def title(rule: Rule, key: Key) -> str:
    """Return what an alert is called: where, about what, and what the rule says."""
    where = "·".join(
        part
        for part in (
            county_name(key.county) if key.county else "",
            key.topic,
            SOURCES.get(key.source, key.source),
            f"“{key.phrase}”" if key.phrase else "",
        )
        if part
    )
    return f"{where} {rule.title}" if where else rule.title
