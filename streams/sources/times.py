"""Times as sources write them, to milliseconds since 1970 UTC. A time without a zone is Beijing time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from streams.clock import BEIJING, ms
from streams.errors import Rejected

PLAIN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T\s]*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})?(?:\.(\d{1,6})\d*)?秒?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
WEIBO = "%a %b %d %H:%M:%S %z %Y"
SECONDS_END = 100_000_000_000
"""A bare number below it is seconds (to the year 5138), above it milliseconds (from 1973 on)."""


def parse_time(value: object) -> int:
    """Return a time as milliseconds UTC: a date with or without a time, ISO, Weibo's form, RFC 2822, or a number.

    A number is seconds or milliseconds since 1970. Raises Rejected (bad_time).
    """
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise Rejected("bad_time", "not a time")
        if isinstance(value, int | float):
            return _number(float(value))
        text = value.strip()
        if re.fullmatch(r"\d{9,14}(\.\d+)?", text):
            return _number(float(text))
        found = PLAIN.fullmatch(text)
        if found:
            return _plain(found)
        try:
            return ms(datetime.strptime(text, WEIBO))  # noqa: DTZ007 - the form has a zone
        except ValueError:
            return _dated(parsedate_to_datetime(text))
    except (ValueError, OverflowError, OSError, TypeError, IndexError) as error:
        raise Rejected("bad_time", "not a time") from error


def _number(value: float) -> int:
    return round(value * 1000) if abs(value) < SECONDS_END else round(value)


def _plain(found: re.Match[str]) -> int:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micro = int((found[7] or "").ljust(6, "0") or 0)
    when = datetime(year, month, day, hour, minute, second, micro, tzinfo=BEIJING)
    zone = found[8]
    if zone == "Z":
        when = when.replace(tzinfo=timezone.utc)  # noqa: UP017 - beside a zone of hours it reads as what it is
    elif zone:
        sign = -1 if zone[0] == "-" else 1
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        when = when.replace(tzinfo=timezone(sign * timedelta(hours=hours, minutes=minutes)))
    return ms(when)


def _dated(when: datetime) -> int:
    return ms(when if when.tzinfo else when.replace(tzinfo=BEIJING))
