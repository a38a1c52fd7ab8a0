"""What stands before every page of one record: is it within reach, and may this person act on it.

A route that is not in `SCOPED` shows the whole city, and nobody who is limited to departments or counties passes: a new
page is closed to them until it says that it keeps to their reach. A record's page and its acts pass by `GATES`, so no
page can forget to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from alerts.accounts_users import User
from alerts.console.parts import ConsoleParts
from alerts.console.permissions import PUBLIC, SIGNED_IN
from alerts.reach import (
    FAR,
    WHOLE_CITY,
    by_units,
    covers,
    kept_out,
    limited,
    said,
    sees_alert,
    sees_consultation,
    sees_item,
    words_of,
)
from alerts.reports.kinds import KINDS
from alerts.review_reach import READING_FAR, sees_reading
from analyzers.places import counties
from streams.topics import OPINIONS, pattern

SCOPED: frozenset[str] = frozenset({
    "/", "/alerts", "/alerts/{id}", "/alerts/{id}/acknowledge", "/alerts/{id}/judge", "/alerts/{id}/consult",
    "/alerts/{id}/decline", "/alerts/{id}/assign", "/alerts/{id}/comment",
    "/consultations", "/consultations/{id}", "/consultations/{id}/{move}", "/opinions",
    "/opinions/{id}", "/opinions/{id}/correct", "/opinions/export/{form}", "/matters", "/matters/{id}",
    "/matters/{id}/merge", "/matters/{id}/split", "/searches", "/searches/{id}", "/searches/{id}/remove",
    "/reports", "/reports/daily", "/reports/{id}", "/reports/{id}/{form}", "/ledger", "/ledger/{id}",
    "/ledger/{id}/{move}", "/ledger/{id}/reply", "/ledger/export/{form}", "/replies", "/replies/{id}",
    "/replies/{id}/{move}",
    "/reviews", "/reviews/{id}", "/readings/{id}", "/readings/{id}/{move}",
    "/inspections", "/inspections/{id}", "/inspections/{id}/{move}",
})  # fmt: skip
"""Routes that keep to a person's reach by themselves or by a gate."""
BY_COUNTY = ("/opinions", "/matters", "/searches")
"""Where texts are found by county: closed to who is limited to departments, whom no text names."""

class Routed(Protocol):
    """A route as the table has it."""

    @property
    def method(self) -> str:
        """GET, or what changes something."""
        ...

    @property
    def path(self) -> str:
        """Its path, with holes."""
        ...

    @property
    def permission(self) -> str:
        """What it takes."""
        ...


class Gate(Protocol):
    """Stands before one kind of record."""

    async def __call__(self, parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
        """Return why a person can't see the record, or change it if he `acts`, in Chinese; nothing if he can."""
        ...


def far(user: User) -> str:
    """Return the reason why something out of reach is not shown."""
    return FAR.format(said(user, counties()))


async def alert(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let pass who reaches the alert and, to act, is not named in it."""
    if not limited(user) and not acts:
        return ""
    found = await parts.alerts.alert(identity)
    if found is None:
        return ""
    led = await parts.consultations.get(found.consultation) if by_units(user) and found.consultation else None
    if not sees_alert(user, found, [led] if led else []):
        return far(user)
    return kept_out(user, identity, words_of(found)) if acts else ""


async def consultation(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let pass who reaches the consultation and, to act, is not named in it nor in the alerts that led to it."""
    if not limited(user) and not acts:
        return ""
    found = await parts.consultations.get(identity)
    if found is None:
        return ""
    if not sees_consultation(user, found):
        return far(user)
    if not acts:
        return ""
    texts = words_of(found)
    for one in found.alert_ids:
        led = await parts.alerts.alert(one)
        texts += words_of(led) if led else []
        if led and any(known.subject == one and not known.cleared for known in user.recusals):
            return kept_out(user, one, ())
    return kept_out(user, identity, texts)


async def opinion(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let pass who reaches the text's county; who is limited to departments reads texts only in their matters."""
    del acts
    if not limited(user):
        return ""
    if by_units(user):
        return far(user)
    body = {"size": 1, "query": {"term": {"id": identity}}, "_source": ["county"]}
    hits = (await parts.documents.search(pattern(OPINIONS), body))["hits"]["hits"]
    return far(user) if hits and not covers(user, str(hits[0]["_source"].get("county", "")), ()) else ""


async def matter(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let pass who reaches the matter's county and, to act, is not named in its title."""
    if not limited(user) and not acts:
        return ""
    found = await parts.matters.get(identity) if parts.matters else None
    if found is None:
        return ""
    if not covers(user, found.county, ()):
        return far(user)
    return kept_out(user, identity, (found.title,)) if acts else ""


async def item(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let pass who reaches the ledger's item and, to act, is not named in it."""
    if not limited(user) and not acts:
        return ""
    found = await parts.ledger.get(identity)
    if found is None:
        return ""
    if not sees_item(user, found):
        return far(user)
    return kept_out(user, identity, words_of(found)) if acts else ""


async def reply(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let pass who reaches the item that the reply answers and, to act, is not named in it."""
    if not limited(user) and not acts:
        return ""
    found = await parts.replies.get(identity)
    return await item(parts, user, found.item, acts=acts) if found else ""


async def review(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let everybody pass to a round: its page shows each person the drawn replies that `reading` lets him see."""
    del parts, user, identity, acts
    return ""


async def reading(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let pass who may see the drawn reply and, to act, is not named in what was asked."""
    found = await parts.reviews.reading(identity)
    if found is None:
        return ""
    if not sees_reading(user, found):
        return READING_FAR
    if not acts:
        return ""
    return kept_out(user, found.id, (found.title, found.question)) or kept_out(user, found.item, ())


async def inspection(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let pass who reaches the unit of an inspection and, to act, is not named in it."""
    if not limited(user) and not acts:
        return ""
    found = await parts.inspections.get(identity) if parts.inspections else None
    if found is None:
        return ""
    if not covers(user, "", (found.unit,)):
        return far(user)
    return kept_out(user, identity, (found.title, found.text)) if acts else ""


async def report(parts: ConsoleParts, user: User, identity: str, *, acts: bool) -> str:
    """Let pass who reaches the consultation that a report is about; other reports are of the whole city."""
    del acts
    if not limited(user):
        return ""
    found = await parts.reports.report(identity)
    if found is None:
        return ""
    led = await parts.consultations.get(found.period) if about_matter(found.kind) else None
    return "" if led and sees_consultation(user, led) else whole_city(user)


def about_matter(kind: str) -> bool:
    """Say whether a kind of report is about one consultation, whose id is its period."""
    return kind in KINDS and KINDS[kind].of_day is None


def whole_city(user: User) -> str:
    """Return the reason why something of the whole city is not shown."""
    return WHOLE_CITY.format(said(user, counties()))


GATES: Mapping[str, Gate] = {
    "/alerts/{id}": alert, "/consultations/{id}": consultation, "/opinions/{id}": opinion, "/matters/{id}": matter,
    "/reports/{id}": report, "/ledger/{id}": item, "/replies/{id}": reply,
    "/reviews/{id}": review, "/readings/{id}": reading,
    "/inspections/{id}": inspection,
}  # fmt: skip
"""By the path of a record's page; what lies below it (its acts) passes by the same gate."""


def closed(user: User, path: str) -> str:
    """Return why a route (its path in the table) is closed to who is limited, whatever record it is asked for."""
    if limited(user) and path not in SCOPED:
        return whole_city(user)
    return far(user) if by_units(user) and path.startswith(BY_COUNTY) else ""


async def why_not(parts: ConsoleParts, user: User, row: Routed, given: Mapping[str, Any]) -> str:
    """Return why a person can't pass to a route, in Chinese, or nothing. given: the holes of the path."""
    path, acts = row.path, row.method != "GET"
    if row.permission in {PUBLIC, SIGNED_IN}:
        return ""
    if why := closed(user, path):
        return why
    for prefix, gate in GATES.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            return await gate(parts, user, str(given["id"]), acts=acts)
    return ""
