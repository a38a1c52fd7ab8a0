"""Deadlines that a text names: what it says, and which moment that is by the time of the post.

Information only, for who reads the text: 三天内答复 is how somebody speaks; it grades, times and routes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from re import Match

from msgspec import Struct

TRIGGER = re.compile(r"内|前|底|末|截止|截至|到期|为止|期限|今天|明天|今晚|今日|明日|小时")
"""A text without any of these names no deadline."""
_N = r"(\d{1,3}|[一二两三四五六七八九十半]{1,3})"
_DATE = r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]"
_BY = r"(?:之前|以前|前|截止|截至|到期|为止)"
_WITHIN = re.compile(rf"{_N}个?(小时|工作日|天|日|周|星期|礼拜|月|年)(?:之内|以内|内)")
_BEFORE = re.compile(rf"{_DATE}(?:(\d{{1,2}})[时点])?{_BY}")
_UNTIL = re.compile(rf"(?:截止(?:日期|时间)?[是为到至于]?|截至|最后期限[是为到]?|期限[是为到]){_DATE}")
_DAY_BEFORE = re.compile(rf"(?<!\d)(?<!月)(\d{{1,2}})[日号]{_BY}")
_END = re.compile(r"(本周|这周|本月|这个月|月|今年|本年|年|下月|下个月|下周)(?:底|末|内|之内)(?:之?前)?")
_SOON = re.compile(r"(今天|今日|今晚|明天|明日|后天)(?:之内|以内|内|之前|以前|前|下班前|中午前)")
_FEAST = re.compile(r"(春节|过年|年关|国庆|中秋|端午|五一|清明|元旦|高考|开学|入冬|供暖|汛期)(?:之前|以前|前)")
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_UNITS = {"小时": _HOUR, "天": _DAY, "日": _DAY, "周": 7 * _DAY, "星期": 7 * _DAY, "礼拜": 7 * _DAY}
_PAST = re.compile(r"(?:在|已在|曾在|过去|最近|近|这|头|前)$")
_DONE = re.compile(r"^.{0,6}(?:就|已经?|都|才|只|多次|发生|停了|没有|没|一直|连续|先后)")
MOST = 5


class Deadline(Struct, frozen=True, kw_only=True):
    """A deadline that a text names. start, end: where in the normal text; by: the moment, None if it can't be told."""

    text: str
    start: int
    end: int
    by: datetime | None


def named(normal: str, posted_at: datetime | None = None) -> tuple[Deadline, ...]:
    """Return the deadlines of a normal text, in order; `by` is in the zone of `posted_at` (aware, the writer's zone).

    A day ends at midnight; without a year the next such date is meant. Working days and feasts have no moment: the
    calendar of the year decides them. Raises nothing.
    """
    if not TRIGGER.search(normal):
        return ()
    found: list[Deadline] = []
    taken = 0
    hits = [(match.start(), -match.end(), rule, match) for rule, _ in _RULES for match in rule.finditer(normal)]
    moments = dict(_RULES)
    for start, _, rule, match in sorted(hits, key=lambda hit: hit[:2]):
        if start < taken:
            continue
        taken = match.end()
        if rule is _WITHIN and _told(normal, match):
            continue
        by = None if posted_at is None else _safely(moments[rule], match, posted_at)
        found.append(Deadline(text=match[0], start=start, end=match.end(), by=by))
    return tuple(found[:MOST])


def _told(normal: str, match: Match[str]) -> bool:
    """Say whether a span of time is told of, not set (最近三天内停水两次)."""
    before = normal[max(0, match.start() - 2) : match.start()]
    return _PAST.search(before) is not None or _DONE.match(normal[match.end() : match.end() + 10]) is not None


def _safely(
    rule: Callable[[Match[str], datetime], datetime | None], match: Match[str], at: datetime
) -> datetime | None:
    try:
        return rule(match, at)
    except (ValueError, OverflowError):  # 2月30日, 三百年内
        return None


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _number(text: str) -> float:
    if text.isdigit():
        return int(text)
    if text == "半":
        return 0.5
    tens, mark, ones = text.partition("十")
    if mark:
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    return _DIGITS[text] if text in _DIGITS else float("nan")


def _months(at: datetime, months: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    for back in range(4):
        try:
            return at.replace(year=year, month=month + 1, day=at.day - back)
        except ValueError:
            continue
    raise ValueError(months)


def _within(match: Match[str], at: datetime) -> datetime | None:
    count, unit = _number(match[1]), match[2]
    if unit == "工作日":
        return None
    if unit in _UNITS:
        return at + count * _UNITS[unit]
    months = count * (12 if unit == "年" else 1)
    return at + 15 * _DAY if months == 0.5 else _months(at, int(months))


def _before(match: Match[str], at: datetime) -> datetime:
    year, month, day = match[1], int(match[2]), int(match[3])
    hour = match[4] if match.re is _BEFORE else None
    found = _midnight(at).replace(year=int(year) if year else at.year, month=month, day=day)
    if not year and found.date() < at.date():
        found = found.replace(year=at.year + 1)
    return found + (_DAY if hour is None else int(hour) * _HOUR)


def _day_before(match: Match[str], at: datetime) -> datetime:
    found = _midnight(at).replace(day=int(match[1]))
    return (found if found.date() >= at.date() else _months(found, 1)) + _DAY


def _end(match: Match[str], at: datetime) -> datetime:
    word, today = match[1], _midnight(at)
    if word in {"本周", "这周", "下周"}:
        return today + (7 - today.weekday() + (7 if word == "下周" else 0)) * _DAY
    if "年" in word:
        return today.replace(year=at.year + 1, month=1, day=1)
    return _months(today.replace(day=1), 2 if word.startswith("下") else 1)


def _soon(match: Match[str], at: datetime) -> datetime:
    days = {"明": 1, "后": 2}.get(match[1][0], 0)
    return _midnight(at) + (days + 1) * _DAY


def _unknown(_match: Match[str], _at: datetime) -> datetime | None:
    return None


_RULES: tuple[tuple[re.Pattern[str], Callable[[Match[str], datetime], datetime | None]], ...] = (
    (_WITHIN, _within),
    (_BEFORE, _before),
    (_UNTIL, _before),
    (_DAY_BEFORE, _day_before),
    (_END, _end),
    (_SOON, _soon),
    (_FEAST, _unknown),
)
