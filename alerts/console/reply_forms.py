"""Each move of a reply that one may make now, as a form; the form that begins one; what the public text looks like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from alerts import reply_guards
from alerts.accounts_users import User
from alerts.console.move_forms import Line, MoveForm
from alerts.consultation_guards import Act
from alerts.fields import Field
from alerts.ledger import Item
from alerts.ledger import Reply as Public
from alerts.ledger_moves import HANDLERS
from alerts.reach import by_units
from alerts.replies import Asked
from alerts.reply import KINDS, Answering
from alerts.reply_moves import BEGIN, MOVES, Move, may, options
from streams.clock import beijing

NEXT: dict[str, str] = {"drafting": "submit", "reviewing": "pass", "signing": "sign", "signed": "publish"}
"""What usually comes next in a state: its form stands first."""
UNIT = next(field for field in BEGIN.fields if field.kind == "unit")
PROBE: dict[str, Any] = {"text": "", "remark": "—", "reason": "—", "channel": "—"}
"""What a form would give if nothing typed were wrong: what a guard still says then, stands in the way of the move."""


def forms(
    r: Answering, item: Item, *, by: str, role: str, now: int, tried: str = "",
    typed: Mapping[str, str] | None = None,
) -> list[MoveForm[Move]]:  # fmt: skip
    """Return the forms of the moves that this person may make now; `tried` was just refused, as `typed`."""
    out = []
    for move in MOVES:
        if may(r, move, role):
            continue
        act = Act(by=by, role=role, now=max(now, r.updated_at), data=PROBE)
        blocked = next((why for check in move.guards if (why := check(r, act, item))), "")
        given = typed if typed and move.name == tried else {}
        lines = tuple(
            Line(field, given.get(field.name, r.text if field.name == "text" else "")) for field in move.fields
        )
        usual = NEXT[r.state] == move.name or (r.sent_back and move.name == "write")
        out.append(MoveForm(move, lines, blocked, move.name == tried, usual))
    return sorted(out, key=lambda form: (bool(form.blocked), not form.next))


def begin_form(
    item: Item, before: Sequence[Answering], *, role: str, units: Sequence[str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> tuple[Line, ...]:  # fmt: skip
    """Return the fields that begin a reply, or nothing if none can be begun. units: those he speaks for; None: all."""
    kinds = {
        kind: title for kind, title in KINDS.items()
        if not reply_guards.may_begin(item, before, {"kind": kind, "reason": "—"})
    }  # fmt: skip
    if role not in HANDLERS or not kinds:
        return ()
    typed, choose = typed or {}, options(item)
    usual = {"kind": "final" if "final" in kinds else next(iter(kinds)), "unit": item.lead}
    choices = {"kind": kinds, "unit": {one: one for one in choose(UNIT) if units is None or one in units}}
    if not choices["unit"]:
        return ()
    fields: list[Field] = [one for one in BEGIN.fields if one.name != "reason" or "correction" in kinds]
    return tuple(Line(one, typed.get(one.name, usual.get(one.name, "")), choices.get(one.name, {})) for one in fields)


def waiting(user: User, state: str = "") -> Asked:
    """Return which replies a person reaches: of a state, or all that somebody has still something to do with."""
    units = (user.units or ("",)) if by_units(user) else ()
    return Asked(state=state, open=not state, units=units, counties=user.counties)


def signed_text(r: Answering) -> str:
    """Return the reply as it goes out: the text, below it the department's name and the day of the signature."""
    return f"{r.text}\n\n{r.unit}\n{beijing(r.signed_at):%Y年%-m月%-d日}"


class Shown(Struct, frozen=True, kw_only=True):
    """A reply that is out: what it is called, and the later one that corrects it, if one does."""

    reply: Public
    title: str
    corrected_by: Public | None = None


def public(item: Item, records: Sequence[Answering]) -> list[Shown]:
    """Return an item's replies that are out, in order, each with what corrects it."""
    kinds = {one.id: one.kind for one in records}
    by_hand = {step.at for step in item.steps if step.move == "correct"}
    out: list[Shown] = []
    for one in item.replies:
        kind = kinds.get(one.record, "") or ("correction" if not one.record and one.at in by_hand else "")
        kind = kind or ("final" if one.final else "first")
        if kind == "correction":
            last = next((n for n in reversed(range(len(out))) if out[n].reply.final and not out[n].corrected_by), None)
            if last is not None:
                out[last] = Shown(reply=out[last].reply, title=out[last].title, corrected_by=one)
        out.append(Shown(reply=one, title=KINDS[kind]))
    return out
