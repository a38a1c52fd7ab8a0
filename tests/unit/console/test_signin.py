"""Signing in through the form: cookies, lockout, where one goes, and what is noted."""

from __future__ import annotations

import re

import httpx
import pytest
from console_fakes import NOW, MemoryAudit, parts

from alerts.accounts import FAILURES_ALLOWED, csrf_token
from alerts.console.app import make_app
from alerts.console.parts import ConsoleParts
from alerts.console.security import COOKIE, Names, local_path


def client_of(given: ConsoleParts, scheme: str = "http") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=make_app(given)), base_url=f"{scheme}://console")


async def form(client: httpx.AsyncClient, path: str = "/login") -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', (await client.get(path)).text)
    assert found
    return found[1]


async def made(audit: MemoryAudit | None = None, role: str = "officer") -> tuple[ConsoleParts, str]:
    given = parts(audit=audit or MemoryAudit())
    _, password = await given.accounts.create(username="wang", name="王", role=role, by="", now=NOW)
    return given, password


async def test_a_first_sign_in_leads_to_choosing_an_own_password_and_nowhere_else() -> None:
    given, password = await made()
    async with client_of(given) as client:
        fields = {"username": "wang", "password": password, "csrf": await form(client)}
        answer = await client.post("/login", data=fields)
        assert answer.headers["location"] == "/password"
        assert (await client.get("/")).headers["location"] == "/password"
        token = csrf_token(client.cookies[COOKIE])
        fields = {"old": password, "new": "correct horse battery", "again": "correct horse battery", "csrf": token}
        assert (await client.post("/password", data=fields)).headers["location"] == "/login?done=password"
        fields = {"username": "wang", "password": fields["new"], "csrf": await form(client), "next": "/alerts"}
        answer = await client.post("/login", data=fields)
        assert answer.headers["location"] == "/alerts"
        assert (await client.get("/alerts")).status_code == 200


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(scheme: str, secure: bool) -> None:
    given, password = await made()
    async with client_of(given, scheme) as client:
        fields = {"username": "wang", "password": password, "csrf": await form(client)}
        answer = await client.post("/login", data=fields)
        cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(COOKIE))
        assert "httponly" in cookie.lower()
        assert "samesite=lax" in cookie.lower()
        assert ("secure" in cookie.lower()) == secure


async def test_guessing_ends_in_a_lock_that_is_noted_once() -> None:
    audit = MemoryAudit()
    given, password = await made(audit)
    async with client_of(given) as client:
        token = await form(client)
        for _ in range(FAILURES_ALLOWED + 3):
            answer = await client.post("/login", data={"username": "wang", "password": "guess-guess", "csrf": token})
            assert answer.status_code == 403
        answer = await client.post("/login", data={"username": "wang", "password": password, "csrf": token})
        assert "已锁定" in answer.text
    assert audit.kinds() == ["signin.wrong"] * (FAILURES_ALLOWED - 1) + ["signin.locking"]


async def test_an_unknown_name_is_not_written_down() -> None:
    audit = MemoryAudit()
    given, _ = await made(audit)
    async with client_of(given) as client:
        await client.post("/login", data={"username": "mypassword1", "password": "x", "csrf": await form(client)})
    assert audit.lines == []


async def test_what_was_typed_comes_back_escaped() -> None:
    given, _ = await made()
    async with client_of(given) as client:
        nasty = '"><script>alert(1)</script>'
        answer = await client.post("/login", data={"username": nasty, "password": "x", "csrf": await form(client)})
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize("path", ["https://evil", "//evil", "/\\evil", "evil", "/a\nb", ""])
def test_after_signing_in_one_stays_on_this_site(path: str) -> None:
    assert local_path(path) == "/"


async def test_signing_out_ends_the_session_in_the_store() -> None:
    given, password = await made()
    async with client_of(given) as client:
        await client.post("/login", data={"username": "wang", "password": password, "csrf": await form(client)})
        token = client.cookies[COOKIE]
        await client.post("/logout", data={"csrf": csrf_token(token)})
    assert await given.accounts.who(token, NOW) is None


async def test_an_admin_makes_a_user_whose_password_is_shown_once() -> None:
    audit = MemoryAudit()
    given, password = await made(audit, "admin")
    await given.accounts.change_password("wang", password, "correct horse battery", NOW)
    async with client_of(given) as client:
        fields = {"username": "wang", "password": "correct horse battery", "csrf": await form(client)}
        await client.post("/login", data=fields)
        token = csrf_token(client.cookies[COOKIE])
        fields = {"username": "li", "name": "李", "role": "leader", "csrf": token}
        shown = re.search(r'class="secret">([^<]+)<', (await client.post("/system/users", data=fields)).text)
        assert shown
        assert shown[1] not in (await client.get("/system/users")).text
        verdict, _ = await given.accounts.sign_in("li", shown[1], NOW)
        assert verdict.ok
    assert ("user.created", "li", "wang", {"role": "leader"}) in audit.lines


async def test_a_form_past_the_limit_is_refused() -> None:
    given, _ = await made()
    async with client_of(given) as client:
        answer = await client.post("/login", data={"username": "x" * 300_000, "csrf": await form(client)})
        assert answer.status_code == 403
        assert "太大" in answer.text


async def test_a_persons_name_is_known_from_his_first_page_on() -> None:
    given, _ = await made()
    names = Names(given.accounts)
    assert await names.at(1, "wang") == {"wang": "王"}
    await given.accounts.create(username="li", name="李", role="leader", by="", now=NOW)
    assert (await names.at(2, "wang")).get("li") is None
    assert (await names.at(3, "li"))["li"] == "李"
