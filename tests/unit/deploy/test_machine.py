"""What this machine has, judged."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from deploy.machine import (
    DISK_LEAST,
    GIB,
    Port,
    available_memory,
    disk_problem,
    free_disk,
    look_at_ports,
    memory_need,
    memory_problem,
    resident,
)


def test_too_little_disk_says_how_much_and_what_to_do() -> None:
    problem = disk_problem(Path("/data"), GIB // 2)
    assert str(problem) == (
        "/data has 0.5 GiB of disk free, Huiying needs 2; free some, or set HUIYING_HOME to a folder on another disk"
    )
    assert disk_problem(Path("/data"), DISK_LEAST) is None


def test_less_memory_will_do_where_engines_are_outside() -> None:
    both = memory_need({"kafka": "256m", "elasticsearch": "512m"})
    assert memory_need({}) < memory_need({"kafka": "256m"}) < both < 2 * GIB


def test_larger_heaps_need_more_memory() -> None:
    assert memory_need({"elasticsearch": "2g"}) - memory_need({"elasticsearch": "1024M"}) == GIB


def test_too_little_memory_says_how_much_and_what_to_do() -> None:
    assert memory_problem(GIB, GIB) is None
    assert str(memory_problem(GIB // 2, GIB)).startswith(
        "0.5 GiB of memory are available, Huiying needs 1.0; end other programs, or lower HUIYING_ELASTICSEARCH_HEAP"
    )


def test_a_containers_limit_counts_more_than_the_machines_memory(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("600000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 100000\n")
    assert available_memory(tmp_path) == 500_000


@pytest.mark.parametrize("limit", ["max\n", None])
def test_without_a_limit_the_machines_memory_counts(tmp_path: Path, limit: str | None) -> None:
    if limit is not None:
        (tmp_path / "memory.max").write_text(limit)
    assert available_memory(tmp_path) > 0


def test_the_disk_of_a_folder_that_is_not_there_yet_is_measured(tmp_path: Path) -> None:
    assert free_disk(tmp_path / "a" / "b") > 0


def test_a_taken_port_names_who_holds_it_and_the_setting() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        number = server.getsockname()[1]
        ports = {number: Port(number, "Kafka", "HUIYING_KAFKA_PORT")}
        (problem,) = look_at_ports(ports)
        assert f"port {number} (Kafka) is taken by " in problem.what
        assert f"(process {os.getpid()})" in problem.what
        assert problem.todo == "stop it, or set HUIYING_KAFKA_PORT"
    assert look_at_ports(ports) == []


def test_memory_of_a_process_that_is_gone_is_nothing() -> None:
    assert resident([os.getpid()]) > GIB // 1000
    assert resident([2**22 - 3]) == 0
