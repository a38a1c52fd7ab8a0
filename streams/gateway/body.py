"""A request's body as it comes in: bounded in bytes, in seconds, and in what it unpacks to."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable

from streams.gateway.problems import Problem

GZIP = 31
"""zlib's word for: a gzip header, and the largest window."""


class Unpacker:
    """Gzip to bytes, never more than `most` of them in memory: a bomb is refused when it goes off, not afterwards."""

    def __init__(self, most: int) -> None:
        """Nothing came yet."""
        self.most = most
        self.out = bytearray()
        self.inner = zlib.decompressobj(GZIP)
        self.begun = False

    def add(self, data: bytes) -> None:
        """Unpack more. Raises Problem (too_large, unreadable)."""
        while data:
            if self.inner.eof:  # another member
                self.inner = zlib.decompressobj(GZIP)
            self.begun = True
            try:
                self.out += self.inner.decompress(data, self.most - len(self.out) + 1)
            except zlib.error:
                raise Problem("unreadable", "the body is not whole gzip", reason="not_a_page") from None
            if len(self.out) > self.most:
                raise Problem("too_large", f"unpacked it has more than {self.most} bytes", reason="too_large")
            data = self.inner.unused_data if self.inner.eof else self.inner.unconsumed_tail

    def done(self) -> bytes:
        """Return all. Raises Problem (unreadable) if it breaks off."""
        if self.begun and not self.inner.eof:
            raise Problem("unreadable", "the gzip body breaks off", reason="not_a_page")
        return bytes(self.out)


class Plain:
    """Bytes as they are, never more than `most`."""

    def __init__(self, most: int) -> None:
        """Nothing came yet."""
        self.most = most
        self.out = bytearray()

    def add(self, data: bytes) -> None:
        """Take more. Raises Problem (too_large)."""
        if len(self.out) + len(data) > self.most:
            raise Problem("too_large", f"it has more than {self.most} bytes")
        self.out += data

    def done(self) -> bytes:
        """Return all."""
        return bytes(self.out)


async def read(
    chunks: AsyncIterator[bytes], *, packed: bool, most: int, seconds: float, saw: Callable[[bytes], None] | None = None
) -> bytes:
    """Return a body, unpacked. `saw` is told all bytes as sent. Raises Problem (too_large, unreadable, slow).

    A body that can't be unpacked is still read to its end (within the bounds), since its signature is over all of it.
    """
    taker: Unpacker | Plain = Unpacker(most) if packed else Plain(most)
    sent, trouble = 0, None
    try:
        async with asyncio.timeout(seconds):
            async for chunk in chunks:
                sent += len(chunk)
                if sent > most:
                    raise Problem("too_large", f"it has more than {most} bytes")
                if saw is not None:
                    saw(chunk)
                if trouble is None:
                    try:
                        taker.add(chunk)
                    except Problem as problem:
                        trouble = problem
                        taker.out.clear()
    except TimeoutError:
        raise Problem("slow", f"it took more than {seconds:.0f} s") from None
    if trouble is not None:
        raise trouble
    return taker.done()
