"""A reply is drafted, reviewed, signed and published by a person; no eye is spared, and its item follows from it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ledger_items import CLOSE, TABLE, item
from reply_items import BEGIN, OUT, PUBLISH, TEXT, TO_SIGNED, WATER, Act, Town

from alerts.ledger import Item
from alerts.ledger_moves import make as make_item
from alerts.reply import Answering
from streams.clock import from_ms, ms
from streams.errors import Conflict, Rejected
from streams.topics import LEDGER, REPLIES


async def refused(town: Town, reply: str, act: Act) -> str:
    with pytest.raises(Rejected) as error:
        await town.act(reply, act)
    return error.value.detail


async def cannot_begin(town: Town, id_: str, **data: Any) -> str:
    with pytest.raises(Rejected) as error:
        await town.begin(id_, **data)
    return error.value.detail


async def published(town: Town, one: Item, **data: Any) -> Answering:
    r = await town.begin(one.id, **data)
    return await town.act(r.id, *TO_SIGNED, PUBLISH)


async def test_the_item_is_answered_by_the_published_reply_and_by_nothing_else() -> None:
    town = Town()
    one = await town.handled(item())
    r = await town.begin(one.id)
    for act in TO_SIGNED:
        r = await town.act(r.id, act)
        assert (await town.item(one.id)).state == "handling", act
    assert r.state_name == "待发布"
    r = await town.act(r.id, PUBLISH)
    done = await town.item(one.id)
    assert (r.state, r.published_by, done.state) == ("published", "zhao", "answered")
    (out,) = done.replies
    assert (out.record, out.text, out.unit, out.channel) == (r.id, TEXT, WATER, OUT["channel"])
    assert done.answered_at == done.first_reply_at == r.published_at
    by_hand = {"text": "x", "channel": "门户", "unit": WATER, "record": "r"}
    for name in ("first_reply", "answer", "corrected", "note_reply", "sign_key"):
        with pytest.raises(Rejected):
            await town.ledger.move(one.id, name, by="zhao", role="handler", data=by_hand, now=town.tick())
    closed = await town.ledger.move(one.id, CLOSE[0], by="wang", role="officer", data=CLOSE[3], now=town.tick())
    assert closed.state == "closed"


async def test_an_answer_on_the_way_lets_the_limit_run_and_the_item_open() -> None:
    town = Town()
    one = await town.handled(item())
    await published(town, one, kind="first", text="已派人到现场查看，9月16日前再答复您。")
    half = await town.item(one.id)
    assert (half.state, half.first_reply_at > 0, half.answered_at) == ("handling", True, 0)
    await published(town, one)
    assert [reply.final for reply in (await town.item(one.id)).replies] == [False, True]


async def test_nobody_reviews_or_signs_what_he_wrote_in_any_version() -> None:
    town = Town()
    one = await town.handled(item())
    r = await town.begin(one.id)
    await town.act(r.id, ("write", "qian", "officer", {"text": TEXT + "联系人李工。"}), TO_SIGNED[0])
    for by in ("zhao", "qian"):
        assert "不能审核或签发" in await refused(town, r.id, ("pass", by, "officer", {"remark": "好"}))
    await town.act(r.id, ("pass", "li", "officer", {"remark": "好"}))
    for by in ("zhao", "qian"):
        assert "不能审核或签发" in await refused(town, r.id, ("sign", by, "leader", {}))
    assert "须由领导办理" in await refused(town, r.id, ("sign", "li", "officer", {}))
    assert (await town.act(r.id, TO_SIGNED[2])).state == "signed"


async def test_every_version_stays_with_the_checks_that_were_made_of_it() -> None:
    town = Town()
    one = await town.handled(item())
    r = await town.begin(one.id, text="您好，您的留言已收悉，我局高度重视，将尽快处理。")
    await town.act(r.id, TO_SIGNED[0])
    assert "请写明审核意见" in await refused(town, r.id, ("pass", "qian", "handler", {}))
    back = await town.act(r.id, ("send_back", "qian", "handler", {"reason": "没有答复何时恢复供水"}))
    assert (back.state_name, back.returns[0].version) == ("退回修改", 1)
    assert "还没有修改" in await refused(town, r.id, TO_SIGNED[0])
    assert "没有变化" in await refused(town, r.id, ("write", "zhao", "handler", {"text": back.text}))
    await town.act(r.id, ("write", "zhao", "handler", {"text": TEXT}))
    done = await town.act(r.id, *TO_SIGNED)
    assert [version.text for version in done.versions] == [back.text, TEXT]
    assert [judged.move for judged in done.versions[1].judged] == ["pass", "sign"]
    assert done.versions[1].judged[0].remark == "已核对"
    assert not done.versions[0].judged


async def test_the_checks_that_a_reviewer_overruled_are_kept_with_his_reason() -> None:
    town = Town()
    one = await town.handled(item())
    r = await town.begin(one.id, text="您的留言已收悉，我局高度重视，将尽快处理。")
    await town.act(r.id, *TO_SIGNED)
    (first, second) = (await town.act(r.id, PUBLISH)).versions[0].judged
    assert {fault.kind for fault in first.faults} >= {"substance", "deadline"}
    assert first.faults == second.faults
    assert all(fault.reason for fault in first.faults)


async def test_a_reply_is_withdrawn_before_it_is_published_and_never_after() -> None:
    town = Town()
    one = await town.handled(item())
    withdraw: Act = ("withdraw", "zhao", "handler", {"reason": "情况有变"})
    for number in range(4):
        r = await town.begin(one.id)
        await town.act(r.id, *TO_SIGNED[:number], withdraw)
    r = await published(town, one)
    assert r.number == 5
    for act in (withdraw, ("send_back", "qian", "handler", {"reason": "改"}), ("write", "a", "handler", {"text": "b"})):
        assert "当前为“已发布”" in await refused(town, r.id, act)


async def test_a_correction_is_a_reply_of_its_own_and_the_old_text_stays() -> None:
    town = Town()
    one = await town.handled(item())
    assert "不能更正答复" in await cannot_begin(town, one.id, kind="correction", reason="日期写错")
    old = await published(town, one)
    answered = (await town.item(one.id)).answered_at
    assert "请填写更正的原因" in await cannot_begin(town, one.id, kind="correction")
    new = await published(town, one, kind="correction", reason="恢复供水的日期写错", text=TEXT.replace("15日", "16日"))
    after = await town.item(one.id)
    assert (new.corrects, after.answered_at, after.state) == (old.id, answered, "answered")
    assert [reply.text for reply in after.replies] == [TEXT, new.text]
    assert after.replies[1].reason == "恢复供水的日期写错"
    assert (await town.replies.get(old.id)) == old


async def test_one_reply_is_on_its_way_at_a_time_and_only_where_one_is_owed() -> None:
    town = Town()
    one = await town.add(item())
    assert "不能首次答复" in await cannot_begin(town, one.id, kind="first")
    await town.ledger.move(
        one.id, "assign", by="w", role="officer", data={"lead": WATER, "limit": "help"}, now=town.tick()
    )
    assert "请先签收" in await cannot_begin(town, one.id)
    await town.begin(one.id, kind="first")
    assert "已有一份答复正在办理" in await cannot_begin(town, one.id, kind="first")
    assert "您的角色不能起草" in await cannot_begin(town, one.id, kind="first", role="analyst")
    assert "请在列出的选项中选择答复单位" in await cannot_begin(town, one.id, kind="first", unit="庄浪县住建局")


async def test_a_key_message_goes_out_only_under_its_leader_s_own_signature() -> None:
    town = Town()
    one = await town.handled(item())
    early = await town.begin(one.id)
    await town.act(early.id, *TO_SIGNED)
    flag = {"leader": "chen", "reason": "影响全县"}
    await town.ledger.move(one.id, "flag", by="wang", role="officer", data=flag, now=town.tick())
    assert "须由 chen 本人签发" in await refused(town, early.id, PUBLISH)
    await town.act(early.id, ("send_back", "wang", "officer", {"reason": "须领导签发"}))
    await town.act(early.id, ("write", "zhao", "handler", {"text": TEXT + "。"}), *TO_SIGNED[:2])
    for role in ("leader", "admin"):
        assert "须由 chen 本人签发" in await refused(town, early.id, ("sign", "sun", role, {}))
    signed = await town.act(early.id, ("sign", "chen", "leader", {}))
    assert signed.key
    await town.act(early.id, PUBLISH)
    done = await town.item(one.id)
    assert (done.state, done.key_signed_at) == ("answered", signed.signed_at)


async def test_a_time_of_publishing_mends_no_clock() -> None:
    town = Town()
    one = await town.handled(item())
    r = await town.begin(one.id)
    signed = await town.act(r.id, *TO_SIGNED)
    for at, why in ((signed.signed_at - 1, "不能早于签发"), (ms(town.now) + 3_600_000, "不能晚于现在")):
        assert why in await refused(town, r.id, ("publish", "zhao", "handler", {**OUT, "published_at": at}))
    bad = {**OUT, "link": "javascript:alert(1)"}
    assert "http" in await refused(town, r.id, ("publish", "zhao", "handler", bad))
    town.now = from_ms(one.due + 86_400_000)
    in_time = {**OUT, "published_at": signed.signed_at, "link": "https://www.example.gov.cn/1"}
    await town.act(r.id, ("publish", "zhao", "handler", in_time))
    done = await town.item(one.id)
    assert (done.answered_at, done.late, done.replies[0].link) == (signed.signed_at, False, in_time["link"])


async def test_personal_data_is_in_no_version() -> None:
    town = Town()
    one = await town.handled(item())
    r = await town.begin(one.id, text="已联系您本人，电话13900000000，9月15日修好。")
    assert "13900000000" not in str(town.elastic.kept[REPLIES.name][r.id])


async def test_of_two_who_act_on_the_same_version_one_wins_and_the_other_is_told() -> None:
    town = Town()
    one = await town.handled(item())
    begins = [
        town.replies.begin(one.id, by=by, role="handler", data=BEGIN, now=town.now, seen=0) for by in ("zhao", "qian")
    ]
    outcomes = await asyncio.gather(*begins, return_exceptions=True)
    (lost,) = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert isinstance(lost, Conflict)
    assert "刚由其他同志更新" in str(lost)
    (r,) = await town.replies.of(one.id)
    await town.act(r.id, *TO_SIGNED)
    acts: list[Any] = [
        town.replies.move(r.id, move, by="wang", role="officer", data=data, now=town.now, seen=4)
        for move, data in (("publish", OUT), ("withdraw", {"reason": "情况有变"}))
    ]
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(Conflict) == 1
    (r,) = await town.replies.of(one.id)
    assert (r.state == "published") == ((await town.item(one.id)).state == "answered")
    assert (await town.replies.audit()).wrong == (await town.ledger.audit()).wrong == ()


async def test_what_a_stopped_machine_left_out_is_carried_once() -> None:
    town = Town()
    one = await town.handled(item())
    r = await town.begin(one.id)
    await town.act(r.id, *TO_SIGNED)
    before = (await town.elastic.get(LEDGER.name, one.id)).source
    await town.act(r.id, PUBLISH)
    await town.elastic.put(LEDGER.name, one.id, before)  # as if it had stopped between the two
    for _ in range(2):
        await town.replies.carry_missing(ms(town.now))
        done = await town.item(one.id)
        assert (done.state, len(done.replies)) == ("answered", 1)


async def test_what_went_out_is_kept_even_if_its_item_moved_on_meanwhile() -> None:
    town = Town()
    one = await town.handled(item())
    r = await published(town, one)
    given = (await town.item(one.id)).steps[-1]
    assert given.move == "answer"
    back = make_item(one, "give_back", table=TABLE, by="z", role="handler", data={"reason": "错派"}, now=one.updated_at)
    town.elastic.kept[LEDGER.name].clear()
    await town.add(back)
    await town.replies.carry(r)
    after = await town.item(one.id)
    assert (after.state, after.replies[0].record, after.answered_at) == ("waiting", r.id, 0)
    assert (await town.item(one.id)).steps[-1].move == "note_reply"


async def test_replies_are_listed_by_state_and_within_reach() -> None:
    from alerts.replies import Asked

    town = Town()
    one = await town.handled(item())
    other = await town.handled(item(id_="o2", county="620825"))
    await town.act((await town.begin(one.id)).id, TO_SIGNED[0])
    await published(town, other)
    for asked, count in (
        (Asked(), 2), (Asked(open=True), 1), (Asked(state="reviewing"), 1), (Asked(units=("",)), 0),
        (Asked(counties=("620825",)), 1), (Asked(units=(WATER,), counties=("620826",)), 1),
    ):  # fmt: skip
        assert len(await town.replies.list(asked)) == count == sum((await town.replies.standing(asked)).values())
