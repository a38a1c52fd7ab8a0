"""What an officer leaves: alerts, consultations, ledger, silences, sources and channels as they are at a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.alert import LEVELS, STATES, Alert
from alerts.channel_health import Silent
from alerts.consultation import Consultation
from alerts.consultation_view import clocks
from alerts.handover import Facts, Item
from alerts.ledgers import Asked, Standing
from alerts.notices import CHANNELS
from alerts.source_health import STATES as PULSES
from alerts.source_health import Pulse
from streams.clock import beijing
from streams.records import SOURCES

CLOSED_MOST = 100
LISTED = 20
BAD = ("quiet", "thin")


@dataclass(frozen=True)
class Desk:
    """Where a handover's facts come from: the services, how sources are, which channels deliver nothing (ms UTC)."""

    alerts: Any
    consultations: Any
    ledger: Any
    silences: Any
    pulses: Callable[[int], Awaitable[Sequence[Pulse]]]
    silent: Callable[[int], Awaitable[Sequence[Silent]]]


async def gather(desk: Desk, since: int, now: int) -> Facts:
    """Return what is open at a moment, and what was finished since the shift began (ms UTC). Raises Unavailable."""
    alerts, over, consultations, standing, waiting, overdue, silences, pulses, silent = await asyncio.gather(
        desk.alerts.open(),
        desk.alerts.alerts(limit=1000, state="resolved"),
        desk.consultations.list(),
        desk.ledger.standing(Asked(open=True), now),
        desk.ledger.standing(Asked(filters={"state": "waiting"}), now),
        desk.ledger.list(Asked(overdue=True), now, limit=LISTED),
        desk.silences.list(now),
        desk.pulses(now),
        desk.silent(now),
    )
    running = [one for one in consultations if one.open]
    return Facts(
        at=now,
        items=(*(_alert(one) for one in alerts), *(_consultation(one) for one in running), *_unassigned(waiting)),
        clocks=tuple(
            f"{one.title}：{clock.name}，{_when(clock.due)}到期（{clock.left}）"
            for one in running
            for clock in clocks(one, now)
            if not clock.met
        ),
        ledger=_ledger(standing, overdue),
        silences=tuple(f"{one.words}，至{_when(one.ends)}（{one.reason}）" for one in silences if one.starts <= now),
        failing=(
            *(f"渠道“{CHANNELS.get(one.channel, one.channel)}”应发{one.owed}条，没有送达" for one in silent),
            *(f"来源“{SOURCES.get(one.source, one.source)}”{PULSES[one.state]}" for one in pulses if one.state in BAD),
        ),
        closed=_closed(over, consultations, since, now),
    )


def _alert(one: Alert) -> Item:
    owner = one.assigned_to or one.acknowledged_by
    return Item(
        id=f"alert:{one.id}", kind="alert", title=f"{LEVELS[one.level]}预警“{one.title}”", since=one.opened_at,
        said=f"{STATES[one.state]}，{one.count}条", owner=owner, link=f"/alerts/{one.id}",
    )  # fmt: skip


def _consultation(one: Consultation) -> Item:
    return Item(
        id=f"consultation:{one.id}", kind="consultation", title=f"会商“{one.title}”", since=one.opened_at,
        said=one.state_name, link=f"/consultations/{one.id}",
    )  # fmt: skip


def _unassigned(waiting: Standing) -> list[Item]:
    """Return the items of the ledger that no unit has yet, as one: a unit that has one is its receiver."""
    if not waiting.total:
        return []
    said = f"其中逾期{waiting.overdue}件、即将到期{waiting.soon}件"
    title = f"台账待交办{waiting.total}件"
    return [Item(id="ledger:waiting", kind="ledger", title=title, since=0, said=said, link="/ledger?state=waiting")]


def _ledger(standing: Standing, overdue: Sequence[Any]) -> tuple[str, ...]:
    if not standing.overdue and not standing.soon:
        return ()
    lines = [f"未办结{standing.total}件：逾期未答复{standing.overdue}件，即将到期{standing.soon}件"]
    lines += [f"{one.title}（{one.lead or '尚未交办'}），{_when(one.due)}到期" for one in overdue]
    if standing.overdue > len(overdue):
        lines.append(f"另有{standing.overdue - len(overdue)}件逾期，见台账页“已逾期”")
    return tuple(lines)


def _closed(over: Sequence[Alert], consultations: Sequence[Consultation], since: int, now: int) -> tuple[str, ...]:
    alerts = [one for one in over if since <= one.resolved_at <= now]
    ended = [one for one in consultations if since <= one.closed_at <= now]
    lines = [f"会商“{one.title}”，{_when(one.closed_at)}办结" for one in ended]
    lines += [f"预警“{one.title}”，{_when(one.resolved_at)}解除" for one in alerts[:CLOSED_MOST]]
    if len(alerts) > CLOSED_MOST:
        lines.append(f"另有{len(alerts) - CLOSED_MOST}条预警解除")
    return tuple(lines)


def _when(at: int) -> str:
    return f"{beijing(at):%m月%d日 %H:%M}"
