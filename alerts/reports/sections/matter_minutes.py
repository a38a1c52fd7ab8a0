"""会商纪要: who met, what was judged, what was decided and who does it by when."""

from __future__ import annotations

from alerts.consultation import DUTIES, Consultation
from alerts.grading import GRADES
from alerts.reports.periods import moment_words
from alerts.reports.sections.coverage import provenance
from alerts.reports.sections.matter_parts import clocks, facts, questions
from alerts.reports.sections.matter_special import said
from alerts.reports.tree import Block, Cell, Column, Note, Paragraph, Section, Source, Table

TASKS = (
    Column(title="序号", width=0.8), Column(title="议定事项", width=3), Column(title="责任单位", width=1.5),
    Column(title="完成时限", width=1.9), Column(title="进展", width=2),
)  # fmt: skip
UNITS = (Column(title="单位", width=3), Column(title="分工", width=2), Column(title="参会", width=1.2))


def minutes(one: Consultation, now: int, sources: tuple[Source, ...]) -> tuple[Section, ...]:
    """Return all sections."""
    text = (
        f"{moment_words(one.opened_at)}就“{one.title}”启动会商。"
        f"确定等级为{GRADES[one.grade]}，理由：{one.grade_reason}。"
    )
    judged: list[Block] = [facts(one)] if one.facts else [Paragraph(text="尚未记录事实。")]
    if one.dissents:
        judged += [Paragraph(text=f"不同意见：{dissent.text}") for dissent in one.dissents]
    else:
        judged.append(Note(text="没有记录不同意见。"))
    judged += [Paragraph(text=f"我方失误：{wrong.text}") for wrong in one.wrongs]
    asked = questions(one) if one.questions else Note(text="没有归纳群众问题。")
    return (
        Section(title="会商情况", blocks=(Paragraph(text=text), *_units(one, now))),
        Section(title="研判意见", blocks=tuple(judged)),
        Section(title="群众关切", blocks=(asked,)),
        Section(title="议定事项", blocks=_tasks(one, now)),
        Section(title="对外回应", blocks=(clocks(one, now), *said(one))),
        Section(title="后续安排", blocks=(Paragraph(text=_next(one)),)),
        provenance(sources),
    )


def _units(one: Consultation, now: int) -> tuple[Block, ...]:
    duties = {department.unit: DUTIES[department.duty] for department in one.departments}
    came = {participant.unit: participant for participant in one.participants}
    rows: list[tuple[Cell, ...]] = []
    for unit in dict.fromkeys((*duties, *came)):
        part = came.get(unit)
        missed = "已通知" if one.next_meeting_at > now else "未到会"
        there = "未通知" if part is None else "到会" if part.came else missed
        rows.append((unit, duties.get(unit) or (part.duty if part else ""), there))
    if not rows:
        return (Note(text="尚未记录参会单位。", warn=True),)
    return (Table(name="units", caption="参会单位", columns=UNITS, rows=tuple(rows), source="consultation"),)


def _tasks(one: Consultation, now: int) -> tuple[Block, ...]:
    rows: list[tuple[Cell, ...]] = []
    strong: list[int] = []
    for place, task in enumerate(one.tasks, 1):
        if task.done_at:
            late = "（逾期）" if task.done_at > task.due else ""
            progress = f"{moment_words(task.done_at)}办结{late}：{task.result}"
        else:
            progress = "已逾期，尚未办结" if now > task.due else "办理中"
        if now > task.due and not task.done_at:
            strong.append(len(rows))
        rows.append((place, task.text, task.unit, moment_words(task.due), progress))
    if not rows:
        return (Note(text="尚未议定事项。", warn=True),)
    return (
        Table(name="tasks", caption="议定事项", columns=TASKS, rows=tuple(rows), strong=tuple(strong), keys=2,
              source="consultation"),
    )  # fmt: skip


def _next(one: Consultation) -> str:
    if not one.open:
        return f"会商已于{moment_words(one.closed_at)}办结。"
    if one.next_meeting_at:
        return f"下次会商：{moment_words(one.next_meeting_at)}，议题：{one.next_meeting_about or '待定'}。"
    return "尚未确定下次会商时间。"
