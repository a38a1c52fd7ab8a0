"""What people decided about groups: these are one matter, these are a matter of their own. It outranks the machine.

A decision names posts by their content ids, not groups, so it holds however often the machine groups anew and in
whatever order posts come. Decisions are applied in order of time: where two contradict each other, the later one holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Groups = frozenset[frozenset[str]]


class Decision(Struct, frozen=True, kw_only=True, order=True):
    """One decision; at: ms UTC; kind: `merge` (all posts named are one matter) or `split` (they are one of their own).

    Decisions sort by time, then by content, so that any order of the same decisions gives the same groups.
    """

    at: int
    kind: Literal["merge", "split"]
    posts: tuple[str, ...]
    by: str
    reason: str


def decided(groups: Iterable[Iterable[str]], decisions: Iterable[Decision]) -> Groups:
    """Return the groups after all decisions; posts that no group holds are left aside, and no post is lost or doubled.

    A merge joins every group that holds one of its posts. A split takes its posts out of wherever they are.
    """
    members: dict[str, set[str]] = {}
    for group in groups:
        whole = set(group)
        members |= dict.fromkeys(whole, whole)
    for decision in sorted(set(decisions)):
        present = [post for post in decision.posts if post in members]
        if not present:
            continue
        if decision.kind == "merge":
            joined = set().union(*(members[post] for post in present))
        else:
            joined = set(present)
            for post in present:
                members[post].discard(post)
        members |= dict.fromkeys(joined, joined)
    return frozenset(frozenset(whole) for whole in members.values())


def touched(group: Iterable[str], decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the decisions that name a post of a group, oldest first: why it is not as the machine had it."""
    posts = set(group)
    return tuple(sorted(decision for decision in set(decisions) if posts.intersection(decision.posts)))
