"""A round of 阅评: drawn from the month's frame by a seed that nobody chose, told to the units, closed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from alerts.fields import refusal
from alerts.ledger import Item, Reply
from alerts.moves import Step
from alerts.reports.periods import DAY_MS
from alerts.reports.spans import Span
from alerts.review import Reading, Round, reading_id, round_id
from alerts.review_moves import ARBITERS
from alerts.review_rubric import Rubric
from alerts.review_sample import draw
from streams.clock import ms

SIZE_LEAST, SIZE_MOST = 10, 500
FRAME_MOST = 60_000
SIZE = 60
DISPATCH = frozenset({
    "assign", "dismiss", "give_back", "flag", "extend", "pause", "resume", "urge", "close", "survey", "reopen", "merge",
    "absorb", "link",
})  # fmt: skip
"""Moves of an item that have no part in what its reply says: who made only these may read it."""


class Standing(Struct, frozen=True, kw_only=True):
    """How many of a round's readings are in each state (a key of READINGS), and whether all are there."""

    states: Mapping[str, int]
    expected: int

    @property
    def total(self) -> int:
        """How many readings there are."""
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """How many are not settled, those that are not there yet among them."""
        return self.expected - self.states.get("settled", 0)


def reply_of(item: Item) -> Reply | None:
    """Return the reply that people have: the last one that ended the handling; nothing if there is none."""
    return next((one for one in reversed(item.replies) if one.final), None)


def drawable(frame: Mapping[str, Sequence[str]], *, size: int, by: str, role: str) -> int:
    """Return how many replies the frame has; raises Rejected, in Chinese, where nothing can be drawn from it."""
    if role not in ARBITERS or not by:
        raise refusal("您的角色不能抽取阅评样本。")
    if not SIZE_LEAST <= size <= SIZE_MOST:
        raise refusal(f"抽取件数须在{SIZE_LEAST}至{SIZE_MOST}之间。")
    count = sum(len(ids) for ids in frame.values())
    if not count:
        raise refusal("这个月没有已办结且有答复的台账，不能抽样。")
    if count > FRAME_MOST:
        raise refusal(f"这个月已办结的台账超过{FRAME_MOST}件，不能整体抽样。")
    return count


def drawn(
    span: Span, frame: Mapping[str, Sequence[str]], rubric: Rubric, *, seed: str, size: int, by: str, role: str,
    now: datetime,
) -> Round:  # fmt: skip
    """Return a new round with its sample; raises what `drawable` raises.

    frame: ids of closed items by unit; seed: the hash of the history's entry that wrote the frame down.
    """
    count, at = drawable(frame, size=size, by=by, role=role), ms(now)
    strata = draw(frame, seed, size=size, least=rubric.least_per_unit)
    many = sum(len(one.drawn) for one in strata)
    note = f"总体{count}件，{len(strata)}个单位，抽取{many}件，种子{seed}"
    step = Step(number=1, move="draw", by=by, role=role, at=at, state="reading", note=note)
    return Round(
        id=round_id(span.name), period=span.name, title=f"{span.words}答复阅评", frame_from=span.window.start,
        frame_to=min(span.window.end, at), seed=seed, size=size, least=rubric.least_per_unit, strata=strata,
        rubric=rubric, drawn_by=by, drawn_at=at, updated_at=at, steps=(step,),
    )  # fmt: skip


def reading(one: Round, item: Item, unit: str, worked: Collection[str] = ()) -> Reading | None:
    """Return the reading of a drawn item, with the reply as it is now; nothing if it has none any more.

    worked: who made a step of the reply's own record.
    """
    reply = reply_of(item)
    if reply is None:
        return None
    hands = {*worked, item.key_leader, *(said.by for said in item.replies)}
    hands |= {step.by for step in item.steps if step.move not in DISPATCH}
    return Reading(
        id=reading_id(one.period, item.id), round=one.id, period=one.period, item=item.id, title=item.title,
        question=item.text, reply=reply.text, unit=unit, channel=reply.channel, county=item.county,
        replied_at=reply.at, due=item.due, late=bool(item.due) and reply.at > item.due,
        hands=tuple(sorted(hands - {""})), rubric=one.rubric, updated_at=one.drawn_at,
    )  # fmt: skip


def _tell(one: Round, standing: Standing, now: int) -> str:
    del one, now
    return f"还有{standing.open}件没有评定，不能通知单位。" if standing.open else ""


def _close(one: Round, standing: Standing, now: int) -> str:
    if standing.open:
        return f"还有{standing.open}件申诉没有处理，不能定稿。"
    until = one.told_at + one.rubric.appeal_days * DAY_MS
    return f"通知单位后满{one.rubric.appeal_days}天方可定稿。" if now < until else ""


class Move(Struct, frozen=True, kw_only=True):
    """One row: from which state to which, and what stands in its way."""

    name: str
    title: str
    state: str
    after: str
    guard: Callable[[Round, Standing, int], str]


MOVES: tuple[Move, ...] = (
    Move(name="tell", title="通知单位、听取意见", state="reading", after="heard", guard=_tell),
    Move(name="close", title="定稿", state="heard", after="closed", guard=_close),
)
BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def make(one: Round, name: str, standing: Standing, *, by: str, role: str, now: datetime) -> Round:
    """Return the round after a move; raise Rejected, with one Chinese sentence, if it isn't allowed."""
    move = BY_NAME.get(name)
    if move is None:
        raise refusal("没有这种操作。")
    if role not in ARBITERS or not by:
        raise refusal(f"您的角色不能“{move.title}”。")
    if one.state != move.state:
        raise refusal(f"当前为“{one.state_name}”，不能“{move.title}”。")
    at = max(ms(now), one.updated_at)
    if why := move.guard(one, standing, at):
        raise refusal(why)
    step = Step(number=one.revision + 1, move=name, by=by, role=role, at=at, state=move.after)
    times = {"told_at": at} if name == "tell" else {"closed_at": at}
    return replace(one, state=move.after, updated_at=at, steps=(*one.steps, step), **times)
