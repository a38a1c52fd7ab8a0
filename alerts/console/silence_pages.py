"""静默: which alerts are not told for a while, by whom and why; what one would hush now, before it is set; its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from alerts.alert import Alert
from alerts.console.language import counties, county_name, topics
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.console.words import DAY, HOUR, for_field, read_time
from alerts.rulebook_versions import in_force
from alerts.silences import FIELDS, REASON_MOST, VALUE_MOST, Silence, made, urgent
from streams.errors import Rejected
from streams.records import SOURCES

SHOWN = 20
ENDED_DAYS = 7
PATTERNS = ("topic", "county", "phrase")
"""Fields that can also be matched by a pattern."""


async def listing(asked: Asked) -> Response:
    """Show what is hushed, what was lately, and the form, filled with what an alert's page gives."""
    typed = {name: asked.arg(name, VALUE_MOST) for name in FIELDS}
    return await _listing(asked, {**typed, "ends": for_field(asked.now + 2 * HOUR)})


async def _listing(
    asked: Asked, typed: Mapping[str, str], *, error: str = "", wanted: Silence | None = None
) -> Response:
    now = asked.now
    kept = await asked.parts.silences.list(now - ENDED_DAYS * DAY)
    alerts: list[Alert] = await asked.parts.alerts.open() if wanted or any(one.ends > now for one in kept) else []
    rows = [(one, _state(one, now), sum(one.covers(alert, now) for alert in alerts)) for one in kept]
    rows.sort(key=lambda row: (row[1][0] == "已结束", -row[0].ends))
    matched = [alert for alert in alerts if wanted and all(matcher.fits(alert) for matcher in wanted.matchers)]
    hushed = [alert for alert in matched if not urgent(alert)]
    rules = await in_force(asked.parts.rulebooks, asked.parts.alerts.rules)
    return page(
        asked, "silences.html", 400 if error else 200, rows=rows, error=error, typed=typed, wanted=wanted,
        hushed=hushed[:SHOWN], more=max(0, len(hushed) - SHOWN), urgent=[a for a in matched if urgent(a)],
        choices={
            "rule": {rule.name: rule.title for rule in rules},
            "topic": {name: name for name in topics()}, "county": counties(), "source": dict(SOURCES),
        },
        FIELDS=FIELDS, PATTERNS=PATTERNS, REASON_MOST=REASON_MOST, VALUE_MOST=VALUE_MOST, county_name=county_name,
    )  # fmt: skip


def _state(silence: Silence, now: int) -> tuple[str, str]:
    """Return how a silence stands, in words, with the colour of its chip."""
    if silence.ends <= now:
        return "已结束", "quiet"
    return ("未开始", "warn") if silence.starts > now else ("静默中", "good")


def read(form: Mapping[str, str], *, by: str, now: int) -> Silence:
    """Return the silence that a form asks for. Raises Rejected, in Chinese, for what it lacks."""
    given: dict[str, tuple[str, str]] = {}
    for name in FIELDS:
        exact, like = form.get(name, "").strip(), form.get(f"like_{name}", "").strip()
        if exact and like:
            raise Rejected("field_type", f"{FIELDS[name]}只能选择一项或填写模式，不能两样都填。")
        if exact or like:
            given[name] = ("=", exact) if exact else ("~", like)
    starts = read_time(form["starts"]) if form.get("starts", "") else now
    ends = read_time(form.get("ends", ""))
    if starts is None or ends is None:
        raise Rejected("field_type", "请填写结束时间；开始时间不填为现在。")
    return made(given, made_by=by, reason=form.get("reason", ""), starts=max(starts, now), ends=ends, now=now)


async def make(asked: Asked) -> Response:
    """Show what a silence would hush now, or set it."""
    form: dict[str, Any] = dict(asked.form)
    try:
        wanted = read(form, by=asked.who.username, now=asked.now)
    except Rejected as refused:
        return await _listing(asked, form, error=refused.detail)
    if form.get("act") != "set":
        return await _listing(asked, form, wanted=wanted)
    await asked.parts.silences.put(wanted)
    said = {"what": wanted.words, "reason": wanted.reason, "until": for_field(wanted.ends)}
    await asked.note("silences.made", wanted.id, said)
    return onward("/silences?done=hushed")


async def end(asked: Asked) -> Response:
    """End a silence early: what still fires is told at once."""
    silence: Silence | None = await asked.parts.silences.get(asked.path("id"))
    if silence is None:
        return bare("没有这条静默", "地址可能写错了。", 404, back="/silences", back_text="返回静默")
    if silence.ends > asked.now:
        ended = msgspec.structs.replace(
            silence, ends=asked.now, starts=min(silence.starts, asked.now), ended_by=asked.who.username
        )
        await asked.parts.silences.put(ended)
        await asked.note("silences.ended", silence.id, {"what": silence.words})
    return onward("/silences?done=unhushed")
