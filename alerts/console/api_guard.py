"""The guard before every address of the API: token, scope, and the person it acts for with his role and reach.

A token that only reads may be a system's own. One that writes acts for a named person, with that person's rights and no
more; what it did stands in the history under his name, with the token's beside.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alerts.accounts_users import User
from alerts.alert import Alert
from alerts.console.gates import why_not
from alerts.console.parts import ConsoleParts
from alerts.console.permissions import allowed
from alerts.consultation import Consultation
from alerts.ledger import Item
from alerts.reply import Answering
from alerts.tokens import SCOPES, Token
from streams.clock import ms
from streams.errors import Conflict, HuiyingError, Rejected, Retryable

log = logging.getLogger(__name__)
BODY_MOST = 64 * 1024
DECIDED = (
    "state", "level", "consultation", "acknowledged_by", "acknowledged_at", "signed_at", "note", "verdict",
    "verdict_reason", "verdict_by", "assigned_to",
)  # fmt: skip
"""What of an alert people decide on or decide: its version. Its figures move by themselves, and refuse nobody."""


@dataclass(frozen=True)
class Call:
    """A request that passed the guard; now: ms UTC of the city's clock; user: whom the token acts for, if anybody."""

    request: Request
    parts: ConsoleParts
    token: Token
    now: int
    user: User | None = None

    @property
    def who(self) -> User:
        """For whom something is done; the guard lets nothing be written for nobody."""
        assert self.user is not None
        return self.user

    async def note(self, kind: str, subject: str, data: Mapping[str, Any]) -> None:
        """Write to the history what was done or seen; what can't be written is not answered."""
        name = f"token:{self.token.name}"
        by, said = (self.user.username, {**data, "via": name}) if self.user else (name, data)
        await self.parts.audit.append(kind, subject, by, self.parts.clock.now(), said)


Answer = Callable[[Call], Awaitable[dict[str, Any] | None]]


class Addressed(Protocol):
    """An address of the API as its table has it; gate: the console's path whose gate it passes."""

    @property
    def method(self) -> str:
        """GET or POST."""
        ...

    @property
    def path(self) -> str:
        """The console's path that it stands beside, by which its gate is found."""
        ...

    @property
    def permission(self) -> str:
        """The scope, which is a permission of the console."""
        ...

    @property
    def answer(self) -> Answer:
        """What answers it."""
        ...


def version_of(record: Alert | Consultation | Item | Answering) -> str:
    """Return a record's version: who acts sends back the one he saw, and is told if it is another by now."""
    if isinstance(record, Consultation | Item | Answering):
        return str(record.revision)
    seen = [getattr(record, name) for name in DECIDED]
    return hashlib.sha256(msgspec.json.encode(seen)).hexdigest()[:16]


def seen_version(call: Call, body: Mapping[str, Any]) -> str:
    """Return the version that was seen, by `If-Match` or in the body; Rejected if there is none."""
    given = call.request.headers.get("if-match", "").strip().removeprefix("W/").strip('"') or body.get("version", "")
    if not given or given == "*":
        raise Rejected("field_missing", "请用 If-Match 请求头或 version 字段给出您所见的版本。")
    return str(given)


async def read_body(request: Request) -> dict[str, Any]:
    """Read a JSON object, up to a limit; Rejected, in Chinese, for anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Rejected("field_type", "请以 application/json 提交。")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MOST:
            raise Rejected("too_long", "提交的内容太大。")
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Rejected("field_type", "提交的内容不是 JSON 对象。")
    return {str(key): value for key, value in found.items()}


def refused(status: int, code: str, text: str) -> Response:
    """Return an error as JSON: a code for programs, a Chinese line for people."""
    headers = {"www-authenticate": 'Bearer realm="huiying"'} if status == 401 else {}
    return JSONResponse({"error": {"code": code, "message": text}}, status_code=status, headers=headers)


def slow_down(wait: int) -> Response:
    """Return the answer to a token that asks too often. wait: seconds."""
    answer = refused(429, "too_many", f"这个令牌的请求过于频繁，请{wait}秒后再试。")
    answer.headers["retry-after"] = str(wait)
    return answer


async def _let_in(row: Addressed, request: Request, parts: ConsoleParts) -> Call | Response:
    """Return the call of who may pass, or the answer to who may not; a refusal is written down."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    token = await parts.tokens.who(text.strip(), parts.wall.now()) if kind.lower() == "bearer" else None
    if token is None:
        log.warning("%s: no token, a wrong one, or one that has ended", request.url.path)
        return refused(401, "no_token", "没有有效的令牌；请管理员运行 huiying token add 签发。")
    if wait := parts.api_rates.enter(token.id):
        return slow_down(wait)
    user = await parts.accounts.find(token.person) if token.person else None
    call = Call(request, parts, token, ms(parts.clock.now()), user)
    if why := await _why_not(row, call):
        code, said = why
        log.warning("%s: token %s: %s", request.url.path, token.name, said)
        data = {"path": f"{request.method} {request.url.path}"[:200], "reason": said}
        await call.note("access.refused", row.permission, data)
        return refused(403, code, said)
    return call


async def _why_not(row: Addressed, call: Call) -> tuple[str, str] | None:
    scope, user = row.permission, call.user
    if scope not in call.token.scopes:
        return "no_scope", f"令牌没有“{SCOPES[scope]}”的权限。"
    if call.token.person and (user is None or user.disabled):
        return "no_person", "令牌所代表的人员账号已停用或不存在。"
    if user is None:
        return ("no_person", "办理须有具名人员：请管理员用 --for 签发。") if row.method != "GET" else None
    if not allowed(user.role, scope):
        return "no_role", f"令牌所代表的人员没有“{SCOPES[scope]}”的权限。"
    why = await why_not(call.parts, user, row, call.request.path_params)
    return ("no_reach", why) if why else None


def guarded(row: Addressed, parts: ConsoleParts) -> Callable[[Request], Awaitable[Response]]:
    """Return a route's endpoint: no token, no answer; and none beyond its scopes and its person's rights."""

    async def endpoint(request: Request) -> Response:
        try:
            call = await _let_in(row, request, parts)
            return call if isinstance(call, Response) else answered(await row.answer(call))
        except Rejected as error:
            return refused(400, "rejected", error.detail)
        except Conflict:
            return refused(409, "conflict", "这条记录刚刚被别人修改过，没有保存。请读取最新内容后再决定。")
        except Retryable as error:
            log.warning("%s: %s", request.url.path, error)
            return refused(503, "unavailable", "数据库暂时连接不上，请稍后再试。")
        except (HuiyingError, HTTPException):
            raise
        except Exception:
            log.exception("%s failed", request.url.path)
            return refused(500, "failed", "系统内部出错，已记入日志。")

    return endpoint


def answered(found: dict[str, Any] | None) -> Response:
    """Return what was found as JSON, with its version as ETag."""
    if found is None:
        return refused(404, "not_found", "没有这条内容。")
    return JSONResponse(found, headers={"etag": f'"{found["version"]}"'} if "version" in found else {})
