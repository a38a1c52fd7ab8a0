"""The rulebook: rules are rows, strictly read; each has a reason, an example that fires and one that doesn't.

A rulebook is taken whole or not at all: one mistake refuses it, with its line, the rule's name and what is wrong.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from alerts.alert import Level, rank
from alerts.evaluate import tried
from alerts.measured import problem_of as measured_problem
from alerts.rule_bounds import hours_problem, inhibition_problem
from alerts.rules import CLEARS, DAY, DENOMINATOR, KINDS, MINUTE, PARTS, Days, Example, Kind, Raise, Rule
from alerts.watched_words import problem_of as words_problem
from streams.errors import Misconfigured

UNITS = {"m": MINUTE, "h": 60 * MINUTE, "d": DAY}


class Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule as it is written."""

    name: str
    title: str
    kind: Kind
    level: Level
    reason: str
    window: str
    fires: Example
    silent: Example
    step: str = "10m"
    recover: str = "2h"
    pending: str = ""
    clear: float = 1.0
    key: tuple[str, ...] = ()
    at_least: int = 1
    times_usual: float = 0.0
    usual_over: str = ""
    usual_at_least: float = 0.0
    share: float = 0.0
    score: float = 0.0
    owner: str = ""
    hours: str = ""
    days: Days = "every"
    inhibited_by: tuple[str, ...] = ()
    seen_most: int = 0
    words: tuple[str, ...] = ()
    metric: str = ""
    max_threshold: float = 0.0
    check: str = ""
    by: str = ""
    major: Raise | None = None


def span(text: str) -> int:
    """Return `10m`, `2h` or `14d` in ms. Raises Misconfigured."""
    found = re.fullmatch(r"(\d+)([mhd])", str(text))
    if not found or not int(found[1]):
        raise Misconfigured(f"a span must be like 10m, 2h or 14d, not {text!r}")
    return int(found[1]) * UNITS[found[2]]


def load_rulebook(text: str) -> list[Rule]:
    """Read a rulebook's YAML. Raises Misconfigured with the line, the rule's name and what is wrong with it."""
    try:
        data = yaml.safe_load(text)
        lines = _lines(text)
    except yaml.YAMLError as error:
        raise Misconfigured(f"rulebook: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict) or set(data) != {"rules"} or not isinstance(data["rules"], list) or not data["rules"]:
        raise Misconfigured("rulebook: it must have one list, `rules`, with at least one rule")
    rules = [_read(row, line) for row, line in zip(data["rules"], lines, strict=True)]
    names = [rule.name for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Misconfigured(f"rulebook: two rules are called {twice[0]}")
    if problem := inhibition_problem({rule.name: rule.inhibited_by for rule in rules}):
        raise Misconfigured(f"rulebook: {problem}")
    return rules


def _lines(text: str) -> list[int]:
    """Return the line on which each rule begins."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found: list[int] = []
    if isinstance(root, yaml.MappingNode):
        for _, value in root.value:
            if isinstance(value, yaml.SequenceNode):
                found = [node.start_mark.line + 1 for node in value.value]
    return found


def _read(row: Any, line: int) -> Rule:
    name = row.get("name", "") if isinstance(row, Mapping) else ""
    where = f"rulebook, line {line}" + (f", rule {name}" if name else "")
    if isinstance(row, Mapping):
        unknown = sorted(set(row) - set(Row.__struct_fields__))
        if unknown:
            near = difflib.get_close_matches(str(unknown[0]), Row.__struct_fields__, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise Misconfigured(f"{where}: unknown key {unknown[0]!r}{hint}")
        kind = row.get("kind")
        if isinstance(kind, str) and kind not in KINDS:
            near = difflib.get_close_matches(kind, KINDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(KINDS)}"
            raise Misconfigured(f"{where}: unknown kind {kind!r}; {hint}")
    try:
        read = msgspec.convert(row, Row)
        rule = Rule(
            name=read.name, title=read.title, kind=read.kind, level=read.level, reason=read.reason,
            key=read.key, window=span(read.window), step=span(read.step), recover=span(read.recover),
            pending=span(read.pending) if read.pending else 0, clear=read.clear,
            at_least=read.at_least, times_usual=read.times_usual,
            usual_over=span(read.usual_over) if read.usual_over else 0,
            usual_at_least=read.usual_at_least, share=read.share, score=read.score, owner=read.owner.strip(),
            hours=read.hours, days=read.days, inhibited_by=read.inhibited_by, seen_most=read.seen_most,
            metric=read.metric, max_threshold=read.max_threshold, check=read.check, by=read.by,
            words=tuple(word.strip() for word in read.words),
            major=read.major,
            fires=read.fires, silent=read.silent,
        )  # fmt: skip
    except (msgspec.ValidationError, Misconfigured) as error:
        raise Misconfigured(f"{where}: {error}") from error
    problem = _problem(rule) or _untrue(rule)
    if problem:
        raise Misconfigured(f"{where}: {problem}")
    return rule


def _untrue(rule: Rule) -> str:
    """Say which of a rule's own examples does not come out as it says, or nothing."""
    if tried(rule, rule.fires) is None:
        return "its example that should fire does not"
    return "its example that should be silent fires" if tried(rule, rule.silent) else ""


def _problem(rule: Rule) -> str:
    """Say what is wrong with a rule whose types are right, or nothing."""
    checks = {
        "`name` must be small letters, digits and _": not re.fullmatch(r"[a-z][a-z0-9_]*", rule.name),
        f"`key` may hold {', '.join(PARTS)}": bool(set(rule.key) - set(PARTS)),
        "`window` must be a multiple of `step`": bool(rule.window % rule.step),
        "`clear` is a part of the bound, above 0 and at most 1": not 0 < rule.clear <= 1,
        f"only {', '.join(CLEARS)} have `clear`": rule.clear != 1 and rule.kind not in CLEARS,
        "what is urgent is told at once: it has no `pending`": rule.kind == "urgent" and bool(rule.pending),
        "`at_least` must be 1 or more": rule.at_least < 1,
        "`times_usual` needs `usual_over`": bool(rule.times_usual) and not rule.usual_over,
        "`usual_over` must be at least three windows": rule.kind != "spike" and 0 < rule.usual_over < 3 * rule.window,
        "a spike needs `times_usual` above 1, `usual_at_least` above 0, and `usual_over` of a window or more": (
            rule.kind == "spike"
            and not (rule.times_usual > 1 and rule.usual_at_least > 0 and rule.usual_over >= rule.window)
        ),
        "only a spike has `usual_at_least`": rule.kind != "spike" and bool(rule.usual_at_least),
        "a spread counts sources: its key may not hold `source`, and `at_least` must be 2 or more": (
            rule.kind == "spread" and ("source" in rule.key or rule.at_least < 2)
        ),
        "a spread compares with no past: it has no `times_usual`": rule.kind == "spread" and bool(rule.times_usual),
        f"a share needs `share` and `at_least` of {DENOMINATOR} or more": rule.kind == "share"
        and not (0 < rule.share <= 1 and rule.at_least >= DENOMINATOR),
        "a share may only be `general`: tone grades nothing": rule.kind == "share"
        and (rank(rule.level) > 0 or rule.major is not None),
        "a burst needs `score` above 0 and below 1, and `usual_over` of 7 whole windows or more": rule.kind == "burst"
        and not (0 < rule.score < 1 and rule.usual_over >= 7 * rule.window and not rule.usual_over % rule.step),
        "a burst compares by its score: it has no `times_usual`": rule.kind == "burst" and bool(rule.times_usual),
        "`owner` may have 40 characters": len(rule.owner) > 40,
        "a new_term needs `usual_over` of 14 days or more, `at_least` of 2 or more, and a `key`": (
            rule.kind == "new_term" and not (rule.usual_over >= 14 * DAY and rule.at_least >= 2 and rule.key)
        ),
        "a new_event groups by matter: `at_least` is 2 or more, `window` a day or more, and it has no `key`": (
            rule.kind == "new_event" and not (rule.at_least >= 2 and rule.window >= DAY and not rule.key)
        ),
        "a new_event compares with no past: it has no `usual_over`": rule.kind == "new_event" and bool(rule.usual_over),
        "only a new_term has `seen_most`, 0 or more": rule.seen_most < 0
        or (rule.kind != "new_term" and bool(rule.seen_most)),
        "a new_term and a blacklist compare by words: they have no `times_usual`": (
            rule.kind in {"new_term", "blacklist"} and bool(rule.times_usual)
        ),
        "a blacklist needs the words it watches for, `words`, and only it has them": (
            (rule.kind == "blacklist") != bool(rule.words)
        ),
        "only a burst has `score`": rule.kind != "burst" and bool(rule.score),
        "only a share has `share`": rule.kind != "share" and bool(rule.share),
        "a phrase rule needs `usual_over` and `times_usual`": rule.kind == "phrase"
        and not (rule.usual_over and rule.times_usual),
        "a quiet rule needs `usual_over` of 3 whole days or more, and its key is [source]": rule.kind == "quiet"
        and not (rule.usual_over >= 3 * DAY and not rule.usual_over % DAY and rule.key == ("source",)),
        "a phrase rule counts by phrases: it has no `key`": rule.kind == "phrase" and bool(rule.key),
        "`major` must ask for more than `at_least`": rule.major is not None and rule.major.at_least <= rule.at_least,
    }
    first = next((text for text, wrong in checks.items() if wrong), "")
    return first or hours_problem(rule.hours) or measured_problem(rule) or words_problem(rule.words)
