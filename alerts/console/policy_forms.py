"""Each move of a policy that one may make now, as a form, with what blocks it."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.console.move_forms import Line, MoveForm
from alerts.consultation_guards import Act
from alerts.fields import Field
from alerts.policy import Policy
from alerts.policy_moves import MOVES, WHOLE, Move, may


def forms(
    p: Policy, *, by: str, role: str, now: int, tried: str = "", typed: Mapping[str, str] | None = None
) -> list[MoveForm[Move]]:
    """Return the forms of the moves that this person may make now; `tried` was just refused, as `typed`."""
    out = []
    for move in MOVES:
        if may(p, move, role):
            continue
        act = Act(by=by, role=role, now=now, data={"remark": "—"})  # what is typed later stands in nobody's way
        blocked = next((why for check in move.guards if (why := check(p, act))), "")
        given = typed if typed and move.name == tried else {}
        lines = tuple(Line(field, given.get(field.name, _there(p, field))) for field in move.fields)
        out.append(MoveForm(move, lines, blocked, move.name == tried))
    return sorted(out, key=lambda form: bool(form.blocked))


def _there(p: Policy, field: Field) -> str:
    return str(getattr(p, field.name)) if field.name in WHOLE else ""
