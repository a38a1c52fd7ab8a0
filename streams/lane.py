"""Live pages go first: those of the past step aside while a live one is under way, but never for ever."""

from __future__ import annotations

import asyncio

PATIENCE = 2.0
"""Seconds that pages of the past step aside at most: in a long surge they still move, at half a batch a second."""


class Lane:
    """Whether live pages are under way."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """Begin with a clear lane. patience: seconds."""
        self._patience = patience
        self._clear = asyncio.Event()
        self._clear.set()

    def take(self, busy: bool) -> None:
        """Say whether live pages are under way."""
        if busy:
            self._clear.clear()
        else:
            self._clear.set()

    async def clear(self) -> bool:
        """Return when no live page is under way, or after its patience (then False)."""
        try:
            await asyncio.wait_for(self._clear.wait(), self._patience)
        except TimeoutError:
            return False
        return True
