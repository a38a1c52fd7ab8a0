"""A grade rests on the matter and on what is owed in answer, never on what people said."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.grading import GRADES, MANY, ORDER, SEVERAL, GradeInputs, lower, propose

HINTS = {field.name: field.type for field in msgspec.structs.fields(GradeInputs)}
inputs = st.builds(
    GradeInputs,
    **{
        name: st.sampled_from(get_args(HINTS[name])) for name in ("safety", "reach", "vulnerable", "overdue")
    },
    questions=st.integers(0, 50),
    answered=st.booleans(),
)


def test_only_the_listed_axes_exist() -> None:
    """No sentiment, tone, influence, history or prediction can be put in."""
    assert set(HINTS) == {"safety", "reach", "vulnerable", "overdue", "questions", "answered"}


@pytest.mark.parametrize(
    ("given_", "grade"),
    [
        ({}, "general"),
        ({"safety": "possible"}, "larger"),
        ({"safety": "imminent"}, "major"),
        ({"safety": "deaths"}, "major"),
        ({"reach": "community"}, "larger"),
        ({"reach": "county"}, "major"),
        ({"reach": "city"}, "major"),
        ({"vulnerable": "some"}, "larger"),
        ({"vulnerable": "many"}, "major"),
        ({"overdue": "local"}, "larger"),
        ({"overdue": "statutory"}, "major"),
        ({"questions": SEVERAL - 1}, "general"),
        ({"questions": SEVERAL}, "larger"),
        ({"questions": MANY}, "major"),
        ({"questions": MANY, "answered": True}, "larger"),
    ],
)
def test_each_axis_gives_its_grade(given_: dict[str, Any], grade: str) -> None:
    assert propose(GradeInputs(**given_)).grade == grade


@given(inputs)
def test_the_highest_axis_decides_and_says_so(given_: GradeInputs) -> None:
    proposal = propose(given_)
    assert ORDER.index(proposal.grade) == max(ORDER.index(axis.grade) for axis in proposal.axes)
    assert proposal.inputs == given_
    assert GRADES[proposal.grade] in proposal.reason
    assert [axis.letter for axis in proposal.axes] == list("SRVDQ")


@given(inputs)
def test_especially_serious_is_never_proposed(given_: GradeInputs) -> None:
    proposal = propose(given_)
    assert proposal.grade != "special"
    assert proposal.special_to_judge == (given_.safety == "deaths" or given_.reach == "city")
    assert proposal.special_to_judge == ("主管机关" in proposal.reason)


def test_grades_are_ordered() -> None:
    assert lower("general", "larger")
    assert lower("major", "special")
    assert not lower("major", "major")
