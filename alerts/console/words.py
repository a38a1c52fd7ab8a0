"""How the console says things: Beijing time with how long ago, time left, counts, and marked search words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime

from markupsafe import Markup, escape

from streams.clock import BEIJING, beijing, ms

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def span(length: int) -> str:
    """Return a length of time (ms, not negative) in two units at most, as 3小时20分."""
    if length < MINUTE:
        return f"{length // 1000}秒"
    if length < HOUR:
        return f"{length // MINUTE}分钟"
    if length < DAY:
        minutes = length % HOUR // MINUTE
        return f"{length // HOUR}小时" + (f"{minutes}分" if minutes else "")
    hours = length % DAY // HOUR
    return f"{length // DAY}天" + (f"{hours}小时" if hours else "")


def ago(at: int, now: int) -> str:
    """Return how long ago a time was (both ms UTC), as 5分钟前; or how far ahead it lies, as 2小时后."""
    gap = now - at
    if abs(gap) < MINUTE:
        return "刚刚"
    return f"{_coarse(gap)}前" if gap > 0 else f"{_coarse(-gap)}后"


def _coarse(length: int) -> str:
    if length < HOUR:
        return f"{length // MINUTE}分钟"
    if length < DAY:
        return f"{length // HOUR}小时"
    return f"{length // DAY}天"


def left(due: int, now: int) -> str:
    """Return what is left until a limit, as 还剩 3小时20分, or by how much it has passed, as 已超 20分钟."""
    return f"还剩 {span(due - now)}" if due >= now else f"已超 {span(now - due)}"


def pressure(start: int, due: int, now: int) -> str:
    """Return how pressing a limit is: over, soon (a fifth of its time or under an hour is left) or fine."""
    if now > due:
        return "over"
    return "soon" if due - now < max((due - start) // 5, HOUR) else "fine"


def stamp(at: int, now: int) -> str:
    """Return a time (ms UTC) in Beijing time, as short as the distance allows: 14:05, 11-23 14:05, 2025-11-23 14:05."""
    when, today = beijing(at), beijing(now)
    if when.date() == today.date():
        return f"{when:%H:%M}"
    return f"{when:%m-%d %H:%M}" if when.year == today.year else f"{when:%Y-%m-%d %H:%M}"


def moment(at: int, now: int) -> Markup:
    """Return a time as HTML: Beijing time, how long ago beside it, and the full time on pointing at it."""
    if not at:
        return Markup('<span class="none">—</span>')
    when = beijing(at)
    return Markup('<time datetime="{}" title="{} 北京时间">{} <span class="ago">{}</span></time>').format(
        when.isoformat(timespec="seconds"), f"{when:%Y-%m-%d %H:%M:%S}", stamp(at, now), ago(at, now)
    )


def number(value: float) -> str:
    """Return a count with thousands marks, or a share with at most two decimals."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0")


def percent(part: float, whole: float) -> str:
    """Return a share as whole percent; a dash where there is nothing to share."""
    return f"{part / whole:.0%}" if whole else "—"


def plain(char: str) -> str:
    """Return a character as it is compared in a search when nothing better is given: NFKC, lower case."""
    return unicodedata.normalize("NFKC", char).lower()


def marked(text: str, phrases: Sequence[str], same: Callable[[str], str] = plain) -> Markup:
    """Return text, escaped, with each occurrence of a phrase in `<mark>`; compared by `same`, char by char."""
    folded: list[str] = []
    origin: list[int] = []
    for place, char in enumerate(text):
        for part in same(char):
            folded.append(part)
            origin.append(place)
    whole = "".join(folded)
    hit = [False] * len(text)
    for phrase in phrases:
        needle = "".join(same(char) for char in phrase)
        start = whole.find(needle) if needle else -1
        while start >= 0:
            for place in range(origin[start], origin[start + len(needle) - 1] + 1):
                hit[place] = True
            start = whole.find(needle, start + len(needle))
    out: list[Markup] = []
    start = 0
    while start < len(text):
        end = start
        while end < len(text) and hit[end] == hit[start]:
            end += 1
        part = escape(text[start:end])
        out.append(Markup("<mark>{}</mark>").format(part) if hit[start] else part)
        start = end
    return Markup().join(out)


def read_time(text: str) -> int | None:
    """Read a form's date or `datetime-local` as Beijing time; return ms UTC, or nothing if it can't be read."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return ms(when if when.tzinfo else when.replace(tzinfo=BEIJING))


def for_field(at: int) -> str:
    """Return a time as a `datetime-local` field wants it, in Beijing time."""
    return f"{beijing(at):%Y-%m-%dT%H:%M}" if at else ""
