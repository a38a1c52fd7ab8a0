"""Who hears of an alert by which channel: the level's own people, each where he himself is reached."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.alert import Alert
from alerts.channels.email import Email
from alerts.channels.sms import Sms
from alerts.channels.webhook import Webhook
from alerts.channels.wecom_app import WeComApp
from alerts.directory import Directory
from alerts.duty import Shift
from alerts.escalation import begun, escalated
from alerts.manager import Reason
from alerts.notices import Notice
from alerts.reaching import receivers
from alerts.rota import Rota, read_rota
from alerts.settings import MailSettings, SmsSettings, WeComAppSettings
from alerts.telling import notices
from streams.errors import Misconfigured, Refused

MINUTE = 60_000
NINE = 1_767_574_800_000  # Monday 5 January 2026, nine in the morning in Beijing
FILE = """
people:
  a: {name: 甲, mail: a@example.org, sms: "13800000001", wecom: jia}
  b: {name: 乙, mail: b@example.org, sms: "+8613800000002", webhook: yi}
  c: {name: 丙, mail: c@example.org}
  d: {name: 丁, sms: "13800000004"}
turns:
  - {post: main, people: [a], begins: 2026-01-01, since: "00:00", until: "00:00"}
  - {post: deputy, people: [b], begins: 2026-01-01, since: "00:00", until: "00:00"}
  - {post: leader, people: [c], begins: 2026-01-01, since: "00:00", until: "00:00"}
fallback: [d]
escalation:
  larger: [{after: 0, to: [main]}, {after: 30, to: [deputy]}, {after: 60, to: [leader]}]
"""
ROTA = read_rota(FILE)
NUMBERS = ("a", "b")
CHANNELS = ("console", "email", "wecom", "wecom_app", "sms", "webhook")


def at(hour: float) -> int:
    """Return a moment so many hours after nine."""
    return NINE + round(hour * 60) * MINUTE


def alert(rota: Rota = ROTA, hour: float = 0) -> Alert:
    """Return an alert that was told at nine and as it has climbed since."""
    one = begun(
        Alert(
            id="x", rule="r", rule_title="题", level="larger", title="事", reason="多", opened_at=at(0),
            updated_at=at(0), last_firing_at=at(0), window_from=0, window_to=at(0), value=1, bound=1, count=1, total=1,
            peak=1, told_at=at(0),
        ), rota, at(0),
    )  # fmt: skip
    for look in (0.5, 1.0):
        if look <= hour:
            one = replace(escalated(one, rota, at(look)), untold="")
    return one


def told(one: Alert, occasion: Reason, hour: float) -> dict[str, tuple[str, ...]]:
    """Return by channel whom the notices of an occasion are for."""
    return {
        n.channel: n.to for n in notices(one, occasion, CHANNELS, rota=ROTA, link="", at=at(hour))
    }  # fmt: skip


def test_each_level_is_told_by_every_channel_that_reaches_its_people_and_who_is_not_meant_hears_nothing() -> None:
    first = told(alert(), Reason.OPENED, 0)
    assert (first["email"], first["sms"], first["wecom_app"]) == (("a@example.org",), ("a",), ("a",))
    assert (first["console"], first["wecom"]) == ((), ())
    second = told(alert(hour=0.5), Reason.ESCALATED, 0.5)
    assert (second["email"], second["sms"], second["webhook"]) == (("b@example.org",), ("b",), ("b",))


def test_a_channel_that_reaches_nobody_of_a_level_tells_everybody_on_duty() -> None:
    third = told(alert(hour=1), Reason.ESCALATED, 1)
    assert (third["email"], third["sms"], third["wecom_app"]) == (("c@example.org",), NUMBERS, ("a",))


def test_when_nobody_is_on_duty_the_fallback_is_reached_where_it_can_be() -> None:
    empty = read_rota(FILE.replace("begins: 2026-01-01", "begins: 2099-01-01"))
    one = alert(empty)
    assert receivers("sms", (one,), Reason.OPENED, empty, at(0)) == ("d",)
    assert receivers("email", (one,), Reason.OPENED, empty, at(0)) == ()


def test_what_concerns_its_owner_alone_goes_by_his_own_addresses_and_to_no_group() -> None:
    mine = replace(alert(), state="acknowledged", acknowledged_by="甲", acknowledged_at=at(0.2), signed_at=at(0.2))
    assert told(mine, Reason.REMINDED, 0.4) == {
        "console": (), "email": ("a@example.org",), "wecom_app": ("a",), "sms": ("a",),
    }  # fmt: skip
    unknown = replace(mine, acknowledged_by="外单位")
    assert set(told(unknown, Reason.REMINDED, 0.4)) == set(CHANNELS)


def test_no_number_is_kept_with_a_notice() -> None:
    stored = notices(alert(hour=0.5), Reason.ESCALATED, CHANNELS, rota=ROTA, link="", at=at(0.5))
    assert not any("138" in to for n in stored for to in n.to)


def notice(channel: str, *to: str) -> Notice:
    return Notice(
        id="n", alert="x", channel=channel, kind="opened", state="pending", at=1, subject="预警", lines=("一",), to=to
    )


def test_a_channel_in_anothers_place_reaches_the_same_people() -> None:
    book = Directory(ROTA)
    sms = Sms(SmsSettings(sms_url="http://127.0.0.1:9", sms_to="13800000009"), book=book)
    email = Email(MailSettings(mail_host="127.0.0.1", mail_to="all@example.org"), book=book)
    assert sms.pieces(notice("email", "b@example.org", "a@example.org")) == ("b", "a")
    assert email.pieces(notice("sms", "b", "c")) == ("b@example.org", "c@example.org")
    assert email.pieces(notice("email", "gone@example.org")) == ("gone@example.org",)


def test_who_has_left_the_rota_is_not_written_to_by_his_old_name() -> None:
    sms = Sms(SmsSettings(sms_url="http://127.0.0.1:9", sms_to="13800000009"), book=Directory(ROTA))
    assert sms.pieces(notice("sms", "gone")) == ("13800000009",)
    with pytest.raises(Refused, match="HUIYING_WECOM_APP_TO"):
        WeComApp(WeComAppSettings(), book=Directory(ROTA)).pieces(notice("wecom_app", "gone"))


def test_a_webhook_is_one_message_whoever_it_is_for() -> None:
    assert Webhook("http://127.0.0.1:9", book=Directory(ROTA)).pieces(notice("webhook", "a", "b")) == ("1/1",)


def test_two_people_at_one_number_get_one_message() -> None:
    shared = read_rota(FILE.replace("+8613800000002", "13800000001"))
    assert Directory(shared).reached("sms", ("b@example.org", "a", "c")) == ("b",)


def test_rows_of_a_plain_rota_add_up_to_a_person() -> None:
    first = Shift(post="main", name="甲", days=("mon",), sms="13800000001")
    rows = (first, Shift(post="deputy", name="甲", wecom="jia"))
    book = Directory(rows)
    assert (book.address("sms", "甲"), book.address("wecom_app", "甲"), book.address("sms", "乙")) == (
        "13800000001", "jia", "",
    )  # fmt: skip
    assert receivers("sms", (alert(),), Reason.OPENED, rows, at(0)) == ("甲",)


@pytest.mark.parametrize("given", ['sms: "138-0000"', 'sms: "1380000000x"', "wecom: 甲", 'webhook: "a b"'])
def test_an_address_that_is_none_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(Misconfigured, match=f"`{given.partition(':')[0]}` of 丙 must be") as refused:
        read_rota(FILE.replace("c@example.org", f"c@example.org, {given}"))
    assert given.partition(": ")[2].strip('"') not in str(refused.value)
