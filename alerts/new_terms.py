"""The kind `new_term`: words that posts of a topic and county say now and its long past did not; copies count once.

Words of one matter, said by the same posts, are one alert under its two most said words. A key with hardly any past
has no new words: everything would be new to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerts.alert import Key
from alerts.counts import Counts, Phrase, Phrases, without_phrase
from alerts.evaluate import Finding, Tally, evaluate, window_of
from alerts.findings import grouped, is_person, matter_key, phrase_findings
from alerts.new_events import new_event_findings
from alerts.rules import Rule
from analyzers.copies import copies, sketch

WORDED = frozenset({"phrase", "new_term", "new_event"})
"""Kinds that find by themselves which words to count."""
PAST_POSTS = 20
"""A key with fewer posts in its past says nothing about which words are new to it."""


def collapsed(texts: Sequence[str]) -> int:
    """Return how many of these texts (normal forms) are left without copies and reposts."""
    return len(set(copies([sketch(text) for text in texts])))


def copies_out(rule: Rule, texts: Sequence[str]) -> int:
    """Return what an alert says of its posts without copies; 0 of a rule that counts none to begin with."""
    return 0 if rule.kind == "new_event" else collapsed(texts)


def new_terms(rule: Rule, phrases: Phrases, known: Sequence[Key]) -> list[list[Phrase]]:
    """Return a key's new words in groups that the same posts say. known: keys with words that stand already."""
    if phrases.past < PAST_POSTS:
        return []
    standing = {word for key in known for word in key.phrase.split()}
    return grouped(
        [
            one for one in phrases.found
            if one.count >= rule.at_least and (one.before <= rule.seen_most or one.text in standing)
            and not is_person(one.text)
        ]
    )  # fmt: skip


async def new_term_findings(rule: Rule, counts: Counts, at: int, known: Sequence[Key]) -> dict[Key, Finding]:
    """Return what a rule for new words finds at a moment (ms UTC); known: the keys of its open alerts."""
    start, end = window_of(rule, at)
    until = min(end, at)
    asked = await counts.spoken(rule.key, start, until, start - rule.usual_over, rule.at_least, known)
    found: dict[Key, Finding] = {}
    for where, phrases in asked.items():
        mine = [key for key in known if without_phrase(key) == where]
        for group in new_terms(rule, phrases, mine):
            words = matter_key(group, mine, phrases.found)
            key = msgspec.structs.replace(where, phrase=words.phrase)
            if key in found:
                continue
            different = collapsed(await counts.texts(key, start, until))
            tally = Tally(count=different, sources=_sources(group))
            usual = float(max(one.before for one in group[:2]))
            finding = evaluate(rule, key, tally, usual, at, key in known)
            if finding is not None:
                found[key] = finding
    return found


def _sources(group: Sequence[Phrase]) -> dict[str, int]:
    """Return posts by source: of each source those that say the word most said there."""
    sources: dict[str, int] = {}
    for one in group:
        for name, count in one.sources.items():
            sources[name] = max(sources.get(name, 0), count)
    return sources


async def worded_findings(rule: Rule, counts: Counts, at: int, known: Sequence[Key]) -> dict[Key, Finding]:
    """Return what a rule that finds its words by itself finds at a moment (ms UTC)."""
    finders = {"new_term": new_term_findings, "new_event": new_event_findings, "phrase": phrase_findings}
    return await finders[rule.kind](rule, counts, at, known)
