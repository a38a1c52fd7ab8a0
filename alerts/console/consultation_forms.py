"""Each move of a consultation that one may make now, as a form: grouped, with its choices, or with what blocks it."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.console.move_forms import Line, MoveForm
from alerts.consultation import Consultation
from alerts.consultation_moves import Move
from alerts.consultation_view import allowed_moves

GROUPS: dict[str, tuple[str, ...]] = {
    "事实与问题": ("add_fact", "settle_fact", "add_question", "answer_question", "not_yet_known", "admit"),
    "发布与答复": (
        "draft_statement", "sign_statement", "publish_statement", "correct_statement", "hold_press", "draft_answer",
        "sign_answer", "publish_answer", "correct_answer", "agree_sheet", "draft_unit_answer", "sign_unit_answer",
        "publish_unit_answer", "correct_unit_answer",
    ),
    "分工与会商": ("assign", "decide", "task_done", "call", "came", "set_meeting", "dissent"),
    "等级与办结": ("assess", "regrade", "verify", "close", "reopen", "review", "action_done"),
}  # fmt: skip
"""Where each move's form stands; a test holds that every move stands somewhere."""
NEXT: dict[str, tuple[str, ...]] = {
    "assessing": (
        "assess", "add_fact", "add_question", "draft_statement", "sign_statement", "publish_statement", "assign",
    ),
    "handling": (
        "add_question", "sign_statement", "publish_statement", "draft_statement", "decide", "draft_answer",
        "sign_answer", "publish_answer", "agree_sheet", "sign_unit_answer", "publish_unit_answer",
    ),
    "stated": ("answer_question", "draft_answer", "sign_answer", "publish_answer", "task_done"),
    "answered": ("verify", "task_done", "answer_question"),
    "verified": ("close", "answer_question"),
    "closed": ("review", "action_done"),
}  # fmt: skip
"""What usually comes next in a state: these forms are marked; nothing more."""


def forms(
    c: Consultation, *, by: str, role: str, now: int, tried: str = "", typed: Mapping[str, str] | None = None
) -> dict[str, list[MoveForm[Move]]]:
    """Return the forms of the moves that this person may make now, by group; `tried` was just refused, as `typed`."""
    choices = {choice.move.name: choice for choice in allowed_moves(c, role, by=by, now=now)}
    usual = NEXT.get(c.state, ())
    out: dict[str, list[MoveForm[Move]]] = {}
    for title, names in GROUPS.items():
        for name in names:
            choice = choices.get(name)
            if choice is None:
                continue
            given = typed if typed and name == tried else {}
            lines = tuple(Line(field, given.get(field.name, ""), some) for field, some in choice.fields)
            form = MoveForm(choice.move, lines, choice.blocked, name == tried, name in usual and not choice.blocked)
            out.setdefault(title, []).append(form)
    for group in out.values():
        group.sort(key=lambda form: (bool(form.blocked), not form.next))
    return out
