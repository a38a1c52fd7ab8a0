"""The reading API: the console's searches as JSON, for programs with a token; the same texts, the same record.

Every answer is made of the fields listed here and of no other: no sentiment of a single text, no author (there is
none), no name of staff. Every look at texts is written down under the token's name before it is answered.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alerts.console import opinion_query as search
from alerts.console.language import normal
from alerts.console.opinion_pages import asked_for, in_words
from alerts.console.parts import ConsoleParts
from alerts.tokens import SCOPES, Token
from streams.clock import beijing, ms
from streams.errors import HuiyingError, Retryable
from streams.topics import OPINIONS, pattern

log = logging.getLogger(__name__)
ALERT = (
    "id", "rule", "rule_title", "level", "topic", "county", "source", "phrase", "title", "reason", "state", "opened_at",
    "updated_at", "resolved_at", "acknowledged_at", "window_from", "window_to", "value", "bound", "usual", "count",
    "total", "peak", "consultation", "danger", "sources",
)  # fmt: skip
SAMPLE = ("id", "text", "source", "posted_at")
CONSULTATION = (
    "id", "title", "alert_ids", "topic", "county", "grade", "grade_reason", "known_at", "occurred_at", "opened_at",
    "updated_at", "emergency", "state", "next_meeting_at", "closed_at",
)  # fmt: skip
LISTED = 200


@dataclass(frozen=True)
class Call:
    """A request that passed the token's guard; now: ms UTC of the city's clock."""

    request: Request
    parts: ConsoleParts
    token: Token
    now: int

    async def note(self, kind: str, subject: str, data: Mapping[str, Any]) -> None:
        """Write to the history what this token saw; what can't be written is not answered."""
        await self.parts.audit.append(kind, subject, f"token:{self.token.name}", self.parts.clock.now(), data)


Answer = Callable[[Call], Awaitable[dict[str, Any] | None]]


def plain(fields: Sequence[str], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return only these fields; times as ISO 8601 in Beijing time, null for none."""
    out: dict[str, Any] = {}
    for name in fields:
        value = document.get(name)
        if name.endswith("_at") or name.startswith("window_"):
            value = beijing(int(value)).isoformat(timespec="seconds") if value else None
        out[name] = value
    return out


async def opinions(call: Call) -> dict[str, Any]:
    """Answer a page of texts that match, counts by group, and the share of negative texts of groups of five or more."""
    ask, _ = asked_for(call.request.query_params, call.now)
    answer = await call.parts.documents.search(pattern(OPINIONS), search.body(ask, normal))
    hits = [hit["_source"] for hit in answer["hits"]["hits"]]
    if hits:
        seen = {"query": in_words(ask), "page": ask.page, "shown": len(hits), "ids": [one["id"] for one in hits]}
        await call.note("opinions.view", "opinions", seen)
    total = int(answer["hits"]["total"]["value"])
    found = search.feeling(answer)
    groups = {
        name: [{"key": s.key, "count": s.count, "negative_share": s.negative} for s in search.shares(answer, name)]
        for name in search.FACETS
    }
    return {
        "total": total,
        "page": ask.page,
        "pages": min(-(-total // search.PER_PAGE), search.PAGES_MOST),
        "understood": ask.understood or ask.text,
        "negative_share": found.get("neg", 0) / total if found and total else None,
        "groups": groups,
        "items": [plain(search.SHOWN, one) for one in hits],
    }


async def opinion(call: Call) -> dict[str, Any] | None:
    """Answer one text with its labels."""
    post = str(call.request.path_params["id"])
    body = {"size": 1, "query": {"term": {"id": post}}, "_source": search.SHOWN}
    hits = (await call.parts.documents.search(pattern(OPINIONS), body))["hits"]["hits"]
    if not hits:
        return None
    await call.note("opinions.view", post, {"ids": [post]})
    return plain(search.SHOWN, hits[0]["_source"])


async def alerts(call: Call) -> dict[str, Any]:
    """Answer alerts, the newest first, without texts."""
    state = call.request.query_params.get("state", "")[:20]
    found = await call.parts.alerts.alerts(limit=LISTED, state=state)
    return {"items": [plain(ALERT, msgspec.to_builtins(one)) for one in found]}


async def alert(call: Call) -> dict[str, Any] | None:
    """Answer one alert with its samples of texts."""
    found = await call.parts.alerts.alert(str(call.request.path_params["id"]))
    if found is None:
        return None
    document = msgspec.to_builtins(found)
    await call.note("alerts.view", found.id, {"ids": [one.id for one in found.samples]})
    return {**plain(ALERT, document), "samples": [plain(SAMPLE, one) for one in document["samples"]]}


async def consultations(call: Call) -> dict[str, Any]:
    """Answer consultations, the newest first."""
    open_only = call.request.query_params.get("open", "") == "1"
    found = await call.parts.consultations.list(open_only=open_only, limit=LISTED)
    return {"items": [plain(CONSULTATION, msgspec.to_builtins(one)) for one in found]}


async def consultation(call: Call) -> dict[str, Any] | None:
    """Answer one consultation."""
    found = await call.parts.consultations.get(str(call.request.path_params["id"]))
    if found is None:
        return None
    await call.note("consultations.view", found.id, {})
    return plain(CONSULTATION, msgspec.to_builtins(found))


def refused(status: int, code: str, text: str) -> Response:
    """Return an error as JSON: a code for programs, a Chinese line for people."""
    headers = {"www-authenticate": 'Bearer realm="huiying"'} if status == 401 else {}
    return JSONResponse({"error": {"code": code, "message": text}}, status_code=status, headers=headers)


def guarded(scope: str, answer: Answer, parts: ConsoleParts) -> Callable[[Request], Awaitable[Response]]:
    """Return a route's endpoint: no token, no answer; and none beyond the token's scopes."""

    async def endpoint(request: Request) -> Response:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        try:
            token = await parts.tokens.who(text.strip(), parts.wall.now()) if kind.lower() == "bearer" else None
            if token is None:
                log.warning("%s: no token, a wrong one, or one that has ended", request.url.path)
                return refused(401, "no_token", "没有有效的令牌；请管理员运行 huiying token add 签发。")
            if scope not in token.scopes:
                log.warning("%s: token %s has no scope %s", request.url.path, token.name, scope)
                return refused(403, "no_scope", f"令牌没有“{SCOPES[scope]}”的权限。")
            found = await answer(Call(request, parts, token, ms(parts.clock.now())))
        except Retryable as error:
            log.warning("%s: %s", request.url.path, error)
            return refused(503, "unavailable", "数据库暂时连接不上，请稍后再试。")
        except (HuiyingError, HTTPException):
            raise
        except Exception:
            log.exception("%s failed", request.url.path)
            return refused(500, "failed", "系统内部出错，已记入日志。")
        return JSONResponse(found) if found is not None else refused(404, "not_found", "没有这条内容。")

    return endpoint
