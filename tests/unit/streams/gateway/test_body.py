"""A body is bounded in bytes, in seconds and in what it unpacks to."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gateway.body import Unpacker, read
from streams.gateway.problems import Problem


@given(st.lists(st.binary(max_size=2000), max_size=4), st.integers(1, 700))
def test_however_it_is_cut_it_unpacks_to_what_was_packed(parts: list[bytes], step: int) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    unpacker = Unpacker(10_000)
    for start in range(0, len(packed), step):
        unpacker.add(packed[start : start + step])
    assert unpacker.done() == b"".join(parts)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_rubbish_and_halves_are_refused_and_nothing_else_happens(data: bytes, cut: int) -> None:
    for packed in (data, gzip.compress(data)[:cut], gzip.compress(data) + data):
        unpacker = Unpacker(100)
        with suppress(Problem):
            unpacker.add(packed)
            unpacker.done()
        assert len(unpacker.out) <= 101


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    bomb = gzip.compress(bytes(100_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(Problem, match="too_large"):
            Unpacker(1_000_000).add(bomb)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_zlib_without_gzip_is_refused() -> None:
    with pytest.raises(Problem, match="unreadable"):
        Unpacker(100).add(zlib.compress(b"x"))


async def test_a_body_that_drips_is_ended() -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    with pytest.raises(Problem, match="slow"):
        await read(drip(), packed=False, most=10**9, seconds=0.1)
