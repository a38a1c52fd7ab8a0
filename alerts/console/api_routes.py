"""One table of the reading API, and the OpenAPI document that is made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alerts.console import api
from alerts.console import opinion_query as search
from alerts.exports import running
from alerts.tokens import SCOPES

BASE = "/api/v1"
TEXT = {"type": "string"}
TIME = {"type": "string", "format": "date-time", "nullable": True}
NUMBERS = frozenset({"value", "bound", "usual", "peak"})
COUNTS = frozenset({"likes", "count", "total"})
FLAGS = frozenset({"late", "urgent", "danger", "emergency"})
LISTS = frozenset({"urgent_terms", "alert_ids"})


@dataclass(frozen=True)
class ApiRow:
    """One address: under `BASE`, with which scope, answered by what; query: parameter → what it means, in Chinese."""

    path: str
    scope: str
    answer: api.Answer
    does: str
    schema: Mapping[str, Any]
    query: Mapping[str, str]


def record(fields: tuple[str, ...] | list[str], **more: Any) -> dict[str, Any]:
    """Return the schema of a record of these fields."""
    return {"type": "object", "properties": {**{name: _kind(name) for name in fields}, **more}}


def _kind(name: str) -> dict[str, Any]:
    if name.endswith("_at") or name.startswith("window_"):
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
ASKED = {
    "q": "检索词：空格为与，“或”为或，-词为不含，引号内为短语", "span": f"时间：{'、'.join(search.RANGES)}",
    "since": "开始时间（北京时间，如 2026-05-01T08:00）", "until": "结束时间", "topic": "主题", "subtopic": "子主题",
    "source": "来源", "county": "区县代码", "intent": "诉求", "urgent": "1 紧急，danger 涉及人身安全", "event": "事件",
    "sort": f"排序：{'、'.join(search.SORTS)}", "page": f"第几页，每页{search.PER_PAGE}条",
}  # fmt: skip
OPINION, ALERT, CONSULTATION = record(search.SHOWN), record(api.ALERT), record(api.CONSULTATION)
SAMPLES = {"type": "array", "items": record(api.SAMPLE)}
FOUND = many(OPINION, total=COUNT, page=COUNT, pages=COUNT, understood=TEXT, negative_share=SHARE, groups=GROUPS)

API: tuple[ApiRow, ...] = (
    ApiRow("/opinions", "opinions", api.opinions, "检索舆情，附分组计数", FOUND, ASKED),
    ApiRow("/opinions/{id}", "opinions", api.opinion, "一条信息及其标签", OPINION, {}),
    ApiRow("/alerts", "alerts", api.alerts, "预警列表（不含原文）", many(ALERT), {"state": "状态"}),
    ApiRow("/alerts/{id}", "alerts", api.alert, "一条预警及原文摘录", record(api.ALERT, samples=SAMPLES), {}),
    ApiRow("/consultations", "consultations", api.consultations, "会商列表", many(CONSULTATION), {"open": "1 未办结"}),
    ApiRow("/consultations/{id}", "consultations", api.consultation, "一次会商", CONSULTATION, {}),
)
OPENAPI = f"{BASE}/openapi.json"


def document() -> dict[str, Any]:
    """Return the API as OpenAPI 3.0."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "回应 · 只读接口", "version": running(),
            "description": "凭令牌读取。原文已遮盖个人信息，不含发布者；情感只对不少于5条的分组；读取原文记入审计。",
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
        "paths": {row.path: {"get": _operation(row)} for row in API},
    }  # fmt: skip


def _operation(row: ApiRow) -> dict[str, Any]:
    own = [{"name": "id", "in": "path", "required": True, "schema": TEXT}] if "{id}" in row.path else []
    asked = [{"name": name, "in": "query", "schema": TEXT, "description": said} for name, said in row.query.items()]
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    errors = {"401": "没有有效的令牌", "403": "令牌没有这项权限", "503": "数据库暂时连接不上"}
    if "{id}" in row.path:
        errors["404"] = "没有这条内容"
    return {
        "operationId": row.path.strip("/").replace("/{id}", "_one"),
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
