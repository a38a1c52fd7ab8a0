"""Civic texts whose mood needs no marking: weak labels from the lexicon, to carry a Weibo model over to the portal.

A message that names a fault is a complaint however politely it is put, so it is negative; one that only asks is
neutral; one that only thanks is positive. None of the hand-marked messages is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from analyzers import text
from analyzers.lexicon import ASKS, FAULTS, PLEAS, PROPOSALS, THANKS
from analyzers.terms import Terms
from analyzers.training import data

PER_CLASS = {"neg": 2200, "neu": 1600, "pos": 100}
GOLD = Path(__file__).parent / "gold" / "portal.csv"


class Weak(NamedTuple):
    """Texts with a label that was inferred."""

    texts: list[str]
    labels: list[str]


def marked() -> list[dict[str, str]]:
    """Return the hand-marked ids: id, sentiment, intent, polite (1: a complaint politely put)."""
    return data.read(GOLD)


def weak_moods(folder: Path) -> Weak:
    """Return civic texts with a mood that their matter implies."""
    known = {row["id"] for row in marked()}
    rows = data.portal(folder)
    texts = [each for each, number in zip(rows.texts, rows.ids, strict=True) if number not in known]
    texts += data.topics_raw(folder).texts
    replies = data.read(folder / "portal_replies.csv.gz")
    texts += data.prepared(f"{row['title']}\n{row['body']}" for row in replies)
    marked_texts = [each for each, number in zip(rows.texts, rows.ids, strict=True) if number in known]
    shared = set(data.groups([*marked_texts, *texts])[: len(marked_texts)].tolist())
    grouped = data.groups([*marked_texts, *texts])[len(marked_texts) :]
    texts = [each for each, group in zip(texts, grouped.tolist(), strict=True) if group not in shared]
    labels = moods(texts)
    left = dict(PER_CLASS)
    kept: list[tuple[str, str]] = []
    for each, label in zip(texts, labels, strict=True):
        if label and left[label]:
            left[label] -= 1
            kept.append((each, label))
    return Weak([each for each, _ in kept], [label for _, label in kept])


def moods(texts: list[str]) -> list[str]:
    """Return neg, neu, pos or "" (no clear matter) for each text."""
    by_term = {
        **dict.fromkeys(THANKS, "pos"),
        **dict.fromkeys(PROPOSALS, "neu"),
        **dict.fromkeys(ASKS, "neu"),
        **dict.fromkeys(PLEAS, "neg"),
        **dict.fromkeys(FAULTS, "neg"),
    }
    terms = Terms(by_term)
    out = []
    for at in range(0, len(texts), 200):
        page = text.fold_page(texts[at : at + 200])
        found: list[dict[str, set[str]]] = [{"pos": set(), "neu": set(), "neg": set()} for _ in range(len(page))]
        hits = terms.find(page)
        for index, ident in zip(page.owner(hits.position).tolist(), hits.ident.tolist(), strict=True):
            name = terms.names[ident]
            found[index][by_term[name]].add(name)
        for each in found:
            faults, asks, thanks = len(each["neg"]), len(each["neu"]), each["pos"] - {"感谢", "谢谢", "满意"}
            if faults:
                out.append("neg")
            elif not faults and asks:
                out.append("neu")
            elif not faults and thanks:
                out.append("pos")
            else:
                out.append("")
    return out
