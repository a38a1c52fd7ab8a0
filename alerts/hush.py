"""Whether an occasion is told now, waits, or is kept back, always with a reason: plain functions of values and `at`.

In this order: what is over or flaps is kept back; then danger to life and 重大 pass; silences, wider alerts, quiet
hours and groups hold the rest; last, so many notices in so much time go out one by one, the others together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from alerts.alert import Alert, rank
from alerts.evaluate import bucket
from alerts.hush_bounds import MINUTE, Bounds, quiet_end
from alerts.manager import PERSONAL, Reason
from alerts.rule_bounds import inhibited as by_rules
from alerts.silences import Silence, urgent

TOGETHER = frozenset({"flood", "quiet_hours"})
"""Holds that end in one notice over all alerts that were held."""
SPOKEN = frozenset({"grouped", "digest", "flood_ends"})
"""Why there is no notice of its own though people were told: another notice spoke."""
Group = tuple[str, str, str, str]


class Verdict(Struct, frozen=True):
    """What becomes of an occasion. reason: a key of `alerts.notices.SUPPRESSED`; until: when a hold ends by itself."""

    what: Literal["tell", "hold", "drop"]
    reason: str = ""
    until: int = 0


class Telling(Struct, frozen=True, kw_only=True):
    """An alert, the occasion to tell of, the verdict, and for a notice that speaks for a group: the group's others."""

    alert: Alert
    occasion: Reason
    verdict: Verdict
    others: tuple[Alert, ...] = ()

    def of(self, alert: Alert) -> Telling:
        """Return the same of an alert that has more by now."""
        return msgspec.structs.replace(self, alert=alert)


def group_of(alert: Alert) -> Group:
    """Return what groups alerts: the same event, or the same topic and county (and source, where a rule counts it)."""
    if alert.phrase:
        return ("", "", "", alert.phrase)
    return (alert.topic, alert.county, alert.source, "" if alert.topic or alert.county or alert.source else alert.id)


def is_hint(alert: Alert) -> bool:
    """Say whether an alert only asks a person to look: its bound is a share."""
    return 0 < alert.bound < 1


def never_told(alert: Alert) -> bool:
    """Say whether people never heard of an alert, because it was held or kept back."""
    return not alert.told_at and bool(alert.held or alert.told_by)


def marked(alert: Alert, occasion: Reason, verdict: Verdict, at: int) -> Alert:
    """Return an alert on which it is written what became of an occasion; nothing is owed any more."""
    replace = msgspec.structs.replace
    if occasion in PERSONAL:  # what the others know of it, or are still to know, is not touched
        return replace(alert, untold="")
    if verdict.what == "hold":
        return replace(alert, untold="", held=verdict.reason, held_until=verdict.until, held_for=str(occasion))
    heard = verdict.what == "tell" or verdict.reason in SPOKEN
    return replace(
        alert, untold="", held="", held_until=0, held_for="", told_at=at if heard else alert.told_at,
        told_by=verdict.reason,
    )  # fmt: skip


def first_to_tell(alert: Alert) -> tuple[bool, int, float, int, str]:
    """Return the order of telling: danger, then level, then size, then age."""
    return (not alert.danger, -rank(alert.level), -alert.value, alert.opened_at, alert.id)


class Scene:
    """What is standing at a moment: the silences, the wider alerts, what each group and everybody heard lately."""

    def __init__(
        self,
        bounds: Bounds,
        silences: Sequence[Silence],
        standing: Iterable[Alert],
        at: int,
        *,
        told: int = 0,
        inhibits: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """Look at the open alerts once. told: how many single notices went out within the flood's window.

        inhibits: by which rules a rule is inhibited.
        """
        self.inhibits, self.by_rule = inhibits or {}, dict[str, list[Alert]]()
        self.bounds, self.at = bounds, at
        self.silences = [one for one in silences if one.starts <= at < one.ends]
        self.cities: dict[str, Alert] = {}
        self.grave: set[tuple[str, str]] = set()
        self.groups: dict[Group, int] = {}
        self.told = told
        self._seen: set[str] = set()
        for alert in standing:
            self.add(alert)

    def add(self, alert: Alert) -> None:
        """Count an open alert in."""
        if alert.state == "resolved" or alert.id in self._seen:
            return
        self._seen.add(alert.id)
        if alert.topic and not alert.county and not alert.source and not is_hint(alert) and not alert.held:
            before = self.cities.get(alert.topic)
            if before is None or rank(before.level) < rank(alert.level):
                self.cities[alert.topic] = alert
        if urgent(alert) and not is_hint(alert):
            self.grave.add((alert.topic, alert.county))
        if alert.told_at:
            self.by_rule.setdefault(alert.rule, []).append(alert)
            self.groups[group_of(alert)] = max(self.groups.get(group_of(alert), 0), alert.told_at)

    def inhibited(self, alert: Alert) -> bool:
        """Say whether a wider or graver alert speaks already: the city's for a county's, a grave one for a hint."""
        city = self.cities.get(alert.topic) if alert.topic else None
        if city is not None and alert.county and rank(city.level) >= rank(alert.level):
            return True
        if by_rules(alert, self.inhibits.get(alert.rule, ()), self.by_rule):
            return True
        return is_hint(alert) and bool({(alert.topic, alert.county), ("", alert.county)} & self.grave)

    def judge(self, alert: Alert, occasion: Reason) -> Verdict:  # noqa: C901, PLR0911 - one return for each reason
        """Judge one occasion but for the flood, which depends on what else is told."""
        bounds, at = self.bounds, self.at
        flaps = bool(bounds.flap_times) and alert.flaps >= bounds.flap_times
        if occasion is Reason.RESOLVED:
            return self._end(alert, flaps=flaps)
        if occasion is Reason.ESCALATED and alert.state != "firing":
            return Verdict("drop", "acknowledged")
        if urgent(alert):
            return Verdict("tell")
        if not alert.told_at and alert.last_firing_at < alert.pending_until:
            return Verdict("hold", "pending", alert.pending_until)
        if flaps and (alert.flaps > bounds.flap_times or occasion not in {Reason.OPENED, Reason.ESCALATED}):
            return Verdict("drop", "flapping")
        if any(silence.covers(alert, at) for silence in self.silences):
            return Verdict("hold", "silenced")
        if self.inhibited(alert):
            return Verdict("hold", "inhibited")
        morning = quiet_end(bounds, at) if alert.level in bounds.quiet_levels else 0
        if morning:
            return Verdict("hold", "quiet_hours", morning)
        if occasion is Reason.OPENED:
            wait = max(alert.opened_at + bounds.group_wait, self._heard(alert) + bounds.group_interval)
            if at < wait:
                return Verdict("hold", "grouping", wait)
        return Verdict("tell")

    def _heard(self, alert: Alert) -> int:
        """Return when the alert's group was last told of, long ago if never."""
        return self.groups.get(group_of(alert), -self.bounds.group_interval)

    def _end(self, alert: Alert, *, flaps: bool) -> Verdict:
        if never_told(alert):
            return Verdict("drop", "never_told")
        if alert.told_by == "digest":
            return Verdict("drop", "flood_ends")
        if urgent(alert):
            return Verdict("tell")
        if flaps:
            return Verdict("drop", "flapping")
        if any(silence.covers(alert, self.at) for silence in self.silences):
            return Verdict("drop", "silenced")
        return Verdict("tell")

    def flooded(self, alert: Alert, occasion: Reason) -> Verdict | None:
        """Count one more notice that goes out by itself, or hold it, if there were enough of them lately.

        What is held speaks at the end of the window with all the others; danger and 重大 within a minute. An end does
        not wait: the ends of a window are told together.
        """
        bounds = self.bounds
        if not bounds.flood_most or self.told < bounds.flood_most:
            self.told += 1
            return None
        if occasion is Reason.RESOLVED:
            return Verdict("drop", "flood_ends")
        span = min(MINUTE, bounds.flood_window) if urgent(alert) else bounds.flood_window
        return Verdict("hold", "flood", bucket(self.at, span) + span)


def tellings(pending: Iterable[tuple[Alert, Reason]], scene: Scene) -> list[Telling]:
    """Judge occasions together, the gravest first, ends last: one group speaks once, and no more than is allowed."""
    ordered = sorted(pending, key=lambda one: (one[1] is Reason.RESOLVED, first_to_tell(one[0])))
    for alert, _ in ordered:
        scene.add(alert)
    judged: list[Telling] = []
    groups: dict[tuple[Group, bool], list[tuple[Alert, Reason]]] = {}
    for alert, given in ordered:
        if given in PERSONAL:  # to one person: no group, and no flood
            judged.append(Telling(alert=alert, occasion=given, verdict=Verdict("tell")))
            continue
        occasion = Reason.OPENED if never_told(alert) and given is not Reason.RESOLVED else given
        verdict = scene.judge(alert, occasion)
        if verdict.what == "tell":
            groups.setdefault((group_of(alert), occasion is Reason.RESOLVED), []).append((alert, occasion))
        else:
            judged.append(Telling(alert=alert, occasion=occasion, verdict=verdict))
    for members in groups.values():
        judged += _together(members, scene)
    return judged


def _together(members: Sequence[tuple[Alert, Reason]], scene: Scene) -> list[Telling]:
    """Return what becomes of one group: its gravest speaks for those that are no danger; danger speaks for itself."""
    alert, occasion = members[0]
    held = scene.flooded(alert, occasion)
    if held is not None:
        return [Telling(alert=one, occasion=why, verdict=held) for one, why in members]
    followers = [one for one in members[1:] if not urgent(one[0])]
    rest = [one for one in members[1:] if urgent(one[0])]
    others = tuple(other for other, _ in followers)
    return [
        Telling(alert=alert, occasion=occasion, verdict=Verdict("tell"), others=others),
        *(Telling(alert=one, occasion=why, verdict=Verdict("drop", "grouped")) for one, why in followers),
        *(_together(rest, scene) if rest else []),
    ]


class Digest(Struct, frozen=True, kw_only=True):
    """One notice over alerts that were held together, or ended together; `until` and `reason` name it."""

    reason: str
    until: int
    members: tuple[Alert, ...]

    @property
    def tellings(self) -> list[Telling]:
        """What is written of each member: that this notice spoke; of ends it is written already."""
        if self.reason not in TOGETHER:
            return []
        return [
            Telling(alert=one, occasion=Reason(one.held_for or Reason.OPENED), verdict=Verdict("drop", "digest"))
            for one in self.members
        ]


def ends(judged: Iterable[Telling], bounds: Bounds, at: int) -> list[Digest]:
    """Return the notices over ends that are not told singly: one a rule and window, so that they are few too.

    Whoever ends later in the same window is not named: the notice says that the console has the rest.
    """
    found: dict[str, list[Alert]] = {}
    for one in judged:
        if one.verdict == Verdict("drop", "flood_ends"):
            found.setdefault(one.alert.rule, []).append(one.alert)
    window = bucket(at, bounds.flood_window)
    return [
        Digest(reason=f"ends-{rule}", until=window, members=tuple(sorted(members, key=first_to_tell)))
        for rule, members in sorted(found.items())
    ]


def released(
    held: Iterable[Alert], scene: Scene, spoken: Collection[tuple[str, int]] = ()
) -> tuple[list[Telling], list[Digest]]:
    """Judge the alerts that were held: what is told now by itself, what together, and what is held for another reason.

    Who signed meanwhile needs no notice. What stays as it is, is not returned. spoken: the holds whose one notice is
    stored already, because somebody died before the alerts were marked.
    """
    single: list[Telling] = []
    speak: list[tuple[Alert, Reason]] = []
    together: dict[tuple[str, int], list[Alert]] = {}
    for alert in held:
        occasion = Reason(alert.held_for or Reason.OPENED)
        if (alert.held, alert.held_until) in spoken:
            single.append(Telling(alert=alert, occasion=occasion, verdict=Verdict("drop", "digest")))
            continue
        if alert.state == "acknowledged":
            single.append(Telling(alert=alert, occasion=occasion, verdict=Verdict("drop", "acknowledged")))
            continue
        if scene.at < alert.held_until and (alert.held == "flood" or not urgent(alert)):
            continue
        verdict = scene.judge(alert, occasion)
        if verdict.what == "tell" and alert.held in TOGETHER:
            together.setdefault((alert.held, alert.held_until), []).append(alert)
        elif verdict.what == "tell":
            speak.append((alert, occasion))
        elif verdict.reason != alert.held:
            single.append(Telling(alert=alert, occasion=occasion, verdict=verdict))
    digests: list[Digest] = []
    for (reason, until), members in sorted(together.items()):
        if len(members) == 1:
            speak.append((members[0], Reason(members[0].held_for or Reason.OPENED)))
        else:
            ordered = tuple(sorted(members, key=first_to_tell))
            digests.append(Digest(reason=reason, until=until, members=ordered))
    return [*single, *tellings(speak, scene)], digests
