"""A running part of Huiying: a child process that starts, is asked to end, and is killed if it doesn't.

A child gets a session of its own, so that a Ctrl-C in the terminal reaches only the supervisor, which then ends all in
order. If the supervisor itself dies, the kernel asks its children to end (Linux).
"""

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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

from streams.clock import monotonic

PR_SET_PDEATHSIG = 1


def dies_with_parent() -> Callable[[], None] | None:
    """Return what a child must call to be asked to end when its parent dies; None where the kernel can't do that.

    Linux ties this to the *thread* that started the child, so only the main thread's children get it.
    """
    if not sys.platform.startswith("linux") or threading.current_thread() is not threading.main_thread():
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask


def group_lives(group: int) -> bool:
    """Say whether a process of the group is alive. Zombies don't count: in a container nobody may ever collect them."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):  # macOS refuses to signal a group of zombies
        return False
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getpgid(pid) == group and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def group_ends(group: int, seconds: float) -> bool:
    """Wait until no process of the group is alive; return whether that came true in time."""
    until = monotonic() + seconds
    while group_lives(group):
        if monotonic() > until:
            return False
        time.sleep(0.1)
    return True


class Part(ABC):
    """One child process. `name` is short, `words` is how people know it."""

    name: str
    words: str
    once: bool = False
    """Whether it is done when it ends well; else it should run until it is stopped."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Spawn the process, and return at once. Raises Misconfigured."""

    @property
    @abstractmethod
    def log(self) -> Path:
        """The file with what the part says."""

    def spawn(
        self, command: Sequence[str], environ: Mapping[str, str], cwd: Path | None, output: IO[bytes] | int, **user: Any
    ) -> None:
        """Start the process with its output going to a file or a pipe."""
        self.process = subprocess.Popen(  # noqa: S603 - a fixed command of ours
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 - it makes one system call
            **user,
        )

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None

    @property
    def status(self) -> int | None:
        """How the process ended: its exit status, minus the signal's number, or None if it runs or never did."""
        return None if self.process is None else self.process.poll()

    def ask(self) -> None:
        """Ask the process to end, and don't wait."""
        self._signal(signal.SIGTERM, group=False)

    def finish(self, grace: float) -> bool:
        """Wait until the process and all of its own children have ended; kill them after `grace` seconds.

        Returns whether it ended without being killed.
        """
        if self.process is None:
            return True
        until = monotonic() + grace
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(grace, 0.01))
        gentle = group_ends(self.process.pid, max(until - monotonic(), 0.0))
        if not gentle:
            self._signal(signal.SIGKILL, group=True)
            group_ends(self.process.pid, 5.0)
        self.process.wait()
        self.process = None
        return gentle

    def stop(self, grace: float = 15.0) -> bool:
        """Ask the process to end, and kill it after `grace` seconds; returns whether it ended by itself."""
        self.ask()
        return self.finish(grace)

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self._signal(signal.SIGKILL, group=True)
        self.finish(5.0)

    def _signal(self, how: signal.Signals, *, group: bool) -> None:
        if self.process is None or (not group and self.process.poll() is not None):
            return
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.process.pid, how)
