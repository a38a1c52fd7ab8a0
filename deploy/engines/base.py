"""What the two engines share: a child process with its own folder and log, a way to ask if it is ready, an end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deploy.engines.java import enterable
from deploy.settings import is_root
from streams.clock import monotonic
from streams.errors import Misconfigured, Unavailable

NOBODY = 65534  # the user without rights that every Linux and BSD has
PR_SET_PDEATHSIG = 1


def dies_with_parent() -> Callable[[], None] | None:
    """Return what a child must call so that it is asked to end when its parent dies; None where the kernel can't.

    Linux ties this to the *thread* that started the child: start children from one that lives as long as they should.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM) and None


def group_ends(pid: int, seconds: float) -> bool:
    """Wait until no process of the group is left; return whether that came true in time."""
    until = monotonic() + seconds
    while True:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:  # macOS says so of a group of zombies
            return True
        if monotonic() > until:
            return False
        time.sleep(0.05)


class Node(ABC):
    """One engine as a child process.

    `start` prepares and spawns and does not wait; `wait` returns when it answers; `stop` ends it, by force after its
    grace. The folder `run` is its own: configuration, data and log. Nothing outside it is written.
    """

    name: str
    words: str  # how people know it

    def __init__(self, run: Path, port: int) -> None:
        self.run = run.absolute()
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

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

    @property
    def running(self) -> bool:
        """Whether the process we started is alive."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Prepare and spawn. Call it from the thread that will outlive the engine. Raises Misconfigured."""
        self.make_folders("logs", "tmp")
        command = self.prepare()
        self.hand_over()
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".1.log"))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - a fixed command of ours
                command,
                cwd=self.run,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent() if threading.current_thread() is threading.main_thread() else None,  # noqa: PLW1509
                **self.other_user(),
            )

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

    def stop(self, grace: float = 15.0) -> None:
        """Ask the engine to end, and kill it after `grace` seconds. Does nothing if it isn't running."""
        self._end(signal.SIGTERM, grace)

    def kill(self) -> None:
        """End the engine at once, as a power cut would."""
        self._end(signal.SIGKILL, 5.0)

    def _end(self, how: signal.Signals, grace: float) -> None:
        if self.process is None:
            return
        pid = self.process.pid
        try:
            (os.killpg if how is signal.SIGKILL else os.kill)(pid, how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(grace)
            if not group_ends(pid, 0.5 if self.process.poll() is None else grace):
                os.killpg(pid, signal.SIGKILL)
                group_ends(pid, 5.0)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None

    def last_words(self, lines: int = 3) -> str:
        """Return the end of the log in one line, for a message."""
        try:
            said = [line.strip() for line in self.log.read_text("utf-8", "replace").splitlines() if line.strip()]
        except OSError:
            return "it said nothing"
        short = len(said) <= 2 * lines  # then the first line says it, as when Java refuses an option
        errors = [line for line in said if "ERROR" in line or "xception" in line or "rror:" in line]
        telling = said[:lines] if short else errors[:lines] or said[-lines:]
        return " | ".join(telling)[:600] or "it said nothing"

    def make_folders(self, *names: str) -> None:
        """Make the engine's folders, closed to other users. Raises Misconfigured if that isn't possible."""
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
        if not is_root():
            self.run.chmod(0o700)
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
        self.run.chmod(0o700)
