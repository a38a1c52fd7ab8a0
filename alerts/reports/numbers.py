"""How counts of what people wrote may be shown: no cell from 1 to 4, and none that a total would give away.

The rule is the safeguard S22 of notes on the field: a count of 1 to 4 could point at one person.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TypeVar

LEAST = 5
WAYS = LEAST - 1
"""So many values a small cell must be able to have beside its total, where others are hidden for its sake."""
FEW = f"<{LEAST}"
HIDDEN = "未列"
"""A count that is not shown, because total and neighbours would give a smaller one away."""

Key = TypeVar("Key", bound=Hashable)


def small(count: int) -> bool:
    """Return whether a count may not be shown."""
    return 0 < count < LEAST


def shown(count: int) -> str:
    """Return a count as it may be shown by itself."""
    return FEW if small(count) else str(count)


def in_words(count: int | str) -> str:
    """Return a count as it may stand in a sentence: `不足5条`, `12条`, `若干条`."""
    if count == FEW or (isinstance(count, int) and small(count)):
        return f"不足{LEAST}条"
    return "若干条" if isinstance(count, str) else f"{count}条"


def protect(counts: Mapping[Key, int]) -> dict[Key, int | str]:
    """Return cells of one total as they may be shown beside that total.

    Cells of 1 to 4 become `<5`. Where their sum gives them away (a single one, or all of them 1, or all 4), other cells
    become `未列` too, so that each small one may be any of 1 to 4; where the others don't suffice for that, the small
    ones themselves become `未列`.
    """
    few = [key for key, count in counts.items() if small(count)]
    out: dict[Key, int | str] = {key: FEW if key in few else count for key, count in counts.items()}
    if not few or not _given_away(counts, few) or sum(counts.values()) < LEAST:
        return out
    others = [key for _, _, key in sorted((count, str(key), key) for key, count in counts.items() if count >= LEAST)]
    hide: list[Key] = []
    # a reader knows that a hidden cell is 5 or more here: what is above that is all that small ones can differ by
    spare = sum(counts[key] - 1 for key in few)
    for key in [key for key in others if counts[key] >= LEAST + WAYS - 1][:1] or others:
        hide.append(key)
        spare += counts[key] - LEAST
        if spare >= WAYS - 1:
            break
    for key in hide if others and spare >= WAYS - 1 else [*few, *hide]:
        out[key] = HIDDEN
    return out


def _given_away(counts: Mapping[Key, int], few: list[Key]) -> bool:
    """Return whether the sum of the small cells leaves only one way to fill them."""
    together = sum(counts[key] for key in few)
    return len(few) == 1 or together in {len(few), len(few) * (LEAST - 1)}


def at_least(count: int) -> str:
    """Return a count in steps of 5, where an exact one beside other tables would give a rest of 1 to 4 away."""
    if count < LEAST:
        return FEW if count > 0 else "无"
    return f"{count // LEAST * LEAST}条以上"


def change(today: int | str, before: int | str) -> str:
    """Return the difference to the day before in words, where both may be shown."""
    if isinstance(today, str) or isinstance(before, str):
        return "—"
    if today == before:
        return "持平"
    return f"{today - before:+d}"


def change_words(today: int, before: int) -> str:
    """Return a sentence part that compares a total with the day before; a rate only where both have 30 or more."""
    if small(today) or small(before):
        return "数量少，不与前一日比较"
    if today == before:
        return "与前一日持平"
    word = "增加" if today > before else "减少"
    text = f"较前一日{word}{abs(today - before)}"
    # below 30 a percentage says more than the counts can bear
    if min(today, before) >= 30:
        text += f"（{(today - before) / before:+.0%}）"
    return text


def share(part: int, whole: int) -> str:
    """Return a part as a share of a group of at least 5, so that no count from 1 to 4 can be read from it."""
    if whole < LEAST:
        return "—"
    if small(part):
        return f"<{math.ceil(100 * LEAST / whole)}%" if whole > LEAST else "—"
    if small(whole - part):
        return f">{math.floor(100 * (whole - LEAST) / whole)}%" if whole > LEAST else "—"
    return f"{part / whole:.0%}"


def span_words(milliseconds: int) -> str:
    """Return a span of time in Chinese words, whole minutes."""
    minutes = max(0, round(milliseconds / 60_000))
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = [f"{days}天" if days else "", f"{hours}小时" if hours else "", f"{minutes}分钟" if minutes else ""]
    return "".join(parts) or "不足1分钟"
