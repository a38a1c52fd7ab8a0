"""The reading API and its tokens on a real Elasticsearch: from the making of a token to the record of a look."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from console_fakes import NOW, ready
from opinions import opinion, signed_in

from alerts.console.api_routes import API, BASE
from alerts.tokens import Tokens, made
from streams.errors import Misconfigured
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines


async def test_a_token_opens_until_it_ends_or_is_revoked_and_its_secret_is_not_kept(
    elastic_settings: ElasticSettings,
) -> None:
    async with ready(elastic_settings) as elastic:
        tokens = Tokens(elastic)
        token, text = made("sums", ["opinions"], 30, NOW)
        await tokens.add(token)
        assert await tokens.who(text, NOW) == token
        assert await tokens.who(text[:-1] + ("a" if text[-1] != "a" else "b"), NOW) is None
        assert await tokens.who("hyt_" + "0" * 12 + text[16:], NOW) is None
        assert await tokens.who("", NOW) is None
        assert await tokens.who(text, NOW + timedelta(days=31)) is None
        stored = await elastic.search("tokens", {"query": {"match_all": {}}})
        assert text[17:] not in str(stored)
        with pytest.raises(Misconfigured):
            await tokens.add(made("sums", ["alerts"], 30, NOW)[0])
        await tokens.revoke("sums", NOW)
        assert await tokens.who(text, NOW) is None
        with pytest.raises(Misconfigured):
            await tokens.revoke("sums", NOW)
        await tokens.add(made("sums", ["alerts"], 30, NOW)[0])


NONE = [("", ["alerts"], 9), ("a", [], 9), ("a", ["users"], 9), ("a", ["alerts"], 0)]


@pytest.mark.parametrize(("name", "scopes", "days"), NONE)
def test_what_no_token_can_be_is_refused(name: str, scopes: list[str], days: int) -> None:
    with pytest.raises(Misconfigured):
        made(name, scopes, days, NOW)


async def test_a_program_reads_what_people_find_and_each_look_is_written_down(
    elastic_settings: ElasticSettings,
) -> None:
    async with ready(elastic_settings) as elastic:
        await elastic.bulk([opinion(n, f"静宁县停水第{n}天", urgent=n == 2) for n in range(7)])
        await elastic.refresh("opinions-*")
        token, text = made("sums", ["opinions"], 30, NOW)
        await Tokens(elastic).add(token)
        async with signed_in(elastic) as (client, given):
            client.cookies.clear()
            client.headers["authorization"] = f"Bearer {text}"
            found = (await client.get(f"{BASE}/opinions?q=停水&span=all&sort=old")).json()
            assert (found["total"], [one["text"][-2:] for one in found["items"]][:2]) == (7, ["0天", "1天"])
            assert found["items"][0]["posted_at"].endswith("+08:00")
            assert found["negative_share"] == 1.0
            assert found["groups"]["county"] == [{"key": "620826", "count": 7, "negative_share": None}]
            few = (await client.get(f"{BASE}/opinions?q=停水&span=all&urgent=1")).json()
            assert (few["total"], few["negative_share"]) == (1, None)
            one = (await client.get(f"{BASE}/opinions/{found['items'][3]['id']}")).json()
            assert one == found["items"][3]
            assert "sentiment" not in str(found)
            looks = await given.audit.latest(kind="opinions.view")
            assert {look.by for look in looks} == {"token:sums"}
            assert len(looks) == 3
            assert (await client.get(f"{BASE}/alerts")).status_code == 403
            known = {row.path: row.schema for row in API}
            assert set(one) == set(known["/opinions/{id}"]["properties"])
            assert set(found) == set(known["/opinions"]["properties"])


async def test_the_command_makes_lists_and_revokes_a_token(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        env = {
            **os.environ, "HUIYING_ELASTICSEARCH": elastic_settings.hosts[0],
            "HUIYING_ELASTICSEARCH_PREFIX": elastic_settings.elasticsearch_prefix,
        }  # fmt: skip

        async def huiying(*words: str) -> str:
            command = [sys.executable, "-P", "-m", "deploy", "token", *words]
            done = await asyncio.to_thread(
                subprocess.run, command, env=env, capture_output=True, check=True, text=True
            )
            return str(done.stdout)

        said = await huiying("add", "sums", "--scope", "alerts", "--scope", "consultations")
        found = re.search(r"hyt_\w{12}_\S{43}", said)
        assert found
        listed = await huiying("list")
        assert "sums" in listed
        assert found[0][17:] not in listed
        assert "works no more" in await huiying("revoke", "sums")
        kinds = [hit["_source"]["kind"] for hit in (await elastic.search("history", {"sort": ["seq"]}))["hits"]["hits"]]
        assert kinds == ["token.made", "token.revoked"]


async def test_a_hotline_reads_requests_by_their_state_kind_and_time_as_open311_has_it(
    elastic_settings: ElasticSettings,
) -> None:
    async with ready(elastic_settings) as elastic:
        states = ["", "received", "answered", "closed"]
        rows = [opinion(n, f"静宁县停水第{n}天", kind="order", status=state) for n, state in enumerate(states)]
        await elastic.bulk([*rows, opinion(9, "静宁县停水，一条微博")])
        await elastic.refresh("opinions-*")
        token, text = made("hotline", ["open311"], 30, NOW)
        await Tokens(elastic).add(token)
        async with signed_in(elastic) as (client, given):
            client.cookies.clear()
            client.headers["authorization"] = f"Bearer {text}"

            async def days(query: str) -> list[str]:
                answer = await client.get(f"/open311/v2/requests.json?{query}")
                assert answer.status_code == 200
                return sorted(one["description"][-2] for one in answer.json())

            assert await days("") == ["0", "1", "2", "3"]
            assert await days("status=open") == ["0", "1"]
            assert await days("status=closed") == ["2", "3"]
            assert await days(f"service_request_id={rows[2].id},{rows[0].id}") == ["0", "2"]
            assert await days("service_code=城乡建设&status=open,closed") == ["0", "1", "2", "3"]
            assert await days("service_code=交通运输") == []
            assert await days("end_date=2026-01-01T00:00:00Z") == []
            one = await client.get(f"/open311/v2/requests/{rows[1].id}.xml")
            assert "<status>open</status><status_notes>已受理</status_notes>" in one.text
            assert (await client.get("/open311/v2/requests/none.json")).status_code == 404
            assert {look.by for look in await given.audit.latest(kind="opinions.view")} == {"token:hotline"}
