"""What a channel's fault is called for people who read Chinese; the operators' logs hold the whole English line."""

from __future__ import annotations

import re

from alerts.channels.codes import Fate

FATES: dict[Fate, str] = {
    Fate.LATER: "对方繁忙，稍后自动重发",
    Fate.OVER_RATE: "超过对方的发送频率，稍后自动重发",
    Fate.TOKEN: "访问凭证过期，正在更新",
    Fate.WRONG_KEY: "密钥、签名或地址不对，请联系管理员",
    Fate.TOO_LONG: "内容过长",
    Fate.NO_RECEIVER: "没有这个收件人",
    Fate.GIVE_UP: "对方拒收",
}
PHRASES: tuple[tuple[str, str], ...] = (
    ("nobody to", "没有设置收件人，请联系管理员"),
    ("can't be reached", "连接不上，稍后自动重发"),
    ("no answer", "对方没有答复，稍后自动重发"),
    ("address is no", "地址不对，请联系管理员"),
    ("no such user", "没有这个收件人"),
    ("does not take the receiver", "没有这个收件人"),
)
NUMBER = re.compile(r"(?:errcode |answered |receiver \()(-?\d+)")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def fault_words(error: str) -> str:
    """Return a fault in Chinese, with the other side's code where it gave one; one that is Chinese stays as it is."""
    if not error or CHINESE.search(error):
        return error
    words = next((said for fate, said in FATES.items() if f"({fate})" in error), "")
    words = words or next((said for part, said in PHRASES if part in error), "发送出错，详情见运行日志")
    code = NUMBER.search(error)
    return f"{words}（代码{code[1]}）" if code else words
