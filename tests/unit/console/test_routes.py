"""Every route has a permission; nobody passes without it; and no answer is without its safe headers."""

from __future__ import annotations

import re

import httpx
import pytest
from console_fakes import MemoryAudit, NoDocuments, browser, parts

from alerts.accounts import ROLES, csrf_token
from alerts.console.api_routes import API, BASE, OPENAPI
from alerts.console.app import make_app
from alerts.console.open311 import OPEN311
from alerts.console.permissions import HELD, PERMISSIONS, PUBLIC, SIGNED_IN, allowed
from alerts.console.routes import ROUTES, Row
from alerts.console.security import COOKIE, HEADERS

GUARDED = [row for row in ROUTES if row.permission != PUBLIC]
STREAM = "/events"


def address(row: Row) -> str:
    """Return a route's path with its holes filled."""
    return re.sub(r"\{\w+\}", "x", row.path)


def name(row: Row) -> str:
    return f"{row.method} {row.path}"


def token_of(client: httpx.AsyncClient) -> str:
    return csrf_token(client.cookies[COOKIE])


def test_no_route_is_without_a_permission() -> None:
    assert {row.permission for row in ROUTES} <= {*PERMISSIONS, PUBLIC, SIGNED_IN}


def test_only_signing_in_and_files_of_our_own_are_public() -> None:
    public = {row.path for row in ROUTES if row.permission == PUBLIC}
    signed = {"/sign/{token}", "/duty/calendar/{token}"}
    assert public == {"/static/{name}", "/healthz", "/login", "/login/outside", "/login/outside/back"} | signed


def test_no_route_is_served_beside_the_table() -> None:
    served = {(method, route.path) for route in make_app(parts()).routes for method in route.methods}  # type: ignore[attr-defined]
    listed = {(row.method, row.path) for row in ROUTES} | {("GET", OPENAPI)}
    listed |= {(row.method, BASE + row.path) for row in API} | {(row.method, row.path) for row in OPEN311}
    assert served - {("HEAD", path) for _, path in listed} == listed


def test_every_role_is_known_and_every_permission_is_held_by_somebody() -> None:
    assert set(HELD) == set(ROLES)
    assert set.union(*(set(held) for held in HELD.values())) == set(PERMISSIONS)


def test_no_route_looks_for_a_person_who_wrote() -> None:
    assert [row.path for row in ROUTES if re.search(r"author|poster|person|sender", row.path)] == []


@pytest.mark.parametrize("row", GUARDED, ids=name)
async def test_nobody_passes_without_signing_in(row: Row) -> None:
    async with browser() as client:
        answer = await client.request(row.method, address(row))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("row", GUARDED, ids=name)
async def test_a_wrong_role_is_refused_in_chinese(row: Row) -> None:
    for role in ROLES:
        if allowed(role, row.permission):
            continue
        async with browser(role=role) as client:
            answer = await client.request(row.method, address(row), data={"csrf": token_of(client)})
            assert answer.status_code == 403
            assert "没有权限" in answer.text
            assert ROLES[role] in answer.text


@pytest.mark.parametrize("row", [row for row in ROUTES if row.method == "POST"], ids=name)
async def test_a_form_without_its_token_is_refused(row: Row) -> None:
    audit = MemoryAudit()
    async with browser(parts(audit=audit), role="admin") as client:
        for token in ("", "wrong", csrf_token("somebody else's")):
            answer = await client.post(address(row), data={"csrf": token})
            assert answer.status_code == 403
    assert set(audit.kinds()) == ({"access.refused"} if row.permission != PUBLIC else set())


ELSEWHERE = [{"sec-fetch-site": "cross-site"}, {"origin": "http://elsewhere"}, {"origin": "null"}]


@pytest.mark.parametrize("headers", ELSEWHERE)
async def test_a_form_from_another_site_is_refused(headers: dict[str, str]) -> None:
    async with browser(role="admin") as client:
        answer = await client.post("/logout", data={"csrf": token_of(client)}, headers=headers)
        assert answer.status_code == 403


@pytest.mark.parametrize("row", [r for r in ROUTES if r.method == "GET" and r.path != STREAM], ids=name)
async def test_every_answer_has_its_safe_headers(row: Row) -> None:
    async with browser(role="admin") as client:
        answer = await client.get(address(row))
        assert answer.status_code in {200, 404} or row.path == "/login/outside/back"
        for header in HEADERS:
            assert header in answer.headers, header
        assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("row", [r for r in ROUTES if r.method == "GET" and r.path != STREAM], ids=name)
async def test_a_page_needs_no_inline_script_style_or_outside_address(row: Row) -> None:
    async with browser(role="admin") as client:
        text = (await client.get(address(row))).text
        assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|<style", text)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text)


@pytest.mark.parametrize("row", [r for r in GUARDED if r.method == "GET" and r.permission != SIGNED_IN], ids=name)
async def test_without_elasticsearch_a_page_says_so_and_shows_no_trace(row: Row) -> None:
    documents = NoDocuments()
    async with browser(parts(documents=documents), role="admin") as client:
        documents.down = True
        answer = await client.get(address(row))
        assert answer.status_code in {200, 404, 503}
        assert "Traceback" not in answer.text
        if answer.status_code == 503:
            assert "暂时连接不上" in answer.text


async def test_an_unknown_address_is_answered_in_chinese() -> None:
    async with browser() as client:
        answer = await client.get("/nowhere")
        assert answer.status_code == 404
        assert "没有这个页面" in answer.text
        assert "content-security-policy" in answer.headers


async def test_a_static_file_is_only_ever_one_of_ours() -> None:
    async with browser() as client:
        assert (await client.get("/static/console.css")).status_code == 200
        for path in ("/static/..%2Fapp.py", "/static/%2e%2e%2fapp.py", "/static/app.py", "/static/.css"):
            assert (await client.get(path)).status_code == 404
