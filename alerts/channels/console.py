"""The console: a stored notice is a shown notice, so it is delivered as soon as it is stored."""

from __future__ import annotations

from alerts.channels.base import Channel
from alerts.notices import Notice


class Console(Channel):
    """The channel that is always there."""

    name = "console"
    per_minute = 0

    async def send(self, notice: Notice, piece: str) -> None:
        """Do nothing: the console shows every stored alert and notice."""
        del notice, piece
