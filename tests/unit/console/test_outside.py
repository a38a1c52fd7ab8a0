"""Signing in by the city's identity provider, against one served on a port: the way there, back, and what fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import provider
import pytest
from console_fakes import NOW, QUICK, MemoryAccounts, MemoryAudit, parts
from provider import serving

from alerts.accounts import Accounts, User
from alerts.accounts_users import known_as
from alerts.console.app import make_app
from alerts.console.outside_pages import TRIP_COOKIE
from alerts.console.parts import ConsoleParts
from alerts.console.security import COOKIE
from alerts.oidc import OidcConfig, Provider, Trip
from streams.clock import ms
from streams.errors import Misconfigured

BACK = "http://127.0.0.1:1/login/outside/back"


@pytest.fixture(scope="module")
def one() -> Iterator[provider.Provider]:
    with serving(BACK, ms(NOW) // 1000) as served:
        yield served


@pytest.fixture
def there(one: provider.Provider) -> provider.Provider:
    """The provider as it should be."""
    one.wrong, one.who = {}, {"sub": "u-1", "preferred_username": "zhao"}
    one.codes.clear()
    one.asked.clear()
    return one


def config(there: provider.Provider, **changed: Any) -> OidcConfig:
    fields: dict[str, Any] = {
        "issuer": there.issuer, "client_id": provider.CLIENT, "client_secret": provider.SECRET,
        "claim": "preferred_username", "back": BACK,
    }  # fmt: skip
    return OidcConfig(**{**fields, **changed})


async def city(there: provider.Provider, **changed: Any) -> ConsoleParts:
    given = parts(
        accounts=Accounts(MemoryAccounts(), hasher=QUICK), audit=MemoryAudit(),
        outside=Provider(config(there, **changed)), outside_name="统一身份认证",
    )  # fmt: skip
    await given.accounts.create(username="zhao", name="赵明", role="officer", by="", now=NOW)
    return given


class Browser:
    """A browser that goes to the provider and comes back."""

    def __init__(self, given: ConsoleParts) -> None:
        transport = httpx.ASGITransport(app=make_app(given))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://console")

    async def leave(self, onto: str = "") -> str:
        answer = await self.client.get("/login/outside", params={"next": onto})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def sign_in(self, onto: str = "", **changed: str) -> httpx.Response:
        async with httpx.AsyncClient() as outside:
            answer = await outside.get(await self.leave(onto))
        query = dict(httpx.URL(answer.headers["location"]).params) | changed
        return await self.client.get("/login/outside/back", params=query)

    @property
    def inside(self) -> bool:
        return COOKIE in self.client.cookies


async def test_who_is_known_here_is_signed_in_where_he_wanted_to_go(there: provider.Provider) -> None:
    given = await city(there)
    browser = Browser(given)
    assert "统一身份认证" in (await browser.client.get("/login?next=/alerts")).text
    answer = await browser.sign_in("/alerts")
    assert answer.headers["location"] == "/alerts"
    assert TRIP_COOKIE not in browser.client.cookies
    assert (await browser.client.get("/alerts")).status_code == 200, "no first password to be changed"
    assert given.audit.lines == [("signin.ok", "zhao", "zhao", {"way": "oidc"})]  # type: ignore[attr-defined]


@pytest.mark.parametrize("onto", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere"])
async def test_one_never_comes_back_to_another_site(there: provider.Provider, onto: str) -> None:
    answer = await Browser(await city(there)).sign_in(onto)
    assert answer.headers["location"] == "/"


async def test_the_cookies_are_out_of_reach_of_scripts(there: provider.Provider) -> None:
    browser = Browser(await city(there))
    left = await browser.client.get("/login/outside")
    assert "HttpOnly" in left.headers["set-cookie"]
    assert "samesite=lax" in left.headers["set-cookie"].lower()
    sent = httpx.URL(left.headers["location"]).params
    trip = Trip(browser.client.cookies[TRIP_COOKIE].partition(".")[0])
    assert trip.verifier not in str(sent)
    assert (sent["state"], sent["nonce"]) == (trip.state, trip.nonce)
    assert len({trip.state, trip.nonce, trip.verifier, trip.value}) == 4


WRONG_ANSWERS = [{"state": "another"}, {"state": ""}, {"code": "another"}, {"code": ""}, {"iss": "x"}]


@pytest.mark.parametrize("changed", WRONG_ANSWERS)
async def test_an_answer_that_was_changed_on_the_way_is_refused(
    there: provider.Provider, changed: dict[str, str]
) -> None:
    browser = Browser(await city(there))
    assert (await browser.sign_in(**changed)).status_code == 403
    assert not browser.inside


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another"}},
        {"claims": {"aud": ["huiying", "another"]}},
        {"claims": {"aud": ["huiying", "another"], "azp": "another"}},
        {"claims": {"iss": "https://another.example"}},
        {"claims": {"exp": 1}},
        {"claims": {"exp": None}},
        {"claims": {"iat": None}},
        {"claims": {"sub": None}},
        {"claims": {"nbf": 4_000_000_000}},
        {"claims": {"at_hash": "wrong"}},
        {"claims": {"preferred_username": None}},
        {"claims": {"preferred_username": ["zhao"]}},
        {"signature": "none"},
        {"signature": "shared"},
        {"signature": "other"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_right_in_everything_opens_nothing(
    there: provider.Provider, wrong: dict[str, Any]
) -> None:
    given = await city(there)
    there.wrong = wrong
    browser = Browser(given)
    assert (await browser.sign_in()).status_code == 403
    assert not browser.inside
    assert given.audit.lines == []  # type: ignore[attr-defined]


async def test_a_code_opens_once_and_only_for_the_browser_that_left(there: provider.Provider) -> None:
    given = await city(there)
    browser, thief = Browser(given), Browser(given)
    async with httpx.AsyncClient() as outside:
        back = httpx.URL((await outside.get(await browser.leave())).headers["location"])
    path = f"{back.path}?{back.query.decode()}"
    assert (await thief.client.get(path)).status_code == 403, "without the cookie"
    await thief.leave()
    assert (await thief.client.get(path)).status_code == 403, "with another one"
    assert (await browser.client.get(path)).status_code == 303
    assert (await browser.client.get(path)).status_code == 403, "a second time"


async def test_nobody_is_made_a_user_or_an_admin_by_signing_in(there: provider.Provider) -> None:
    given = await city(there)
    there.who = {"sub": "u-9", "preferred_username": "root", "role": "admin", "groups": ["admin"]}
    browser = Browser(given)
    answer = await browser.sign_in()
    assert (answer.status_code, browser.inside) == (403, False)
    assert "还没有账号" in answer.text
    assert [(user.username, user.role) for user in await given.accounts.users()] == [("zhao", "officer")]
    there.who = {"sub": "u-1", "preferred_username": "ZHAO", "role": "admin"}
    assert (await browser.sign_in()).status_code == 303
    assert [(user.username, user.role) for user in await given.accounts.users()] == [("zhao", "officer")]


async def test_a_stopped_account_stays_stopped_and_the_try_is_written_down(there: provider.Provider) -> None:
    given = await city(there)
    await given.accounts.create(username="sun", name="孙立", role="admin", by="", now=NOW)
    await given.accounts.set_disabled("zhao", disabled=True)
    browser = Browser(given)
    assert (await browser.sign_in()).status_code == 403
    assert [kind for kind, *_ in given.audit.lines] == ["signin.disabled"]  # type: ignore[attr-defined]


async def test_a_claim_may_be_any_name_of_the_city_s_that_an_admin_wrote_down(there: provider.Provider) -> None:
    given = await city(there, claim="sub")
    browser = Browser(given)
    assert (await browser.sign_in()).status_code == 403
    await given.accounts.set_outside("zhao", "u-1")
    assert (await browser.sign_in()).status_code == 303


def test_who_has_a_name_outside_is_not_known_by_his_username() -> None:
    made: dict[str, Any] = {"name": "x", "role": "officer", "password": "", "created_at": 1}
    zhao, qian = User(username="zhao", outside="qian", **made), User(username="qian", **made)
    assert known_as([zhao, qian], "zhao") is None
    assert known_as([qian, zhao], "qian") is zhao
    assert known_as([qian], "Qian") is qian


async def test_an_address_of_mail_counts_only_if_the_provider_has_seen_to_it(there: provider.Provider) -> None:
    given = await city(there, claim="email")
    await given.accounts.set_outside("zhao", "zhao@city.example")
    there.who = {"sub": "u-1", "email": "zhao@city.example", "email_verified": False}
    browser = Browser(given)
    assert (await browser.sign_in()).status_code == 403
    there.who["email_verified"] = True
    assert (await browser.sign_in()).status_code == 303


async def test_a_new_key_is_asked_for_and_a_secret_may_stand_in_the_form(there: provider.Provider) -> None:
    there.wrong = {"auth": "client_secret_post"}
    given = await city(there)
    assert (await Browser(given).sign_in()).status_code == 303
    old = there.key
    there.new_key()
    given.wall.forward(seconds=20)  # type: ignore[attr-defined]
    assert (await Browser(given).sign_in()).status_code == 303
    assert there.asked == ["discovery", "keys", "keys"]
    there.key = old


async def test_a_provider_that_is_away_or_another_one_leaves_passwords_as_the_way_in(there: provider.Provider) -> None:
    given = await city(there)
    gone = replace(given, outside=Provider(config(there, issuer="http://127.0.0.1:9")))
    for wrong in ({}, {"calls_itself": "https://another.example"}, {"token_endpoint": "http://elsewhere.example/token"}):
        there.wrong = wrong
        answer = await Browser(gone if not wrong else given).client.get("/login/outside")
        assert answer.status_code == 503
        assert "用户名和密码" in answer.text


async def test_without_a_provider_there_is_no_such_way_in() -> None:
    browser = Browser(parts())
    assert (await browser.client.get("/login/outside")).status_code == 404
    assert (await browser.client.get("/login/outside/back?code=x&state=x")).status_code == 403
    assert "/login/outside" not in (await browser.client.get("/login")).text


@pytest.mark.parametrize(
    "changed",
    [{"issuer": "http://id.example"}, {"back": ""}, {"back": "http://city.example"}, {"client_id": ""}, {"claim": ""}],
)
def test_settings_that_can_t_work_are_refused_at_the_start(there: provider.Provider, changed: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        Provider(config(there, **changed))
    with pytest.raises(Misconfigured):
        Provider(config(there, ca="/nowhere.pem"))


async def test_the_doctor_s_look_counts_the_keys(there: provider.Provider) -> None:
    assert await Provider(config(there)).look(NOW) == 1
