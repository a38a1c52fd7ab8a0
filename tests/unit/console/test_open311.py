"""Open311 GeoReport v2, by the standard's examples: lists, creating, errors, both forms; and nobody's name in it."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import msgspec
import pytest
from console_fakes import NOW, MemoryAudit, NoDocuments, parts
from hypothesis import given
from hypothesis import strategies as st
from intake import MemorySink

from alerts.console import open311_words as words
from alerts.console.app import make_app
from alerts.console.language import topics
from alerts.console.open311 import BASE, CREATE, OPEN311, READ
from alerts.tokens import SCOPES, Token
from streams.clock import ms
from streams.errors import Rejected
from streams.gateway.settings import GatewaySettings
from streams.gateway.single import Single
from streams.records import post_id

CODE = topics()[0]
FIELDS = {"service_code": CODE, "address_string": "静宁县城关镇西关街", "description": "路灯三天不亮，晚上看不清路"}
PRIVATE = {
    "email": "canary@example.org", "device_id": "canary-device", "account_id": "canary-account",
    "first_name": "金丝", "last_name": "雀儿", "phone": "13800001234", "lat": "35.52", "long": "105.73",
    "media_url": "https://example.org/canary.jpg",
}  # fmt: skip
STORED = {
    "id": "ab" * 12, "text": "路灯不亮，电话〔电话〕", "topic": CODE, "place": "静宁县", "posted_at": ms(NOW),
    "indexed_at": ms(NOW) + 5000, "status": "answered",
}  # fmt: skip


class OneToken:
    def __init__(self, *scopes: str) -> None:
        self.token = Token(id="0" * 12, name="hotline", scopes=scopes, hash="", made_at=1, ends_at=2)

    async def who(self, text: str, now: Any) -> Token | None:
        del now
        return self.token if text == "right" else None


class Stored(NoDocuments):
    """An index with one request."""

    async def search(self, index: str, body: Any) -> dict[str, Any]:
        await super().search(index, body)
        return {"hits": {"total": {"value": 1}, "hits": [{"_source": STORED}]}}


class City:
    """A city, a hotline's program at it, and what came in."""

    def __init__(self, client: httpx.AsyncClient, sink: MemorySink, audit: MemoryAudit) -> None:
        self.client, self.sink, self.audit = client, sink, audit

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(BASE + path, headers={"authorization": "Bearer right", **headers})

    async def post(self, form: str = "json", key: str = "right", **fields: str) -> httpx.Response:
        return await self.client.post(f"{BASE}/requests.{form}", data={"api_key": key, **fields})


@asynccontextmanager
async def city(*scopes: str, documents: NoDocuments | None = None, **limits: Any) -> AsyncIterator[City]:
    sink, audit = MemorySink(), MemoryAudit()
    way_in = Single(sink, GatewaySettings(**limits), source="hotline", future_ms=86_400_000)
    made = parts(
        tokens=OneToken(*(scopes or (READ, CREATE))), intake=way_in, audit=audit, documents=documents or Stored()
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=make_app(made)), base_url="http://city") as client:
        yield City(client, sink, audit)


async def test_the_kinds_of_requests_are_listed_for_everybody_in_both_forms() -> None:
    async with city() as hall:
        found = (await hall.client.get(f"{BASE}/services.json")).json()
        assert [one["service_code"] for one in found] == list(topics())
        known = {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
        assert all(set(one) == known for one in found)
        answer = await hall.client.get(f"{BASE}/services.xml")
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        tree = ET.fromstring(answer.content)
        assert tree.tag == "services"
        assert {child.tag for child in tree} == {"service"}
        assert tree[0].findtext("metadata") == "false"
        assert tree[0].findtext("type") == "realtime"


async def test_a_kind_asks_for_nothing_more_and_an_unknown_one_is_not_found() -> None:
    async with city() as hall:
        asks = (await hall.client.get(f"{BASE}/services/{CODE}.json")).json()
        assert asks == {"service_code": CODE, "attributes": []}
        missing = await hall.client.get(f"{BASE}/services/none.xml")
        tree = ET.fromstring(missing.content)
        assert (missing.status_code, tree.tag, tree.findtext("error/code")) == (404, "errors", "404")
        assert (await hall.client.get("/open311/discovery.json")).json()["endpoints"][0]["url"] == BASE
        assert ET.fromstring((await hall.client.get("/open311/discovery.xml")).content).tag == "discovery"
        assert (await hall.client.get(f"{BASE}/services.html")).status_code == 404


async def test_a_request_goes_the_way_of_every_post_masked_and_without_whoever_sent_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with city() as hall:
        said = {**FIELDS, "description": FIELDS["description"] + "，请打13912345678"}
        answer = await hall.post(**said, **PRIVATE)
        assert answer.status_code == 201
        made = answer.json()
        assert [set(one) for one in made] == [{"service_request_id", "service_notice", "account_id"}]
        post = hall.sink.items()[0]
        assert made[0]["service_request_id"] == post_id("hotline", post["native_id"])
        assert post["kind"] == "order"
        assert "西关街" in post["text"] or "静宁县" in post["text"]
        everywhere = [answer.text, caplog.text, str(hall.audit.lines), str(hall.sink.pages)]
        for canary in ("13912345678", *PRIVATE.values()):
            assert not any(canary in text for text in everywhere), canary


async def test_the_same_request_again_is_the_same_one_and_another_is_another() -> None:
    async with city() as hall:
        first, again = (await hall.post(**FIELDS)).json(), (await hall.post("json", **FIELDS)).json()
        assert first == again
        other = (await hall.post(**{**FIELDS, "description": "井盖丢了"})).json()
        assert other != first
        answer = await hall.post("xml", **FIELDS)
        tree = ET.fromstring(answer.content)
        assert tree.tag == "service_requests"
        assert tree.findtext("request/service_request_id") == first[0]["service_request_id"]


WRONG: list[tuple[dict[str, str], int]] = [
    ({"service_code": ""}, 400),
    ({"service_code": "none"}, 404),
    ({"address_string": ""}, 400),
    ({"address_string": "", "lat": "35"}, 400),
    ({"description": ""}, 400),
    ({"description": "长" * 5001}, 400),
    ({"address_string": "长" * 301}, 400),
]


@pytest.mark.parametrize(("changed", "status"), WRONG)
@pytest.mark.parametrize("form", ["xml", "json"])
async def test_what_lacks_something_is_refused_as_the_standard_has_it(
    changed: dict[str, str], status: int, form: str
) -> None:
    async with city() as hall:
        answer = await hall.post(form, **{**FIELDS, **changed})
        assert answer.status_code == status
        if form == "json":
            assert [set(one) for one in answer.json()] == [{"code", "description"}]
        else:
            assert ET.fromstring(answer.content).findtext("error/code") == str(status)
        assert hall.sink.pages == []


async def test_a_position_alone_counts_as_a_place_and_is_not_kept() -> None:
    async with city() as hall:
        answer = await hall.post(service_code=CODE, description="路灯不亮", lat="35.52", long="105.73")
        assert answer.status_code == 201
        assert "35.52" not in str(hall.sink.pages)


async def test_nobody_reads_or_creates_without_a_token_that_may() -> None:
    async with city() as hall:
        assert (await hall.post(key="wrong", **FIELDS)).status_code == 403
        assert (await hall.get("/requests.json", authorization="Bearer wrong")).status_code == 403
        in_address = await hall.get("/requests.json?api_key=right", authorization="")
        assert in_address.status_code == 403
    async with city(READ) as hall:
        assert (await hall.post(**FIELDS)).status_code == 403
        assert [kind for kind, *_ in hall.audit.lines] == ["access.refused"]
    async with city(CREATE) as hall:
        assert (await hall.get("/requests.json")).status_code == 403
        assert (await hall.get("/requests/x.xml")).status_code == 403


async def test_requests_are_listed_masked_with_every_field_of_the_standard_and_the_look_is_written_down() -> None:
    fields = {
        "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
        "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
        "address", "address_id", "zipcode", "lat", "long", "media_url",
    }  # fmt: skip
    async with city() as hall:
        found = (await hall.get("/requests.json")).json()
        assert [set(one) for one in found] == [fields]
        assert (found[0]["status"], found[0]["status_notes"]) == ("closed", "已答复")
        assert found[0]["requested_datetime"] == "2026-05-12T09:30:00+08:00"
        tree = ET.fromstring((await hall.get(f"/requests/{STORED['id']}.xml")).content)
        assert tree.findtext("request/description") == STORED["text"]
        assert tree.find("request/lat") is not None
        assert [line[0] for line in hall.audit.lines] == ["opinions.view"] * 2
        assert {line[2] for line in hall.audit.lines} == {"token:hotline"}


async def test_a_list_asks_the_index_within_the_limits_of_the_standard() -> None:
    documents = Stored()
    async with city(documents=documents) as hall:
        await hall.get("/requests.json")
        body = documents.asked[0][1]
        assert body["size"] == 1000
        assert {"range": {"posted_at": {"gte": ms(NOW) - words.SPAN_MS, "format": "epoch_millis"}}} in _filters(body)
        asked = f"/requests.json?service_code={CODE},x&status=open&start_date=2026-05-01T00:00:00%2B08:00"
        await hall.get(asked)
        assert {"terms": {"topic": [CODE, "x"]}} in _filters(documents.asked[-2][1])
        for bad in ("status=perhaps", "start_date=2026-05-01", "end_date=soon"):
            assert (await hall.get(f"/requests.json?{bad}")).status_code == 400


def _filters(body: Any) -> list[Any]:
    found: list[Any] = body["query"]["bool"]["filter"]
    return found


async def test_while_an_engine_is_away_or_somebody_sends_too_much_one_is_told_to_come_again() -> None:
    async with city() as hall:
        hall.sink.away = True
        assert (await hall.post(**FIELDS)).status_code == 503
    documents = NoDocuments()
    documents.down = True
    async with city(documents=documents) as hall:
        assert (await hall.get("/requests.json")).status_code == 503
    async with city(gateway_requests=0.001) as hall:
        assert [(await hall.post(**FIELDS)).status_code for _ in range(2)] == [201, 429]


async def test_only_a_form_is_read_and_not_a_large_one() -> None:
    async with city() as hall:
        assert (await hall.client.post(f"{BASE}/requests.json", json=FIELDS)).status_code == 400
        big = await hall.post(**{**FIELDS, "description": "x" * 300_000})
        assert big.status_code == 400


texts = st.text(max_size=60)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), texts | st.none() | st.booleans(), max_size=6))
def test_what_is_written_as_xml_reads_back_whatever_the_text_holds(record: dict[str, Any]) -> None:
    tree = ET.fromstring(words.written([record], "xml", "root", "item"))
    said = {child.tag: child.text or "" for child in tree[0]}
    for key, value in record.items():
        wanted = {True: "true", False: "false", None: ""}.get(value, value)
        assert re.sub(r"\r\n?", "\n", words.BAD_XML.sub("", str(wanted))) == said[key]
    assert msgspec.json.decode(words.written([record], "json", "root")) == [record]


@given(st.dictionaries(st.sampled_from([*FIELDS, *PRIVATE]), texts))
def test_any_form_is_read_or_refused_and_never_a_person_s_field(form: dict[str, str]) -> None:
    read, said = None, "已读"
    try:
        read = words.read(form)
    except Rejected as refused:
        said = refused.detail
    assert re.search("[一-鿿]", said)
    assert read is None or set(read.__struct_fields__) == {"service_code", "description", "place"}


def test_every_address_with_texts_asks_for_a_scope() -> None:
    assert {row.scope for row in OPEN311} - {""} <= set(SCOPES)
    assert [row.path for row in OPEN311 if not row.scope and "requests" in row.path] == []
