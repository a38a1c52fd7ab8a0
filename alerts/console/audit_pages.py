"""审计: who did and saw what, as the append-only history has it. It names staff, never who wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from alerts import (
    consultation_moves,
    duty_moves,
    handover_moves,
    inspection,
    ledger_moves,
    policy_moves,
    reply_moves,
    review_moves,
    review_rounds,
)
from alerts.console.security import Asked
from alerts.console.view import page

KINDS: dict[str, str] = {
    "signin.ok": "登录",
    "signin.wrong": "密码错误",
    "signin.locking": "锁定账号",
    "signin.disabled": "停用账号尝试登录",
    "signin.out": "退出",
    "user.created": "新建用户",
    "user.role": "更改角色",
    "user.stop": "停用用户",
    "user.reopen": "启用用户",
    "user.password": "修改密码",
    "user.password_reset": "重设密码",
    "user.reach": "更改范围",
    "user.outside": "更改外部标识",
    "user.recused": "登记回避",
    "user.cleared": "登记不须回避",
    "access.refused": "操作被拒绝",
    "opinions.view": "查看舆情原文",
    "alerts.view": "查看预警摘录",
    "alerts.acknowledge": "签收预警",
    "alerts.renew": "续签预警",
    "alerts.take_over": "接手预警",
    "alerts.assign": "交办预警",
    "alerts.comment": "备注预警",
    "alerts.decline": "决定不会商",
    "alerts.judge": "标记属实或误报",
    "rules.proposed": "提出修改规则",
    "rules.approve": "批准规则修改",
    "rules.refuse": "不批准规则修改",
    "rules.withdraw": "撤回规则修改",
    "duty.move": "调整排班",
    "handover.move": "办理交接班",
    "duty.feed": "日历订阅链接",
    "duty.imported": "导入排班日历",
    "silences.made": "设静默",
    "silences.ended": "提前结束静默",
    "consultation.move": "办理会商",
    "policy.move": "办理政策文件",
    "review.frame": "确定阅评抽样范围",
    "review.move": "办理阅评",
    "reading.move": "评阅答复",
    "readings.view": "查看评阅的答复",
    "inspection.move": "办理督查",
    "ledger.view": "查看台账原文",
    "ledger.move": "办理台账",
    "ledger.export": "导出台账",
    "reply.view": "查看答复稿",
    "reply.move": "办理答复",
    "reports.view": "查看报告",
    "reports.export": "下载报告",
    "reports.made": "生成报告",
    "reports.sent": "重新发送报告",
    "audit.view": "查看审计记录",
    "letters.view": "查看死信内容",
    "letters.replayed": "重放死信",
    "letters.dismissed": "不再处理死信",
    "letters.resumed": "解除处理暂停",
}
"""What kinds of acts are called; others are shown by their own name."""
WORDS: dict[str, str] = {
    "q": "检索词", "span": "时间", "since": "从", "until": "到", "topic": "主题", "source": "来源", "county": "区县",
    "intent": "诉求", "urgent": "仅紧急", "event": "事件", "page": "第几页", "shown": "条数", "role": "角色",
    "via": "经由", "to": "交给", "note": "备注", "what": "条件", "path": "地址", "units": "单位", "counties": "区县",
    "reason": "理由", "form": "格式", "version": "版本", "mark": "规则版本", "period": "日期",
}  # fmt: skip
"""What an entry's data are called."""
SHOWN = 200


OPENED = {
    "consultation.move": "发起会商", "policy.move": "登记政策文件", "duty.move": "申请调整", "reply.move": "起草答复",
    "handover.move": "生成交接班",
    "review.move": "抽取阅评样本",
    "inspection.move": "登记督查",
}  # fmt: skip
TITLES: dict[str, dict[str, str]] = {
    "consultation.move": {move.name: move.title for move in consultation_moves.MOVES},
    "policy.move": {move.name: move.title for move in policy_moves.MOVES},
    "inspection.move": {move.name: move.title for move in inspection.MOVES},
    "ledger.move": {move.name: move.title for move in ledger_moves.MOVES},
    "review.move": {move.name: move.title for move in review_rounds.MOVES},
    "reading.move": {"told": "通知单位", **{move.name: move.title for move in review_moves.MOVES}},
    "duty.move": {move.name: move.title for move in duty_moves.MOVES},
    "reply.move": {move.name: move.title for move in reply_moves.MOVES},
    "handover.move": {move.name: move.title for move in handover_moves.MOVES},
}
"""What the moves of each kind of record are called."""


def detail(data: Mapping[str, Any], kind: str = "") -> str:
    """Return an entry's data as one short line."""
    if isinstance(step := data.get("step"), Mapping):
        title = TITLES.get(kind, {}).get(str(step.get("move")), OPENED.get(kind, ""))
        return f"{title}：{step.get('note', '')}"[:300]
    parts = []
    for key, value in data.items():
        if key == "ids":
            continue
        items = value.items() if isinstance(value, Mapping) else [(key, value)]
        parts += [f"{_word(str(name))} {one}" for name, one in items if one]
    if data.get("ids") and "shown" not in data:
        parts.append(f"{len(data['ids'])} 条")
    return "；".join(parts)[:300]


def _word(key: str) -> str:
    return WORDS.get(key, key)


async def show(asked: Asked) -> Response:
    """Show the latest entries of the history, of one kind if asked; this look is written down too."""
    kind = asked.arg("kind", 60)
    await asked.saw("audit.view", kind or "history", [])
    entries = await asked.parts.audit.latest(kind=kind, size=SHOWN)
    rows = [(entry, KINDS.get(entry.kind, entry.kind), detail(entry.data, entry.kind)) for entry in entries]
    return page(asked, "audit.html", rows=rows, kind=kind, KINDS=KINDS, most=SHOWN)
