"""台账: every message that wants an answer, with its unit, its limit and what was done; each allowed move as a form."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from starlette.responses import Response

from alerts import ledger_export
from alerts.console import ledger_names
from alerts.console.api_ledger import within
from alerts.console.gates import far
from alerts.console.language import counties, county_name, intents, topics
from alerts.console.ledger_forms import forms
from alerts.console.move_forms import read
from alerts.console.reply_forms import begin_form, public
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.exports import FORMS, Head
from alerts.ledger import RESULTS, SATISFACTION, STATES, Item
from alerts.ledger_moves import BY_NAME
from alerts.ledgers import Asked as Wanted
from alerts.reach import by_units, own_item, sees_item
from analyzers.reply_checks import Fault, check
from streams.clock import beijing
from streams.errors import Conflict, Rejected
from streams.records import SOURCES
from streams.topics import LEDGER

PAGE = 50
PAGES_MOST = 200
DUE: dict[str, str] = {"overdue": "已逾期", "soon": "即将到期"}
GIVEN = ("state", "lead", "topic", "county", "source", "due", "key")


def wanted(asked: Asked) -> tuple[Wanted, dict[str, str]]:
    """Return what the address asks for, within the reach of who asks; and the same as it stands in the address."""
    args = {name: asked.arg(name, 100) for name in GIVEN}
    known = {"state": STATES, "source": SOURCES, "due": DUE, "key": {"1": ""}}
    args = {name: value if name not in known or value in known[name] else "" for name, value in args.items()}
    filters = {name: args[name] for name in ("state", "lead", "topic", "county", "source") if args[name]}
    reach = within(asked.who)
    ask = Wanted(
        filters=filters, key=bool(args["key"]), overdue=args["due"] == "overdue", soon=args["due"] == "soon",
        units=reach.units, counties=reach.counties,
    )  # fmt: skip
    return ask, args


async def listing(asked: Asked) -> Response:
    """Show items, those that wait first, the first due first; above them how many are overdue within one's reach."""
    ask, args = wanted(asked)
    ledger, text = asked.parts.ledger, asked.arg("page", 4)
    number = min(max(int(text) if text.isascii() and text.isdigit() else 1, 1), PAGES_MOST)
    whole = await ledger.standing(within(asked.who), asked.now)
    found = await ledger.standing(ask, asked.now)
    rows = await ledger.list(ask, asked.now, limit=PAGE, skip=(number - 1) * PAGE)
    if rows:
        await asked.saw("ledger.view", "list", [item.id for item in rows])
    return page(
        asked, "ledgers.html", rows=rows, whole=whole, found=found, args=args, number=number,
        pages=min(-(-found.total // PAGE), PAGES_MOST), states=STATES, DUE=DUE, TOPICS=topics(), COUNTIES=counties(),
        county_name=county_name, most=ledger_export.ROWS_MOST,
    )  # fmt: skip


async def detail(asked: Asked) -> Response:
    """Show one item: the message, its limit with the basis, replies, forms, and what was done."""
    return await with_item(asked, asked.path("id"))


async def with_item(
    asked: Asked, identity: str, *, error: str = "", tried: str = "", advice: Sequence[Fault] = ()
) -> Response:
    """Show one item; error, tried: what was just refused, and of which move (`reply`: to begin a reply)."""
    item: Item | None = await asked.parts.ledger.get(identity)
    if item is None:
        return bare("台账里没有这一件", "地址可能写错了。", 404, back="/ledger", back_text="返回台账")
    await asked.saw("ledger.view", identity, [identity])
    user, table = asked.who, asked.parts.ledger.table
    shown = forms(item, table, by=user.username, role=user.role, now=asked.now, tried=tried, typed=asked.form)
    replies = await asked.parts.replies.of(identity)
    begin = begin_form(
        item, replies, role=user.role, units=user.units if by_units(user) else None,
        typed=asked.form if tried == "reply" else None,
    )  # fmt: skip
    return page(
        asked, "ledger.html", 400 if error else 200, item=item, forms=shown, error=error, MOVES=BY_NAME,
        limit=table.limits.get(item.limit), county_name=county_name, intents=intents(), RESULTS=RESULTS,
        SATISFACTION=SATISFACTION, advice=advice, replies=replies, public=public(item, replies), begin=begin,
        begun=tried == "reply",
    )  # fmt: skip


async def _advice(asked: Asked, identity: str, name: str, data: Mapping[str, str]) -> tuple[Fault, ...]:
    """Return what a correction noted by hand lacks, and units that nobody knows, once: the same may be sent again."""
    if name == "assign" and not asked.form.get("sure"):
        known = ledger_names.units(asked.parts.ledger.table, await asked.parts.accounts.users())
        return tuple(Fault("unit", why, 0, 0) for why in ledger_names.strangers(name, data, known))
    item = await asked.parts.ledger.get(identity) if name == "correct" and not asked.form.get("sure") else None
    return check(item.text, data.get("text", "")) if item else ()


async def move(asked: Asked) -> Response:
    """Make one move of the table; a refusal shows its reason beside what was typed."""
    identity, name = asked.path("id"), asked.path("move")
    row = BY_NAME.get(name)
    if row is None:
        return bare("没有这种操作", "地址可能写错了。", 404, back=f"/ledger/{identity}", back_text="返回这一件")
    user, seen = asked.who, asked.form.get("revision", "")
    data, ledger = read(row, asked.form), asked.parts.ledger
    if not_his := await _not_his(asked, identity, name, data):
        await asked.note("access.refused", identity, {"path": name, "reason": not_his})
    users = await asked.parts.accounts.users() if name == "flag" else []
    if why := not_his or ledger_names.no_leader(name, data, users):
        return await with_item(asked, identity, error=why, tried=name)
    if advice := await _advice(asked, identity, name, data):
        held = "还没有保存。请先看表单里的提示；修改后，或确认无误，再提交一次。"
        return await with_item(asked, identity, error=held, tried=name, advice=advice)
    try:
        after = await ledger.move(
            identity, name, by=user.username, role=user.role, data=data,
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None, now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await with_item(asked, identity, error=refused.detail, tried=name)
    except Conflict:
        return await with_item(
            asked, identity, error="刚刚有人更新了这一件，您的操作没有保存。请看过最新内容后再提交。", tried=name
        )
    # who gave it back to be handed to another unit doesn't see it any more
    return onward(f"/ledger/{identity}?done=moved" if sees_item(user, after) else "/ledger?done=moved")


async def _not_his(asked: Asked, identity: str, name: str, data: Mapping[str, str]) -> str:
    item = await asked.parts.ledger.get(identity)
    if item is not None and (why := own_item(asked.who, item, name, data)):
        return why
    into = await asked.parts.ledger.get(data["into"]) if name == "merge" and data.get("into") else None
    return far(asked.who) if into is not None and not sees_item(asked.who, into) else ""


async def download(asked: Asked) -> Response:
    """Answer what the list shows as a file of twenty columns; written down before it is handed over."""
    form = asked.path("form")
    if form not in ledger_export.MAKERS:
        return bare("没有这种格式", "可以导出 XLSX 或 CSV。", 404, back="/ledger", back_text="返回台账")
    ask, args = wanted(asked)
    total = (await asked.parts.ledger.standing(ask, asked.now)).total
    items = await asked.parts.ledger.list(ask, asked.now, limit=ledger_export.ROWS_MOST)
    rows = [ledger_export.row(item, asked.now, county_name, intents()) for item in items]
    head = Head(asked=named(args), at=asked.now, index=LEDGER.name, total=total, rows=len(rows))
    said = {"query": {name: value for name, value in args.items() if value}, "form": form, "rows": len(rows)}
    await asked.note("ledger.export", "ledger", said)
    made = await asyncio.to_thread(ledger_export.MAKERS[form], head, rows)
    name = quote(f"台账-{beijing(asked.now):%Y%m%d-%H%M}.{form}")
    return Response(
        made, media_type=FORMS[form],
        headers={"content-disposition": f"attachment; filename=\"ledger.{form}\"; filename*=UTF-8''{name}"},
    )  # fmt: skip


def named(args: Mapping[str, str]) -> dict[str, str]:
    """Return what was asked as people say it."""
    county = county_name(args["county"]) if args["county"] else ""
    return {
        "状态": STATES.get(args["state"], ""), "牵头单位": args["lead"], "主题": args["topic"], "区县": county,
        "来源": SOURCES.get(args["source"], ""), "时限": DUE.get(args["due"], ""),
        "重点留言": "是" if args["key"] else "",
    }  # fmt: skip
