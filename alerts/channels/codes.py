"""What a platform's answer code means for a notice: one table for each platform, read by every channel that asks it.

They answer HTTP 200 to everything, and only the code in the body says what became of the message. A code that is not in
the table is final: trying again what nobody understands only uses up the rate. Source: the platforms' own pages of
return codes (企业微信 全局错误码, 钉钉 自定义机器人, 飞书 自定义机器人).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import httpx

from alerts.channels.base import Busy, NoReceiver
from alerts.channels.web import Unanswered
from streams.errors import HuiyingError, Refused, Unavailable


class Fate(StrEnum):
    """What an answer means; its value is how a person reads it."""

    DELIVERED = "delivered"
    LATER = "busy, trying again"
    OVER_RATE = "over its rate"
    TOKEN = "the access token has run out"  # noqa: S105 - a word, no secret
    WRONG_KEY = "wrong key, sign or address, or not allowed"
    TOO_LONG = "the text is too long"
    NO_RECEIVER = "no such receiver"
    GIVE_UP = "refused"


WECOM: Mapping[int, Fate] = {
    0: Fate.DELIVERED,
    -1: Fate.LATER,
    45033: Fate.LATER,  # too many at once
    45009: Fate.OVER_RATE,
    40014: Fate.TOKEN, 42001: Fate.TOKEN, 41001: Fate.TOKEN,
    40001: Fate.WRONG_KEY, 40013: Fate.WRONG_KEY, 40056: Fate.WRONG_KEY, 40082: Fate.WRONG_KEY,
    41004: Fate.WRONG_KEY, 48002: Fate.WRONG_KEY, 60011: Fate.WRONG_KEY, 60020: Fate.WRONG_KEY,
    93000: Fate.WRONG_KEY, 301002: Fate.WRONG_KEY,
    45002: Fate.TOO_LONG, 45004: Fate.TOO_LONG,
    40003: Fate.NO_RECEIVER, 46004: Fate.NO_RECEIVER, 60111: Fate.NO_RECEIVER, 81013: Fate.NO_RECEIVER,
    82001: Fate.NO_RECEIVER,
    40058: Fate.GIVE_UP,  # a bad parameter; a robot says it of an over-long text as well
    40008: Fate.GIVE_UP, 44004: Fate.GIVE_UP,
}  # fmt: skip
DINGTALK: Mapping[int, Fate] = {
    0: Fate.DELIVERED,
    -1: Fate.LATER,
    130101: Fate.OVER_RATE, 410100: Fate.OVER_RATE, 90018: Fate.OVER_RATE, 90030: Fate.OVER_RATE,
    310000: Fate.WRONG_KEY,  # sign, keyword or address is not the one that was set
    300001: Fate.WRONG_KEY, 300005: Fate.WRONG_KEY, 400013: Fate.WRONG_KEY, 400101: Fate.WRONG_KEY,
    400102: Fate.WRONG_KEY, 400106: Fate.WRONG_KEY,
    460101: Fate.TOO_LONG,
    40035: Fate.GIVE_UP, 43004: Fate.GIVE_UP, 400105: Fate.GIVE_UP, 430101: Fate.GIVE_UP, 430102: Fate.GIVE_UP,
}  # fmt: skip
FEISHU: Mapping[int, Fate] = {
    0: Fate.DELIVERED,
    11232: Fate.OVER_RATE, 11233: Fate.OVER_RATE, 11247: Fate.OVER_RATE, 99991400: Fate.OVER_RATE,
    19001: Fate.WRONG_KEY,  # the robot's address is not one
    19021: Fate.WRONG_KEY,  # the sign is wrong, or the clock is off by an hour
    19022: Fate.WRONG_KEY, 19024: Fate.WRONG_KEY,
    230025: Fate.TOO_LONG,
    9499: Fate.GIVE_UP, 19002: Fate.GIVE_UP,
}  # fmt: skip
MINUTE = 60.0
REST: Mapping[str, float] = {"wecom": MINUTE, "dingtalk": 10 * MINUTE, "feishu": MINUTE}
"""Seconds for which a platform takes nothing more once its rate was passed (DingTalk shuts a robot for ten minutes)."""


def judged(platform: str, table: Mapping[int, Fate], code: int, said: str) -> HuiyingError | None:
    """Return what to raise for an answer; nothing if it was delivered. said: the platform's own words, cut."""
    fate = table.get(code, Fate.GIVE_UP)
    text = f"{platform} answered errcode {code} ({fate}): {' '.join(said.split())[:100]}"
    if fate is Fate.DELIVERED:
        return None
    if fate is Fate.OVER_RATE:
        return Busy(text, rest=REST[platform])
    if fate in {Fate.LATER, Fate.TOKEN}:
        return Unavailable(text)
    return NoReceiver(text) if fate is Fate.NO_RECEIVER else Refused(text)


def answered(platform: str, answer: httpx.Response, *, code: str = "errcode", said: str = "errmsg") -> dict[str, Any]:
    """Return an answer's body, with its code checked to be a number. Raises Unanswered where it says nothing.

    code, said: the names of the fields.
    """
    try:
        found: dict[str, Any] = answer.json()
        return {**found, "errcode": int(found[code]), "errmsg": str(found.get(said, ""))}
    except (ValueError, KeyError, TypeError) as error:
        raise Unanswered(f"{platform}'s answer has no {code}") from error
