"""The data folder: made closed to strangers, held by one `huiying up` at a time, cleared of what a killed one left."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from deploy.settings import is_root
from streams.errors import Misconfigured

RUNNING = "running.json"
LEFTOVER_GRACE = 15.0  # seconds that what a killed `huiying up` left gets to end


def make(folder: Path) -> Path:
    """Make the data folder: others may not read it; for root they may enter it, as the engines' user must.

    Raises Misconfigured if it can't be made or written.
    """
    try:
        for above in reversed([one for one in folder.parents if not one.exists()]):
            above.mkdir(0o755, exist_ok=True)
            above.chmod(0o711 if is_root() else 0o700)  # whatever the umask says
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711 if is_root() else 0o700)
        (folder / "logs").mkdir(exist_ok=True)
        (folder / "logs").chmod(0o700)
    except OSError as error:
        raise Misconfigured(f"{folder} can't be written ({error.strerror}); set HUIYING_HOME") from error
    return folder


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the data folder. Raises Misconfigured if another `huiying up` holds it; the lock ends with its process."""
    with (folder / "lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            who = lock.read().strip()
            raise Misconfigured(
                f"Huiying already runs on {folder}{f' (process {who})' if who else ''}; "
                "stop that one first, or set HUIYING_HOME to another folder"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def is_held(folder: Path) -> bool:
    """Say whether a `huiying up` runs on this folder."""
    try:
        with (folder / "lock").open("r", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def write_running(folder: Path, pids: Mapping[str, int]) -> None:
    """Write which processes run, with the moment each was born, so that a number used again is not mistaken."""
    rows = {}
    for name, pid in pids.items():
        try:
            rows[name] = {"pid": pid, "born": psutil.Process(pid).create_time()}
        except psutil.Error:
            continue
    part = folder / (RUNNING + ".part")
    part.write_text(json.dumps(rows), "utf-8")
    part.replace(folder / RUNNING)


def read_running(folder: Path) -> dict[str, psutil.Process]:
    """Return the processes that were written and still run, by name."""
    try:
        rows = json.loads((folder / RUNNING).read_text("utf-8"))
        found = {}
        for name, row in rows.items():
            try:
                process = psutil.Process(int(row["pid"]))
                if abs(process.create_time() - float(row["born"])) < 1.0 and process.status() != psutil.STATUS_ZOMBIE:
                    found[name] = process
            except psutil.Error:
                continue
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return found


def clear_leftovers(folder: Path) -> list[str]:
    """End what a killed `huiying up` left on this folder, which must be held; return the names of what there was."""
    left = read_running(folder)
    if left:
        family = [member for process in left.values() for member in (process, *_children(process))]
        for process in left.values():
            _quietly(process, psutil.Process.terminate)
        _gone, alive = psutil.wait_procs(family, timeout=LEFTOVER_GRACE)
        for process in alive:
            _quietly(process, psutil.Process.kill)
        psutil.wait_procs(alive, timeout=5)
        time.sleep(0.1)
    (folder / RUNNING).unlink(missing_ok=True)
    return sorted(left)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _quietly(process: psutil.Process, what: object) -> None:
    try:
        what(process)  # type: ignore[operator]
    except psutil.Error:
        return
