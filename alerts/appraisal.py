"""The weights of 督查考核 (`deploy/appraisal.yml`): what is measured, deducted, vetoed, given; read strictly.

No row may rest on satisfaction, on tone, or on how much or how critically people wrote: who is graded by these would
silence people.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml
from msgspec import Struct

from streams.errors import Misconfigured

SHIPPED = Path(__file__).parents[1] / "deploy" / "appraisal.yml"
INDICATORS: dict[str, str] = {
    "in_time": "按时答复率", "answered": "答复率", "closed": "办结率", "solved": "解决率", "public": "公开答复率",
    "reopened": "重办率", "repeated": "重复诉求率", "key_signed": "领导亲自答复率", "suggestions": "建议采纳公开率",
    "interpreted": "同步解读率", "corrected": "更正及时率",
}  # fmt: skip
"""What may be measured; of all but `LESS` more is better."""
LESS = frozenset({"reopened", "repeated"})
REFUSED: dict[str, str] = {
    "satisfied": "satisfaction alone may not be graded: it is gamed, and hides who was not asked",
    "negative": "counts of critical posts may not be graded: whoever is graded by them would silence people",
    "sentiment": "tone may not be graded: a sharper text is never treated worse than a mild one",
    "posts": "how much people write may not be graded: fewer messages are no success",
    "returned": "items given back show bad routing, not a bad unit",
}
WHOLE = 100
LEAST = 5


class Indicator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points that are lost in proportion: below `full` for a share that should be high, above `allow` for a low one."""

    points: float
    full: float | None = None
    allow: float | None = None


class Finding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an inspection may find, in Chinese, and its points (a veto has none)."""

    title: str
    points: float = 0.0


class Weights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    indicators: dict[str, Indicator]
    deductions: dict[str, Finding] = {}
    vetoes: dict[str, Finding] = {}
    bonus: dict[str, Finding] = {}
    pass_from: float = 60.0
    bonus_from: float = 80.0
    bonus_most: float = 20.0
    least: int = LEAST
    errors: tuple[str, ...] = ()
    """Findings that say that an answer was wrong: those that `corrected` counts."""

    @property
    def findings(self) -> dict[str, str]:
        """What an inspection may record: key → words with their points."""
        return {
            **{key: f"扣分：{one.title}（{one.points:g}分）" for key, one in self.deductions.items()},
            **{key: f"否决：{one.title}" for key, one in self.vetoes.items()},
            **{key: f"加分：{one.title}（{one.points:g}分）" for key, one in self.bonus.items()},
        }

    def effect_of(self, finding: str) -> str:
        """Return what a finding does: `deduct`, `veto`, `bonus`, or nothing for one that the file does not have."""
        rows = {"deduct": self.deductions, "veto": self.vetoes, "bonus": self.bonus}
        return next((name for name, row in rows.items() if finding in row), "")

    def row(self, finding: str) -> Finding:
        """Return a finding's row; KeyError if the file has none."""
        return {**self.deductions, **self.vetoes, **self.bonus}[finding]


def load_weights(text: str) -> Weights:
    """Read the YAML of weights; raises Misconfigured with the first thing that is wrong and what to do."""
    try:
        weights = msgspec.convert(yaml.safe_load(text), Weights)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise Misconfigured(f"appraisal: {' '.join(str(error).split())}") from error
    if wrong := next(_problems(weights), ""):
        raise Misconfigured(f"appraisal: {wrong}")
    return weights


def read_weights(given: str) -> Weights:
    """Return the weights of a file, or the shipped ones. Raises Misconfigured."""
    path = Path(given).expanduser() if given else SHIPPED
    try:
        return load_weights(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"HUIYING_REPORT_APPRAISAL={path}: {error}") from error


def _problems(weights: Weights) -> Iterator[str]:
    """Yield what is wrong, the first first."""
    for name, row in weights.indicators.items():
        if name in REFUSED:
            yield f"`indicators.{name}`: {REFUSED[name]}"
        elif name not in INDICATORS:
            yield f"`indicators.{name}`: there is none; known: {', '.join(INDICATORS)}"
        else:
            yield from _of_indicator(name, row)
    total = sum(row.points for row in weights.indicators.values())
    if round(total, 6) != WHOLE:
        yield f"`indicators`: their points sum to {total:g}, not {WHOLE}"
    yield from _of_findings(weights)
    if not 0 < weights.pass_from <= weights.bonus_from <= WHOLE:
        yield "`pass_from` is above 0 and at most `bonus_from`, which is at most 100"
    if not 0 <= weights.bonus_most <= WHOLE:
        yield f"`bonus_most`: from 0 to {WHOLE}, not {weights.bonus_most:g}"
    if weights.least < LEAST:
        yield f"`least`: {LEAST} or more, so that no count under {LEAST} shows"


def _of_indicator(name: str, row: Indicator) -> Iterator[str]:
    wanted, other = ("allow", "full") if name in LESS else ("full", "allow")
    bound = getattr(row, wanted)
    if bound is None or getattr(row, other) is not None:
        yield f"`indicators.{name}`: give `{wanted}` (a share) and not `{other}`"
    elif not (0 < bound <= 1 if wanted == "full" else 0 <= bound < 1):
        yield f"`indicators.{name}.{wanted}`: a share between 0 and 1, not {bound:g}"
    if row.points <= 0:
        yield f"`indicators.{name}.points`: above 0, not {row.points:g}"


def _of_findings(weights: Weights) -> Iterator[str]:
    names = [*weights.deductions, *weights.vetoes, *weights.bonus]
    yield from (
        f"`{name}` stands under two of deductions, vetoes and bonus" for name in names if names.count(name) > 1
    )
    yield from (f"`{name}`: {REFUSED[name]}" for name in names if name in REFUSED)
    for part in ("deductions", "bonus"):
        for name, row in getattr(weights, part).items():
            if not 0 < row.points <= WHOLE:
                yield f"`{part}.{name}.points`: above 0 and at most {WHOLE}, not {row.points:g}"
    for name, row in weights.vetoes.items():
        if row.points:
            yield f"`vetoes.{name}`: a veto has no points"
    for name in weights.errors:
        if name not in weights.deductions:
            yield f"`errors`: {name} is not under `deductions`"
