"""One stored text with its labels, why it has them, and what staff say they should be. Its sentiment is not shown."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from alerts.accounts import ROLES
from alerts.console import opinion_query as search
from alerts.console.language import county_name, intents
from alerts.console.opinion_reasons import reasons
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.corrections import LABELS, choices, labelled
from streams.errors import Rejected
from streams.topics import OPINIONS, pattern


async def show(asked: Asked) -> Response:
    """Show a text with its labels, and forms to correct them for those who may."""
    return await _detail(asked)


async def _detail(asked: Asked, error: str = "") -> Response:
    post = asked.path("id")
    body = {"size": 1, "query": {"term": {"id": post}}, "_source": search.SHOWN}
    hits = (await asked.parts.documents.search(pattern(OPINIONS), body))["hits"]["hits"]
    if not hits:
        gone = "它可能已按保存期限清除，或地址写错了。"
        return bare("没有这条信息", gone, 404, back="/opinions", back_text="返回舆情")
    found: dict[str, Any] = hits[0]["_source"]
    await asked.saw("opinions.view", post, [post])
    corrected = (await asked.parts.corrections.of([post])).get(post, [])
    return page(
        asked, "opinion.html", 400 if error else 200, o=found, **reasons([found])[0], error=error,
        corrected={one.label: one for one in corrected}, LABELS=LABELS, choices=choices, labelled=labelled,
        INTENTS=intents(), county_name=county_name,
    )  # fmt: skip


async def correct(asked: Asked) -> Response:
    """Write down what a label should be, or that it is right."""
    post, label = asked.path("id"), asked.form.get("label", "")
    try:
        await asked.parts.corrections.correct(
            post, label, asked.form.get("value", ""), by=asked.who.username, unit=ROLES[asked.who.role],
            now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, error=refused.detail)
    return onward(f"/opinions/{post}?done=corrected")
