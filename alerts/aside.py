"""Heavy work of one core in a process of its own, which lets others go first and ends with its parent."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from streams.errors import Unavailable

Made = TypeVar("Made")


def _aside(parent: int) -> None:
    """Let others go first, and end when the parent is gone: a pool's process does not see that by itself."""
    os.nice(10)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(2.0)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


class Aside:
    """One process, started when it is first needed; in a thread the same work would slow everything else down."""

    def __init__(self, what: str) -> None:
        """Keep what it does, in words, for whoever reads that it was ended."""
        self._what = what
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, work: Callable[..., Made], *given: Any) -> Made:
        """Do something there and return what it made. Raises Unavailable if the process was ended; it starts again."""
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=_aside, initargs=(os.getpid(),))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)
        except BrokenProcessPool as error:
            self._pool = None
            raise Unavailable(f"the process that {self._what} was ended; it starts again") from error

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
