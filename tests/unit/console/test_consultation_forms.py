"""Each allowed move is a form, and no move is lost."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.console.consultation_forms import GROUPS, NEXT, forms
from alerts.console.move_forms import read
from alerts.consultation import STATES, Consultation
from alerts.consultation_moves import BY_NAME, MOVES, make
from streams.clock import ms

NOW = ms(datetime(2026, 5, 12, 1, 30, tzinfo=UTC))
OPENED = Consultation(
    id="c", title="静宁县停水", alert_ids=(), topic="城乡建设", county="620826", grade="major", grade_reason="影响大",
    grade_by="wang", known_at=NOW, occurred_at=0, opened_at=NOW, opened_by="wang", updated_at=NOW,
)  # fmt: skip


def shown(c: Consultation, role: str = "admin", by: str = "wang") -> dict[str, str]:
    """Return the moves that have a form, with what blocks them."""
    return {f.move.name: f.blocked for group in forms(c, by=by, role=role, now=NOW).values() for f in group}


def test_every_move_has_its_place_once() -> None:
    placed = [name for names in GROUPS.values() for name in names]
    assert sorted(placed) == sorted(move.name for move in MOVES)


def test_what_usually_comes_next_is_a_move_of_that_state() -> None:
    assert set(NEXT) == set(STATES)
    assert [(s, n) for s, names in NEXT.items() for n in names if s not in BY_NAME[n].ways] == []


def test_a_move_that_is_not_allowed_in_this_state_has_no_form() -> None:
    assert "close" not in shown(OPENED)
    assert "reopen" not in shown(OPENED)


def test_only_who_may_sign_sees_the_form_to_sign() -> None:
    drafted = make(
        OPENED, "draft_statement", by="wang", role="officer", data={"text": "正在抢修", "unit": "县水务局"}, now=NOW
    )
    assert "sign_statement" not in shown(drafted, "officer")
    assert "拟稿人" in shown(drafted, "leader", by="wang")["sign_statement"]
    assert "还没有已确认的事实" in shown(drafted, "leader", by="li")["sign_statement"]


def test_what_was_typed_before_a_refusal_is_still_there() -> None:
    groups = forms(OPENED, by="wang", role="admin", now=NOW, tried="admit", typed={"text": "通知晚了"})
    form = next(f for group in groups.values() for f in group if f.move.name == "admit")
    assert form.open
    assert form.lines[0].value == "通知晚了"


def test_a_forms_time_becomes_milliseconds_and_an_empty_field_is_not_given() -> None:
    data = read(BY_NAME["decide"], {"text": "送水", "unit": "", "due": "2026-05-12T09:30", "csrf": "x"})
    assert data == {"text": "送水", "due": NOW}


def test_a_time_that_cannot_be_read_is_refused_by_the_move_itself() -> None:
    assert read(BY_NAME["decide"], {"due": "明天"})["due"] == "明天"
