"""These tests know the product only as its users do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"analyzers", "streams", "alerts", "deploy"}
SUPPORT = [ROOT / "tests" / "support" / name for name in ("product.py", "posted.py")]


@pytest.mark.parametrize("path", [*Path(__file__).parent.glob("*.py"), *SUPPORT], ids=lambda path: path.name)
def test_a_system_test_imports_nothing_of_ours(path: Path) -> None:
    """Else it would test what we think the product does, and not what it does."""
    tree = ast.parse(path.read_text("utf-8"))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} & OURS == set()
