"""阅评: a round of reading our own published replies, and one reply in it, as frozen values. Never of who asked.

`alerts.review_moves` says how they may change. All times are ms UTC, 0 for not yet. A reading keeps the reply and the
masked question as they were when the sample was drawn; it has no field for who asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from alerts.moves import Step
from alerts.review_rubric import Rubric
from streams.records import digest

ROUNDS: dict[str, str] = {"reading": "评阅中", "heard": "听取单位意见", "closed": "已定稿"}
READINGS: dict[str, str] = {
    "waiting": "待评阅", "one": "待第二人评阅", "differs": "待裁定", "settled": "已评定", "appealed": "申诉待处理",
}  # fmt: skip
OUTCOMES: dict[str, str] = {"kept": "维持原评定", "changed": "更改评定"}
BOTH = 2


class Stratum(Struct, frozen=True, kw_only=True):
    """What one unit had in the frame (ids of ledger items, sorted), and what was drawn of it."""

    unit: str
    frame: tuple[str, ...]
    drawn: tuple[str, ...]


class Round(Struct, frozen=True, kw_only=True):
    """One month's round: the frame, the seed, the sample and the rubric, recorded before anything is scored.

    period: as `2026-11`; frame_from, frame_to: items closed in [from, to); seed: the hash of the history's entry that
    wrote the frame down, so nobody chose it; size: how many were asked for; least: of each unit that has so many.
    """

    id: str
    period: str
    title: str
    frame_from: int
    frame_to: int
    seed: str
    size: int
    least: int
    strata: tuple[Stratum, ...]
    rubric: Rubric
    drawn_by: str
    drawn_at: int
    updated_at: int
    state: str = "reading"
    told_at: int = 0
    closed_at: int = 0
    steps: tuple[Step, ...] = ()

    @property
    def revision(self) -> int:
        """How many moves were made."""
        return len(self.steps)

    @property
    def state_name(self) -> str:
        """The state in words."""
        return ROUNDS[self.state]

    @property
    def frame(self) -> int:
        """How many replies could have been drawn."""
        return sum(len(one.frame) for one in self.strata)

    @property
    def sample(self) -> tuple[str, ...]:
        """The items whose replies were drawn."""
        return tuple(item for one in self.strata for item in one.drawn)


class Score(Struct, frozen=True, kw_only=True):
    """What one reader said: criterion → level, with a remark."""

    by: str
    at: int
    levels: dict[str, str]
    remark: str = ""


class Decision(Struct, frozen=True, kw_only=True):
    """What an arbiter decided where the two differed, and why."""

    by: str
    at: int
    levels: dict[str, str]
    reason: str


class Appeal(Struct, frozen=True, kw_only=True):
    """A unit's objection, and what another person decided (outcome: a key of OUTCOMES, empty for not yet)."""

    unit: str
    by: str
    at: int
    reason: str
    outcome: str = ""
    decided_by: str = ""
    decided_at: int = 0
    levels: dict[str, str] = {}
    answer: str = ""


class Reading(Struct, frozen=True, kw_only=True):
    """One drawn reply. hands: everybody who worked on its item, none of whom may read it.

    question: the masked text of the item; late: it was answered past its limit; example: an excerpt, rewritten by a
    person without anything by which somebody could be known, to be shown as a good example.
    """

    id: str
    round: str
    period: str
    item: str
    title: str
    question: str
    reply: str
    unit: str
    channel: str
    county: str
    replied_at: int
    due: int
    late: bool
    hands: tuple[str, ...]
    rubric: Rubric
    updated_at: int
    state: str = "waiting"
    heard: bool = False
    scores: tuple[Score, ...] = ()
    decision: Decision | None = None
    appeal: Appeal | None = None
    example: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def revision(self) -> int:
        """How many moves were made."""
        return len(self.steps)

    @property
    def state_name(self) -> str:
        """The state in words."""
        return READINGS[self.state]

    @property
    def both(self) -> bool:
        """Whether two have scored it."""
        return len(self.scores) == BOTH

    @property
    def differing(self) -> tuple[str, ...]:
        """The criteria on which the two readers differ; none before both are in."""
        if not self.both:
            return ()
        first, second = (one.levels for one in self.scores)
        return tuple(one.name for one in self.rubric.criteria if first[one.name] != second[one.name])

    @property
    def levels(self) -> Mapping[str, str]:
        """What stands: after an appeal, else by the arbiter, else what both said; empty before."""
        if self.appeal is not None and self.appeal.outcome == "changed":
            return self.appeal.levels
        if self.decision is not None:
            return self.decision.levels
        return self.scores[0].levels if self.both and not self.differing else {}

    @property
    def points(self) -> float | None:
        """What it earned, 0 to 100; nothing before it stands."""
        return self.rubric.points(self.levels) if self.levels else None

    def scored_by(self, username: str) -> Score | None:
        """Return what somebody scored."""
        return next((one for one in self.scores if one.by == username), None)

    def visible(self, username: str) -> tuple[Score, ...]:
        """Return the scores that somebody may see: before both are in, his own alone."""
        return self.scores if self.both else tuple(one for one in self.scores if one.by == username)


def round_id(period: str) -> str:
    """Return the id of a period's one round: nobody draws again until the sample pleases."""
    return digest("review", period)


def reading_id(period: str, item: str) -> str:
    """Return the id of a drawn reply."""
    return digest("reading", period, item)
