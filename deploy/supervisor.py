"""The supervisor: starts parts in order, restarts what crashes after growing pauses, stops all in reverse.

What to do about a part that ended is decided by `judge`, a plain function; the rest acts on it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Literal

from deploy.part import Part
from streams.clock import monotonic
from streams.errors import HuiyingError, Misconfigured

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds after which a crash counts as the first again
EX_CONFIG = 78  # sysexits.h: a person must change something; starting again would not help


@dataclass(frozen=True)
class Verdict:
    """What to do about a part that ended, after how long a pause (s), and why."""

    action: Literal["restart", "done", "stop"]
    pause: float
    reason: str


def ended_how(status: int) -> str:
    """Return an exit status in words."""
    if status >= 0:
        return f"exit code {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def judge(status: int, lived: float, crashes: int, *, once: bool, proven: bool = False) -> Verdict:
    """Decide about a part that ended with `status` after `lived` seconds and `crashes` crashes shortly before it.

    proven: it ran well before, so its settings are right, and what is wrong now (a full disk) may pass.
    """
    if once and status == 0:
        return Verdict("done", 0.0, "it is done")
    if status == EX_CONFIG and not proven and lived < STEADY:
        return Verdict("stop", 0.0, "a setting must be changed first")
    shortly = 0 if lived >= STEADY else crashes
    pause = min(FIRST_PAUSE * 2**shortly, LONGEST_PAUSE)
    return Verdict("restart", pause, f"{ended_how(status)} after {lived:.0f} s")


@dataclass
class Charge:
    """A part in the supervisor's care: since when it runs (s), how often it crashed lately, when it comes back."""

    part: Part
    tier: int
    since: float = 0.0
    crashes: int = 0
    due: float | None = None
    proven: bool = False
    done: bool = False


@dataclass
class Supervisor:
    """Cares for parts. `say` is given one line for people whenever something happens to a part.

    Parts of a lower tier outlive those of a higher one: the engines are tier 0, what uses them tier 1.
    """

    say: Callable[[str], None]
    grace: float = 15.0
    charges: list[Charge] = field(default_factory=list)

    def start(self, part: Part, *, tier: int = 1) -> None:
        """Start a part and care for it from now on; raises what its start raises."""
        charge = Charge(part, tier, since=monotonic())
        self.charges.append(charge)
        part.start()

    def look(self, now: float) -> float:
        """Judge what ended, bring back what is due; return how long (s) nothing will be due. Raises Misconfigured.

        now: seconds, monotonic.
        """
        for charge in self.charges:
            if charge.done or (charge.due is not None and charge.due > now):
                continue
            if charge.due is not None:
                self._bring_back(charge, now)
            elif not charge.part.running:
                self._judge(charge, now)
        return min((charge.due - now for charge in self.charges if charge.due is not None), default=1.0)

    def _judge(self, charge: Charge, now: float) -> None:
        part, lived = charge.part, now - charge.since
        status = part.status
        said = getattr(part, "last_words", str)()
        verdict = judge(1 if status is None else status, lived, charge.crashes, once=part.once, proven=charge.proven)
        charge.proven = charge.proven or lived >= STEADY
        part.kill()  # what it left behind, if anything
        if verdict.action == "stop":
            raise Misconfigured(f"{part.words} can't run, and all stops: {said}")
        if verdict.action == "done":
            charge.done = True
            self.say(f"{part.words}: done")
            return
        charge.crashes = 1 if lived >= STEADY else charge.crashes + 1
        charge.due = now + verdict.pause
        self.say(
            f"{part.words} ended ({verdict.reason}); it starts again in {verdict.pause:.0f} s. "
            f"Its last line: {said[:300]} (log: {part.log})"
        )

    def _bring_back(self, charge: Charge, now: float) -> None:
        charge.due, charge.since = None, now
        try:
            charge.part.start()
        except HuiyingError as error:
            pause = judge(1, 0.0, charge.crashes, once=False).pause
            charge.crashes += 1
            charge.due = now + pause
            self.say(f"{charge.part.words} can't start again: {error}. Next try in {pause:.0f} s")
        else:
            self.say(f"{charge.part.words} runs again (process {self.pid(charge.part)})")

    @staticmethod
    def pid(part: Part) -> int:
        """Return a part's process id, 0 if it doesn't run."""
        return part.process.pid if part.process is not None else 0

    def pids(self) -> dict[str, int]:
        """Return the process id of each part that runs, by name."""
        return {charge.part.name: self.pid(charge.part) for charge in self.charges if charge.part.running}

    def watch(self, until: Callable[[], bool], changed: Callable[[], None]) -> None:
        """Care for all parts until `until()`, an interrupt (KeyboardInterrupt), or one can't run (Misconfigured).

        changed: called whenever other processes run than before.
        """
        known = self.pids()
        while not until():
            time.sleep(min(max(self.look(monotonic()), 0.05), 0.3))
            if self.pids() != known:
                known = self.pids()
                changed()

    def stop(self) -> None:
        """Stop all in reverse order, tier by tier, and kill what takes longer than the grace. Never raises."""
        for tier in sorted({charge.tier for charge in self.charges}, reverse=True):
            parts = [charge.part for charge in reversed(self.charges) if charge.tier == tier]
            self._stop_together([part for part in parts if part.process is not None])
        self.charges.clear()

    def _stop_together(self, parts: Sequence[Part]) -> None:
        until = monotonic() + self.grace
        for part in parts:
            part.ask()
        for part in parts:
            if not part.finish(max(until - monotonic(), 0.1)):
                self.say(f"{part.words} did not stop within {self.grace:.0f} s and was killed")

    def kill_all(self) -> None:
        """Kill everything at once: a second Ctrl-C."""
        for charge in self.charges:
            if charge.part.process is not None:
                try:
                    os.killpg(charge.part.process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue


class Signals:
    """While it is entered, Ctrl-C, SIGTERM and a closed terminal raise KeyboardInterrupt, and a second one kills."""

    HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self, supervisor: Supervisor) -> None:
        """Handle signals on behalf of this supervisor."""
        self.supervisor = supervisor
        self.seen = 0

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """Interrupt once; on the next one make an end at once."""
        self.seen += 1
        if self.seen == 1:
            raise KeyboardInterrupt
        self.supervisor.kill_all()

    def __enter__(self) -> None:
        """Take over the handlers."""
        self.before: dict[signal.Signals, Any] = {}
        for number in self.HANDLED:
            if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # `nohup` means it
            self.before[number] = signal.signal(number, self.handle)

    def __exit__(self, *_: object) -> None:
        """Give the handlers back."""
        for number, handler in self.before.items():
            signal.signal(number, handler)
