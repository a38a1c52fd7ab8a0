"""One table of routes: where, how, with which permission, and by which page. Nothing is served beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from alerts.console import (
    alert_pages,
    api_page,
    assets,
    audit_pages,
    consultation_pages,
    desk,
    duty_pages,
    entrust_pages,
    handover_pages,
    inspection_pages,
    ledger_pages,
    letter_pages,
    live,
    matter_pages,
    opinion_detail,
    opinion_export,
    opinion_pages,
    outside_pages,
    people,
    policy_pages,
    reading_pages,
    recusal_pages,
    reply_pages,
    report_pages,
    review_pages,
    rule_pages,
    search_pages,
    sign_pages,
    signin,
    silence_pages,
    system_pages,
    totp_pages,
)
from alerts.console.permissions import PUBLIC, SIGNED_IN
from alerts.console.security import Asked

Page = Callable[[Asked], Awaitable[Response]]


@dataclass(frozen=True)
class Row:
    """One route; `permission` is a key of `PERMISSIONS`, or PUBLIC, or SIGNED_IN."""

    method: str
    path: str
    permission: str
    page: Page
    does: str


ROUTES: tuple[Row, ...] = (
    Row("GET", "/static/{name}", PUBLIC, assets.static, "样式与脚本"),
    Row("GET", "/healthz", PUBLIC, assets.health, "进程是否在运行"),
    Row("GET", "/login", PUBLIC, signin.form, "登录页"),
    Row("POST", "/login", PUBLIC, signin.sign_in, "登录"),
    Row("GET", "/sign/{token}", PUBLIC, sign_pages.show, "按通知链接查看待签收的预警"),
    Row("POST", "/sign/{token}", PUBLIC, sign_pages.sign, "按通知链接签收"),
    Row("GET", "/login/outside", PUBLIC, outside_pages.leave, "统一身份认证登录"),
    Row("GET", "/login/outside/back", PUBLIC, outside_pages.back, "统一身份认证返回"),
    Row("POST", "/logout", SIGNED_IN, signin.sign_out, "退出"),
    Row("GET", "/password", SIGNED_IN, signin.password_form, "修改密码页"),
    Row("POST", "/password", SIGNED_IN, signin.change_password, "修改密码"),
    Row("GET", "/second-factor", SIGNED_IN, totp_pages.show, "两步验证页"),
    Row("POST", "/second-factor", SIGNED_IN, totp_pages.change, "开通或关闭两步验证"),
    Row("POST", "/recusals", SIGNED_IN, recusal_pages.recuse, "登记回避"),
    Row("GET", "/events", SIGNED_IN, live.events, "实时推送"),
    Row("GET", "/", "desk", desk.show, "值班台"),
    Row("GET", "/alerts", "alerts", alert_pages.listing, "预警列表"),
    Row("GET", "/alerts/{id}", "alerts", alert_pages.detail, "预警详情"),
    Row("POST", "/alerts/{id}/acknowledge", "alerts.handle", alert_pages.acknowledge, "签收"),
    Row("POST", "/alerts/{id}/consult", "alerts.decide", alert_pages.consult, "确认会商"),
    Row("POST", "/alerts/{id}/judge", "alerts.handle", alert_pages.judge, "标记属实或误报"),
    Row("POST", "/alerts/{id}/assign", "alerts.handle", entrust_pages.assign, "交办预警"),
    Row("POST", "/alerts/{id}/comment", "alerts.handle", entrust_pages.comment, "备注预警"),
    Row("POST", "/alerts/{id}/decline", "alerts.decide", alert_pages.decline, "不会商"),
    Row("GET", "/silences", "alerts", silence_pages.listing, "静默"),
    Row("POST", "/silences", "alerts.hush", silence_pages.make, "预览或设静默"),
    Row("POST", "/silences/{id}/end", "alerts.hush", silence_pages.end, "提前结束静默"),
    Row("GET", "/duty", "duty", duty_pages.show, "排班"),
    Row("POST", "/duty/ask", "duty.work", duty_pages.ask, "申请调整排班"),
    Row("POST", "/duty/changes/{id}/{move}", "duty.work", duty_pages.move, "答复或批准排班调整"),
    Row("GET", "/duty/handovers/{id}", "duty", handover_pages.detail, "交接班"),
    Row("POST", "/duty/handovers/{id}/{move}", "duty.work", handover_pages.move, "办理交接班"),
    Row("GET", "/rules", "rules", rule_pages.listing, "规则"),
    Row("POST", "/rules", "rules.change", rule_pages.propose, "提出修改规则"),
    Row("GET", "/rules/{id}", "rules", rule_pages.detail, "规则手册的一个版本"),
    Row("GET", "/rules/{id}/trial", "rules.change", rule_pages.trial, "用过去的留言试算规则"),
    Row("POST", "/rules/{id}/{act}", "rules.change", rule_pages.decide, "批准或不批准规则修改"),
    Row("GET", "/opinions", "opinions", opinion_pages.show, "检索舆情"),
    Row("GET", "/opinions/export/{form}", "opinions.export", opinion_export.download, "导出舆情"),
    Row("POST", "/searches", "searches.keep", search_pages.keep, "保存检索"),
    Row("GET", "/searches/{id}", "opinions", search_pages.detail, "已存检索"),
    Row("POST", "/searches/{id}/remove", "searches.keep", search_pages.remove, "删除已存检索"),
    Row("GET", "/opinions/{id}", "opinions", opinion_detail.show, "一条信息"),
    Row("POST", "/opinions/{id}/correct", "opinions.correct", opinion_detail.correct, "更正标签"),
    Row("GET", "/matters", "opinions", matter_pages.listing, "事件列表"),
    Row("GET", "/matters/{id}", "opinions", matter_pages.detail, "事件详情"),
    Row("POST", "/matters/{id}/merge", "matters.decide", matter_pages.merge, "合并事件"),
    Row("POST", "/matters/{id}/split", "matters.decide", matter_pages.split, "拆分事件"),
    Row("GET", "/consultations", "consultations", consultation_pages.listing, "会商列表"),
    Row("POST", "/consultations", "alerts.decide", consultation_pages.open_by_hand, "直接启动会商"),
    Row("GET", "/consultations/{id}", "consultations", consultation_pages.detail, "会商详情"),
    Row("POST", "/consultations/{id}/{move}", "consultations.work", consultation_pages.move, "办理会商"),
    Row("GET", "/ledger", "ledger", ledger_pages.listing, "台账"),
    Row("GET", "/ledger/export/{form}", "ledger.export", ledger_pages.download, "导出台账"),
    Row("GET", "/ledger/{id}", "ledger", ledger_pages.detail, "台账的一件"),
    Row("POST", "/ledger/{id}/reply", "ledger.work", reply_pages.begin, "起草答复"),
    Row("POST", "/ledger/{id}/{move}", "ledger.work", ledger_pages.move, "办理台账"),
    Row("GET", "/replies", "ledger", reply_pages.listing, "待审答复"),
    Row("GET", "/replies/{id}", "ledger", reply_pages.detail, "一份答复及其各稿"),
    Row("POST", "/replies/{id}/{move}", "ledger.work", reply_pages.move, "办理答复"),
    Row("GET", "/policies", "policies", policy_pages.listing, "政策文件列表"),
    Row("POST", "/policies", "policies.work", policy_pages.register, "登记政策文件"),
    Row("GET", "/policies/{id}", "policies", policy_pages.detail, "政策文件详情"),
    Row("POST", "/policies/{id}/{move}", "policies.work", policy_pages.move, "办理政策文件"),
    Row("GET", "/reviews", "reviews", review_pages.listing, "阅评列表"),
    Row("POST", "/reviews/draw", "reviews.draw", review_pages.draw, "抽取阅评样本"),
    Row("GET", "/reviews/{id}", "reviews", review_pages.detail, "一轮阅评"),
    Row("POST", "/reviews/{id}/{move}", "reviews.draw", review_pages.move, "通知单位或定稿阅评"),
    Row("GET", "/readings/{id}", "reviews", reading_pages.detail, "评阅一件答复"),
    Row("POST", "/readings/{id}/{move}", "reviews.work", reading_pages.move, "评阅、裁定或申诉"),
    Row("GET", "/inspections", "inspections", inspection_pages.listing, "督查"),
    Row("POST", "/inspections", "inspections.work", inspection_pages.record, "登记督查或申诉"),
    Row("GET", "/inspections/{id}", "inspections", inspection_pages.detail, "一项督查"),
    Row("POST", "/inspections/{id}/{move}", "inspections.work", inspection_pages.move, "办理督查"),
    Row("GET", "/reports", "reports", report_pages.listing, "报告列表"),
    Row("POST", "/reports/daily", "reports.make", report_pages.make, "生成报告"),
    Row("POST", "/reports/{id}/send", "reports.make", report_pages.send_again, "重新发送报告"),
    Row("GET", "/reports/{id}", "reports", report_pages.open_report, "打开报告"),
    Row("GET", "/reports/{id}/{form}", "reports", report_pages.download, "下载报告"),
    Row("GET", "/dead-letters", "letters", letter_pages.show, "死信"),
    Row("POST", "/dead-letters/resume", "letters.handle", letter_pages.resume, "解除暂停"),
    Row("GET", "/dead-letters/{id}", "letters", letter_pages.detail, "死信详情"),
    Row("POST", "/dead-letters/{id}/replay", "letters.handle", letter_pages.replay, "修正并重放死信"),
    Row("POST", "/dead-letters/{id}/dismiss", "letters.handle", letter_pages.dismiss, "不再处理死信"),
    Row("GET", "/system", "system", system_pages.show, "系统状况与账目"),
    Row("GET", "/system/api", "users", api_page.show, "接口与令牌"),
    Row("GET", "/system/audit", "audit", audit_pages.show, "审计记录"),
    Row("GET", "/system/users", "users", people.show, "用户"),
    Row("POST", "/system/users", "users", people.create, "新建用户"),
    Row("GET", "/system/users/{username}", "users", people.person, "一名用户"),
    Row("POST", "/system/users/{username}", "users", people.change, "修改用户"),
)
