"""The console: a stored notice is a shown notice, so it is delivered as soon as it is stored."""

from __future__ import annotations

from alerts.notices import Notice


class Console:
    """The channel that is always there."""

    name = "console"
    per_minute = 0

    async def send(self, notice: Notice) -> None:
        """Do nothing: the console shows every stored alert and notice."""
        del notice
