"""The kind `new_event`: one matter that so many distinct posts speak of within a window, however few a day.

Posts of the window are grouped (`analyzers.grouping`) by the rare words they share, the place and the time between,
over all sources and topics; copies and reposts count once. A county's name is no word of a matter: in a small window it
is rare enough to make one matter of all that is written about the county. What is a matter depends on which posts there
are and not on the order of arrival, so a replay finds the same. An alert is known by the two phrases that most set its
posts apart; while it stands, a matter most of whose posts say them is the same one, and it grows in place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from alerts.alert import Key
from alerts.aside import Aside
from alerts.counts import Counts, Written
from alerts.evaluate import Finding, Tally, evaluate, window_of
from alerts.findings import is_person
from alerts.rules import Rule
from analyzers import places
from analyzers.grouping import Grouper, Settings, Text

READ = 5000
"""So many posts of a window are grouped, the newest: about ten seconds of one core, in a process of its own."""
AT_ONCE = 300
"""So few are grouped where we are: a tenth of a second."""
SAME = 0.5
"""A matter is one that stands already if so much of the smaller of the two is in both."""
LOOSER = Settings(threshold=0.2)
"""What is new is looked for among few posts: looser than the matters of months (0.3 found 3 of the 4 silver issues of
`tests/bench/bench_low_counts.py`, 0.2 all 4, both at less than one false alert in five weeks)."""
_aside = Aside("groups posts by matter")


@cache
def _names(city: str, counties: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds the names of the city and its counties, in full and in short."""
    full = [name for name in (city, *counties) if len(name) > 1]
    short = [name[:-1] for name in full if len(name) > 2 and name[-1] in "县市区"]
    return re.compile("|".join(map(re.escape, sorted({*full, *short}, key=lambda name: (-len(name), name)))) or "(?!)")


def grouped(posts: Sequence[Written], least: int) -> list[tuple[int, tuple[str, ...]]]:
    """Return the matters of these posts that at least so many distinct ones speak of: how many, and all their ids."""
    grouper = Grouper(LOOSER)
    names = _names(places.default().name, tuple(places.counties().values()))
    for post in posts:
        text = names.sub("", post.normal)
        grouper.remember(Text(id=post.id, normal=text, at=post.posted_at, county=post.county))
    found = [(group.distinct, group.texts) for group in grouper.settle() if group.distinct >= least]
    return sorted(found, key=lambda one: (-one[0], one[1]))


def saying(posts: Sequence[Written]) -> dict[str, frozenset[str]]:
    """Return by phrase the ids of the posts that say it."""
    found: dict[str, set[str]] = {}
    for post in posts:
        for term in post.terms:
            found.setdefault(term, set()).add(post.id)
    return {term: frozenset(ids) for term, ids in found.items()}


def words_of(ids: frozenset[str], said: Mapping[str, frozenset[str]]) -> str:
    """Return the two phrases that most set a matter's posts apart: said by many of them, and by few others.

    Empty where they share none. A person's name is never one.
    """
    shared = Counter({term: len(ids & saying) for term, saying in said.items()})
    weight = {term: count * count / len(said[term]) for term, count in shared.items() if count > 1}
    ranked = [term for term in sorted(weight, key=lambda term: (-weight[term], term)) if not is_person(term)]
    if not ranked:
        return ""
    first = ranked[0]
    second = next((term for term in ranked[1:] if term not in first and first not in term), "")
    return f"{first} {second}".strip()


def standing(ids: frozenset[str], known: Sequence[Key], said: Mapping[str, frozenset[str]]) -> Key | None:
    """Return the key of the open alert that a matter is, the most alike one; nothing for a new one."""
    best: tuple[float, Key] | None = None
    for key in known:
        words = [said.get(word, frozenset[str]()) for word in key.phrase.split()]
        theirs = frozenset.intersection(*words) if words else frozenset[str]()
        alike = len(ids & theirs) / min(len(ids), len(theirs)) if theirs else 0.0
        if alike >= SAME and (best is None or alike > best[0]):
            best = alike, key
    return best[1] if best else None


async def new_event_findings(rule: Rule, counts: Counts, at: int, known: Sequence[Key]) -> dict[Key, Finding]:
    """Return what a rule by matter finds at a moment (ms UTC); known: the keys of its open alerts."""
    start, end = window_of(rule, at)
    posts = await counts.written(start, min(end, at), READ)
    least = rule.at_least if not known else max(2, int(rule.at_least * rule.clear))
    matters = grouped(posts, least) if len(posts) <= AT_ONCE else await _aside.run(grouped, posts, least)
    said, by_id = saying(posts), {post.id: post for post in posts}
    found: dict[Key, Finding] = {}
    for distinct, members in matters:
        ids = frozenset(members)
        key = standing(ids, known, said) or Key(phrase=words_of(ids, said))
        if not key.phrase or key in found:
            continue
        tally = Tally(count=distinct, sources=dict(Counter(by_id[one].source for one in members)))
        finding = evaluate(rule, key, tally, 0.0, at, key in known)
        if finding is not None:
            found[key] = finding
    return found
