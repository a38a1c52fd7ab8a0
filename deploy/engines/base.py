"""What the two engines share: a folder of their own, a user without rights, a way to ask whether they are ready."""

from __future__ import annotations

import os
import re
import time
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.engines.java import Java, enterable
from deploy.part import Part
from deploy.settings import is_root
from streams.clock import monotonic
from streams.errors import Misconfigured, Unavailable

NOBODY = 65534  # the user without rights that every Linux and BSD has


class Node(Part):
    """One engine as a child process.

    `start` prepares and spawns and does not wait; `wait` returns when it answers. The folder `run` is its own:
    configuration, data and log. Nothing outside it and the cache is written.
    """

    def __init__(self, run: Path, port: int, *, java: Java, cache: Path, heap: str) -> None:
        """`heap` is as Java writes it, such as 512m. Raises Misconfigured for anything else."""
        super().__init__()
        if not re.fullmatch(r"\d+[mMgG]", heap):
            raise Misconfigured(f"HUIYING_{self.name.upper()}_HEAP must be such as 512m or 2g, not {heap!r}")
        self.run = run.absolute()
        self.port = port
        self.java, self.cache, self.heap = java, cache, heap

    @property
    def log(self) -> Path:
        """The file with what the engine says."""
        return self.run / "logs" / "console.log"

    @abstractmethod
    def prepare(self) -> Sequence[str]:
        """Fetch, unpack and configure what is needed; return the command to run. Raises Misconfigured."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Return the child's whole environment: nothing of ours leaks in."""

    @abstractmethod
    def answers(self) -> bool:
        """Ask the engine once whether it can serve; never raises and never waits long."""

    def start(self) -> None:
        """Prepare and spawn. Call it from the thread that will outlive the engine. Raises Misconfigured."""
        self.make_folders("logs", "tmp")
        command = self.prepare()
        self.hand_over()
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".1.log"))
        with self.log.open("wb") as log:
            self.spawn(command, self.environment(), self.run, log, **self.other_user())

    def wait(self, seconds: float = 120.0) -> None:
        """Return when the engine answers. Raises Unavailable, with its last words, if it ends or takes too long."""
        until = monotonic() + seconds
        while not self.answers():
            if not self.running:
                raise Unavailable(f"{self.words} ended while starting: {self.last_words()} (all of it: {self.log})")
            if monotonic() > until:
                self.stop()
                raise Unavailable(f"{self.words} did not answer within {seconds:.0f} s (its log: {self.log})")
            time.sleep(0.1)

    def last_words(self, lines: int = 3) -> str:
        """Return what matters of the log in one line, for a message."""
        try:
            said = [line.strip() for line in self.log.read_text("utf-8", "replace").splitlines() if line.strip()]
        except OSError:
            return "it said nothing"
        short = len(said) <= 2 * lines  # then the first line says it, as when Java refuses an option
        errors = [line for line in said if "ERROR" in line or "xception" in line or "rror:" in line]
        telling = said[:lines] if short else errors[:lines] or said[-lines:]
        return " | ".join(telling)[:600] or "it said nothing"

    def make_folders(self, *names: str) -> None:
        """Make folders below the engine's own. Raises Misconfigured if that isn't possible."""
        try:
            for folder in (self.run, *(self.run / name for name in names)):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"{self.run} can't be written ({error.strerror}); set HUIYING_HOME") from error

    def other_user(self) -> dict[str, Any]:
        """Return how to start a child as a user without rights, if we are root; else nothing."""
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if is_root() else {}

    def hand_over(self) -> None:
        """Give the folder to the user that the engine runs as. Raises Misconfigured if that user can't get there."""
        self.run.chmod(0o700)
        if not is_root():
            return
        closed = enterable(self.run.parent)
        if closed is not None:
            raise Misconfigured(
                f"{closed} can't be entered by other users, and {self.words} does not run as root; "
                "set HUIYING_HOME to a folder such as /var/lib/huiying, or start Huiying as an ordinary user"
            )
        for root, _folders, files in os.walk(self.run):
            os.chown(root, NOBODY, NOBODY)
            for file in files:
                os.chown(Path(root, file), NOBODY, NOBODY, follow_symlinks=False)
