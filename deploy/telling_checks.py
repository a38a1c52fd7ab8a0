"""The doctor's look at the channels that he can ask without sending anything."""

from __future__ import annotations

import asyncio

from alerts.addresses import ADDRESSES
from alerts.channels.wecom_app import WeComApp
from alerts.directory import Directory
from alerts.settings import RobotSettings, SmsSettings, WeComAppSettings
from deploy.channels import channels, chosen
from deploy.doctor import Check, hook
from deploy.parts import Settings
from deploy.wiring import rota_of
from streams.errors import HuiyingError


def telling(settings: Settings) -> list[Check]:
    """See whether notices reach anybody outside the console, are signed, and whether the WeCom app gets its token."""
    robots, app, sms = settings[RobotSettings], settings[WeComAppSettings], settings[SmsSettings]
    try:
        book = Directory(rota_of(settings))
        found = channels(settings)
        _, fallback = chosen(settings, found)
    except HuiyingError as error:
        return [Check("channels", "bad", str(error), "mend the settings")]
    names = [channel.name for channel in found]
    if names == ["console"]:
        checks = [Check("channels", "note", "notices stay in the console", "set a channel (README, Channels)")]
    else:
        said = f"; in their place: {', '.join(fallback)}" if fallback else ""
        checks = [Check("channels", "ok", ", ".join(names) + said)]
    pairs = {
        "dingtalk": (robots.dingtalk_webhook, robots.dingtalk_secret),
        "feishu": (robots.feishu_webhook, robots.feishu_secret),
        "webhook": (robots.webhook, robots.webhook_secret),
    }
    bare = [name for name, (url, secret) in pairs.items() if url and not secret]
    if bare:
        todo = " and ".join(f"HUIYING_{name.upper()}_SECRET" for name in bare)
        checks.append(Check("signatures", "note", f"not signed: {', '.join(bare)}", f"set {todo}"))
    people = {"wecom_app": (app.wecom_app_corp, app.wecom_app_to), "sms": (sms.sms_url, sms.sms_to)}
    for name, (used, to) in people.items():
        unreached = book.without(name)
        if not used or to.strip() or (book.names and not unreached):
            continue
        todo = f"set HUIYING_{name.upper()}_TO, or `{ADDRESSES[name]}` in the rota"
        if book.anybody(name):
            checks.append(Check("channels", "note", f"{name} does not reach {'、'.join(unreached)}", todo))
        else:
            checks.append(Check("channels", "bad", f"{name} has nobody to write to", todo))
    if sms.sms_url:
        checks.append(hook("sms_url", sms.sms_url))
    if app.wecom_app_corp:
        checks.append(_token(WeComApp(app)))
    return checks


def _token(app: WeComApp) -> Check:
    try:
        asyncio.run(app.token())
    except HuiyingError as error:
        return Check("wecom app", "bad", str(error), "check the HUIYING_WECOM_APP_* settings and its trusted addresses")
    return Check("wecom app", "ok", "it gives a token")
