"""What the duty desk still wants a signature for."""

from __future__ import annotations

import msgspec
import pytest

from alerts.alert import Alert
from alerts.console.desk import unsigned

NOW = 1_790_000_000_000
HOUR = 3_600_000
ALERT = Alert(
    id="a", rule="r", rule_title="集中反映", level="larger", title="静宁县 集中反映", reason="多",
    opened_at=NOW - 5 * HOUR,
    updated_at=NOW - HOUR, last_firing_at=NOW - HOUR, window_from=NOW - 7 * HOUR, window_to=NOW - HOUR,
    value=20, bound=12, count=20, total=20, peak=20,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        # it fires
        ({"state": "firing"}, True),
        # somebody has signed
        ({"state": "acknowledged", "acknowledged_at": NOW}, False),
        # it was over before anybody signed: it must not slip away
        ({"state": "resolved", "resolved_at": NOW - HOUR}, True),
        # the same, but signed
        ({"state": "resolved", "acknowledged_at": NOW - 2 * HOUR}, False),
        # over for more than a day
        ({"state": "resolved", "updated_at": NOW - 25 * HOUR}, False),
    ],
)
def test_an_alert_wants_a_signature(changes: dict[str, object], wanted: bool) -> None:
    assert unsigned(msgspec.structs.replace(ALERT, **changes), NOW) is wanted
