"""An item of the ledger (台账): one message that wants an answer, from its receipt to its end, as one frozen value.

The value only says what is; `alerts.ledger_moves` says how it may change. It keeps the masked text and never who wrote.
All times are ms UTC, 0 for not yet.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from alerts.moves import Step
from streams.records import digest

STATES: dict[str, str] = {
    "waiting": "待交办",
    "assigned": "待签收",
    "handling": "办理中",
    "answered": "已答复",
    "closed": "已办结",
    "merged": "已并入",
    "dismissed": "不需办理",
}
OPEN = ("waiting", "assigned", "handling", "answered")
"""States in which somebody still has something to do."""
UNANSWERED = ("waiting", "assigned", "handling")
"""States in which the one who asks still waits; the limit runs in them."""
RESULTS: dict[str, str] = {
    "solved": "已解决",
    "partly": "部分解决",
    "explained": "已解释说明",
    "adopted": "建议已采纳",
    "not_adopted": "建议未采纳",
    "not_accepted": "不予受理",
}
REASONED = frozenset({"partly", "not_adopted", "not_accepted"})
"""Results that need a reason and a way to a review (notes/domain.md S17)."""
SATISFACTION: dict[str, str] = {
    "satisfied": "满意", "basic": "基本满意", "not": "不满意", "unreached": "未联系上", "none": "未作评价",
}  # fmt: skip
State = Literal["waiting", "assigned", "handling", "answered", "closed", "merged", "dismissed"]


class Pause(Struct, frozen=True, kw_only=True):
    """A stretch that doesn't count toward a limit in working days: why, from when to when (until 0: still)."""

    reason: str
    since: int
    until: int = 0


class Survey(Struct, frozen=True, kw_only=True):
    """A call-back (回访): satisfaction is a key of `SATISFACTION`; solved and remark: what the asker said."""

    satisfaction: str
    solved: bool
    by: str
    at: int
    remark: str = ""


class Urge(Struct, frozen=True, kw_only=True):
    """A supervisor's reminder (督办)."""

    text: str
    by: str
    at: int


class Return(Struct, frozen=True, kw_only=True):
    """A unit gave the item back: why, and who it thinks should have it."""

    unit: str
    reason: str
    by: str
    at: int
    better: str = ""


class Round(Struct, frozen=True, kw_only=True):
    """An earlier handling of an item that was opened again: its unit, limit and times stay on record."""

    lead: str
    started_at: int
    due: int
    first_reply_at: int
    answered_at: int
    closed_at: int
    result: str


class Reply(Struct, frozen=True, kw_only=True):
    """What a unit answered, in its own name; final: whether it ended the handling; channel: where the asker has it.

    record: the id of the reply (`alerts.reply`) that was signed and published; "" for one that was noted by hand, as
    items had it before replies were records; reason: why it corrects the one before; link: where it is public.
    """

    text: str
    unit: str
    channel: str
    by: str
    at: int
    final: bool
    record: str = ""
    reason: str = ""
    link: str = ""


class Item(Struct, frozen=True, kw_only=True):
    """One message that wants an answer, with all that happened to it.

    opinion_ids: the message, and those merged into it; source: a key of `streams.records.SOURCES`; kind: what it wants
    (`analyzers.labels.INTENTS`); text: masked; urgent, danger: as judged by terms, never by tone; suggested: the unit
    that the table names; limit: a key of the ledger table's limits; started_at: from when the limit runs; due: ms UTC,
    0 if the working-day calendar lacks a year (`due_words` says so); lead, assists, supervisor: units; key_leader: the
    user who must sign the reply in person; merged_into: another item's id.
    """

    id: str
    title: str
    text: str
    source: str
    opinion_ids: tuple[str, ...]
    posted_at: int
    received_at: int
    topic: str
    county: str
    place: str
    kind: str
    urgent: bool
    danger: bool
    limit: str
    started_at: int
    updated_at: int
    due: int = 0
    yellow_from: int = 0
    basis: str = ""
    suggested: str = ""
    state: State = "waiting"
    lead: str = ""
    assists: tuple[str, ...] = ()
    supervisor: str = ""
    assigned_at: int = 0
    accepted_at: int = 0
    first_reply_at: int = 0
    answered_at: int = 0
    closed_at: int = 0
    result: str = ""
    result_reason: str = ""
    key_leader: str = ""
    key_reason: str = ""
    key_signed_at: int = 0
    extension: int = 0
    extension_reason: str = ""
    extension_told: str = ""
    pauses: tuple[Pause, ...] = ()
    returns: tuple[Return, ...] = ()
    urges: tuple[Urge, ...] = ()
    replies: tuple[Reply, ...] = ()
    surveys: tuple[Survey, ...] = ()
    rounds: tuple[Round, ...] = ()
    merged: tuple[str, ...] = ()
    merged_into: str = ""
    consultation: str = ""
    dismissed_reason: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def revision(self) -> int:
        """How many moves were made: what a person has seen when he acts."""
        return len(self.steps)

    @property
    def open(self) -> bool:
        """Whether somebody still has something to do."""
        return self.state in OPEN

    @property
    def unanswered(self) -> bool:
        """Whether the one who asks still waits."""
        return self.state in UNANSWERED

    @property
    def paused(self) -> bool:
        """Whether its limit stands still now."""
        return bool(self.pauses) and not self.pauses[-1].until

    @property
    def state_name(self) -> str:
        """The state in words."""
        if self.paused and self.unanswered:
            return "暂停计时"
        return "重新办理" if self.rounds and self.state == "handling" else STATES[self.state]

    @property
    def units(self) -> tuple[str, ...]:
        """Every unit that it was given to."""
        return tuple(unit for unit in (self.lead, *self.assists, self.supervisor) if unit)

    @property
    def late(self) -> bool:
        """Whether it was answered after its limit; an open one past its limit is overdue instead."""
        return bool(self.answered_at and self.due) and self.answered_at > self.due

    def overdue(self, now: int) -> bool:
        """Say whether the asker still waits past the limit."""
        return self.unanswered and not self.paused and 0 < self.due < now

    def soon(self, now: int) -> bool:
        """Say whether the limit is close (yellow)."""
        return self.unanswered and not self.paused and 0 < self.yellow_from <= now <= self.due


def item_id(opinion_id: str) -> str:
    """Return the id of the one item that a message has."""
    return digest("item", opinion_id)
