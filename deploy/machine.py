"""What this machine has and what Huiying needs: facts are looked up here, and judged by plain functions."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

GIB = 1 << 30
DISK_LEAST = 2 * GIB
"""Free bytes below which Huiying does not start: engines unpacked 0.4 GiB, their logs, and room for a year of posts."""
MEMORY_LEAST = GIB * 3 // 2
"""Available bytes below which the local engines do not start: Kafka 0.3, Elasticsearch 0.6, our processes 0.6 GiB."""


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


def disk_problem(folder: Path, free: int) -> Problem | None:
    """Judge the free bytes of the disk that holds `folder`."""
    if free >= DISK_LEAST:
        return None
    return Problem(
        f"{folder} has {free / GIB:.1f} GiB of disk free, Huiying needs {DISK_LEAST / GIB:.0f}",
        "free some, or set HUIYING_HOME to a folder on another disk",
    )


def memory_problem(available: int, *, local: int = 2) -> Problem | None:
    """Judge the available bytes of memory for so many `local` engines (0 to 2)."""
    need = MEMORY_LEAST * (1 + local) // 3
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
