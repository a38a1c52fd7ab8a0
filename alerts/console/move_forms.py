"""A move of a record as a form: its fields with what can be chosen and what stands in them, and what blocks it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from alerts.console.words import read_time
from alerts.fields import Field


class Asking(Protocol):
    """A move, as far as its form needs it."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """What it asks for."""
        ...


M = TypeVar("M", bound=Asking)


@dataclass(frozen=True)
class Line:
    """One field of a form: its rule, what stands in it, and what can be chosen (key → Chinese words; empty: typed)."""

    field: Field
    value: str
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class MoveForm(Generic[M]):
    """One move: its fields; `blocked` says in Chinese what stands in its way.

    next: what usually comes now; open: it was just refused, and stands open with what was typed.
    """

    move: M
    lines: tuple[Line, ...]
    blocked: str
    open: bool
    next: bool = False


def read(move: Asking, form: Mapping[str, str]) -> dict[str, Any]:
    """Return a move's data from a form: times as ms UTC (Beijing time on the page), the rest as typed.

    A time that can't be read is passed on as typed, so that the move refuses it in its own words.
    """
    data: dict[str, Any] = {}
    for one in move.fields:
        text = form.get(one.name, "")
        if one.kind == "time" and text:
            at = read_time(text)
            data[one.name] = text if at is None else at
        elif text:
            data[one.name] = text
    return data
