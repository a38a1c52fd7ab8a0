"""A connection that has so long to ask something: who sends a byte now and then holds no place for ever.

uvicorn ends connections that are idle between requests, but waits for ever for a request's head.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol


class Connection(H11Protocol):
    """One connection; `waits` ends it unless a request is being handled by then."""

    seconds: ClassVar[float] = 10.0
    waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Once there is a whole head, its own bounds hold; else the wait goes on, however many bytes came."""
        super().data_received(data)
        if self._handling():
            self._stop()
        else:
            self._wait()

    def on_response_complete(self) -> None:
        """Begin to wait for the next head, and for what is left of a body that was not wanted."""
        super().on_response_complete()
        if not self._handling():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop()
        super().connection_lost(exc)

    def _handling(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        if self.waits is None and not self.transport.is_closing():
            self.waits = self.loop.call_later(self.seconds, self._end)

    def _stop(self) -> None:
        if self.waits is not None:
            self.waits.cancel()
            self.waits = None

    def _end(self) -> None:
        self.waits = None
        if not self._handling() and not self.transport.is_closing():
            self.transport.abort()


def connection_of(bound: float) -> type[Connection]:
    """Return the protocol with this bound (seconds) on the time in which no request is being handled."""
    return type("BoundConnection", (Connection,), {"seconds": bound})
