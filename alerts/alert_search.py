"""What the list of alerts asks for: a search as a value, what it matches, and its body for Elasticsearch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from alerts.accounts_users import User
from alerts.alert import Alert
from alerts.consultation import Consultation
from alerts.reach import by_units, units_in

NOT_HELD = frozenset({"", "proposed", "declined"})
"""What stands in an alert's `consultation` while none is held; else it is the consultation's id."""
OPEN_FIRST = {"constant_score": {"filter": {"bool": {"must_not": [{"term": {"state": "resolved"}}]}}}}
"""Scores open alerts 1 and resolved ones 0. A script could sort so too, but not every Elasticsearch runs scripts."""
COUNTIES = 1000
UNSIGNED = "unsigned"
"""Asks for what nobody signed, whether it still fires or was over before anybody did."""
_OVER: dict[str, Any] = {"bool": {"filter": [{"term": {"state": "resolved"}}, {"term": {"acknowledged_at": 0}}]}}
_UNSIGNED: dict[str, Any] = {"bool": {"should": [{"term": {"state": "firing"}}, _OVER], "minimum_should_match": 1}}


class AlertSearch(Struct, frozen=True, kw_only=True):
    """A search; an empty filter lets everything pass.

    state: one of an alert, or UNSIGNED; consult: proposed, declined, or open for one that is held; counties, held: who
    asks reaches only these counties' alerts, and only those that led to these consultations (None: any); skip, size:
    which of the found rows.
    """

    mode: str = "live"
    state: str = ""
    level: str = ""
    consult: str = ""
    county: str = ""
    text: str = ""
    counties: tuple[str, ...] = ()
    held: tuple[str, ...] | None = None
    skip: int = 0
    size: int = 100

    def reaches(self, alert: Alert) -> bool:
        """Say whether an alert is of this mode and within reach."""
        return (
            alert.mode == self.mode
            and (not self.counties or alert.county in self.counties)
            and (self.held is None or alert.consultation in self.held)
        )

    def matches(self, alert: Alert) -> bool:
        """Say whether an alert that is within reach passes the filters."""
        asked_for = alert.consultation not in NOT_HELD if self.consult == "open" else alert.consultation == self.consult
        return (
            (not self.state or (unsigned(alert) if self.state == UNSIGNED else alert.state == self.state))
            and (not self.level or alert.level == self.level)
            and (not self.consult or asked_for)
            and (not self.county or alert.county == self.county)
            and (not self.text or self.text in f"{alert.title} {alert.reason}")
        )


def unsigned(alert: Alert) -> bool:
    """Say whether nobody signs for an alert, or nobody did before it was over."""
    return alert.state == "firing" or (alert.state == "resolved" and not alert.acknowledged_at)


class AlertPage(Struct, frozen=True, kw_only=True):
    """Rows of a page, open alerts first, then by their last change; how many match; those within reach by state.

    unsigned: how many within reach nobody signed for, those that are over too.
    """

    rows: tuple[Alert, ...]
    total: int
    states: dict[str, int]
    unsigned: int
    counties: tuple[str, ...]


def reach_of(user: User, led: Sequence[Consultation]) -> dict[str, Any]:
    """Return the fields of a search that keep it to a user's reach, the same that `alerts.reach.sees_alert` judges."""
    if not by_units(user):
        return {"counties": user.counties}
    return {"counties": user.counties, "held": tuple(c.id for c in led if set(user.units) & units_in(c))}


def paged(found: Iterable[Alert], asked: AlertSearch) -> AlertPage:
    """Return what a search finds among alerts."""
    near = [alert for alert in found if asked.reaches(alert)]
    rows = sorted(filter(asked.matches, near), key=lambda a: (a.state == "resolved", -a.updated_at, a.id))
    states: dict[str, int] = {}
    for alert in near:
        states[alert.state] = states.get(alert.state, 0) + 1
    return AlertPage(
        rows=tuple(rows[asked.skip : asked.skip + asked.size]), total=len(rows), states=states,
        unsigned=sum(map(unsigned, near)),
        counties=tuple(sorted({alert.county for alert in near if alert.county})),
    )  # fmt: skip


def body(asked: AlertSearch) -> dict[str, Any]:
    """Return the search's body, but for its text, which is not indexed; the counts are of all within reach."""
    near: list[dict[str, Any]] = [{"term": {"mode": asked.mode}}]
    if asked.counties:
        near.append({"terms": {"county": list(asked.counties)}})
    if asked.held is not None:
        near.append({"terms": {"consultation": list(asked.held)}})
    chosen: list[dict[str, Any]] = [_UNSIGNED] if asked.state == UNSIGNED else []
    exact = {"state": "" if chosen else asked.state, "level": asked.level, "county": asked.county}
    chosen += [{"term": {name: value}} for name, value in exact.items() if value]
    if asked.consult == "open":
        chosen.append({"bool": {"must_not": [{"terms": {"consultation": sorted(NOT_HELD)}}]}})
    elif asked.consult:
        chosen.append({"term": {"consultation": asked.consult}})
    found: dict[str, Any] = {
        "from": asked.skip, "size": asked.size, "track_total_hits": True,
        "query": {"bool": {"filter": near, "should": [OPEN_FIRST]}},
        "sort": [{"_score": "desc"}, {"updated_at": "desc"}, {"id": "asc"}],
        "aggs": {
            "states": {"terms": {"field": "state", "size": 20}},
            "unsigned": {"filter": _UNSIGNED},
            "counties": {"terms": {"field": "county", "size": COUNTIES}},
        },
    }  # fmt: skip
    if chosen:
        found["post_filter"] = {"bool": {"filter": chosen}}
    return found
