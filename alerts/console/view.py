"""From values to pages: the Jinja2 environment with our filters, and the answers every page shares."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerts.accounts import ROLES
from alerts.alert import LEVELS, STATES
from alerts.console import charts, words
from alerts.console.faults import fault_words
from alerts.console.gates import closed
from alerts.console.permissions import allowed
from alerts.console.security import Asked
from alerts.grading import GRADES
from alerts.notices import HELD
from alerts.reach import limited, said
from alerts.reports.render_html import styles
from analyzers.places import counties
from streams.clock import beijing
from streams.records import REASONS, SOURCES

HERE = Path(__file__).parent
NAVIGATION: tuple[tuple[str, str, str], ...] = (
    ("/", "值班台", "desk"),
    ("/alerts", "预警", "alerts"),
    ("/duty", "排班", "duty"),
    ("/rules", "规则", "rules"),
    ("/opinions", "舆情", "opinions"),
    ("/matters", "事件", "opinions"),
    ("/consultations", "会商", "consultations"),
    ("/ledger", "台账", "ledger"),
    ("/policies", "政策", "policies"),
    ("/reviews", "阅评", "reviews"),
    ("/inspections", "督查", "inspections"),
    ("/reports", "报告", "reports"),
    ("/dead-letters", "死信", "letters"),
    ("/system", "系统", "system"),
)
"""The pages in the bar: path, name, permission."""


@lru_cache(maxsize=64)
def content(name: str) -> bytes:
    """Return a static file's bytes; the reports' own style sheet stands among ours. KeyError if there is none."""
    if name == "report.css":
        return styles().encode()
    known = {path.name: path for path in (HERE / "static").iterdir() if path.is_file()}
    return known[name].read_bytes()


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """Return the address of a static file with a mark of its content, so that a new one is fetched at once."""
    mark = hashlib.sha256(content(name)).hexdigest()[:10]
    return f"/static/{name}?v={mark}"


@pass_context
def _moment(context: Context, at: int) -> Markup:
    return words.moment(at, context["now"])


@pass_context
def _person(context: Context, username: str) -> str:
    return str(context["names"].get(username, username))


def _wall(at: int, now: int) -> Markup:
    return words.moment(at, now)


@pass_context
def _ago(context: Context, at: int) -> str:
    return words.ago(at, context["now"]) if at else "—"


@pass_context
def _left(context: Context, due: int) -> str:
    return words.left(due, context["now"])


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the one template environment: everything is escaped, and a name that is not given is an error."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "moment": _moment, "ago": _ago, "left": _left, "person": _person, "wall_time": _wall,
        "fault": fault_words, "number": words.number, "span": words.span,
    }  # fmt: skip
    env.globals |= {
        "asset": asset, "share": charts.share, "percent": words.percent, "SOURCES": SOURCES, "REASONS": REASONS,
        "ROLES": ROLES, "LEVELS": LEVELS, "STATES": STATES, "GRADES": GRADES, "HELD": HELD,
        "for_field": words.for_field,
        "pressure": words.pressure, "query": query,
    }  # fmt: skip
    return env


def query(path: str, args: Mapping[str, Any], **changed: Any) -> str:
    """Return a path with a query: the given one with some values changed, empty ones left out."""
    pairs = [(key, value) for key, value in {**args, **changed}.items() if value not in ("", None, 0)]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _shared(asked: Asked) -> dict[str, Any]:
    role = asked.user.role if asked.user else ""

    def may(permission: str) -> bool:
        return bool(asked.user) and allowed(role, permission)

    return {
        "now": asked.now,
        "today": beijing(asked.now),
        "names": asked.names,
        "user": asked.user,
        "csrf": asked.csrf,
        "may": may,
        "navigation": [
            (path, name) for path, name, permission in NAVIGATION if may(permission) and not closed(asked.who, path)
        ],
        "limited": said(asked.user, counties()) if asked.user and limited(asked.user) else "",
        "here": asked.request.url.path,
        "demo": asked.parts.demo,
        "city": asked.parts.city,
        "flash": FLASHES.get(asked.arg("done"), ""),
    }


FLASHES: dict[str, str] = {
    "acknowledged": "已签收，后续不再重复提醒。",
    "renewed": "已续签。",
    "taken": "已接手，原签收人会收到通知。",
    "entrusted": "已交办。",
    "commented": "已记录备注。",
    "declined": "已记录：不开展会商。",
    "judged": "已记录：预警是否属实。",
    "opened": "会商已启动。",
    "sent": "已登记发送，约一分钟内发出，结果见页末。",
    "hushed": "已设静默。",
    "proposed": "已提出修改，等待另一个人批准。",
    "decided": "已记录。批准的规则一分钟内生效。",
    "unhushed": "静默已结束，仍在报警的会重新通知。",
    "moved": "已记录。",
    "regrouped": "已记录，约半分钟后重新归并时生效，以后自动归并也以此为准。",
    "corrected": "已记录更正。",
    "second": "已保存。",
    "kept": "已保存检索。",
    "removed": "已删除。",
    "replayed": "已重放，稍后入库。",
    "dismissed": "已记录：不再处理。",
    "resumed": "已继续处理。",
    "user": "已保存。",
    "recused": "已登记回避，请交由其他同志办理。",
    "password": "密码已修改，请重新登录。",  # nosec B105 - a message
    "out": "已退出登录。",
}
"""What is said after an act, by the word in the address: a page can't be made to say anything else."""


def page(asked: Asked, template: str, status: int = 200, **values: Any) -> Response:
    """Render a page."""
    text = environment().get_template(template).render(**_shared(asked), **values)
    return HTMLResponse(text, status_code=status)


def bare(title: str, text: str, status: int, *, back: str = "/", back_text: str = "返回值班台") -> Response:
    """Render an error page that needs nothing: no session, no engine; it says what to do."""
    body = environment().get_template("error.html").render(title=title, text=text, back=back, back_text=back_text)
    return HTMLResponse(body, status_code=status)


def onward(path: str) -> Response:
    """Send the browser on after a form, so that reloading the page does not send it again."""
    return RedirectResponse(path, status_code=303)
