"""One table of the API, and the OpenAPI document that is made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alerts.answered import ANSWERS
from alerts.console import api
from alerts.console import api_ledger as ledger
from alerts.console import api_replies as replies
from alerts.console import api_writes as writes
from alerts.console import opinion_query as search
from alerts.console.api_guard import Answer
from alerts.exports import running
from alerts.fields import Field
from alerts.reply_moves import BEGIN
from alerts.tokens import SCOPES

BASE = "/api/v1"
TEXT = {"type": "string"}
TIME = {"type": "string", "format": "date-time", "nullable": True}
NUMBERS = frozenset({"value", "bound", "usual", "peak"})
COUNTS = frozenset({"likes", "count", "total", "asked", "number", "start", "end"})
FLAGS = frozenset({
    "late", "urgent", "danger", "emergency", "confirmed", "came", "hushing", "overdue", "paused", "final",
})  # fmt: skip
LISTS = frozenset({"urgent_terms", "alert_ids", "assists"})


@dataclass(frozen=True)
class ApiRow:
    """One address: under `BASE`, with which scope, answered by what; query: parameter → what it means, in Chinese.

    fields: what a POST takes; seen: whether it takes the version that was seen; gate: the console's path whose gate it
    passes, "" for its own path.
    """

    path: str
    scope: str
    answer: Answer
    does: str
    schema: Mapping[str, Any]
    query: Mapping[str, str]
    method: str = "GET"
    fields: tuple[Field, ...] = ()
    seen: bool = False
    gate: str = ""

    @property
    def permission(self) -> str:
        """The scope is a permission of the console."""
        return self.scope


@dataclass(frozen=True)
class Gated:
    """A row as the guard takes it: with the console's path for its own."""

    method: str
    path: str
    permission: str
    answer: Answer


def gated(row: ApiRow) -> Gated:
    """Return a row as the guard takes it."""
    return Gated(row.method, row.gate or row.path, row.scope, row.answer)


def record(fields: tuple[str, ...] | list[str], **more: Any) -> dict[str, Any]:
    """Return the schema of a record of these fields."""
    return {"type": "object", "properties": {**{name: _kind(name) for name in fields}, **more}}


def _kind(name: str) -> dict[str, Any]:
    if name.endswith("_at") or name.startswith("window_") or name in api.TIMES:
        return TIME
    if name in LISTS:
        return {"type": "array", "items": TEXT}
    if name == "sources":
        return {"type": "object", "additionalProperties": {"type": "integer"}}
    kind = "integer" if name in COUNTS else "number" if name in NUMBERS else "boolean" if name in FLAGS else "string"
    return {"type": kind}


def many(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the schema of a list of records."""
    return {"type": "object", "properties": {**more, "items": {"type": "array", "items": item}}}


COUNT = {"type": "integer"}
SHARE = {"type": "number", "nullable": True, "description": f"负面占比，不足{search.GROUP_LEAST}条时为 null"}
GROUP = {"type": "object", "properties": {"key": TEXT, "count": COUNT, "negative_share": SHARE}}
GROUPS = {"type": "object", "additionalProperties": {"type": "array", "items": GROUP}}
CASE, SHOWN_ALERT = (*api.CONSULTATION, "version"), (*api.ALERT, "version")
ASKED = {
    "q": "检索词：空格为与，“或”为或，-词为不含，引号内为短语", "span": f"时间：{'、'.join(search.RANGES)}",
    "since": "开始时间（北京时间，如 2026-05-01T08:00）", "until": "结束时间", "topic": "主题", "subtopic": "子主题",
    "source": "来源", "county": "区县代码", "intent": "诉求", "urgent": "1 紧急，danger 涉及人身安全", "event": "事件",
    "answer": f"答复与否，按台账：{'、'.join(f'{key} {name}' for key, name in ANSWERS.items())}",
    "sort": f"排序：{'、'.join(search.SORTS)}", "page": f"第几页，每页{search.PER_PAGE}条",
}  # fmt: skip
OPINION, ALERT, CONSULTATION = record(search.SHOWN), record(SHOWN_ALERT), record(CASE)
WHOLE_ALERT = record(
    SHOWN_ALERT, **{name: {"type": "array", "items": record(fields)} for name, fields in api.OF_ALERT.items()}
)
FOUND = many(OPINION, total=COUNT, page=COUNT, pages=COUNT, understood=TEXT, negative_share=SHARE, groups=GROUPS)

ITEMS = {name: {"type": "array", "items": record(fields)} for name, fields in api.LISTS.items()}
VERSION = {"type": "string", "description": "版本：修改时以 If-Match 请求头或 version 字段原样送回"}


def act(path: str, scope: str, answer: Answer, does: str, fields: tuple[Field, ...], **more: Any) -> ApiRow:
    """Return the row of what changes something; it answers the record after it."""
    schema = ALERT if path.startswith("/alerts") and not path.endswith("/consult") else CONSULTATION
    fixed = {"schema": schema, "seen": True, **more}
    return ApiRow(path=path, scope=scope, answer=answer, does=does, query={}, method="POST", fields=fields, **fixed)


API: tuple[ApiRow, ...] = (
    ApiRow("/opinions", "opinions", api.opinions, "检索舆情，附分组计数", FOUND, ASKED),
    ApiRow("/opinions/{id}", "opinions", api.opinion, "一条信息及其标签", OPINION, {}),
    ApiRow("/alerts", "alerts", api.alerts, "预警列表（不含原文）", many(ALERT), {"state": "状态"}),
    ApiRow("/alerts/{id}", "alerts", api.alert, "一条预警及原文摘录", WHOLE_ALERT, {}),
    ApiRow("/consultations", "consultations", api.consultations, "会商列表", many(CONSULTATION), {"open": "1 未办结"}),
    ApiRow("/consultations/{id}", "consultations", api.consultation, "一次会商及其事实、问题、任务和可办的操作",
           record(CASE, **ITEMS, moves={"type": "array", "items": TEXT}), {}),
    act("/alerts/{id}/acknowledge", "alerts.handle", writes.acknowledge, "签收", (writes.NOTE,)),
    act("/alerts/{id}/renew", "alerts.handle", writes.renew, "续签", (writes.NOTE,)),
    act("/alerts/{id}/take-over", "alerts.handle", writes.take_over, "接手", (writes.REASON,)),
    act("/alerts/{id}/judge", "alerts.handle", writes.judge, "标记属实、误报或迟报", (writes.VERDICT, writes.REASON)),
    act("/alerts/{id}/assign", "alerts.handle", writes.assign, "交办给一名人员", (writes.TO,)),
    act("/alerts/{id}/comment", "alerts.handle", writes.comment, "备注", (writes.TEXT,), seen=False),
    act("/alerts/{id}/decline", "alerts.decide", writes.decline, "决定不会商", (writes.REASON,)),
    act("/alerts/{id}/consult", "alerts.decide", writes.consult, "确认会商", writes.CONSULT),
    ApiRow("/silences", "alerts", api.silences, "静默：仍有效和一周内结束的", many(record(api.SILENCE)), {}),
    act("/silences", "alerts.hush", writes.hush, "设静默", writes.HUSH, schema=record(api.SILENCE), seen=False),
    act("/silences/{id}/end", "alerts.hush", writes.unhush, "提前结束静默", (), schema=record(api.SILENCE), seen=False),
    act("/consultations", "alerts.decide", writes.open_by_hand, "直接启动会商", writes.OPEN, seen=False),
    *(act(f"/consultations/{{id}}/{move.name}", "consultations.work", writes.moving(move), move.title, move.fields,
          gate="/consultations/{id}/{move}") for move in writes.BY_API),
)  # fmt: skip
LEDGER_FIELDS = (*ledger.ITEM, "version")
API += (
    ApiRow("/ledger", "ledger", ledger.items, "台账：未答复的在前，先到期的在前",
           many(record(LEDGER_FIELDS), total=COUNT), ledger.ASKED),
    ApiRow("/ledger/{id}", "ledger", ledger.item, "台账中的一件及其原文、答复和可办的操作", record(
        (*LEDGER_FIELDS, "text"), moves={"type": "array", "items": TEXT},
        replies={"type": "array", "items": record(ledger.REPLY)},
    ), {}),
    *(act(f"/ledger/{{id}}/{move.name}", "ledger.work", ledger.moving(move), move.title, move.fields,
          schema=record(LEDGER_FIELDS), gate="/ledger/{id}/{move}") for move in ledger.BY_API),
)  # fmt: skip
ONE_REPLY = record((*replies.REPLY, "version"))
API += (
    ApiRow("/replies", "ledger", replies.replies, "答复：办理中的，停留最久的在前", many(ONE_REPLY, total=COUNT),
           replies.ASKED),
    ApiRow("/replies/{id}", "ledger", replies.reply, "一份答复的各稿、检查提示和可办的操作", record(
        (*replies.REPLY, "version"), moves={"type": "array", "items": TEXT},
        versions={"type": "array", "items": record(replies.VERSION)},
        checks={"type": "array", "items": record(replies.FAULT)},
    ), {}),
    act("/ledger/{id}/reply", "ledger.work", replies.begin, "起草答复", BEGIN.fields, schema=ONE_REPLY, seen=False),
    *(act(f"/replies/{{id}}/{move.name}", "ledger.work", replies.moving(move), move.title, move.fields,
          schema=ONE_REPLY, gate="/replies/{id}/{move}") for move in replies.BY_API),
)  # fmt: skip
OPENAPI = f"{BASE}/openapi.json"


def document() -> dict[str, Any]:
    """Return the API as OpenAPI 3.0."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "回应 · 接口", "version": running(),
            "description": "凭令牌读取和办理。原文已遮盖个人信息，不含发布者；情感只对不少于5条的分组；"
            "读取原文记入审计。"
            "办理以令牌所代表的人员的角色、范围和回避为限，并送回所见的版本（If-Match），不一致时答复409。"
            "审核、签发、更正、统一口径和办结须本人在页面上办理，不在接口中。",
        },
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "huiying token add 签发"}},
            "schemas": {"Error": {
                "type": "object", "properties": {"error": {
                    "type": "object", "properties": {"code": TEXT, "message": TEXT},
                }},
            }},
        },
        "paths": {
            path: {row.method.lower(): _operation(row) for row in API if row.path == path}
            for path in dict.fromkeys(row.path for row in API)
        },
    }  # fmt: skip


def taken(fields: Sequence[Field], *, seen: bool) -> dict[str, Any]:
    """Return the schema of what a POST takes."""
    kinds: dict[str, dict[str, Any]] = {
        "time": {"type": "string", "format": "date-time"}, "count": {"type": "integer"}, "yes": {"type": "boolean"},
    }  # fmt: skip
    properties = {}
    for field in fields:
        shape = {**kinds.get(field.kind, {"type": "string"}), "description": field.label}
        if field.kind == "choice":
            shape["enum"] = list(field.choices)
            shape["description"] += "：" + "、".join(f"{key} {word}" for key, word in field.choices.items())
        properties[field.name] = shape
    schema = {"type": "object", "properties": {**properties, **({"version": VERSION} if seen else {})}}
    needed = [field.name for field in fields if field.required]
    return {**schema, "additionalProperties": False, **({"required": needed} if needed else {})}


def _operation(row: ApiRow) -> dict[str, Any]:
    own = [{"name": "id", "in": "path", "required": True, "schema": TEXT}] if "{id}" in row.path else []
    asked = [{"name": name, "in": "query", "schema": TEXT, "description": said} for name, said in row.query.items()]
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    errors = {"401": "没有有效的令牌", "403": "令牌没有这项权限", "503": "数据库暂时连接不上"}
    if "{id}" in row.path:
        errors["404"] = "没有这条内容"
    body = {}
    if row.method == "POST":
        errors |= {"400": "没有保存，附理由", **({"409": "已被别人修改，请读取最新内容"} if row.seen else {})}
        schema = taken(row.fields, seen=row.seen)
        body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
        if row.seen:
            own.append({"name": "If-Match", "in": "header", "schema": TEXT, "description": VERSION["description"]})
    name = row.path.strip("/").replace("/{id}", "_one").replace("/", "_")
    return {
        "operationId": name if row.method == "GET" else f"do_{name}",
        **body,
        "summary": row.does,
        "description": f"需要令牌权限：{row.scope}（{SCOPES[row.scope]}）",
        "parameters": [*own, *asked],
        "responses": {
            "200": {"description": row.does, "content": {"application/json": {"schema": row.schema}}},
            **{status: {"description": said, "content": problem} for status, said in errors.items()},
        },
    }


async def openapi(_: Request) -> Response:
    """Answer the document; it holds nothing of the city."""
    return JSONResponse(document())
