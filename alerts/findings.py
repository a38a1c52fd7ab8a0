"""From tallies to findings: windows live and in replay, the usual by the past, phrases that belong to one matter."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from itertools import accumulate

import rjieba

from alerts.alert import Key
from alerts.burst_rule import Said, said
from alerts.counts import Cell, Counts, Phrase, Phrases, merged
from alerts.evaluate import Finding, Tally, bucket, evaluate, window_of
from alerts.rules import Rule

DAY = 86_400_000
PAST_POSTS = 100
"""A past with fewer posts says nothing about what is usual for a phrase."""
TOGETHER = 0.6
"""Phrases belong to one matter when so much of the smaller one's posts say the other too."""
PERSON = "nr"
"""The segmenter's mark of a person's name: such a word never becomes the key of an alert."""


def expected(count: int, rule: Rule, start: int, first: int) -> float:
    """Return how many posts one window should have, by `count` posts of the past before `start`.

    first: when the oldest post was written: a younger system divides by the past it has, one window at least.
    """
    if not rule.usual_over or not count:
        return 0.0
    past = min(rule.usual_over, start - first) if first else rule.usual_over
    return count * rule.window / max(past, rule.window)


def is_person(word: str) -> bool:
    """Say whether a phrase holds a person's name."""
    return any(tag == PERSON for _, tag in rjieba.tag(word))


def matters(rule: Rule, phrases: Phrases) -> list[list[Phrase]]:
    """Return the unusual phrases in groups that the same posts say, the larger first; a single phrase is no matter."""
    if phrases.past < PAST_POSTS:
        return []
    unusual = [
        one for one in phrases.found
        if one.count >= max(rule.at_least, rule.times_usual * (one.before + 0.5) / phrases.past * phrases.now)
        and not is_person(one.text)
    ]  # fmt: skip
    return [group for group in grouped(unusual) if len(group) > 1]


def grouped(unusual: Sequence[Phrase]) -> list[list[Phrase]]:
    """Return phrases in groups that the same posts say, the most said first."""
    groups: list[list[Phrase]] = []
    for one in sorted(unusual, key=lambda phrase: (-phrase.count, phrase.text)):
        for group in groups:
            if any(len(one.ids & other.ids) >= TOGETHER * min(len(one.ids), len(other.ids)) for other in group):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def matter_key(group: Sequence[Phrase], known: Sequence[Key], found: Sequence[Phrase]) -> Key:
    """Return a matter's key: that of an open alert on which the same posts are, else its two most said phrases.

    The words of a matter change while it lasts; the posts of two weeks that say the old ones mostly say the new ones.
    """
    said = {phrase.text: phrase.ids for phrase in found}
    ids = frozenset[str]().union(*(phrase.ids for phrase in group))
    for key in known:
        theirs = frozenset[str]().union(*(said.get(word, frozenset()) for word in key.phrase.split()))
        if theirs and len(ids & theirs) >= TOGETHER * min(len(ids), len(theirs)):
            return key
    first = group[0].text
    second = next((one.text for one in group[1:] if one.text not in first and first not in one.text), "")
    return Key(phrase=f"{first} {second}".strip())


async def phrase_findings(rule: Rule, counts: Counts, at: int, known: Sequence[Key]) -> dict[Key, Finding]:
    """Return what a phrase rule finds at a moment (ms UTC); known: the keys of its open alerts."""
    start, end = window_of(rule, at)
    words = sorted({word for key in known for word in key.phrase.split()})
    asked = await counts.phrases(start, min(end, at), start - rule.usual_over, rule.at_least, words)
    found: dict[Key, Finding] = {}
    for group in matters(rule, asked):
        key = matter_key(group, known, asked.found)
        ids = frozenset[str]().union(*(one.ids for one in group))
        sources: dict[str, int] = {}
        for one in group:
            for name, count in one.sources.items():
                sources[name] = max(sources.get(name, 0), count)
        usual = max((one.before + 0.5) / asked.past * asked.now for one in group[:2])
        count = max(len(ids), *(one.count for one in group))  # of a large matter not every id is known
        finding = evaluate(rule, key, Tally(count=count, sources=sources), usual, at)
        if finding is not None and key not in found:
            found[key] = finding
    return found


async def quiet_findings(rule: Rule, counts: Counts, at: int) -> dict[Key, Finding]:
    """Return the sources that sent nothing in the window, though at these hours of the past days they did (ms UTC).

    By the time of arrival. Usual is the lower quarter of the days, so that quiet nights, a weekend and the one day on
    which old posts were brought in don't count as usual.
    """
    days = range(rule.usual_over // DAY + 1)
    now, *past = await counts.arrived([(at - rule.window - day * DAY, at - day * DAY) for day in days])
    found: dict[Key, Finding] = {}
    for source in sorted({name for day in past for name in day}):
        usual = float(sorted(day.get(source, 0) for day in past)[len(past) // 4])
        finding = evaluate(rule, Key(source=source), Tally(count=now.get(source, 0)), usual, at)
        if finding is not None:
            found[finding.key] = finding
    return found


class Past:
    """What is usual for a rule's keys: asked once a step, since it hardly changes within one."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, tuple[int, dict[Key, Tally], int]] = {}
        self._series: dict[str, tuple[int, Series]] = {}

    async def of(self, rule: Rule, counts: Counts, start: int) -> tuple[Mapping[Key, Tally], int]:
        """Return the tallies of the past before a window's start, and when the first post was written."""
        if not rule.usual_over:
            return {}, 0
        kept = self._known.get(rule.name)
        if kept is None or kept[0] != start:
            tallies = await counts.tallies(rule.key, start - rule.usual_over, start)
            kept = (start, tallies, await counts.first("posted_at"))
            self._known[rule.name] = kept
        return kept[1], kept[2]

    async def series(self, rule: Rule, counts: Counts, at: int) -> Series:
        """Return a burst rule's cells as of a moment (ms UTC): the past as asked when the step began, its own anew.

        A post that comes late is counted where it belongs from the next step on.
        """
        start, end = window_of(rule, at)
        step = end - rule.step
        kept = self._series.get(rule.name)
        if kept is None or kept[0] != step:
            cells = await counts.cells(rule.key, start - rule.usual_over, step, rule.step)
            kept = (step, Series(rule, cells, await counts.first("posted_at")))
            self._series[rule.name] = kept
        kept[1].renew(step, await counts.tallies(rule.key, step, end))
        return kept[1]


async def live_findings(
    rule: Rule, counts: Counts, at: int, past: Past, known: Collection[Key] = ()
) -> dict[Key, Finding]:
    """Return what a rule that counts by key finds in its window ending now (ms UTC); known: keys of open alerts."""
    if rule.kind == "burst":
        return (await past.series(rule, counts, at)).at(at, known)
    start, end = window_of(rule, at)
    tallies = await counts.tallies(rule.key, start, end, rule.words)
    before, first = await past.of(rule, counts, start)
    found: dict[Key, Finding] = {}
    for key, tally in tallies.items():
        count = before[key].count if key in before else 0
        finding = evaluate(rule, key, tally, expected(count, rule, start, first), at, key in known)
        if finding is not None:
            found[key] = finding
    return found


class Series:
    """A key-counting rule over stored cells: the findings at the end of any step, without asking again."""

    def __init__(self, rule: Rule, cells: Sequence[Cell], first: int) -> None:
        """Keep the cells, in order of time; first: when the oldest post was written (ms UTC)."""
        self.rule, self.first = rule, first
        self.by_key: dict[Key, dict[int, Tally]] = {}
        for cell in cells:
            self.by_key.setdefault(cell.key, {})[cell.at] = cell.tally
        self._said: dict[Key, tuple[tuple[int, int], Said]] = {}
        self.times = {key: sorted(cells) for key, cells in self.by_key.items()}
        self.sums = {
            key: [0, *accumulate(self.by_key[key][at].count for at in times)] for key, times in self.times.items()
        }

    def renew(self, at: int, tallies: Mapping[Key, Tally]) -> None:
        """Replace the cells of the last step, which began at `at` (ms UTC)."""
        for key, tally in tallies.items():
            cells = self.by_key.setdefault(key, {})
            if cells.get(at) != tally:
                cells[at] = tally
                self.times[key] = sorted(cells)
                self.sums[key] = [0, *accumulate(cells[time].count for time in self.times[key])]
        if not self.first and tallies:
            self.first = at

    def _judged(self, key: Key, start: int, end: int, count: int) -> Said:
        """Return what the burst detector says of a key's window; asked again with the same count, what it said."""
        kept = self._said.get(key)
        if kept is None or kept[0] != (end, count):
            counts = {at: tally.count for at, tally in self.by_key[key].items()}
            kept = self._said[key] = (end, count), said(self.rule, counts, start, end, self.first)
        return kept[1]

    def at(self, moment: int, known: Collection[Key] = ()) -> dict[Key, Finding]:
        """Return what the rule finds at a moment (ms UTC); known: keys of open alerts."""
        start, end = window_of(self.rule, moment)
        found: dict[Key, Finding] = {}
        for key, cells in self.by_key.items():
            times, sums = self.times[key], self.sums[key]
            past, since, until = (bisect_left(times, at) for at in (start - self.rule.usual_over, start, end))
            if since == until:
                continue
            tally = reduce(merged, (cells[at] for at in times[since + 1 : until]), cells[times[since]])
            before = sums[since] - sums[past]
            usual = expected(before, self.rule, start, self.first)
            if self.rule.kind != "burst":
                finding = evaluate(self.rule, key, tally, usual, moment, key in known)
            elif tally.count < self.rule.at_least * (self.rule.clear if key in known else 1):
                continue
            else:
                judged = self._judged(key, start, end, tally.count)
                finding = evaluate(self.rule, key, tally, judged.usual, moment, key in known, judged.score)
            if finding is not None:
                found[key] = finding
        return found

    def moments(self, start: int, end: int) -> list[int]:
        """Return the moments in (start, end] at which anything can change: step ends within reach of any cell."""
        step, reach = self.rule.step, self.rule.window + self.rule.recover + self.rule.step
        wanted: set[int] = set()
        for times in self.times.values():
            for at in times:
                first = bucket(at, step) + step
                wanted.update(range(first, first + reach + step, step))
        return sorted(moment for moment in wanted if start < moment <= end + reach)
