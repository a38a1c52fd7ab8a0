"""The titles that a kind's sections have, for who orders or renames them in a template; a test holds them true."""

from __future__ import annotations

SECTIONS: dict[str, tuple[str, ...]] = {
    "daily": ("当日概况", "诉求分布", "预警与签收", "会商与回应", "数据说明", "数据来源"),
    "weekly": ("本周概况", "诉求分布", "预警与会商", "回应时效", "数据说明", "数据来源"),
    "monthly": ("本月概况", "诉求分布", "预警与会商", "回应时效", "数据说明", "数据来源"),
    "effect": ("总体情况", "答复与解决", "分类情况", "全程用时", "会商答复前后", "数据说明", "数据来源"),
    "appraisal": ("总体情况", "各单位得分", "扣分、加分和申诉明细", "考核办法", "数据来源"),
    "bulletin": (
        "阅评情况", "评定结果和常见问题", "各单位情况", "较好的答复", "评阅质量和申诉", "数据来源",
    ),
    "detection": ("总体情况", "各规则情况", "通知负担", "数据来源"),
    "coverage": ("总体情况", "各渠道读入", "中断时段", "未能读取的数据", "数据来源"),
    "urgent": ("基本情况", "群众在问", "责任与时限", "首次发声"),
    "special": ("基本情况", "事件经过", "事实核查", "群众的问题", "回应情况", "答复前后", "原因与改进", "数据来源"),
    "minutes": ("会商情况", "研判意见", "群众关切", "议定事项", "对外回应", "后续安排", "数据来源"),
    "handover": (
        "未结事项", "会商时限", "台账到期和逾期", "静默、渠道和来源", "本班办结", "交班说明", "签字", "数据来源",
    ),
}  # fmt: skip
"""By kind; of a kind that is not here a template's titles are not checked beforehand."""
