"""Carries out what `alerts.hush` decides: notices are stored, then the alerts are marked, all of a look in bulk.

An alert whose notices are not all stored still bears the occasion (`untold`); whoever starts next tells of it, by the
same ids. Who is spoken for is marked before who speaks, so that a death in between never lets anybody speak twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping, Sequence

import msgspec

from alerts.alert import Alert
from alerts.duty import Shift
from alerts.escalation import begun
from alerts.hush import SPOKEN, TOGETHER, Digest, Scene, Telling, ends, marked, released, tellings
from alerts.hush_bounds import Bounds
from alerts.manager import DEFAULT, Reason
from alerts.notices import Notice
from alerts.outbox import Outbox
from alerts.rota import Rota
from alerts.silences import BEFORE_END_MS, Silence, Silences, about_to_end, ending
from alerts.store import Alerts, Standing
from alerts.telling import digest_id, digest_notices, notices

SAMPLED_MOST = 50
"""So many alerts of a look that are not told by a notice of their own get sample texts for the console."""
Sampled = Callable[[Alert], Awaitable[Alert]]
Change = Callable[[str, Callable[[Alert], Alert]], Awaitable[Standing]]
Counted = Callable[[str, str, int], None]
log = logging.getLogger("huiying.alerts")


class Teller:
    """What is told of alerts: judged, stored as notices, and marked."""

    def __init__(
        self,
        store: Alerts,
        outbox: Outbox,
        *,
        sampled: Sampled,
        change: Change,
        silences: Silences | None = None,
        bounds: Bounds = DEFAULT,
        rota: tuple[Shift, ...] | Rota = (),
        link: str = "",
        counted: Counted = lambda _what, _reason, _count: None,
    ) -> None:
        """Keep the parts.

        sampled: gives an alert its sample texts; change: stores one alert anew over whoever else writes; counted: hears
        what became of how many occasions and why.
        """
        self.store, self.outbox, self.silences, self.bounds = store, outbox, silences, bounds
        self.rota, self.link, self.counted = rota, link, counted
        self._sampled, self._change = sampled, change
        self._now: tuple[Silence, ...] = ()
        self._announced: set[tuple[str, int]] = set()
        self._stirred = False
        self.wake = 0
        self.inhibits: Mapping[str, tuple[str, ...]] = {}

    async def look(self, at: int) -> bool:
        """Read the silences; say whether anything may have to be told though no post came. Raises Unavailable."""
        found = tuple(await self.silences.list(at)) if self.silences else ()
        self._stirred |= found != self._now or bool(self.wake and at >= self.wake)
        self._now = found
        return self._stirred

    async def owed(self, pending: Sequence[Standing], standing: MutableMapping[str, Standing], at: int) -> None:
        """Tell of alerts that bear an occasion; `standing` is kept as they stand then. Raises Unavailable."""
        if not pending:
            return
        self._stirred = True  # what is held by somebody else's look is looked at in the watcher's own
        scene = await self.scene(standing, at, {alert.id for alert, _ in pending})
        judged = tellings([(alert, Reason(alert.untold)) for alert, _ in pending], scene)
        versions = {alert.id: (alert, version) for alert, version in pending}
        await self._carry_out(judged, ends(judged, self.bounds, at), versions, standing, at)

    async def release(self, standing: MutableMapping[str, Standing], at: int, resting: Collection[str] = ()) -> None:
        """Tell of alerts that were held and need be no longer, and of silences that end soon. Raises Unavailable.

        resting: ids of open alerts that do not fire at the moment; they speak only in a summary, or when they fire.
        """
        held = {
            id_: one for id_, one in standing.items()
            if one[0].held and one[0].state != "resolved" and (id_ not in resting or one[0].held in TOGETHER)
        }  # fmt: skip
        if held:
            spoken = await self._spoken(alert for alert, _ in held.values())
            scene = await self.scene(standing, at, set())
            judged, digests = released([alert for alert, _ in held.values()], scene, spoken)
            await self._carry_out(judged, digests, held, standing, at)
        await self._announce(standing, at)
        self.wake, self._stirred = self._next(standing, at), False

    async def scene(self, standing: Mapping[str, Standing], at: int, but: set[str]) -> Scene:
        """Return what stands, and how many single notices went out lately, but for these alerts."""
        told = 0
        if self.bounds.flood_most and self.outbox.names:
            since = at - self.bounds.flood_window
            lately = await self.outbox.notices.lately(self.outbox.names[0], since)
            told = sum(1 for alert in lately if alert not in but)
        open_ = (alert for alert, _ in standing.values())
        return Scene(self.bounds, self._now, open_, at, told=told, inhibits=self.inhibits)

    async def _spoken(self, held: Iterable[Alert]) -> set[tuple[str, int]]:
        """Return the holds whose one notice is stored already."""
        names = self.outbox.names
        found = set()
        for reason, until in {(alert.held, alert.held_until) for alert in held if alert.held_until}:
            if names and await self.outbox.notices.get(digest_id(reason, until, names[0])) is not None:
                found.add((reason, until))
        return found

    async def _carry_out(
        self,
        judged: Sequence[Telling],
        digests: Sequence[Digest],
        versions: Mapping[str, Standing],
        standing: MutableMapping[str, Standing],
        at: int,
    ) -> None:
        judged = await self._with_samples(judged)
        judged, digests, versions = await self._begun(judged, digests, versions, at)
        stored: list[Notice] = []
        for one in judged:
            stored += notices(
                one.alert, one.occasion, self.outbox.names, rota=self.rota, link=self.link, at=at,
                suppressed="" if one.verdict.what == "tell" else one.verdict.reason,
                others=one.others,
            )  # fmt: skip
        whole = [one for found in digests for one in found.tellings]
        for found in digests:
            stored += digest_notices(found, self.outbox.names, at=at, rota=self.rota, link=self.link)
        for one in whole:
            stored += notices(one.alert, one.occasion, (), rota=self.rota, link=self.link, at=at, suppressed="digest")
        await self.outbox.add(sorted(stored, key=lambda notice: notice.state != "pending"))
        await self._mark([*judged, *whole], versions, standing, at)
        self._say([*judged, *whole], digests)

    async def _begun(
        self, judged: Sequence[Telling], digests: Sequence[Digest], versions: Mapping[str, Standing], at: int
    ) -> tuple[Sequence[Telling], Sequence[Digest], Mapping[str, Standing]]:
        """Store whom the first level of escalation is, before the notices that go there: a restart tells the same."""
        heard = [one.alert for one in judged if one.verdict.what == "tell" or one.verdict.reason in SPOKEN]
        heard += [one.alert for found in digests for one in found.tellings]
        changed = [after for alert in heard if (after := begun(alert, self.rota, at)) != alert]
        if not changed:
            return judged, digests, versions
        saved = await self.store.save([(alert, versions[alert.id][1]) for alert in changed])
        now: dict[str, Standing] = {}
        for alert, version in zip(changed, saved, strict=True):
            if version is None:
                now[alert.id] = await self._change(alert.id, lambda there: begun(there, self.rota, at))
            else:
                now[alert.id] = (alert, version)

        def fresh(alert: Alert) -> Alert:
            return now[alert.id][0] if alert.id in now else alert

        replace = msgspec.structs.replace
        told = [replace(one, alert=fresh(one.alert), others=tuple(map(fresh, one.others))) for one in judged]
        spoken = [replace(found, members=tuple(map(fresh, found.members))) for found in digests]
        return told, spoken, {**versions, **now}

    async def _with_samples(self, judged: Sequence[Telling]) -> list[Telling]:
        """Give sample texts to who speaks, and to some of the others, for whoever looks at the console."""
        room = SAMPLED_MOST
        found: list[Telling] = []
        for one in judged:
            if one.verdict.what == "tell" or (one.occasion is not Reason.RESOLVED and room > 0):
                room -= one.verdict.what != "tell"
                found.append(one.of(await self._sampled(one.alert)))
            else:
                found.append(one)
        return found

    async def _mark(
        self,
        judged: Sequence[Telling],
        versions: Mapping[str, Standing],
        standing: MutableMapping[str, Standing],
        at: int,
    ) -> None:
        ordered = sorted(judged, key=lambda one: ("drop", "hold", "tell").index(one.verdict.what))
        after = [marked(one.alert, one.occasion, one.verdict, at) for one in ordered]
        kept = await self.store.save([(alert, versions[alert.id][1]) for alert in after])
        for one, alert, version in zip(ordered, after, kept, strict=True):
            if version is not None:
                standing[alert.id] = (alert, version)
            else:
                standing[alert.id] = await self._change(alert.id, lambda now, one=one: _over(now, one, at))  # type: ignore[misc]
            if standing[alert.id][0].state == "resolved":
                del standing[alert.id]

    def _say(self, judged: Sequence[Telling], digests: Sequence[Digest]) -> None:
        for (what, reason), count in Counter((one.verdict.what, one.verdict.reason) for one in judged).items():
            self.counted(what, reason, count)
            if what != "tell":
                log.info("%s: %d occasions, %s", what, count, reason)
        for one in judged:
            if one.verdict.what == "tell":
                log.info("%s: %s %s", one.occasion, one.alert.title, one.alert.reason)
        for found in digests:
            log.info("one notice over %d alerts: %s", len(found.members), found.reason)

    async def _announce(self, standing: Mapping[str, Standing], at: int) -> None:
        """Say of each silence once that it ends soon, and what will speak again then."""
        for silence in self._now:
            name = (silence.id, silence.ends)
            if silence.ended_by or name in self._announced or not about_to_end(silence, at):
                continue
            hushed = [alert for alert, _ in standing.values() if alert.held == "silenced" and silence.covers(alert, at)]
            await self.outbox.add(ending(silence, hushed, self.outbox.names, at))
            self._announced.add(name)

    def _next(self, standing: Mapping[str, Standing], at: int) -> int:
        """Return when something must be looked at again though no post came; 0 for never."""
        moments = [alert.held_until for alert, _ in standing.values() if alert.held]
        for one in self._now:
            moments += [one.starts, one.ends, max(one.ends - BEFORE_END_MS, (one.starts + one.ends) // 2)]
        return min((moment for moment in moments if moment > at), default=0)


def _over(now: Alert, one: Telling, at: int) -> Alert:
    """Return an alert that somebody else wrote meanwhile, marked; one that bears another occasion stays as it is."""
    if now.untold != one.alert.untold or now.held != one.alert.held:
        return now
    return marked(now, one.occasion, one.verdict, at)
