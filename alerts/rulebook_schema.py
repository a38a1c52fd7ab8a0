"""The rulebook's form as JSON Schema, for editors: from the types that read it, so it can't fall behind them.

A schema says less than `load_rulebook`: what belongs together, and whether the examples come out, only that can check.
"""

from __future__ import annotations

from typing import Any

import msgspec

from alerts.rule_bounds import HOURS
from alerts.rulebook import Row
from alerts.rules import KINDS, PARTS

SPANS = ("window", "step", "recover", "pending", "usual_over")
SPAN = "^[0-9]*[1-9][0-9]*[mhd]$"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a rulebook."""
    (reference,), named = msgspec.json.schema_components([Row], ref_template="#/$defs/{name}")
    row = named["Row"]
    row["title"], row["description"] = "Rule", "a rule: what it counts, its bounds, and two examples"
    fields = row["properties"]
    for name in SPANS:
        fields[name]["pattern"] = SPAN if name not in {"pending", "usual_over"} else f"^$|{SPAN}"
        fields[name]["description"] = "a span, as 10m, 2h or 14d"
    fields["name"]["pattern"] = "^[a-z][a-z0-9_]*$"
    fields["key"]["items"] = {"enum": list(PARTS)}
    fields["at_least"]["minimum"] = 1
    fields["hours"]["pattern"] = f"^$|^{HOURS.pattern}$"
    fields["kind"]["description"] = "; ".join(f"{kind}: {what}" for kind, what in KINDS.items())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Huiying rulebook",
        "type": "object",
        "required": ["rules"],
        "additionalProperties": False,
        "properties": {"rules": {"type": "array", "minItems": 1, "items": reference}},
        "$defs": named,
    }
