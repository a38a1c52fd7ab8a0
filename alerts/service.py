"""Load → decide → save → notify: the only place that does it, for the watcher, the console and replays.

An alert is stored with the occasion that is still to be told, then its notices are stored, then the mark is taken away:
a crash anywhere in between is made good by the next start, and tells nobody twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from alerts.alert import Alert, Key
from alerts.climbing import Climbing
from alerts.counts import Counts
from alerts.duty import Shift
from alerts.evaluate import Finding, bucket, window_of
from alerts.failing import FAILED, failing
from alerts.findings import Past, live_findings, quiet_findings
from alerts.handled import TRIES, Handled
from alerts.hush_bounds import Bounds
from alerts.manager import DEFAULT, OCCASIONS, Decision, Reason, decide
from alerts.measured import MEASURED
from alerts.measures import Measures, measured_findings
from alerts.new_terms import WORDED, copies_out, worded_findings
from alerts.outbox import Outbox
from alerts.replaying import UNHEARD, missed, run_rule, series, with_acts
from alerts.rota import Rota
from alerts.rule_bounds import inhibits
from alerts.rules import Rule
from alerts.silences import Silences
from alerts.store import Alerts, Standing, Watched
from alerts.teller import Counted, Teller
from alerts.telling import notices
from streams.clock import ms
from streams.elastic import Version
from streams.errors import Conflict, Retryable

SAMPLES = 3
PHRASE_EVERY_MS = 10 * 60_000
"""A phrase rule asks much and changes slowly: live, it is evaluated so often."""
MEASURE_EVERY_MS = 30_000
"""A figure is read so often at most, however many posts come."""
LONGEST_CATCH_UP_MS = 24 * 3_600_000
"""After a longer break only so much is judged afterwards; what is older, nobody can act on any more."""
BREAK_MS = 3_600_000
"""Who has not looked for so long can't say that a source was quiet meanwhile."""
SAVE_EVERY_MS = 60_000
UNTOLD_SAID = 5
"""So many alerts whose notices were not all stored are named in the log."""
A_BREAK = 6
"""Steps missed in a row that a person should hear of; fewer happen on a busy machine and on the demo's fast clock."""
log = logging.getLogger("huiying.alerts")


class TickResult(Struct, frozen=True, kw_only=True):
    """What an evaluation did: how often each reason was given; nothing if nothing could have changed."""

    at: int
    reasons: Mapping[str, int]


Gaps = Callable[[int, int, str], Awaitable[Sequence[str]]]
Due = tuple[Rule, Key, Finding | None, str | None]
"""A key to decide on: its rule, what the rule finds, and the id of the alert that is open for it."""


def _due(rule: Rule, found: Mapping[Key, Finding], mine: Mapping[Key, str]) -> list[Due]:
    keys = sorted({*found, *mine}, key=msgspec.json.encode)
    return [(rule, key, found.get(key), mine.get(key)) for key in keys]


class ReplayResult(Struct, frozen=True, kw_only=True):
    """What the rules found over stored posts: alerts in order of opening, and how many of them were new."""

    alerts: tuple[Alert, ...]
    new: int
    steps: int


class Service(Handled):
    """Alerts: evaluated, stored, told, signed for."""

    def __init__(
        self,
        rules: Sequence[Rule],
        counts: Counts,
        store: Alerts,
        outbox: Outbox,
        *,
        rota: tuple[Shift, ...] | Rota = (),
        link: str = "",
        silences: Silences | None = None,
        bounds: Bounds = DEFAULT,
        counted: Counted = lambda _what, _reason, _count: None,
        measures: Measures | None = None,
        gaps: Gaps | None = None,
    ) -> None:
        """Keep the parts. link: address of the console, empty for none; counted: see `alerts.teller.Teller`.

        gaps: names the sources that were silent in a window [since, until), of one source or all.
        """
        super().__init__(store, bounds)
        self.measures, self.gaps = measures, gaps
        self.rules, self.counts, self.outbox = tuple(rules), counts, outbox
        self.rota, self.link = rota, link.rstrip("/")
        self.teller = Teller(
            store, outbox, sampled=self._with_samples, change=self.change, silences=silences, bounds=bounds,
            rota=rota, link=self.link, counted=counted,
        )  # fmt: skip
        self.teller.inhibits = inhibits(self.rules)
        self.climbing = Climbing(store, self.teller)
        self._past = Past()
        self._phrases: dict[str, tuple[int, dict[Key, Finding]]] = {}
        self._watched: Watched | None = None
        self._saved = 0
        self._mark: tuple[int, int] = (-1, -1)
        self._whole = False
        self._resting: set[str] = set()
        self.rulebook = ""
        self._next: tuple[tuple[Rule, ...], str, tuple[Rule, ...]] | None = None
        self._gone: tuple[Rule, ...] = ()

    def adopt(self, rules: Sequence[Rule], mark: str, gone: Sequence[Rule] = ()) -> None:
        """Judge by other rules from the next look on; alerts opened then name the mark. Rules that go end theirs.

        gone: rules that went earlier, perhaps before this process began.
        """
        self._next = tuple(rules), mark, tuple(gone)

    def _turn(self) -> None:
        """Take the rules that wait, if any: between two looks, never within one."""
        if self._next is None:
            return
        (rules, self.rulebook, gone), self._next = self._next, None
        kept = {rule.name for rule in rules}
        before = {rule.name: rule for rule in (*gone, *self._gone, *self.rules)}
        self._gone = tuple(rule for name, rule in before.items() if name not in kept)
        self.rules, self._past, self._whole = rules, Past(), False
        self.teller.inhibits = inhibits(rules)
        self._phrases.clear()

    async def tick(self, now: datetime) -> TickResult:
        """Evaluate every rule at `now`, and store what follows; after a break, also what was missed.

        Cheap while no opinion came and no step of a rule ended. Raises Unavailable; doing it again is harmless.
        """
        at = ms(now)
        self._turn()
        mark = await self.counts.mark()
        watched = self._watched or await self.store.watched()
        last = watched.until if watched else at
        stepped = any(bucket(last, rule.step) != bucket(at, rule.step) for rule in self.rules)
        called = await self.teller.look(at)
        if self._whole and mark == self._mark and not stepped and not called:
            return TickResult(at=at, reasons={})
        whole, self._whole = self._whole, False
        since = watched.since if watched and 0 <= at - last <= BREAK_MS else at
        standing = {alert.id: (alert, version) for alert, version in await self.store.open("live")}
        if not whole or any(alert.untold for alert, _ in standing.values()):  # somebody took one over at the console
            await self._tell_untold(standing, at)
        reasons: Counter[str] = Counter()
        due: list[Due] = []
        failed: dict[Key, Finding] = {}
        for rule in self.rules:
            mine = {alert.key: alert.id for alert, _ in standing.values() if alert.rule == rule.name}
            try:
                await self._catch_up(rule, last, at, mine, standing, reasons)
                if rule.kind != "quiet" or at - since >= rule.window:
                    findings = await self._findings(rule, at, list(mine))
                    due += _due(rule, findings, mine)
            except Retryable:
                raise  # nobody can be reached: the whole look is done again
            except Exception as error:
                log.exception("rule %s could not be judged; the others go on", rule.name)
                found = failing(rule, type(error).__name__, at)
                failed[found.key] = found
        for rule in self._gone:
            due += _due(rule, {}, {a.key: a.id for a, _ in standing.values() if a.rule == rule.name})
        due += _due(FAILED, failed, {a.key: a.id for a, _ in standing.values() if a.rule == FAILED.name})
        await self._settle(due, standing, at, at, reasons)
        await self.teller.release(standing, at, self._resting)
        await self._remember(Watched(since=since, until=max(last, at)))
        self._mark, self._whole = mark, True
        return TickResult(at=at, reasons=dict(reasons))

    async def settle(self, rule: Rule, findings: Mapping[Key, Finding], now: datetime) -> TickResult:
        """Decide on findings that somebody else made, by a rule that counts no posts; end those that are no more.

        Raises Unavailable; doing it again is harmless.
        """
        at = ms(now)
        await self.teller.look(at)
        standing = {alert.id: (alert, version) for alert, version in await self.store.open("live")}
        mine = {alert.key: alert.id for alert, _ in standing.values() if alert.rule == rule.name}
        reasons: Counter[str] = Counter()
        await self._settle(_due(rule, findings, mine), standing, at, at, reasons)
        return TickResult(at=at, reasons=dict(reasons))

    async def _remember(self, watched: Watched) -> None:
        self._watched = watched
        if abs(watched.until - self._saved) >= SAVE_EVERY_MS:
            await self.store.watch(watched)
            self._saved = watched.until

    async def _catch_up(  # noqa: PLR0917 - the state of one look
        self,
        rule: Rule,
        last: int,
        at: int,
        mine: dict[Key, str],
        standing: dict[str, Standing],
        reasons: Counter[str],
    ) -> None:
        moments = missed(rule, last, at, LONGEST_CATCH_UP_MS)
        if not moments:
            return
        level = logging.WARNING if len(moments) >= A_BREAK else logging.INFO
        log.log(level, "%s: judging %d moments that were missed", rule.name, len(moments))
        past = await series(rule, self.counts, moments[0], moments[-1])
        for moment in moments:
            due = _due(rule, past.at(moment, mine), mine)
            await self._settle(due, standing, moment, at, reasons)
            mine.clear()
            mine.update({alert.key: alert.id for alert, _ in standing.values() if alert.rule == rule.name})

    async def _findings(self, rule: Rule, at: int, known: Sequence[Key]) -> dict[Key, Finding]:
        if rule.kind == "quiet":
            return await quiet_findings(rule, self.counts, at)
        if rule.kind not in WORDED | MEASURED:
            return await live_findings(rule, self.counts, at, self._past, known)
        asked, found = self._phrases.get(rule.name, (0, {}))
        every = MEASURE_EVERY_MS if rule.kind in MEASURED else PHRASE_EVERY_MS
        if not asked <= at < asked + every:
            if rule.kind not in MEASURED:
                found = await worded_findings(rule, self.counts, at, known)
            elif self.measures is not None:
                found = await measured_findings(rule, self.measures, at, known)
            self._phrases[rule.name] = (at, found)
        return {key: msgspec.structs.replace(finding, at=at) for key, finding in found.items()}

    async def _settle(
        self, due: Sequence[Due], standing: dict[str, Standing], moment: int, at: int, reasons: Counter[str]
    ) -> None:
        """Decide on keys at a moment, save them all at once, then tell at `at` what there is to tell.

        standing: the open alerts by id, kept as they stand afterwards.
        """
        flaps = None
        changes: list[tuple[Due, Decision, Alert, Version | None]] = []
        for one in due:
            rule, key, finding, id_ = one
            there = standing.get(id_) if id_ else None
            decision = decide(rule, finding, there[0] if there else None, moment, bounds=self.bounds)
            alert = decision.alert
            self._rests(there, decision.reason)
            if alert is None:
                reasons[str(decision.reason)] += 1
                continue
            if decision.speaks:
                alert = msgspec.structs.replace(alert, untold=str(decision.reason))
            if there is None:
                flaps = await self._returns(moment) if flaps is None else flaps
                book = self.rulebook if rule in self.rules else ""
                alert = msgspec.structs.replace(alert, flaps=flaps[rule.name, key], rulebook=book)
            changes.append((one, decision, alert, there[1] if there else None))
        saved = await self.store.save([(alert, version) for _, _, alert, version in changes])
        owed: list[Standing] = []
        for (one, decision, alert, _), version in zip(changes, saved, strict=True):
            reason, kept = decision.reason, (alert, version) if version is not None else None
            if kept is None:
                reason, kept = await self._anew(one, alert.id, moment)
            reasons[str(reason)] += 1
            if kept is None:
                standing.pop(alert.id, None)
                continue
            standing[kept[0].id] = kept
            if reason in OCCASIONS:
                owed.append(kept)
        await self.teller.owed(owed, standing, at)
        for id_ in [id_ for id_, (alert, _) in standing.items() if alert.state == "resolved"]:
            del standing[id_]

    def _rests(self, there: Standing | None, reason: Reason) -> None:
        """Remember which open alerts do not fire at the moment: nobody is told of them as if they did."""
        if there is None or reason is Reason.NOTHING:
            return
        if reason is Reason.RECOVERING:
            self._resting.add(there[0].id)
        else:
            self._resting.discard(there[0].id)

    async def _returns(self, moment: int) -> Counter[tuple[str, Key]]:
        """Return how often each rule and key opened lately: what comes back again and again flaps."""
        if not self.bounds.flap_times:
            return Counter()
        lately = await self.store.lately(moment - self.bounds.flap_within)
        return Counter((alert.rule, alert.key) for alert in lately if alert.opened_at < moment)

    async def _anew(self, one: Due, alert: str, moment: int) -> tuple[Reason, Standing | None]:
        """Decide again on a key whose alert somebody else wrote first; who wrote it also tells of it."""
        rule, _, finding, _ = one
        for _ in range(TRIES):
            found = await self.store.get(alert)
            if found is None or found[0].state == "resolved":
                return Reason.KNOWN, None
            decision = decide(rule, finding, found[0], moment, bounds=self.bounds)
            if decision.alert is None:
                return decision.reason, found
            after = decision.alert
            if decision.speaks:
                after = msgspec.structs.replace(after, untold=str(decision.reason))
            try:
                return decision.reason, (after, await self.store.put(after, found[1]))
            except Conflict:
                continue
        raise Conflict("an alert was changed by others too often in a row")

    async def _tell_untold(self, standing: dict[str, Standing], at: int) -> None:
        owed = await self.store.untold()
        for alert, _ in owed[:UNTOLD_SAID]:
            log.warning("telling of %s, whose notices were not all stored", alert.id)
        if len(owed) > UNTOLD_SAID:
            log.warning("telling of %d more, whose notices were not all stored", len(owed) - UNTOLD_SAID)
        standing.update({alert.id: (alert, version) for alert, version in owed if alert.state != "resolved"})
        await self.teller.owed(owed, standing, at)

    async def _with_samples(self, alert: Alert) -> Alert:
        """Return an alert with sample texts of its window as it last fired, its copies counted, its gaps named."""
        rule = next((rule for rule in self.rules if rule.name == alert.rule), None)
        if self.gaps is not None and alert.mode == "live":
            until = alert.resolved_at or alert.updated_at
            gaps = await self.gaps(alert.window_from, until, alert.source)
            alert = msgspec.structs.replace(alert, gaps=tuple(gaps))
        if rule is None or rule.kind in UNHEARD or alert.state == "resolved":
            return alert
        start, end = window_of(rule, alert.window_to)
        danger = rule.kind == "urgent"
        samples = await self.counts.samples(alert.key, start, end, SAMPLES, rule.words, danger=danger)
        texts = await self.counts.texts(alert.key, start, end, rule.words, danger=danger)
        return msgspec.structs.replace(alert, samples=samples, distinct=copies_out(rule, texts))

    async def _sampled(self, decision: Decision, finding: Finding | None) -> Alert:
        """Return a replayed decision's alert, with sample texts when a notice goes out."""
        assert decision.alert is not None
        return await self._with_samples(decision.alert) if finding and decision.speaks else decision.alert

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
        made: dict[str, Alert] = {}
        new = steps = 0
        rules = [rule for rule in self.rules if rule.kind not in UNHEARD]
        for number, rule in enumerate(rules, start=1):
            run = await run_rule(rule, self.counts, ms(start), ms(end), self._sampled)
            steps += run.steps
            made |= run.alerts
            told = [
                notices(one.alert, one.decision.reason, self.outbox.names, rota=self.rota, link=self.link,
                        suppressed="" if notify else "backfill")
                for one in run.told
            ]  # fmt: skip
            told += [
                notices(alert, Reason.OPENED, (), rota=self.rota, link=self.link, suppressed="pending")
                for alert in run.unsaid
            ]
            await self.outbox.add([notice for some in told for notice in some])
            progress(number, len(rules))
        for alert in made.values():
            new += await self._keep(alert)
        ordered = tuple(sorted(made.values(), key=lambda alert: (alert.opened_at, alert.id)))
        return ReplayResult(alerts=ordered, new=new, steps=steps)

    async def _keep(self, alert: Alert) -> bool:
        """Store a replay's alert; what a person did to it stays. Returns whether it is new."""
        found = await self.store.get(alert.id)
        if found is None:
            await self.store.create(alert)
            return True
        there = found[0]
        kept = with_acts(alert, there)
        if kept != there:
            await self.store.put(kept, found[1])
        return False
