"""What is remembered of who had an alert in hand: who, from when, and how it came to that.

Kept on the alert itself, as its levels are, so that two who sign at once can never both win.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

HOW: dict[str, str] = {"signed": "签收", "renewed": "续签", "taken": "接手", "lapsed": "签收到期"}
"""How a signature came to be, or ended, and what people call it."""
How = Literal["signed", "renewed", "taken", "lapsed"]


class Signature(Struct, frozen=True, kw_only=True):
    """One entry: whose it is, since when, until when it holds (ms UTC, 0: until it is over), and a note, if any."""

    by: str
    at: int
    how: How
    until: int = 0
    note: str = ""
