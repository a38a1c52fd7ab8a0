"""The supervisor: what crashes comes back after growing pauses, and all ends in reverse order."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.supervisor import EX_CONFIG, LONGEST_PAUSE, STEADY, Supervisor, judge
from deploy.worker import Worker
from streams.clock import monotonic
from streams.errors import Misconfigured


def until(what: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for a condition, not for a time."""
    end = monotonic() + seconds
    while not what():
        assert monotonic() < end, f"not in {seconds} s"
        time.sleep(0.02)


def python(folder: Path, name: str, code: str, notable: Callable[[str], None] = print, *, once: bool = False) -> Worker:
    """Make a worker that runs some Python."""
    command = (sys.executable, "-c", code)
    return Worker(name, folder=folder, environ=os.environ, notable=notable, command=command, once=once)


@given(st.integers(min_value=-15, max_value=77), st.floats(0, STEADY - 1), st.integers(0, 50))
def test_pauses_grow_up_to_a_limit(status: int, lived: float, crashes: int) -> None:
    now, later = judge(status, lived, crashes, once=False), judge(status, lived, crashes + 1, once=False)
    assert now.action == later.action == "restart"
    assert 0 < now.pause <= later.pause <= LONGEST_PAUSE


def test_a_crash_after_a_steady_time_counts_as_the_first() -> None:
    assert judge(1, STEADY, 9, once=False).pause == judge(1, 0, 0, once=False).pause


def test_a_wrong_setting_is_not_tried_again() -> None:
    assert judge(EX_CONFIG, 1, 0, once=False).action == "stop"


def test_what_ran_well_before_is_tried_again_even_if_somebody_must_act() -> None:
    assert judge(EX_CONFIG, 1, 3, once=False, proven=True).action == "restart"


def test_what_runs_once_is_done_when_it_ends_well_and_tried_again_when_not() -> None:
    assert judge(0, 1, 0, once=True).action == "done"
    assert judge(1, 1, 0, once=True).action == "restart"


def test_a_service_that_ends_well_is_started_again_and_says_how_it_ended() -> None:
    assert judge(0, 5, 0, once=False).reason == "exit code 0 after 5 s"
    assert judge(-9, 5, 0, once=False).reason == "killed by SIGKILL after 5 s"


def test_a_killed_worker_comes_back_and_it_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    worker = python(tmp_path, "work", "import time; print('last words'); time.sleep(60)")
    try:
        supervisor.start(worker)
        until(lambda: worker.last)
        first = supervisor.pids()["work"]
        os.kill(first, signal.SIGKILL)
        until(lambda: not worker.running)
        now = monotonic()
        assert supervisor.look(now) > 0
        told = "work ended (killed by SIGKILL after 0 s); it starts again in 1 s. Its last line: last words"
        assert said == [f"{told} (log: {tmp_path / 'work.log'})"]
        supervisor.look(now + 0.5)
        assert not worker.running
        supervisor.look(now + 1.1)
        assert worker.running
        assert supervisor.pids()["work"] != first
    finally:
        supervisor.stop()


def test_a_worker_that_can_never_run_stops_all_with_its_own_words(tmp_path: Path) -> None:
    supervisor = Supervisor(print)
    worker = python(tmp_path, "work", f"print('huiying: HUIYING_X must be a number'); raise SystemExit({EX_CONFIG})")
    supervisor.start(worker)
    until(lambda: not worker.running)
    with pytest.raises(Misconfigured, match="work can't run, and all stops: huiying: HUIYING_X must be a number"):
        supervisor.look(monotonic())
    supervisor.stop()


def test_all_stop_in_reverse_and_engines_outlive_workers(tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        f"def end(*_):\n open({str(order)!r}, 'a').write(sys.argv[0] + NAME + ' ')\n raise SystemExit\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(60)"
    )
    supervisor = Supervisor(print)
    workers = [python(tmp_path, name, f"NAME = '{name}'\n{code}") for name in ("engine", "a")]
    supervisor.start(workers[0], tier=0)
    supervisor.start(workers[1], tier=1)
    until(lambda: all(worker.last == "up" for worker in workers))
    supervisor.stop()
    assert order.read_text().replace("-c", "").split() == ["a", "engine"]


def test_what_does_not_stop_is_killed_with_its_children(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append, grace=0.3)
    stubborn = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    code = (
        f"{stubborn}import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {stubborn + 'time.sleep(60)'!r}])\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    worker = python(tmp_path, "stubborn", code)
    supervisor.start(worker)
    until(lambda: worker.last)
    child = int(worker.last)
    supervisor.stop()
    assert said == ["stubborn did not stop within 0 s and was killed"]
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's promise is Linux's")
def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    inner = "import time; print('up', flush=True); time.sleep(60)"
    code = (
        "import sys, os, time; from pathlib import Path; from deploy.worker import Worker\n"
        f"w = Worker('x', folder=Path({str(tmp_path)!r}), environ=os.environ, notable=print,"
        f" command=(sys.executable, '-c', {inner!r}))\n"
        "w.start(); print(w.process.pid, flush=True); time.sleep(60)"
    )
    outer = python(tmp_path, "outer", code)
    outer.start()
    until(lambda: outer.last)
    child = int(outer.last)
    assert psutil.pid_exists(child)
    outer.kill()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)
