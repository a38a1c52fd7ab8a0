"""Fetching: what is not exactly what was pinned is never kept, and what is there is never fetched twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.engines.artifacts import Artifact
from deploy.engines.fetch import Progress, fetch, open_to_all
from streams.errors import Misconfigured

CONTENT = b"the right bytes"
THING = Artifact("org.example", "thing", "1.0", "jar", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


class Source:
    """A repository that serves given contents one after the other; an exception among them is raised."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.calls = 0

    def __call__(self, artifact: Artifact, folder: Path, progress: Progress) -> Path:
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        path = folder / artifact.filename
        path.write_bytes(answer)
        progress(len(answer))
        return path


def test_what_fits_is_kept_and_not_fetched_again(tmp_path: Path) -> None:
    source = Source(CONTENT)
    assert fetch([THING], tmp_path, title="Thing", download=source) == [tmp_path / "thing-1.0.jar"]
    fetch([THING], tmp_path, title="Thing", download=source)
    assert (tmp_path / "thing-1.0.jar").read_bytes() == CONTENT
    assert source.calls == 1


@pytest.mark.parametrize("wrong", [b"other bytes here", CONTENT[:5], b""])
def test_a_wrong_checksum_is_one_clear_line_and_keeps_nothing(tmp_path: Path, wrong: bytes) -> None:
    with pytest.raises(Misconfigured, match=r"org\.example:thing:1\.0: what came has sha256 .*pinned are") as caught:
        fetch([THING], tmp_path, title="Thing", download=Source(wrong))
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_broken_line_is_tried_again(tmp_path: Path) -> None:
    source = Source(OSError("Connection reset\nby peer"), CONTENT[:3], CONTENT)
    fetch([THING], tmp_path, title="Thing", download=source)
    assert source.calls == 3


def test_no_network_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="can't be fetched \\(Name or service not known\\)"):
        fetch([THING], tmp_path, title="Thing", download=Source(OSError("Name or service not known")))


def test_a_half_fetched_file_of_a_killed_run_is_fetched_anew(tmp_path: Path) -> None:
    (tmp_path / ".part-killed").mkdir()
    (tmp_path / ".part-killed" / "thing-1.0.jar").write_bytes(CONTENT[:4])
    (tmp_path / "thing-1.0.jar").write_bytes(CONTENT[:4])
    fetch([THING], tmp_path, title="Thing", download=Source(CONTENT))
    assert (tmp_path / "thing-1.0.jar").read_bytes() == CONTENT
    assert not list(tmp_path.glob(".part-*"))


def test_a_file_that_was_changed_in_the_cache_is_fetched_anew(tmp_path: Path) -> None:
    (tmp_path / "thing-1.0.jar").write_bytes(CONTENT[::-1])
    fetch([THING], tmp_path, title="Thing", download=Source(CONTENT))
    assert (tmp_path / "thing-1.0.jar").read_bytes() == CONTENT


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    huge = Artifact("org.example", "huge", "1.0", "jar", "ab" * 32, 1 << 60)
    source = Source(b"")
    with pytest.raises(Misconfigured, match="MiB free, Huge needs"):
        fetch([huge], tmp_path, title="Huge", download=source)
    assert source.calls == 0


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Misconfigured, match="HUIYING_CACHE"):
        fetch([THING], tmp_path / "file" / "cache", title="Thing", download=Source(CONTENT))


def test_what_is_fetched_may_be_read_by_the_engines_user(tmp_path: Path) -> None:
    (path,) = fetch([THING], tmp_path, title="Thing", download=Source(CONTENT))
    assert path.stat().st_mode & 0o004


def test_opening_a_folder_keeps_programs_runnable(tmp_path: Path) -> None:
    make: Callable[[str, int], Path] = lambda name, mode: _file(tmp_path / name, mode)  # noqa: E731
    program, text = make("program", 0o700), make("text", 0o600)
    open_to_all(tmp_path)
    assert (program.stat().st_mode & 0o777, text.stat().st_mode & 0o777) == (0o755, 0o644)


def _file(path: Path, mode: int) -> Path:
    path.write_text("x")
    path.chmod(mode)
    return path
