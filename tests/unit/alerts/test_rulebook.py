"""The rulebook is read strictly: each mistake is refused with one line that says what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.evaluate import tried
from alerts.rulebook import load_rulebook, span
from alerts.rules import KINDS, Rule
from streams.errors import Misconfigured

DEPLOY = Path(__file__).parents[3] / "deploy"
SHIPPED = load_rulebook((DEPLOY / "rulebook.yml").read_text("utf-8"))
MORE = load_rulebook((DEPLOY / "rulebook.examples.yml").read_text("utf-8"))
ROW: dict[str, Any] = {
    "name": "many", "title": "集中反映", "kind": "count", "level": "larger", "reason": "许多人说同一件事",
    "key": ["topic", "county"], "window": "2h", "step": "10m", "recover": "2h", "at_least": 12,
    "fires": {"count": 12}, "silent": {"count": 11},
}  # fmt: skip
SHARE: dict[str, Any] = {**ROW, "kind": "share", "level": "general", "at_least": 20, "share": 0.8}


def book(*rows: dict[str, Any]) -> str:
    return yaml.safe_dump({"rules": list(rows)}, allow_unicode=True)


def test_a_rule_is_read_with_its_spans_in_milliseconds() -> None:
    (rule,) = load_rulebook(book(ROW))
    assert (rule.window, rule.step, rule.recover) == (7_200_000, 600_000, 7_200_000)
    assert rule.key == ("topic", "county")


@pytest.mark.parametrize("rule", SHIPPED + MORE, ids=lambda rule: rule.name)
def test_every_shipped_rule_fires_on_its_example_and_is_silent_on_the_other(rule: Rule) -> None:
    assert tried(rule, rule.fires) is not None
    assert tried(rule, rule.silent) is None


@pytest.mark.parametrize("rule", SHIPPED + MORE, ids=lambda rule: rule.name)
def test_every_shipped_rule_says_in_chinese_why_it_is_there(rule: Rule) -> None:
    assert any("一" <= character <= "鿿" for character in rule.reason)
    assert any("一" <= character <= "鿿" for character in rule.title)


def test_every_kind_is_in_the_shipped_rulebook_or_among_the_examples() -> None:
    assert {rule.kind for rule in SHIPPED + MORE} == set(KINDS)


def test_an_example_beside_the_shipped_rules_can_be_copied_into_them() -> None:
    names = [rule.name for rule in SHIPPED + MORE]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"windwo": "2h"}, r"rule many: unknown key 'windwo'; did you mean 'window'\?"),
        ({"colour": "red"}, r"unknown key 'colour'"),
        ({"kind": "spik"}, "unknown kind 'spik'; did you mean 'spike'"),
        ({"kind": "dream"}, "unknown kind 'dream'; there are count, spike"),
        ({"kind": "spike", "times_usual": 3, "usual_over": "2h"}, "a spike needs `times_usual` above 1"),
        ({"kind": "spike", "times_usual": 1, "usual_over": "2h", "usual_at_least": 2}, "a spike needs"),
        ({"kind": "spike", "times_usual": 3, "usual_over": "1h", "usual_at_least": 2}, "`usual_over` of a window"),
        ({"usual_at_least": 2}, "only a spike has `usual_at_least`"),
        ({"clear": 0}, "`clear` is a part of the bound"),
        ({"clear": 1.2}, "`clear` is a part of the bound"),
        ({"pending": "soon"}, "a span must be like 10m"),
        ({"kind": "spread", "key": ["source"]}, "its key may not hold `source`"),
        ({"kind": "spread", "at_least": 1}, "`at_least` must be 2 or more"),
        ({"kind": "spread", "times_usual": 2, "usual_over": "7d"}, "a spread compares with no past"),
        ({"level": "special"}, "Invalid enum value 'special'"),
        ({"window": "two hours"}, "a span must be like 10m, 2h or 14d, not 'two hours'"),
        ({"window": "0h"}, "a span must be like"),
        ({"window": 7200}, "Expected `str`, got `int`"),
        ({"step": "45m"}, "`window` must be a multiple of `step`"),
        ({"at_least": 0}, "`at_least` must be 1 or more"),
        ({"at_least": "many"}, "Expected `int`, got `str`"),
        ({"key": ["person"]}, "`key` may hold topic, county, source"),
        ({"name": "Many Posts"}, "`name` must be small letters"),
        ({"times_usual": 4}, "`times_usual` needs `usual_over`"),
        ({"times_usual": 4, "usual_over": "4h"}, "`usual_over` must be at least three windows"),
        ({"share": 0.5}, "only a share has `share`"),
        ({"kind": "phrase"}, "a phrase rule needs `usual_over` and `times_usual`"),
        ({"kind": "phrase", "times_usual": 4, "usual_over": "7d"}, "a phrase rule counts by phrases"),
        ({"kind": "quiet", "usual_over": "7d"}, r"its key is \[source\]"),
        ({"kind": "quiet", "key": ["source"], "usual_over": "1d"}, "3 whole days or more"),
        ({"major": {"at_least": 12}}, "`major` must ask for more than `at_least`"),
        ({"major": {"at_least": 40, "negative": 5}}, "unknown field `negative`"),
        ({"fires": {"count": 12, "anger": 1}}, "unknown field `anger`"),
        ({"fires": {"count": 3}}, "its example that should fire does not"),
        ({"silent": {"count": 30}}, "its example that should be silent fires"),
    ],
)
def test_a_mistake_is_refused_with_what_is_wrong(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        load_rulebook(book({**ROW, **changed}))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"share": 0}, "a share needs `share`"),
        ({"share": 1.2}, "a share needs `share`"),
        ({"at_least": 19}, "`at_least` of 20 or more"),
        ({"level": "larger"}, "tone grades nothing"),
        ({"major": {"at_least": 100}}, "tone grades nothing"),
    ],
)
def test_a_share_has_a_floor_and_no_say_in_the_level(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        load_rulebook(book({**SHARE, **changed, "fires": {"count": 40, "negative": 40}}))


@pytest.mark.parametrize("missing", ["name", "title", "kind", "level", "reason", "window", "fires", "silent"])
def test_what_every_rule_needs_is_asked_for(missing: str) -> None:
    row = {key: value for key, value in ROW.items() if key != missing}
    with pytest.raises(Misconfigured, match=f"missing required field `{missing}`"):
        load_rulebook(book(row))


@pytest.mark.parametrize(
    "text", ["", "rules:", "rules: []", "rule: []", "- a", "rules: {a: 1}", "rules: [1]", "rules: [\n", "a: b: c"]
)
def test_what_is_no_rulebook_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="rulebook") as refused:
        load_rulebook(text)
    assert "\n" not in str(refused.value)


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(Misconfigured, match="two rules are called many"):
        load_rulebook(book(ROW, ROW))


@pytest.mark.parametrize(("text", "expected"), [("10m", 600_000), ("2h", 7_200_000), ("14d", 1_209_600_000)])
def test_spans_are_minutes_hours_or_days(text: str, expected: int) -> None:
    assert span(text) == expected
