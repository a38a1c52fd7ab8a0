"""Hot reload: the watcher takes an approved rulebook between two looks; one that can't be read leaves the old one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from alerts.rulebook_versions import Version, Versions, gone, in_use, mark_of, of_file, rules_of
from alerts.rules import Rule
from alerts.watched_words import with_files
from streams.clock import Clock, ms
from streams.errors import Misconfigured

log = logging.getLogger("huiying.rules")
Adopt = Callable[[Sequence[Rule], str, Sequence[Rule]], None]


class Follower:
    """Keeps who judges by rules at the version that is in use, and brings a changed file in as a proposal."""

    def __init__(self, versions: Versions, path: Path, clock: Clock, adopt: Adopt) -> None:
        """Keep the parts. path: the rulebook's file here; adopt: takes rules, their mark, and those that went."""
        self._versions, self._path, self._clock, self._adopt = versions, path, clock, adopt
        self._mark = ""
        self._refused = ""

    async def look(self) -> str:
        """Look at the file and at what is in use; return the mark that is now judged by. Raises Unavailable."""
        versions = list(await self._versions.list())
        text = self._read()
        used = in_use(versions)
        last = next((one for one in versions if one.by == "" and one.at), None)
        if text is not None and (last is None or mark_of(text) != last.mark) and (
            used is None or mark_of(text) != used.mark
        ):
            made = of_file(text, at=ms(self._clock.now()), first=used is None)
            await self._versions.create(made)
            versions.insert(0, made)
            said = {"applied": "is in use", "proposed": "waits for approval on the console's 规则 page"}
            log.warning("rulebook %s: %s: %s", made.mark, self._path, said.get(made.state) or made.problem)
        return self._take(in_use(versions), versions)

    def _read(self) -> str | None:
        try:
            return with_files(self._path.read_text("utf-8"), self._path.parent)
        except (OSError, UnicodeDecodeError, Misconfigured) as error:
            log.warning("rulebook: %s: %s; the rules in use stay", self._path, error)
            return None

    def _take(self, used: Version | None, versions: Sequence[Version]) -> str:
        if used is None or used.mark in {self._mark, self._refused}:
            return self._mark
        try:
            rules = rules_of(used)
        except Misconfigured as error:
            self._refused = used.mark
            log.error("rulebook %s is refused, the old one stays: %s", used.mark, error)  # noqa: TRY400 - one line
            return self._mark
        self._adopt(rules, used.mark, gone(rules, versions))
        self._mark = used.mark
        log.info("rulebook %s: %d rules in use", used.mark, len(rules))
        return self._mark


async def following(follower: Follower, work: Callable[[], Awaitable[object]]) -> None:
    """Look at the rulebook, then do some work by it."""
    await follower.look()
    await work()
