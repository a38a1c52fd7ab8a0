"""What people do with alerts: look, sign, judge, decline; over whoever else writes at the same time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from alerts.alert import Alert
from alerts.alert_search import AlertPage, AlertSearch
from alerts.entrusting import commented, entrusted
from alerts.hush_bounds import Bounds
from alerts.manager import DEFAULT
from alerts.quality import judged
from alerts.signing import renewed, signed, taken
from alerts.store import Alerts, Standing
from streams.clock import ms
from streams.errors import Conflict, Rejected

TRIES = 5


class Handled:
    """Alerts as people handle them."""

    def __init__(self, store: Alerts, bounds: Bounds = DEFAULT) -> None:
        """Keep the store, and how long a signature holds."""
        self.store, self.bounds = store, bounds

    async def alerts(self, *, limit: int = 1000, state: str = "", mode: str = "") -> list[Alert]:
        """Return alerts, newest first."""
        return await self.store.list(limit=limit, state=state, mode=mode)

    async def find(self, asked: AlertSearch) -> AlertPage:
        """Return what a search finds, open ones first, with its counts."""
        return await self.store.find(asked)

    async def unsigned(self, since: int) -> list[Alert]:
        """Return those that are over and still want a person: nobody signed since then (ms UTC), or a proposal."""
        return await self.store.unsigned(since)

    async def open(self) -> list[Alert]:
        """Return the live alerts that are not resolved, oldest first."""
        return [alert for alert, _ in await self.store.open("live")]

    async def alert(self, alert: str) -> Alert | None:
        """Return one alert, or nothing."""
        found = await self.store.get(alert)
        return found[0] if found else None

    async def acknowledge(self, alert: str, *, by: str, note: str, now: datetime) -> Alert:
        """Sign for an alert. Raises Rejected, in Chinese, if it is unknown or somebody else signed first."""
        return (await self.change(alert, lambda before: signed(before, by, note, ms(now), self.bounds)))[0]

    async def renew(self, alert: str, *, by: str, note: str, now: datetime, called: str = "") -> Alert:
        """Keep an alert in hand for another while. Raises Rejected, in Chinese, if it isn't in his hands."""
        at = ms(now)
        return (await self.change(alert, lambda it: renewed(it, by, note, at, self.bounds, called=called)))[0]

    async def take_over(self, alert: str, *, by: str, reason: str, now: datetime, seen: str = "") -> Alert:
        """Take an alert out of somebody else's hands, as `alerts.signing.taken` says. Raises Rejected, in Chinese."""
        at = ms(now)
        return (await self.change(alert, lambda it: taken(it, by, reason, at, self.bounds, seen=seen)))[0]

    async def judge(self, alert: str, verdict: str, *, by: str, reason: str, now: datetime) -> Alert:
        """Write down whether an alert was right. Raises Rejected, in Chinese, if it is unknown or a reason lacks."""
        return (await self.change(alert, lambda before: judged(before, verdict, by=by, reason=reason, at=ms(now))))[0]

    async def entrust(self, alert: str, to: str, *, by: str, now: datetime) -> Alert:
        """Give an alert to a user. Raises Rejected, in Chinese, if it is unknown, resolved, or his already."""
        return (await self.change(alert, lambda before: entrusted(before, to=to, by=by, at=ms(now))))[0]

    async def comment(self, alert: str, text: str, *, by: str, now: datetime) -> Alert:
        """Add what a user says of an alert. Raises Rejected, in Chinese, if it is unknown or the text is none."""
        return (await self.change(alert, lambda before: commented(before, text, by=by, at=ms(now))))[0]

    async def decline_consultation(self, alert: str, *, by: str, reason: str, now: datetime) -> Alert:
        """Write down that no consultation is held; Rejected, in Chinese, if none is proposed or no reason is given."""

        def change(before: Alert) -> Alert:
            if before.consultation != "proposed":
                raise Rejected("field_type", "这条预警没有待确认的会商建议。")
            if not reason.strip():
                raise Rejected("field_missing", "请写明不启动会商的理由。")
            said = f"不启动会商（{by}）：{reason.strip()}"
            note = f"{before.note}\n{said}".strip()
            return msgspec.structs.replace(before, consultation="declined", note=note, updated_at=ms(now))

        return (await self.change(alert, change))[0]

    async def change(self, alert: str, change: Callable[[Alert], Alert]) -> Standing:
        """Store an alert as `change` makes it of what is there now. Raises Rejected if it is unknown, Conflict."""
        for _ in range(TRIES):
            found = await self.store.get(alert)
            if found is None:
                raise Rejected("field_missing", "没有这条预警。")
            after = change(found[0])
            if after == found[0]:
                return found
            try:
                return after, await self.store.put(after, found[1])
            except Conflict:
                continue  # the watcher or somebody else wrote first: judge again on what is there now
        raise Conflict("这条预警正在被别人修改，请稍后再试。")
