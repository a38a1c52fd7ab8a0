"""What must hold before a consultation may move: each guard returns why not, in Chinese, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from alerts.consultation import Consultation, PublicText
from alerts.deadlines import PRESS
from alerts.grading import GRADES, lower
from analyzers.masking import mask


class Act(NamedTuple):
    """Who wants to make a move, in which role, when (ms UTC), with which data (checked already)."""

    by: str
    role: str
    now: int
    data: Mapping[str, Any]


Guard = Callable[[Consultation, Act], str]
SIGNERS = frozenset({"leader", "admin"})
NEVER_PUBLIC = {"id": "身份证号", "card": "银行卡号", "plate": "车牌号"}
"""Kinds of personal data that no public text needs (an office's own telephone it does need)."""


def grade_changes(c: Consultation, act: Act) -> str:
    """Demand that a grade differs, a leader confirms what lowers it, and the authority judges 特别重大."""
    grade = act.data["grade"]
    if grade == c.grade and act.data.get("emergency", c.emergency) == c.emergency:
        return f"现在的等级已是{GRADES[c.grade]}。"
    if lower(grade, c.grade) and act.role not in SIGNERS:
        return "下调等级须由领导确认。"
    if c.emergency and not act.data.get("emergency", c.emergency) and act.role not in SIGNERS:
        return "认定不属突发事件会放宽时限，须由领导确认。"
    return special_by_authority(grade, act.data.get("special_basis", ""))


def special_by_authority(grade: str, special_basis: str) -> str:
    """Demand the competent authority's document for 特别重大."""
    if grade == "special" and not special_basis:
        return "特别重大由突发事件主管机关认定，不自行定级；请填写认定机关和文件。"
    return ""


def some_fact_confirmed(c: Consultation, _: Act) -> str:
    """Let nothing go out that rests on no confirmed fact."""
    return "" if any(fact.confirmed for fact in c.facts) else "还没有已确认的事实，不能对外发布。"


def lead_named(c: Consultation, act: Act) -> str:
    """Demand that a lead department is named."""
    if c.lead or act.data.get("duty") == "lead":
        return ""
    return "请先确定牵头单位。"


def statement_open(c: Consultation, _: Act) -> str:
    """Demand that the first statement is not out yet."""
    return "首次发声已经发布；有变化请用“更正首次发声”。" if c.statement and c.statement.published_at else ""


def answer_open(c: Consultation, _: Act) -> str:
    """Demand that the answer is not out yet."""
    return "答复已经公开；有变化请用“更正答复”。" if c.answer and c.answer.published_at else ""


def public_fault(text: PublicText | None, act: Act, name: str) -> str:
    """Return why a text can't be signed by this person: no draft, signed already, his own, or personal data in it."""
    if text is None:
        return f"{name}还没有拟稿。"
    if text.signed_by:
        return f"{name}已由 {text.signed_by} 签发。"
    if text.drafted_by == act.by:
        return "拟稿人不能签发自己拟的稿。"
    kinds = [word for kind, word in NEVER_PUBLIC.items() if kind in mask(text.text).kinds]
    return f"{name}里含{'、'.join(kinds)}，请先去掉。" if kinds else ""


def statement_signable(c: Consultation, act: Act) -> str:
    """Let a statement be signed once, by somebody who didn't draft it, without personal data."""
    return public_fault(c.statement, act, "首次发声")


def answer_signable(c: Consultation, act: Act) -> str:
    """Let an answer be signed once, by somebody who didn't draft it, without personal data."""
    return public_fault(c.answer, act, "答复")


def publish_fault(text: PublicText | None, act: Act, name: str) -> str:
    """Return why a text can't be noted as published: not signed, or dated before the signature or after now."""
    if text is None or not text.signed_by:
        return f"{name}还没有签发，不能发布。"
    when = act.data.get("published_at") or act.now
    if when > act.now:
        return "发布时间不能晚于现在。"
    # the entry may be minutes late; a time before the signature would make the clock look better than it was
    return "发布时间不能早于签发时间。" if when < text.signed_at else ""


def statement_publishable(c: Consultation, act: Act) -> str:
    """Demand that what goes out has been signed, and is not dated before that."""
    return statement_open(c, act) or publish_fault(c.statement, act, "首次发声")


def answer_publishable(c: Consultation, act: Act) -> str:
    """Demand that what goes out has been signed, and is not dated before that."""
    return answer_open(c, act) or publish_fault(c.answer, act, "答复")


def statement_is_out(c: Consultation, _: Act) -> str:
    """Let only what was published be corrected."""
    return "" if c.statement and c.statement.published_at else "首次发声还没有发布，直接改稿即可。"


def answer_is_out(c: Consultation, _: Act) -> str:
    """Let only what was published be corrected."""
    return "" if c.answer and c.answer.published_at else "答复还没有公开，直接改稿即可。"


def in_the_future(name: str, label: str) -> Guard:
    """Return a guard: the time given in `name` lies ahead."""

    def guard(_: Consultation, act: Act) -> str:
        return "" if act.data[name] > act.now else f"{label}须晚于现在。"

    return guard


def press_in_time(c: Consultation, act: Act) -> str:
    """Demand that a press conference lies between knowing and now, and is the first."""
    if c.press:
        return "新闻发布会已经记录。"
    return "" if c.known_at <= act.data["held_at"] <= act.now else "发布会时间须在获知之后、现在之前。"


def statement_noted(c: Consultation, _: Act) -> str:
    """Demand that a first statement that was signed is noted as published, with its time."""
    signed = c.statement is not None and c.statement.signed_by and not c.statement.published_at
    return "首次发声已签发，还没有记录何时在哪里发布，请先记录。" if signed else ""


def press_held_or_why(c: Consultation, act: Act) -> str:
    """Demand a press conference where one is owed, or why there was none: its clock goes on running."""
    if c.press or PRESS not in c.limits or act.data.get("no_press"):
        return ""
    return "应当举行的新闻发布会没有记录；请先记录，没有举行的请写明理由。"


def all_tasks_done(c: Consultation, _: Act) -> str:
    """Demand that everything decided is done."""
    waiting = sum(not task.done_at for task in c.tasks)
    return f"还有{waiting}项交办任务没有完成。" if waiting else ""


def by_somebody_else(c: Consultation, act: Act) -> str:
    """Let the remedy be checked by a unit that didn't do it."""
    doing = {d.unit for d in c.departments if d.duty != "supervise"}
    return "核验单位不能是牵头或协办单位。" if act.data["unit"] in doing else ""


def all_questions_settled(c: Consultation, _: Act) -> str:
    """Demand that every question has an answer, or a dated `not yet known`."""
    waiting = len(c.unanswered)
    return f"还有{waiting}个群众问题没有答复，也没有注明何时答复，不能办结。" if waiting else ""


def not_yet_came(c: Consultation, act: Act) -> str:
    """Note coming once, of a unit that was called."""
    unit = next((p for p in c.participants if p.unit == act.data["unit"]), None)
    if unit is None:
        return "没有通知过这个单位。"
    return "已记录到会。" if unit.came else ""
