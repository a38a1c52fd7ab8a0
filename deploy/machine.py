"""What this machine has and what Huiying needs: facts are looked up here, and judged by plain functions."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

GIB = 1 << 30
DISK_LEAST = 2 * GIB
"""Free bytes below which Huiying does not start: engines unpacked 0.4 GiB, their logs, and room for a year of posts."""
OURS = GIB * 6 // 10
"""Bytes of memory that our own processes take together (measured: `huiying doctor` shows them)."""
BESIDE_HEAP = {"kafka": 64 << 20, "elasticsearch": 160 << 20}
"""Bytes that an engine takes beside its heap (resident in all: 225 to 285 MiB and 450 to 620 MiB)."""


@dataclass(frozen=True)
class Facts:
    """What was found: bytes free on the data's disk, and bytes of memory that new processes may take."""

    free: int
    available: int


@dataclass(frozen=True)
class Port:
    """A port that Huiying wants on loopback: what for, and the setting that changes it."""

    number: int
    use: str
    setting: str


@dataclass(frozen=True)
class Problem:
    """Something that keeps Huiying from running: what is wrong, and what to do."""

    what: str
    todo: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.what}; {self.todo}"


def holder(port: int) -> str:
    """Return who listens on a port, as `java (process 123)`; `another program` where that is not ours to see."""
    try:
        connections = psutil.net_connections("inet")
    except (psutil.Error, OSError):
        return "another program"
    for connection in connections:
        if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
            try:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
            except (psutil.Error, ValueError, TypeError):
                break
    return "another program"


def taken(port: int, host: str = "127.0.0.1") -> bool:
    """Say whether somebody listens on a port, so that we can't."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def free_disk(folder: Path) -> int:
    """Return the bytes that are free where a folder is or would be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def available_memory(limits: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the bytes that new processes may take without swapping: the machine's, or its container's if less."""
    machine = psutil.virtual_memory().available
    try:
        most = int((limits / "memory.max").read_text("ascii"))
        used = int((limits / "memory.current").read_text("ascii"))
        stat = dict(line.split() for line in (limits / "memory.stat").read_text("ascii").splitlines())
    except (OSError, ValueError):
        return machine
    return min(machine, most - used + int(stat.get("inactive_file", 0)))


def look(folder: Path) -> Facts:
    """Look this machine over, for data in `folder`."""
    return Facts(free_disk(folder), available_memory())


def disk_problem(folder: Path, free: int) -> Problem | None:
    """Judge the free bytes of the disk that holds `folder`."""
    if free >= DISK_LEAST:
        return None
    return Problem(
        f"{folder} has {free / GIB:.1f} GiB of disk free, Huiying needs {DISK_LEAST / GIB:.0f}",
        "free some, or set HUIYING_HOME to a folder on another disk",
    )


def heap_bytes(heap: str) -> int:
    """Return a heap as Java writes it, such as 512m or 2g, in bytes; 0 if it is written otherwise."""
    found = re.fullmatch(r"(\d+)([mMgG])", heap)
    return int(found[1]) << (20 if found[2] in "mM" else 30) if found else 0


def memory_need(heaps: Mapping[str, str]) -> int:
    """Return the bytes of memory that our processes and the local engines with these heaps take together."""
    return OURS + sum(heap_bytes(heap) + BESIDE_HEAP[engine] for engine, heap in heaps.items())


def memory_problem(available: int, need: int) -> Problem | None:
    """Judge the available bytes of memory."""
    if available >= need:
        return None
    return Problem(
        f"{available / GIB:.1f} GiB of memory are available, Huiying needs {need / GIB:.1f}",
        "end other programs, or lower HUIYING_ELASTICSEARCH_HEAP and name an outside HUIYING_KAFKA",
    )


def port_problem(port: Port, who: str) -> Problem:
    """Judge a port that is taken by `who`."""
    return Problem(f"port {port.number} ({port.use}) is taken by {who}", f"stop it, or set {port.setting}")


def look_at_ports(ports: Mapping[int, Port], host: str = "127.0.0.1") -> list[Problem]:
    """Return a problem for each setting whose port somebody holds."""
    found: dict[str, Problem] = {}
    for number, port in ports.items():
        if port.setting not in found and taken(number, host):
            found[port.setting] = port_problem(port, holder(number))
    return list(found.values())


def resident(pids: list[int]) -> int:
    """Return the bytes of memory that processes and all of their children hold now."""
    total = 0
    for pid in pids:
        try:
            process = psutil.Process(pid)
            family = [process, *process.children(recursive=True)]
            total += sum(member.memory_info().rss for member in family)
        except psutil.Error:
            continue
    return total
