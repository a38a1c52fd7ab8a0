"""死信: what could not be read, where it came from and why; mended and replayed. The text itself is not kept."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from alerts.console import figures
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.console.words import read_time
from streams.records import REASONS, SOURCES

STATES: dict[str, str] = {"open": "待处理", "replayed": "已重放", "dismissed": "不再处理"}
FIELDS: dict[str, str] = {
    "source": "来源", "native_id": "原编号", "posted_at": "发布时间", "title": "标题", "text": "正文", "kind": "类别",
    "version": "版本", "parent": "上级编号", "likes": "赞", "dislikes": "踩",
}  # fmt: skip
"""What a post's fields are called."""

PER_PAGE = 50
PAGES_MOST = 200


def body(reason: str, source: str, number: int, state: str = "") -> dict[str, Any]:
    """Return the search for one page of dead letters, newest first; reasons and sources are counted beside."""
    chosen = [{"term": {name: value}} for name, value in (("reason", reason), ("source", source)) if value]
    done: dict[str, Any] = {"terms": {"state": ["replayed", "dismissed"]}}
    of_state: dict[str, Any] = {"term": {"state": state}} if state else {"match_all": {}}
    if state == "open":
        of_state = {"bool": {"must_not": done}}
    return {
        "query": of_state,
        "post_filter": {"bool": {"filter": chosen}},
        "aggs": {
            "reason": {"terms": {"field": "reason", "size": 30}},
            "source": {"terms": {"field": "source", "size": 30}},
        },
        "from": (number - 1) * PER_PAGE,
        "size": PER_PAGE,
        "sort": [{"at": "desc"}, {"id": "asc"}],
        "track_total_hits": True,
    }


async def show(asked: Asked) -> Response:
    """Show dead letters, filtered by reason and source."""
    reason, source, state = asked.arg("reason"), asked.arg("source"), asked.arg("state")
    state = state if state in STATES else ""
    wanted = asked.arg("page", 4)
    number = max(1, min(int(wanted), PAGES_MOST)) if wanted.isdecimal() else 1
    answer = await asked.parts.documents.search(figures.LETTER_INDEX, body(reason, source, number, state))
    total = int(answer["hits"]["total"]["value"])
    sources = [
        (b["key"], SOURCES.get(b["key"], b["key"]), int(b["doc_count"]))
        for b in answer.get("aggregations", {}).get("source", {}).get("buckets", [])
        if b["key"]
    ]
    return page(
        asked, "letters.html", rows=[hit["_source"] for hit in answer["hits"]["hits"]], total=total,
        reasons=figures.reasons(answer), sources=sources, reason=reason if reason in REASONS else "", source=source,
        number=number, pages=min(-(-total // PER_PAGE), PAGES_MOST), state=state, STATES=STATES,
        hold=await asked.parts.letters.hold(),
    )  # fmt: skip


async def detail(asked: Asked) -> Response:
    """Show one letter: where it came from, why it was rejected, and its fields as Kafka still has them, masked."""
    return await _detail(asked)


async def _detail(asked: Asked, error: str = "") -> Response:
    letter_id = asked.path("id")
    letter = await asked.parts.letters.letter(letter_id)
    if letter is None:
        return bare("没有这封死信", "它可能已按保存期限清除。", 404, back="/dead-letters", back_text="返回死信")
    fields, problem = await asked.parts.letters.content(letter_id)
    if fields:
        await asked.saw("letters.view", letter_id, [letter_id])
    return page(
        asked, "letter.html", 400 if error else 200, letter=letter, fields=fields, problem=problem, error=error,
        FIELDS=FIELDS, STATES=STATES, posted=_time(fields.get("posted_at", "")),
    )  # fmt: skip


def _time(text: str) -> int:
    """Return a time (ms UTC) that came as text, 0 if it is none that can be shown."""
    return int(text) if text.isdecimal() and len(text) < 14 else 0


async def replay(asked: Asked) -> Response:
    """Mend a letter by what the form says and send it on."""
    letter_id, changes = asked.path("id"), {}
    if given := asked.form.get("posted_at", ""):
        when = read_time(given)
        if when is None:
            return await _detail(asked, error="发布时间无法读取。")
        changes["posted_at"] = str(when)
    for name in ("native_id", "title", "kind"):
        if given := asked.form.get(name, ""):
            changes[name] = given[:500]
    why = await asked.parts.letters.replay(letter_id, changes, by=asked.who.username, now=asked.parts.clock.now())
    if why:
        return await _detail(asked, error=f"没有重放：{why}")
    await asked.note("letters.replayed", letter_id, {"fields": sorted(changes)})
    return onward("/dead-letters?done=replayed")


async def dismiss(asked: Asked) -> Response:
    """Write down, with a reason, that nothing will be done about a letter."""
    note = asked.form.get("note", "")
    if not note:
        return await _detail(asked, error="请写明不再处理的理由。")
    await asked.parts.letters.dismiss(
        asked.path("id"), by=asked.who.username, note=note, now=asked.parts.clock.now()
    )
    await asked.note("letters.dismissed", asked.path("id"), {"note": note[:200]})
    return onward("/dead-letters?done=dismissed")


async def resume(asked: Asked) -> Response:
    """Let the workers go on after a hold."""
    if await asked.parts.letters.resume(asked.parts.clock.now()):
        await asked.note("letters.resumed", "score", {})
    return onward("/dead-letters?done=resumed")
