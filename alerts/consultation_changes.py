"""What each move of a consultation changes: plain functions from one record to the next.

They trust that the move is allowed: only `alerts.consultation_moves.make` calls them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from alerts.consultation import (
    Consultation,
    Correction,
    Department,
    Fact,
    Participant,
    Press,
    PublicText,
    Question,
    Remark,
    Review,
    Task,
    Verification,
)
from alerts.consultation_guards import Act
from streams.records import digest

Change = Callable[[Consultation, Act], Consultation]
Part = TypeVar("Part", bound=Struct)


def item_id(kind: str, c: Consultation, text: str) -> str:
    """Return the id of a fact, question or task: the same text in the same consultation is the same one."""
    return digest(kind, c.id, text)


def _changed(items: tuple[Part, ...], id_: str, **fields: Any) -> tuple[Part, ...]:
    return tuple(replace(item, **fields) if getattr(item, "id", "") == id_ else item for item in items)


def regrade(c: Consultation, act: Act) -> Consultation:
    """Set another grade, with its reason and who confirmed it."""
    return replace(
        c, grade=act.data["grade"], grade_reason=act.data["reason"], grade_by=act.by,
        special_basis=act.data.get("special_basis", ""), emergency=act.data.get("emergency", c.emergency),
    )  # fmt: skip


def add_fact(c: Consultation, act: Act) -> Consultation:
    """Add a fact, confirmed or known to be unknown."""
    confirmed = act.data["confirmed"]
    fact = Fact(
        id=item_id("fact", c, act.data["text"]), text=act.data["text"], confirmed=confirmed,
        source=act.data["source"], by=act.by, at=act.now, settled_at=act.now if confirmed else 0,
    )  # fmt: skip
    return replace(c, facts=(*c.facts, fact))


def settle_fact(c: Consultation, act: Act) -> Consultation:
    """Confirm what was unknown, in new words if given."""
    old = next(fact for fact in c.facts if fact.id == act.data["fact"])
    fields = {"confirmed": True, "source": act.data["source"], "settled_at": act.now}
    return replace(c, facts=_changed(c.facts, old.id, text=act.data.get("text") or old.text, **fields))


def add_question(c: Consultation, act: Act) -> Consultation:
    """Add a question that people ask."""
    text = act.data["text"]
    question = Question(id=item_id("question", c, text), text=text, asked=act.data.get("asked", 0), at=act.now)
    return replace(c, questions=(*c.questions, question))


def answer_question(c: Consultation, act: Act) -> Consultation:
    """Answer a question; a `not yet known` stays on record in the history."""
    fields = {"answer": act.data["text"], "answered_by": act.by, "answered_at": act.now, "unknown": "", "until": 0}
    return replace(c, questions=_changed(c.questions, act.data["question"], **fields))


def not_yet_known(c: Consultation, act: Act) -> Consultation:
    """Say that an answer is not known yet, why, and by when it will be."""
    fields = {"unknown": act.data["text"], "until": act.data["until"]}
    return replace(c, questions=_changed(c.questions, act.data["question"], **fields))


def admit(c: Consultation, act: Act) -> Consultation:
    """Write down what we got wrong."""
    return replace(c, wrongs=(*c.wrongs, Remark(text=act.data["text"], by=act.by, at=act.now)))


def call(c: Consultation, act: Act) -> Consultation:
    """Call a unit to the meeting."""
    one = Participant(unit=act.data["unit"], duty=act.data["part"], called_at=act.now)
    return replace(c, participants=(*(p for p in c.participants if p.unit != one.unit), one))


def came(c: Consultation, act: Act) -> Consultation:
    """Write down that a unit came."""
    unit = act.data["unit"]
    return replace(c, participants=tuple(replace(p, came=True) if p.unit == unit else p for p in c.participants))


def assign(c: Consultation, act: Act) -> Consultation:
    """Give a department its part; a former lead department stays as an assisting one."""
    one = Department(unit=act.data["unit"], duty=act.data["duty"])
    others = [d for d in c.departments if d.unit != one.unit]
    if one.duty == "lead":
        others = [replace(d, duty="assist") if d.duty == "lead" else d for d in others]
    return replace(c, departments=(*others, one))


def decide(c: Consultation, act: Act) -> Consultation:
    """Decide on a task, with who does it and by when."""
    text = act.data["text"]
    task = Task(
        id=item_id("task", c, f"{act.data['unit']}\0{text}"), text=text, unit=act.data["unit"], due=act.data["due"],
        decided_by=act.by, decided_at=act.now,
    )  # fmt: skip
    return replace(c, tasks=(*c.tasks, task))


def task_done(c: Consultation, act: Act) -> Consultation:
    """Write down that a task is done, with its result."""
    return replace(c, tasks=_changed(c.tasks, act.data["task"], done_at=act.now, result=act.data["result"]))


def _draft(act: Act) -> PublicText:
    return PublicText(text=act.data["text"], unit=act.data["unit"], drafted_by=act.by, drafted_at=act.now)


def signed(text: PublicText | None, act: Act) -> PublicText:
    """Return a text with its signature."""
    assert text is not None
    return replace(text, signed_by=act.by, signed_at=act.now)


def published(text: PublicText | None, act: Act) -> PublicText:
    """Return a text with where and when its unit published it, and who noted that."""
    assert text is not None
    when = act.data.get("published_at") or act.now
    return replace(text, published_by=act.by, published_at=when, channel=act.data["channel"])


def corrected(text: PublicText | None, act: Act) -> PublicText:
    """Return a text with a correction beside it."""
    assert text is not None
    return replace(text, corrections=(*text.corrections, Correction(text=act.data["text"], by=act.by, at=act.now)))


def draft_statement(c: Consultation, act: Act) -> Consultation:
    """Draft the first statement anew: a signature of an older draft is gone with it."""
    return replace(c, statement=_draft(act))


def sign_statement(c: Consultation, act: Act) -> Consultation:
    """Sign the first statement."""
    return replace(c, statement=signed(c.statement, act))


def publish_statement(c: Consultation, act: Act) -> Consultation:
    """Write down that the unit published the first statement, when and where."""
    return replace(c, statement=published(c.statement, act))


def correct_statement(c: Consultation, act: Act) -> Consultation:
    """Put a visible correction beside the published statement."""
    return replace(c, statement=corrected(c.statement, act))


def hold_press(c: Consultation, act: Act) -> Consultation:
    """Write down a press conference."""
    return replace(c, press=Press(held_at=act.data["held_at"], unit=act.data["unit"], speaker=act.data["speaker"]))


def draft_answer(c: Consultation, act: Act) -> Consultation:
    """Draft the answer anew: a signature of an older draft is gone with it."""
    return replace(c, answer=_draft(act))


def sign_answer(c: Consultation, act: Act) -> Consultation:
    """Sign the answer."""
    return replace(c, answer=signed(c.answer, act))


def publish_answer(c: Consultation, act: Act) -> Consultation:
    """Write down that the unit published the answer under its own name, when and where."""
    return replace(c, answer=published(c.answer, act))


def correct_answer(c: Consultation, act: Act) -> Consultation:
    """Put a visible correction beside the published answer."""
    return replace(c, answer=corrected(c.answer, act))


def set_meeting(c: Consultation, act: Act) -> Consultation:
    """Fix the next meeting."""
    return replace(c, next_meeting_at=act.data["meeting_at"], next_meeting_about=act.data["text"])


def dissent(c: Consultation, act: Act) -> Consultation:
    """Write down a dissent, by unit."""
    return replace(c, dissents=(*c.dissents, Remark(text=act.data["text"], by=act.data["unit"], at=act.now)))


def verify(c: Consultation, act: Act) -> Consultation:
    """Write down that a unit outside checked the remedy."""
    found = Verification(unit=act.data["unit"], text=act.data["text"], by=act.by, at=act.now)
    return replace(c, verification=found)


def close(c: Consultation, act: Act) -> Consultation:
    """Close it, with a concluding text."""
    return replace(c, closed_at=act.now, closed_by=act.by, closing=act.data["text"])


def reopen(c: Consultation, _: Act) -> Consultation:
    """Open it again: the published answer stays on record, a new one may be drafted, and the remedy is checked anew."""
    earlier = (*c.earlier_answers, *((c.answer,) if c.answer else ()), *c.unit_answers)
    return replace(
        c, closed_at=0, closed_by="", closing="", verification=None, answer=None, unit_answers=(),
        earlier_answers=earlier, reviews=(), earlier_reviews=(*c.earlier_reviews, *c.reviews),
    )  # fmt: skip


def review(c: Consultation, act: Act) -> Consultation:
    """Add a review (复盘) with one action that the next report follows up."""
    fields = {name: act.data[name] for name in ("cause", "lessons", "action", "unit", "due")}
    return replace(c, reviews=(*c.reviews, Review(by=act.by, at=act.now, **fields)))


def action_done(c: Consultation, act: Act) -> Consultation:
    """Write down that an action of a review was carried out, and what shows it."""
    number = int(act.data["action"])
    done = replace(c.reviews[number], done_at=act.now, result=act.data["result"])
    return replace(c, reviews=(*c.reviews[:number], done, *c.reviews[number + 1 :]))
