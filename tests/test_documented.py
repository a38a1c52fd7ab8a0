"""The README says what the code does: its tables are the code's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.docs import README, TABLES, written

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_readme_has_the_table(name: str) -> None:
    """Each table has its place in the README."""
    text = README.read_text("utf-8")
    assert f"<!-- {name} -->" in text
    assert f"<!-- /{name} -->" in text


def test_the_readmes_tables_are_the_codes_own() -> None:
    """`python -m deploy.docs` would change nothing."""
    text = README.read_text("utf-8")
    assert written(text) == text


def test_every_dependency_has_its_reason_in_the_readme() -> None:
    """A dependency without a reason is not added."""
    import tomllib

    text = README.read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    import re

    names = {re.split(r"[\[<>=;~! ]", line)[0] for line in project["dependencies"]}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_every_picture_in_the_readme_is_there() -> None:
    """No dead links to files of ours."""
    import re

    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README.read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []
