"""A link lets one person sign for one alert at one level for a while, and nothing else."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.ack_link import AckLinks, Claim
from alerts.notices import Notice
from streams.errors import Misconfigured

LINKS = AckLinks("a-secret-of-the-city", "http://console/", 4, {"wang@example.org": "王五"})
NOTICE = Notice(
    id="n1", alert="a1", channel="email", kind="opened", state="sending", at=1000, subject="新预警", lines=(),
    level="larger",
)  # fmt: skip


def test_a_link_holds_who_may_sign_for_what_and_until_when() -> None:
    link = LINKS.line(NOTICE, "wang@example.org")
    assert link.startswith("http://console/sign/")
    token = link.rpartition("/")[2]
    assert LINKS.read(token, 1001) == Claim("a1", "larger", "王五", 1000 + 4 * 3_600_000)
    assert LINKS.read(token, 1000 + 4 * 3_600_000) is None


@pytest.mark.parametrize("changed", [{"kind": "resolved"}, {"kind": "digest"}, {"alert": ""}])
def test_there_is_no_link_where_nobody_is_to_sign(changed: dict[str, str]) -> None:
    assert LINKS.line(msgspec.structs.replace(NOTICE, **changed), "wang@example.org") == ""


@given(st.text(max_size=80), st.integers(0, 200))
def test_no_other_text_is_a_token(text: str, place: int) -> None:
    token = LINKS.token(Claim("a1", "larger", "王五", 10**15))
    assert LINKS.read(text, 0) is None
    broken = token[: place % len(token)] + ("A" if token[place % len(token)] != "A" else "B")
    assert LINKS.read(broken + token[place % len(token) + 1 :], 0) in {None, LINKS.read(token, 0)}
    assert LINKS.read(token[:-4], 0) is None


def test_a_token_of_another_city_is_none_of_ours() -> None:
    other = AckLinks("another-citys-secret", "http://console", 4)
    assert LINKS.read(other.token(Claim("a1", "larger", "王五", 10**15)), 0) is None


def test_a_secret_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(Misconfigured, match="HUIYING_ACK_SECRET"):
        AckLinks("short", "http://console", 4)
