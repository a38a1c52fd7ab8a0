"""Carries out what `alerts.escalation` decides: a level is stored on its alert, then told like any other occasion.

An alert bears its level as the occasion that is still to be told until its notices are stored, so a death in between is
made good by the next start, with the same people. Who signs writes the same record: only one of the two can win.
"""

from __future__ import annotations

import logging

from alerts.alert import Alert
from alerts.escalation import escalated, next_due, steps_of
from alerts.manager import Reason
from alerts.rota import Rota
from alerts.store import Alerts, Standing
from alerts.teller import Teller

LOOK_MS = 60_000
"""The open alerts are read so often at least: the rota and signatures change without a word to us."""
log = logging.getLogger("huiying.alerts")


class Climbing:
    """Alerts on their way higher up."""

    def __init__(self, store: Alerts, teller: Teller) -> None:
        """Keep the alerts and who tells."""
        self._store, self._teller = store, teller
        self._looked = self._wake = 0

    async def look(self, at: int) -> int:
        """Tell what is due at a moment (ms UTC); return how many levels were taken. Raises Unavailable."""
        rota = self._teller.rota
        if isinstance(rota, tuple) or not rota.steps:
            return 0
        if 0 <= at - self._looked < LOOK_MS and not 0 < self._wake <= at:
            return 0
        await self._teller.look(at)
        standing = {alert.id: (alert, version) for alert, version in await self._store.open("live")}
        taken = await self._climb(rota, standing, at)
        self._wake = min((due for alert, _ in standing.values() if (due := next_due(alert, rota)) > at),
                         default=0)  # what is held is looked at again in a minute
        self._looked = at
        return taken

    async def _climb(self, rota: Rota, standing: dict[str, Standing], at: int) -> int:
        due = [one for one in standing.values() if steps_of(rota, one[0].level) and 0 < next_due(one[0], rota) <= at]
        if not due:
            return 0
        scene = await self._teller.scene(standing, at, set())
        ready = [one for one in due if scene.judge(one[0], Reason.ESCALATED).what == "tell"]
        after = [(escalated(alert, rota, at), version) for alert, version in ready]
        saved = await self._store.save(after)
        owed: list[Standing] = []
        for (alert, _), version in zip(after, saved, strict=True):
            if version is None:
                continue  # somebody signed, or the rules moved it on: it is looked at again
            standing[alert.id] = (alert, version)
            _say(alert, at)
            if alert.untold:
                owed.append(standing[alert.id])
        await self._teller.owed(owed, standing, at)
        return sum(version is not None for version in saved)


def _say(alert: Alert, at: int) -> None:
    for rung in alert.ladder:
        if rung.at == at and rung.round == alert.round:
            people = "、".join(one.name for one in rung.people)
            log.info("escalation of %s, step %d: %s %s", alert.id, rung.step + 1, rung.why, people)
