"""How a policy document and its interpretation may change: one table of moves, and one function that makes one.

A document without a plan and a text of interpretation is not signed. Forms and duties: 国办发〔2016〕61号,
甘政公开办函〔2019〕1号 (the drafter interprets, its head first).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from alerts.consultation_guards import NEVER_PUBLIC, SIGNERS, Act
from alerts.fields import Field, in_words, read, refusal
from alerts.moves import Row, Step
from alerts.policy import DOCUMENT_MOST, FORMS, INTERPRETATION_MOST, Plan, Policy
from alerts.policy_checks import warnings
from analyzers.masking import mask
from streams.clock import ms
from streams.records import digest

WORKERS = frozenset({"officer", "analyst", "leader", "admin"})
Guard = Callable[[Policy, Act], str]
Change = Callable[[Policy, Act], Policy]


Move = Row[Change, Guard]


def _planned(p: Policy, _: Act) -> str:
    return "" if p.plan else "没有解读方案，不予审签。请先填写解读方案。"


def _written(p: Policy, _: Act) -> str:
    if not p.document:
        return "请先填写文件正文。"
    return "" if p.interpretation else "没有解读材料，不予审签。文件和解读须同步审签。"


def _by_another(p: Policy, act: Act) -> str:
    return "审签人不能是起草人。" if act.by == p.written_by else ""


def _nothing_personal(p: Policy, _: Act) -> str:
    kinds = set(mask(p.document).kinds) | set(mask(p.interpretation).kinds)
    found = [name for kind, name in NEVER_PUBLIC.items() if kind in kinds]
    return f"文件或解读中有{'、'.join(found)}，请先删去。" if found else ""


def _warned(p: Policy, act: Act) -> str:
    told = warnings(p)
    return f"{told[0]}仍要签发的，请写明理由。" if told and not act.data.get("remark") else ""


def _not_ahead(field: str) -> Guard:
    def check(p: Policy, act: Act) -> str:
        at = act.data.get(field, act.now)
        if at > act.now:
            return "公开时间不能晚于现在。"
        return "解读不能记在审签之前。" if at < p.signed_at else ""

    return check


def _plan(p: Policy, act: Act) -> Policy:
    return replace(p, plan=Plan(**act.data))


def _write(p: Policy, act: Act) -> Policy:
    return replace(p, **act.data, written_by=act.by)


def _sign(p: Policy, act: Act) -> Policy:
    return replace(p, signed_by=act.by, signed_at=act.now, number=act.data.get("number", p.number))


def _exempt(p: Policy, act: Act) -> Policy:
    return replace(p, signed_by=act.by, signed_at=act.now, exempt_reason=act.data["reason"])


def _both(p: Policy, act: Act) -> Policy:
    at = act.data.get("at", act.now)
    return replace(
        p, document_at=at, interpretation_at=at, document_link=act.data["document_link"],
        interpretation_link=act.data["interpretation_link"],
    )  # fmt: skip


def _alone(p: Policy, act: Act) -> Policy:
    at, link = act.data.get("at", act.now), act.data["document_link"]
    return replace(p, document_at=at, document_link=link, alone_reason=act.data.get("reason", ""))


def _interpreted(p: Policy, act: Act) -> Policy:
    at = act.data.get("at", act.now)
    return replace(p, interpretation_at=at, interpretation_link=act.data["interpretation_link"])


def _corrected(p: Policy, act: Act) -> Policy:
    return replace(p, corrections=(*p.corrections, act.data["text"]))


WHOLE = frozenset({"document", "interpretation"})
"""Whole texts: the step says how long they are."""
AT = Field(name="at", label="公开时间", kind="time", required=False)
DOCUMENT_LINK = Field(name="document_link", label="文件公开网址或载体")
LINK = Field(name="interpretation_link", label="解读公开网址或载体")
MOVES: tuple[Move, ...] = (
    Move(
        name="plan", title="填写解读方案", ways={"drafting": "drafting"}, roles=WORKERS, change=_plan,
        fields=(
            Field(name="form", label="解读形式", kind="choice", choices=FORMS), Field(name="channel", label="解读渠道"),
            Field(name="interpreter", label="第一解读人职务"), Field(name="outline", label="解读提纲", kind="long"),
        ),
    ),
    Move(
        name="write", title="填写文件和解读", ways={"drafting": "drafting"}, roles=WORKERS, change=_write,
        fields=(
            Field(name="document", label="文件正文", kind="long", required=False, most=DOCUMENT_MOST),
            Field(name="interpretation", label="解读材料", kind="long", required=False, most=INTERPRETATION_MOST),
        ),
    ),
    Move(
        name="sign", title="同步审签", ways={"drafting": "signed"}, roles=SIGNERS, change=_sign,
        fields=(
            Field(name="number", label="文号", required=False),
            Field(name="remark", label="理由（解读有提示仍要签发的必填）", kind="long", required=False),
        ),
        guards=(_planned, _written, _by_another, _nothing_personal, _warned),
    ),
    Move(
        name="exempt", title="认定不需解读", ways={"drafting": "exempt"}, roles=SIGNERS, change=_exempt,
        fields=(Field(name="reason", label="理由", kind="long"),),
    ),
    Move(
        name="publish", title="记录文件和解读同步公开", ways={"signed": "complete"}, roles=WORKERS, change=_both,
        fields=(DOCUMENT_LINK, LINK, AT), guards=(_not_ahead("at"),),
    ),
    Move(
        name="publish_alone", title="记录只公开了文件", ways={"signed": "published"}, roles=WORKERS, change=_alone,
        fields=(DOCUMENT_LINK, Field(name="reason", label="解读未同步的原因", kind="long"), AT),
        guards=(_not_ahead("at"),),
    ),
    Move(
        name="release", title="记录文件已公开", ways={"exempt": "released"}, roles=WORKERS, change=_alone,
        fields=(DOCUMENT_LINK, AT), guards=(_not_ahead("at"),),
    ),
    Move(
        name="interpret", title="记录解读已公开", ways={"published": "complete"}, roles=WORKERS, change=_interpreted,
        fields=(LINK, AT), guards=(_not_ahead("at"),),
    ),
    Move(
        name="correct", title="更正", ways={state: state for state in ("published", "complete", "released")},
        roles=SIGNERS, change=_corrected, fields=(Field(name="text", label="更正内容", kind="long"),),
    ),
)  # fmt: skip
BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def options(field: Field) -> Mapping[str, str]:
    """Return what can be chosen for a field."""
    return field.choices


def opened(*, title: str, unit: str, by: str, role: str, now: datetime) -> Policy:
    """Return a new policy; the same title of the same unit is the same one. Raises Rejected, in Chinese."""
    fields = (Field(name="title", label="文件名称"), Field(name="unit", label="起草单位"))
    given = read("登记政策文件", fields, {"title": title, "unit": unit}, options)
    if role not in WORKERS or not by:
        raise refusal("您的角色不能登记政策文件。")
    at = ms(now)
    step = Step(
        number=1, move="open", by=by, role=role, at=at, state="drafting", note=in_words(fields, given, options)
    )
    return Policy(
        id=digest("policy", given["unit"], given["title"]), **given, opened_at=at, updated_at=at, steps=(step,)
    )


def may(p: Policy, move: Move, role: str) -> str:
    """Return why a role can't make a move in this state, in Chinese; nothing if it can."""
    if p.state not in move.ways:
        return f"当前为“{p.state_name}”，不能“{move.title}”。"
    if role not in move.roles:
        return f"“{move.title}”须由领导办理。" if move.roles == SIGNERS else f"您的角色不能“{move.title}”。"
    return ""


def make(p: Policy, name: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime) -> Policy:
    """Return the policy after a move; raise Rejected, with one Chinese sentence, if it isn't allowed."""
    move = BY_NAME.get(name)
    if move is None:
        raise refusal("没有这种操作。")
    if not by:
        raise refusal("须由具名人员办理。")
    if why := may(p, move, role):
        raise refusal(why)
    at = max(ms(now), p.updated_at)
    act = Act(by=by, role=role, now=at, data=read(move.title, move.fields, data, options))
    for check in move.guards:
        if why := check(p, act):
            raise refusal(why)
    state = move.ways[p.state]
    said = {name: f"（{len(text)}字）" if name in WHOLE else text for name, text in act.data.items()}
    note = in_words(move.fields, said, options)
    step = Step(number=p.revision + 1, move=name, by=by, role=role, at=at, state=state, note=note)
    return replace(move.change(p, act), state=state, updated_at=at, steps=(*p.steps, step))
