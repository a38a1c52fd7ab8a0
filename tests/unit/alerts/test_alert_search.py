"""A list of alerts keeps to the reach of who asks, the same that each alert's own page keeps to."""

from __future__ import annotations

from consultations import a_consultation
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from reaching import an_alert

from alerts.accounts_users import User
from alerts.alert import Alert
from alerts.alert_search import AlertSearch, reach_of
from alerts.consultation import Department
from alerts.reach import sees_alert

COUNTIES = ("", "620822", "620826")
UNITS = ("市水务局", "市住建局")
HELD = [
    replace(a_consultation(), id=f"c{n}", departments=(Department(unit=unit, duty="lead"),), participants=(), tasks=())
    for n, unit in enumerate(UNITS)
]
USERS = st.builds(
    User, username=st.just("wang"), name=st.just("王"), role=st.sampled_from(("officer", "handler", "supervisor")),
    password=st.just(""), created_at=st.just(0), units=st.sets(st.sampled_from(UNITS)).map(tuple),
    counties=st.sets(st.sampled_from(COUNTIES[1:])).map(tuple),
)  # fmt: skip
ALERTS = st.builds(
    an_alert, st.just("a1"), st.sampled_from(COUNTIES), st.sampled_from(("", "proposed", "declined", "c0", "c1"))
)


@given(USERS, st.lists(ALERTS, max_size=6))
def test_the_list_reaches_what_the_pages_reach(user: User, alerts: list[Alert]) -> None:
    search = AlertSearch(**reach_of(user, HELD))
    for one in alerts:
        assert search.reaches(one) == sees_alert(user, one, HELD)
