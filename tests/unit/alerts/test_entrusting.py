"""An alert is given to somebody who may have it, and staff say things of it in passing."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from reaching import JINGNING, ZHUANGLANG, an_alert

from alerts.accounts_users import Recusal, User
from alerts.entrusting import COMMENT_MOST, COMMENTS_MOST, commented, entrusted, unfit
from streams.errors import Rejected

ALERT = an_alert("a1", JINGNING)


def person(**changed: Any) -> User:
    fields: dict[str, Any] = {"username": "zhao", "name": "赵明", "role": "officer", "password": "", "created_at": 1}
    return User(**{**fields, **changed})


def test_it_is_given_to_who_reaches_it_and_is_not_named_in_it() -> None:
    assert unfit(person(counties=(JINGNING,)), ALERT, []) == ""
    assert "范围" in unfit(person(counties=(ZHUANGLANG,)), ALERT, [])
    assert "停用" in unfit(person(disabled=True), ALERT, [])
    assert "回避" in unfit(person(), replace(ALERT, reason="赵明推诿"), [])
    out = Recusal(subject="a1", reason="亲属", by="zhao", at=1)
    assert "回避" in unfit(person(recusals=(out,)), ALERT, [])


def test_it_is_given_on_once_and_not_after_its_end() -> None:
    given = entrusted(ALERT, to="zhao", by="li", at=5)
    assert (given.assigned_to, given.assigned_by, given.assigned_at) == ("zhao", "li", 5)
    assert entrusted(given, to="qian", by="zhao", at=6).assigned_to == "qian"
    with pytest.raises(Rejected):
        entrusted(given, to="zhao", by="li", at=6)
    with pytest.raises(Rejected):
        entrusted(replace(ALERT, state="resolved"), to="zhao", by="li", at=6)


def test_a_comment_is_masked_and_bounded() -> None:
    after = commented(ALERT, " 已电话13900001234联系 ", by="zhao", at=5)
    assert "13900001234" not in after.comments[0].text
    assert (after.comments[0].by, after.comments[0].at) == ("zhao", 5)
    for text in ("", "  ", "x" * (COMMENT_MOST + 1)):
        with pytest.raises(Rejected):
            commented(ALERT, text, by="zhao", at=5)
    with pytest.raises(Rejected):
        commented(replace(ALERT, comments=after.comments * COMMENTS_MOST), "又一条", by="zhao", at=5)
