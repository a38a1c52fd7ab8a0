"""Switching the second factor on and off at its page."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
from console_fakes import NOW, MemoryAudit, browser, parts

from alerts.accounts import csrf_token
from alerts.console.security import COOKIE
from streams.clock import ManualClock


async def test_it_is_switched_on_and_off_with_a_code_and_never_without() -> None:
    audit, wall = MemoryAudit(), ManualClock(NOW)
    given = parts(audit=audit, wall=wall)
    async with browser(given, role="officer") as client:
        token = csrf_token(client.cookies[COOKIE])
        found = re.search(r'name="secret" value="(\w{32})"', (await client.get("/second-factor")).text)
        assert found
        maker = pyotp.TOTP(found[1])
        wrong = await client.post("/second-factor", data={"csrf": token, "secret": found[1], "code": "000000"})
        assert (wrong.status_code, found[1] in wrong.text) == (400, True)
        fields = {"csrf": token, "secret": found[1], "code": maker.at(NOW)}
        assert (await client.post("/second-factor", data=fields)).status_code == 303
        page = (await client.get("/second-factor")).text
        assert "已开通" in page
        assert found[1] not in page
        assert (await client.post("/second-factor", data=fields)).status_code == 400, "the code was used"
        later = NOW + timedelta(seconds=60)
        fields["code"] = maker.at(later)
        wall.forward(seconds=60)
        assert (await client.post("/second-factor", data=fields)).status_code == 303
        assert "已开通" not in (await client.get("/second-factor")).text
    assert [kind for kind in audit.kinds() if "second" in kind] == ["user.second_on", "user.second_off"]
