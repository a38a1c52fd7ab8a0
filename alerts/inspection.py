"""督查: what a person found at a unit (读网, 专项, 电话), or its objection to a figure; appealed, decided.

A finding is about the unit, never about who wrote. Who recorded or who appealed does not decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from alerts.appraisal import INDICATORS, Weights
from alerts.consultation_guards import Act
from alerts.fields import Field, in_words, read, refusal
from alerts.moves import Row, Step, stay
from alerts.reports.effect_span import parse
from streams.clock import ms
from streams.errors import Misconfigured
from streams.records import digest

FORMS: dict[str, str] = {
    "reading": "读网督查", "special": "专项督查", "telephone": "电话督查", "figure": "考核数据申诉"
}  # fmt: skip
STATES: dict[str, str] = {"recorded": "已登记", "appealed": "申诉中", "decided": "申诉已处理", "withdrawn": "已撤销"}
INSPECTORS = frozenset({"supervisor", "admin"})
"""Who records, decides and withdraws."""
SPEAKERS = frozenset({"handler", "officer", "supervisor", "admin"})
"""Who speaks for a unit: a handler for his own only (`alerts.console.inspection_pages`)."""


class Inspection(Struct, frozen=True, kw_only=True):
    """A finding at a unit, or a unit's objection to a figure. Times are ms UTC, 0 for not yet.

    form: a key of FORMS; finding: a row of the weights, or an indicator for an objection; effect: deduct, veto, bonus
    or figure; points: as the weights had it when it was recorded; period: the report's that is objected to; at: when it
    was seen; error_at, corrected_at: of a wrong answer, when the error was found and corrected; restored: points given
    back by the decision.
    """

    id: str
    title: str
    form: str
    unit: str
    finding: str
    effect: str
    points: float
    text: str
    at: int
    opened_at: int
    opened_by: str
    updated_at: int
    where: str = ""
    period: str = ""
    state: str = "recorded"
    corrected_at: int = 0
    remedy: str = ""
    appeal: str = ""
    appealed_by: str = ""
    appealed_at: int = 0
    upheld: bool = False
    restored: float = 0.0
    reason: str = ""
    decided_by: str = ""
    decided_at: int = 0
    steps: tuple[Step, ...] = ()

    @property
    def revision(self) -> int:
        """How many moves were made."""
        return len(self.steps)

    @property
    def counts(self) -> bool:
        """Whether the finding holds: not withdrawn, and no appeal against it was upheld."""
        return self.effect != "figure" and self.state != "withdrawn" and not self.upheld

    @property
    def state_name(self) -> str:
        """The state in words."""
        if self.state == "decided":
            return "申诉成立" if self.upheld else "申诉不成立"
        return STATES[self.state]


Change = Callable[[Inspection, Act], Inspection]
Guard = Callable[[Inspection, Act], str]


Move = Row[Change, Guard]


def _appeal(one: Inspection, act: Act) -> Inspection:
    return replace(one, appeal=act.data["text"], appealed_by=act.by, appealed_at=act.now)


def _decide(one: Inspection, act: Act) -> Inspection:
    upheld = act.data["upheld"]
    given = float(act.data.get("restored", 0)) if one.effect == "figure" else one.points
    return replace(
        one, upheld=upheld, restored=given if upheld else 0.0, reason=act.data["reason"], decided_by=act.by,
        decided_at=act.now,
    )  # fmt: skip


def _remedy(one: Inspection, act: Act) -> Inspection:
    return replace(one, corrected_at=act.data.get("at", act.now), remedy=act.data["text"])


def _withdraw(one: Inspection, act: Act) -> Inspection:
    return replace(one, reason=act.data["reason"])


def _by_another(one: Inspection, act: Act) -> str:
    return "申诉须由登记人和申诉人以外的人处理。" if act.by in {one.opened_by, one.appealed_by} else ""


def _points_given(one: Inspection, act: Act) -> str:
    if one.effect != "figure" or not act.data.get("upheld"):
        return ""
    given = act.data.get("restored", 0)
    return "" if 0 < given <= 100 else "申诉成立的，请填写加回多少分（1至100）。"


def _not_before(one: Inspection, act: Act) -> str:
    at = act.data.get("at", act.now)
    return "" if one.at <= at <= act.now else "整改时间须在发现之后、现在以前。"


REASON = Field(name="reason", label="理由", kind="long", masked=True)
MOVES: tuple[Move, ...] = (
    Move(
        name="remedy", title="记录整改或更正", ways=stay("recorded", "appealed", "decided"), roles=SPEAKERS,
        change=_remedy, guards=(_not_before,),
        fields=(
            Field(name="text", label="整改情况", kind="long", masked=True),
            Field(name="at", label="整改时间", kind="time", required=False),
        ),
    ),
    Move(
        name="appeal", title="申诉", ways={"recorded": "appealed"}, roles=SPEAKERS, change=_appeal,
        fields=(Field(name="text", label="申诉理由和依据", kind="long", masked=True),),
    ),
    Move(
        name="decide", title="处理申诉", ways={"appealed": "decided"}, roles=INSPECTORS, change=_decide,
        fields=(
            Field(name="upheld", label="申诉成立", kind="yes"), REASON,
            Field(name="restored", label="加回多少分（申诉考核数据的填写）", kind="count", required=False),
        ),
        guards=(_by_another, _points_given),
    ),
    Move(
        name="withdraw", title="撤销登记", ways={"recorded": "withdrawn"}, roles=INSPECTORS, change=_withdraw,
        fields=(REASON,),
    ),
)  # fmt: skip
BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def fields_of(form: str, weights: Weights) -> tuple[Field, ...]:
    """Return what recording asks for: a finding, or an objection to a figure."""
    if form == "figure":
        return (
            Field(name="unit", label="申诉单位"),
            Field(name="finding", label="申诉的指标", kind="choice", choices=INDICATORS),
            Field(name="period", label="考核时段（如 2026-10）"),
            Field(name="text", label="申诉理由和依据", kind="long", masked=True),
        )
    return (
        Field(name="unit", label="被督查单位"),
        Field(name="finding", label="发现的问题或成绩", kind="choice", choices=weights.findings),
        Field(name="where", label="在哪里发现（网站、账号、电话的公布处）"),
        Field(name="at", label="发现时间", kind="time"),
        Field(name="text", label="具体情况和依据", kind="long", masked=True),
    )


def choices(field: Field) -> Mapping[str, str]:
    """Return what can be chosen for a field."""
    return field.choices


def opened(
    form: str, data: Mapping[str, Any], weights: Weights, *, by: str, role: str, now: datetime
) -> Inspection:
    """Return a new record; the same finding at a unit and moment is the same one. Raises Rejected, in Chinese."""
    if form not in FORMS:
        raise refusal("没有这种督查方式。")
    if not by or role not in (SPEAKERS if form == "figure" else INSPECTORS):
        raise refusal(f"您的角色不能登记{FORMS[form]}。")
    fields = fields_of(form, weights)
    given = read(FORMS[form], fields, data, choices)
    at, seen = ms(now), given.pop("at", ms(now))
    if seen > at:
        raise refusal("发现时间不能晚于现在。")
    objects = form == "figure"
    if objects:
        try:
            parse(given["period"])
        except Misconfigured as error:
            raise refusal("考核时段请写成 2026-10 或 2026-10-05..2026-11-20，与所申诉的考核一致。") from error
    effect = "figure" if objects else weights.effect_of(given["finding"])
    points = 0.0 if objects else weights.row(given["finding"]).points
    name = INDICATORS[given["finding"]] if objects else weights.row(given["finding"]).title
    state = "appealed" if objects else "recorded"
    note = in_words(fields, {**given, **({} if objects else {"at": seen})}, choices)
    text = given.pop("text")
    step = Step(number=1, move="open", by=by, role=role, at=at, state=state, note=note)
    return Inspection(
        id=digest("inspection", form, given["unit"], given["finding"], given["period"] if objects else str(seen)),
        title=f"{given['unit']}：{name}", form=form, effect=effect, points=points, text=text, at=seen, opened_at=at,
        opened_by=by, updated_at=at, state=state, steps=(step,), **given,
        **({"appeal": text, "appealed_by": by, "appealed_at": at} if objects else {}),
    )  # fmt: skip


def may(one: Inspection, move: Move, role: str) -> str:
    """Return why a role can't make a move in this state, in Chinese; nothing if it can."""
    if one.state not in move.ways:
        return f"当前为“{one.state_name}”，不能“{move.title}”。"
    return "" if role in move.roles else f"您的角色不能“{move.title}”。"


def make(one: Inspection, name: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime) -> Inspection:
    """Return the record after a move; raise Rejected, with one Chinese sentence, if it isn't allowed."""
    move = BY_NAME.get(name)
    if move is None:
        raise refusal("没有这种操作。")
    if not by:
        raise refusal("须由具名人员办理。")
    if why := may(one, move, role):
        raise refusal(why)
    act = Act(by=by, role=role, now=max(ms(now), one.updated_at), data=read(move.title, move.fields, data, choices))
    for check in move.guards:
        if why := check(one, act):
            raise refusal(why)
    state = move.ways[one.state]
    step = Step(
        number=one.revision + 1, move=name, by=by, role=role, at=act.now, state=state,
        note=in_words(move.fields, act.data, choices),
    )  # fmt: skip
    return replace(move.change(one, act), state=state, updated_at=act.now, steps=(*one.steps, step))
