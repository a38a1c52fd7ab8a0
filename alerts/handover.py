"""交接班: what one officer leaves to the next at the end of a shift, as a frozen value that both sign.

The system makes it when a shift at the main post ends and somebody else follows. It is only ever added to: notes, who
takes which open item, and two signatures by two people; what the outgoing officer signed is kept as it was then.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from alerts.moves import Step
from alerts.rota import Rota
from alerts.rota_who import Span, spans
from streams.clock import beijing
from streams.records import digest

STATES: dict[str, str] = {"open": "待交班签字", "handed": "待接班签字", "done": "已交接"}
KINDS: dict[str, str] = {"alert": "预警", "consultation": "会商", "ledger": "台账"}
POST = "main"
"""Whose shifts are handed over: the officer's; a deputy and a leader hand nothing over."""
HOUR_MS = 3_600_000
BACK_MS = 6 * HOUR_MS
"""A shift that ended longer ago, as before the product was set up, makes no handover."""
AHEAD_MS = 24 * HOUR_MS
"""Where a post is empty after a shift, whoever comes within a day takes over."""


class Item(Struct, frozen=True, kw_only=True):
    """Something that is not finished: what, since when (ms UTC), how it stands in words, whose it is (username)."""

    id: str
    kind: str
    title: str
    since: int
    said: str
    owner: str = ""
    link: str = ""


class Facts(Struct, frozen=True, kw_only=True):
    """What the system knew at a moment (ms UTC): open items, and lines on everything else that the next one needs.

    clocks: limits of consultations; ledger: what is due or overdue; silences: that run; failing: channels and sources;
    closed: what was finished in the shift.
    """

    at: int
    items: tuple[Item, ...] = ()
    clocks: tuple[str, ...] = ()
    ledger: tuple[str, ...] = ()
    silences: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


class Note(Struct, frozen=True, kw_only=True):
    """What somebody wrote for the other, masked; at: ms UTC."""

    text: str
    by: str
    at: int


class Handover(Struct, frozen=True, kw_only=True):
    """One handover. Times are ms UTC, 0 for not yet; names: of people, by username; receivers: by the item's id.

    facts: as the system made it; signed: as the outgoing officer signed it.
    """

    id: str
    outgoing: str
    incoming: str
    since: int
    until: int
    made_at: int
    facts: Facts
    updated_at: int = 0
    names: dict[str, str] = {}
    state: str = "open"
    receivers: dict[str, str] = {}
    notes: tuple[Note, ...] = ()
    signed: Facts | None = None
    outgoing_signed: str = ""
    outgoing_at: int = 0
    incoming_signed: str = ""
    incoming_at: int = 0
    steps: tuple[Step, ...] = ()

    @property
    def revision(self) -> int:
        """How many moves were made."""
        return len(self.steps)

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{beijing(self.since):%m月%d日 %H:%M}—{beijing(self.until):%m月%d日 %H:%M} 班次交接"

    @property
    def open(self) -> bool:
        """Whether a signature lacks."""
        return self.state != "done"

    def name(self, person: str) -> str:
        """Return what somebody is called."""
        return self.names.get(person, person)

    def receiver(self, item: Item) -> str:
        """Return who has an item after this shift, empty for nobody yet: whom it was given, or who has it already."""
        own = item.owner == self.outgoing or item.owner.startswith(f"{self.name(self.outgoing)}（")  # by a link
        kept = "" if own else item.owner
        return self.receivers.get(item.id, kept)

    def missing(self, facts: Facts) -> tuple[Item, ...]:
        """Return the open items of this shift that nobody receives."""
        return tuple(item for item in facts.items if item.since < self.until and not self.receiver(item))


class Ended(Struct, frozen=True, kw_only=True):
    """A shift that ended: whose it was, from when to when (ms UTC), and who follows; empty if nobody does."""

    person: str
    since: int
    until: int
    next: str

    @property
    def id(self) -> str:
        """The id of its handover, from its content."""
        return digest("handover", POST, self.person, str(self.until))


def ended(rota: Rota, now: int) -> list[Ended]:
    """Return the shifts that ended lately and go to somebody else. Raises Misconfigured for a year without calendar."""
    found = [one for one in spans(rota, now - 7 * AHEAD_MS, now + AHEAD_MS) if one.post == POST and one.person]
    done = [one for one in found if now - BACK_MS <= one.until <= now]
    return [
        Ended(person=one.person, since=_since(found, one), until=one.until, next=follows)
        for one in done
        if (follows := _follows(found, one.person, one.until)) != one.person
    ]


def _follows(found: Sequence[Span], person: str, until: int) -> str:
    """Return who is there from a moment on: the same person if he goes on, else whoever comes first."""
    there = [one for one in found if one.since <= until < one.until]
    if any(one.person == person for one in there):
        return person
    later = sorted((one for one in found if one.since >= until), key=lambda one: (one.since, one.person))
    return there[0].person if there else (later[0].person if later else "")


def _since(found: Sequence[Span], last: Span) -> int:
    """Return when somebody's stretch began that ends with a span: pieces that follow each other are one shift."""
    since = last.since
    while before := [one for one in found if one.person == last.person and one.until == since]:
        since = min(one.since for one in before)
    return since


def made(shift: Ended, facts: Facts, rota: Rota, now: int) -> Handover:
    """Return the handover of a shift as the system makes it."""
    names = {key: one.name for key, one in rota.people.items()}
    return Handover(
        id=shift.id, outgoing=shift.person, incoming=shift.next, since=shift.since, until=shift.until, made_at=now,
        updated_at=now, facts=facts, names=names,
        steps=(Step(number=1, move="made", by="system", role="", at=now, state="open"),),
    )  # fmt: skip
