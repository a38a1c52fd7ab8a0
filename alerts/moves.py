"""What every record that people move has in common: the step that was made, and the row of its table of moves."""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

from alerts.fields import Field

Changing = TypeVar("Changing")
Guarding = TypeVar("Guarding")


class Step(Struct, frozen=True, kw_only=True):
    """One move that was made: its name, by whom, when (ms UTC), the state after it, and what was given in words."""

    number: int
    move: str
    by: str
    role: str
    at: int
    state: str
    note: str = ""


class Row(Struct, Generic[Changing, Guarding], frozen=True, kw_only=True):
    """One row: `ways` says from which state to which; everybody in `roles` may make it if no guard says why not."""

    name: str
    title: str
    ways: dict[str, str]
    roles: frozenset[str]
    change: Changing
    fields: tuple[Field, ...] = ()
    guards: tuple[Guarding, ...] = ()


def stay(*states: str) -> dict[str, str]:
    """Return the ways of a move that leaves a record in the state it is in."""
    return {state: state for state in states}
