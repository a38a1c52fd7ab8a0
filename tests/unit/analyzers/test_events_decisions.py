"""What people decide about groups outranks the machine, survives any order, and the later of two holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzers.decisions import Decision, Groups, decided, touched

POSTS = [f"p{number}" for number in range(8)]
partitions = st.lists(st.integers(0, 4), min_size=8, max_size=8).map(
    lambda homes: frozenset(
        frozenset(post for post, at in zip(POSTS, homes, strict=True) if at == home) for home in set(homes)
    )
)
subsets = st.sets(st.sampled_from([*POSTS, "unknown"]), min_size=1, max_size=5).map(lambda posts: tuple(sorted(posts)))
decisions = st.builds(
    Decision, at=st.integers(0, 9), kind=st.sampled_from(["merge", "split"]), posts=subsets, by=st.just("值班员"),
    reason=st.just("同一件事"),
)  # fmt: skip


def one(kind: str, posts: object, at: int = 1) -> Decision:
    return Decision(at=at, kind=kind, posts=tuple(sorted(posts)), by="w", reason="r")  # type: ignore[arg-type, call-overload]


@given(partitions, st.lists(decisions, max_size=6))
def test_no_post_is_lost_or_doubled(groups: Groups, made: list[Decision]) -> None:
    found = decided(groups, made)
    assert sorted(post for group in found for post in group) == POSTS
    assert all(found)


@given(partitions, st.lists(decisions, max_size=6), st.randoms())
def test_the_order_in_which_decisions_are_read_changes_nothing(groups: Groups, made: list[Decision], r: object) -> None:
    mixed = list(made)
    r.shuffle(mixed)  # type: ignore[attr-defined]
    assert decided(groups, mixed) == decided(groups, made) == decided(groups, made + made)


@given(partitions, decisions)
def test_a_decision_is_idempotent(groups: Groups, made: Decision) -> None:
    once = decided(groups, [made])
    assert decided(once, [made]) == once


@given(partitions)
def test_a_merge_and_then_a_split_of_the_same_is_as_before(groups: Groups) -> None:
    first, *rest = sorted(groups, key=sorted)
    if rest:
        merged = decided(groups, [one("merge", first | rest[0])])
        assert first | rest[0] in merged
        assert decided(groups, [one("merge", first | rest[0]), one("split", rest[0], at=2)]) == groups


@given(partitions, subsets)
def test_of_two_that_contradict_each_other_the_later_holds(groups: Groups, posts: tuple[str, ...]) -> None:
    present = frozenset(posts) & set(POSTS)
    if not present:
        return
    later_split = decided(groups, [one("merge", POSTS), one("split", posts, at=2)])
    later_merge = decided(groups, [one("merge", POSTS, at=2), one("split", posts)])
    assert present in later_split
    assert later_merge == {frozenset(POSTS)}


def test_a_merge_holds_for_posts_that_the_machine_adds_later() -> None:
    made = [one("merge", {"a", "b"})]
    assert decided([{"a", "new"}, {"b"}, {"c"}], made) == {frozenset({"a", "b", "new"}), frozenset({"c"})}


def test_a_group_knows_what_was_decided_about_it() -> None:
    made = [one("merge", {"a", "b"}, at=2), one("split", {"c"}), one("split", {"a"})]
    assert [decision.kind for decision in touched({"a"}, made)] == ["split", "merge"]
