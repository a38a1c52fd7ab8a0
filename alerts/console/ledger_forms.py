"""Each move of an item that one may make now, as a form: its choices, what is proposed, or what blocks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.console.move_forms import Line, MoveForm
from alerts.consultation_guards import Act
from alerts.fields import Field
from alerts.ledger import Item
from alerts.ledger_moves import BY_HAND, Move, may, options
from alerts.ledger_table import LedgerTable

NEXT: dict[str, str] = {"waiting": "assign", "assigned": "accept", "answered": "close"}
"""What usually comes next in a state: its form stands first."""
PROBE: dict[str, Any] = {
    "lead": "—", "supervisor": "", "assists": "", "text": "", "days": 1, "result": "", "into": "", "item": "",
}  # fmt: skip
"""What a form would give if nothing typed were wrong: what a guard still says then, stands in the way of the move."""


def forms(
    item: Item, table: LedgerTable, *, by: str, role: str, now: int, tried: str = "",
    typed: Mapping[str, str] | None = None,
) -> list[MoveForm[Move]]:  # fmt: skip
    """Return the forms of the moves that this person may make now; `tried` was just refused, as `typed`."""
    choose = options(table, item)
    act = Act(by=by, role=role, now=now, data={**PROBE, "limit": item.limit})
    out = []
    for move in BY_HAND:
        if may(item, move, role):
            continue
        blocked = next((why for check in move.guards if (why := check(item, act, table))), "")
        given = typed if typed and move.name == tried else {}
        lines = tuple(
            Line(field, given.get(field.name, proposed(item, move, field)), _choices(field, choose(field)))
            for field in move.fields
        )
        out.append(MoveForm(move, lines, blocked, move.name == tried, NEXT.get(item.state) == move.name))
    return sorted(out, key=lambda form: (bool(form.blocked), not form.next))


def _choices(field: Field, some: Mapping[str, str]) -> Mapping[str, str]:
    return {"1": "是", "0": "否"} if field.kind == "yes" else some


def proposed(item: Item, move: Move, field: Field) -> str:
    """Return what a form begins with: the unit and the limit that the table suggests, for a person to confirm."""
    if move.name == "assign":
        return {"lead": item.lead or item.suggested, "limit": item.limit}.get(field.name, "")
    return item.lead if field.kind == "unit" else ""
