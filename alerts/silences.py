"""静默: for a while and for a written reason no notice goes out of alerts that match. The alerts themselves stay.

Danger to life and 重大 alerts are never hushed, whatever a silence says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec
from msgspec import Struct

from alerts.alert import Alert
from alerts.notices import Notice
from analyzers.masking import mask
from analyzers.places import county_name
from streams.clock import beijing
from streams.elastic import Elastic
from streams.errors import Rejected
from streams.records import SOURCES, digest
from streams.topics import SILENCES

FIELDS: dict[str, str] = {"rule": "规则", "topic": "领域", "county": "区县", "source": "渠道", "phrase": "事件用语"}
"""What a matcher may look at, and what people call it."""
VALUE_MOST = 60
REASON_MOST = 200
LONGEST_MS = 30 * 86_400_000
BEFORE_END_MS = 30 * 60_000
KEPT_MOST = 500
DANGEROUS = re.compile(r"\)[*+{?]|\\\d|\(\?|[*+}][*+{]")
"""Patterns that can take for ever on a short text: repeated groups, references, repeats of repeats."""


class Matcher(Struct, frozen=True):
    """One condition: a field is a value (`=`), or fits a pattern as a whole (`~`)."""

    field: str
    op: Literal["=", "~"]
    value: str

    def fits(self, alert: Alert) -> bool:
        """Say whether an alert meets the condition."""
        text = str(getattr(alert, self.field))
        return text == self.value if self.op == "=" else re.fullmatch(self.value, text) is not None


class Silence(Struct, frozen=True, kw_only=True):
    """Which alerts are hushed, by whom, why, and from when to when (ms UTC). ended_by: who ended it early."""

    id: str
    matchers: tuple[Matcher, ...]
    made_by: str
    reason: str
    starts: int
    ends: int
    made_at: int
    ended_by: str = ""

    def covers(self, alert: Alert, at: int) -> bool:
        """Say whether it hushes an alert at a moment."""
        return self.starts <= at < self.ends and self.would_cover(alert)

    def would_cover(self, alert: Alert) -> bool:
        """Say whether it hushes an alert while it lasts; never one of danger, nor a major one."""
        return not urgent(alert) and all(matcher.fits(alert) for matcher in self.matchers)

    @property
    def words(self) -> str:
        """Its conditions, for people."""
        return "，".join(
            f"{FIELDS[one.field]}为“{_named(one)}”" if one.op == "=" else f"{FIELDS[one.field]}符合“{one.value}”"
            for one in self.matchers
        )


def _named(matcher: Matcher) -> str:
    """Return a matcher's value as people call it."""
    if matcher.field == "county":
        return county_name(matcher.value) or matcher.value
    return SOURCES.get(matcher.value, matcher.value) if matcher.field == "source" else matcher.value


def urgent(alert: Alert) -> bool:
    """Say whether an alert passes every silence, group and quiet hour: danger to life, or 重大."""
    return alert.danger or alert.level == "major"


def _matcher(name: str, op: str, value: str) -> Matcher:
    value = value.strip()
    if len(value) > VALUE_MOST:
        raise Rejected("too_long", f"{FIELDS[name]}不能超过{VALUE_MOST}个字。")
    if op != "~":
        return Matcher(name, "=", value)
    try:
        re.compile(value)
    except re.error:
        raise Rejected("field_type", f"{FIELDS[name]}的模式写法不对：{value}") from None
    if DANGEROUS.search(value):
        raise Rejected("field_type", f"{FIELDS[name]}的模式过于复杂，请改用“甲|乙”或“甲.*”这样的写法。")
    return Matcher(name, "~", value)


def made(
    given: Mapping[str, tuple[str, str]], *, made_by: str, reason: str, starts: int, ends: int, now: int
) -> Silence:
    """Return a silence (times ms UTC). given: (op, value) by field. Raises Rejected, in Chinese, if anything lacks."""
    matchers = tuple(
        _matcher(name, *given[name]) for name in FIELDS if name in given and given[name][1].strip()
    )  # fmt: skip
    reason = " ".join(reason.split())
    if not matchers:
        raise Rejected("nothing_asked", "请至少填写一个条件，不能静默全部预警。")
    if not reason or len(reason) > REASON_MOST:
        raise Rejected("field_missing", f"请写明静默的理由，不超过{REASON_MOST}个字。")
    if mask(reason).kinds:
        raise Rejected("personal_data", "理由中不能有个人信息。")
    if ends <= max(starts, now):
        raise Rejected("field_type", "结束时间要晚于开始时间和现在。")
    if ends - starts > LONGEST_MS:
        raise Rejected("field_type", "一次静默不能超过30天。")
    id_ = digest("silence", msgspec.json.encode(matchers).decode(), str(starts), str(ends), made_by, str(now))
    return Silence(
        id=id_, matchers=matchers, made_by=made_by, reason=reason, starts=starts, ends=ends, made_at=now
    )


def ending(silence: Silence, hushed: Sequence[Alert], channels: Sequence[str], now: int) -> list[Notice]:
    """Return the notices that a silence is about to end, and what will speak again then; once a silence and end."""
    names = "、".join(alert.title for alert in hushed[:3]) + ("等" if len(hushed) > 3 else "")
    text = (
        f"静默条件：{silence.words}",
        f"由{silence.made_by}设置，理由：{silence.reason}",
        f"将于{beijing(silence.ends):%m月%d日 %H:%M}结束，结束后仍在报警的会重新通知。",
        f"现在压住{len(hushed)}条未解除的预警" + (f"：{names}。" if hushed else "。"),
        "下一步：如仍需静默，请在控制台“静默”页重新设置并写明理由。",
    )
    return [
        Notice(
            id=digest("notice", "silence", silence.id, str(silence.ends), channel), alert="", channel=channel,
            kind="silence_ends", state="pending", at=now, subject="【静默】即将结束", lines=text,
        )
        for channel in channels
    ]  # fmt: skip


def about_to_end(silence: Silence, now: int) -> bool:
    """Say whether a silence ends soon; a short one says it in its second half."""
    return max(silence.ends - BEFORE_END_MS, (silence.starts + silence.ends) // 2) <= now < silence.ends


class Silences(Protocol):
    """Silences as they stand. Every verb raises Unavailable."""

    async def put(self, silence: Silence) -> None:
        """Store a silence, new or changed."""
        ...

    async def get(self, silence: str) -> Silence | None:
        """Return a silence, or nothing."""
        ...

    async def list(self, since: int = 0) -> Sequence[Silence]:
        """Return the silences that end after a moment (ms UTC), the latest end first."""
        ...


class ElasticSilences:
    """Silences in Elasticsearch. Every verb raises Unavailable."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self._elastic = elastic

    async def put(self, silence: Silence) -> None:
        """Store a silence, new or changed."""
        await self._elastic.put(SILENCES.name, silence.id, msgspec.to_builtins(silence), refresh=True)

    async def get(self, silence: str) -> Silence | None:
        """Return a silence, or nothing."""
        found = await self._elastic.get(SILENCES.name, silence)
        return msgspec.convert(found.source, Silence) if found else None

    async def list(self, since: int = 0) -> Sequence[Silence]:
        """Return the silences that end after a moment (ms UTC), the latest end first."""
        body = {
            "size": KEPT_MOST,
            "query": {"range": {"ends": {"gt": since, "format": "epoch_millis"}}},
            "sort": [{"ends": "desc"}, {"id": "asc"}],
        }
        answer = await self._elastic.search(SILENCES.name, body)
        return [msgspec.convert(hit["_source"], Silence) for hit in answer["hits"]["hits"]]
