"""The house keeps its shape: file lengths, no clock but one, no machine paths, no forbidden words in records."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("analyzers", "streams", "alerts", "deploy")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TRACKED = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_thing(path: Path) -> None:
    """Past 400 lines a file is two things."""
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_promises(path: Path) -> None:
    """Each module opens with a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), f"{path} has no docstring"


def test_the_top_level_is_the_users() -> None:
    """Beside what the user fixed stands only what every project has."""
    top = {path.relative_to(ROOT).parts[0] for path in TRACKED}
    assert {name for name in top if not name.startswith(".")} == {
        "streams", "analyzers", "alerts", "deploy", "tests", "pyproject.toml", "README.md",
        "LICENSE", "Makefile", "CHANGELOG.md",
    }  # fmt: skip


def test_no_tracked_file_names_a_machine_path_or_a_package_host() -> None:
    """What works on one machine only, or asks one host only, has no place here."""
    own_rule = Path(__file__).name
    hosts = rb"pypi\.org|files\.pythonhosted|repo1?\.maven|maven\.apache\.org/maven2"
    bad = re.compile(rb"/(?:work|root)/[A-Za-z.]+|" + hosts)
    texts = [path for path in TRACKED if path.is_file() and path.name != own_rule]
    found = [str(path) for path in texts if bad.search(path.read_bytes())]
    assert found == []


def test_tests_are_no_package() -> None:
    """An __init__.py below tests would shadow our own packages."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
