"""The rubric of 阅评 (`deploy/rubric.yml`): the criteria by which our own replies are read, and what they earn.

A round keeps the rubric with which it was drawn, so a later change of the file changes no round.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import yaml
from msgspec import Struct

from streams.errors import Misconfigured

LEVELS: dict[str, str] = {"yes": "做到", "partly": "部分做到", "no": "没有做到"}
EARNED: dict[str, float] = {"yes": 1.0, "partly": 0.5, "no": 0.0}
"""Part of a criterion's points that a level earns."""
WHOLE = 100
LEVELS_LEAST = 2


class Criterion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question to a reply: its title, its points, which levels there are and what each means."""

    name: str
    title: str
    points: int
    levels: tuple[str, ...]
    yes: str
    no: str
    partly: str = ""

    @property
    def choices(self) -> dict[str, str]:
        """Level → its words with what they mean."""
        return {level: f"{LEVELS[level]}：{getattr(self, level)}" for level in self.levels}


class Rubric(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole rubric.

    least_per_unit: replies drawn of each unit that has so many; good_from: points from which a reply may be shown as a
    good example; appeal_days: how long units may object after they were told.
    """

    criteria: tuple[Criterion, ...]
    least_per_unit: int = 5
    good_from: int = 90
    appeal_days: int = 5

    def points(self, levels: Mapping[str, str]) -> float:
        """Return what a reply earned, 0 to 100."""
        return sum(one.points * EARNED[levels[one.name]] for one in self.criteria)


def load_rubric(text: str) -> Rubric:
    """Read the rubric's YAML; raises Misconfigured with what is wrong."""
    try:
        rubric = msgspec.convert(_levels(yaml.safe_load(text)), Rubric)
    except (yaml.YAMLError, msgspec.ValidationError, AttributeError, TypeError) as error:
        raise Misconfigured(f"rubric: {' '.join(str(error).split())}") from error
    names = [one.name for one in rubric.criteria]
    if len(set(names)) != len(names) or not all(name.isidentifier() for name in names):
        raise Misconfigured(f"rubric: each criterion needs a name of its own, a plain word: {', '.join(names)}")
    if sum(one.points for one in rubric.criteria) != WHOLE or any(one.points < 0 for one in rubric.criteria):
        raise Misconfigured(f"rubric: the criteria's points must add up to {WHOLE}")
    for one in rubric.criteria:
        wrong = set(one.levels) - set(LEVELS) or len(set(one.levels)) < LEVELS_LEAST
        if wrong or not all(getattr(one, level) for level in one.levels):
            raise Misconfigured(f"rubric: {one.name}: two or three of {', '.join(LEVELS)}, each with its meaning")
    return rubric


def _levels(data: object) -> object:
    """Return the file's data with `yes` and `no` as words: YAML 1.1 reads them as true and false."""
    words = {True: "yes", False: "no"}
    if isinstance(data, dict):
        return {words.get(key, key) if isinstance(key, bool) else key: _levels(one) for key, one in data.items()}
    if isinstance(data, list):
        return [_levels(one) for one in data]
    return words[data] if isinstance(data, bool) else data
