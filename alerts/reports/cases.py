"""What reports need of the ledger's items: one small value each, as it stood at a cut-off, however often reopened.

An item is counted as of a cut-off, not as of today: two spans are compared with the same time left to answer in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from msgspec import Struct

from alerts.ledger import Pause, Round
from alerts.reports.periods import Window
from streams.elastic import Elastic
from streams.topics import LEDGER

READ = 2_000
"""Items read at a time."""


class Said(Struct, frozen=True, kw_only=True):
    """A reply without its text: where the asker has it, and whether it ended the handling."""

    channel: str = ""
    final: bool = False
    at: int = 0


class Called(Struct, frozen=True, kw_only=True):
    """A call-back without the asker's words."""

    satisfaction: str
    solved: bool
    at: int


class Given(Struct, frozen=True, kw_only=True):
    """A unit gave the item back."""

    unit: str
    at: int


class Case(Struct, frozen=True, kw_only=True):
    """An item of the ledger as reports count it: `alerts.ledger.Item` without texts and names. Times ms UTC, 0: no."""

    id: str
    source: str
    topic: str
    county: str
    kind: str
    state: str
    posted_at: int
    received_at: int
    started_at: int
    opinion_ids: tuple[str, ...] = ()
    due: int = 0
    lead: str = ""
    assigned_at: int = 0
    accepted_at: int = 0
    first_reply_at: int = 0
    answered_at: int = 0
    closed_at: int = 0
    result: str = ""
    key_leader: str = ""
    key_signed_at: int = 0
    pauses: tuple[Pause, ...] = ()
    rounds: tuple[Round, ...] = ()
    returns: tuple[Given, ...] = ()
    replies: tuple[Said, ...] = ()
    surveys: tuple[Called, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether it is a message of its own that wants an answer."""
        return self.state not in {"dismissed", "merged"}


FIELDS = (
    *(f"record.{name}" for name in Case.__struct_fields__ if name not in {"returns", "replies", "surveys"}),
    *(f"record.returns.{name}" for name in Given.__struct_fields__),
    *(f"record.replies.{name}" for name in Said.__struct_fields__),
    *(f"record.surveys.{name}" for name in Called.__struct_fields__),
)


class Turn(Struct, frozen=True, kw_only=True):
    """One handling of an item: who led it, from when, what was due when, and what was done when; 0: not yet."""

    lead: str
    started_at: int
    due: int
    first_reply_at: int
    answered_at: int
    closed_at: int


def turns(case: Case, cut: int) -> tuple[Turn, ...]:
    """Return the handlings that had begun by the cut-off, the last one being current; what came later is not yet."""

    def until(at: int) -> int:
        return at if at <= cut else 0

    every: list[Case | Round] = [*case.rounds, case]
    found = [
        Turn(
            lead=one.lead, started_at=one.started_at, due=one.due, first_reply_at=until(one.first_reply_at),
            answered_at=until(one.answered_at), closed_at=until(one.closed_at),
        )
        for one in every
        if one.started_at <= cut
    ]  # fmt: skip
    return tuple(found)


def waits(case: Case, cut: int) -> bool:
    """Say whether its limit stood still at the cut-off."""
    return any(one.since <= cut and (not one.until or one.until > cut) for one in case.pauses)


def read(source: dict[str, Any]) -> Case:
    """Return the case of a stored item."""
    return msgspec.convert(source["record"], Case)


def query(window: Window) -> dict[str, Any]:
    """Ask for items received or due in the window, those still unanswered past it, and those opened again since."""

    def within(field: str) -> dict[str, Any]:
        return {"range": {field: {"gte": window.start, "lt": window.end, "format": "epoch_millis"}}}

    before = {"range": {"received_at": {"lt": window.end, "format": "epoch_millis"}}}
    since = {"range": {"updated_at": {"gte": window.start, "format": "epoch_millis"}}}
    again = {"bool": {"filter": [{"range": {"rounds": {"gte": 1}}}, before, since]}}
    asked = [within("received_at"), within("due"), again]
    return {"bool": {"should": asked, "minimum_should_match": 1}}


async def cases(elastic: Elastic, window: Window) -> AsyncIterator[Case]:
    """Yield the items that concern a window; raises what `Elastic.scan` raises."""
    async for found in elastic.scan(LEDGER.name, query(window), size=READ, fields=FIELDS):
        yield read(found.source)

