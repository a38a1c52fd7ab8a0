"""答复 at the console: every eye at its own desk, every version readable, nobody beyond his reach."""

from __future__ import annotations

import re
from typing import Any

from console_fakes import NOW
from reaching import a_city, at_the_console
from reply_items import TEXT, WATER

from alerts.console.reply_forms import public
from alerts.replies import Asked


def person(given: Any, role: str, username: str, **who: Any) -> Any:
    return at_the_console(given, role, username=username, name=username, **who)


async def test_a_reply_goes_from_desk_to_desk_and_the_item_follows() -> None:
    given = a_city()
    async with (
        person(given, "handler", "drafter", units=[WATER]) as drafter,
        person(given, "handler", "second", units=[WATER]) as second,
        person(given, "leader", "head") as head,
    ):
        assert "起草答复" in (await drafter.get("/ledger/l1")).text
        first = {"kind": "final", "unit": WATER, "text": "您的留言已收悉，将尽快处理。", "replies": "0"}
        made = await drafter.post("/ledger/l1/reply", **first)
        path = made.headers["location"].partition("?")[0]
        page = (await drafter.get(path)).text
        assert "答复检查" in page
        assert "请写明查到了什么" in page
        assert (await drafter.post(f"{path}/submit", revision="1")).status_code == 303
        assert path in (await second.get("/replies?state=reviewing")).text
        assert "不能审核或签发" in (await drafter.get(path)).text, "his own text is blocked, and why is said"
        assert "请写明审核意见" in (await second.post(f"{path}/pass", revision="2")).text
        back = await second.post(f"{path}/send_back", revision="2", reason="请写明何时恢复供水")
        assert back.status_code == 303
        stale = await second.post(f"{path}/withdraw", revision="2", reason="晚了一步")
        assert "刚刚有人更新了这份答复" in stale.text
        assert "请写明何时恢复供水" in (await drafter.get(path)).text
        assert (await drafter.post(f"{path}/write", revision="3", text=TEXT)).status_code == 303
        page = (await drafter.get(path)).text
        assert "将尽快处理" in page, "the older version stays readable"
        assert re.search(r"<ins>[^<]*主管道破裂", page)
        assert (await drafter.post(f"{path}/submit", revision="4")).status_code == 303
        assert (await second.post(f"{path}/pass", revision="5", remark="已与供水站核对")).status_code == 303
        assert "“签发”须由领导办理" in (await second.post(f"{path}/sign", revision="6")).text
        assert "已与供水站核对" in (await head.get(path)).text
        assert (await head.post(f"{path}/sign", revision="6")).status_code == 303
        page = (await drafter.get(path)).text
        assert f"{TEXT}\n\n{WATER}\n2026年" in page, "as it goes out: text, department, day"
        assert "请复制全文" in page
        bad = await drafter.post(f"{path}/publish", revision="7", channel="门户", link="javascript:alert(1)")
        assert "须以 http" in bad.text
        sent = await drafter.post(
            f"{path}/publish", revision="7", channel="政府门户", link="https://www.example.gov.cn/9"
        )
        assert sent.status_code == 303
        page = (await second.get("/ledger/l1")).text
        assert "已答复" in page
        assert 'href="https://www.example.gov.cn/9"' in page
        assert "各稿和审签" in page
    kinds = [kind for kind, *_ in given.audit.lines]  # type: ignore[attr-defined]
    assert "reply.view" in kinds


async def test_a_correction_strikes_the_old_text_and_says_why_and_when() -> None:
    given = a_city()
    now = NOW
    for kind, text, reason in (("final", TEXT, ""), ("correction", TEXT.replace("15日", "16日"), "日期写错")):
        data = {"kind": kind, "unit": WATER, "text": text, **({"reason": reason} if reason else {})}
        r = await given.replies.begin("l1", by="a", role="handler", data=data, now=now)
        for move, by, role, more in (
            ("submit", "a", "handler", {}), ("pass", "b", "officer", {"remark": "好"}), ("sign", "c", "leader", {}),
            ("publish", "a", "handler", {"channel": "门户"}),
        ):  # fmt: skip
            await given.replies.move(r.id, move, by=by, role=role, data=more, now=now)
    async with at_the_console(given, "officer") as officer:
        page = (await officer.get("/ledger/l1")).text
        assert page.count("<del>") == 1
        assert f"<del>{TEXT}</del>" in page
        assert re.search(r"已更正</b>.*日期写错", page)
        assert page.index("<del>") < page.index("9月16日18时")
    shown = public(await given.ledger.get("l1"), await given.replies.of("l1"))
    assert [one.title for one in shown] == ["答复办理结果", "更正答复"]


async def test_a_department_sees_and_moves_its_own_replies_alone() -> None:
    given = a_city()
    data = {"kind": "final", "unit": WATER, "text": TEXT}
    r = await given.replies.begin("l1", by="qian", role="handler", data=data, now=NOW)
    reached: list[tuple[dict[str, Any], int]] = [
        ({"units": ["庄浪县住建局"]}, 403),
        ({}, 403),
        ({"units": [WATER]}, 200),
    ]
    for who, status in reached:
        async with at_the_console(given, "handler", username=f"h{status}{len(who)}", name="某", **who) as one:
            listed = (await one.get("/replies")).text
            assert (r.id in listed) == (status == 200)
            assert (await one.get(f"/replies/{r.id}")).status_code == status
            done = await one.post(f"/replies/{r.id}/submit")
            assert done.status_code == (303 if status == 200 else 403)
    async with at_the_console(given, "analyst", username="an", name="安") as analyst:
        assert (await analyst.get(f"/replies/{r.id}")).status_code == 200
        assert (await analyst.post(f"/replies/{r.id}/withdraw", reason="x")).status_code == 403
    assert (await given.replies.get(r.id)).state == "reviewing"
    assert (await given.replies.standing(Asked())) == {"reviewing": 1}


async def test_what_is_not_there_is_said_and_odd_addresses_do_nothing() -> None:
    given = a_city()
    async with at_the_console(given, "officer") as officer:
        assert "没有办理中的答复" in (await officer.get("/replies")).text
        assert (await officer.get("/replies?state=x&page=y")).status_code == 200
        assert (await officer.get("/replies/nothing")).status_code == 404
        assert (await officer.post("/replies/nothing/submit")).status_code == 404
        assert (await officer.post("/replies/nothing/fly")).status_code == 404
        assert (await officer.post("/ledger/nothing/reply")).status_code == 404
        wrong = await officer.post("/ledger/l1/reply", kind="final", unit="别的局", text="改天再说", replies="0")
        assert (wrong.status_code, "改天再说" in wrong.text) == (400, True), "what was typed stays"
        late = await officer.post("/ledger/l1/reply", kind="final", unit=WATER, text="已修好", replies="3")
        assert "刚刚有人更新了这份答复" in late.text
