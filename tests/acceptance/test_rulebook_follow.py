"""A changed rulebook is taken between two looks, whole or not at all, and only when another person has approved it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
from city import City
from memory_versions import MemoryVersions

from alerts.rulebook import load_rulebook
from alerts.rulebook_follow import Follower
from alerts.rulebook_versions import gone, in_force, mark_of, of_file
from streams.clock import ms

BOOK = """
rules:
  - {name: many, title: 集中反映, kind: count, level: larger, reason: 许多人说同一件事, key: [topic, county],
     window: 2h, step: 10m, recover: 1h, at_least: 12, fires: {count: 12}, silent: {count: 11}}
"""
LOWER = BOOK.replace("at_least: 12", "at_least: 4").replace("{count: 11}", "{count: 3}")
OTHER = LOWER.replace("name: many", "name: some")


class Followed:
    """A city whose watcher follows a file and what is approved."""

    def __init__(self, folder: Path) -> None:
        self.city, self.versions, self.path = City(BOOK), MemoryVersions(), folder / "rulebook.yml"
        self.path.write_text(BOOK, "utf-8")
        self.follower = Follower(self.versions, self.path, self.city.clock, self.city.service.adopt)

    async def look(self) -> None:
        await self.follower.look()
        await self.city.look()

    async def approve(self) -> None:
        newest = (await self.versions.list())[0]
        await self.versions.decide(newest.id, "approve", by="li", reason="同意", at=ms(self.city.clock.now()))


async def test_the_first_rulebook_is_in_use_and_alerts_name_it(tmp_path: Path) -> None:
    here = Followed(tmp_path)
    await here.look()
    here.city.post(12)
    await here.look()
    assert (await here.city.only()).rulebook == mark_of(BOOK)
    assert [one.state for one in await here.versions.list()] == ["applied"]


async def test_a_changed_file_waits_for_a_person_and_then_judges_without_a_restart(tmp_path: Path) -> None:
    here = Followed(tmp_path)
    await here.look()
    here.city.clock.time += timedelta(minutes=1)
    here.path.write_text(LOWER, "utf-8")
    here.city.post(5)
    for _ in range(2):
        await here.look()
    assert await here.city.service.alerts() == []
    assert [one.state for one in await here.versions.list()] == ["proposed", "applied"]
    await here.approve()
    await here.look()
    assert (await here.city.only()).rulebook == mark_of(LOWER)


async def test_a_file_with_a_mistake_is_refused_whole_with_its_line_and_the_old_rules_stay(tmp_path: Path) -> None:
    here = Followed(tmp_path)
    await here.look()
    here.city.clock.time += timedelta(minutes=1)
    here.path.write_text(LOWER + LOWER.split("rules:")[1].replace("many", "more").replace("2h", "soon"), "utf-8")
    here.city.post(5)
    await here.look()
    newest = (await here.versions.list())[0]
    assert newest.state == "invalid"
    assert "line 6, rule more: a span must be like 10m" in newest.problem
    assert await here.city.service.alerts() == []
    here.city.post(7)
    await here.look()
    assert (await here.city.only()).rule == "many"


async def test_a_file_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    here = Followed(tmp_path)
    await here.look()
    here.path.unlink()
    here.city.post(12)
    await here.look()
    assert (await here.city.only()).rule == "many"


async def test_a_restarted_watcher_judges_by_what_was_approved_not_by_the_file(tmp_path: Path) -> None:
    here = Followed(tmp_path)
    await here.look()
    here.city.clock.time += timedelta(minutes=1)
    here.path.write_text(LOWER, "utf-8")
    await here.look()
    await here.approve()
    here.path.write_text(BOOK, "utf-8")
    here.city.restart()
    here.follower = Follower(here.versions, here.path, here.city.clock, here.city.service.adopt)
    here.city.clock.time += timedelta(minutes=1)
    here.city.post(5)
    await here.look()
    assert (await here.city.only()).rulebook == mark_of(LOWER)
    assert (await here.versions.list())[0].state == "proposed"


async def test_the_alerts_of_a_rule_that_went_end_after_its_own_time(tmp_path: Path) -> None:
    here = Followed(tmp_path)
    await here.look()
    here.city.post(12)
    await here.look()
    here.city.clock.time += timedelta(minutes=1)
    here.path.write_text(OTHER, "utf-8")
    await here.look()
    await here.approve()
    await here.look()
    states = {alert.rule: alert.state for alert in await here.city.service.alerts()}
    assert states == {"many": "firing", "some": "firing"}
    await here.city.wait(timedelta(minutes=65))
    states = {alert.rule: alert.state for alert in await here.city.service.alerts()}
    assert states == {"many": "resolved", "some": "firing"}


async def test_the_alerts_of_a_rule_that_went_end_also_by_a_watcher_that_was_restarted(tmp_path: Path) -> None:
    here = Followed(tmp_path)
    await here.look()
    here.city.post(12)
    await here.look()
    here.city.clock.time += timedelta(minutes=1)
    here.path.write_text(OTHER, "utf-8")
    await here.look()
    await here.approve()
    here.city.rules = load_rulebook(OTHER)
    here.city.restart()
    here.follower = Follower(here.versions, here.path, here.city.clock, here.city.service.adopt)
    await here.look()
    states = {alert.rule: alert.state for alert in await here.city.service.alerts()}
    assert states == {"many": "firing", "some": "firing"}
    await here.city.wait(timedelta(minutes=65))
    states = {alert.rule: alert.state for alert in await here.city.service.alerts()}
    assert states["many"] == "resolved"


def test_rules_that_went_are_those_of_any_approved_version_each_as_it_last_was() -> None:
    first = of_file(BOOK, at=1, first=True)
    milder = msgspec.structs.replace(of_file(LOWER, at=2, first=True), decided_at=2)
    never = of_file(BOOK.replace("name: many", "name: never"), at=3, first=False)
    now = load_rulebook(OTHER)
    (rule,) = gone(now, [never, milder, first])
    assert (rule.name, rule.at_least) == ("many", 4)
    assert gone(load_rulebook(BOOK), [first, milder]) == []


async def test_the_rules_in_force_are_those_approved_and_before_that_those_at_hand() -> None:
    versions = MemoryVersions()
    at_hand = load_rulebook(BOOK)
    assert await in_force(versions, at_hand) == at_hand
    await versions.create(of_file(OTHER, at=1, first=True))
    assert [rule.name for rule in await in_force(versions, at_hand)] == ["some"]
