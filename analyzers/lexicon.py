"""The words behind intent, urgency and danger: rows, so that a person can read and change them.

None of them is rude or polite: how sharply a person writes decides nothing here.
"""

from __future__ import annotations


def _row(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _weighted(text: str, weight: float) -> dict[str, float]:
    return dict.fromkeys(text.split(), weight)


INTENT_TERMS: dict[str, dict[str, float]] = {
    "complaint": _weighted(
        "投诉 举报 违规 违法 违建 扰民 乱收费 强制 拖欠 欠薪 克扣 不作为 推诿 污染 噪音 噪声 偷排 黑心 虚假 欺骗 诈骗"
        "质量问题 "
        "无人管 没人管 不处理 不退 拒不 霸王条款 占道 垄断 坑 乱停 臭味 烂尾 反映 停水 停电 漏水",
        1.0,
    ),
    "help": _weighted("求助 帮忙 帮帮 救救 解决 困难 恳请 请求 希望能 盼 求 急需", 0.8),
    "consult": _weighted(
        "咨询 请问 想问 问一下 询问 什么时候 何时 怎么办理 如何办理 如何 是否 能否 有没有 多少 哪里 请告知 了解", 1.0
    ),
    "suggest": _weighted("建议 提议 倡议 希望增设 希望增加 增设 应该增加 不妨 可以考虑", 1.4),
    "thanks": _weighted("感谢 表扬 点赞 致谢 谢谢你们 好评 辛苦了 锦旗", 1.0),
}
URGENT_TERMS: tuple[str, ...] = _row(
    "紧急 十万火急 火急 急急急 马上 立刻 立即 尽快 急需 危险 生命 救命 停水 停电 停气 断水 断电 断气 停暖 塌方 坍塌 倒塌"
    "漏电 "
    "漏气 泄漏 泄露 爆炸 火灾 着火 起火 中毒 被困 溺水 坠落 晕倒 受伤 伤亡 死亡 自杀 轻生 跳楼 泥石流 滑坡 山洪"
    "决堤 内涝 "
    "集体上访 游行 聚集 讨薪 今天之内 明天就"
)
DANGER_TERMS: tuple[str, ...] = _row(
    "救命 自杀 轻生 跳楼 不想活 活不下去 同归于尽 爆炸 着火 起火 火灾 煤气泄漏 燃气泄漏 天然气泄漏 漏电 漏气 中毒 被困"
    "溺水 坍塌 "
    "塌方 倒塌 山洪 泥石流 滑坡 决堤 触电 昏迷 大出血 砍人 持刀 杀人 绑架 家暴 殴打 拐卖"
)
