"""A joint consultation (会商) as one frozen value: what is known, what people ask, who does what, what was answered.

The value only says what is; `alerts.consultation_moves` says how it may change. It names no one who wrote: questions
are grouped and masked, and there is no field for who asked. People in it are staff and units.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from alerts import deadlines
from alerts.deadlines import Limit
from alerts.grading import GradeInputs
from alerts.moves import Step
from streams.records import digest

STATES: dict[str, str] = {
    "assessing": "研判中",
    "handling": "办理中",
    "stated": "已首次发声",
    "answered": "已公开答复",
    "verified": "已核验",
    "closed": "已办结",
}
"""States and what people call them. None of them means that people stopped talking: only that they were answered."""
DUTIES: dict[str, str] = {"lead": "牵头", "assist": "协办", "supervise": "督办"}


class Fact(Struct, frozen=True, kw_only=True):
    """Something known, or known to be unknown; source: where it comes from; settled_at: when it was confirmed."""

    id: str
    text: str
    confirmed: bool
    source: str
    by: str
    at: int
    settled_at: int = 0


class Question(Struct, frozen=True, kw_only=True):
    """What people ask, grouped and without any asker; asked: about how many texts ask it.

    answer, or `unknown` with the day by which there will be one (until), or neither yet.
    """

    id: str
    text: str
    asked: int
    at: int
    answer: str = ""
    answered_by: str = ""
    answered_at: int = 0
    unknown: str = ""
    until: int = 0

    @property
    def settled(self) -> bool:
        """Whether it has an answer, or a dated `not yet known`."""
        return bool(self.answer or (self.unknown and self.until))


class Participant(Struct, frozen=True, kw_only=True):
    """A unit that was called, in which role, and whether it came."""

    unit: str
    duty: str
    called_at: int
    came: bool = False


class Department(Struct, frozen=True, kw_only=True):
    """A department with its part: a key of `DUTIES`."""

    unit: str
    duty: str


class Task(Struct, frozen=True, kw_only=True):
    """What was decided, who does it, by when (ms UTC), and when it was done with which result."""

    id: str
    text: str
    unit: str
    due: int
    decided_by: str
    decided_at: int
    done_at: int = 0
    result: str = ""


class Correction(Struct, frozen=True, kw_only=True):
    """A correction of a published text; it is shown beside it, the first text stays."""

    text: str
    by: str
    at: int


class PublicText(Struct, frozen=True, kw_only=True):
    """A text for the public: drafted by one person, signed by another, published by a unit under its own name.

    channel: where the unit published it; times are ms UTC, 0 for not yet.
    """

    text: str
    unit: str
    drafted_by: str
    drafted_at: int
    signed_by: str = ""
    signed_at: int = 0
    published_by: str = ""
    published_at: int = 0
    channel: str = ""
    corrections: tuple[Correction, ...] = ()

    @property
    def signature(self) -> str:
        """The line under the text: always the unit's own name."""
        return f"{self.unit}"


class FactSheet(Struct, frozen=True, kw_only=True):
    """口径: the facts that every unit's answer rests on, agreed once and by whom; a newer one has the next number.

    known: the confirmed facts as they stood then; unknown: what was still being checked.
    """

    number: int
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    by: str
    at: int


class Assessment(Struct, frozen=True, kw_only=True):
    """What a grade was proposed from: the five axes, the proposal and its reason (`alerts.grading`), by whom, when."""

    inputs: GradeInputs
    grade: str
    reason: str
    by: str
    at: int


class Press(Struct, frozen=True, kw_only=True):
    """A press conference that was held: when, by which unit, who spoke (office, not name)."""

    held_at: int
    unit: str
    speaker: str


class Remark(Struct, frozen=True, kw_only=True):
    """A dissent, or what we got wrong: text, unit or person, time."""

    text: str
    by: str
    at: int


class Verification(Struct, frozen=True, kw_only=True):
    """Who outside the lead department checked that the remedy works, and what was found."""

    unit: str
    text: str
    by: str
    at: int


class Review(Struct, frozen=True, kw_only=True):
    """复盘: what happened against the limits, the cause in our service, and what will be changed by whom and when.

    done_at, result: when the change was made, and what shows it.
    """

    cause: str
    lessons: str
    action: str
    unit: str
    due: int
    by: str
    at: int
    done_at: int = 0
    result: str = ""


class Consultation(Struct, frozen=True, kw_only=True):
    """The whole record of how a matter was assessed and answered.

    occurred_at: when it happened, 0 if unknown; known_at: when we knew, from which the clocks run; emergency: whether
    it is a 突发事件; grade_by confirmed the grade, for grade_reason; special_basis: the competent authority's document,
    needed for 特别重大. All times ms UTC.
    """

    id: str
    title: str
    alert_ids: tuple[str, ...]
    topic: str
    county: str
    grade: str
    grade_reason: str
    grade_by: str
    known_at: int
    occurred_at: int
    opened_at: int
    opened_by: str
    updated_at: int
    emergency: bool = True
    special_basis: str = ""
    state: Literal["assessing", "handling", "stated", "answered", "verified", "closed"] = "assessing"
    facts: tuple[Fact, ...] = ()
    questions: tuple[Question, ...] = ()
    wrongs: tuple[Remark, ...] = ()
    participants: tuple[Participant, ...] = ()
    departments: tuple[Department, ...] = ()
    tasks: tuple[Task, ...] = ()
    statement: PublicText | None = None
    press: Press | None = None
    answer: PublicText | None = None
    earlier_answers: tuple[PublicText, ...] = ()
    assessment: Assessment | None = None
    sheets: tuple[FactSheet, ...] = ()
    unit_answers: tuple[PublicText, ...] = ()
    next_meeting_at: int = 0
    next_meeting_about: str = ""
    dissents: tuple[Remark, ...] = ()
    verification: Verification | None = None
    closed_at: int = 0
    closed_by: str = ""
    closing: str = ""
    reviews: tuple[Review, ...] = ()
    earlier_reviews: tuple[Review, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def revision(self) -> int:
        """How many moves were made: what a person has seen when he acts."""
        return len(self.steps)

    @property
    def open(self) -> bool:
        """Whether it is not closed."""
        return self.state != "closed"

    @property
    def state_name(self) -> str:
        """The state in words."""
        return "已复盘" if self.state == "closed" and self.reviews else STATES[self.state]

    @property
    def lead(self) -> str:
        """The lead department, empty if there is none yet."""
        return next((d.unit for d in self.departments if d.duty == "lead"), "")

    @property
    def unanswered(self) -> tuple[Question, ...]:
        """The questions with neither an answer nor a dated `not yet known`."""
        return tuple(question for question in self.questions if not question.settled)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The clock-hour limits that apply to its grade."""
        return deadlines.limits(self.grade, emergency=self.emergency)

    @property
    def first_due_at(self) -> int:
        """When the first answer is due, ms UTC."""
        return min(deadlines.due_at(limit, self.known_at) for limit in self.limits)

    @property
    def action_due(self) -> int:
        """When the first action of a review that is not carried out yet is due, 0 if there is none."""
        return min((review.due for review in self.reviews if not review.done_at), default=0)

    @property
    def action_done_at(self) -> int:
        """When the last action of a review was carried out, 0 if none was."""
        return max((review.done_at for review in self.reviews), default=0)

    @property
    def public_texts(self) -> tuple[tuple[str, PublicText], ...]:
        """Every text for the public with its name, published or not: statement, answers, each unit's own answer."""
        texts = [("首次发声", self.statement), *(("此前的答复", one) for one in self.earlier_answers)]
        texts += [("公开答复", self.answer), *(("单位答复", one) for one in self.unit_answers)]
        return tuple((name, text) for name, text in texts if text)

    @property
    def sheet(self) -> FactSheet | None:
        """The fact sheet that holds, None if none was agreed yet."""
        return self.sheets[-1] if self.sheets else None

    @property
    def answered_at(self) -> int:
        """When anything was first published, 0 if nothing was."""
        return min((text.published_at for _, text in self.public_texts if text.published_at), default=0)

    def met_at(self, limit: Limit) -> int:
        """Return when a limit was met, 0 if it was not."""
        if limit.name == "press_conference":
            return self.press.held_at if self.press else 0
        return self.answered_at


def consultation_id(alert_id: str) -> str:
    """Return the id of the one consultation that an alert can open."""
    return digest("consultation", alert_id)


def by_hand_id(title: str, known_at: int) -> str:
    """Return the id of a consultation opened by hand: of the same matter, known at the same time, there is one."""
    return digest("consultation", "by hand", title, str(known_at))
