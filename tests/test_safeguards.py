"""What Huiying will never do (README, design §5), held over all records, indices, settings and sources of ours.

Absence is the guarantee: what has no field and no call can't be switched on.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import alerts
import analyzers
import streams
from deploy.parts import PARTS
from streams.topics import HISTORY, INDICES, SESSIONS, USERS

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "deploy" / "index_templates"

A_PERSON = re.compile(
    r"author(?!ization)|nick|screen_?name|handle$|avatar|open_?id|union_?id|follower|gender|phone|mobile|device|^ip$|ip_addr|geo|"
    r"latitude|longitude|^lat$|^lon$|home_address|caller|poster|profile|influence|credit",
)
A_VERDICT_ON_PEOPLE = re.compile(r"stance|loyal|hostil|radical|risk_person|troll|blacklist|dissident")
AN_ACT_AGAINST_SPEECH = re.compile(
    r"comments?/(destroy|delete|close|markelect|unmarkelect)|statuses/(destroy|update|repost|upload)|blocks/create|"
    r"report/spam|删帖|下架|限流|封号|控评|水军",
)
STAFF = {USERS.name, SESSIONS.name, HISTORY.name}
"""The only indices that know people: those who sign in."""


def modules() -> Iterator[Any]:
    """Yield every module of ours that can be imported."""
    for package in (analyzers, streams, alerts):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            yield importlib.import_module(found.name)


def records() -> list[tuple[str, tuple[str, ...]]]:
    """Return every record type of ours with its field names, but for those of staff who sign in."""
    found: dict[str, tuple[str, ...]] = {}
    for module in modules():
        if module.__name__ == "alerts.accounts":
            continue
        for name, value in inspect.getmembers(module, inspect.isclass):
            if value.__module__ != module.__name__:
                continue
            if issubclass(value, msgspec.Struct):
                found[f"{module.__name__}.{name}"] = tuple(value.__struct_fields__)
            elif dataclasses.is_dataclass(value):
                found[f"{module.__name__}.{name}"] = tuple(field.name for field in dataclasses.fields(value))
    return sorted(found.items())


def fields_of(mapping: dict[str, Any]) -> Iterator[str]:
    """Yield every field name of a mapping, nested ones too."""
    for name, field in mapping.get("properties", {}).items():
        yield name
        yield from fields_of(field)


def test_no_record_can_hold_a_person_who_wrote() -> None:
    """No field of any record names the person who wrote, or judges people."""
    bad = [
        f"{name}.{field}"
        for name, fields in records()
        for field in fields
        if A_PERSON.search(field) or A_VERDICT_ON_PEOPLE.search(field)
    ]
    assert bad == []


def test_every_index_has_a_strict_template_without_a_person() -> None:
    """Every index is listed, strict, and has no field for a person who wrote."""
    for index in INDICES:
        template = json.loads((TEMPLATES / f"{index.name}.json").read_text("utf-8"))
        assert template["mappings"]["dynamic"] == "strict", index.name
        if index.name in STAFF:
            continue
        names = list(fields_of(template["mappings"]))
        bad = [name for name in names if A_PERSON.search(name) or A_VERDICT_ON_PEOPLE.search(name)]
        assert bad == [], index.name


def test_every_template_belongs_to_a_listed_index() -> None:
    """No index exists beside the table."""
    assert {path.stem for path in TEMPLATES.glob("*.json")} == {index.name for index in INDICES}


def test_no_setting_switches_on_what_is_absent() -> None:
    """No setting name speaks of authors, verdicts on people, scraping, deleting or posting by itself."""
    acts = re.compile(r"scrap|crawl|delete|remove|takedown|auto_?post|auto_?reply|publish|comment")
    names = [field.name for part in PARTS for field in dataclasses.fields(part)]
    assert [n for n in names if A_PERSON.search(n) or A_VERDICT_ON_PEOPLE.search(n) or acts.search(n)] == []


@pytest.mark.parametrize("package", ["analyzers", "streams", "alerts", "deploy"])
def test_no_call_hides_reports_or_posts(package: str) -> None:
    """No source file or template of ours names a platform's call against speech, or asks for removal."""
    files = [p for p in (ROOT / package).rglob("*") if p.suffix in {".py", ".html", ".yml", ".js"} and p.is_file()]
    bad = [str(path.relative_to(ROOT)) for path in files if AN_ACT_AGAINST_SPEECH.search(path.read_text("utf-8"))]
    assert bad == []


def test_no_dependency_scrapes() -> None:
    """Huiying reads official interfaces and exports only."""
    lock = (ROOT / "deploy" / "requirements.lock").read_text("utf-8")
    for name in ("scrapy", "beautifulsoup4", "selenium", "playwright", "snscrape", "weibo"):
        assert not re.search(rf"^{name}==", lock, re.MULTILINE), name
