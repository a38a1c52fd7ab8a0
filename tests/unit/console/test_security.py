"""Attacks on every address there is: the console's, the API's and Open311's. All refused, and what was tried is known.

The routes come from the tables themselves, so a new one is attacked from the day it is written.
"""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from console_fakes import NOW, QUICK, MemoryAccounts, MemoryAudit, NoDocuments, parts
from evil import EVIL, EvilMatters, Found, evil_city
from reaching import JINGNING, Reports, a_city, at_the_console

from alerts import exports
from alerts.accounts import FAILURES_ALLOWED, LOCKED_FOR, ROLES, Accounts, csrf_token
from alerts.console import open311_words
from alerts.console.api_routes import API
from alerts.console.api_routes import BASE as API_BASE
from alerts.console.app import make_app
from alerts.console.gates import SCOPED
from alerts.console.open311 import OPEN311
from alerts.console.permissions import PUBLIC, SIGNED_IN, allowed
from alerts.console.routes import ROUTES
from alerts.console.security import COOKIE
from alerts.reply import reply_id
from alerts.tokens import SCOPES, made
from streams.clock import ms

STREAM = "/events"


@dataclass(frozen=True)
class Way:
    """One address: its method, its path with the holes filled, and what it takes."""

    method: str
    path: str
    permission: str
    kind: str
    raw: str

    def __str__(self) -> str:
        return f"{self.method} {self.raw}"


def filled(path: str) -> str:
    known = {"{form}": "json" if path.startswith("/open311") else "csv", "{move}": "add_fact", "{username}": "zhao"}
    for hole, value in known.items():
        path = path.replace(hole, value)
    of = {"/alerts": "a1", "/consultations": "c1", "/ledger": "l1", "/replies": reply_id("l1", 1)}
    return re.sub(r"\{\w+\}", next((one for start, one in of.items() if start in path), "x"), path)


def ways() -> Iterator[Way]:
    """Yield every address that is served."""
    for row in ROUTES:
        yield Way(row.method, filled(row.path), row.permission, "console", row.path)
    for one in API:
        path = API_BASE + one.path
        yield Way(one.method, filled(path), one.scope, "api", path)
    for other in OPEN311:
        yield Way(other.method, filled(other.path), other.scope or PUBLIC, "open311", other.path)


WAYS = list(ways())
CLOSED = [way for way in WAYS if way.permission != PUBLIC]
PAGES = [way for way in CLOSED if way.kind == "console"]
FORMS = [way for way in WAYS if way.kind == "console" and way.method == "POST"]
PROGRAMS = [way for way in CLOSED if way.kind != "console"]
OPEN = {
    "/static/{name}", "/healthz", "/login", "/login/outside", "/login/outside/back", "/sign/{token}",
    "/duty/calendar/{token}",
    "/open311/discovery.{form}",
    "/open311/v2/services.{form}", "/open311/v2/services/{code}.{form}",
}  # fmt: skip


def test_what_is_open_to_everybody_is_named_here() -> None:
    assert {way.raw for way in WAYS if way.permission == PUBLIC} == OPEN


def refusals(given: Any) -> list[str]:
    return [subject for kind, subject, *_ in given.audit.lines if kind == "access.refused"]


@pytest.mark.parametrize("way", CLOSED, ids=str)
async def test_without_signing_in_nothing_is_answered_and_the_log_says_so(
    way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    given = a_city()
    transport = httpx.ASGITransport(app=make_app(given))
    stolen: list[dict[str, str]] = [{}, {"cookie": f"{COOKIE}=guessed"}, {"authorization": "Bearer guessed"}]
    for headers in stolen:
        async with httpx.AsyncClient(transport=transport, base_url="http://console", headers=headers) as client:
            body: dict[str, Any] = {"data": {"csrf": csrf_token("guessed")}} if way.kind == "console" else {"json": {}}
            if way.kind == "open311":
                body = {"data": {"api_key": "guessed"}}
            answer = await client.request(way.method, way.path, **(body if way.method == "POST" else {}))
        if way.kind == "console":
            assert answer.headers["location"].startswith("/login")
        assert answer.status_code in {303, 401, 403}
        assert "停水" not in answer.text
    said = [one for one in caplog.records if one.name.startswith("alerts.console")]
    assert len(said) >= len(stolen)
    assert given.audit.lines == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", [way for way in PAGES if way.permission != SIGNED_IN], ids=str)
async def test_the_wrong_role_is_refused_and_written_down(way: Way) -> None:
    for role in ROLES:
        if allowed(role, way.permission):
            continue
        given = a_city()
        async with at_the_console(given, role) as person:
            answer = await (person.get(way.path) if way.method == "GET" else person.post(way.path))
        assert answer.status_code == 403
        assert refusals(given) == [way.permission]


FAR = [way for way in PAGES if way.permission != SIGNED_IN and not way.raw.startswith("/searches")]
"""A kept search holds no texts; that what it finds keeps to reach, `test_reach_pages` says."""


@pytest.mark.parametrize("way", FAR, ids=str)
async def test_out_of_one_s_reach_nothing_is_seen_or_done(way: Way) -> None:
    """Everything of this city lies in another county, or is of the whole city; only what asks for lists is shown."""
    lists = {
        "/", "/alerts", "/consultations", "/opinions", "/opinions/export/{form}", "/matters", "/reports", "/ledger",
        "/ledger/export/{form}", "/replies", "/reviews", "/reviews/{id}", "/inspections",
    }  # fmt: skip
    given = a_city(documents=Texts(), matters=EvilMatters(), reports=Reports())
    draft = {"kind": "final", "unit": "静宁县水务局", "text": "停水三天了，已修好。"}
    await given.replies.begin("l1", by="qian", role="handler", data=draft, now=NOW)
    async with at_the_console(given, "admin", counties=["620802"]) as person:
        fields = {"title": "停水", "grade": "larger", "reason": "x", "known_at": "2026-05-12T08:00", "county": JINGNING}
        answer = await (person.get(way.path) if way.method == "GET" else person.post(way.path, **fields))
    if way.raw in lists and way.method == "GET":
        assert (way.raw in SCOPED, answer.status_code) == (True, 200)
        assert "供水预警a" not in answer.text
        assert "静宁县供水预警" not in answer.text
        assert "/matters/x" not in answer.text
        assert "/reports/r" not in answer.text
        assert "停水三天了" not in answer.text
    elif way.raw == "/consultations":
        assert (answer.status_code, "不在您的范围内" in answer.text) == (400, True)
    else:
        assert answer.status_code == 403
        assert refusals(given) == [way.permission]


class Texts(NoDocuments):
    """An index with one text, of 静宁县; a search that keeps to another county finds nothing."""

    async def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        await super().search(index, body)
        here = index.startswith("opinions") and "620802" not in str(body)
        hits = [{"_source": {"county": JINGNING, "id": "x", "text": "停水"}}] if here else []
        return {"hits": {"total": {"value": len(hits)}, "hits": hits}}


ELSEWHERE: list[tuple[dict[str, str], str]] = [
    ({}, ""), ({}, "wrong"), ({}, csrf_token("another's")), ({"sec-fetch-site": "cross-site"}, "right"),
    ({"sec-fetch-site": "same-site"}, "right"), ({"origin": "https://elsewhere.example"}, "right"),
    ({"origin": "null"}, "right"),
]  # fmt: skip


@pytest.mark.parametrize("way", FORMS, ids=str)
async def test_a_form_that_is_not_ours_changes_nothing(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    given = a_city()
    async with at_the_console(given, "admin") as person:
        before = len(given.audit.lines)  # type: ignore[attr-defined]
        right = csrf_token(person.client.cookies[COOKIE])
        for headers, token in ELSEWHERE:
            fields = {"csrf": right if token == "right" else token, "username": "zhao", "password": "x"}
            answer = await person.client.post(way.path, data=fields, headers=headers)
            assert answer.status_code == 403
        lines = given.audit.lines[before:]  # type: ignore[attr-defined]
        assert {line[0] for line in lines} <= {"access.refused"}
        assert len(lines) == (0 if way.permission == PUBLIC else len(ELSEWHERE))
        assert sum("refused" in one.message for one in caplog.records) >= len(ELSEWHERE)


@pytest.mark.parametrize("way", PROGRAMS, ids=str)
async def test_a_browser_s_session_opens_no_program_s_address(way: Way) -> None:
    """So a form on another site can't act there with somebody's cookie."""
    given = a_city()
    async with at_the_console(given, "admin") as person:
        csrf = csrf_token(person.client.cookies[COOKIE])
        body: dict[str, Any] = {"data": {"csrf": csrf}} if way.kind == "open311" else {"json": {"csrf": csrf}}
        answer = await person.client.request(way.method, way.path, **(body if way.method == "POST" else {}))
    assert answer.status_code in {401, 403}


# --- what people wrote is shown, and never obeyed


@pytest.mark.parametrize("way", [w for w in PAGES if w.method == "GET" and w.raw != STREAM], ids=str)
async def test_what_was_written_is_shown_and_never_obeyed(way: Way) -> None:
    given = evil_city()
    async with at_the_console(given, "admin", name=EVIL[:40]) as person:
        answer = await person.get(f"{way.path}?q={EVIL}&next={EVIL}&done={EVIL}&kind={EVIL}&span=all")
    assert answer.status_code in {200, 404}, answer.text[:300]
    if "text/html" in answer.headers["content-type"]:
        assert Found(answer.text).wrong == []
        assert "49" not in re.findall(r"\{\{7\*7\}\}|\b49\b", answer.text)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_attack_is_really_on_the_pages() -> None:
    given = evil_city()
    async with at_the_console(given, "admin") as person:
        for path in ("/alerts/a1", "/consultations/c1", "/opinions/x", "/matters/x", "/searches/x", "/dead-letters/x",
                     "/policies/x", "/reviews/x", "/readings/x", "/ledger", "/ledger/l1", "/replies",
                     "/replies/x", "/silences",
                     "/system/audit"):  # fmt: skip
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in (await person.get(path)).text, path


def test_what_was_written_is_no_markup_for_a_program_either() -> None:
    written = open311_words.written([{"description": EVIL}], "xml", "service_requests", "request").decode()
    assert "<script" not in written
    assert "<svg" not in written


# --- addresses that try to reach further

BREAKS = (
    "%0d%0aset-cookie:%20stolen=1", "%0aX-Evil:%201", "%E5%98%8A%E5%98%8Dset-cookie:stolen=1", "\u560d\u560aX-Evil: 1",
)  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
async def test_no_header_can_be_written_by_an_address_or_a_form(broken: str) -> None:
    given = a_city()
    async with at_the_console(given, "admin") as person:
        paths = [
            f"/login?next=/{broken}", f"/opinions/export/csv{broken}", f"/opinions/export/csv?q={broken}",
            f"/alerts/{broken}", f"/reports/x/{broken}", f"/static/{broken}", f"/?done={broken}",
            f"/api/v1/opinions/{broken}", f"/open311/v2/services/{broken}.json", f"/login/outside?next=/{broken}",
        ]  # fmt: skip
        answers = [await person.get(path) for path in paths]
        back = {"back": "/alerts\r\nSet-Cookie: stolen=1", "subject": "a1", "reason": "x"}
        answers.append(await person.post("/alerts/a1/acknowledge", **back))
        answers.append(await person.post("/recusals", **back))
        answers.append(await person.post("/login", next=f"/{broken}", username="zhao", password="four words in a row"))
    for answer in answers:
        assert "x-evil" not in answer.headers
        assert "stolen" not in answer.headers.get("set-cookie", "").replace("%0d", "").split(";")[0].partition("=")[0]
        assert not any("\n" in value or "\r" in value for value in answer.headers.values())
        assert not answer.headers.get("location", "/").startswith(("//", "http"))


AWAY = ("//evil.example", "https://evil.example", "/\\evil.example", "/\tx", "javascript:alert(1)")


@pytest.mark.parametrize("onto", AWAY)
async def test_nobody_is_sent_to_another_site(onto: str) -> None:
    given = a_city()
    async with at_the_console(given, "admin") as person:
        answer = await person.post("/alerts/a1/acknowledge", back=onto)
        assert answer.headers["location"].startswith("/?done=")


OUTSIDE = (
    "../../../etc/passwd", "..%2f..%2fapp.py", "%2e%2e/%2e%2e/app.py", "....//app.py", "/etc/passwd", "..\\app.py",
    "\0",
)  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
async def test_no_export_report_or_file_reaches_beyond_its_table(name: str) -> None:
    given = a_city()
    async with at_the_console(given, "admin") as person:
        for path in (f"/opinions/export/{name}", f"/reports/x/{name}", f"/reports/{name}/pdf", f"/static/{name}",
                     f"/matters/{name}", f"/searches/{name}"):  # fmt: skip
            answer = await person.client.get(path.replace("\0", "%00"))
            assert answer.status_code in {404, 405, 303}, path
            assert "root:" not in answer.text
            assert "import " not in answer.text


FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "=cmd|' /C calc'!A0", "＝1+1", "＋1", "－1", "＠x",
)  # fmt: skip


def a_row(text: str) -> dict[str, Any]:
    whole = {name: text if name in {"text", "title", "place"} else "" for name in exports.COLUMNS}
    return exports.row({**whole, "posted_at": ms(NOW)}, {})


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_an_export_is_a_formula(text: str) -> None:
    head = exports.Head(asked={"检索词": text}, at=ms(NOW), index="opinions-*", total=1, rows=1)
    made = exports.MAKERS["csv"](head, [a_row(text)]).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(made)) for cell in line]
    assert [cell for cell in cells if re.match(r"[ ]*[=+\-@\t\r\n＝＋－＠]", cell)] == []
    book = exports.MAKERS["xlsx"](head, [a_row(text)])
    assert b"<f>" not in _unzipped(book)


def _unzipped(data: bytes) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return b"".join(book.read(name) for name in book.namelist())


# --- guessing

async def test_a_password_is_guessed_a_few_times_and_then_not_at_all_even_if_it_is_right() -> None:
    audit = MemoryAudit()
    given = parts(accounts=Accounts(MemoryAccounts(), hasher=QUICK), audit=audit)
    _, password = await given.accounts.create(username="zhao", name="赵明", role="admin", by="", now=NOW)
    transport = httpx.ASGITransport(app=make_app(given))
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        for number in range(FAILURES_ALLOWED + 3):
            guess = password if number >= FAILURES_ALLOWED else f"guess {number}"
            assert await _tried(client, "zhao", guess) == 403
        assert [kind for kind, *_ in audit.lines] == ["signin.wrong"] * (FAILURES_ALLOWED - 1) + ["signin.locking"]
        given.wall.forward(seconds=LOCKED_FOR.total_seconds() + 1)  # type: ignore[attr-defined]
        assert await _tried(client, "zhao", password) == 303


async def test_a_code_of_the_second_factor_is_guessed_no_more_often_than_a_password() -> None:
    audit = MemoryAudit()
    given = parts(accounts=Accounts(MemoryAccounts(), hasher=QUICK), audit=audit)
    _, password = await given.accounts.create(username="zhao", name="赵明", role="admin", by="", now=NOW)
    await given.accounts.set_second("zhao", "A" * 32, 0)
    transport = httpx.ASGITransport(app=make_app(given))
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        for number in range(FAILURES_ALLOWED + 2):
            assert await _tried(client, "zhao", password, code=f"{number:06}") == 403
    assert audit.kinds().count("signin.locking") == 1


async def _tried(client: httpx.AsyncClient, username: str, password: str, code: str = "") -> int:
    found = re.search(r'name="csrf" value="([^"]+)"', (await client.get("/login")).text)
    assert found
    fields = {"username": username, "password": password, "csrf": found[1], "code": code}
    return (await client.post("/login", data=fields)).status_code


async def test_who_has_an_account_can_t_be_learnt_by_signing_in() -> None:
    given = parts(accounts=Accounts(MemoryAccounts(), hasher=QUICK), audit=MemoryAudit())
    await given.accounts.create(username="zhao", name="赵明", role="admin", by="", now=NOW)
    transport = httpx.ASGITransport(app=make_app(given))
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        texts = []
        for username in ("zhao", "nobody"):
            page = (await client.get("/login")).text
            found = re.search(r'name="csrf" value="([^"]+)"', page)
            assert found
            answer = await client.post("/login", data={"username": username, "password": "x", "csrf": found[1]})
            texts.append(answer.text.replace(username, "NAME"))
    assert texts[0] == texts[1]


def test_a_token_is_not_to_be_guessed_and_what_is_kept_opens_nothing() -> None:
    kept = [made("hall", [next(iter(SCOPES))], 30, NOW) for _ in range(50)]
    secrets = {text.split("_", 2)[2] for _, text in kept}
    assert len(secrets) == len(kept)
    assert {len(secret) for secret in secrets} == {43}, "43 characters of 64: 256 bits"
    assert all(text.split("_", 2)[2] not in str(token) for token, text in kept)


async def test_a_session_ends_and_a_stolen_old_one_opens_nothing() -> None:
    given = a_city()
    async with at_the_console(given, "admin") as person:
        assert (await person.get("/alerts")).status_code == 200
        given.wall.forward(seconds=timedelta(hours=13).total_seconds())  # type: ignore[attr-defined]
        assert (await person.get("/alerts")).status_code == 303

