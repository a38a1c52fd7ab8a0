"""Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2) for exchange with a hotline: read, and create.

A new request takes the way of every post: decoded, checked and masked by the intake's own code, then to Kafka. Unlike
the standard, reading asks for a token too, since descriptions are people's words; the list of services does not.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.accounts_users import User
from alerts.console import open311_words as words
from alerts.console.parts import ConsoleParts
from alerts.console.security import BadForm, read_form
from alerts.reach import by_units
from alerts.tokens import Token
from streams.clock import beijing, ms
from streams.errors import HuiyingError, Rejected, Retryable
from streams.gateway.problems import Problem
from streams.topics import LEDGER, OPINIONS, pattern

log = logging.getLogger(__name__)
BASE = "/open311/v2"
READ, CREATE = "open311", "open311.create"
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Call:
    """One request; token, user: who asks, and for whom, where the row asks for a token. now: ms UTC."""

    request: Request
    parts: ConsoleParts
    form: str
    now: int
    token: Token | None = None
    user: User | None = None
    fields: dict[str, str] | None = None


@dataclass(frozen=True)
class Row:
    """One address: with which scope of a token ("" for none), answered by what."""

    method: str
    path: str
    scope: str
    answer: Callable[[Call], Awaitable[Response]]
    does: str


class Fault(Exception):
    """What is answered as the standard's error: an HTTP status and a Chinese line."""

    def __init__(self, status: int, said: str) -> None:
        """Keep both."""
        super().__init__(said)
        self.status, self.said = status, said


def _answer(call: Call, value: Any, root: str, item: str = "", status: int = 200) -> Response:
    return Response(words.written(value, call.form, root, item), status, media_type=words.FORMS[call.form])


async def discovery(call: Call) -> Response:
    """Say which versions there are and where."""
    found = {
        "changeset": "2026-11-01T00:00:00+08:00", "contact": call.parts.city or "回应", "key_service": "",
        "endpoints": [{
            "specification": "http://wiki.open311.org/GeoReport_v2", "url": BASE, "type": "production",
            "changeset": "2026-11-01T00:00:00+08:00", "formats": ["text/xml", "application/json"],
        }],
    }  # fmt: skip
    return _answer(call, found, "discovery")


async def services(call: Call) -> Response:
    """List the kinds of requests."""
    return _answer(call, words.services(), "services", "service")


async def definition(call: Call) -> Response:
    """Say what one kind asks for beyond the standard: nothing."""
    code = str(call.request.path_params["code"])
    if code not in {one["service_code"] for one in words.services()}:
        raise Fault(404, "没有这个 service_code，见 services。")
    return _answer(call, {"service_code": code, "attributes": []}, "service_definition")


async def _found(call: Call, ask: words.Wanted) -> list[dict[str, Any]]:
    assert call.token is not None
    if call.user is not None and by_units(call.user):
        raise Fault(403, "令牌所代表的人员只办理本单位事项，不能读取诉求。")
    search = words.body(ask, call.user.counties if call.user else ())
    hits = [hit["_source"] for hit in (await call.parts.documents.search(pattern(OPINIONS), search))["hits"]["hits"]]
    if hits:
        data = {"shown": len(hits), "ids": [one["id"] for one in hits], "form": "open311"}
        by = f"token:{call.token.name}"
        await call.parts.audit.append("opinions.view", "opinions", by, call.parts.clock.now(), data)
    items: dict[str, Mapping[str, Any]] = {}
    if hits:
        items = words.by_text(await call.parts.documents.search(LEDGER.name, words.items_body([h["id"] for h in hits])))
    found = [words.request_of(one, items.get(one["id"])) for one in hits]
    return [one for one in found if ask.status in {"", one["status"]}]


async def listing(call: Call) -> Response:
    """List requests."""
    ask = words.wanted(call.request.query_params, call.now)
    return _answer(call, await _found(call, ask), "service_requests", "request")


async def one(call: Call) -> Response:
    """Answer one request."""
    found = await _found(call, words.Wanted(ids=(str(call.request.path_params["id"]),)))
    if not found:
        raise Fault(404, "没有这个 service_request_id；刚提交的约一分钟后可查询。")
    return _answer(call, found, "service_requests", "request")


async def create(call: Call) -> Response:
    """Take a new request."""
    assert call.token is not None
    if call.parts.intake is None:
        raise Fault(503, "没有接入 Kafka，暂不能接收。")
    asked = words.read(call.fields or {})
    native_id = asked.native_id(call.token.id, f"{beijing(call.now):%Y-%m-%d}")
    text = f"{asked.place} {asked.description}".strip()
    post = await call.parts.intake.take(call.token.id, native_id, title=asked.service_code, text=text, now=call.now)
    made = [{"service_request_id": post.id, "service_notice": words.NOTICE, "account_id": None}]
    return _answer(call, made, "service_requests", "request", 201)


OPEN311: tuple[Row, ...] = (
    Row("GET", "/open311/discovery.{form}", "", discovery, "服务发现"),
    Row("GET", f"{BASE}/services.{{form}}", "", services, "诉求类别"),
    Row("GET", f"{BASE}/services/{{code}}.{{form}}", "", definition, "一类诉求的附加项"),
    Row("GET", f"{BASE}/requests.{{form}}", READ, listing, "诉求列表"),
    Row("POST", f"{BASE}/requests.{{form}}", CREATE, create, "提交诉求"),
    Row("GET", f"{BASE}/requests/{{id}}.{{form}}", READ, one, "一条诉求"),
)


async def _let_in(row: Row, call: Call, key: str) -> Call:
    """Return the call with whose token it is. Raises Fault (403, as the standard has it; 429)."""
    kind, _, bearer = call.request.headers.get("authorization", "").partition(" ")
    text = bearer.strip() if kind.lower() == "bearer" else key
    token = await call.parts.tokens.who(text, call.parts.wall.now()) if text else None
    if token is None:
        raise Fault(403, "没有有效的令牌（Authorization 请求头，或提交时的 api_key）。")
    if wait := call.parts.api_rates.enter(token.id):
        raise Fault(429, f"这个令牌的请求过于频繁，请{wait}秒后再试。")
    user = await call.parts.accounts.find(token.person) if token.person else None
    if row.scope not in token.scopes or (token.person and (user is None or user.disabled)):
        data = {"path": f"{row.method} {call.request.url.path}"[:200], "reason": f"令牌没有“{row.does}”的权限"}
        by = f"token:{token.name}"
        await call.parts.audit.append("access.refused", row.scope, by, call.parts.clock.now(), data)
        raise Fault(403, f"令牌没有“{row.does}”的权限。")
    return Call(call.request, call.parts, call.form, call.now, token, user, call.fields)


async def _handled(row: Row, request: Request, parts: ConsoleParts, form: str) -> Response:
    call, key = Call(request, parts, form, ms(parts.clock.now())), ""
    if row.method == "POST":
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
            raise Fault(400, f"请以 {FORM_TYPE} 提交。")
        fields = await read_form(request)
        key = fields.get("api_key", "")
        call = Call(request, parts, form, call.now, fields=fields)
    if row.scope:
        call = await _let_in(row, call, key)
    return await row.answer(call)


def guarded(row: Row, parts: ConsoleParts) -> Callable[[Request], Awaitable[Response]]:
    """Return a route's endpoint, from which nothing comes but an answer of the standard; no input is logged."""

    async def endpoint(request: Request) -> Response:
        form = str(request.path_params["form"])
        if form not in words.FORMS:
            raise HTTPException(404)
        try:
            return await _handled(row, request, parts, form)
        except Fault as fault:
            status, said = fault.status, fault.said
        except BadForm as bad:
            status, said = 400, str(bad)
        except Rejected as refused:
            status, said = (404 if refused.reason == "not_found" else 400), refused.detail
        except Problem as problem:
            status, said = problem.status, "提交过于频繁，请稍后再试。"
        except Retryable:
            status, said = 503, "暂时连接不上数据库或 Kafka，请稍后再试。"
        except HuiyingError:
            raise
        except Exception as error:  # noqa: BLE001 - its text could hold what was sent
            log.error("%s failed: %s", row.path, type(error).__name__)  # noqa: TRY400 - as above
            status, said = 500, "系统内部出错，已记入日志。"
        log.info("%s %s: %d", row.method, row.path, status)
        return Response(
            words.written(words.errors(status, said), form, "errors", "error"), status, media_type=words.FORMS[form]
        )

    return endpoint
