"""Every label there is, with the words people read. Order matters: models store weights in it."""

from __future__ import annotations

TOPICS: tuple[str, ...] = (
    "城乡建设",
    "劳动和社会保障",
    "教育文体",
    "商贸旅游",
    "环境保护",
    "卫生计生",
    "交通运输",
    "党务政务",
    "国土资源",
    "纪检监察",
    "经济管理",
    "科技与信息产业",
    "民政",
    "农村农业",
    "政法",
)
"""The 15 first-level topics of the civic taxonomy; the first 7 have labelled rows, the others seed terms only."""

LABELLED_TOPICS = 7
"""How many of `TOPICS`, from the start, have a trained model."""

OTHER = "其他"
"""The topic of a text that none of the topics fits well enough."""

SENTIMENTS: dict[str, str] = {"pos": "正面", "neu": "中性", "neg": "负面"}
"""Sentiment of a text (never of a person) and its Chinese name, in the order of the model's classes."""

INTENTS: dict[str, str] = {
    "complaint": "投诉",
    "help": "求助",
    "consult": "咨询",
    "suggest": "建议",
    "thanks": "感谢",
}
"""What the writer wants of the government."""

MASKS: dict[str, str] = {
    "phone": "〔电话〕",
    "id": "〔身份证〕",
    "card": "〔银行卡〕",
    "email": "〔邮箱〕",
    "plate": "〔车牌〕",
    "account": "〔账号〕",
    "name": "〔姓名〕",
    "address": "〔住址〕",
    "handle": "@用户",
}
"""Kinds of personal data and what stands in their place."""
