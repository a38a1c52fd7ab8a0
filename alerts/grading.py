"""A proposed grade for a matter, from five axes: safety, reach, vulnerable people, days past a limit, open questions.

The grade is of the problem and of what the government owes in answer, never of what people said or how they said it:
a sharper text is graded like a mild one because nothing about the text goes in. A named person confirms or changes it,
with a reason. 特别重大 is never proposed: the competent authority grades emergencies (突发事件应对法 2024, art. 3).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

GRADES: dict[str, str] = {"general": "一般", "larger": "较大", "major": "重大", "special": "特别重大"}
"""Grades from low to high, and what people call them."""
ORDER = tuple(GRADES)

SAFETY = {
    "none": "无安全健康影响",
    "possible": "可能造成伤害",
    "imminent": "已有伤病或险情迫近",
    "deaths": "有人员死亡或群体性伤害",
}
REACH = {"building": "一户或一栋楼", "community": "社区或乡镇", "county": "全县（区）", "city": "多个县（区）或全市"}
VULNERABLE = {"none": "未涉及", "some": "涉及少数", "many": "涉及较多"}
OVERDUE = {"none": "未超时限", "local": "超过本地时限", "statutory": "超过法定时限"}

SEVERAL = 3
MANY = 10
"""Distinct unanswered questions that count as several and as many: our settings; no official number was found."""


class GradeInputs(Struct, frozen=True, kw_only=True):
    """What a grade may rest on, and nothing else.

    safety, reach, vulnerable, overdue: keys of the tables above; questions: distinct questions without an answer;
    answered: whether an official answer is already public.
    """

    safety: Literal["none", "possible", "imminent", "deaths"] = "none"
    reach: Literal["building", "community", "county", "city"] = "building"
    vulnerable: Literal["none", "some", "many"] = "none"
    overdue: Literal["none", "local", "statutory"] = "none"
    questions: int = 0
    answered: bool = False


class Axis(Struct, frozen=True, kw_only=True):
    """One axis of a proposal: its letter, its Chinese name, what was put in, in words, and the grade it gives."""

    letter: str
    title: str
    value: str
    grade: str


class GradeProposal(Struct, frozen=True, kw_only=True):
    """A proposed grade with its inputs, each axis, and the reason in Chinese; a person confirms it.

    special_to_judge: whether the competent authority must judge if it is 特别重大.
    """

    grade: str
    axes: tuple[Axis, ...]
    reason: str
    inputs: GradeInputs
    special_to_judge: bool = False


def _questions(inputs: GradeInputs) -> str:
    if inputs.questions >= MANY:
        return "larger" if inputs.answered else "major"
    return "larger" if inputs.questions >= SEVERAL else "general"


def propose(inputs: GradeInputs) -> GradeProposal:
    """Return the highest grade that any axis gives, at most 重大, with every input and the deciding axes named."""
    safety = {"none": "general", "possible": "larger", "imminent": "major", "deaths": "major"}[inputs.safety]
    reach = {"building": "general", "community": "larger", "county": "major", "city": "major"}[inputs.reach]
    weak = {"none": "general", "some": "larger", "many": "major"}[inputs.vulnerable]
    late = {"none": "general", "local": "larger", "statutory": "major"}[inputs.overdue]
    answered = "，已有公开答复" if inputs.answered else "，尚无公开答复"
    axes = (
        Axis(letter="S", title="安全健康", value=SAFETY[inputs.safety], grade=safety),
        Axis(letter="R", title="影响居民", value=REACH[inputs.reach], grade=reach),
        Axis(letter="V", title="特殊群体", value=VULNERABLE[inputs.vulnerable], grade=weak),
        Axis(letter="D", title="办理时限", value=OVERDUE[inputs.overdue], grade=late),
        Axis(
            letter="Q", title="待答问题", grade=_questions(inputs),
            value=f"{inputs.questions}个未答复的问题{answered if inputs.questions else ''}",
        ),
    )  # fmt: skip
    grade = max((axis.grade for axis in axes), key=ORDER.index)
    if grade == "general":
        reason = "建议定为一般：五项均为一般。"
    else:
        because = "；".join(f"{axis.title}：{axis.value}" for axis in axes if axis.grade == grade)
        reason = f"建议定为{GRADES[grade]}：{because}。"
    judged = inputs.safety == "deaths" or inputs.reach == "city"
    if judged:
        reason += "是否属特别重大，由突发事件主管机关认定，不自行定级。"
    return GradeProposal(grade=grade, axes=axes, reason=reason, inputs=inputs, special_to_judge=judged)


def lower(grade: str, than: str) -> bool:
    """Say whether one grade is lower than another."""
    return ORDER.index(grade) < ORDER.index(than)
