"""Each move of a policy that one may make now, as a form, with what blocks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.console.words import read_time
from alerts.consultation_guards import Act
from alerts.fields import Field
from alerts.policy import Policy
from alerts.policy_moves import MOVES, WHOLE, Move, may


@dataclass(frozen=True)
class Line:
    """One field of a form and what stands in it."""

    field: Field
    value: str


@dataclass(frozen=True)
class MoveForm:
    """One move: its fields; `blocked` says in Chinese what stands in its way; open: it was just refused."""

    move: Move
    lines: tuple[Line, ...]
    blocked: str
    open: bool


def forms(
    p: Policy, *, by: str, role: str, now: int, tried: str = "", typed: Mapping[str, str] | None = None
) -> list[MoveForm]:
    """Return the forms of the moves that this person may make now; `tried` was just refused, as `typed`."""
    out = []
    for move in MOVES:
        if may(p, move, role):
            continue
        act = Act(by=by, role=role, now=now, data={})
        blocked = next((why for check in move.guards if (why := check(p, act))), "")
        given = typed if typed and move.name == tried else {}
        lines = tuple(Line(field, given.get(field.name, _there(p, field))) for field in move.fields)
        out.append(MoveForm(move, lines, blocked, move.name == tried))
    return sorted(out, key=lambda form: bool(form.blocked))


def _there(p: Policy, field: Field) -> str:
    return str(getattr(p, field.name)) if field.name in WHOLE else ""


def read(move: Move, form: Mapping[str, str]) -> dict[str, Any]:
    """Return a move's data from a form: times as ms UTC (Beijing time on the page), the rest as typed."""
    data: dict[str, Any] = {}
    for field in move.fields:
        text = form.get(field.name, "")
        if field.kind == "time" and text:
            at = read_time(text)
            data[field.name] = text if at is None else at
        elif text:
            data[field.name] = text
    return data
