"""The index templates: one JSON file an index, beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streams.errors import Misconfigured
from streams.topics import INDICES

FOLDER = Path(__file__).parent / "index_templates"


def index_templates(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Return every index's template by bare index name. Raises Misconfigured if one is missing or not strict."""
    found: dict[str, dict[str, Any]] = {}
    for index in INDICES:
        path = folder / f"{index.name}.json"
        try:
            found[index.name] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise Misconfigured(f"{path} can't be read: {error}") from error
        if found[index.name].get("mappings", {}).get("dynamic") != "strict":
            raise Misconfigured(f"{path}: mappings.dynamic must be strict")
    return found
