"""规则: what each rule says, how right it was; a changed rulebook, its trial, and a second person's word on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.responses import Response

from alerts.backtest import Tried, backtest
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.console.words import DAY
from alerts.quality import quality
from alerts.rulebook_diff import Change, changes
from alerts.rulebook_versions import NOTE_MOST, STATES, Version, in_use, problem_of, proposed, rules_of
from alerts.rulebook_words import KINDS, condition
from alerts.rules import Rule
from streams.errors import Rejected

TRIAL_DAYS = 14
TRIAL_SECONDS = 60
SHOWN = 20
COLOURS = {"proposed": "warn", "applied": "good", "invalid": "bad"}


async def listing(asked: Asked) -> Response:
    """Show every rule in use, its figures, and the proposals; the form holds the text in use."""
    return await _listing(asked)


async def _listing(asked: Asked, *, error: str = "", text: str = "", note: str = "") -> Response:
    versions: Sequence[Version] = await asked.parts.rulebooks.list()
    used = in_use(versions)
    alerts = await asked.parts.alerts.alerts(mode="live")
    figures = {one.rule: one for one in quality(alerts)}
    last = {name: max(a.opened_at for a in alerts if a.rule == name) for name in figures}
    rules = rules_of(used) if used and not problem_of(used.text) else list(asked.parts.alerts.rules)
    return page(
        asked, "rules.html", 400 if error else 200,
        rows=[(rule, condition(rule), figures.get(rule.name), last.get(rule.name, 0)) for rule in rules],
        used=used, versions=versions[:SHOWN], error=error, note=note, text=text or (used.text if used else ""),
        KINDS=KINDS, STATES_OF=STATES, COLOURS=COLOURS, NOTE_MOST=NOTE_MOST,
    )  # fmt: skip


async def propose(asked: Asked) -> Response:
    """Keep a proposal, or say with its line what is wrong with it."""
    text, note = asked.form.get("text", ""), asked.form.get("note", "")
    try:
        made = proposed(text, by=asked.who.username, note=note, at=asked.now)
    except Rejected as refused:
        return await _listing(asked, error=refused.detail, text=text, note=note)
    used = in_use(await asked.parts.rulebooks.list())
    if used is not None and not _changes(used, made):
        return await _listing(asked, error="与现行规则没有区别，没有保存。", text=text, note=note)
    await asked.parts.rulebooks.create(made)
    await asked.note("rules.proposed", made.id, {"mark": made.mark, "note": made.note})
    return onward(f"/rules/{made.id}?done=proposed")


def _rules(version: Version | None) -> list[Rule]:
    return rules_of(version) if version and not problem_of(version.text) else []


def _changes(used: Version | None, version: Version) -> tuple[Change, ...]:
    return () if version.problem else changes(_rules(used), _rules(version))


async def detail(asked: Asked) -> Response:
    """Show a version: who proposed it and why, what it changes against what is in use, and what was decided."""
    return await _detail(asked)


async def _detail(asked: Asked, trial: Sequence[tuple[str, Tried | None, Tried | None]] | str = ()) -> Response:
    version: Version | None = await asked.parts.rulebooks.get(asked.path("id"))
    if version is None:
        return bare("没有这个版本", "地址可能写错了。", 404, back="/rules", back_text="返回规则")
    used = in_use(await asked.parts.rulebooks.list())
    return page(
        asked, "rulebook.html", version=version, used=used, changes=_changes(used, version), trial=trial,
        STATES_OF=STATES, COLOURS=COLOURS, NOTE_MOST=NOTE_MOST, DAYS=TRIAL_DAYS,
        own=version.by == asked.who.username,
    )  # fmt: skip


async def trial(asked: Asked) -> Response:
    """Run what changes over the last two weeks, beside what is in use: what would have been told; nothing is sent."""
    version: Version | None = await asked.parts.rulebooks.get(asked.path("id"))
    if version is None:
        return await _detail(asked)
    used = in_use(await asked.parts.rulebooks.list())
    names = list(dict.fromkeys(change.rule for change in _changes(used, version)))
    try:
        async with asyncio.timeout(TRIAL_SECONDS):
            before, after = [await _tried(asked, _rules(one), names) for one in (used, version)]
    except TimeoutError:
        return await _detail(asked, f"{TRIAL_SECONDS}秒内没有算完，请系统管理员用 huiying backtest 试算。")
    return await _detail(asked, [(name, before.get(name), after.get(name)) for name in names])


async def _tried(asked: Asked, rules: Sequence[Rule], names: Sequence[str]) -> dict[str, Tried]:
    wanted = [rule for rule in rules if rule.name in names]
    found = await backtest(
        wanted, asked.parts.alerts.counts, asked.now - TRIAL_DAYS * DAY, asked.now, asked.parts.alerts.measures
    )
    return {one.rule.name: one for one in found.rules}


async def decide(asked: Asked) -> Response:
    """Approve, refuse or withdraw a proposal; nobody approves his own."""
    act = asked.path("act")
    after: Version | None = await asked.parts.rulebooks.decide(
        asked.path("id"), act, by=asked.who.username, reason=asked.form.get("reason", ""), at=asked.now
    )
    if after is None:
        return bare("没有这个版本", "地址可能写错了。", 404, back="/rules", back_text="返回规则")
    await asked.note(f"rules.{act}", after.id, {"mark": after.mark, "reason": after.reason})
    return onward(f"/rules/{after.id}?done=decided")
