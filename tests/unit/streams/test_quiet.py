"""Libraries are thinned; we are not."""

from __future__ import annotations

import logging

from streams.quiet import EVERY, Thin


def line(name: str, at: float, said: str = "it failed: %s") -> logging.LogRecord:
    record = logging.LogRecord(name, logging.ERROR, "", 0, said, ("x",), None)
    record.created = at
    return record


def test_a_library_says_the_same_once_in_a_while_and_how_often_it_was_held_back() -> None:
    thin = Thin()
    shown = [at for at in range(100) if thin.filter(line("aiokafka", 1000.0 + at))]
    assert shown == [0, 30, 60, 90]
    last = line("aiokafka", 1000.0 + 90 + EVERY)
    assert thin.filter(last)
    assert last.getMessage() == "it failed: x (and 9 times more before)"


def test_different_lines_and_ours_are_all_shown() -> None:
    thin = Thin()
    assert all(thin.filter(line("aiokafka", 1000.0, f"kind {n}")) for n in range(1200))
    assert all(thin.filter(line("huiying.work", 1000.0)) for _ in range(3))
