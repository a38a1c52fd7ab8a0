"""A rulebook's form can be told to editors, and what a new one changes is said before it is used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from alerts.rulebook import Row, load_rulebook, span
from alerts.rulebook_diff import FIELDS, PARTS_SAID, Change, changes
from alerts.rulebook_schema import SPAN, schema
from alerts.rules import KINDS, Example, Raise, Rule
from streams.errors import Misconfigured

DEPLOY = Path(__file__).parents[3] / "deploy"
TEXTS = [(DEPLOY / name).read_text("utf-8") for name in ("rulebook.yml", "rulebook.examples.yml")]
SHIPPED = load_rulebook(TEXTS[0])
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "null": (type(None),), "boolean": (bool,),
}  # fmt: skip
WORDS = {
    "type", "enum", "pattern", "minimum", "properties", "required", "additionalProperties", "items", "minItems",
    "title", "description", "default",
}  # fmt: skip


def fits(value: Any, form: dict[str, Any], defs: dict[str, Any]) -> bool:
    """Judge a value by the words of JSON Schema that ours uses; an unknown word fails the test."""
    if "$ref" in form:
        return fits(value, defs[form["$ref"].rsplit("/", 1)[1]], defs)
    if "anyOf" in form:
        return any(fits(value, one, defs) for one in form["anyOf"])
    assert set(form) <= WORDS
    if "type" in form and not isinstance(value, TYPES[form["type"]]):
        return False
    checks = [
        "enum" not in form or value in form["enum"],
        "pattern" not in form or bool(re.search(form["pattern"], value)),
        "minimum" not in form or value >= form["minimum"],
    ]
    if isinstance(value, list):
        checks += [len(value) >= form.get("minItems", 0), *(fits(one, form.get("items", {}), defs) for one in value)]
    if isinstance(value, dict):
        named = form["properties"]
        checks += [
            set(form.get("required", ())) <= set(value) <= set(named),
            form["additionalProperties"] is False,
            *(fits(one, named[name], defs) for name, one in value.items() if name in named),
        ]
    return all(checks)


def valid(data: Any) -> bool:
    whole = schema()
    return fits(data, {key: whole[key] for key in whole if not key.startswith("$")}, whole["$defs"])


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_shipped_fits_the_schema(text: str) -> None:
    assert valid(yaml.safe_load(text))


@pytest.mark.parametrize(
    "changed",
    [
        {"windwo": "2h"}, {"kind": "dream"}, {"level": "special"}, {"window": "two hours"}, {"window": "0h"},
        {"at_least": 0}, {"at_least": "many"}, {"key": ["person"]}, {"name": "Many Posts"}, {"fires": {"anger": 1}},
    ],
)  # fmt: skip
def test_what_the_schema_refuses_the_reader_refuses_too(changed: dict[str, Any]) -> None:
    data = yaml.safe_load(TEXTS[0])
    data["rules"][0] |= changed
    assert not valid(data)
    with pytest.raises(Misconfigured):
        load_rulebook(yaml.safe_dump(data))


def test_the_schema_names_every_field_and_kind() -> None:
    row = schema()["$defs"]["Row"]
    assert set(row["properties"]) == set(Row.__struct_fields__)
    assert set(row["properties"]["kind"]["enum"]) == set(KINDS)


@pytest.mark.parametrize("text", ["1m", "10m", "02h", "14d"])
def test_a_span_of_the_schema_is_a_span_of_the_reader(text: str) -> None:
    assert re.search(SPAN, text)
    assert span(text) > 0


def test_the_same_rules_in_another_order_change_nothing() -> None:
    assert changes(SHIPPED, SHIPPED[::-1]) == ()


def test_every_changed_field_is_said_before_and_after() -> None:
    first = msgspec.structs.replace(SHIPPED[0], window=3 * 3_600_000, key=("topic",), major=Raise(at_least=50))
    found = changes(SHIPPED, [first, *SHIPPED[1:]])
    assert [one.line() for one in found] == [
        "“集中反映”（concern_grows）分别计算的范围：领域、区县 → 领域",
        "“集中反映”（concern_grows）统计时段：2小时 → 3小时",
        "“集中反映”（concern_grows）提示重大的条件：至少条数40，渠道数3 → 至少条数50，渠道数1",
    ]


def test_every_field_and_every_part_of_an_example_has_a_name_for_people() -> None:
    assert set(FIELDS) == set(Rule.__struct_fields__)
    assert set(PARTS_SAID) == {*Example.__struct_fields__, *Raise.__struct_fields__}
    assert not any(re.search("[a-z]", name) for name in (*FIELDS.values(), *PARTS_SAID.values()))


def test_a_rule_that_comes_and_one_that_goes_are_said_whole() -> None:
    new = msgspec.structs.replace(SHIPPED[0], name="other")
    assert changes(SHIPPED[:1], [new]) == (
        Change(rule="other", after="集中反映"),
        Change(rule="concern_grows", before="集中反映"),
    )
    assert changes(SHIPPED[:1], [new])[0].line() == "新增规则 other：集中反映"
    assert changes(SHIPPED[:1], [new])[1].line() == "删除规则 concern_grows：集中反映"
