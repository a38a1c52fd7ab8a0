"""Whether people were answered, how soon, and whether it was solved: the figures of a group of items at a cut-off.

Formulas as in notes on the field (indicators): what is open stays in the denominator, a reopened item is due once for
each handling, and what is not known (no call-back, no limit) is counted by itself and never as good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from alerts.reports.cases import Case, turns, waits
from alerts.reports.periods import DAY_MS, Window
from alerts.reports.rates import Rate

REPEAT_DAYS = 90
PRIVATE = ("电话", "短信", "私信", "微信", "邮件", "邮箱", "信函", "当面", "上门", "座谈", "内部")
"""An answer by one of these was not seen by others: the channel's name has the word in it."""
PUBLISHED = frozenset({"adopted", "not_adopted"})
STAGES: tuple[tuple[str, str], ...] = (
    ("assigned", "收到至交办"), ("accepted", "交办至签收"), ("first_reply", "收到至首次答复"),
    ("settled", "收到至答复办理结果"), ("ended", "收到至办结"),
)  # fmt: skip


class Matter(NamedTuple):
    """A matter's first message and when it was written, ms UTC."""

    opener: str
    first: int


@dataclass
class Effect:
    """Counts of one group of items; spans in ms. Of items received in the window, but for those about limits.

    received: all; valid: without what needed no answer or went into another; due: limits that fell into the window and
    were over at the cut-off; overdue: those still open; spans, waiting: by stage; contacted, solved: call-backs that
    reached the asker; rated, satisfied: those that gave an opinion; ended: closed, or closed once and opened again.
    """

    received: int = 0
    dismissed: int = 0
    merged: int = 0
    valid: int = 0
    answered: int = 0
    closed: int = 0
    public: int = 0
    private: int = 0
    due: int = 0
    in_time: int = 0
    overdue: int = 0
    paused: int = 0
    no_limit: int = 0
    called: int = 0
    contacted: int = 0
    solved: int = 0
    rated: int = 0
    satisfied: int = 0
    ended: int = 0
    reopened: int = 0
    repeated: int = 0
    dispatched: int = 0
    returned: int = 0
    key: int = 0
    key_signed: int = 0
    suggestions: int = 0
    suggestions_published: int = 0
    spans: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name, _ in STAGES})
    waiting: dict[str, int] = field(default_factory=lambda: {name: 0 for name, _ in STAGES})

    def rate(self, name: str) -> Rate:
        """Return one of `RATES`."""
        part, whole = RATES[name].of
        return Rate(part=getattr(self, part), whole=getattr(self, whole))


@dataclass(frozen=True)
class Shown:
    """A rate: its Chinese name, its part and whole (fields of `Effect`), how it is counted, whether more is better."""

    title: str
    of: tuple[str, str]
    how: str
    more_is_better: bool = True


RATES: dict[str, Shown] = {
    "answered": Shown("答复率", ("answered", "valid"), "已答复件数÷有效件数"),
    "in_time": Shown("按时答复率", ("in_time", "due"), "按时答复÷本期到期，逾期未答复的计入分母"),
    "closed": Shown("办结率", ("closed", "valid"), "已办结件数÷有效件数，办结不等于解决"),
    "solved": Shown("解决率", ("solved", "contacted"), "诉求人确认已解决÷回访联系上的件数"),
    "contacted": Shown("回访联系率", ("contacted", "called"), "回访联系上的÷回访的件数"),
    "satisfied": Shown("满意率", ("satisfied", "rated"), "满意和基本满意÷作出评价的，须与回访联系率同看"),
    "public": Shown("公开答复率", ("public", "answered"), "答复渠道为公开渠道的÷已答复件数"),
    "reopened": Shown("重办率", ("reopened", "ended"), "办结后重新办理的÷办结过的件数", more_is_better=False),
    "repeated": Shown(
        "重复诉求率", ("repeated", "received"), f"同一事件{REPEAT_DAYS}天内再次反映的÷收到件数，按事件不按人",
        more_is_better=False,
    ),
    "returned": Shown("退单率", ("returned", "dispatched"), "被退回的÷交办件数，反映派单准不准", more_is_better=False),
    "key_signed": Shown("领导亲自答复率", ("key_signed", "key"), "由指定领导签发的÷重点留言件数"),
    "suggestions": Shown(
        "建议采纳公开率", ("suggestions_published", "suggestions"), "公开答复是否采纳的建议÷建议件数"
    ),
}  # fmt: skip


def is_public(channel: str) -> bool:
    """Say whether an answer by this channel could be seen by others; an empty one can't be said to be."""
    return bool(channel) and not any(word in channel for word in PRIVATE)


def add(effect: Effect, case: Case, window: Window, cut: int, *, again: bool = False) -> None:
    """Count an item received in the window as it stood at the cut-off; again: it repeats an earlier message."""
    if not window.start <= case.received_at < window.end:
        return
    effect.received += 1
    effect.repeated += case.state == "merged" or again
    if not case.valid:
        effect.dismissed += case.state == "dismissed"
        effect.merged += case.state == "merged"
        return
    handled = turns(case, cut)
    last = handled[-1] if handled else None
    effect.valid += 1
    effect.closed += bool(last and last.closed_at)
    effect.ended += any(one.closed_at for one in handled)
    effect.reopened += any(one.closed_at for one in handled[:-1])
    effect.dispatched += 0 < case.assigned_at <= cut
    effect.returned += any(one.at <= cut for one in case.returns)
    effect.key += bool(case.key_leader)
    effect.key_signed += 0 < case.key_signed_at <= cut
    effect.suggestions += case.kind == "suggest"
    _add_answer(effect, case, cut, answered=bool(last and last.answered_at))
    _add_spans(effect, case, cut)
    _add_survey(effect, case, cut)


def add_limits(effect: Effect, case: Case, window: Window, cut: int, lead: str | None = None) -> None:
    """Count the limits that fell into the window, whenever the item came in: each handling has its own.

    lead: only those of this unit. A limit that stands still, or that can't be said, is counted by itself.
    """
    if not case.valid:
        return
    handled = turns(case, cut)
    for one in handled:
        if lead is not None and one.lead != lead:
            continue
        if not one.due:
            effect.no_limit += window.start <= case.received_at < window.end
            continue
        if not window.start <= one.due < min(window.end, cut):
            continue
        open_ = one is handled[-1] and not one.answered_at
        if open_ and waits(case, cut):
            effect.paused += 1
            continue
        effect.due += 1
        effect.in_time += 0 < one.answered_at <= one.due
        effect.overdue += open_


def _add_answer(effect: Effect, case: Case, cut: int, *, answered: bool) -> None:
    if not answered:
        return
    effect.answered += 1
    final = [one for one in case.replies if one.final and one.at <= cut]
    public = bool(final) and is_public(final[-1].channel)
    effect.public += public
    effect.private += not public
    effect.suggestions_published += case.kind == "suggest" and public and case.result in PUBLISHED


def _add_spans(effect: Effect, case: Case, cut: int) -> None:
    handled = turns(case, cut)
    first = min((one.first_reply_at for one in handled if one.first_reply_at), default=0)
    answered = handled[-1].answered_at if handled else 0
    ended = handled[-1].closed_at if handled else 0
    steps = {
        "assigned": (case.received_at, case.assigned_at), "accepted": (case.assigned_at, case.accepted_at),
        "first_reply": (case.received_at, first), "settled": (case.received_at, answered),
        "ended": (case.received_at, ended),
    }  # fmt: skip
    for name, (start, end) in steps.items():
        if not 0 < start <= cut:
            continue
        if 0 < end <= cut:
            effect.spans[name].append(max(0, end - start))
        else:
            effect.waiting[name] += 1


def _add_survey(effect: Effect, case: Case, cut: int) -> None:
    told = [one for one in case.surveys if one.at <= cut]
    if not told:
        return
    last = told[-1]
    effect.called += 1
    effect.contacted += last.satisfaction != "unreached"
    effect.solved += last.satisfaction != "unreached" and last.solved
    effect.rated += last.satisfaction in {"satisfied", "basic", "not"}
    effect.satisfied += last.satisfaction in {"satisfied", "basic"}



def repeats(case: Case, matters: Mapping[str, Matter]) -> bool:
    """Say whether an item's message speaks of a matter that another message opened, at most 90 days before."""
    for one in case.opinion_ids:
        found = matters.get(one)
        if found and found.opener not in case.opinion_ids and 0 <= case.posted_at - found.first <= REPEAT_DAYS * DAY_MS:
            return True
    return False
