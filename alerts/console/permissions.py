"""Who may do what: roles and the permissions they hold. Every route names one of these."""

from __future__ import annotations

PUBLIC = "public"
"""Anybody, signed in or not: the sign-in page, the style sheet, the health check."""
SIGNED_IN = "signed_in"
"""Anybody who is signed in: one's own password, sign-out, live events."""

PERMISSIONS: dict[str, str] = {
    "desk": "查看值班台",
    "alerts": "查看预警",
    "alerts.handle": "签收预警",
    "alerts.decide": "决定是否会商",
    "alerts.hush": "设静默",
    "duty": "查看排班",
    "duty.work": "申请、答复排班调整和办理交接班",
    "duty.arrange": "导入排班日历",
    "rules": "查看规则",
    "rules.change": "提出或批准规则修改",
    "opinions": "检索舆情",
    "opinions.export": "导出舆情",
    "opinions.correct": "更正标签",
    "searches.keep": "保存检索",
    "matters.decide": "合并或拆分事件",
    "consultations": "查看会商",
    "consultations.work": "办理会商",
    "consultations.sign": "签发会商答复",
    "ledger": "查看台账",
    "ledger.work": "办理台账",
    "ledger.export": "导出台账",
    "policies": "查看政策文件和解读",
    "policies.work": "办理政策文件和解读",
    "reviews": "查看答复阅评",
    "reviews.work": "评阅、裁定或申诉",
    "reviews.draw": "抽样和定稿阅评",
    "inspections": "查看督查",
    "inspections.work": "登记督查、申诉和处理",
    "reports": "查看和下载报告",
    "reports.make": "生成报告",
    "letters": "查看死信",
    "letters.handle": "处理死信",
    "system": "查看系统状况",
    "audit": "查看审计记录",
    "users": "管理用户",
}
"""Each permission, and what it is called when it is refused."""

HELD: dict[str, frozenset[str]] = {
    "officer": frozenset({
        "desk", "alerts", "alerts.handle", "alerts.decide", "alerts.hush", "rules", "opinions", "opinions.correct",
        "duty", "duty.work",
        "searches.keep", "matters.decide", "consultations", "consultations.work", "policies", "policies.work",
        "ledger", "ledger.work", "ledger.export", "reports", "letters", "letters.handle", "system",
        "reviews", "reviews.work", "inspections", "inspections.work",
    }),
    "handler": frozenset({
        "desk", "alerts", "consultations", "consultations.work", "ledger", "ledger.work",
        "reviews", "reviews.work", "inspections", "inspections.work",
    }),
    "supervisor": frozenset({
        "desk", "alerts", "opinions", "searches.keep", "consultations", "consultations.work", "policies", "reports",
        "ledger", "ledger.work", "ledger.export", "reports.make", "system", "duty", "duty.work",
        "reviews", "reviews.work", "reviews.draw", "inspections", "inspections.work",
    }),
    "analyst": frozenset({
        "desk", "alerts", "rules", "rules.change", "opinions", "opinions.export", "opinions.correct",
        "searches.keep", "matters.decide", "consultations", "consultations.work", "policies", "policies.work",
        "ledger", "ledger.export", "reports", "reports.make", "letters", "letters.handle", "system",
        "duty", "duty.work",
        "reviews", "reviews.work", "inspections",
    }),
    "leader": frozenset({
        "desk", "alerts", "alerts.decide", "alerts.hush", "rules", "opinions", "consultations", "consultations.work",
        "consultations.sign", "ledger", "ledger.work", "policies", "policies.work", "reports", "audit",
        "duty", "duty.work", "duty.arrange",
        "reviews", "reviews.work", "reviews.draw", "inspections",
    }),
    "admin": frozenset(PERMISSIONS),
}  # fmt: skip
"""What each role of `alerts.accounts.ROLES` holds."""


def allowed(role: str, permission: str) -> bool:
    """Say whether a role holds a permission; an unknown role holds nothing."""
    return permission in {PUBLIC, SIGNED_IN} or permission in HELD.get(role, frozenset())
