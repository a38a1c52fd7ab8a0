"""What a worker says goes to its log, thinned and bounded; warnings are shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.thinning import KINDS, Thinner
from deploy.worker import LARGEST, Journal, Worker


def test_the_first_lines_of_a_kind_pass_and_the_rest_are_counted() -> None:
    thinner = Thinner(first=2, window=10)
    out = [line for number in range(100) for line in thinner.feed(f"lost broker {number}", 1.0)]
    assert out == ["lost broker 0", "lost broker 1"]
    assert list(thinner.due(11.0)) == ["… 98 more lines like: lost broker #"]


def test_lines_of_another_kind_are_not_held_back() -> None:
    thinner = Thinner(first=1)
    assert [line for text in ("a", "b", "a") for line in thinner.feed(text, 0.0)] == ["a", "b"]


def test_after_its_window_a_kind_is_shown_again() -> None:
    thinner = Thinner(first=1, window=10)
    assert list(thinner.feed("a", 0.0)) == ["a"]
    assert list(thinner.feed("a", 11.0)) == ["a"]


@given(st.lists(st.tuples(st.text("ab1", max_size=3), st.floats(0, 5)), max_size=60))
def test_no_line_is_lost_without_being_counted(lines: list[tuple[str, float]]) -> None:
    thinner, now, out = Thinner(first=2, window=7), 0.0, list[str]()
    for line, gap in lines:
        now += gap
        out += thinner.feed(line, now)
    out += thinner.end()
    held = sum(int(line.split()[1]) for line in out if line.startswith("… "))
    assert held + sum(not line.startswith("… ") for line in out) == len(lines)


def test_a_flood_in_which_every_line_differs_takes_bounded_memory() -> None:
    thinner = Thinner()
    letters = "abcdefghijklmnopqrstuvwxyz"
    for number in range(3 * KINDS):
        word = letters[number % 26] + letters[number // 26 % 26] + letters[number // 676]
        list(thinner.feed(word, 0.0))
        assert len(thinner.kinds) <= KINDS


def test_a_log_is_turned_over_when_it_is_large(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "x.log")
    journal.write("a" * LARGEST)
    journal.write("b")
    journal.write("c")
    journal.close()
    assert (tmp_path / "x.log").read_text() == "b\nc\n"
    assert (tmp_path / "x.1.log").stat().st_size > LARGEST


def test_all_goes_to_the_log_and_warnings_are_shown(tmp_path: Path) -> None:
    shown: list[str] = []
    code = "print('12:00 INFO fine'); print('12:01 WARNING slow'); print('12:02 ERROR broken')"
    worker = Worker(
        "work", folder=tmp_path, environ=os.environ, notable=shown.append, command=(sys.executable, "-c", code)
    )
    worker.start()
    worker.finish(10)
    assert worker.log.read_text().splitlines() == ["12:00 INFO fine", "12:01 WARNING slow", "12:02 ERROR broken"]
    assert shown == ["work: 12:01 WARNING slow", "work: 12:02 ERROR broken"]


def test_a_worker_runs_our_command_with_this_very_python(tmp_path: Path) -> None:
    worker = Worker("watch", folder=tmp_path, environ={}, notable=print)
    assert worker.command == (sys.executable, "-P", "-m", "deploy", "watch")
