"""The words behind intent, urgency and danger: rows, so that a person can read and change them.

They name matters, never tone: no word here is rude or polite, none of 强烈, 恳请, 立刻, 紧急 or an insult is a row, so
rewriting the same matter more sharply or more mildly changes nothing (tests/unit/analyzers/test_tone.py).
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _row(text: str, weight: float) -> dict[str, float]:
    return dict.fromkeys(text.split(), weight)


FAULTS: dict[str, float] = {
    **_row(
        """
        投诉 举报 控告 维权 违规 违法 违建 违章 违反 非法 无证 无照 涉嫌 诈骗 欺诈 欺骗 被骗 虚假 造假 假冒 伪造
        黑心 黑中介 套路贷 传销 涉黑 涉黄 赌博 卖淫 暗箱操作 侵占 侵害 侵权 强占 霸占 垄断 捆绑 强制 强迫 强行
        被迫 逼迫 威胁 恐吓 殴打 扰民 噪音 噪声 油烟 臭味 恶臭 臭气 臭水 异味 粉尘 扬尘 灰尘 废气 废水 污水 污染
        偷排 垃圾成堆 脏乱差 光污染 刺眼 震动
        拖欠工资 拖欠农民工工资 坏了 没人修 无人修 渗水 漏水 开裂 裂缝 沉降 破损 损坏 塌陷 坑洼 坑坑洼洼 积水 堵塞
        堵车 拥堵 占道 乱停 乱摆 乱堆 烂尾 质量问题 质量差 豆腐渣 拖欠 欠薪 克扣 欠款 不发 未发 不交 未缴 不给
        不退 拒不 拒绝 拒载 不兑付 跑路 乱收费 高价 天价 昂贵 涨价 霸王条款 不合理 不公平 不公正 不公开 歧视
        不作为 乱作为 推诿 踢皮球 敷衍 态度恶劣 态度差 失职 渎职 腐败 包庇 保护伞
        """,
        1.2,
    ),
    **_row(
        """
        停水 停电 停气 停暖 断水 断电 断气 断网 停运 无信号 没信号 水质差 水压低 不热 不亮 没有路灯 无路灯 失灵
        故障 瘫痪 安全隐患 隐患 危险 无人管 没人管 无人处理 没人处理 不处理 不解决 得不到解决 没有解决 未解决
        没解决 一直没 一直不 迟迟 至今 多次反映 多次投诉 无果 拖延 难等 太少 太难 不便 不方便 影响生活 影响休息
        严重影响 何年何月 极差 好差 太差 很差 非常差 差劲 没有人管 没办法 不能用 无法使用 不让 不予 剥夺 用假钱
        负担不起 吃不上 霉味 被堵 失修 不达标 不合格 没有安全 没有落实 没有回复 不回复 视而不见 有问题
        未取得 没有取得 无法取得 不明不白 擅自 私自 指鹿为马 学术不端 断头路 被盗 被偷 被打 坑了
        """,
        1.0,
    ),
}
FAULTS |= _row("不给说法 不给个说法 不给我说法", 0.0)  # a threat to go on asking is tone, and no fault: not 不给
ASKS: dict[str, float] = {
    **_row(
        """
        咨询 请问 想问 问一下 询问 请教 想了解 想知道 了解一下 请告知 烦请告知 望解答 请解答 如何办理 怎么办理
        怎样办理
        """,
        1.2,
    ),
    **_row(
        """
        什么时候 何时 是否 能否 可否 可不可以 能不能 有没有 需要什么 需要哪些 哪里办 在哪里 多少钱 什么条件
        什么政策 怎么申请 如何申请 进展如何 合法吗 可以吗 会不会 是真的吗 什么手续 什么材料 有何规定 有什么规定
        多久
        """,
        0.7,
    ),
}
PROPOSALS: dict[str, float] = {
    **_row(
        """
        建议 提议 倡议 提个建议 几点建议 合理化建议
        """,
        2.0,
    ),
    **_row(
        """
        增设 增开 增加班次 增加车次 加装 加密 延长 优化 调整 设立 开通 加快 改善 完善 推广 打造 引进 多增加 多加
        多开
        """,
        0.8,
    ),
}
PLEAS: dict[str, float] = {
    **_row(
        """
        求助 帮忙 帮帮 救助 困难 无力 无法 走投无路 补助 救济 低保 办不了 找不到 走失 丢失 急需 讨回 追回 做主
        """,
        0.9,
    ),
}
THANKS: dict[str, float] = {
    **_row(
        """
        表扬 点赞 锦旗 感谢信 衷心感谢 为你们点赞 给力 好人好事 拾金不昧 好评 效率高 服务好 态度好 热心 修好了 感谢政府
        感谢党 感谢工作人员 感谢交警 感谢民警 感谢社区 感谢医生 感谢师傅
        """,
        2.0,
    ),
}
"""Thanks for something done; 谢谢, 感谢您, 辛苦了 as a closing are tone and are no rows."""
INTENT_TERMS: dict[str, dict[str, float]] = {
    "complaint": FAULTS,
    "help": PLEAS,
    "consult": ASKS,
    "suggest": PROPOSALS,
    "thanks": THANKS,
}

DANGER_TERMS: tuple[str, ...] = _words(
    """
    救命 自杀 轻生 跳楼 跳河 割腕 不想活 活不下去 同归于尽 爆炸 着火 起火 失火 冒烟 大火 煤气泄漏 燃气泄漏
    天然气泄漏 煤气中毒 漏电 漏气 食物中毒 一氧化碳 被困 溺水 落水 坍塌 塌方 垮塌 倒塌 山洪 泥石流 山体滑坡 滑坡
    决堤 溃坝 触电 昏迷 昏倒 晕倒 大出血 砍人 持刀 杀人 家暴 拐卖 被拐 失踪 生命危险 命悬一线 快不行了 不行了 掉进
    坠楼 坠落 火灾 中毒
    """
)
"""Threats to life and safety. A second look (`intent.judge`) drops those that are talked about, not happening."""
PRESSING_TERMS: tuple[str, ...] = _words(
    """
    停水 停电 停气 停暖 断水 断电 断气 断供 没水 没电 没暖气 水管爆裂 爆管 暖气不热 泄漏 泄露 内涝 被淹 进水
    断路 中断 塌陷 井盖缺失 没有井盖 受伤 伤亡 死亡 死人 病危 抢救 无药 断药 临产 孕妇 透析 群体性 讨薪 拖欠工资
    拖欠农民工工资 欠薪 血汗钱 无家可归 失联 走失 截止 到期 最后期限 最后一天 逾期 过期作废 即将开学 马上开学
    明天开学 开学在即 高考
    """
)
"""Matters that can't wait, and deadlines that the text names; demands such as 三天内解决 are tone and are no row."""
HYPOTHETICAL_BEFORE: tuple[str, ...] = _words(
    """
    防 预防 防止 防范 避免 以免 杜绝 没有 未发生 无 玩 如果 万一 一旦 假如 消防 抗
    """
)
SUPPOSED: tuple[str, ...] = _words(
    """
    如果 万一 一旦 假如 倘若 要是 可能 容易 很易 极易 担心 害怕 生怕 恐怕 唯恐 隐患 风险 危险性 后果 等到
    才会 将会 会引发 会导致 将造成 会造成 造成的 以免 避免 防止 预防 规定 法规 曾 曾经 早几年 去年 前年 月前 年前 案例
    历史 据悉 听说 随时 有可能 都有可能 不敢想象 假设 当时 以前 之前 多次 经常 常常 时常 次数
    """
)
"""Words of a clause that supposes a danger, fears it or tells of a past one."""
NOW: tuple[str, ...] = _words(
    """
    正在 现在 目前 刚刚 刚才 今天 今早 今晚 昨晚 此刻 快来 快救 快不行 有人 还在 已经 求救
    """
)
"""Words of a clause that say that it happens now."""
OPENINGS: tuple[str, ...] = _words(
    """
    您好 你好 大家好 尊敬 敬爱 领导 书记 市长 县长 区长 主任 打扰 麻烦 抱歉 不好意思 对不起 辛苦 百忙 恳请 跪求 拜托
    祝 身体健康 工作顺利 感谢 谢谢 敬佩 佩服 包涵 谅解 普通市民 普通居民 老百姓 写信 写下 来信 冒昧 不容易 繁忙
    废物 饭桶 无耻 气死 忍无可忍 滚 骂人 睡大觉 呵呵 哈哈 公仆 厉害 良心 不要脸 混蛋 王八 傻 [怒] 😡
    """
)
"""With which people open before they come to the matter, mild or sharp; they decide nothing but where it begins."""
HYPOTHETICAL_AFTER: tuple[str, ...] = _words(
    """
    演练 稻草 钱 路 通道 消防 之恩 预防 防控 防治 知识 宣传 保险 隐患 风险 预案 应急预案 怎么办 险情排查 报警器 的可能
    事故频发 等安全 治理 警报
    """
)
