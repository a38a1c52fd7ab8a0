"""The reading API: no answer without a token, none beyond its scope, and a document that says all of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from console_fakes import MemoryAudit, NoDocuments, browser, parts

from alerts.console import api
from alerts.console.api_routes import API, BASE, OPENAPI, ApiRow, document
from alerts.console.opinion_query import SHOWN
from alerts.console.permissions import PERMISSIONS
from alerts.tokens import OF_API, SCOPES, Token

NOBODY = re.compile(r"author|nick|handle|sentiment|acknowledged_by|opened_by|closed_by|grade_by|phone")


class OneToken:
    """A city with one token, whose text is `right`."""

    def __init__(self, *scopes: str) -> None:
        self.token = Token(id="0" * 12, name="sums", scopes=scopes, hash="", made_at=1, ends_at=2)

    async def who(self, text: str, now: Any) -> Token | None:
        del now
        return self.token if text == "right" else None


RIGHT = {"authorization": "Bearer right"}


def address(row: ApiRow) -> str:
    return BASE + row.path.replace("{id}", "x")


def name(row: ApiRow) -> str:
    return f"{row.method} {row.path}"


READS = [row for row in API if row.method == "GET"]


@pytest.mark.parametrize("row", API, ids=name)
async def test_nobody_is_answered_without_a_right_token_not_even_who_is_signed_in(row: ApiRow) -> None:
    audit = MemoryAudit()
    async with browser(parts(tokens=OneToken(*SCOPES), audit=audit), role="admin") as client:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic right"}, {"authorization": ""}):
            answer = await client.request(row.method, address(row), headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert set(answer.json()) == {"error"}
    assert audit.lines == []


@pytest.mark.parametrize("row", READS, ids=name)
async def test_a_token_reads_what_its_scope_says_and_no_more(row: ApiRow) -> None:
    others = [scope for scope in SCOPES if scope != row.scope]
    async with browser(parts(tokens=OneToken(*others))) as client:
        assert (await client.get(address(row), headers=RIGHT)).status_code == 403
    async with browser(parts(tokens=OneToken(row.scope))) as client:
        answer = await client.get(address(row), headers=RIGHT)
        assert answer.status_code == (404 if "{id}" in row.path else 200)
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("row", READS, ids=name)
async def test_nothing_is_changed_beside_the_table(row: ApiRow) -> None:
    listed = {one.method for one in API if one.path == row.path}
    async with browser(parts(tokens=OneToken(*SCOPES))) as client:
        for method in {"POST", "PUT", "PATCH", "DELETE"} - listed:
            assert (await client.request(method, address(row), headers=RIGHT)).status_code == 405


async def test_without_elasticsearch_the_answer_is_json_and_says_so() -> None:
    documents = NoDocuments()
    documents.down = True
    async with browser(parts(tokens=OneToken(*SCOPES), documents=documents)) as client:
        answer = await client.get(f"{BASE}/opinions", headers=RIGHT)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")


def test_every_scope_is_a_permission_of_the_console() -> None:
    assert set(OF_API) <= set(PERMISSIONS)
    assert {row.scope for row in API} == set(OF_API)


def test_no_field_of_an_answer_is_a_person_or_the_sentiment_of_one_text() -> None:
    for fields in (api.ALERT, api.SAMPLE, api.CONSULTATION, tuple(SHOWN)):
        assert [field for field in fields if NOBODY.search(field)] == []


async def test_the_document_has_every_address_with_its_parameters_and_is_there_for_all() -> None:
    async with browser() as client:
        found = (await client.get(OPENAPI)).json()
    assert found == document()
    assert set(found["paths"]) == {row.path for row in API}
    for row in API:
        said = found["paths"][row.path][row.method.lower()]
        holes = set(re.findall(r"{(\w+)}", row.path)) | ({"If-Match"} if row.seen else set())
        assert {one["name"] for one in said["parameters"]} == holes | set(row.query)
        assert {"200", "401", "403"} <= set(said["responses"])
        assert ("409" in said["responses"]) == row.seen
        taken = said["requestBody"]["content"]["application/json"]["schema"] if row.method == "POST" else {}
        fields = {field.name for field in row.fields} | ({"version"} if row.seen else set())
        assert set(taken.get("properties", {})) == fields
    ids = [one["operationId"] for path in found["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))


async def test_the_page_of_the_api_shows_every_address() -> None:
    async with browser(role="admin") as client:
        text = (await client.get("/system/api")).text
        assert all(BASE + row.path in text for row in API)
    async with browser(role="officer") as client:
        assert (await client.get("/system/api")).status_code == 403
