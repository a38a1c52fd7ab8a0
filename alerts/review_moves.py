"""What may happen to a drawn reply: two score it, an arbiter decides where they differ, its unit may appeal once.

Nobody scores, decides or answers an appeal about his own unit's reply or one that he worked on; and nobody has two of
these parts in one reading. No note holds what was scored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from alerts.fields import Field, in_words, read, refusal
from alerts.moves import Step
from alerts.review import OUTCOMES, Appeal, Decision, Reading, Score
from analyzers.masking import mask
from streams.clock import ms

READERS = frozenset({"officer", "analyst", "supervisor", "leader", "admin"})
ARBITERS = frozenset({"supervisor", "leader", "admin"})
APPEALERS = frozenset({"handler", "officer", "analyst", "supervisor", "leader"})
EXCERPT = 300


class Act(NamedTuple):
    """Who makes a move: his name, role and departments, when (ms UTC), with which data (checked already)."""

    by: str
    role: str
    units: tuple[str, ...]
    now: int
    data: Mapping[str, Any]


Guard = Callable[[Reading, Act], str]
Change = Callable[[Reading, Act], Reading]


class Move(Struct, frozen=True, kw_only=True):
    """One row: from which states; everybody in `roles` may make it if no guard says why not; quiet: no words noted."""

    name: str
    title: str
    states: frozenset[str]
    roles: frozenset[str]
    change: Change
    fields: Callable[[Reading], tuple[Field, ...]]
    guards: tuple[Guard, ...] = ()
    quiet: bool = False


def _criteria(one: Reading, only: tuple[str, ...] | None = None, *, required: bool = True) -> tuple[Field, ...]:
    return tuple(
        Field(name=c.name, label=c.title, kind="choice", choices=c.choices, required=required)
        for c in one.rubric.criteria
        if only is None or c.name in only
    )


def _reason(label: str, name: str = "reason") -> Field:
    return Field(name=name, label=label, kind="long", most=1000, masked=True)


def not_his_own(one: Reading, act: Act) -> str:
    """Keep out the reply's own unit and everybody who worked on it."""
    if one.unit in act.units:
        return f"这是本单位（{one.unit}）的答复，不能由本单位的人评阅，请交由其他同志办理。"
    return "这件答复由您经办过，不能由您评阅，请交由其他同志办理。" if act.by in one.hands else ""


def _not_twice(one: Reading, act: Act) -> str:
    return "您已经评阅过这件答复，须由另一人评阅。" if one.scored_by(act.by) else ""


def _no_reader(one: Reading, act: Act) -> str:
    return "您是这件答复的评阅人，须由其他人裁定。" if one.scored_by(act.by) else ""


def _another(one: Reading, act: Act) -> str:
    if one.decision is not None and one.decision.by == act.by:
        return "申诉须由裁定人以外的人处理。"
    return "申诉不能由提出申诉的人处理。" if one.appeal is not None and one.appeal.by == act.by else ""


def _own_unit(one: Reading, act: Act) -> str:
    return "" if one.unit in act.units else f"只有{one.unit}可以对这件评定提出申诉。"


def _appealable(one: Reading, _: Act) -> str:
    if not one.heard:
        return "评定结果还没有通知单位，暂不能申诉。"
    return "这件评定已申诉过一次，以处理结果为准。" if one.appeal is not None else ""


def _changes(one: Reading, act: Act) -> str:
    given = {c.name: act.data[c.name] for c in one.rubric.criteria if c.name in act.data}
    if act.data["outcome"] == "kept":
        return "维持原评定时不改各项评定。" if given else ""
    if all(one.levels[name] == level for name, level in given.items()):
        return "更改评定须至少改动一项。"
    return ""


def _good(one: Reading, act: Act) -> str:
    if (one.points or 0) < one.rubric.good_from:
        return f"评定不足{one.rubric.good_from}分，不能选作范例。"
    return "范例中仍有个人信息，请改写。" if mask(act.data.get("excerpt", "")).kinds else ""


def _score(one: Reading, act: Act) -> Reading:
    levels = {c.name: act.data[c.name] for c in one.rubric.criteria}
    return replace(
        one, scores=(*one.scores, Score(by=act.by, at=act.now, levels=levels, remark=act.data.get("remark", "")))
    )


def _decide(one: Reading, act: Act) -> Reading:
    levels = {name: act.data.get(name, level) for name, level in one.scores[0].levels.items()}
    return replace(one, decision=Decision(by=act.by, at=act.now, levels=levels, reason=act.data["reason"]))


def _appeal(one: Reading, act: Act) -> Reading:
    return replace(one, appeal=Appeal(unit=one.unit, by=act.by, at=act.now, reason=act.data["reason"]))


def _answer(one: Reading, act: Act) -> Reading:
    assert one.appeal is not None
    outcome = act.data["outcome"]
    levels = {name: act.data.get(name, level) for name, level in one.levels.items()} if outcome == "changed" else {}
    return replace(
        one, example="",
        appeal=replace(one.appeal, outcome=outcome, decided_by=act.by, decided_at=act.now, levels=levels,
                       answer=act.data["answer"]),
    )  # fmt: skip


def _example(one: Reading, act: Act) -> Reading:
    return replace(one, example=act.data["excerpt"])


MOVES: tuple[Move, ...] = (
    Move(
        name="score", title="评阅", states=frozenset({"waiting", "one"}), roles=READERS, change=_score, quiet=True,
        fields=lambda one: (
            *_criteria(one),
            Field(name="remark", label="评阅说明", kind="long", required=False, most=1000, masked=True),
        ),
        guards=(not_his_own, _not_twice),
    ),
    Move(
        name="decide", title="裁定分歧", states=frozenset({"differs"}), roles=ARBITERS, change=_decide,
        fields=lambda one: (*_criteria(one, one.differing), _reason("裁定理由")), guards=(not_his_own, _no_reader),
    ),
    Move(
        name="example", title="选为范例", states=frozenset({"settled"}), roles=ARBITERS, change=_example,
        fields=lambda _: (Field(name="excerpt", label="改写后的摘录（去掉人名地名日期）", kind="long", most=EXCERPT),),
        guards=(not_his_own, _good),
    ),
    Move(
        name="appeal", title="申诉", states=frozenset({"settled"}), roles=APPEALERS, change=_appeal,
        fields=lambda _: (_reason("申诉理由"),), guards=(_own_unit, _appealable),
    ),
    Move(
        name="answer", title="处理申诉", states=frozenset({"appealed"}), roles=ARBITERS, change=_answer,
        fields=lambda one: (
            Field(name="outcome", label="处理结果", kind="choice", choices=OUTCOMES),
            *_criteria(one, required=False), _reason("处理理由", "answer"),
        ),
        guards=(not_his_own, _no_reader, _another, _changes),
    ),
)  # fmt: skip
BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def options(field: Field) -> Mapping[str, str]:
    """Return what can be chosen for a field."""
    return field.choices


def may(one: Reading, move: Move, role: str) -> str:
    """Return why a role can't make a move in this state, in Chinese; nothing if it can."""
    if one.state not in move.states:
        return f"当前为“{one.state_name}”，不能“{move.title}”。"
    return "" if role in move.roles else f"您的角色不能“{move.title}”。"


def state_of(one: Reading) -> str:
    """Return the state that a reading's contents say."""
    if one.appeal is not None and not one.appeal.outcome:
        return "appealed"
    if one.levels:
        return "settled"
    return "differs" if one.both else ("one" if one.scores else "waiting")


def make(
    one: Reading, name: str, *, by: str, role: str, units: tuple[str, ...], data: Mapping[str, Any], now: datetime
) -> Reading:
    """Return the reading after a move; raise Rejected, with one Chinese sentence, if it isn't allowed."""
    move = BY_NAME.get(name)
    if move is None:
        raise refusal("没有这种操作。")
    if not by:
        raise refusal("须由具名人员办理。")
    if why := may(one, move, role):
        raise refusal(why)
    at = max(ms(now), one.updated_at)
    fields = move.fields(one)
    act = Act(by=by, role=role, units=units, now=at, data=read(move.title, fields, data, options))
    for check in move.guards:
        if why := check(one, act):
            raise refusal(why)
    changed = move.change(one, act)
    state = state_of(changed)
    note = "" if move.quiet else in_words(fields, act.data, options)
    step = Step(number=one.revision + 1, move=name, by=by, role=role, at=at, state=state, note=note)
    return replace(changed, state=state, updated_at=at, steps=(*one.steps, step))


def told(one: Reading, *, by: str, role: str, at: int) -> Reading:
    """Return the reading as its unit may now see it and appeal; once is enough."""
    if one.heard:
        return one
    step = Step(number=one.revision + 1, move="told", by=by, role=role, at=at, state=one.state)
    return replace(one, heard=True, updated_at=at, steps=(*one.steps, step))
