"""An alert: a finding that a person should know of. It opens, grows, is signed for, and resolves."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from alerts.rung import Rung
from alerts.signature import Signature

LEVEL_NAMES: dict[str, dict[str, str]] = {
    "words": {"general": "一般", "larger": "较大", "major": "重大"},
    "colours": {"general": "蓝色", "larger": "黄色", "major": "橙色"},
}
"""Levels in rising order by what a city calls them; 特别重大 (红色) is graded by the competent authority alone."""
LEVELS: dict[str, str] = dict(LEVEL_NAMES["words"])
"""Levels in rising order and what people call them here (`name_levels`)."""
STATES: dict[str, str] = {"firing": "待签收", "acknowledged": "已签收", "resolved": "已解除"}
VERDICTS: dict[str, str] = {"true": "属实", "false": "误报", "late": "迟报"}
"""What staff may say of an alert afterwards; late: it was right, but people knew before."""
Level = Literal["general", "larger", "major"]
State = Literal["firing", "acknowledged", "resolved"]
Mode = Literal["live", "replay"]


class Key(Struct, frozen=True):
    """What is counted: the parts that a rule does not count by are empty. `phrase` is a specific matter's words."""

    topic: str = ""
    county: str = ""
    source: str = ""
    phrase: str = ""


class Sample(Struct, frozen=True, kw_only=True):
    """A masked text that stands for the rest; posted_at in ms UTC."""

    id: str
    text: str
    source: str
    posted_at: int


class Comment(Struct, frozen=True, kw_only=True):
    """What a member of staff says of an alert in passing, masked; at: ms UTC."""

    text: str
    by: str
    at: int


class Alert(Struct, frozen=True, kw_only=True):
    """An alert as it stands. Times are ms UTC, 0 for never; value, bound and peak are in the rule's own unit.

    consultation: empty, `proposed`, `declined`, or the id of the consultation that was opened.
    assigned_to: the user whose it is now, empty for nobody's in particular; comments: what staff say in passing.
    verdict: what staff said of it, one of VERDICTS, empty for not yet.
    untold: the occasion whose notices are still to be stored, empty once they are.
    pending_until: until when it must have fired before anybody is told, 0 for at once.
    held: why an occasion is not told yet (a key of `alerts.notices.SUPPRESSED`), held_until when that ends by itself,
    held_for which occasion it is.
    told_at: when people last heard of it; told_by: empty if by a notice of its own, else why not by one.
    repeats: how often an unsigned alert was told again; exhausted_at: when that was given up: it goes higher up.
    flaps: how often the same rule and key opened in the day before.
    distinct: posts of the window as it was last told without copies and reposts, 0 if not counted; of the newest
    `alerts.queries.COMPARED`, where there are more. gaps: sources that were silent in the window, in words.
    measure: the figure or check of alerts that count no posts, a key of `alerts.measured`, empty for posts.
    rulebook: the mark of the rulebook by which it opened, empty for a rule that is in none.
    round: how often it was told anew (it rose, a signature ended); ladder: the levels it was told at, of all rounds.
    acknowledged_at: when somebody first signed; signed_at, signed_until: since and until when (0: until it is over) he
    who has it now has it; reminded_at: when he was told that it ends; taken_from: who had it before; signatures: all.
    """

    id: str
    rule: str
    rule_title: str
    level: Level
    topic: str = ""
    county: str = ""
    source: str = ""
    phrase: str = ""
    title: str
    reason: str
    state: State = "firing"
    mode: Mode = "live"
    opened_at: int
    updated_at: int
    last_firing_at: int
    resolved_at: int = 0
    window_from: int
    window_to: int
    value: float
    bound: float
    usual: float = 0.0
    count: int
    total: int
    peak: float
    noticed: float = 0.0
    samples: tuple[Sample, ...] = ()
    sources: dict[str, int] = {}
    acknowledged_by: str = ""
    acknowledged_at: int = 0
    note: str = ""
    consultation: str = ""
    danger: bool = False
    untold: str = ""
    verdict: str = ""
    verdict_reason: str = ""
    verdict_by: str = ""
    verdict_at: int = 0
    assigned_to: str = ""
    assigned_by: str = ""
    assigned_at: int = 0
    comments: tuple[Comment, ...] = ()
    pending_until: int = 0
    held: str = ""
    held_until: int = 0
    held_for: str = ""
    told_at: int = 0
    told_by: str = ""
    repeats: int = 0
    exhausted_at: int = 0
    flaps: int = 0
    rulebook: str = ""
    round: int = 0
    ladder: tuple[Rung, ...] = ()
    signed_at: int = 0
    signed_until: int = 0
    reminded_at: int = 0
    taken_from: str = ""
    signatures: tuple[Signature, ...] = ()
    measure: str = ""
    distinct: int = 0
    gaps: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """What the alert counts."""
        return Key(self.topic, self.county, self.source, self.phrase)


def name_levels(style: str) -> None:
    """Call the levels of this process by a key of LEVEL_NAMES; KeyError for any other."""
    LEVELS.update(LEVEL_NAMES[style])


def rank(level: str) -> int:
    """Return a level's place in the rising order."""
    return list(LEVELS).index(level)
