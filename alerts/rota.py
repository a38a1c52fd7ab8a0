"""The rota as people write it: posts of duty by turn, with people, and what was changed since.

A file names the people, the rules by which they take turns, and whom to ask if nobody is there. What happens later
(a stand-in, a sick note, a swap) is a `Change`, kept beside the file and never in it. All times are ms UTC, days and
hours are Beijing's.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from alerts.addresses import wrong_address
from alerts.duty import DAYS, POSTS, Day, Post, Shift
from alerts.moves import Step as Made
from streams.clock import BEIJING, beijing, ms
from streams.errors import Misconfigured
from streams.records import digest

KINDS: dict[str, str] = {"override": "临时调整", "absence": "请假", "swap": "换班"}
STATES: dict[str, str] = {
    "asked": "待对方同意", "accepted": "待批准", "agreed": "已生效", "refused": "未同意", "withdrawn": "已撤回",
}  # fmt: skip
TO: dict[str, str] = {**POSTS, "office": "单位负责人", "fallback": "备用联系人"}
"""Whom a step of escalation may go to."""


class Staff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who takes turns; in the file he stands under his username of the console.

    sms: his number at the SMS gateway; wecom: his user id of the WeCom app; webhook: how the webhook's receiver knows
    him. All are staff's own and need not be there.
    """

    name: str
    mail: str = ""
    sms: str = ""
    wecom: str = ""
    webhook: str = ""


class Turn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule of rotation: one post, in these hours, by these people in turn.

    calendar: on which days by the State Council's calendar; days: on which days of the week. A shift belongs to the
    day on which it begins, and lasts to the next day if `until` is not after `since`. turn: the next one's turn comes
    after so many (`every`) days on which the rule holds, or weeks; begins: the first one's first day.
    """

    post: Post
    people: tuple[str, ...]
    begins: date
    turn: Literal["day", "week"] = "day"
    every: int = 1
    calendar: Literal["all", "work", "off"] = "all"
    days: tuple[Day, ...] = DAYS
    since: str = "08:30"
    until: str = "08:30"


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A level of escalation: after so many minutes without a signature, who is told; 0 minutes: at once."""

    after: int
    to: tuple[Literal["main", "deputy", "leader", "office"], ...]


class Change(Struct, frozen=True, kw_only=True):
    """What departs from the rules: a stand-in at a post, an absence, or a swap of two people's shifts.

    override: `person` has the `post` from since to until, in the place of `other`, if any. absence: `person` is away;
    `other`, if any, stands in. swap: in since..until `other` does what `person` would, in other_since..other_until the
    other way round. It holds once it is `agreed`; `approver` was the last who had to say so. steps: what was done.
    """

    id: str
    kind: Literal["override", "absence", "swap"]
    person: str
    since: int
    until: int
    post: str = ""
    other: str = ""
    other_since: int = 0
    other_until: int = 0
    reason: str
    made_by: str
    made_at: int
    approver: str = ""
    state: Literal["asked", "accepted", "agreed", "refused", "withdrawn"] = "agreed"
    decided_by: str = ""
    decided_at: int = 0
    decided_why: str = ""
    steps: tuple[Made, ...] = ()

    @property
    def revision(self) -> int:
        """How many moves were made."""
        return len(self.steps)

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{beijing(self.since):%m月%d日 %H:%M}{KINDS[self.kind]}"

    def over(self, at: int) -> bool:
        """Say whether it no longer matters."""
        return max(self.until, self.other_until) <= at


class Rota(Struct, frozen=True, kw_only=True, eq=False):
    """Who is on duty by rule, and what was changed; two are never equal, so that answers can be kept by one.

    shifts: the plain form, without turns; approval: kinds of changes that a leader or an admin must approve as well.
    """

    people: dict[str, Staff] = {}
    turns: tuple[Turn, ...] = ()
    office: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    steps: dict[str, tuple[Step, ...]] = {}
    working: tuple[str, ...] = ()
    office_hours: tuple[str, str] = ("08:30", "18:00")
    approval: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.turns or self.shifts)

    def name(self, person: str) -> str:
        """Return what somebody is called."""
        return self.people[person].name if person in self.people else person

    def mails(self, people: tuple[str, ...]) -> tuple[str, ...]:
        """Return the addresses of these people, each once."""
        return tuple(dict.fromkeys(self.people[p].mail for p in people if p in self.people and self.people[p].mail))


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    people: dict[str, Staff] = {}
    turns: tuple[Turn, ...] = ()
    office: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    escalation: dict[Literal["general", "larger", "major"], tuple[Step, ...]] = {}
    working_hours_only: tuple[Literal["general", "larger"], ...] = ()
    office_hours: tuple[str, str] = ("08:30", "18:00")
    approval: tuple[Literal["override", "absence", "swap"], ...] = ()
    shifts: tuple[Shift, ...] = ()


def read_rota(text: str) -> Rota:
    """Read a rota's YAML: `shifts` (plain) or `people` and `turns`. Raises Misconfigured with what is wrong."""
    try:
        data: Any = yaml.safe_load(text)
        found = msgspec.convert(data, _File)
        spans = [*((one.since, one.until) for one in found.shifts), *((one.since, one.until) for one in found.turns)]
        for hour in (*found.office_hours, *(hour for span in spans for hour in span)):
            _hours(hour)
        _consistent(found)
    except (yaml.YAMLError, msgspec.ValidationError, ValueError, TypeError) as error:
        raise Misconfigured(f"rota: {' '.join(str(error).split())}") from error
    return Rota(
        people=found.people, turns=found.turns, office=found.office, fallback=found.fallback, shifts=found.shifts,
        steps={str(level): steps for level, steps in found.escalation.items()},
        working=tuple(str(level) for level in found.working_hours_only), office_hours=found.office_hours,
        approval=tuple(str(kind) for kind in found.approval),
    )  # fmt: skip


def _hours(text: str) -> time:
    return time.fromisoformat(text)


def _consistent(found: _File) -> None:
    if bool(found.shifts) == bool(found.turns):
        raise ValueError("give either `turns` with `people`, or `shifts`")
    named = [*found.office, *found.fallback, *(person for turn in found.turns for person in turn.people)]
    if unknown := sorted(set(named) - set(found.people)):
        raise ValueError(f"{', '.join(unknown)}: not among `people`")
    people: list[Staff | Shift] = [*found.people.values(), *found.shifts]
    if wrong := [text for person in people if (text := wrong_address(person))]:
        raise ValueError(wrong[0])
    for number, turn in enumerate(found.turns, start=1):
        if not turn.people or turn.every < 1 or not turn.days:
            raise ValueError(f"turn {number}: it needs people, days, and `every` of at least 1")
    for level, steps in found.escalation.items():
        waits = [step.after for step in steps]
        if not steps or waits[0] != 0 or sorted(set(waits)) != waits:
            raise ValueError(f"escalation of {level}: it begins with `after: 0`, and each step waits longer")
        if any("office" in step.to for step in steps) and not found.office:
            raise ValueError(f"escalation of {level}: it names the office, and `office` names nobody")
    if found.turns and not found.fallback:
        raise ValueError("`fallback` must name who is told when nobody is on duty")


def moment(day: date, at: str, *, later: int = 0) -> int:
    """Return a Beijing day's time of day in ms UTC, so many days later."""
    return ms(datetime.combine(day + timedelta(days=later), _hours(at), BEIJING))


def change_id(kind: str, person: str, since: int, made_by: str, made_at: int) -> str:
    """Return a change's id, from its content."""
    return digest("duty", kind, person, str(since), made_by, str(made_at))
