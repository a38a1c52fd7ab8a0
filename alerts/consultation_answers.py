"""One fact sheet (口径) for all, and each unit's own signed answer on it: what may be done, and what it changes.

Coordinated answers (联动引导) are answers that agree on the facts: every unit says in its own name what is its own
business, and none goes out on a sheet that no longer holds.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from alerts.consultation import Assessment, Consultation, FactSheet, PublicText
from alerts.consultation_changes import corrected, published, signed
from alerts.consultation_guards import Act, public_fault, publish_fault
from alerts.grading import GradeInputs, propose


def assess(c: Consultation, act: Act) -> Consultation:
    """Write down the axes that a person judged, with the questions that the record counts, and the grade they give."""
    axes = {name: act.data[name] for name in ("safety", "reach", "vulnerable", "overdue")}
    inputs = GradeInputs(**axes, questions=len(c.unanswered), answered=bool(c.answered_at))
    found = propose(inputs)
    made = Assessment(inputs=inputs, grade=found.grade, reason=found.reason, by=act.by, at=act.now)
    return replace(c, assessment=made)


def agree_sheet(c: Consultation, act: Act) -> Consultation:
    """Agree on the facts as they stand now: the next fact sheet."""
    known, unknown = _facts(c)
    sheet = FactSheet(number=len(c.sheets) + 1, known=known, unknown=unknown, by=act.by, at=act.now)
    return replace(c, sheets=(*c.sheets, sheet))


def sheet_is_new(c: Consultation, _: Act) -> str:
    """Demand a confirmed fact, and that something changed since the last sheet."""
    known, unknown = _facts(c)
    if not known:
        return "还没有已确认的事实，不能统一口径。"
    same = c.sheet is not None and (c.sheet.known, c.sheet.unknown) == (known, unknown)
    return f"事实没有变化，仍以口径第{len(c.sheets)}版为准。" if same else ""


def _facts(c: Consultation) -> tuple[tuple[str, ...], tuple[str, ...]]:
    known = tuple(fact.text for fact in c.facts if fact.confirmed)
    return known, tuple(fact.text for fact in c.facts if not fact.confirmed)


def sheet_agreed(c: Consultation, _: Act) -> str:
    """Let no unit draft its own answer before the facts are agreed."""
    return "" if c.sheet else "请先统一口径：各单位的答复须以同一份已确认的事实为准。"


def answer_on_sheet(c: Consultation, _: Act) -> str:
    """Let the lead's answer go out alone without a sheet; once several units answer, or there is one, on the sheet."""
    if c.unit_answers and not c.sheet:
        return "有多家单位答复，请先统一口径。"
    return _stale(c, c.answer)


def _stale(c: Consultation, text: PublicText | None) -> str:
    if text is None or c.sheet is None or text.drafted_at >= c.sheet.at:
        return ""
    return f"口径已更新为第{c.sheet.number}版，请对照后重新拟稿。"


def _may_draft(c: Consultation) -> dict[str, str]:
    out = {text.unit for text in c.unit_answers if text.published_at}
    return {d.unit: d.unit for d in c.departments if d.duty == "assist" and d.unit not in out}


OPTIONS: dict[str, Callable[[Consultation], dict[str, str]]] = {
    "assisting": _may_draft,
    "unit_draft": lambda c: {text.unit: text.unit for text in c.unit_answers if not text.signed_by},
    "unit_signed": lambda c: {
        text.unit: text.unit for text in c.unit_answers if text.signed_by and not text.published_at
    },
    "unit_out": lambda c: {text.unit: text.unit for text in c.unit_answers if text.published_at},
}
"""The units that can be chosen: that may draft, whose draft waits for its signature, for its publication, is out."""


def _of(c: Consultation, act: Act) -> PublicText:
    return next(text for text in c.unit_answers if text.unit == act.data["unit"])


def unit_signable(c: Consultation, act: Act) -> str:
    """Let a unit's answer be signed by somebody who didn't draft it, without personal data, on the sheet that holds."""
    text = _of(c, act)
    return public_fault(text, act, f"{text.unit}的答复") or _stale(c, text)


def unit_publishable(c: Consultation, act: Act) -> str:
    """Demand that what goes out was signed, is not dated before that, and rests on the sheet that holds."""
    text = _of(c, act)
    return publish_fault(text, act, f"{text.unit}的答复") or _stale(c, text)


def units_have_answered(c: Consultation, _: Act) -> str:
    """Demand that no unit's answer is left in a drawer."""
    waiting = [text.unit for text in c.unit_answers if not text.published_at]
    return f"{'、'.join(waiting)}的答复还没有公开。" if waiting else ""


def draft_unit_answer(c: Consultation, act: Act) -> Consultation:
    """Draft a unit's own answer anew: a signature of an older draft is gone with it."""
    text = PublicText(text=act.data["text"], unit=act.data["unit"], drafted_by=act.by, drafted_at=act.now)
    others = tuple(one for one in c.unit_answers if one.unit != text.unit)
    return replace(c, unit_answers=(*others, text))


def sign_unit_answer(c: Consultation, act: Act) -> Consultation:
    """Sign a unit's answer."""
    return _put(c, signed(_of(c, act), act))


def publish_unit_answer(c: Consultation, act: Act) -> Consultation:
    """Write down that a unit published its answer under its own name, when and where."""
    return _put(c, published(_of(c, act), act))


def correct_unit_answer(c: Consultation, act: Act) -> Consultation:
    """Put a visible correction beside a unit's published answer."""
    return _put(c, corrected(_of(c, act), act))


def _put(c: Consultation, text: PublicText) -> Consultation:
    return replace(c, unit_answers=tuple(text if one.unit == text.unit else one for one in c.unit_answers))
