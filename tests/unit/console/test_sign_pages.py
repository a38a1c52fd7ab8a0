"""签收 by a message's link: looking signs nothing, the button signs in that person's name, and only while it holds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from city import City
from console_fakes import MemoryAudit, browser, parts

from alerts.ack_link import AckLinks, Claim
from alerts.alert import Alert
from alerts.console.parts import ConsoleParts
from streams.clock import ms

LINKS = AckLinks("a-secret-of-the-city", "http://console", 4)


async def scene() -> tuple[City, ConsoleParts, Alert]:
    """Return a city with one alert, and a console over it."""
    city = City()
    city.post(15, topic="城乡建设", county="620826")
    await city.look()
    return city, parts(alerts=city.service, ack=LINKS, clock=city.clock), await city.only()


def path(city: City, of: Alert, **changed: Any) -> str:
    claim = Claim(of.id, of.level, "王五", ms(city.clock.now()) + 60_000)
    return "/sign/" + LINKS.token(msgspec.structs.replace(claim, **changed))


def token_in(text: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found is not None
    return found[1]


async def test_looking_signs_nothing_and_the_button_signs_once() -> None:
    city, given, alert = await scene()
    async with browser(given) as client:
        seen = await client.get(path(city, alert))
        assert alert.title in seen.text
        assert "由 王五 签收" in seen.text
        assert (await city.only()).state == "firing"
        signed = await client.post(path(city, alert), data={"csrf": token_in(seen.text)})
        assert "已由 王五 签收" in signed.text
        assert (await city.only()).acknowledged_by == "王五（通知链接）"
        again = await client.post(path(city, alert, name="赵六"), data={"csrf": token_in(seen.text)})
        assert again.status_code == 409
        assert "已由 王五" in again.text
    assert isinstance(given.audit, MemoryAudit)
    assert "alerts.acknowledge" in given.audit.kinds()


async def test_a_post_without_the_forms_token_signs_nothing() -> None:
    city, given, alert = await scene()
    async with browser(given) as client:
        assert (await client.post(path(city, alert), data={})).status_code == 403
    assert (await city.only()).state == "firing"


@pytest.mark.parametrize("how", ["expired", "broken", "unknown", "level", "off"])
async def test_a_link_that_does_not_hold_signs_nothing_and_shows_nothing(how: str) -> None:
    city, given, alert = await scene()
    good = path(city, alert)
    where = {
        "expired": good, "broken": good[:-3], "unknown": path(city, alert, alert="x"), "off": good,
        "level": path(city, alert, level="major"),
    }[how]  # fmt: skip
    if how == "expired":
        city.clock.time += timedelta(minutes=2)
    if how == "off":
        given = parts(alerts=city.service, clock=city.clock)
    async with browser(given) as client:
        seen = await client.get(where)
        assert alert.reason not in seen.text
        assert 'class="primary wide"' not in seen.text
        login = await client.get("/login")
        signed = await client.post(where, data={"csrf": token_in(login.text)})
        assert signed.status_code in {404, 409}
    assert (await city.only()).state == "firing"
