"""The doctor sees which channels are half set up, and asks the WeCom app for its token without writing to anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from receivers import Hook, WeComOffice

from deploy.channels import WAYS, channels
from deploy.parts import Settings
from deploy.telling_checks import telling
from streams.errors import Misconfigured


@pytest.fixture
def hook() -> Iterator[Hook]:
    """WeCom's interface."""
    hook = Hook(answers=[WeComOffice()])
    yield hook
    hook.stop()


def states(home: Path, **given: str) -> list[tuple[str, str, str]]:
    """Return what is found with these settings: name, state, text."""
    environ = {"HUIYING_HOME": str(home), **{f"HUIYING_{name.upper()}": value for name, value in given.items()}}
    return [(check.name, check.state, f"{check.found}; {check.todo}") for check in telling(Settings(environ))]


def test_a_city_without_channels_is_told_that_notices_stay_in_the_console(tmp_path: Path) -> None:
    ((name, state, text),) = states(tmp_path)
    assert (name, state) == ("channels", "note")
    assert "console" in text


def test_a_robot_without_its_secret_is_said(tmp_path: Path) -> None:
    found = states(tmp_path, dingtalk_webhook="http://127.0.0.1:9/", feishu_webhook="http://127.0.0.1:9/",
                   feishu_secret="word")  # fmt: skip
    assert found[0] == ("channels", "ok", "console, dingtalk, feishu; ")
    assert found[1] == ("signatures", "note", "not signed: dingtalk; set HUIYING_DINGTALK_SECRET")


def test_a_wecom_app_half_set_up_is_bad(tmp_path: Path) -> None:
    ((_, state, text),) = states(tmp_path, wecom_app_corp="corp")
    assert state == "bad"
    assert "HUIYING_WECOM_APP_SECRET" in text
    with pytest.raises(Misconfigured):
        channels(Settings({"HUIYING_HOME": str(tmp_path), "HUIYING_WECOM_APP_CORP": "corp"}))


@pytest.mark.parametrize(("secret", "state"), [("app-secret", "ok"), ("another", "bad")])
def test_a_wecom_app_is_asked_for_its_token_and_writes_to_nobody(
    tmp_path: Path, hook: Hook, secret: str, state: str
) -> None:
    found = states(
        tmp_path, wecom_app_corp="corp", wecom_app_agent="7", wecom_app_secret=secret, wecom_app_to="wang",
        wecom_app_api=hook.url.split("/send")[0],
    )  # fmt: skip
    assert (found[-1][0], found[-1][1]) == ("wecom app", state)
    assert {request.path for request in hook.requests} == {"/cgi-bin/gettoken"}
    assert secret not in found[-1][2]


def test_a_channel_without_receivers_is_bad(tmp_path: Path) -> None:
    found = states(tmp_path, sms_url="http://127.0.0.1:9/")
    assert ("channels", "bad", "sms has nobody to write to; set HUIYING_SMS_TO, or `sms` in the rota") in found


def test_every_channel_that_can_be_set_up_is_in_the_table(tmp_path: Path) -> None:
    everything = {
        "mail_host": "mail.example", "wecom_webhook": "http://x.example", "wecom_app_corp": "c", "wecom_app_agent": "1",
        "wecom_app_secret": "s", "dingtalk_webhook": "http://x.example", "feishu_webhook": "http://x.example",
        "sms_url": "http://x.example", "webhook": "http://x.example",
    }  # fmt: skip
    environ = {"HUIYING_HOME": str(tmp_path), **{f"HUIYING_{name.upper()}": text for name, text in everything.items()}}
    assert {channel.name for channel in channels(Settings(environ))} == {way.name for way in WAYS}


@pytest.mark.parametrize(
    ("of_zhang", "of_li", "state", "says"),
    [
        ("", "", "bad", "sms has nobody to write to"),
        ('sms: "13800000000"', "", "note", "sms does not reach 李乙"),
        ('sms: "13800000000"', 'sms: "13900000000"', "", ""),
        ("sms: 13800000000", "", "bad", "Expected `str`"),
        ('sms: "138 0000 0000"', "", "bad", "`sms` of 张甲 must be a telephone number in quotes"),
    ],
)
def test_whom_of_the_rota_a_channel_can_not_reach_is_said(
    tmp_path: Path, of_zhang: str, of_li: str, state: str, says: str
) -> None:
    rota = tmp_path / "rota.yml"
    turn = '{post: main, people: [zhang, li], begins: 2026-01-01, since: "00:00", until: "00:00"}'
    rota.write_text(
        f"people:\n  zhang: {{name: 张甲, {of_zhang}}}\n  li: {{name: 李乙, {of_li}}}\n"
        f"turns:\n  - {turn}\nfallback: [li]\n", "utf-8"
    )  # fmt: skip
    found = states(tmp_path, sms_url="http://127.0.0.1:9/", rota=str(rota))
    told = [(there, text) for name, there, text in found if name == "channels" and there != "ok"]
    assert [there for there, _ in told] == ([state] if state else [])
    assert all(says in text and "138" not in text.replace(says, "") for _, text in told)
