"""Whether new words or matters find a portal's hot issues that bursts of topic x district miss, and at which price.

python tests/bench/bench_low_counts.py FOLDER     FOLDER: portal_stream.csv.gz and its silver hot issues

Messages as in `bench_bursts_of_concern.py`. Two ways, each with bounds chosen on the first half of the year (the most
issues found, then the fewest false alerts of those with at most one a week) and measured on the second, and the other
way round: `new_term` and `new_event`, run by the back-test as the watcher would. The districts' names are taken out of
the texts, as `new_event` does with the counties of the city it serves. An alert has found an issue if at least 3, and a
quarter, of its messages are of it; any other is counted as false, although some are other real issues that the silver
list doesn't have.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).parent))

import msgspec
from bench_bursts_of_concern import DAY, DEPLOY, DISTRICT, LEAST, PART, rows
from memory_counts import MemoryCounts, opinion

from alerts.backtest import backtest
from alerts.evaluate import window_of
from alerts.new_events import READ, grouped, saying, words_of
from alerts.rulebook import load_rulebook
from analyzers.analysis import analyze
from analyzers.phrases import phrases
from streams.clock import BEIJING, beijing, ms

ENDS = tuple(ms(datetime(*day, tzinfo=BEIJING)) for day in ((2019, 1, 1), (2019, 7, 5), (2020, 1, 6)))
MOST_FALSE = 1.0
NAMES = re.compile(r"[a-z]\d*市|[a-z]\d+[区县]?")
"""The anonymised names of the city and its districts, as the normal form has them."""


class Alert(NamedTuple):
    """An alert: when, and the messages it speaks of."""

    at: int
    posts: tuple[str, ...]


class Score(NamedTuple):
    """What a way found of the issues of a stretch, how long after their first message, and its price."""

    found: dict[str, float]
    of: int
    alerts: int
    false: float


def stream(folder: Path) -> MemoryCounts:
    """Return the messages as the index would hold them, with their phrases and normal forms."""
    read = list(rows(folder / "portal_stream.csv.gz"))
    texts = [f"{row['title']}\n{row['body']}" for row in read]
    judgements = analyze(texts)
    found: list[dict[str, Any]] = []
    for row, text, judged in zip(read, texts, judgements, strict=True):
        normal = NAMES.sub("", judged.normal)
        at = ms(datetime.fromisoformat(row["posted_at"]).replace(tzinfo=BEIJING))
        named = Counter(DISTRICT.findall(text)).most_common(1)
        found.append(
            opinion(row["id"], at, topic=judged.topic, county=named[0][0] if named else "", source="portal",
                    terms=phrases(normal), normal=normal, title=row["title"], text=text)
        )  # fmt: skip
    return MemoryCounts(found)


def about(posts: Sequence[str], issues: dict[str, str]) -> str:
    """Return the issue that an alert is about, "" for none of them."""
    (name, count), *_ = Counter(issues[post] for post in posts if post in issues).most_common(1) or [("", 0)]
    return name if count >= LEAST and count >= PART * len(posts) else ""


def middle(counts: MemoryCounts, issues: dict[str, str], name: str) -> int:
    """Return when half of an issue's messages were written (ms UTC): to that half of the year it belongs."""
    times = sorted(counts.opinions[i]["posted_at"] for i, issue in issues.items() if issue == name)
    return int(times[len(times) // 2])


def judged(alerts: Iterable[Alert], counts: MemoryCounts, issues: dict[str, str], start: int, end: int) -> Score:
    """Return the score of a way over [start, end)."""
    first: dict[str, int] = {}
    for id_, name in issues.items():
        at = counts.opinions[id_]["posted_at"]
        first[name] = min(first.get(name, at), at)
    wanted = {name for name in first if start <= middle(counts, issues, name) < end}
    found: dict[str, float] = {}
    false = many = 0
    for alert in sorted(alerts):
        if not start <= alert.at < end:
            continue
        many += 1
        name = about(alert.posts, issues)
        if name in wanted:
            found.setdefault(name, (alert.at - first[name]) / DAY)
        elif not name:
            false += 1
    return Score(found, len(wanted), many, false / ((end - start) / (7 * DAY)))


async def by_new_terms(counts: MemoryCounts, **changed: Any) -> list[Alert]:
    """Return the alerts of the rulebook's new_term, with some of its bounds changed."""
    book = load_rulebook((DEPLOY / "rulebook.examples.yml").read_text("utf-8"))
    (rule,) = (rule for rule in book if rule.kind == "new_term")
    test = await backtest([msgspec.structs.replace(rule, step=DAY, **changed)], counts, ENDS[0], ENDS[-1])
    return [
        Alert(one.opened_at, tuple(p["id"] for p in counts.fitting(one.key, one.window_from, one.opened_at, (),
                                                                   danger=False)))
        for one in test.alerts
    ]  # fmt: skip


async def by_new_events(counts: MemoryCounts, least: int) -> list[Alert]:
    """Return the alerts of the rulebook's new_event with another bound, each with the posts it opened by."""
    book = load_rulebook((DEPLOY / "rulebook.examples.yml").read_text("utf-8"))
    (rule,) = (msgspec.structs.replace(rule, at_least=least) for rule in book if rule.kind == "new_event")
    test = await backtest([rule], counts, ENDS[0], ENDS[-1])
    found = []
    for one in test.alerts:
        start, end = window_of(rule, one.opened_at)
        posts = await counts.written(start, min(end, one.opened_at), READ)
        said = saying(posts)
        matters = [ids for distinct, ids in grouped(posts, least) if words_of(frozenset(ids), said) == one.phrase]
        found.append(Alert(one.opened_at, matters[0]))
    return found


def printed(way: str, name: str, score: Score) -> str:
    """Return a score on one line."""
    days = "、".join(f"{issue}（{days:.0f}天）" for issue, days in score.found.items())
    what = f"found {len(score.found)} of {score.of} {days}; {score.alerts} alerts, {score.false:.2f} false a week"
    return f"  {way:<52} {name}: {what}"


def crossed(what: str, ways: dict[str, list[Alert]], counts: MemoryCounts, issues: dict[str, str]) -> None:
    """Choose on each half and measure on the other; then the whole year of what the first half chose."""
    print(what)
    halves = {"first half": ENDS[:2], "second half": ENDS[1:]}
    scores = {way: {half: judged(alerts, counts, issues, *ends) for half, ends in halves.items()}
              for way, alerts in ways.items()}  # fmt: skip
    for here, there in (("first half", "second half"), ("second half", "first half")):
        able = [way for way, score in scores.items() if score[here].false <= MOST_FALSE] or list(ways)
        way = max(able, key=lambda way: (len(scores[way][here].found), -scores[way][here].false))
        print(printed(way, f"chosen on the {here}", scores[way][here]))
        print(printed("", f"measured on the {there}", scores[way][there]))
        print(printed("", "whole year", judged(ways[way], counts, issues, ENDS[0], ENDS[-1])))


async def main(folder: Path) -> None:
    """Print both ways."""
    counts = stream(folder)
    issues = {row["id"]: row["issue"] for row in rows(folder / "portal_stream_hot_issues_silver.csv.gz")}
    issues = {id_: name for id_, name in issues.items() if id_ in counts.opinions}
    for name, many in Counter(issues.values()).items():
        print(f"{name}: {many} messages, half of them by {beijing(middle(counts, issues, name)):%Y-%m-%d}")
    ways = {}
    keys: tuple[tuple[str, ...], ...] = (("topic", "county"), ("county",))
    for key, least in product(keys, (3, 4, 5)):
        ways[f"{' x '.join(key)}, {least} in 14 days"] = await by_new_terms(
            counts, key=key, window=14 * DAY, recover=14 * DAY, at_least=least, usual_over=180 * DAY
        )
    crossed("new_term", ways, counts, issues)
    ways = {f"{least} in 14 days": await by_new_events(counts, least) for least in (3, 4, 5, 6, 8)}
    crossed("new_event", ways, counts, issues)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
