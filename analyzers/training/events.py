"""How well texts are grouped: pairs and B-cubed on known issues, and how little the order of arrival changes."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from msgspec import Struct

from analyzers.grouping import Group, Grouper, Settings, Text
from analyzers.text import normal

Labels = Mapping[str, int]
BEIJING = timezone(timedelta(hours=8))


class Score(Struct, frozen=True):
    """precision_within: pairs of issue messages only; precision: a pair of one with any other message is wrong too."""

    precision: float
    precision_within: float
    recall: float
    cubed_precision: float
    cubed_recall: float
    recalls: dict[str, float]

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall of pairs."""
        return 2 * self.precision * self.recall / (self.precision + self.recall or 1.0)


def stream(data_dir: Path) -> list[Text]:
    """Return the portal's messages in order of time. Raises OSError."""
    with gzip.open(data_dir / "portal_stream.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        rows = [
            Text(
                id=row["id"],
                normal=normal(f"{row['title']}\n{row['body']}"),
                at=int(datetime.fromisoformat(row["posted_at"]).replace(tzinfo=BEIJING).timestamp() * 1000),
            )
            for row in csv.DictReader(lines)
        ]
    return sorted(rows, key=lambda row: (row.at, row.id))


def silver(data_dir: Path, votes: int) -> tuple[dict[str, str], set[str]]:
    """Return the issue of each message that has so many votes, and the messages that have fewer. Raises OSError."""
    with gzip.open(data_dir / "portal_stream_hot_issues_silver.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    sure = {row["id"]: row["issue"] for row in rows if int(row["votes"]) >= votes}
    return sure, {row["id"] for row in rows} - set(sure)


def labels(groups: Iterable[Group]) -> dict[str, int]:
    """Return each text's group as a number."""
    return {text: number for number, group in enumerate(groups) for text in group.texts}


def pairs(sizes: Iterable[int]) -> int:
    """Return how many pairs groups of these sizes hold."""
    return sum(size * (size - 1) // 2 for size in sizes)


def score(found: Labels, truth: Mapping[str, str], unsure: set[str]) -> Score:
    """Measure groups on messages whose issue is known; those of unsure issue count neither way."""
    cells = Counter((found[text], issue) for text, issue in truth.items())
    known = Counter(found[text] for text in truth)
    others = Counter(group for text, group in found.items() if text not in truth and text not in unsure)
    issues = Counter(truth.values())
    hit = pairs(cells.values())
    within = pairs(known.values())
    strays = sum(known[group] * others[group] for group in known)
    right = {issue: pairs(count for (_, name), count in cells.items() if name == issue) for issue in issues}
    total = len(truth)
    return Score(
        precision=hit / (within + strays or 1),
        precision_within=hit / (within or 1),
        recall=hit / pairs(issues.values()),
        cubed_precision=sum(n * n / (known[group] + others[group]) for (group, _), n in cells.items()) / total,
        cubed_recall=sum(n * n / issues[issue] for (_, issue), n in cells.items()) / total,
        recalls={issue: right[issue] / pairs([count]) for issue, count in issues.items()},
    )


def agreement(one: Labels, other: Labels) -> tuple[float, float]:
    """Return the adjusted Rand index of two groupings of the same texts, and the F1 of their pairs."""
    both = pairs(Counter((one[text], other[text]) for text in one).values())
    first, second = pairs(Counter(one.values()).values()), pairs(Counter(other.values()).values())
    by_chance = first * second / (pairs([len(one)]) or 1)
    mean = (first + second) / 2
    return (1.0 if mean == by_chance else (both - by_chance) / (mean - by_chance)), (both / mean if mean else 1.0)


def grouped(texts: Iterable[Text], settings: Settings | None = None) -> tuple[Labels, Labels, list[Group]]:
    """Return the groups as texts came in, after settling, and the settled groups themselves."""
    grouper = Grouper(settings)
    for text in texts:
        grouper.add(text)
    online = labels(grouper.groups())
    settled = grouper.settle()
    return online, labels(settled), settled
