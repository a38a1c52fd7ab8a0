"""The rulebook: rules are rows, strictly read; each has a reason, an example that fires and one that doesn't."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from alerts.alert import Level, rank
from streams.errors import Misconfigured

Kind = Literal["count", "phrase", "share", "urgent", "quiet"]
KINDS: dict[str, str] = {
    "count": "distinct posts of a key in the window, at least so many and so many times the usual",
    "phrase": "the same on the words of one specific matter, found by itself",
    "share": "share of negative posts of a key, with a minimum denominator; only ever asks a person to look",
    "urgent": "posts that speak of danger to life or safety, or of an urgent need",
    "quiet": "a source that usually sends posts sent none in the window",
}
PARTS = ("topic", "county", "source")
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
UNITS = {"m": MINUTE, "h": 60 * MINUTE, "d": DAY}
DENOMINATOR = 20
"""A share over fewer posts says nothing; no rule may go below."""


class Raise(Struct, frozen=True, forbid_unknown_fields=True):
    """When the level rises to 重大: so many distinct posts, over so many sources. Tone has no part in it."""

    at_least: int
    sources: int = 1


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    """A situation, as numbers, with which a rule can be tried: see `alerts.evaluate`."""

    count: int
    usual: float = 0.0
    negative: int = 0
    danger: int = 0
    sources: int = 1


class Rule(Struct, frozen=True, kw_only=True):
    """One row of the rulebook; spans are ms. `usual_over` 0: no comparison with the past."""

    name: str
    title: str
    kind: Kind
    level: Level
    reason: str
    key: tuple[str, ...] = ()
    window: int
    step: int
    recover: int
    at_least: int = 1
    times_usual: float = 0.0
    usual_over: int = 0
    share: float = 0.0
    major: Raise | None = None
    fires: Example
    silent: Example


class _Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
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
    key: tuple[str, ...] = ()
    at_least: int = 1
    times_usual: float = 0.0
    usual_over: str = ""
    share: float = 0.0
    major: Raise | None = None


def span(text: str) -> int:
    """Return `10m`, `2h` or `14d` in ms. Raises Misconfigured."""
    found = re.fullmatch(r"(\d+)([mhd])", str(text))
    if not found or not int(found[1]):
        raise Misconfigured(f"a span must be like 10m, 2h or 14d, not {text!r}")
    return int(found[1]) * UNITS[found[2]]


def load_rulebook(text: str) -> list[Rule]:
    """Read a rulebook's YAML. Raises Misconfigured with the rule's name and what is wrong with it."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Misconfigured(f"rulebook: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict) or set(data) != {"rules"} or not isinstance(data["rules"], list) or not data["rules"]:
        raise Misconfigured("rulebook: it must have one list, `rules`, with at least one rule")
    rules = [_read(row, number) for number, row in enumerate(data["rules"], start=1)]
    names = [rule.name for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Misconfigured(f"rulebook: two rules are called {twice[0]}")
    return rules


def _read(row: Any, number: int) -> Rule:
    where = f"rulebook, rule {row.get('name', number) if isinstance(row, Mapping) else number}"
    if isinstance(row, Mapping):
        unknown = sorted(set(row) - set(_Row.__struct_fields__))
        if unknown:
            near = difflib.get_close_matches(str(unknown[0]), _Row.__struct_fields__, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise Misconfigured(f"{where}: unknown key {unknown[0]!r}{hint}")
    try:
        read = msgspec.convert(row, _Row)
        rule = Rule(
            name=read.name, title=read.title, kind=read.kind, level=read.level, reason=read.reason,
            key=read.key, window=span(read.window), step=span(read.step), recover=span(read.recover),
            at_least=read.at_least, times_usual=read.times_usual,
            usual_over=span(read.usual_over) if read.usual_over else 0,
            share=read.share, major=read.major, fires=read.fires, silent=read.silent,
        )  # fmt: skip
    except (msgspec.ValidationError, Misconfigured) as error:
        raise Misconfigured(f"{where}: {error}") from error
    problem = _problem(rule)
    if problem:
        raise Misconfigured(f"{where}: {problem}")
    return rule


def _problem(rule: Rule) -> str:
    """Say what is wrong with a rule whose types are right, or nothing."""
    checks = {
        "`name` must be small letters, digits and _": not re.fullmatch(r"[a-z][a-z0-9_]*", rule.name),
        f"`key` may hold {', '.join(PARTS)}": bool(set(rule.key) - set(PARTS)),
        "`window` must be a multiple of `step`": bool(rule.window % rule.step),
        "`at_least` must be 1 or more": rule.at_least < 1,
        "`times_usual` needs `usual_over`": bool(rule.times_usual) and not rule.usual_over,
        "`usual_over` must be at least three windows": 0 < rule.usual_over < 3 * rule.window,
        f"a share needs `share` and `at_least` of {DENOMINATOR} or more": rule.kind == "share"
        and not (0 < rule.share <= 1 and rule.at_least >= DENOMINATOR),
        "a share may only be `general`: tone grades nothing": rule.kind == "share"
        and (rank(rule.level) > 0 or rule.major is not None),
        "only a share has `share`": rule.kind != "share" and bool(rule.share),
        "a phrase rule needs `usual_over` and `times_usual`": rule.kind == "phrase"
        and not (rule.usual_over and rule.times_usual),
        "a quiet rule needs `usual_over` of 3 whole days or more, and its key is [source]": rule.kind == "quiet"
        and not (rule.usual_over >= 3 * DAY and not rule.usual_over % DAY and rule.key == ("source",)),
        "a phrase rule counts by phrases: it has no `key`": rule.kind == "phrase" and bool(rule.key),
        "`major` must ask for more than `at_least`": rule.major is not None and rule.major.at_least <= rule.at_least,
    }
    return next((text for text, wrong in checks.items() if wrong), "")
