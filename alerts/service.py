"""Load → decide → save → notify: the only place that does it, for the watcher, the console and replays.

A notice is stored before its alert: a crash between the two repeats the decision, which makes the same ids again, and
loses nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from alerts import duty as rota_of
from alerts.alert import Alert, Key
from alerts.counts import Counts
from alerts.evaluate import Finding
from alerts.findings import Past, Series, live_findings, phrase_findings, quiet_findings
from alerts.manager import Decision, Reason, decide
from alerts.notices import Notice, lines, notice_id, subject
from alerts.outbox import Outbox
from alerts.rules import Rule
from alerts.store import AlertStore
from streams.clock import from_ms, ms
from streams.elastic import Version
from streams.errors import Conflict, Rejected

SAMPLES = 3
TRIES = 5
PHRASE_EVERY_MS = 10 * 60_000
"""A phrase rule asks much and changes slowly: live, it is evaluated so often."""
log = logging.getLogger("huiying.alerts")
Moment = tuple[int, dict[Key, Finding], dict[Key, Alert]]


class TickResult(Struct, frozen=True, kw_only=True):
    """What an evaluation did: how often each reason was given."""

    at: int
    reasons: Mapping[str, int]


class ReplayResult(Struct, frozen=True, kw_only=True):
    """What the rules found over stored posts: alerts in order of opening, and how many of them were new."""

    alerts: tuple[Alert, ...]
    new: int
    steps: int


class Service:
    """Alerts: evaluated, stored, told, signed for."""

    def __init__(
        self,
        rules: Sequence[Rule],
        counts: Counts,
        store: AlertStore,
        outbox: Outbox,
        *,
        rota: tuple[rota_of.Shift, ...] = (),
        link: str = "",
    ) -> None:
        """Keep the parts. link: address of the console, empty for none."""
        self.rules, self.counts, self.store, self.outbox = tuple(rules), counts, store, outbox
        self.rota, self.link = rota, link.rstrip("/")
        self._past = Past()
        self._phrases: dict[str, tuple[int, dict[Key, Finding]]] = {}

    async def tick(self, now: datetime) -> TickResult:
        """Evaluate every rule at `now`, and store what follows. Raises Unavailable; doing it again is harmless."""
        at = ms(now)
        standing = await self.store.open("live")
        reasons: Counter[str] = Counter()
        for rule in self.rules:
            mine = {alert.key: (alert, version) for alert, version in standing if alert.rule == rule.name}
            findings = await self._findings(rule, at, list(mine))
            for key in sorted({*findings, *mine}, key=msgspec.json.encode):
                reason = await self._settle(rule, findings.get(key), mine.get(key), at)
                reasons[str(reason)] += 1
        return TickResult(at=at, reasons=dict(reasons))

    async def _findings(self, rule: Rule, at: int, known: Sequence[Key]) -> dict[Key, Finding]:
        if rule.kind == "quiet":
            return await quiet_findings(rule, self.counts, at)
        if rule.kind != "phrase":
            return await live_findings(rule, self.counts, at, self._past)
        asked, found = self._phrases.get(rule.name, (0, {}))
        if not asked <= at < asked + PHRASE_EVERY_MS:
            found = await phrase_findings(rule, self.counts, at, known)
            self._phrases[rule.name] = (at, found)
        return {key: msgspec.structs.replace(finding, at=at) for key, finding in found.items()}

    async def _settle(
        self, rule: Rule, finding: Finding | None, standing: tuple[Alert, Version] | None, at: int
    ) -> Reason:
        """Decide on one key and save it; if somebody else wrote first, read again and decide anew."""
        for _ in range(TRIES):
            alert = standing[0] if standing else None
            decision = decide(rule, finding, alert, at)
            if decision.alert is None:
                return decision.reason
            decision = await self._sampled(decision, finding)
            assert decision.alert is not None
            try:
                if standing is None or decision.reason is Reason.OPENED:
                    if await self.store.get(decision.alert.id) is not None:
                        return Reason.KNOWN
                    await self._tell(decision, notify=True)
                    await self.store.create(decision.alert)
                else:
                    await self._tell(decision, notify=True)
                    await self.store.put(decision.alert, standing[1])
            except Conflict:
                found = await self.store.get(decision.alert.id)
                standing = found if found and found[0].state != "resolved" else None
                continue
            if decision.speaks:
                log.info("%s: %s %s", decision.reason, decision.alert.title, decision.alert.reason)
            return decision.reason
        raise Conflict("an alert was changed by others too often in a row")

    async def _sampled(self, decision: Decision, finding: Finding | None) -> Decision:
        """Give an alert its sample texts when a notice goes out."""
        alert = decision.alert
        if alert is None or finding is None or not decision.speaks or finding.rule.kind == "quiet":
            return decision
        samples = await self.counts.samples(
            alert.key, finding.window_from, alert.window_to, SAMPLES, danger=finding.rule.kind == "urgent"
        )
        return msgspec.structs.replace(decision, alert=msgspec.structs.replace(alert, samples=samples))

    async def _tell(self, decision: Decision, *, notify: bool) -> None:
        """Store the notices of a decision, one for each channel; a replay's are stored as suppressed."""
        alert = decision.alert
        if alert is None or not decision.speaks:
            return
        on = rota_of.on_duty(self.rota, from_ms(alert.updated_at))
        text = lines(
            alert,
            decision.reason,
            link=f"{self.link}/alerts/{alert.id}" if self.link else "",
            quiet_duty=bool(self.rota) and on.empty,
        )
        mails = tuple(dict.fromkeys(s.mail for s in (*on.main, *on.deputy, *on.leader) if s.mail))
        for channel in self.outbox.names if notify else ("all",):
            await self.outbox.add(
                Notice(
                    id=notice_id(alert, decision.reason, channel),
                    alert=alert.id,
                    channel=channel,
                    kind=str(decision.reason),
                    state="pending" if notify else "suppressed",
                    reason="" if notify else "backfill",
                    at=alert.updated_at,
                    subject=subject(alert, decision.reason),
                    lines=text,
                    to=mails if channel == "email" else (),
                )
            )

    async def replay(
        self,
        start: datetime,
        end: datetime,
        *,
        notify: bool = False,
        progress: Callable[[int, int], None] = lambda _done, _whole: None,
    ) -> ReplayResult:
        """Run the rules in event time over stored posts of [start, end], as if each moment were now.

        The same posts give the same alerts with the same ids, so doing it again changes nothing and tells nobody twice.
        Without `notify` notices are stored as suppressed (backfill). Raises Unavailable.
        """
        first = await self.counts.first("posted_at")
        made: dict[str, Alert] = {}
        new = steps = 0
        rules = [rule for rule in self.rules if rule.kind != "quiet"]
        for number, rule in enumerate(rules):
            async for at, findings, known in self._moments(rule, ms(start), ms(end), first):
                steps += 1
                for key in sorted({*findings, *known}, key=msgspec.json.encode):
                    decision = decide(rule, findings.get(key), known.get(key), at, "replay")
                    if decision.alert is None:
                        continue
                    decision = await self._sampled(decision, findings.get(key))
                    assert decision.alert is not None
                    await self._tell(decision, notify=notify)
                    known[key] = made[decision.alert.id] = decision.alert
            progress(number + 1, len(rules))
        for alert in made.values():
            new += await self._keep(alert)
        ordered = tuple(sorted(made.values(), key=lambda alert: (alert.opened_at, alert.id)))
        return ReplayResult(alerts=ordered, new=new, steps=steps)

    async def _moments(self, rule: Rule, start: int, end: int, first: int) -> AsyncIterator[Moment]:
        """Yield (moment, findings, alerts by key) over a stretch of event time; the consumer fills the alerts in."""
        known: dict[Key, Alert] = {}
        if rule.kind == "phrase":
            for at in range(start - start % rule.step + rule.step, end + rule.recover + rule.step, rule.step):
                open_keys = [key for key, alert in known.items() if alert.state != "resolved"]
                yield at, await phrase_findings(rule, self.counts, at, open_keys), known
            return
        cells = await self.counts.cells(rule.key, start - rule.window - rule.usual_over, end, rule.step)
        series = Series(rule, cells, first)
        for at in series.moments(start, end):
            yield at, series.at(at), known

    async def _keep(self, alert: Alert) -> bool:
        """Store a replay's alert; what a person did to it stays. Returns whether it is new."""
        found = await self.store.get(alert.id)
        if found is None:
            await self.store.create(alert)
            return True
        there = found[0]
        state = "acknowledged" if there.acknowledged_at and alert.state == "firing" else alert.state
        kept = msgspec.structs.replace(
            alert, state=state, acknowledged_by=there.acknowledged_by, acknowledged_at=there.acknowledged_at,
            note=there.note, consultation=there.consultation or alert.consultation,
        )  # fmt: skip
        if kept != there:
            await self.store.put(kept, found[1])
        return False

    async def alerts(self, *, limit: int = 1000, state: str = "", mode: str = "") -> list[Alert]:
        """Return alerts, newest first."""
        return await self.store.list(limit=limit, state=state, mode=mode)

    async def alert(self, alert: str) -> Alert | None:
        """Return one alert, or nothing."""
        found = await self.store.get(alert)
        return found[0] if found else None

    async def acknowledge(self, alert: str, *, by: str, note: str, now: datetime) -> Alert:
        """Sign for an alert. Raises Rejected, in Chinese, if it is unknown or somebody else signed first."""

        def change(before: Alert) -> Alert:
            if before.acknowledged_at:
                raise Rejected("field_type", f"这条预警已由 {before.acknowledged_by} 签收。")
            state = "acknowledged" if before.state == "firing" else before.state
            return msgspec.structs.replace(
                before, state=state, acknowledged_by=by, acknowledged_at=ms(now), note=note
            )

        return await self._change(alert, change)

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

        return await self._change(alert, change)

    async def link_consultation(self, alert: str, consultation: str) -> Alert:
        """Write down which consultation was opened on an alert."""
        return await self._change(alert, lambda before: msgspec.structs.replace(before, consultation=consultation))

    async def _change(self, alert: str, change: Callable[[Alert], Alert]) -> Alert:
        for _ in range(TRIES):
            found = await self.store.get(alert)
            if found is None:
                raise Rejected("field_missing", "没有这条预警。")
            after = change(found[0])
            try:
                await self.store.put(after, found[1])
            except Conflict:
                continue  # the watcher or somebody else wrote first: judge again on what is there now
            return after
        raise Conflict("这条预警正在被别人修改，请稍后再试。")
