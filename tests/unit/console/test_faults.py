"""What went wrong with a notice is said in Chinese, with the code that an administrator can look up."""

from __future__ import annotations

import re

import pytest

from alerts.channels.codes import WECOM, Fate, judged
from alerts.console.faults import FATES, fault_words


def test_every_fate_of_an_answer_has_its_words() -> None:
    assert set(FATES) == set(Fate) - {Fate.DELIVERED}
    for code, fate in WECOM.items():
        error = judged("wecom", WECOM, code, "freq out of limit, hint")
        if error is not None:
            assert fault_words(str(error)) == f"{FATES[fate]}（代码{code}）"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("the mail server can't be reached: ConnectionRefusedError", "连接不上，稍后自动重发"),
        ("the mail server does not take the receiver (550)", "没有这个收件人（代码550）"),
        ("the webhook answered 502", "发送出错，详情见运行日志（代码502）"),
        ("nobody to mail to: neither the rota nor HUIYING_MAIL_TO has an address", "没有设置收件人，请联系管理员"),
        ("邮件服务器答复550", "邮件服务器答复550"),
        ("", ""),
    ],
)
def test_other_faults_are_said_as_people_say_them(error: str, words: str) -> None:
    assert fault_words(error) == words
    assert not re.search(r"[A-Za-z]", fault_words(error))
