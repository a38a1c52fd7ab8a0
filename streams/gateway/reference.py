"""The reference of the intake for those who send: OpenAPI, and the same as a page that needs nothing from elsewhere."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from streams.gateway.parts import GatewayParts
from streams.gateway.problems import KINDS
from streams.records import PAGE_POSTS_LIMIT, REASONS, SOURCES, TEXT_LIMIT

FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "native_id": ({"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"}, "the source's own id of the post"),
    "posted_at": (
        {"type": ["string", "number"]},
        "when it was written: ISO 8601 (without a zone: Beijing), or seconds or milliseconds since 1970",
    ),
    "text": ({"type": "string", "maxLength": TEXT_LIMIT}, "what was written; personal data in it is masked"),
    "title": ({"type": "string"}, "its title; text or title must be there"),
    "kind": ({"enum": ["post", "comment", "message", "order"], "default": "message"}, "what it is"),
    "version": ({"type": "integer"}, "ms UTC at which the source showed this state; a higher one replaces a lower one"),
    "parent": ({"type": "string"}, "native id of the agency's own article or post that it comments on"),
    "likes": ({"type": "integer", "minimum": 0}, "count"),
    "dislikes": ({"type": "integer", "minimum": 0}, "count"),
    "source": ({"enum": list(SOURCES)}, "whose post it is; if given, that of its page"),
}
REQUIRED = ("native_id", "posted_at")
INTRO = (
    "202 is answered when Kafka has acknowledged, never before. A post is known by its source and native_id: sending "
    "it again changes no count, so after 408, 500, 503 or a broken connection send it again. Each item gets a verdict: "
    "good ones are taken, bad ones come back with index and reason and are counted as rejected. Only the fields below "
    "are read; all others, and so whoever wrote, are dropped unread. After 429 and 503 wait as Retry-After says."
)
SIGNING = (
    "Keys made with --signed: Authorization: Huiying-HMAC-SHA256 key=ID,timestamp=UNIX_SECONDS,signature=HEX, where "
    "the signature is HMAC-SHA256 over TIMESTAMP, newline, path and query, newline, body as sent; its key is the 32 "
    "bytes of SHA-256(SECRET), and the key that was shown is hy_ID_SECRET. The time may lie 300 s from now; each "
    "signed request is taken once."
)


def openapi() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    post = {
        "type": "object",
        "required": list(REQUIRED),
        "properties": {name: {**schema, "description": words} for name, (schema, words) in FIELDS.items()},
    }
    posts = {"type": "array", "maxItems": PAGE_POSTS_LIMIT, "items": {"$ref": "#/components/schemas/Post"}}
    page = {
        "type": "object",
        "required": ["posts"],
        "properties": {"source": {"enum": list(SOURCES)}, "posts": posts},
    }
    verdict = {
        "type": "object",
        "properties": {
            "index": {"type": "integer"}, "status": {"enum": ["accepted", "rejected"]}, "id": {"type": "string"},
            "reason": {"enum": list(REASONS)}, "detail": {"type": "string"},
        },
    }  # fmt: skip
    counts = {name: {"type": "integer"} for name in ("received", "accepted", "rejected")}
    answer = {
        "type": "object",
        "properties": {
            "source": {"type": "string"}, **counts, "same_again": {"type": "string"},
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/Verdict"}},
        },
    }  # fmt: skip
    problem = {
        "type": "object",
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
    }  # fmt: skip
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in ("Page", "Posts", "Post")]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Huiying intake", "version": "1", "description": f"{INTRO}\n\n{SIGNING}"},
        "paths": {
            "/v1/posts": {
                "post": {
                    "summary": "Send one post or a page of them",
                    "security": [{"key": []}, {"signature": []}],
                    "parameters": [
                        {"name": "source", "in": "query", "schema": {"enum": list(SOURCES)},
                         "description": "whose posts these are; needed if neither the page nor the key says it"},
                        {"name": "Content-Encoding", "in": "header", "schema": {"enum": ["gzip"]}},
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {"schema": {"oneOf": refs}},
                            "application/x-ndjson": {"schema": {"type": "string", "description": "a post a line"}},
                        },
                    },
                    "responses": {"202": _response("acknowledged", "Answer", "application/json"), **_problems()},
                }
            }
        },
        "components": {
            "schemas": {
                "Post": post, "Page": page, "Verdict": verdict, "Answer": answer, "Problem": problem,
                "Posts": posts,
            },
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "signature": {"type": "apiKey", "in": "header", "name": "Authorization", "description": SIGNING},
            },
        },
    }  # fmt: skip


def _response(words: str, schema: str, media: str) -> dict[str, Any]:
    return {"description": words, "content": {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _problems() -> dict[str, Any]:
    words: dict[int, list[str]] = {}
    for kind in KINDS.values():
        words.setdefault(kind.status, []).append(f"{kind.title}: {kind.todo}")
    return {str(s): _response("; or ".join(w), "Problem", "application/problem+json") for s, w in sorted(words.items())}


async def document(request: Request, parts: GatewayParts) -> Response:
    """Return the OpenAPI document."""
    del request, parts
    return Response(json.dumps(openapi(), ensure_ascii=False, indent=1), media_type="application/json")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    cells = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>{cells}</table>"


STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1d2733}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;border-bottom:1px solid #d5dce3;padding:.3rem;"
    "vertical-align:top}pre{background:#f2f5f8;padding:1rem;overflow:auto}"
)
EXAMPLE = """curl https://INTAKE/v1/posts -H 'Authorization: Bearer hy_…' -H 'Content-Type: application/json' -d '{
  "source": "portal", "posts": [
    {"native_id": "2026-0001", "posted_at": "2026-05-01T08:30:00+08:00", "text": "路灯不亮，请修。"}]}'"""


def written() -> str:
    """Return the page."""
    fields = []
    for name, (schema, words) in FIELDS.items():
        known = f" ({', '.join(schema['enum'])})" if "enum" in schema else ""
        fields.append((name, "yes" if name in REQUIRED else "", words + known))
    problems = "".join(
        f'<tr id="{name}"><td>{kind.status}</td><td>{name}</td><td>{html.escape(kind.title)}</td>'
        f"<td>{html.escape(kind.todo)}</td></tr>"
        for name, kind in KINDS.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Huiying intake</title><style>{STYLE}</style>'
        f"<h1>Huiying intake</h1><p>{html.escape(INTRO)}</p><p>The same for programs: "
        f'<a href="/v1/openapi.json">/v1/openapi.json</a>.</p><h2>POST /v1/posts</h2>'
        f"<p>One post, a list of posts, a page with its source, or NDJSON (a post a line); at most {PAGE_POSTS_LIMIT}; "
        f"plain or gzip.</p><pre>{html.escape(EXAMPLE)}</pre>{_table(('field', 'needed', 'what it is'), fields)}"
        f"<h2>Signed requests</h2><p>{html.escape(SIGNING)}</p><h2>Why an item is rejected</h2>"
        f"{_table(('reason', 'in Chinese'), list(REASONS.items()))}<h2>Problems</h2>"
        f"<table><tr><th>status</th><th>type</th><th>what</th><th>what to do</th></tr>{problems}</table></html>"
    )


async def page(request: Request, parts: GatewayParts) -> Response:
    """Return the page."""
    del request, parts
    return Response(written(), media_type="text/html; charset=utf-8")
