"""Days on which no channel brought anything: a month's figures that rest on a single day say so on page one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def blank_days(sources: Mapping[str, Sequence[int]]) -> tuple[int, int]:
    """Return how many days no source has a message of, and how many days there are."""
    days = list(zip(*sources.values(), strict=True))
    return sum(not any(day) for day in days), len(days)


def blank_words(sources: Mapping[str, Sequence[int]]) -> str:
    """Return a sentence about these days; nothing where there are none."""
    blank, whole = blank_days(sources)
    return f"{whole}天中有{blank}天没有任何渠道的数据，请核对接入。" if blank else ""
