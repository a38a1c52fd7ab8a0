"""Ends a process that is alive but does not move: its supervisor starts it again, and nothing is lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from streams.clock import monotonic
from streams.errors import HuiyingError

log = logging.getLogger("huiying.work")
LOOK_EVERY = 15.0
STUCK = 70
"""Exit status of a process that ended itself (EX_SOFTWARE)."""


class Progress:
    """When something last moved (s, monotonic): a page was stored, or the process waited and knew why."""

    def __init__(self) -> None:
        """Begin now."""
        self.last = monotonic()

    def moved(self) -> None:
        """Note that something moved."""
        self.last = monotonic()


def verdict(since: float, waiting: int, limit: float) -> str:
    """Return why a process must end, "" if it needn't.

    since: seconds without movement; waiting: messages that lie there for it; limit: seconds that may pass.
    """
    if waiting and since > limit:
        return f"{waiting} messages wait and nothing has moved for {since:.0f} s: this process ends, to start afresh"
    return ""


class Watchdog:
    """Looks from a thread of its own, so that a blocked event loop does not block it."""

    def __init__(
        self,
        progress: Progress,
        waiting: Callable[[], int],
        limit: float,
        end: Callable[[str], None],
        every: float = LOOK_EVERY,
    ) -> None:
        """Watch `progress`. waiting: asks Kafka; end: ends the process at once; limit, every: seconds."""
        self.progress, self.waiting, self.limit, self.end, self.every = progress, waiting, limit, end, every
        self.stopped = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self.stopped.set()

    def look(self) -> str:
        """Look once; return the verdict. While nothing waits, or Kafka can't be asked, nobody is to blame."""
        try:
            waiting = self.waiting()
        except HuiyingError:
            waiting = 0
        if not waiting:
            self.progress.moved()
        return verdict(monotonic() - self.progress.last, waiting, self.limit)

    def _run(self) -> None:
        while not self.stopped.wait(self.every):
            why = self.look()
            if why:
                log.critical("%s", why)
                self.end(why)
                return
