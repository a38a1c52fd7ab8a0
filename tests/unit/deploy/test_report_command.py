"""`huiying report --help` names every kind that can be made."""

from __future__ import annotations

from typing import get_type_hints

from alerts.reports.kinds import KINDS
from deploy.__main__ import report


def test_every_kind_of_report_is_named_where_a_new_user_looks() -> None:
    (argument,) = get_type_hints(report, include_extras=True)["kind"].__metadata__
    assert set(argument.help.split(", ")) == set(KINDS)
