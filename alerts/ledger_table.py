"""The ledger's table (`deploy/ledger.yml`): limits with their basis, and which unit usually handles which topic where.

Both only suggest: a person confirms the unit and the limit of every item. No official limits of 平凉 were found
(notes/domain.md §1.6, §1.7), so each row says on what it rests.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import yaml
from msgspec import Struct

from alerts.deadlines import Colour, clock_colour, workday_limit, workdays_between
from alerts.ledger import Pause
from streams.clock import beijing
from streams.errors import Misconfigured

HOUR = 3_600_000
SOON = 0.25


class LimitRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit: in clock hours (through nights and holidays) or in working days, and on what it rests."""

    title: str
    basis: str
    hours: int = 0
    workdays: int = 0

    def __post_init__(self) -> None:
        """Refuse a row that is both or neither."""
        if (self.hours > 0) == (self.workdays > 0) or self.hours < 0 or self.workdays < 0:
            raise ValueError(f"a limit is either hours or workdays above 0: {self.title}")

    @property
    def words(self) -> str:
        """`涉及人身安全（2小时）`."""
        return f"{self.title}（{self.hours}小时）" if self.hours else f"{self.title}（{self.workdays}个工作日）"


class UnitRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which unit usually handles a topic, in one county or (empty) wherever; `{place}` stands for the county's name."""

    topic: str
    unit: str
    county: str = ""


class LedgerTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table.

    kinds: intent, `danger`, `urgent` or `else` → limit; sources: channels whose messages want an answer;
    extension_workdays: the most that a limit is extended; return_workdays: how long a unit may give an item back.
    """

    limits: dict[str, LimitRow]
    units: tuple[UnitRow, ...]
    kinds: dict[str, str]
    sources: tuple[str, ...] = ("portal", "hotline", "board")
    extension_workdays: int = 10
    return_workdays: int = 2

    def limit_of(self, kind: str, *, urgent: bool, danger: bool) -> str:
        """Return the limit that a message gets first: by danger, urgency and what it wants; never by its tone."""
        if danger:
            return self.kinds["danger"]
        if urgent:
            return self.kinds["urgent"]
        return self.kinds.get(kind, self.kinds["else"])

    def unit_of(self, topic: str, county: str, place: str) -> str:
        """Return the unit that usually handles a topic there, empty if none does; place: the county's name."""
        rows = [row for row in self.units if row.topic == topic and row.county in {"", county}]
        best = max(rows, key=lambda row: bool(row.county), default=None)
        return best.unit.replace("{place}", place) if best else ""


def load_table(text: str) -> LedgerTable:
    """Read the table's YAML; raises Misconfigured with what is wrong."""
    try:
        table = msgspec.convert(yaml.safe_load(text), LedgerTable)
    except (yaml.YAMLError, msgspec.ValidationError, ValueError, TypeError) as error:
        raise Misconfigured(f"ledger table: {' '.join(str(error).split())}") from error
    for name in ("danger", "urgent", "else"):
        if name not in table.kinds:
            raise Misconfigured(f"ledger table: `kinds` lacks `{name}`: the limit of such messages")
    if wrong := sorted({limit for limit in table.kinds.values() if limit not in table.limits}):
        raise Misconfigured(f"ledger table: `kinds` names a limit that is not in `limits`: {', '.join(wrong)}")
    return table


class Deadline(Struct, frozen=True, kw_only=True):
    """When an answer is due and when it turns yellow (ms UTC), and on what that rests, in Chinese.

    due 0: it can't be said, because the working-day calendar lacks a year; the basis says so.
    """

    due: int
    yellow_from: int
    basis: str

    def colour(self, start: int, now: int, met: int = 0) -> Colour:
        """Return how it stands; without a due time, fine."""
        if not self.due:
            return "fine"
        if met or now > self.due:
            return clock_colour(start, self.due, met, now)
        return "yellow" if now >= self.yellow_from else "fine"


def deadline(
    row: LimitRow, start: int, *, extension: int = 0, pauses: tuple[Pause, ...] = (), now: int = 0
) -> Deadline:
    """Return when an item that came in at `start` is due.

    extension: working days; pauses: working days in them don't count (a pause that still runs counts up to `now`).
    Clock hours know neither: they run through nights, weekends and waiting.
    """
    if row.hours:
        due = start + row.hours * HOUR
        yellow = round(due - row.hours * HOUR * SOON)
        return Deadline(due=due, yellow_from=yellow, basis=f"{row.basis}（{row.hours}小时，不分昼夜）")
    try:
        stood = sum(_stood(pause, now) for pause in pauses)
        found = workday_limit(start, row.workdays + stood, basis=row.basis, extension=extension)
    except Misconfigured as error:
        return Deadline(due=0, yellow_from=0, basis=f"{row.basis}：期限待定，工作日历缺少年份（{error}）")
    parts = [f"{row.workdays}个工作日"]
    parts += [f"延长{extension}个"] if extension else []
    parts += [f"暂停{stood}个不计"] if stood else []
    return Deadline(due=found.due, yellow_from=found.yellow_from, basis=f"{row.basis}（{'，'.join(parts)}）")


def _stood(pause: Pause, now: int) -> int:
    until = pause.until or max(now, pause.since)
    return workdays_between(beijing(pause.since).date(), beijing(until).date())


def choices(table: LedgerTable) -> Mapping[str, str]:
    """Return the limits that can be chosen, in words."""
    return {name: row.words for name, row in table.limits.items()}
