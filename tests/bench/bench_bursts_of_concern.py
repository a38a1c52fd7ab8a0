"""Which of a portal's hot issues the burst rule finds, how soon, and how often it calls for nothing.

python tests/bench/bench_bursts_of_concern.py FOLDER [--try]     FOLDER: portal_stream.csv.gz and its silver hot issues

Every message is analysed as it would be on arrival (topic), and its district is what it names (A3区, A7县: the set's
places are made anonymous), so a key is topic x district. The rulebook's `burst` rule runs over the whole stream through
the code that judges live posts. An alert has found an issue if at least 3, and a quarter, of its window's messages are
of the issue; any other is counted as false, although some are other real issues that the silver list doesn't have.
--try: other bounds beside the rule's own.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from memory_counts import MemoryCounts, opinion

from alerts.alert import Alert
from alerts.backtest import backtest
from alerts.rulebook import load_rulebook
from alerts.rules import Rule
from analyzers.analysis import analyze
from streams.clock import BEIJING, beijing, ms

DEPLOY = Path(__file__).parents[2] / "deploy"
DISTRICT = re.compile(r"A\d+(?=[区县市])")
DAY = 86_400_000
LEAST, PART = 3, 0.25


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Read a gzipped CSV."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def stream(folder: Path) -> MemoryCounts:
    """Return the messages as the index would hold them."""
    read = list(rows(folder / "portal_stream.csv.gz"))
    texts = [f"{row['title']}\n{row['body']}" for row in read]
    found: list[dict[str, Any]] = []
    for row, text, judged in zip(read, texts, analyze(texts), strict=True):
        at = ms(datetime.fromisoformat(row["posted_at"]).replace(tzinfo=BEIJING))
        named = Counter(DISTRICT.findall(text)).most_common(1)
        found.append(opinion(row["id"], at, topic=judged.topic, county=named[0][0] if named else "", source="portal"))
    return MemoryCounts(found)


def about(alert: Alert, counts: MemoryCounts, issues: dict[str, str]) -> str:
    """Return the issue that an alert is about, "" for none of them; by all the posts of its windows."""
    posts = [
        issues.get(one["id"], "") for one in counts.within(alert.window_from, alert.window_to)
        if all(one[part] == getattr(alert, part) for part in ("topic", "county") if getattr(alert, part))
    ]  # fmt: skip
    (name, count), *_ = Counter(name for name in posts if name).most_common(1) or [("", 0)]
    return name if count >= LEAST and count >= PART * len(posts) else ""


async def measure(rule: Rule, counts: MemoryCounts, issues: dict[str, str], *, aloud: bool) -> None:
    """Print what a rule finds."""
    times = sorted(one["posted_at"] for one in counts.opinions.values())
    start = ms(datetime(2019, 1, 1, tzinfo=BEIJING))
    tried = await backtest([rule], counts, start, times[-1] + 1)
    weeks = (times[-1] - start) / (7 * DAY)
    first_of: dict[str, int] = {}
    for id_, name in issues.items():
        at = counts.opinions[id_]["posted_at"]
        first_of[name] = min(first_of.get(name, at), at)
    found: dict[str, Alert] = {}
    false = 0
    for alert in tried.alerts:
        name = about(alert, counts, issues)
        if name:
            found.setdefault(name, alert)
        else:
            false += 1
    keys = len({(one["topic"], one["county"]) for one in counts.opinions.values()})
    print(
        f"at least {rule.at_least} in {rule.window / DAY:g} days, step {rule.step / DAY:g}, score {rule.score:g}: "
        f"found {len(found)} of {len(first_of)} ({'、'.join(found)}), {len(tried.alerts)} alerts, "
        f"{false / weeks:.2f} false a week over {keys} keys"
    )  # fmt: skip
    for name in first_of if aloud else ():
        if name not in found:
            print(f"  {name}: not found")
            continue
        alert, mine = found[name], [i for i, issue in issues.items() if issue == name]
        before = sum(counts.opinions[i]["posted_at"] < alert.opened_at for i in mine)
        span = (alert.opened_at - first_of[name]) / DAY
        print(
            f"  {name}: first {beijing(first_of[name]):%Y-%m-%d}, alert {beijing(alert.opened_at):%Y-%m-%d}, after "
            f"{span:.1f} days and {before} of {len(mine)} messages; {alert.topic} {alert.county}"
        )


async def main(folder: Path, *, more: bool) -> None:
    """Print the table."""
    counts = stream(folder)
    issues = {row["id"]: row["issue"] for row in rows(folder / "portal_stream_hot_issues_silver.csv.gz")}
    issues = {id_: name for id_, name in issues.items() if id_ in counts.opinions}
    books = (load_rulebook((DEPLOY / name).read_text("utf-8")) for name in ("rulebook.yml", "rulebook.examples.yml"))
    (rule,) = (rule for book in books for rule in book if rule.kind == "burst")
    await measure(rule, counts, issues, aloud=True)
    for window, each, least, score in product((3, 5, 7), (4,), (4, 5, 6), (0.6, 0.65, 0.7, 0.75)) if more else ():
        other = msgspec.structs.replace(
            rule, window=window * DAY, step=DAY // each, recover=window * DAY, at_least=least, score=score
        )
        await measure(other, counts, issues, aloud=False)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), more="--try" in sys.argv))
