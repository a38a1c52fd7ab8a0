"""What is remembered of an alert's escalation: who was told at which level, when and why.

Kept on the alert itself, so that a step and a signature can never both win: whoever writes second must look again.
"""

from __future__ import annotations

from msgspec import Struct


class Reached(Struct, frozen=True, kw_only=True):
    """Somebody who was told: his username in the rota (his name in a plain one), his name, his address if any."""

    key: str
    name: str
    mail: str = ""


class Rung(Struct, frozen=True, kw_only=True):
    """A level that was taken: in which round, which of the rota's steps (from 0), which posts, who was told, when, why.

    Nobody was told where it was skipped, and `why` says so. A round begins when the alert is told, and again when it
    rises or a signature ends. at: ms UTC.
    """

    round: int
    step: int
    to: tuple[str, ...]
    people: tuple[Reached, ...]
    at: int
    why: str
