"""A process that is alive but does not move ends itself; one that has nothing to do, or waits knowingly, never."""

from __future__ import annotations

import pytest

from streams.errors import Unavailable
from streams.watchdog import Progress, Watchdog, verdict


@pytest.mark.parametrize(
    ("since", "waiting", "stuck"), [(500.0, 0, False), (119.0, 7, False), (121.0, 7, True), (0.0, 10**6, False)]
)
def test_only_what_waits_for_long_is_stuck(since: float, waiting: int, stuck: bool) -> None:
    assert bool(verdict(since, waiting, 120.0)) is stuck


def dog(waiting: list[int | Exception], progress: Progress) -> Watchdog:
    def ask() -> int:
        found = waiting.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    return Watchdog(progress, ask, 120.0, lambda _why: None)


def test_after_an_idle_night_the_first_message_is_no_reason_to_end() -> None:
    progress = Progress()
    watched = dog([0, 5], progress)
    progress.last -= 40_000
    assert watched.look() == ""
    assert watched.look() == ""


def test_while_kafka_can_not_be_asked_nobody_is_to_blame() -> None:
    progress = Progress()
    watched = dog([Unavailable("gone"), 5, 5], progress)
    progress.last -= 500
    assert watched.look() == ""
    assert watched.look() == ""
    progress.last -= 500
    assert "5 messages wait" in watched.look()
