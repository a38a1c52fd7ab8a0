"""Which Java runs the engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.engines.java import enterable, find, for_everyone, of_machine, read
from streams.errors import Misconfigured

FULL = "java.base jdk.jlink jdk.jdi"


def make(folder: Path, version: str, modules: str = FULL) -> Path:
    """Make what looks like a Java."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").touch(0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="Us"\nJAVA_VERSION="{version}"\nMODULES="{modules}"\n')
    return folder


def test_a_runtime_is_read_from_its_release_file(tmp_path: Path) -> None:
    java = read(make(tmp_path / "j", "25.0.3"))
    assert java is not None
    assert (java.major, java.full, java.binary) == (25, True, tmp_path / "j" / "bin" / "java")


def test_old_numbers_are_understood(tmp_path: Path) -> None:
    java = read(make(tmp_path / "j", "1.8.0_392"))
    assert java is not None
    assert java.major == 8


def test_a_folder_without_java_is_none(tmp_path: Path) -> None:
    assert read(tmp_path) is None


def test_a_full_java_of_the_machine_comes_before_ours(tmp_path: Path) -> None:
    old, good = make(tmp_path / "17", "17.0.1"), make(tmp_path / "25", "25.0.1")
    ours = make(tmp_path / "ours", "25.0.2", "java.base")
    assert find("", iter([old, good]), ours).home == good


def test_ours_comes_before_a_trimmed_one_of_the_machine(tmp_path: Path) -> None:
    trimmed, ours = make(tmp_path / "t", "21", "java.base"), make(tmp_path / "ours", "25.0.2", "java.base")
    assert find("", iter([trimmed]), ours).home == ours


def test_an_old_java_of_the_machine_is_passed_over(tmp_path: Path) -> None:
    ours = make(tmp_path / "ours", "25.0.2", "java.base")
    assert find("", iter([make(tmp_path / "17", "17.0.1")]), ours).home == ours


def test_no_java_at_all_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no Java 21 or newer here; install one"):
        find("", iter([make(tmp_path / "17", "17.0.1")]), None)


def test_a_named_java_that_is_too_old_is_refused_and_not_replaced(tmp_path: Path) -> None:
    old = make(tmp_path / "17", "17.0.1")
    with pytest.raises(Misconfigured, match="is Java 17, Elasticsearch needs 21"):
        find(str(old), iter([make(tmp_path / "25", "25.0.1")]), None)


def test_a_named_java_may_be_the_program_itself(tmp_path: Path) -> None:
    good = make(tmp_path / "25", "25.0.1")
    assert find(str(good / "bin" / "java"), iter([]), None).home == good


def test_a_name_that_is_no_java_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="is no Java"):
        find(str(tmp_path), iter([]), None)


def test_the_machine_is_asked_in_order(tmp_path: Path) -> None:
    home, path, folder = make(tmp_path / "home", "21"), make(tmp_path / "path", "21"), tmp_path / "jvm"
    jvm = make(folder / "a", "21")
    environ = {"JAVA_HOME": str(home), "PATH": str(path / "bin")}
    assert list(of_machine(environ, folder)) == [home, path, jvm]
    assert list(of_machine({"PATH": ""}, tmp_path / "nothing")) == []


def test_a_closed_folder_above_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    assert enterable(inner) is not None


def test_a_java_in_a_closed_folder_is_copied_once_to_where_all_can_run_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    java = read(make(closed / "java", "25.0.2", "java.base"))
    assert java is not None
    closed.chmod(0o700)
    cache = tmp_path / "cache"
    copy = for_everyone(java, cache)
    assert copy.home == cache / "java-25-trimmed"
    assert copy.binary.stat().st_mode & 0o005 == 0o005
    marker = copy.home / "marker"
    marker.touch()
    assert for_everyone(java, cache) == copy
    assert marker.exists()
